"""Every node as an Excel formula: the text where it matters, and the number that an independent engine computes."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonacct.engine.evaluate import evaluate
from carbonacct.engine.program import round_number
from carbonacct.expressions import parse
from carbonacct.expressions.excel import MAX_ARGUMENTS, Lines, half_even, quoted, scaled, to_excel
from carbonacct.expressions.tree import Interpolate, Is, Name, Neg, Node, Num, Op, Sum

VALUES = {"a": 2.5, "b": -0.75, "c": 4.0}
CELLS = {"a": "A1", "b": "B1", "c": "C1", "m.x": "D1:D3", "m.y": "E1:E3"}
COLUMNS = {"x": [1.0, 2.0, 5.0], "y": [0.5, -1.0, 3.0]}


def compiled(text: str) -> Callable[..., Any]:
    """A formula in the engine of ``formulas``, called with the values of the cells it names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import formulas

        return formulas.Parser().ast(f"={text}")[1].compile()  # type: ignore[no-any-return]


def excel(text: str, **cells: Any) -> Any:
    function = compiled(text)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = function(*(np.array(cells[name]) for name in function.inputs))
    return np.asarray(result).ravel()[0]


def label(name: Name) -> str:
    return CELLS[str(name)]


def lines(_: str) -> Lines:
    return Lines(label, [lambda name, row=row: f"{CELLS[str(name)][0]}{row}" for row in (1, 2, 3)])  # type: ignore[misc]


def our_value(node: Node) -> float:
    rows = [lambda n, i=i: COLUMNS[n.name][i] for i in range(3)]
    return float(evaluate(node, lambda n: VALUES[n.name], lambda _: rows))


def excel_value(text: str) -> float:
    singles = {"A1": VALUES["a"], "B1": VALUES["b"], "C1": VALUES["c"]}
    columns = {f"{c}1:{c}3": [[v] for v in COLUMNS[n]] for c, n in (("D", "x"), ("E", "y"))}
    rows = {f"{c}{i + 1}": v for c, n in (("D", "x"), ("E", "y")) for i, v in enumerate(COLUMNS[n])}
    return float(excel(text, **singles, **columns, **rows))


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("a + b * c", "A1+B1*C1"),
        ("(a + b) * c", "(A1+B1)*C1"),
        ("a - (b - c)", "A1-(B1-C1)"),
        ("a / (b * c)", "A1/(B1*C1)"),
        ("a / b / c", "A1/B1/C1"),
        ("a - -b", "A1-(-B1)"),
        ("a * -b", "A1*(-B1)"),
        ("-a ** 2", "-(A1^2)"),
        ("(-a) ** 2", "(-A1)^2"),
        ("(a ** 2) ** 3", "(A1^2)^3"),
        ("a ** (0.5 if b < 0 else 2)", "A1^IF(B1<0,0.5,2)"),
        ("c ** -2", "C1^(-2)"),
        ("c ** 0.5", "C1^0.5"),
        ("a * 44 / 12", "A1*44/12"),
        ("1e-6 * a + 1000000 * b + c / 1e17", "1E-6*A1+1000000*B1+C1/1E+17"),
        ("min(a, b, c) + max(a, b)", "MIN(A1,B1,C1)+MAX(A1,B1)"),
        ("exp(a) + log(c) + sqrt(c)", "EXP(A1)+LN(C1)+SQRT(C1)"),
        ("clip(a, 1, 2)", "MAX(1,MIN(A1,2))"),
        ("a if a > b else c", "IF(A1>B1,A1,C1)"),
        ("a if a <= b and not (c < 1 or c == 4) else b", "IF(AND(A1<=B1,NOT(OR(C1<1,C1=4))),A1,B1)"),
        ("1 if a != b else 0", "IF(A1<>B1,1,0)"),
        ("1 if a + 1 >= b * 2 else 0", "IF(A1+1>=B1*2,1,0)"),
        ("(a if a > b else c) * 2", "IF(A1>B1,A1,C1)*2"),
        ("sum(m.x for m in months)", "SUM(D1:D3)"),
        ("sum(m.x * m.y for m in months) / sum(m.x for m in months)", "SUMPRODUCT(D1:D3*E1:E3)/SUM(D1:D3)"),
        ("sum((1 - m.x) * a for m in months)", "SUMPRODUCT((1-D1:D3)*A1)"),
        ("sum(exp(m.x) / 2 for m in months)", "SUMPRODUCT(EXP(D1:D3)/2)"),
        ("sum(min(m.x, a) for m in months)", "SUM(MIN(D1,A1),MIN(D2,A1),MIN(D3,A1))"),
        ("sum(m.x if m.y > 0 else 0 for m in months)", "SUM(IF(E1>0,D1,0),IF(E2>0,D2,0),IF(E3>0,D3,0))"),
        ("sum(a for m in months)", "SUM(A1,A1,A1)"),
        ("a - round(sum(m.y for m in months), 0)", None),
    ],
)
def test_the_formula_is_what_excel_needs_and_gives_the_same_number(formula: str, text: str | None) -> None:
    node = parse(formula)
    written = to_excel(node, label, lines)
    if text is not None:
        assert written == text
    assert excel_value(written) == pytest.approx(our_value(node), rel=1e-14)


