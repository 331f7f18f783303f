"""Formulas over exact numbers: money as decimals, dates as days. For rules, where a cent must not drift."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from carbonacct.engine.evaluate import evaluate
from carbonacct.engine.scalar import scalar_op
from carbonacct.errors import ExpressionError
from carbonacct.expressions import parse
from carbonacct.expressions.proof import Env, prove
from carbonacct.expressions.tree import If, Name, Node, Num, Sum, transform
from carbonacct.messages import say
from carbonacct.units import Unit, did_you_mean, parse_unit

Exact: TypeAlias = Fraction | float  # a float only for -inf: the date of what never was
LITERAL = "#"  # the base of names that are numbers: the engine's own numbers are floats
INEXACT = frozenset({"exp", "log", "sqrt"})
_NUMBER = re.compile(r"\s*[+-]?(\d{1,3}(,\d{3})+|\d+|(?=\.\d))(\.\d*)?([eE][+-]?\d{1,3})?\s*", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class Names:
    """What a formula may speak of: the units of its numbers, the options of its choices, the names of its sub-lines."""

    units: Mapping[str, str]
    options: Mapping[str, set[str]] = field(default_factory=dict)
    groups: Mapping[str, Names] = field(default_factory=dict)

    def environment(self) -> Env:
        return Env(self._unit, self._options, self._group, self._grid)

    def _unknown(self, name: str, known: Iterable[str]) -> ExpressionError:
        return ExpressionError(say("compile.unknown_name", name=name) + did_you_mean(name, known))

    def _unit(self, name: Name) -> Unit:
        if name.name not in self.units:
            raise self._unknown(str(name), [*self.units, *self.options])
        return parse_unit(self.units[name.name])

    def _options(self, name: Name) -> set[str]:
        if name.name not in self.options:
            raise self._unknown(str(name), self.options)
        return self.options[name.name]

    def _group(self, variable: str, group: str) -> Env:
        if group not in self.groups:
            raise self._unknown(group, self.groups)
        inner = self.groups[group]

        def unit(name: Name) -> Unit:
            return inner._unit(name) if name.base == variable else self._unit(name)

        return Env(unit, self._options, self._group, self._grid)

    def _grid(self, table: str, column: str) -> tuple[list[Unit], Unit]:
        raise self._unknown(f"{table}.{column}", [])

    def number(self, text: str, unit: str) -> Node:
        """A formula proven to have ``unit``, on bare numbers. Raises ExpressionError or UnitError."""
        return prove(parse(text), self.environment(), parse_unit(unit))

    def condition(self, text: str) -> Node:
        """A condition proven to compare like with like; its value is 1 or 0."""
        return prove(If(parse(text), Num(Fraction(1)), Num(Fraction(0))), self.environment(), parse_unit("1"))


def day(value: date) -> Fraction:
    """A date as a number that formulas can compare."""
    return Fraction(value.toordinal())


def literals(node: Node) -> Node:
    """A proven formula with its numbers as names, which are read as fractions."""
    return transform(node, lambda item: Name(str(item.value), LITERAL) if isinstance(item, Num) else item)


def settled(value: Any) -> Any:
    """A float as the number of 13 digits that it stands for, its binary noise taken off; what is infinite stays."""
    return Fraction(f"{value:.12e}") if isinstance(value, float) and isfinite(value) else value


def operation(op: str) -> Callable[..., Any]:
    """An operation on fractions, exact where the result is one: of exp, log, roots to 13 digits."""
    if op == "**":
        return _power
    if op in INEXACT:
        return lambda *parts: settled(scalar_op(op)(*parts))
    if op.startswith("round"):
        return lambda value: Fraction(round(value, int(op[5:])))
    return scalar_op(op)


def _power(base: Any, power: Any) -> Any:
    return base**power if power == int(power) else settled(scalar_op("**")(base, power))


def exact(
    node: Node, values: Mapping[str, Exact | str], groups: Mapping[str, Sequence[Mapping[str, Exact]]] | None = None
) -> Any:
    """The value of a formula, as a Fraction or a bool; values that are texts are options of choices.

    Raises ZeroDivisionError.
    """

    def leaf(name: Name) -> Any:
        return Fraction(name.name) if name.base == LITERAL else values[name.name]

    def inside(variable: str, line: Mapping[str, Exact]) -> Callable[[Name], Any]:
        return lambda name: line[name.name] if name.base == variable else leaf(name)

    def settle(item: Node) -> Node:
        """Numbers and sums over lines as exact literals: the engine's own are floats."""
        match item:
            case Num():
                return literals(item)
            case Sum(body, variable, group):
                found = (evaluate(body, inside(variable, line), option=option, ops=operation) for line in (groups or {})[group])
                return Name(str(sum(found, Fraction(0))), LITERAL)
        return item

    def option(name: Name) -> str:
        return str(values[name.name])

    return evaluate(transform(node, settle), leaf, option=option, ops=operation)


def fen(amount: Fraction | Decimal) -> Decimal:
    """Money to two decimals, half up."""
    hundredths = (Fraction(amount) * 200 + 1) // 2
    return Decimal(hundredths).scaleb(-2)


def as_decimal(value: Any, least: Decimal | None = Decimal(0)) -> Decimal:
    """A number given as int, float, text or Decimal, exactly as written; in texts, commas only between groups of three digits.

    Raises ValueError with a message.
    """
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise ValueError
        if isinstance(value, str) and not _NUMBER.fullmatch(value):  # "3,5" is not 35
            raise ValueError
        found = Decimal(str(value).replace(",", "").strip())
    except (ValueError, ArithmeticError):
        raise ValueError(say("exact.number", value=value)) from None
    if not found.is_finite() or abs(found) >= Decimal("1e18") or found.as_tuple().exponent < -18:  # type: ignore[operator]
        raise ValueError(say("exact.number", value=value))
    if least is not None and found < least:
        raise ValueError(say("exact.least", value=value, least=least))
    return found


def as_whole(number: Decimal) -> int:
    """A number that has no fraction. Raises ValueError with a message."""
    if number != int(number):
        raise ValueError(say("exact.whole", value=number))
    return int(number)


def as_date(value: Any) -> date:
    """A date given as text such as 2024-03-15, or as a date; a moment is none. Raises ValueError with a message."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError(say("exact.date", value=value))


def months_before(when: date, months: int) -> date:
    """The same day ``months`` earlier, or the last of that month. Raises ValueError before year 1."""
    year, month = divmod(when.year * 12 + when.month - 1 - months, 12)
    return date(year, month + 1, min(when.day, monthrange(year, month + 1)[1]))


# fields of pydantic models
Amount = Annotated[Decimal, BeforeValidator(as_decimal)]
Signed = Annotated[Decimal, BeforeValidator(lambda value: as_decimal(value, None))]
Day = Annotated[date, BeforeValidator(as_date)]
