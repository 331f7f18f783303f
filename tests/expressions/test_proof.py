"""The unit proof: mistakes that cannot compile, and conversions that are exact."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from carbonacct.errors import FileError
from carbonacct.methodology import Methodology
from tests.conftest import calculate_one

Make = Callable[..., Methodology]


@pytest.mark.parametrize(
    "formula",
    [
        "FC * NCV * CC * OF",  # 44/12 is missing
        "FC * NCV * CC * OF * 44/12",  # as a bare number it has no dimension
        "FC * CC * OF * CO2_per_C",  # the heating value is missing
        "FC * NCV * CC * OF / CO2_per_C",
        "FC * NCV * OF * CO2_per_C",
        "FC * NCV * CC * OF * CO2_per_C * CO2_per_C",
        "FC * NCV * CC * OF * CO2_per_C + FC",  # t CO2 and t do not add
        "FC * NCV * CC * OF * CO2_per_C + FC * NCV * CC",  # t CO2 and t C do not add
        "FC * NCV * CC * OF * CO2_per_C + 1",
        "exp(FC)", "FC ** OF", "max(FC, NCV)", "FC if OF > CC else NCV", "FC if OF else FC", "(OF > 1) * FC", "sqrt(FC)", "missing * FC",
    ],
)  # fmt: skip
def test_wrong_dimensions_do_not_compile(one_formula: Make, formula: str) -> None:
    with pytest.raises(FileError, match=r"streams\.s\.outputs\.CO2\.formula"):
        _ = one_formula(formula).compiled


def test_the_right_formula_does(one_formula: Make) -> None:
    m = one_formula("FC * NCV * CC * OF * CO2_per_C")
    assert calculate_one(m, FC=300, NCV=42.652, CC=0.0202, OF=0.98) == pytest.approx(
        300 * 42.652 * 0.0202 * 0.98 * 44 / 12, rel=1e-15
    )


def test_ch4_is_not_added_to_co2(methodology: Callable[[str], Methodology]) -> None:
    body = """
streams:
  a: {{title: {{zh: a, en: a}}, scope: direct, symbols: {{x: {{title: {{zh: x, en: x}}, unit: t, kind: activity}}}},
       outputs: {{CH4: {{unit: tCH4, formula: x * f}}}}}}
  b: {{title: {{zh: b, en: b}}, scope: direct, symbols: {{x: {{title: {{zh: x, en: x}}, unit: t, kind: activity}}}},
       outputs: {{CO2: {{unit: tCO2, formula: x * g}}}}}}
constants:
  f: {{value: 2, unit: kgCH4/t, title: {{zh: f, en: f}}}}
  g: {{value: 3, unit: tCO2/t, title: {{zh: g, en: g}}}}
totals:
  E: {{title: {{zh: e, en: e}}, unit: {unit}, formula: {formula}}}
"""
    with pytest.raises(FileError, match=r"'b\.CO2' is CO2, not CH4"):
        _ = methodology(body.format(unit="tCO2", formula="a.CH4 + b.CO2")).compiled
    m = methodology(body.format(unit="tCO2e", formula="a.CH4 * GWP_CH4 + b.CO2 * GWP_CO2"))
    assert float(m.calculate({"a": {"x": 1000}, "b": {"x": 1}}).totals["E"]) == pytest.approx(2 * 21 + 3, rel=1e-15)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({"FC": "kg", "NCV": "kJ/kg", "CC": "tC/TJ", "OF": '"%"'}, 100 * 42652e-9 * 20.2 * 0.98 * 44 / 12),
        ({"FC": "t", "NCV": "kJ/kg", "CC": "kgC/GJ", "OF": '"1"'}, 100 * 42.652 * 0.0202 * 98 * 44 / 12),
    ],
)
def test_powers_of_ten_come_from_the_units(one_formula: Make, units: dict[str, str], expected: float) -> None:
    m = one_formula("FC * NCV * CC * OF * CO2_per_C", symbols=units)
    assert calculate_one(m, FC=100, NCV=42652, CC=20.2, OF=98) == pytest.approx(expected, rel=1e-14)


def test_metre_over_centimetre_is_a_hundred(one_formula: Make) -> None:
    m = one_formula("a / b + 2", unit='"1"', symbols={"a": "m", "b": "cm"})
    assert calculate_one(m, a=1, b=10) == 12  # not 2.1, not 210


def test_monthly_data_do_not_enter_an_annual_rule_unnoticed(one_formula: Make) -> None:
    m = one_formula("a * b", unit="tCO2/year", symbols={"a": "t/month", "b": "tCO2/t"})
    assert calculate_one(m, a=10, b=2) == 240
    with pytest.raises(FileError):
        _ = one_formula("a * b + c", unit="tCO2/year", symbols={"a": "t/month", "b": "tCO2/t", "c": "tCO2"}).compiled


def test_carbon_to_co2_is_exact(one_formula: Make) -> None:
    m = one_formula("a * CO2_per_C", symbols={"a": "tC"})
    assert calculate_one(m, a=1e9) == 1e9 * 44 / 12
    assert calculate_one(m, a=3e8 / 44 * 12) != calculate_one(m, a=(3e8 + 1) / 44 * 12)  # 1 t at 1e8 t stays visible


def test_every_problem_of_a_file_is_named_at_once(one_formula: Make) -> None:
    extra = """      A: {title: {zh: a, en: a}, unit: GJ, formula: FC * CC}
      B: {title: {zh: b, en: b}, unit: tonnes, kind: factor}
      C: {title: {zh: c, en: c}, unit: t, formula: FC *}"""
    with pytest.raises(FileError) as caught:
        _ = one_formula("FC * NVC", extra=extra).compiled
    text = str(caught.value)
    for part in ("symbols.A.formula", "symbols.B.unit", "symbols.C.formula", "unknown name 'NVC'; did you mean 'NCV'?"):
        assert part in text
    assert all(":" in problem and ".yaml:" in problem for problem in caught.value.problems)


def test_rounding_is_half_to_even_in_the_declared_unit(one_formula: Make) -> None:
    m = one_formula("round(a, 1)", unit="tCO2", symbols={"a": "tCO2"})
    assert [calculate_one(m, a=x) for x in (0.25, 0.35, 2.45, -0.25, 0.05)] == [0.2, 0.4, 2.4, -0.2, 0.0]
    m = one_formula("round(a * b, 2)", unit="kgCO2", symbols={"a": "t", "b": "tCO2/t"})
    assert calculate_one(m, a=1, b=0.0123456) == 12.35
