"""The environmental-benefit models: their cases, the indicators they cover, and what must hold for any of them."""

from __future__ import annotations

import re
from collections import Counter

import pytest

import carbonacct as ca
from carbonacct.checking import check, check_table
from carbonacct.methodology import Methodology
from carbonacct.schema import paths

MODELS = [name for name in paths.ids("methodologies") if name.startswith("benefits/")]
SUB_FIELDS = [name for name in paths.ids("methodologies") if name.startswith("finance/cerf/")]
TABLES = [name for name in paths.ids("factors") if name.startswith("benefits/")]
INDICATORS = {
    "coal_saved": "tce", "co2e": "tCO2e", "cod": "tCOD", "nh3n": "tNH3N", "so2": "tSO2", "nox": "tNOx", "pm": "tPM",
    "vocs": "tVOCs", "tn": "tTN", "tp": "tTP", "water_saved": "m3",
}  # fmt: skip
CATEGORIES = {
    "energy-saving-environment",
    "clean-production",
    "clean-energy",
    "ecology",
    "green-infrastructure",
    "green-services",
}
NOTE = re.compile(
    r"formula: (?P<formula>(?:official|standard practice|own).*); category: (?P<category>[^;]+);"
    r" baseline: (?P<baseline>[^;]+)(?:; same calculation as: (?P<same>[^;]+))?(?:; remark: (?P<remark>[^;]+))?"
)
LISTS = {"green_financing_statistics", "green_bond_catalogue_2021", "carbon_emission_reduction_facility"}


def benefit(name: str, case: str = "worked", **changes: object) -> ca.Result:
    """A case of a model, with some of its inputs changed."""
    methodology = ca.load(name)
    spec = next(c for c in methodology.model.cases if c.name == case)
    return methodology.calculate(
        {"benefit": {**spec.inputs["benefit"], **changes}}, region=spec.region, period=spec.period, gwp=spec.gwp
    )


def activities(methodology: Methodology) -> dict[str, object]:
    """The given activities that may be zero (a year of operation may not)."""
    symbols = methodology.compiled.streams["benefit"].symbols
    given = methodology.model.cases[0].inputs["benefit"]
    return {
        name: 0 for name in given if symbols[name].kind == "activity" and (symbols[name].low is None or symbols[name].low == 0)
    }


def test_the_catalogue() -> None:
    assert len(MODELS) == 206 >= 110
    assert {name.split("/")[1] for name in MODELS} == CATEGORIES
    titles = Counter(title for name in MODELS for title in (ca.load(name).title.zh, ca.load(name).title.en))
    assert max(titles.values()) == 1


@pytest.mark.parametrize("name", MODELS)
def test_every_case_comes_out_as_printed(name: str) -> None:
    report = check(ca.load(name))
    assert not report.problems
    assert report.cases >= 1
    assert report.expectations >= len(ca.load(name).compiled.totals)


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_the_indicators(name: str) -> None:
    methodology = ca.load(name)
    assert list(methodology.model.streams) == ["benefit"]
    assert methodology.model.streams["benefit"].scope == "benefit"
    assert methodology.compiled.totals
    for key, total in methodology.compiled.totals.items():
        assert total.unit.text == INDICATORS[key]
    worked = methodology.model.cases[0]
    assert worked.name == "worked"
    assert set(worked.expect) == set(methodology.compiled.totals)


@pytest.mark.parametrize("indicator", INDICATORS)
def test_every_indicator_is_produced_by_several_models(indicator: str) -> None:
    assert sum(indicator in ca.load(name).compiled.totals for name in MODELS) >= 3


@pytest.mark.parametrize("name", MODELS)
def test_nothing_done_is_no_benefit(name: str) -> None:
    zero = activities(ca.load(name))
    assert zero
    result = benefit(name, **zero)
    assert {key: float(value) for key, value in result.totals.items()} == dict.fromkeys(result.totals, 0.0)


@pytest.mark.parametrize("name", MODELS)
def test_lists_and_kind_of_formula_are_named(name: str) -> None:
    model = ca.load(name).model
    assert {entry.list for entry in model.lists} <= LISTS
    assert any(entry.list == "green_financing_statistics" and entry.code and entry.name for entry in model.lists)
    found = NOTE.fullmatch(str(model.note))
    assert found
    if found["same"]:
        other = ca.load(found["same"])
        assert set(other.compiled.totals) == set(ca.load(name).compiled.totals)


