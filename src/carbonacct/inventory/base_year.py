"""The base year and its recalculation (ISO 14064-1:2018 6.4, GHG Protocol Corporate Standard chapter 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from carbonacct.errors import InputError
from carbonacct.messages import say
from carbonacct.schema import tables

Kind = Literal["acquisition", "divestment", "outsourcing", "insourcing", "method", "factor", "boundary", "error", "organic"]


@dataclass(frozen=True)
class Change:
    """A change that would move the base-year total.

    effect: new less old base-year emissions, tCO2e. since: the year in which the facility came into being; one that did not
    exist in the base year is not added to it. ``organic`` growth or decline never moves a base year.
    """

    name: str
    kind: Kind
    effect: float
    since: int | None = None


@dataclass(frozen=True)
class Recalculation:
    """What became of a base year: the total before and after, the relative change, whether it is above the threshold, and the
    changes that count."""

    old: float
    new: float
    relative: float
    triggered: bool
    counted: tuple[Change, ...]
    ignored: tuple[Change, ...]

    @property
    def total(self) -> float:
        """The base-year total to compare with from now on."""
        return self.new if self.triggered else self.old


def _threshold() -> float:
    return float(tables.load("inventory/practice").rows["recalculation_threshold"].cells["value"].value or 0.0)


@dataclass(frozen=True)
class BaseYear:
    """A base year (or the last year of an average of years): its total in tCO2e, and the organisation's own threshold."""

    year: int
    total: float
    threshold: float = field(default_factory=_threshold)

    def recalculated(self, changes: Sequence[Change]) -> Recalculation:
        """Take the changes since the last recalculation together: |new - old| / old above the threshold triggers.

        Raises InputError for an unknown kind of change or a base year without emissions.
        """
        problems = [
            f"{change.name}: {say('inventory.change_kind', given=change.kind, known=', '.join(get_args(Kind)))}"
            for change in changes
            if change.kind not in get_args(Kind)
        ]
        if self.total <= 0:
            problems.append(say("inventory.base_year", year=self.year, total=f"{self.total:g}"))
        if problems:
            raise InputError(problems)
        ignored = tuple(c for c in changes if c.kind == "organic" or (c.since is not None and c.since > self.year))
        counted = tuple(c for c in changes if c not in ignored)
        new = self.total + sum(change.effect for change in counted)
        relative = abs(new - self.total) / self.total
        return Recalculation(self.total, new, relative, relative > self.threshold, counted, ignored)