def test_negative_and_fractional_constants_keep_their_place() -> None:
    third, minus = Num(Fraction(11, 3)), Num(Fraction(-2))
    assert to_excel(Op("*", third, Name("a")), label) == "11/3*A1"
    assert to_excel(Op("/", Name("a"), third), label) == "A1/(11/3)"
    assert to_excel(Op("**", minus, Num(Fraction(2))), label) == "(-2)^2"
    assert to_excel(Op("-", Name("a"), minus), label) == "A1-(-2)"
    assert to_excel(Neg(minus), label) == "-(-2)"
    assert scaled("A1", Fraction(1)) == "A1"
    assert scaled("A1", Fraction(1, 1000)) == "A1*0.001"
    assert scaled("A1", Fraction(1, 10**7)) == "A1*1E-7"


def test_of_alternatives_the_first_that_is_a_number_counts() -> None:
    written = to_excel(parse("coalesce(a, b, c)"), label)
    assert written == "IF(ISNUMBER(A1),A1,IF(ISNUMBER(B1),B1,C1))"
    assert excel(written, A1="", B1=-0.75, C1=4.0) == -0.75


def test_a_choice_is_compared_with_text_that_cannot_break_out() -> None:
    assert to_excel(Is(Name("a"), "nscr"), label) == 'A1="nscr"'
    assert to_excel(Is(Name("a"), "nscr", negated=True), label) == 'A1<>"nscr"'
    assert quoted('"&HYPERLINK("x")&"') == '"""&HYPERLINK(""x"")&"""'


def test_an_interpolation_is_a_cell_of_the_grid_sheet() -> None:
    seen: list[tuple[str, ...]] = []

    def grid(node: Interpolate, arguments: tuple[str, ...]) -> str:
        seen.append((node.table, *arguments))
        return "Grid!J9"

    assert to_excel(parse("2 * interpolate(steam/superheated.h, a + 1, b)"), label, lines, grid) == "2*Grid!J9"
    assert seen == [("steam/superheated", "A1+1", "B1")]


def test_sums_of_many_terms_are_nested() -> None:
    many = Lines(label, [lambda _, row=row: f"D{row}" for row in range(MAX_ARGUMENTS + 2)])  # type: ignore[misc]
    node = parse("sum(max(m.x, 0) for m in months)")
    assert isinstance(node, Sum)
    written = to_excel(node, label, lambda _: many)
    assert written.startswith("SUM(SUM(MAX(D0,0)") and written.endswith(f"SUM(MAX(D255,0),MAX(D{MAX_ARGUMENTS + 1},0)))")


ROUNDING = {digits: compiled(half_even("A1", digits)) for digits in (0, 1, 2, 4)}


def excel_rounded(value: float, digits: int) -> float:
    return float(np.asarray(ROUNDING[digits](np.array([[value]]))).ravel()[0])


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("text", "0 0.5 1.5 2.5 2.4999999999999 2.50000000000001 9.50000000000001 0.125 0.375 2.675 1.005 0.285 1.115 266.5 267.5 "
    "123456789.5 123456788.5 4503599627370.5 0.05 0.15 0.25 0.35 1234567.00005 99999.99995 0.00005 0.00015 8.835 4.35".split())  # fmt: skip
def test_rounding_is_half_to_even_on_the_printed_decimal(text: str, sign: int) -> None:
    value = sign * float(text)
    for digits in ROUNDING:
        assert excel_rounded(value, digits) == pytest.approx(round_number(value, digits), rel=1e-15), digits


@given(st.integers(-(10**13), 10**13), st.integers(0, 10), st.sampled_from(sorted(ROUNDING)))
def test_rounding_is_exact_for_fifteen_digits(digits: int, shift: int, places: int) -> None:
    value = float(Decimal(digits).scaleb(-shift))
    assert excel_rounded(value, places) == pytest.approx(round_number(value, places), rel=1e-15, abs=1e-300)
