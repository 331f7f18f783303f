"""Reductions weighted by the financed share: attributed = reduction x loan / investment, the share capped at 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from carbonacct.errors import InputError
from carbonacct.exact import as_decimal
from carbonacct.messages import say
from carbonacct.units import did_you_mean

KEYS = ("project", "reduction", "amount", "investment", "operating")


@dataclass(frozen=True)
class Attributed:
    """A project's reduction (tCO2e a year), the financed share, and the part that is attributed."""

    project: str
    reduction: Decimal
    amount: Decimal
    share: Fraction
    operating: bool

    @property
    def attributed(self) -> Fraction:
        return self.share * Fraction(self.reduction)


@dataclass(frozen=True)
class Weighted:
    """The projects with their sums: realised (in operation), expected (under construction, never counted as realised)."""

    projects: tuple[Attributed, ...]
    warnings: tuple[str, ...]

    def _sum(self, operating: bool) -> Decimal:
        return tonnes(sum((p.attributed for p in self.projects if p.operating == operating), Fraction(0)))

    @property
    def realised(self) -> Decimal:
        return self._sum(True)

    @property
    def expected(self) -> Decimal:
        return self._sum(False)

    @property
    def amount(self) -> Decimal:
        return sum((p.amount for p in self.projects if p.operating), Decimal(0))

    @property
    def per_100_million(self) -> Decimal | None:
        """Realised tCO2e per 10^8 CNY financed; None where nothing is financed."""
        return per_100_million(self.realised, self.amount) if self.amount else None

    def to_dict(self) -> dict[str, Any]:
        per = self.per_100_million
        return {
            "realised": str(self.realised),
            "expected": str(self.expected),
            "unit": "tCO2e",
            "amount": str(self.amount),
            "currency": "CNY",
            "per_100_million_CNY": None if per is None else str(per),
            "projects": [
                {
                    "project": p.project,
                    "reduction": str(p.reduction),
                    "amount": str(p.amount),
                    "share": float(p.share),
                    "attributed": str(tonnes(p.attributed)),
                    "operating": p.operating,
                }
                for p in self.projects
            ],
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        rows = [f"  {p.project}: {p.reduction:,} x {float(p.share):.4f} = {tonnes(p.attributed):,} tCO2e" for p in self.projects]
        head = say("loan.weighted", realised=f"{self.realised:,}", expected=f"{self.expected:,}", per=self.per_100_million or "—")
        return "\n".join([head, *rows, *(f"  ! {text}" for text in self.warnings)])


def weighted_reductions(rows: Sequence[Mapping[str, Any]]) -> Weighted:
    """Attribute reductions by the financed share.

    Each row: ``project``, ``reduction`` (tCO2e a year), ``amount`` financed and ``investment`` (CNY), ``operating`` (true unless
    said otherwise). Rows of one project are its lenders: they tell the same reduction, investment and state. Raises InputError
    with all faults, also where the lenders' shares of a project exceed 1 together.
    """
    problems: list[str] = []
    found: list[Attributed] = []
    warnings: list[str] = []
    shares: dict[str, Fraction] = {}
    known: dict[str, tuple[int, dict[str, Any]]] = {}
    for number, row in enumerate(rows):
        place = f"projects[{number}]"
        if not isinstance(row, Mapping):
            problems.append(f"{place}: {say('yaml.not_mapping')}")
            continue
        for key in row:
            if key not in KEYS:
                problems.append(f"{place}.{key}: {say('voucher.fact', name=key)}" + did_you_mean(str(key), KEYS))
        numbers = {}
        for key in ("reduction", "amount", "investment"):
            if row.get(key) is None:
                problems.append(f"{place}: {say('schema.missing_key', key=key)}")
                continue
            try:
                numbers[key] = as_decimal(row[key])
            except ValueError as error:
                problems.append(f"{place}.{key}: {error}")
        operating = row.get("operating", True)
        if not isinstance(operating, bool):
            problems.append(f"{place}.operating: {say('voucher.yes_no', value=operating)}")
        project = row.get("project")
        project = str(project) if isinstance(project, int) and not isinstance(project, bool) else project
        if not isinstance(project, str) or not project.strip():
            problems.append(f"{place}.project: {say('loan.project')}")
            continue
        if len(numbers) < 3:
            continue
        told = {"reduction": numbers["reduction"], "investment": numbers["investment"], "operating": operating}
        first, before = known.setdefault(project, (number, told))
        problems += [f"{place}.{key}: {say('loan.other', other=first)}" for key in told if told[key] != before[key]]
        if not numbers["investment"]:
            problems.append(f"{place}.investment: {say('loan.no_investment')}")
            continue
        share = Fraction(numbers["amount"]) / Fraction(numbers["investment"])
        if share > 1:
            warnings.append(say("loan.above_investment", project=project))
            share = Fraction(1)
        shares[project] = shares.get(project, Fraction(0)) + share
        found.append(Attributed(project, numbers["reduction"], numbers["amount"], share, operating is True))
    problems.extend(say("loan.shares", project=project) for project, share in shares.items() if share > 1)
    if problems:
        raise InputError(problems)
    return Weighted(tuple(found), tuple(warnings))


def per_100_million(reduction: Decimal, amount: Decimal) -> Decimal:
    """Tonnes per 10^8 CNY, to four decimals. Raises InputError for an amount of zero."""
    if not amount:
        raise InputError([say("loan.no_amount")])
    return round(reduction / (amount / Decimal(10**8)), 4)


def tonnes(value: Fraction) -> Decimal:
    """Tonnes to three decimals, half to even."""
    return Decimal(round(value * 1000)).scaleb(-3)
