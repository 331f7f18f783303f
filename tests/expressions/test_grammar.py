"""The expression language: what is a formula, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonacct.errors import ExpressionError
from carbonacct.expressions import parse, to_latex, to_mathml, to_text
from carbonacct.expressions.tree import Call, If, Name, Neg, Node, Num, Op, Sum


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('x')", "().__class__", "a.b.c", "lambda: 1", "[1, 2]", "{1: 2}", "f(x)", "open('x')", "a[0]", "a if b",
        "'text'", "True", "None", "a := 1", "sum(a)", "sum([a for a in b])", "sum(a for a in b if a)", "sum(a for a in b for c in d)",
        "interpolate(x)", "exp(1, 2)", "min(1)", "2 ** 99", "a ** (b ** c)", "1e400", "a @ b", "a // b", "a % b", "~a", "a & b", "a is b",
        "a in b", "a == 'x' == 'y'", "'x' == a", "a < 'x'", "f'{a}'", "a; b", "import os", "", "   ", "print", "sum(x.a for x in y)()", "*a",
        "9" * 60, "max(*a)", "max(a, b, key=c)", "await a", "yield a", "...", "1j", "b'x'",
    ],
)  # fmt: skip
def test_outside_the_language_is_refused(text: str) -> None:
    if text == "print":
        assert parse(text) == Name("print")  # a mere name; nothing of that name is ever looked up
        return
    with pytest.raises(ExpressionError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    ["(" * 1000 + "1" + ")" * 1000, "-" * 1000 + "1", "+".join(["a"] * 3000), "not " * 900 + "a", "1" + "**2" * 300, "a" * 5000],
)
def test_deep_long_or_large_is_refused_quickly(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


def test_the_tree_of_a_formula() -> None:
    assert parse("FC * (1 - OF)") == Op("*", Name("FC"), Op("-", Num(1), Name("OF")))
    assert parse("sum(m.FC for m in months)") == Sum(Name("FC", "m"), "m", "months")
    assert parse("0.478").value * 1000 == 478  # decimals are exact
    assert isinstance(parse("a if t == 'x' else b"), If)


NAMES = st.sampled_from(["FC", "NCV_coal", "CC", "x"]).map(Name)
NUMBERS = st.fractions(min_value=0, max_value=1000, max_denominator=1000).map(Num)


def _grow(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    return st.one_of(
        st.builds(Op, st.sampled_from("+-*/"), inner, inner),
        st.builds(Neg, inner),
        st.builds(lambda a, b: Call("max", (a, b)), inner, inner),
        st.builds(lambda a: Sum(a, "m", "months"), inner),
    )


@given(st.recursive(st.one_of(NAMES, NUMBERS), _grow, max_leaves=12))
def test_text_parses_back_to_the_same_value(node: Node) -> None:
    again = parse(to_text(node))
    assert to_text(again) == to_text(parse(to_text(again)))
    assert _value(again) == pytest.approx(_value(node), rel=1e-12, nan_ok=True)


def _value(node: Node) -> float:
    from carbonacct.engine.evaluate import evaluate

    try:
        return float(
            evaluate(
                node,
                lambda n: {"FC": 3.5, "NCV_coal": 0.25, "CC": 7.0, "x": 1.125}[n.name],
                lambda g: [lambda n: 2.0, lambda n: 5.0],
            )
        )
    except ZeroDivisionError:
        return float("nan")


def test_renderers_cover_every_node() -> None:
    node = parse(
        "sqrt(a) ** 2 / 3 - -b * min(c, 1e-6) if not (t == 'x_y' and a >= 2 or b != 3) else sum(m.FC * k for m in months) + 44/12 + log(exp(interpolate(steam/x-y.h, p, T)))"
    )
    latex, mathml = to_latex(node), to_mathml(node)
    for part in (r"\sqrt{a}", r"\sum_{\mathrm{months}}", r"\begin{cases}", r"10^{-6}", r"\mathrm{FC}", r"\text{x\_y}"):
        assert part in latex
    for part in ("<msqrt>", "<munder><mo>∑</mo>", "<mtable>", "<msup><mn>10</mn><mn>-6</mn></msup>", "<mfrac>"):
        assert part in mathml
    import xml.etree.ElementTree as ElementTree

    ElementTree.fromstring(f"<math>{mathml}</math>")
