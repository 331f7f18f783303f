"""One entity: forms of input, alternatives, sub-lines, choices, totals, gases, warnings."""

from __future__ import annotations

from collections.abc import Callable

import pint
import pytest

import carbonacct as ca
from carbonacct.errors import InputError, NotFoundError
from carbonacct.methodology import Methodology

DIESEL = 300 * 42.652 * 20.2e-3 * 0.98 * 44 / 12  # t, GJ/t, tC/GJ: the power guideline's row, worked by hand


@pytest.mark.parametrize(
    "quantity",
    [
        300,
        300.0,
        "300 t",
        "300吨",
        "300000 kg",
        "0.3 kt",
        (300, "t"),
        (0.3, "kt"),
        {"value": 300, "unit": "t"},
        ca.Value(300, "t"),
        pint.UnitRegistry().Quantity(300, "metric_ton"),
    ],
)
@pytest.mark.parametrize("fuel", ["diesel", "柴油", "Diesel"])
def test_every_form_of_a_quantity_and_of_an_item(power: Methodology, quantity: object, fuel: str) -> None:
    result = power.calculate({"fossil_fuel_combustion": [{"fuel": fuel, "FC": quantity}]})
    assert result.totals["E"] == pytest.approx(DIESEL, rel=1e-14)


@pytest.mark.parametrize(
    "name", ["ndrc/power-generation", "power-generation", "中国发电企业温室气体排放核算方法与报告指南（试行）", "发电企业"]
)
def test_methodologies_are_found_by_id_and_title(name: str) -> None:
    assert ca.load(name).id == "ndrc/power-generation"


def test_unknown_methodology_names_the_nearest() -> None:
    with pytest.raises(NotFoundError, match="did you mean 'ndrc/cement'"):
        ca.load("ndrc/cemnt")


