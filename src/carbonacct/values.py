"""A number with its unit, as results hand it out."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pint


class Value(float):
    """A float that knows its unit: ``v.value``, ``v.unit``, ``v.to("kt")``; arithmetic gives plain floats."""

    __slots__ = ("unit",)
    unit: str

    def __new__(cls, value: float, unit: str) -> Value:
        made = super().__new__(cls, value)
        made.unit = unit
        return made

    @property
    def value(self) -> float:
        return float(self)

    @property
    def magnitude(self) -> float:
        return float(self)

    @property
    def units(self) -> str:
        return self.unit

    def to(self, unit: str) -> Value:
        """The same amount in another unit of its dimension. Raises UnitError."""
        from carbonacct.units import parse_unit

        return Value(float(Fraction(float(self)) * parse_unit(self.unit).factor_to(parse_unit(unit))), unit)

    def to_pint(self) -> pint.Quantity[Any]:
        """A quantity of this library's pint registry."""
        from carbonacct.units import parse_unit, registry

        parse_unit(self.unit)
        return registry().Quantity(float(self), self.unit)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Value, (float(self), self.unit))

    def __repr__(self) -> str:
        return f"Value({float(self)!r}, {self.unit!r})"

    def __str__(self) -> str:
        return f"{number(float(self))} {self.unit}"


def number(value: float, digits: int = 9) -> str:
    """A float for people: at most ``digits`` significant digits, thousands grouped, no exponent where avoidable."""
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if value == 0:
        return "0"
    if 1e-6 <= abs(value) < 1e15:
        import math

        places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{min(places, 12)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{value:.{digits}g}"
