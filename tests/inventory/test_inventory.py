"""Consolidation, base year, screening, uncertainty and data quality: rules and invariants."""

from __future__ import annotations

import re
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import carbonacct as ca
from carbonacct.errors import InputError
from carbonacct.inventory import BaseYear, Change, Entity, consolidate, level, of_product, of_sum, score, screen, weighted_score
from carbonacct.inventory.classification import gas_group, iso_category
from carbonacct.schema import tables
from tests.conftest import ROOT

share = st.floats(0, 1)


def electricity(amount: float, **more: object) -> ca.Result:
    line = {"AD_elec": amount, "EF_elec": 1, "EF_residual": 1}
    return ca.load("iso14064/organisation").calculate({"purchased_electricity": [line], **more})


RESULT = electricity(100)


# consolidation -----------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=6))
def test_the_shares_of_all_owners_add_up_to_the_facility(parts: list[float]) -> None:
    equities = [part / sum(parts) for part in parts]
    owners = [Entity("owner", None, entities=(Entity("facility", RESULT, equity=e),)) for e in equities]
    assert sum(float(consolidate(owner, "equity_share").co2e) for owner in owners) == pytest.approx(100)


@given(st.lists(st.tuples(share, st.sampled_from(["full", "joint", "none"]), st.booleans()), min_size=1, max_size=5))
def test_a_chain_multiplies_and_never_counts_more_than_all(chain: list[tuple[float, str, bool]]) -> None:
    entity: Entity | None = None
    for number, (equity, financial, operational) in enumerate(reversed(chain)):
        below = (entity,) if entity else ()
        entity = Entity(f"e{number}", RESULT, equity, financial, operational, below)  # type: ignore[arg-type]
    assert entity is not None
    top = Entity("top", None, entities=(entity,))
    for approach in ("equity_share", "financial_control", "operational_control"):
        inventory = consolidate(top, approach)
        assert 0 <= float(inventory.co2e) <= 100 * len(chain) * (1 + 1e-12)
        shares = [part.share for part in inventory.parts]
        assert all(a >= b for a, b in pairwise(shares))
        if approach == "operational_control":
            assert set(shares) <= {0.0, 1.0}


def test_at_most_one_owner_reports_a_facility_under_control() -> None:
    owners = [
        Entity("a", None, entities=(Entity("f", RESULT, 0.6, "full", True),)),
        Entity("b", None, entities=(Entity("f", RESULT, 0.4, "none", False),)),
    ]
    for approach in ("financial_control", "operational_control"):
        assert [float(consolidate(owner, approach).co2e) for owner in owners] == [100.0, 0.0]
    joint = [Entity(n, None, entities=(Entity("f", RESULT, e, "joint"),)) for n, e in (("a", 0.6), ("b", 0.4))]
    assert [float(consolidate(owner, "financial_control").co2e) for owner in joint] == pytest.approx([60.0, 40.0])


def test_faults_of_a_tree_all_at_once() -> None:
    top = Entity("a", RESULT, entities=(Entity("a", None, 1.2), Entity("b", None, 0.5, "partial")))  # type: ignore[arg-type]
    with pytest.raises(InputError) as caught:
        consolidate(top, "equity")
    text = str(caught.value)
    assert len(caught.value.problems) == 4
    assert "did you mean 'equity_share'" in text and "1.2" in text and "partial" in text and "two entities" in text


def test_a_stream_without_a_category_is_refused_and_mixed_gwp_too() -> None:
    cement = ca.load("ndrc/cement").calculate({"raw_meal_nonfuel_carbon": {"Q": "1000 t", "FR0": 0.002}})
    with pytest.raises(InputError, match="raw_meal_nonfuel_carbon"):
        consolidate(Entity("works", cement), "equity_share")
    other = ca.load("iso14064/organisation").calculate({"septic_tank_ch4": [{"N_person": 1, "days": 1}]}, gwp="AR5")
    with pytest.raises(InputError, match="different GWP sets"):
        consolidate(Entity("top", RESULT, entities=(Entity("sub", other),)), "equity_share")


