"""Carbon-reduction-linked loans: the rate of a year follows the verified performance of the year before.

rate = base + spread - step; performance against an intensity target is p = (target - actual) / target, met where p >= 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from carbonacct.errors import FileError, InputError
from carbonacct.exact import Amount, Day, Signed, as_decimal, fen
from carbonacct.messages import say
from carbonacct.schema import files
from carbonacct.schema.models import Line, Model, Text
from carbonacct.schema.yaml import Document, Place

if TYPE_CHECKING:
    from carbonacct.engine.result import Result


class TwoSided(Model):
    """Met: ``met_bp`` less; not met: ``missed_bp`` more."""

    kind: Literal["two_sided"]
    met_bp: Amount
    missed_bp: Amount = Decimal(0)

    def step(self, performance: Decimal) -> Decimal:
        return self.met_bp if performance >= 0 else -self.missed_bp

    @property
    def worst(self) -> Decimal:
        return -self.missed_bp


class Ladder(Model):
    """Bands ``[p from, bp]``, ascending in p and never falling in bp; below the first band 0, or its bp where that is less."""

    kind: Literal["ladder"]
    bands: list[Annotated[tuple[Signed, Signed], Field(strict=False)]] = Field(min_length=1)

    @model_validator(mode="after")
    def _ascending(self) -> Ladder:
        for (p, bp), (higher, more) in zip(self.bands, self.bands[1:], strict=False):
            if higher <= p or more < bp:
                raise ValueError(say("loan.bands"))
        return self

    def step(self, performance: Decimal) -> Decimal:
        reached = [bp for p, bp in self.bands if performance >= p]
        return reached[-1] if reached else self.worst

    @property
    def worst(self) -> Decimal:
        return min(self.bands[0][1], Decimal(0))


class Linear(Model):
    """``min(cap, slope * p)`` basis points. A missed target raises the rate unless ``floor_bp`` stops it."""

    kind: Literal["linear"]
    slope_bp: Amount
    cap_bp: Amount
    floor_bp: Signed | None = None

    def step(self, performance: Decimal) -> Decimal:
        found = min(self.cap_bp, self.slope_bp * performance)
        return found if self.floor_bp is None else max(found, self.floor_bp)

    @property
    def worst(self) -> Decimal | None:
        """None: without a floor there is no worst."""
        return None if self.floor_bp is None else min(self.floor_bp, Decimal(0))


class WhileLabelled(Model):
    """A discount while the agreed label or certificate is valid, else none."""

    kind: Literal["label"]
    discount_bp: Amount

    def step(self, performance: Decimal) -> Decimal:
        return self.discount_bp if performance >= 0 else Decimal(0)

    @property
    def worst(self) -> Decimal:
        return Decimal(0)


YEAR = re.compile("(19|20|21)[0-9]{2}")
FIGURES: Mapping[str, tuple[str, ...]] = {  # what a year tells for a KPI
    "intensity": ("emissions", "output", "intensity"),
    "reduction_share": ("emissions", "reduction"),
    "label": ("label_valid_until",),
}
Steps = Annotated[TwoSided | Ladder | Linear | WhileLabelled, Field(discriminator="kind")]


class Year(Model):
    """A year's performance. Without a verifier, or reported after the deadline or never, it counts as not met."""

    emissions: Amount | None = None
    output: Amount | None = None
    intensity: Amount | None = None
    reduction: Amount | None = None
    label_valid_until: Day | None = None
    verified_by: Line | None = None
    reported: Day | None = None
    deadline: Day | None = None

    @property
    def silent(self) -> bool:
        """Whether there was a deadline and nothing came."""
        return self.deadline is not None and not any(
            getattr(self, name) is not None for name in type(self).model_fields if name != "deadline"
        )

    @property
    def actual(self) -> Fraction | None:
        """Emission intensity: given, or emissions per output."""
        if self.intensity is not None:
            return Fraction(self.intensity)
        if self.emissions is None or not self.output:
            return None
        return Fraction(self.emissions) / Fraction(self.output)


class LinkedLoan(Model):
    """A linked loan: principal in CNY, base rate in per cent (by year of interest, or one), spread in basis points."""

    borrower: Line
    principal: Amount
    base_pct: Amount | dict[Text, Amount]
    spread_bp: Signed = Decimal(0)
    day_count: Literal[360, 365] = 360
    max_discount_bp: Amount | None = None
    kpi: Literal["intensity", "reduction_share", "label"] = "intensity"
    steps: Steps
    baseline: Amount | None = None
    sector_path: dict[Text, Amount] = Field(default_factory=dict)
    targets: dict[Text, Amount] = Field(default_factory=dict)
    years: dict[Text, Year] = Field(min_length=1)

    def base(self, year: int) -> Decimal | None:
        return self.base_pct.get(str(year)) if isinstance(self.base_pct, dict) else self.base_pct


