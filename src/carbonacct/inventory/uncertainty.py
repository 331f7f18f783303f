"""Propagation of errors (IPCC 2006 Guidelines, Vol. 1 chapter 3, approach 1). Uncertainties are half-widths of 95 % intervals,
as shares of the value."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt


def of_product(*parts: float) -> float:
    """The uncertainty of a product: the root of the sum of squares."""
    return sqrt(sum(part * part for part in parts))


def of_sum(terms: Sequence[tuple[float, float]], correlated: Sequence[Sequence[tuple[float, float]]] = ()) -> float:
    """The uncertainty of a sum of (value, uncertainty).

    Terms of one group of ``correlated`` share a factor: their absolute uncertainties are added before the root.
    Raises ZeroDivisionError where the values cancel out.
    """
    absolute = [value * part for value, part in terms] + [sum(value * part for value, part in group) for group in correlated]
    whole = sum(value for value, _ in terms) + sum(value for group in correlated for value, _ in group)
    return sqrt(sum(part * part for part in absolute)) / abs(whole)