@pytest.mark.parametrize("name", TABLES)
def test_parameters_have_units_and_sources(name: str) -> None:
    assert not check_table(name).problems


def test_region_and_period_select_the_margins() -> None:
    central, south = benefit("benefits/clean-energy/wind-onshore"), ca.load("benefits/clean-energy/wind-onshore").calculate(
        {"benefit": {"EG": "220 GWh", "PE": 0}}, region="CN-GD", period=2023
    )  # fmt: skip
    assert float(central.totals["co2e"]) == pytest.approx(220_000 * (0.75 * 0.8587 + 0.25 * 0.2854))
    assert float(south.totals["co2e"]) == pytest.approx(220_000 * (0.75 * 0.8042 + 0.25 * 0.2135))


def test_thermal_power_counts_as_in_the_year_before() -> None:
    wind = ca.load("benefits/clean-energy/wind-onshore")
    for period, rate in ((2022, 301.7), (2023, 300.7)):
        result = wind.calculate({"benefit": {"EG": "1 GWh", "PE": 0}}, region="CN-HA", period=period)
        assert float(result.totals["coal_saved"]) == pytest.approx(rate)


def test_what_is_not_known_is_not_guessed() -> None:
    wind = ca.load("benefits/clean-energy/wind-onshore")
    with pytest.raises(ca.InputError, match="e_so2"):
        wind.calculate({"benefit": {"EG": "1 GWh", "PE": 0, "EF_CM": "0.7 tCO2/MWh"}}, region="CN-HA", period=2024)


def test_a_negative_benefit_is_shown() -> None:
    result = benefit("benefits/energy-saving-environment/desalination")
    assert float(result.totals["co2e"]) < 0 < float(result.totals["water_saved"])
    assert any("co2e is negative" in warning for warning in result.warnings)


@pytest.mark.parametrize("name", MODELS)
def test_no_negative_benefit_without_a_warning(name: str) -> None:
    methodology = ca.load(name)
    for case in methodology.model.cases:
        result = methodology.calculate(case.inputs, region=case.region, period=case.period, gwp=case.gwp)
        negative = {total for total, value in result.totals.items() if value < 0}
        assert negative == {w.split(" is negative")[0].rsplit(" ", 1)[-1] for w in result.warnings if " is negative" in w}


def test_the_gwp_set_is_a_setting() -> None:
    name = "benefits/clean-production/nitric-n2o"
    spec = ca.load(name).model.cases[0]
    for gwp, factor in (("SAR", 310), ("AR5", 265), ("AR6", 273)):
        result = ca.load(name).calculate(spec.inputs, gwp=gwp)
        assert float(result.totals["co2e"]) == pytest.approx(100_000 * 8e-3 * 0.85 * factor)


@pytest.mark.parametrize("name", SUB_FIELDS)
def test_sub_fields_of_the_facility(name: str) -> None:
    methodology = ca.load(name)
    assert not check(methodology).problems
    for case in methodology.model.cases:
        totals = methodology.calculate(case.inputs, region=case.region, period=case.period).totals
        loan, investment = (float(str(case.inputs["loan"][key]).split()[0]) for key in ("L", "I_total"))
        assert float(totals["co2e_attributed"]) == pytest.approx(float(totals["co2e"]) * min(loan / investment, 1))
        assert float(totals["reduction_per_10k_CNY"]) == pytest.approx(float(totals["co2e"]) / max(loan, investment))


def test_there_are_23_sub_fields_and_each_names_its_models() -> None:
    assert len(SUB_FIELDS) == 23
    for name in SUB_FIELDS:
        models = str(ca.load(name).model.note).split("; models: ")[1].split(", ")
        assert set(models) <= set(MODELS)
        cases = {case.name for case in ca.load(name).model.cases}
        assert {"worked", "loan_above_investment"} <= cases
        assert len(cases) >= len(models) + 1


def test_a_loan_of_nothing_brings_nothing() -> None:
    wind = ca.load("finance/cerf/wind-power")
    spec = wind.model.cases[0]
    inputs = {**spec.inputs, "loan": {"L": 0, "I_total": 50000}}
    totals = wind.calculate(inputs, region=spec.region, period=spec.period).totals
    assert float(totals["co2e_attributed"]) == float(totals["reduction_per_10k_CNY"]) == 0
    assert float(totals["co2e"]) > 0