@dataclass(frozen=True)
class Repricing:
    """What a year's performance does to the next year's rate; performance is None where nothing counts.

    saving: of the next year's interest in CNY, on the whole principal; negative where the rate rises.
    """

    year: int
    target: Decimal | None
    actual: Decimal | None
    performance: Decimal | None
    met: bool
    step_bp: Decimal
    rate_pct: Decimal
    saving: Decimal
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        numbers = ("target", "actual", "performance", "step_bp", "rate_pct", "saving")
        return {
            "year": self.year,
            "applies_to": self.year + 1,
            "met": self.met,
            **{name: None if (value := getattr(self, name)) is None else _text(value) for name in numbers},
            "reasons": list(self.reasons),
        }

    def __str__(self) -> str:
        verdict = say("loan.met" if self.met else "loan.missed")
        head = say(
            "loan.year", year=self.year, verdict=verdict, next=self.year + 1, rate=_text(self.rate_pct), step=_text(self.step_bp)
        )
        return "\n".join([f"{head} ({self.saving:+,} CNY)", *(f"  {reason}" for reason in self.reasons)])


def _text(value: Decimal) -> str:
    """A number as told: to ten decimals, without trailing zeros; it is calculated with in full."""
    return format(round(value, 10).normalize(), "f")


def read_loan(data: Mapping[str, Any] | Document) -> LinkedLoan:
    """A linked loan from plain data or a read file. Raises FileError with every fault and its place."""
    document = data if isinstance(data, Document) else Document(dict(data), "loan")
    loan = files.validate(document, LinkedLoan)
    problems = [f"{document.where(place)}: {message}" for place, message in _faults(loan)]
    if problems:
        raise FileError(problems)
    return loan


def _faults(loan: LinkedLoan) -> Iterator[tuple[Place, str]]:
    if (loan.kpi == "label") != isinstance(loan.steps, WhileLabelled):
        yield ("steps",), say("loan.label_steps")
    if loan.kpi == "reduction_share" and not isinstance(loan.steps, Ladder):
        yield ("steps",), say("loan.share_steps")
    for section in ("targets", "years", "sector_path", "base_pct"):
        for key in found if isinstance(found := getattr(loan, section), dict) else ():
            if not YEAR.fullmatch(key):
                yield (section, key), say("loan.not_a_year", value=key)
    if loan.kpi != "intensity":
        for section in ("targets", "sector_path", "baseline"):
            if getattr(loan, section):
                yield (section,), say("loan.not_of_kpi", key=section, kpi=loan.kpi)
    for key, year in loan.years.items():
        if YEAR.fullmatch(key):
            if loan.base(int(key) + 1) is None:
                yield ("base_pct",), say("loan.no_base", year=int(key) + 1)
            yield from ((("years", key, *place), message) for place, message in _year_faults(loan, key, year))
    yield from _unambitious(loan)


def _year_faults(loan: LinkedLoan, key: str, year: Year) -> Iterator[tuple[Place, str]]:
    for name in ("emissions", "output", "intensity", "reduction", "label_valid_until"):
        if getattr(year, name) is not None and name not in FIGURES[loan.kpi]:
            yield (name,), say("loan.not_of_kpi", key=name, kpi=loan.kpi)
    if loan.kpi == "intensity" and not loan.targets.get(key):
        yield (), say("loan.no_target", year=key)
    if year.silent:
        if loan.steps.worst is None:
            yield (), say("loan.no_floor")
        return
    if loan.kpi == "intensity":
        if year.intensity is not None and (year.emissions is not None or year.output is not None):
            yield ("intensity",), say("loan.intensity_twice")
        if year.actual is None:
            yield (), say("loan.no_intensity")
    if loan.kpi == "reduction_share" and (year.reduction is None or not year.emissions):
        yield (), say("loan.no_reduction")
    if year.deadline is not None and year.reported is None:
        yield (), say("loan.no_report")


def _unambitious(loan: LinkedLoan) -> Iterator[tuple[Place, str]]:
    """As agreed, each target lies below the one before (the first below the baseline), or below the sector's path."""
    before = loan.baseline
    for key, target in sorted(loan.targets.items()):
        path = loan.sector_path.get(key)
        if before is not None and target >= before and not (path is not None and target < path):
            yield ("targets", key), say("loan.unambitious", target=target, reached=before)
        before = target


def reprice(loan: LinkedLoan) -> list[Repricing]:
    """The rate that follows from each year's performance, in the order of years."""
    return [_reprice(loan, int(key), loan.years[key]) for key in sorted(loan.years)]


