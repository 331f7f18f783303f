"""Formulas over exact numbers: no cent drifts, and nothing unlike is compared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonacct.errors import CarbonacctError
from carbonacct.exact import Names, as_date, as_decimal, day, exact, fen

NAMES = Names(
    {"a": "CNY", "b": "CNY", "n": "1", "when": "day"},
    {"kind": {"x", "y"}},
    {"lines": Names({"q": "1", "p": "CNY"})},
)


@pytest.mark.parametrize(
    ("formula", "values", "expected"),
    [
        ("min(a, b) * 0.1", {"a": Fraction(3), "b": Fraction(7)}, Fraction(3, 10)),
        ("round(a * 0.125, 2)", {"a": Fraction(1)}, Fraction(12, 100)),  # half to even
        ("a / 3 * 3", {"a": Fraction(1)}, Fraction(1)),
        ("a * (1 + n) ** 3", {"a": Fraction(1), "n": Fraction(1, 10)}, Fraction(1331, 1000)),
        ("a / n ** 2", {"a": Fraction(1), "n": Fraction(1, 10)}, Fraction(100)),
        ("sum(z.q * z.p for z in lines) + a", {"a": Fraction(1)}, Fraction(13, 10)),
        ("a if kind == 'x' else b", {"a": Fraction(1), "b": Fraction(2), "kind": "y"}, Fraction(2)),
    ],
)
def test_values_are_exact(formula: str, values: dict[str, Any], expected: Fraction) -> None:
    lines = [{"q": Fraction(1), "p": Fraction(1, 10)}, {"q": Fraction(2), "p": Fraction(1, 10)}]
    found = exact(NAMES.number(formula, "CNY"), values, {"lines": lines})
    assert found == expected and isinstance(found, Fraction)


def test_what_never_was_is_before_every_day() -> None:
    condition = NAMES.condition("when < when") and Names({"last": "day", "start": "day"}).condition("last < start")
    assert exact(condition, {"last": float("-inf"), "start": day(date(1, 1, 1))}) == 1


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("when", "has the dimension"),
        ("a + when", "not"),
        ("aa", "unknown name 'aa'"),
        ("a if kid == 'x' else b", "did you mean 'kind'"),
        ("a if kind == 'z' else b", "no option 'z'"),
        ("sum(z.p for z in line)", "did you mean 'lines'"),
        ("a * interpolate(t.c, n)", "unknown name 't.c'"),
    ],
)
def test_formulas_are_proven(formula: str, message: str) -> None:
    with pytest.raises(CarbonacctError, match=message):
        NAMES.number(formula, "CNY")


@given(st.decimals(0, "1e12", places=3))
def test_fen_is_half_up(amount: Decimal) -> None:
    from decimal import ROUND_HALF_UP

    assert fen(amount) == fen(Fraction(amount)) == amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


@pytest.mark.parametrize("value", [None, True, "", "1e400", "nan", "inf", [], "1e-30", "一"])
def test_what_is_no_number(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a number"):
        as_decimal(value)


def test_numbers_and_dates_are_taken_as_written() -> None:
    assert as_decimal(0.1) == as_decimal("0.1") == Decimal("0.1") and as_decimal("1,000.50") == Decimal("1000.50")
    assert as_decimal(-1, None) == -1 and as_date("2024-02-29") == as_date(date(2024, 2, 29)) == date(2024, 2, 29)
    with pytest.raises(ValueError, match="-1 is below 0"):
        as_decimal(-1)
    with pytest.raises(ValueError, match="is not a date"):
        as_date("2023-02-29")