# classification ----------------------------------------------------------------------------------------------------


def test_every_stream_has_its_place_and_all_subcategories_and_scope_3_categories_are_there() -> None:
    model = ca.load("iso14064/organisation").model
    categories = [stream.category for stream in model.streams.values()]
    assert all(c is not None for c in categories)
    used = {c.iso for c in categories if c}
    assert used == set(tables.load("inventory/subcategories").rows)
    assert {c.scope3 for c in categories if c and c.scope3} == set(range(1, 16))
    for c in categories:
        assert c is not None
        assert c.ghgp == min(iso_category(c.iso), 3)


def test_the_map_of_scope_3_is_that_of_the_table() -> None:
    rows = tables.load("inventory/scope3").rows
    for key, stream in ca.load("iso14064/organisation").model.streams.items():
        assert stream.category
        if stream.category.scope3:
            assert stream.category.iso in (rows[f"S{stream.category.scope3}"].note or ""), key


def test_every_result_carries_the_places() -> None:
    data = RESULT.to_dict()["streams"]
    assert data["purchased_electricity"]["category"] == {"iso": "c2_1_imported_electricity", "ghgp": 2, "scope3": None}
    assert data["business_travel_air"]["category"] == {"iso": "c3_5_business_travel", "ghgp": 3, "scope3": 6}
    cement = ca.load("ndrc/cement").calculate({"raw_meal_nonfuel_carbon": {"Q": "1000 t", "FR0": 0.002}})
    assert all("category" not in stream for stream in cement.to_dict()["streams"].values())


@pytest.mark.parametrize(
    ("gas", "group"),
    [("HFC-134a", "HFCs"), ("c-C4F8", "PFCs"), ("CF4", "PFCs"), ("SF6", "SF6"), ("HFE-125", "other"), ("CO2e", "CO2e")],
)
def test_groups_of_gases(gas: str, group: str) -> None:
    assert gas_group(gas) == group


# base year ---------------------------------------------------------------------------------------------------------


def test_threshold_must_be_exceeded_and_is_five_percent_by_practice() -> None:
    base = BaseYear(2020, 1000.0)
    assert base.threshold == 0.05
    assert not base.recalculated([Change("x", "acquisition", 50.0)]).triggered
    assert base.recalculated([Change("x", "divestment", -50.1)]).total == pytest.approx(949.9)
    assert base.recalculated([Change("x", "organic", 900.0)]).total == 1000.0
    assert base.recalculated([Change("x", "method", 30.0), Change("y", "error", 25.0)]).triggered
    assert base.recalculated([Change("x", "acquisition", 90.0, since=2021)]).total == 1000.0
    assert base.recalculated([Change("x", "acquisition", 90.0, since=2019)]).total == 1090.0


def test_faults_of_a_base_year() -> None:
    with pytest.raises(InputError, match="merge"):
        BaseYear(2020, 0.0).recalculated([Change("x", "merge", 1.0)])  # type: ignore[arg-type]


# significance ------------------------------------------------------------------------------------------------------


def test_a_large_source_cannot_be_hidden() -> None:
    with pytest.raises(InputError, match="cannot be excluded"):
        screen({"c3_5_business_travel": 40, "c4_1_purchased_goods": 60}, magnitude=0.1, exclusions={"c4_1_purchased_goods": "no"})
    with pytest.raises(InputError, match="cannot be excluded"):
        screen({"c1_4_fugitive": 1, "c4_1_purchased_goods": 999}, magnitude=0.1, exclusions={"c1_4_fugitive": "small"})


def test_screening_says_what_is_in_and_why_not() -> None:
    screening = screen(
        {"c1_4_fugitive": 1.0, "c3_5_business_travel": 4.0, "c3_3_commuting": 3.0, "c4_1_purchased_goods": 92.0},
        magnitude=0.05,
        scores={"c3_5_business_travel": {"influence": 5, "access": 2}},
        weights={"influence": 2},
        cut_off=4,
    )
    assert screening.included == ["c1_4_fugitive", "c3_5_business_travel", "c4_1_purchased_goods"]
    assert screening.exclusions == {"c3_3_commuting": "not significant by the criteria"}
    assert screening.coverage == pytest.approx(0.97)


