"""What entries amount to: which of them are effective, the balance of a subject, its neutrality rate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from operator import attrgetter
from typing import Any

from carbonacct.exact import as_decimal
from carbonacct.ledger.checks import GRAM, shown, tonnes
from carbonacct.ledger.errors import LedgerError
from carbonacct.ledger.rules import rules
from carbonacct.messages import say

ZERO = Decimal(0)
CUT = Context(prec=28, rounding=ROUND_DOWN)  # a rate below 1 never becomes 1


@dataclass(frozen=True, slots=True)
class Neutrality:
    """r = min(C/F, 1), what is left of F, what is left over of C (tCO2e)."""

    footprint: Decimal
    retired: Decimal
    rate: Decimal
    net: Decimal
    surplus: Decimal

    @property
    def neutral(self) -> bool:
        """Whether the units retired cover the whole footprint. A claim also needs the conditions of the standard it names."""
        return self.retired >= self.footprint


def neutrality(footprint: Decimal | int | str, retired: Decimal | int | str) -> Neutrality:
    """The carbon-neutral rate of a footprint F with units C retired for it (both tCO2e). Raises LedgerError if F is not positive."""
    f, c = _number(footprint), _number(retired)
    if not f > 0:
        raise LedgerError([say("ledger.zero_footprint")])
    if not c >= 0:
        raise LedgerError([say("ledger.amount", amount=c)])
    return Neutrality(f, c, min(CUT.divide(c, f), Decimal(1)), max(f - c, ZERO), max(c - f, ZERO))


def _number(value: object) -> Decimal:
    try:
        return as_decimal(value, None)
    except ValueError:
        raise LedgerError([say("ledger.amount", amount=shown(value))]) from None


def plain(amount: Decimal) -> str:
    """Tonnes as text, always to the gram."""
    return format(amount.quantize(GRAM), "f")


def percent(rate: Decimal) -> str:
    """A rate as per cent with two decimals, cut off: what is not wholly neutral never reads 100.00%."""
    return f"{(rate * 100).quantize(Decimal('0.01'), ROUND_DOWN)}%"


@dataclass(frozen=True, slots=True)
class Balance:
    """The sums of a subject over one or several years, in tCO2e."""

    emissions: Mapping[str, Decimal]  # by GWP set
    reduction: Decimal
    retired: Decimal

    @property
    def gwp(self) -> tuple[str, ...]:
        """The GWP sets of the emissions."""
        return tuple(sorted(self.emissions))

    @property
    def emission(self) -> Decimal | None:
        """The emission; None where none is recorded. Raises LedgerError if there are several GWP sets: they are not added."""
        if len(self.emissions) > 1:
            raise LedgerError([say("ledger.gwp_mixed", sets=", ".join(self.gwp))])
        return next(iter(self.emissions.values()), None)

    @property
    def neutrality(self) -> Neutrality:
        """The neutrality rate. Raises LedgerError if no emission is recorded or it is zero."""
        if (footprint := self.emission) is None:
            raise LedgerError([say("ledger.no_footprint")])
        return neutrality(footprint, self.retired)


def in_force(rows: Iterable[Any]) -> list[Any]:
    """The entries neither reversed nor reversing."""
    listed = list(rows)
    reversed_ = {row.reverses for row in listed if row.reverses is not None}
    return [row for row in listed if row.reverses is None and row.seq not in reversed_]


def effective(rows: Iterable[Any]) -> list[Any]:
    """Of the entries in force, those that count.

    Of several figures for one thing, the most trusted source wins, then the later entry. An emission inventory in one piece
    (``part`` empty) and one in parts compete in the same way; parts are trusted as much as the least of them. Reductions of
    different parts or models count side by side. Neutralisations all count.
    """
    trust = {name: kind.trust for name, kind in rules().source_kinds.items()}
    counted: list[Any] = []
    figures: dict[tuple[Any, ...], dict[str, tuple[int, int, Any]]] = defaultdict(dict)  # … → part → trust, seq, row
    for row in rows:
        if row.kind == "neutralisation":
            counted.append(row)
            continue
        part = row.part if row.kind == "emission" else ""
        parts = figures[_thing(row)]
        figure = (trust[row.source], row.seq, row)
        if (known := parts.get(part)) is None or figure[:2] > known[:2]:
            parts[part] = figure
    for parts in figures.values():
        whole = parts.pop("", None)
        pieces = list(parts.values())
        if whole is None or (pieces and (min(p[0] for p in pieces), max(p[1] for p in pieces)) > whole[:2]):
            counted.extend(row for *_, row in pieces)
        else:
            counted.append(whole[2])
    return sorted(counted, key=attrgetter("seq"))


def _thing(row: Any) -> tuple[Any, ...]:
    """What a figure is about; figures for one thing compete."""
    more = (row.part, row.model) if row.kind == "reduction" else ()
    return (row.account, row.kind, row.period, row.subject, *more)


def superseded(rows: Sequence[Any], first: int) -> list[tuple[int, list[int]]]:
    """Rows that count no longer, or do not count at all, since the row ``first``; with the rows that count instead."""
    in_force_ = in_force(rows)
    before = {row.seq for row in effective(in_force([row for row in rows if row.seq < first]))}
    instead: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for row in effective(in_force_):
        instead[_thing(row)].append(row.seq)
    return [
        (row.seq, instead[_thing(row)])
        for row in in_force_
        if (row.seq in before or row.seq >= first) and row.seq not in instead[_thing(row)]
    ]


def balance(counted: Sequence[Any]) -> Balance:
    """The balance of effective entries of one subject."""
    sums: dict[tuple[str, str | None], int] = defaultdict(int)
    for row in counted:
        sums[row.kind, row.gwp] += row.amount
    emissions = {str(gwp): tonnes(amount) for (kind, gwp), amount in sums.items() if kind == "emission"}
    return Balance(emissions, tonnes(sums["reduction", None]), tonnes(sums["neutralisation", None]))
