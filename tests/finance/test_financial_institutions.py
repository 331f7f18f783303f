"""The methodologies of financial institutions: cases, reports, replay and batches; what they must never do."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import carbonacct as ca
from carbonacct.checking import check, run_case
from carbonacct.methodology import Methodology

IDS = [
    "finance/bank-operations",
    "finance/project-financing",
    "finance/non-project-financing",
    *(entry.id for entry in ca.methodologies() if entry.id.startswith("finance/pcaf-")),
]


@pytest.fixture(params=IDS)
def methodology(request: pytest.FixtureRequest) -> Methodology:
    return ca.load(request.param)


def test_all_asset_classes_are_there() -> None:
    assert {name.removeprefix("finance/pcaf-") for name in IDS[3:]} == {
        "business-loans-unlisted-equity",
        "commercial-real-estate",
        "listed-equity-corporate-bonds",
        "mortgages",
        "motor-vehicle-loans",
        "project-finance",
        "sovereign-debt",
    }


def test_cases_pass(methodology: Methodology) -> None:
    report = check(methodology)
    assert report.problems == []
    assert report.cases >= 2


def test_every_case_reports_and_replays(methodology: Methodology, tmp_path: Path) -> None:
    case = next(case for case in methodology.model.cases if case.inputs and case.kind == "hand")
    result = run_case(methodology, case)
    assert methodology.replay(result.record()).totals == result.totals
    assert result.to_html(lang="zh")
    result.to_excel(tmp_path / "audit.xlsx")
    assert result.audit()["evidence"].notna().all()


def test_a_batch_gives_the_same_bits() -> None:
    loans = pd.DataFrame(
        {
            "entity": ["a", "b", "b"],
            "outstanding": [10.0, 20.0, 30.0],
            "equity": [60.0, -5.0, 310.0],
            "debt": [40.0, 60.0, 90.0],
            "E_verified": [5000.0, None, None],
            "E_unverified": [None, 300.0, 7000.0],
        }
    )
    methodology = ca.load("finance/pcaf-business-loans-unlisted-equity")
    batch = methodology.calculate_frame({"financed_emissions": loans}).totals.set_index("entity")
    for entity, rows in loans.groupby("entity"):
        lines = [{k: v for k, v in row.items() if k != "entity" and v == v} for row in rows.to_dict("records")]
        single = methodology.calculate({"financed_emissions": lines}).totals
        assert {key: batch.loc[entity, key] for key in single} == {key: float(value) for key, value in single.items()}


def test_entities_without_size_have_no_intensity() -> None:
    electricity = pd.DataFrame({"entity": ["a", "b"], "AD_elec": [1e6, 2e6]})
    size = pd.DataFrame({"entity": ["a"], "N_employee": [50.0]})
    methodology = ca.load("finance/bank-operations")
    totals = methodology.calculate_frame({"electricity": electricity, "organisation": size}, region="CN-SC", period=2023).totals
    assert totals["I_cap"].tolist() == [pytest.approx(530.6 / 50), 0]


def test_memo_items_leave_the_inventory_alone() -> None:
    methodology = ca.load("finance/bank-operations")
    base = {"electricity": {"AD_elec": 1e6}}
    apart = {
        "offsets": [{"retired": 400}],
        "customer_reductions": [{"avoided": 1e6}],
        "footprint_elsewhere": [{"F_part": 9}],
    }
    alone, beside = (methodology.calculate(inputs, region="CN-SC", period=2023) for inputs in (base, base | apart))
    assert alone.totals["E"] == beside.totals["E"] == beside.co2e == pytest.approx(530.6)
    assert beside.totals["E_net"] == pytest.approx(530.6 + 9 - 400)


@pytest.mark.parametrize(("retired", "net", "surplus", "rate"), [(1000, 0, 0, 1), (650, 350, 0, 0.65), (1200, 0, 200, 1)])
def test_neutrality_vectors(retired: float, net: float, surplus: float, rate: float) -> None:
    inputs = {"footprint_elsewhere": [{"F_part": 1000}], "offsets": [{"retired": retired}]}
    totals = ca.load("finance/bank-operations").calculate(inputs).totals
    assert (totals["E_net"], totals["surplus"], totals["r"]) == (net, surplus, rate)


def test_removals_are_never_netted() -> None:
    company = {"outstanding": 10, "equity": 60, "debt": 40}
    inputs = {
        "financed_emissions": [{**company, "E_verified": 5000}],
        "scope_3": [{**company, "E_verified": 900}],
        "removals": [{**company, "quantity": 300}],
        "avoided_emissions": [{**company, "quantity": 70}],
    }
    result = ca.load("finance/pcaf-business-loans-unlisted-equity").calculate(inputs)
    assert result.co2e == result.totals["E"] == 500
    assert [result.totals[key] for key in ("FE_scope3", "FE_removals", "FE_avoided")] == [90, 30, 7]


def test_a_division_by_zero_in_a_total_is_the_inputs_fault(tmp_path: Path) -> None:
    from carbonacct.methodology import load_file
    from tests.conftest import HEAD

    path = tmp_path / "example.yaml"
    path.write_text(
        HEAD
        + """
streams:
  one:
    title: {zh: 一, en: one}
    scope: direct
    symbols: {Q: {title: {zh: 量, en: amount}, unit: t, kind: activity}}
    outputs: {CO2: {unit: tCO2, formula: 1000 * Q * k}, mass: {unit: t, formula: Q}}
constants: {k: {value: 2, unit: tCO2/t, title: {zh: 系数, en: factor}}}
totals: {E: {title: {zh: 强度, en: intensity}, unit: tCO2/t, formula: one.CO2 / one.mass}}
""",
        encoding="utf-8",
    )
    methodology = load_file(path)
    with pytest.raises(ca.InputError, match="E: a division by zero"):
        methodology.calculate({"one": {"Q": 0}})
    with pytest.raises(ca.InputError, match="E: a division by zero"):
        _ = methodology.calculate_frame({"one": pd.DataFrame({"entity": ["a"], "Q": [0.0]})}).totals