def test_a_value_knows_its_unit(power: Methodology) -> None:
    total = power.calculate({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": 300}]}).totals["E"]
    assert (total.unit, float(total), total.magnitude) == ("tCO2", total.value, total.value)
    assert total.to("ktCO2") == pytest.approx(total / 1000)
    assert total.to_pint().to("kgCO2").magnitude == pytest.approx(total * 1000)
    with pytest.raises(ca.UnitError):
        total.to("tCH4")


def test_measured_values_come_before_defaults_and_are_traced(power: Methodology) -> None:
    line = {"fuel": "diesel", "FC": 300, "NCV": "43 GJ/t"}
    result = power.calculate({"fossil_fuel_combustion": [line]})
    assert result.totals["E"] == pytest.approx(DIESEL / 42.652 * 43, rel=1e-13)
    assert result.explain("fossil_fuel_combustion[0].NCV").kind == "given"
    assert result.explain("fossil_fuel_combustion[0].CC").kind == "table"
    assert result.value("fossil_fuel_combustion[0].NCV") == pytest.approx(43000)


def test_the_weighting_of_the_months_is_a_choice(power: Methodology) -> None:
    months = [{"FC_coal": 120000, "NCV_coal": 20500, "C_coal": 0.548}, {"FC_coal": 150000, "NCV_coal": 21300, "C_coal": 0.562}]
    by_mass = (0.548 / 20500 * 120000 + 0.562 / 21300 * 150000) / 270000
    by_heat = (0.548 * 120000 + 0.562 * 150000) / (20500 * 120000 + 21300 * 150000)
    for weight, expected in (("mass", by_mass), ("heat", by_heat)):
        result = power.calculate({"fossil_fuel_combustion": [{"fuel": "coal", "months": months, "CC_weight": weight}]})
        assert result.value("fossil_fuel_combustion[0].CC") == pytest.approx(expected * 1e6, rel=1e-13)


def test_a_chosen_row_alternative(power: Methodology) -> None:
    values = [
        power.calculate({"fossil_fuel_combustion": [{"fuel": f, "FC": 1}]}).totals["E"]
        for f in ("other_coal_gas", "其它煤气@printed")
    ]
    assert values[1] == pytest.approx(values[0] * 10, rel=1e-12)  # the text prints a heating value ten times too large


def test_an_item_of_ones_own_needs_its_values(power: Methodology) -> None:
    own = {"fuel": {"name": "炉气", "unit": "k_Nm3"}, "FC": "2 k_Nm3", "NCV": "10000 kJ/Nm3", "CC": 15, "OF": 0.99}
    result = power.calculate({"fossil_fuel_combustion": [own]})
    assert result.totals["E"] == pytest.approx(2 * 10000e-6 * 15 * 0.99 * 44 / 12, rel=1e-13)
    with pytest.raises(InputError, match=r"fossil_fuel_combustion\[0\].*give .*CC"):
        power.calculate({"fossil_fuel_combustion": [{k: v for k, v in own.items() if k != "CC"}]})


def test_regional_factors_by_region_and_latest_year(cement: Methodology) -> None:
    def grid(region: str, period: object) -> float:
        r = cement.calculate({"purchased_electricity": {"AD_elec": 1000}}, region=region, period=period)
        return float(r.totals["E"]) / 1000

    assert grid("CN-SD", 2012) == grid("山东", "2014-06") == grid("north", 2016) == 0.8843
    assert grid("CN-SC", 2012) == 0.5257
    with pytest.raises(InputError, match=r"purchased_electricity.*EF_elec.*no figure for region None"):
        cement.calculate({"purchased_electricity": {"AD_elec": 1000}})
    with pytest.raises(InputError, match="unknown region 'CN-XX'"):
        grid("CN-XX", 2012)
    with pytest.raises(InputError, match="period 'soon'"):
        grid("CN-SD", "soon")


def test_other_tables_can_be_asked_for(cement: Methodology) -> None:
    inputs = {"purchased_electricity": {"AD_elec": 1000}}
    regional = cement.calculate(inputs, region="CN-SD", period=2022).totals["E"]
    national = cement.calculate(inputs, region="CN-SD", period=2022, tables={"grid/regional": "grid/national"}).totals["E"]
    assert regional != national


def test_inputs_without_effect_and_absent_streams_are_reported(cement: Methodology) -> None:
    result = cement.calculate({"fossil_fuel_combustion": [{"fuel": "coke", "FC": 10, "sold": 3}]})
    assert any("without effect: sold" in w for w in result.warnings)
    assert any(w.startswith("purchased_heat: not given") for w in result.warnings)
    assert any("default values used for NCV, CC, OF" in w for w in result.warnings)


def test_stock_balance_is_an_alternative(cement: Methodology) -> None:
    balance = {"fuel": "coke", "purchased": 900, "opening_stock": 100, "closing_stock": 50, "sold": 150}
    given = {"fuel": "coke", "FC": 800}
    totals = [cement.calculate({"fossil_fuel_combustion": [line]}).totals["E"] for line in (balance, given)]
    assert totals[0] == totals[1]
    with pytest.raises(InputError, match="opening_stock"):
        cement.calculate({"fossil_fuel_combustion": [{"fuel": "coke", "purchased": 900}]})


def test_flat_lines_go_to_the_sub_line_they_belong_to(methodology: Callable[[str], Methodology]) -> None:
    m = methodology(BALANCE)
    nested = {"balance": {"feeds": [{"AD_r": 10, "CC_r": 0.8}, {"AD_r": 5, "CC_r": 0.5}], "products": [{"AD_p": 4, "CC_p": 0.3}]}}
    flat = {"balance": [{"AD_r": 10, "CC_r": 0.8}, {"AD_r": 5, "CC_r": 0.5}, {"AD_p": 4, "CC_p": 0.3}]}
    expected = (10 * 0.8 + 5 * 0.5 - 4 * 0.3) * 44 / 12
    assert m.calculate(nested).totals["E"] == pytest.approx(expected, rel=1e-15)
    assert m.calculate(flat).totals["E"] == m.calculate(nested).totals["E"]


def test_an_incomplete_sub_line_is_an_error_not_a_zero(methodology: Callable[[str], Methodology]) -> None:
    m = methodology(BALANCE)
    feeds = [{"AD_r": 10, "CC_r": 0.8}]
    assert m.calculate({"balance": {"feeds": feeds}}).value("balance[0].out") == 0
    with pytest.raises(InputError, match=r"give .*products\.CC_p"):
        m.calculate({"balance": {"feeds": feeds, "products": [{"AD_p": 4, "CC_p": 0.3}, {"AD_p": 2}]}})


BALANCE = """
streams:
  balance:
    title: {zh: 碳平衡, en: carbon balance}
    scope: direct
    symbols:
      out: {title: {zh: 出, en: out}, unit: tC, any_of: [{name: products, formula: sum(p.AD_p * p.CC_p for p in products)}, {name: none, default: 0}]}
    sublines:
      feeds:
        title: {zh: 原料, en: feeds}
        symbols:
          AD_r: {title: {zh: 量, en: amount}, unit: t, kind: activity}
          CC_r: {title: {zh: 含碳量, en: carbon}, unit: tC/t, kind: factor}
      products:
        title: {zh: 产品, en: products}
        symbols:
          AD_p: {title: {zh: 量, en: amount}, unit: t, kind: activity}
          CC_p: {title: {zh: 含碳量, en: carbon}, unit: tC/t, kind: factor}
    outputs:
      CO2: {unit: tCO2, formula: (sum(f.AD_r * f.CC_r for f in feeds) - out) * CO2_per_C}
totals:
  E: {title: {zh: 合计, en: total}, unit: tCO2, formula: balance.CO2}
"""

GASES = """
streams:
  process:
    title: {zh: 过程, en: process}
    scope: direct
    item: gas
    items: gwp/ipcc
    symbols:
      FC: {title: {zh: 用量, en: use}, unit: gas.unit, kind: activity}
      h: {title: {zh: 残余, en: heel}, unit: "1", kind: factor, range: [0, 1], default: 0.1}
    outputs:
      "{gas}": {unit: gas.unit, formula: FC * (1 - h)}
  recovery:
    title: {zh: 回收, en: recovery}
    scope: deduction
    symbols: {R: {title: {zh: 量, en: amount}, unit: tCH4, kind: activity}}
    outputs: {CH4: {unit: tCH4, formula: R}}
totals:
  E: {title: {zh: 合计, en: total}, unit: tCO2e, formula: process.CO2e - recovery.CH4 * GWP_CH4}
"""


def test_the_gas_of_an_output_may_be_the_lines_item(methodology: Callable[[str], Methodology]) -> None:
    m = methodology(GASES)
    result = m.calculate({"process": [{"gas": "CF4", "FC": 2}, {"gas": "CH4", "FC": 10, "h": 0}], "recovery": {"R": 3}})
    assert result.by_gas == {"CF4": pytest.approx(1.8), "CH4": 7}
    assert result.co2e == pytest.approx(1.8 * 6500 + 7 * 21, rel=1e-14)
    assert result.totals["E"] == result.co2e
    assert result.by_stream["recovery"] == -63
    again = m.calculate({"process": [{"gas": "CH4", "FC": 1, "h": 0}]}, gwp="AR4")
    assert again.co2e == 25


def test_a_missing_gwp_is_refused_only_where_it_counts(methodology: Callable[[str], Methodology]) -> None:
    m = methodology(GASES)
    inputs = {"process": [{"gas": "NF3", "FC": 2}]}
    with pytest.raises(InputError, match="GWP_NF3"):
        _ = m.calculate(inputs).totals
    assert m.calculate(inputs, gwp=["SAR", "AR4"]).co2e == pytest.approx(1.8 * 17200)
    with pytest.raises(NotFoundError, match="no GWP set 'AR9'"):
        m.calculate(inputs, gwp="AR9")


def test_total_by_the_texts_own_symbol(cement: Methodology) -> None:
    result = cement.calculate({"purchased_heat": {"AD_heat": 100}})
    assert result.totals["E_CO2"] == result.totals["E"] == pytest.approx(11)
    with pytest.raises(NotFoundError, match="did you mean"):
        _ = result.totals["E_C02"]


def test_json_form(cement: Methodology) -> None:
    import json

    data = json.loads(
        cement.calculate({"fossil_fuel_combustion": [{"fuel": "coke", "FC": 10, "label": "1号窑"}]}, period=2015).to_json()
    )
    assert set(data) >= {"methodology", "version", "totals", "co2e", "by_gas", "streams", "warnings"}
    assert data["totals"]["E"] == {"value": pytest.approx(28.6042, abs=1e-4), "unit": "tCO2"}
    line = data["streams"]["fossil_fuel_combustion"]["lines"][0]
    assert line == {
        "fuel": "coke",
        "label": "1号窑",
        "outputs": {"CO2": {"value": pytest.approx(28.6042, abs=1e-4), "unit": "tCO2"}},
    }


def test_frame_of_lines(cement: Methodology) -> None:
    frame = cement.calculate({"fossil_fuel_combustion": [{"fuel": "coke", "FC": 10}, {"fuel": "diesel", "FC": 1}]}).to_frame()
    assert list(frame["fuel" if "fuel" in frame else "item"]) == ["coke", "diesel"]
    assert frame["tCO2e"].sum() == pytest.approx(28.6042 + 3.09591, abs=1e-4)