def _reprice(loan: LinkedLoan, year: int, told: Year) -> Repricing:
    reasons = []
    actual, measured = (None, None) if told.silent else _performance(loan, year, told)
    performance = measured
    if told.silent:
        reasons.append(say("loan.silent", deadline=told.deadline))
    elif told.verified_by is None:
        reasons.append(say("loan.unverified"))
        performance = None
    if told.deadline is not None and told.reported is not None and told.reported > told.deadline:
        reasons.append(say("loan.late", reported=told.reported, deadline=told.deadline))
        performance = None
    step = _step(loan, performance, measured)
    if loan.max_discount_bp is not None and step > loan.max_discount_bp:
        reasons.append(say("loan.capped", step=_text(step), cap=loan.max_discount_bp))
        step = loan.max_discount_bp
    target, earlier = loan.targets.get(str(year)), loan.years.get(str(year - 1))
    reached = earlier.actual if earlier is not None else None
    if target is not None and reached is not None and target >= reached:
        reasons.append(say("loan.reached_before", target=target, reached=f"{float(reached):g}"))
    if str(year) == min(loan.targets, default="") and loan.baseline is None and target is not None and reached is None:
        reasons.append(say("loan.no_baseline", target=target))
    base = loan.base(year + 1)
    assert base is not None  # read_loan has seen to it
    reasons.insert(0, say("loan.sum", base=base, spread=loan.spread_bp, step=f"({_text(step)})" if step < 0 else _text(step)))
    if measured is not None:
        reasons.insert(1, _told(loan, told, measured))
    if step and 0 < (days := _days(loan, year + 1, told)) < loan.day_count:
        full = rate(base, loan.spread_bp, Decimal(0))
        reasons.append(say("loan.lapses", until=told.label_valid_until, rate=_text(full), days=days))
    return Repricing(
        year,
        target,
        actual,
        performance,
        performance is not None and performance >= _threshold(loan),
        step,
        rate(base, loan.spread_bp, step),
        saving(loan.principal, step, _days(loan, year + 1, told), loan.day_count),
        tuple(reasons),
    )


def _step(loan: LinkedLoan, proven: Decimal | None, told: Decimal | None) -> Decimal:
    """The step of a proven performance. Unproven is the worst that was agreed, so that it never pays to leave a proof out.

    A linear rule without a floor knows no worst: then it is the step of what was told, and no discount.
    """
    if proven is not None:
        return loan.steps.step(proven)
    worst = loan.steps.worst
    if worst is None:
        assert told is not None  # read_loan has seen to it
        return min(loan.steps.step(told), Decimal(0))
    return worst


def _threshold(loan: LinkedLoan) -> Decimal:
    """The performance from which a target is met: 0, or the first band of a ladder over reduction shares."""
    return loan.steps.bands[0][0] if loan.kpi == "reduction_share" and isinstance(loan.steps, Ladder) else Decimal(0)


def _days(loan: LinkedLoan, year: int, told: Year) -> int:
    """The days of interest that a step holds for: the year, or as long as the label is valid in it."""
    if loan.kpi != "label" or told.label_valid_until is None:
        return loan.day_count
    return max(0, min(loan.day_count, (told.label_valid_until - date(year, 1, 1)).days + 1))


def _told(loan: LinkedLoan, told: Year, measured: Decimal) -> str:
    if loan.kpi == "label":
        return say("loan.performance.label", until=told.label_valid_until or "—")
    if loan.kpi == "reduction_share":
        cut = (measured * 10_000).to_integral_value(ROUND_FLOOR) / 100  # 4.9999 % has not reached 5 %
        return say("loan.performance.reduction_share", p=f"{cut:.2f}%")
    return say(f"loan.performance.{'below' if measured >= 0 else 'above'}", p=f"{abs(float(measured)):.2%}")


def _performance(loan: LinkedLoan, year: int, told: Year) -> tuple[Decimal | None, Decimal]:
    """The KPI and the performance it makes."""
    if loan.kpi == "label":
        return None, Decimal(0) if told.label_valid_until and _days(loan, year + 1, told) else Decimal(-1)
    if loan.kpi == "reduction_share":
        assert told.reduction is not None and told.emissions is not None
        share = told.reduction / told.emissions
        return share, share
    actual = told.actual
    assert actual is not None
    return _decimal(actual), performance(loan.targets[str(year)], _decimal(actual))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def performance(target: Decimal, actual: Decimal) -> Decimal:
    """p = (target - actual) / target. Raises InputError for a target of zero."""
    if target <= 0:
        raise InputError([say("loan.zero_target")])
    return (target - actual) / target


def rate(base_pct: Decimal, spread_bp: Decimal, step_bp: Decimal) -> Decimal:
    """The rate in per cent; 100 basis points are one per cent."""
    return base_pct + (spread_bp - step_bp) / 100


def saving(principal: Decimal, bp: Decimal, days: int, day_count: int = 360) -> Decimal:
    """Interest saved in CNY: principal x bp / 10000 x days / day count (of a year, 360 or 365), to fen."""
    return fen(Fraction(principal) * Fraction(bp) / 10_000 * days / day_count)


def year_of(result: Result, output: Decimal | int | float | str, verified_by: str | None = None, total: str = "E") -> Year:
    """A year's performance from a calculated inventory and the output (in the unit that the target is per)."""
    emissions = as_decimal(repr(float(result.totals[total])))
    return Year(emissions=emissions, output=as_decimal(output), verified_by=verified_by)
