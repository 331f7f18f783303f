"""Loan amount estimates: a worksheet of formulas as data, every step and every assumption shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import Field

from carbonacct.errors import CarbonacctError, FileError, InputError
from carbonacct.exact import Names, as_decimal, as_whole, exact, fen
from carbonacct.expressions.tree import Node
from carbonacct.messages import language, say
from carbonacct.schema import paths, rulefile
from carbonacct.schema.models import Model, Number, Sourced, Text, Title
from carbonacct.schema.rulefile import RuleFile
from carbonacct.units import did_you_mean

FOLDER = "loans"


class Given(Sourced):
    """A number to be given, in ``unit``; ``default`` is an assumption that the estimate shows. unique: no two lines have the same."""

    title: Title
    unit: str
    range: tuple[Number | None, Number | None] = Field(default=(0, None), strict=False)
    default: Number | None = None
    whole: bool = False
    unique: bool = False


class Step(Sourced):
    """A formula over what is given and the steps above."""

    title: Title
    unit: str
    formula: Text


class Case(Model):
    """A worked example: the amount in CNY, and steps."""

    name: str
    source: Text
    inputs: dict[str, Any]
    amount: str
    values: dict[str, Number] = Field(default_factory=dict)


class Worksheet(RuleFile):
    """A file of an estimate. lines: groups of lines that formulas sum over."""

    assumptions: list[Title]
    symbols: dict[str, Given]
    lines: dict[str, dict[str, Given]] = Field(default_factory=dict)
    steps: dict[str, Step]
    result: str
    cases: list[Case] = Field(default_factory=list)


class Line(Model):
    """A number of an estimate, as shown: what it is, how it came, and (unless it was given) how well that is evidenced."""

    name: str
    title: Title
    unit: str
    value: Decimal
    origin: str
    evidence: str | None = None

    @property
    def basis(self) -> str:
        return self.origin if self.evidence is None else f"{self.origin}; {say(f'evidence.{self.evidence}')}"


@dataclass(frozen=True)
class Estimate:
    """The amount in CNY (fen, half up) with the numbers behind it and the assumptions it rests on."""

    worksheet: Worksheet
    amount: Decimal
    lines: tuple[Line, ...]
    warnings: tuple[str, ...]

    @property
    def assumptions(self) -> list[str]:
        zh = language() == "zh"
        return [str(item.zh if zh else item.en) for item in self.worksheet.assumptions]

    def value(self, name: str) -> Decimal:
        """A number of the estimate by name."""
        return next(line.value for line in self.lines if line.name == name)

    def to_dict(self) -> dict[str, Any]:
        return {
            "method": self.worksheet.id,
            "version": self.worksheet.version,
            "amount": str(self.amount),
            "currency": "CNY",
            "lines": [line.model_dump(mode="json") for line in self.lines],
            "assumptions": [item.model_dump() for item in self.worksheet.assumptions],
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        zh = language() == "zh"
        title = self.worksheet.title.zh if zh else self.worksheet.title.en
        rows = [
            f"  {line.name:<22} {_short(line.value):>18} {line.unit:<4} {line.title.zh if zh else line.title.en}  [{line.basis}]"
            for line in self.lines
        ]
        assumed = [f"  * {text}" for text in self.assumptions]
        return "\n".join([f"{title}: {self.amount:,} CNY", *rows, *assumed, *(f"  ! {text}" for text in self.warnings)])


def _short(value: Decimal) -> str:
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return text or "0"


def methods() -> list[str]:
    """The ids of the worksheets."""
    found = {f"{FOLDER}/{path.stem}" for root in paths.roots() for path in (root / "methodologies" / FOLDER).glob("*.yaml")}
    return sorted(found)


@lru_cache(maxsize=16)
def _load(name: str, path: str) -> tuple[Worksheet, dict[str, Node]]:
    sheet, document, problems = rulefile.read(Path(path), Worksheet, name)
    formulas = {}
    groups = {group: Names({key: item.unit for key, item in members.items()}) for group, members in sheet.lines.items()}
    units = {key: item.unit for key, item in sheet.symbols.items()}
    for key, step in sheet.steps.items():
        try:
            formulas[key] = Names(units, groups=groups).number(step.formula, step.unit)
        except CarbonacctError as error:
            problems.append(f"{document.where(('steps', key, 'formula'))}: {error}")
        units[key] = step.unit
    if sheet.result not in sheet.steps:
        problems.append(f"{document.where(('result',))}: {say('compile.unknown_name', name=sheet.result)}")
    if problems:
        raise FileError(problems)
    return sheet, formulas


def worksheet(method: str) -> Worksheet:
    """A worksheet by id (``loans/working-capital`` or ``working-capital``). Raises NotFoundError or FileError."""
    return _worksheet(method)[0]


def _worksheet(method: str) -> tuple[Worksheet, dict[str, Node]]:
    name = method if "/" in method else f"{FOLDER}/{method}"
    if name not in methods():
        raise InputError([say("loan.method", name=method, known=", ".join(methods())) + did_you_mean(name, methods())])
    return _load(name, str(paths.find("rules", name)))


def estimate(method: str, inputs: Mapping[str, Any]) -> Estimate:
    """A loan amount by a worksheet. Raises InputError with all faults of the inputs."""
    sheet, formulas = _worksheet(method)
    if not isinstance(inputs, Mapping):
        raise InputError([say("yaml.not_mapping")])
    problems: list[str] = []
    values = _read(sheet.symbols, {key: value for key, value in inputs.items() if key not in sheet.lines}, "", problems)
    groups = {}
    for group, members in sheet.lines.items():
        given = inputs.get(group)
        if not isinstance(given, list) or not given:
            problems.append(f"{group}: {say('loan.lines')}")
            continue
        problems += [f"{group}[{n}]: {say('yaml.not_mapping')}" for n, line in enumerate(given) if not isinstance(line, dict)]
        groups[group] = [
            _read(members, line, f"{group}[{number}].", problems) for number, line in enumerate(given) if isinstance(line, dict)
        ]
        problems += _repeated(group, members, groups[group])
    if problems:
        raise InputError(problems)
    lines = []
    for key, item in sheet.symbols.items():
        given = inputs.get(key) is not None
        grade = None if given else item.evidence or sheet.evidence
        lines.append(_line(key, item, values[key], say("loan.given" if given else "loan.assumed"), grade))
    found: dict[str, Any] = {key: Fraction(value) for key, value in values.items()}
    exact_groups: dict[str, Any] = {g: [{k: Fraction(v) for k, v in line.items()} for line in rows] for g, rows in groups.items()}
    for key, step in sheet.steps.items():
        try:
            found[key] = exact(formulas[key], found, exact_groups)
        except ZeroDivisionError:
            raise InputError([f"{key}: {say('loan.division', formula=step.formula)}"]) from None
        lines.append(_line(key, step, _decimal(found[key]), step.formula, step.evidence or sheet.evidence))
    amount = fen(found[sheet.result])
    warnings = [say("loan.none")] if amount <= 0 else []
    return Estimate(sheet, amount, tuple(lines), tuple(warnings))


def _repeated(group: str, members: Mapping[str, Given], lines: list[dict[str, Decimal]]) -> Iterator[str]:
    """Values that two lines have and only one may."""
    for key in (key for key, item in members.items() if item.unique):
        for number, line in enumerate(lines):
            if key in line and any(line[key] == other.get(key) for other in lines[:number]):
                yield f"{group}[{number}].{key}: {say('loan.repeated', value=line[key])}"


def _line(key: str, item: Given | Step, value: Decimal, origin: str, evidence: str | None) -> Line:
    return Line(name=key, title=item.title, unit=item.unit, value=value, origin=origin, evidence=evidence)


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _read(wanted: Mapping[str, Given], given: Mapping[str, Any], place: str, problems: list[str]) -> dict[str, Decimal]:
    for key in given:
        if key not in wanted:
            problems.append(f"{place}{key}: {say('voucher.fact', name=key)}" + did_you_mean(str(key), wanted))
    found = {}
    for key, item in wanted.items():
        value = item.default if given.get(key) is None else given[key]
        if value is None:
            title = item.title.zh if language() == "zh" else item.title.en
            problems.append(f"{place}{key}: {say('voucher.missing', title=f'{title} ({item.unit})')}")
            continue
        try:
            number = as_decimal(value, least=None)
            low, high = item.range
            if (low is not None and number < as_decimal(low, None)) or (high is not None and number > as_decimal(high, None)):
                raise ValueError(
                    say("loan.range", value=value, low="-∞" if low is None else low, high="∞" if high is None else high)
                )
            if item.whole:
                as_whole(number)
            found[key] = number
        except ValueError as error:
            problems.append(f"{place}{key}: {error}")
    return found
