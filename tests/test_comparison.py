"""Two editions of a text: the bridge leads from one total to the other and names its causes."""

from __future__ import annotations

import pytest

import carbonacct as ca

FUELS = [{"fuel": "diesel", "FC": 100}, {"fuel": "natural_gas", "FC": 50}]


def test_other_factors_only() -> None:
    c = ca.compare("ndrc/cement", "ndrc/electrolytic-aluminium", {"fossil_fuel_combustion": [{"fuel": "coke", "FC": 100}]})
    kinds = c.by_kind()
    expected = 100 * (28.447 - 28.435) * 0.0295 * 0.93 * 44 / 12
    assert kinds["factors"] == pytest.approx(expected, rel=1e-9)
    assert kinds["formulas"] == kinds["boundary"] == 0
    assert c.difference == pytest.approx(sum(kinds.values()))


def test_boundary_and_the_sum_of_steps() -> None:
    inputs = {
        "fossil_fuel_combustion": FUELS,
        "purchased_heat": {"AD_heat": 100},
        "purchased_electricity": {"AD_elec": 10, "EF_elec": 0.5},
    }
    c = ca.compare("ndrc/cement", "ndrc/ceramics", inputs)
    steps = {(kind, stream): value for kind, stream, value in c.bridge}
    assert steps[("boundary", "purchased_heat")] == pytest.approx(-11)
    assert c.difference == pytest.approx(sum(step for _, _, step in c.bridge), rel=1e-12)
    frame = c.to_frame()
    assert frame["tCO2e"].iloc[:-1].sum() == pytest.approx(frame["tCO2e"].iloc[-1])
    assert "boundary" in str(c)


def test_what_the_second_does_not_know_is_reported() -> None:
    c = ca.compare(
        "ndrc/cement", "ndrc/ceramics", {"fossil_fuel_combustion": [{"fuel": "diesel", "FC": 1, "label": "x", "sold": 0}]}
    )
    assert all("ndrc/ceramics" in text for text in c.left_out)


def test_the_power_plant_of_two_editions() -> None:
    months = [{"FC_coal": 120000, "NCV_coal": 20500, "C_coal": 0.548}, {"FC_coal": 150000, "NCV_coal": 21300, "C_coal": 0.562}]
    inputs = {
        "fossil_fuel_combustion": [{"fuel": "coal", "months": months}, {"fuel": "diesel", "FC": 300}],
        "desulphurisation": [{"agent": "CaCO3", "months": [{"B": 5000}, {"B": 6000}]}],
        "purchased_electricity": {"AD_elec": 2000},
    }
    c = ca.compare("ndrc/power-generation", "mee/power-2022", inputs, region="CN-JS", period=2022)
    kinds = c.by_kind()
    assert kinds["boundary"] == pytest.approx(-4356)  # desulphurisation is left out
    assert kinds["factors"] != 0  # oxidation 0.98 against 0.99, the national electricity factor
    assert c.difference == pytest.approx(sum(kinds.values()), rel=1e-9)
    assert float(c.first.co2e) + c.difference == pytest.approx(float(c.second.co2e))
