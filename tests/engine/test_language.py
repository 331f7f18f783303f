"""Every construct of the language gives the number that Python gives, on floats and on columns alike."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from carbonacct.engine.tables import interpolate
from carbonacct.errors import InputError
from carbonacct.methodology import Methodology
from carbonacct.schema import tables

X = {"a": 2.5, "b": 0.75, "c": 4.0}
ROWS = [X, {"a": 0.5, "b": 3.0, "c": 1.0}, {"a": 4.0, "b": 4.0, "c": 0.25}]


@pytest.mark.parametrize(
    ("formula", "python"),
    [
        ("a + b * c", lambda a, b, c: a + b * c),
        ("a - b / c", lambda a, b, c: a - b / c),
        ("-a + 3", lambda a, b, c: -a + 3),
        ("a ** 2 * b ** -1", lambda a, b, c: a * a / b),
        ("(a / b) ** 0.5", lambda a, b, c: math.sqrt(a / b)),
        ("a ** b", lambda a, b, c: a**b),
        ("min(a, b, c) + max(a, b)", lambda a, b, c: min(a, b, c) + max(a, b)),
        ("clip(a, 1, 3)", lambda a, b, c: max(1, min(a, 3))),
        ("exp(-a) + log(b) + sqrt(c)", lambda a, b, c: math.exp(-a) + math.log(b) + math.sqrt(c)),
        ("a if a > b else c", lambda a, b, c: a if a > b else c),
        ("a if a >= b and not (c < 1 or c == 4) else b", lambda a, b, c: a if a >= b and not (c < 1 or c == 4) else b),
        ("1 if a != b else 0", lambda a, b, c: 1.0 if a != b else 0.0),
        ("a if 1 <= a <= 3 else 0 * a", lambda a, b, c: a if 1 <= a <= 3 else 0.0),
        ("round(a * b, 2) + round(c)", lambda a, b, c: round(a * b, 2) + round(c)),
        ("coalesce(missing, a) * b", lambda a, b, c: a * b),
        ("a / (b - b + 2) / 2 * 1.5", lambda a, b, c: a / 2 / 2 * 1.5),
        ("2 * 3 / 4", lambda a, b, c: 1.5),
        ("(a + b) * (a - b) / (a + c)", lambda a, b, c: (a + b) * (a - b) / (a + c)),
    ],
)
def test_scalar_and_column(one_formula: Callable[..., Methodology], formula: str, python: Callable[..., float]) -> None:
    formula = formula.replace("round(a * b, 2)", "r2").replace("round(c)", "r0")
    extra = """      r2: {title: {zh: r, en: r}, unit: "1", formula: "round(a * b, 2)"}
      r0: {title: {zh: r, en: r}, unit: "1", formula: "round(c)"}"""
    names = dict.fromkeys(("a", "b", "c", "missing"), '"1"')
    m = one_formula(formula, unit='"1"', symbols=names, extra=extra)
    values = [float(m.calculate({"s": row}).totals["E"]) for row in ROWS]
    assert values == pytest.approx([python(**row) for row in ROWS], rel=1e-15)
    frame = pd.DataFrame(ROWS).assign(entity=range(len(ROWS)))
    column = m.calculate_frame({"s": frame}).totals["E"]
    assert list(column) == values


CHOICE = """
streams:
  s:
    title: {zh: 源, en: source}
    scope: direct
    symbols:
      a: {title: {zh: a, en: a}, unit: t, kind: activity}
      kind: {title: {zh: 类, en: kind}, kind: choice, options: {old: {zh: 旧, en: old}, new: {zh: 新, en: new}}, default: old}
      b: {title: {zh: b, en: b}, unit: tCO2/t, kind: factor}
      f:
        title: {zh: f, en: f}
        unit: tCO2/t
        any_of:
          - {name: measured, formula: b * 2, requires: [b]}
          - {name: pure, default: "carbonates/ncsc.EF[CaCO3]", unless: [a2]}
          - {name: last, default: 0.5 kgCO2/kg}
      a2: {title: {zh: a2, en: a2}, unit: t, kind: activity}
    outputs:
      CO2: {unit: tCO2, formula: "a * f if kind == 'old' else a * f / 2"}
totals:
  E: {title: {zh: 合计, en: total}, unit: tCO2, formula: s.CO2}