def test_faults_of_a_screening() -> None:
    with pytest.raises(InputError) as caught:
        screen({"c3_5_busines_travel": 1.0}, magnitude=0.1, scores={"c3_3_commuting": {"magnitud": 1}})
    assert len(caught.value.problems) == 4
    assert "did you mean 'c3_5_business_travel'" in str(caught.value)
    assert "did you mean 'magnitude'" in str(caught.value)


# uncertainty and data quality --------------------------------------------------------------------------------------


def test_uncertainty_of_the_reference() -> None:
    assert of_sum([(100, 0.05), (50, 0.20)]) == pytest.approx(0.074536, abs=5e-7)
    assert of_product(0.03, 0.04) == pytest.approx(0.05)
    # a shared factor: absolute half-widths add up
    assert of_sum([], [[(100, 0.05), (50, 0.20)]]) == pytest.approx(15 / 150)


def test_data_quality() -> None:
    assert score("automatic_continuous_metering", "calibrated_within_period", "measured_or_mass_balance") == 6
    assert score("定期测量或采购凭证", "no_calibration_evidence", "national") == 2
    assert weighted_score([(6, 10), (2, 30)]) == 3
    assert [level(x) for x in (6, 5, 4.9, 4, 3.5, 2, 1.9)] == [1, 1, 2, 2, 3, 4, 5]
    with pytest.raises(InputError) as caught:
        score("own_estimat", "national", "national")
    assert len(caught.value.problems) == 2


# the guide and the batch engine ------------------------------------------------------------------------------------


def test_the_guide_runs_and_shows_what_comes_out(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "inventories.md").read_text("utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(block, "inventories.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == re.search(r"print\(inventory\.co2e\)\s+# (.*)", text).group(1)  # type: ignore[union-attr]
    assert lines[-1] == "True"


amount = st.floats(0.001, 1e4)


@given(
    st.lists(
        st.tuples(amount, amount, amount, st.sampled_from(["R-410A", "R-404A", "R-402A", "HFC-134a"])), min_size=1, max_size=5
    )
)
def test_batches_agree_with_single_results_and_parts_with_the_whole(rows: list[tuple[float, float, float, str]]) -> None:
    m = ca.load("iso14064/organisation")
    names = [f"e{number}" for number in range(len(rows))]
    frames = {
        "purchased_electricity": pd.DataFrame({"entity": names, "AD_elec": [r[0] for r in rows]}),
        "mobile_fuel": pd.DataFrame({"entity": names, "fuel": "diesel", "V": [r[1] for r in rows]}),
        "refrigerant_leakage": pd.DataFrame({"entity": names, "gas": [r[3] for r in rows], "refilled": [r[2] for r in rows]}),
    }
    totals = m.calculate_frame(frames, by=["entity"], region="CN", period=2023).totals.set_index("entity")
    for name, (electricity_, fuel, refilled, gas) in zip(names, rows, strict=True):
        inputs = {
            "purchased_electricity": [{"AD_elec": electricity_}],
            "mobile_fuel": [{"fuel": "diesel", "V": fuel}],
            "refrigerant_leakage": [{"gas": gas, "refilled": refilled}],
        }
        result = m.calculate(inputs, region="CN", period=2023)
        assert {key: float(value) for key, value in result.totals.items()} == totals.loc[name].to_dict()
        inventory = consolidate(Entity(name, result), "operational_control")
        for view in (inventory.by_category, inventory.by_scope, inventory.by_stream, inventory.by_subcategory):
            assert sum(view.values()) == pytest.approx(float(result.co2e))
        assert float(result.totals["E"]) == pytest.approx(float(result.co2e))
        assert sum(co2e for _, co2e in inventory.by_gas.values()) == pytest.approx(float(result.co2e))