"""


def test_choices_requirements_and_exclusions(methodology: Callable[[str], Methodology]) -> None:
    m = methodology(CHOICE)

    def total(**values: object) -> float:
        return float(m.calculate({"s": values}).totals["E"])

    assert total(a=10) == pytest.approx(4.397)
    assert total(a=10, kind="新") == pytest.approx(2.1985)
    assert total(a=10, b=3) == 60
    assert total(a=10, a2=1) == 5
    frame = pd.DataFrame(
        {
            "entity": [1, 2, 3, 4],
            "a": 10.0,
            "kind": ["old", "new", None, "旧"],
            "b": [np.nan, np.nan, 3, np.nan],
            "a2": [np.nan, np.nan, np.nan, 1],
        }
    )
    assert list(m.calculate_frame({"s": frame}).totals["E"]) == pytest.approx([4.397, 2.1985, 60, 5])
    node = m.calculate({"s": {"a": 10}}).explain("s[0].f")
    assert (node.kind, node.table, node.passed) == ("table", "carbonates/ncsc.EF", ["measured"])
    with pytest.raises(InputError, match="'newish' is not an option"):
        m.calculate_frame({"s": frame.assign(kind="newish")})


def test_interpolation_meets_the_table_and_lies_between() -> None:
    table = tables.load("steam/saturated-by-pressure")
    axis = next(iter(table.axes.values())).values
    assert interpolate(table, "h", axis[3]) == table.grid["h"][3]
    middle = (axis[3] + axis[4]) / 2
    assert interpolate(table, "h", middle) == pytest.approx((table.grid["h"][3] + table.grid["h"][4]) / 2)
    column = interpolate(table, "h", np.array([axis[0], middle, axis[-1]]))
    assert column.tolist() == [interpolate(table, "h", x) for x in (axis[0], middle, axis[-1])]
    with pytest.raises(InputError, match="outside the table"):
        interpolate(table, "h", axis[-1] * 1.01)


def test_steam_flows_in_a_frame(request: pytest.FixtureRequest) -> None:
    import carbonacct as ca

    m = ca.load("ndrc/oil-gas-production")
    flows = [
        {"Ma_st": 10.0, "p_st": 0.5, "T_st": 400.0},
        {"Ma_st": 5.0, "En_st": 2800.0},
        {"Ma_w": 20.0, "T_w": 80.0, "direction": -1.0},
    ]
    single = m.calculate({"purchased_heat": {"flows": flows}})
    frames = {"purchased_heat": pd.DataFrame({"entity": ["x"]}), "purchased_heat.flows": pd.DataFrame(flows).assign(line=0)}
    assert float(m.calculate_frame(frames).totals["E"][0]) == pytest.approx(float(single.totals["E"]), rel=1e-14)
    with pytest.raises(InputError, match="superheated"):
        m.calculate({"purchased_heat": {"flows": [{"Ma_st": 10, "p_st": 0.5, "T_st": 2000}]}})
    printed = m.calculate({"purchased_heat": {"flows": flows[:1]}}, tables={"steam/superheated": "steam/superheated-printed"})
    assert float(printed.totals["E"]) == pytest.approx(10 * (3217.8 - 83.74) * 1e-3 * 0.11)


def test_gases_that_are_items_in_a_frame(methodology: Callable[[str], Methodology]) -> None:
    from tests.engine.test_calculate import GASES

    m = methodology(GASES)
    frame = pd.DataFrame({"entity": ["A", "A", "B"], "gas": ["CF4", "CH4", "CF4"], "FC": [2.0, 10.0, 1.0]})
    recovery = pd.DataFrame({"entity": ["A"], "R": [3.0]})
    result = m.calculate_frame({"process": frame, "recovery": recovery})
    assert result.by_gas.set_index("entity").loc["A"].to_dict() == pytest.approx({"CF4": 1.8, "CH4": 6.0})
    assert list(result.totals["E"]) == pytest.approx([1.8 * 6500 + 9 * 21 - 63, 0.9 * 6500])
    assert float(result.entity("A").totals["E"]) == pytest.approx(float(result.totals["E"][0]))
    with pytest.raises(InputError, match="GWP_NF3"):
        _ = m.calculate_frame({"process": frame.assign(gas=["NF3", "CH4", "CF4"])}).totals


def test_numeric_conditions_see_gaps_in_columns(one_formula: Callable[..., Methodology]) -> None:
    m = one_formula("a if a > 1 else b", unit='"1"', symbols={"a": '"1"', "b": '"1"'})
    with pytest.raises(InputError, match=r"s\[1\].*give a"):
        m.calculate_frame({"s": pd.DataFrame({"entity": [1, 2], "a": [2.0, np.nan], "b": [1.0, 1.0]})})
