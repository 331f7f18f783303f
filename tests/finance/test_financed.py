"""Portfolios of financed positions: the reference's test vectors, sums, cut-offs, double counting."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import carbonacct as ca
from carbonacct.financed import CutOffs, FinancedEmissions, physical_intensity, waci, weighted_score
from carbonacct.portfolio import financed_share
from tests.conftest import ROOT

LOAN = "finance/pcaf-business-loans-unlisted-equity"
PROJECT = "finance/pcaf-project-finance"
BOND = "finance/pcaf-listed-equity-corporate-bonds"
PBOC = "finance/non-project-financing"


def loan(obligor: str, outstanding: float, emissions: float, **more: Any) -> dict[str, Any]:
    line = {"outstanding": outstanding, "equity": 60, "debt": 40, "E_verified": emissions}
    return {"methodology": LOAN, "obligor": obligor, "inputs": {"financed_emissions": line}, **more}


@pytest.mark.parametrize(
    ("methodology", "line", "expected", "score"),
    [
        (LOAN, {"outstanding": 10, "equity": 60, "debt": 40, "E_verified": 5000}, 500, 1),
        (LOAN, {"outstanding": 10, "equity": -20, "debt": 40, "E_unverified": 5000}, 1250, 2),
        (BOND, {"outstanding": 2, "mcap_ord": 150, "mcap_pref": 0, "debt": 45, "minority": 5, "E_verified": 100000}, 1000, 1),
        (LOAN, {"outstanding": "50 wan_CNY", "EF_assets": "120 tCO2e/wan_CNY"}, 6000, 5),
    ],
)
def test_pcaf_vectors(methodology: str, line: dict[str, Any], expected: float, score: int) -> None:
    result = ca.load(methodology).calculate({"financed_emissions": [line]})
    assert result.totals["E"] == pytest.approx(expected, rel=1e-12)
    assert result.totals["DQ"] == score


def test_mortgage_and_sovereign_vectors() -> None:
    line = {
        "outstanding": "800000 CNY",
        "property_value": "2000000 CNY",
        "energy": [{"carrier": "electricity", "AD": "5000 kWh", "EF": "0.5306 tCO2/MWh"}],
    }
    flat = ca.load("finance/pcaf-mortgages").calculate({"financed_emissions": [line]})
    assert flat.totals["E"].to("kgCO2e") == pytest.approx(1061.2, rel=1e-12)
    bond = {"outstanding": 100e6, "GDP_ppp": 23487798e6, "E_verified": 11535e6}
    assert ca.load("finance/pcaf-sovereign-debt").calculate({"financed_emissions": [bond]}).totals["E"] == pytest.approx(
        49110.6, abs=0.05
    )


def test_pboc_vectors() -> None:
    project = {
        "E_project": 80000,
        "V_total": "15000 wan_CNY",
        "balances": [{"balance": b * 100} for b in [10] * 6 + [20] * 6],
    }
    assert ca.load("finance/project-financing").calculate({"emission": [project]}).totals["E"] == pytest.approx(8000, rel=1e-12)
    entity = ca.load(PBOC)
    assert entity.calculate({"financing": [{"E_verified": 50000, "V_fin": 20, "V_income": 400}]}).totals["E"] == 2500
    assert entity.calculate({"financing": [{"E_verified": 50000, "V_fin": 500, "V_income": 400}]}).totals["E"] == 50000


def test_loan_share_vectors() -> None:
    share = financed_share(*_series([30_000_000, 150_000_000], [120_000_000, 120_000_000]))
    assert (share * 100000).tolist() == [25000, 100000]


def _series(*columns: list[int]) -> list[Any]:
    import narwhals as nw

    return [nw.from_native(pd.Series(column), series_only=True) for column in columns]


def test_weighted_score_of_the_reference() -> None:
    assert weighted_score([100, 300], [2, 4]) == Decimal("3.5")
    assert weighted_score([], []) is None


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 5)), min_size=1))
def test_weighted_score_lies_between_the_scores(pairs: list[tuple[int, int]]) -> None:
    score = weighted_score([a for a, _ in pairs], [s for _, s in pairs])
    assert score is not None
    assert min(s for _, s in pairs) <= round(score, 12) <= max(s for _, s in pairs)


def test_metrics() -> None:
    assert waci([100, 300], [5000, 800], [250, 400]) == Decimal("6.5")  # 0.25 * 20 + 0.75 * 2
    assert physical_intensity([30, 12], [4, 3]) == 6
    assert waci([], [], []) is None
    assert physical_intensity([1], [0]) is None


def portfolio(**more: Any) -> FinancedEmissions:
    return FinancedEmissions(
        [
            loan("Steel", 10, 5000, sector="metals"),
            {
                "methodology": PROJECT,
                "obligor": "Steel",
                "entity": "new mill",
                "sector": "metals",
                "inputs": {
                    "financed_emissions": {"outstanding": 30, "equity": 50, "debt": 100, "E_unverified": 900},
                    "scope_3": {"outstanding": 30, "equity": 50, "debt": 100, "E_unverified": 4000},
                    "removals": {"outstanding": 30, "equity": 50, "debt": 100, "quantity": 55},
                },
            },
            {
                "methodology": PBOC,
                "obligor": "Dairy",
                "sector": "food",
                "inputs": {"financing": {"V_fin": 20, "V_income": 400, "EF_sector": 0.7}},
                "days": 12,
                "small": True,
            },
            loan("Broken", 10, -1),
        ],
        **more,
    )


def test_rows_sums_and_faults() -> None:
    found = portfolio()
    assert len(found) == 4
    assert list(found.faults) == [3]
    assert "E_verified" in found.faults[3]
    assert found.totals() == {
        "amount": Decimal(600_000),
        "scope_1_2": Decimal("694.00"),  # 500 + 30/150 * 900 + 20 * 0.7
        "scope_3": Decimal("800.00"),
        "removals": Decimal("11.00"),
        "avoided": Decimal(0),
    }
    assert found.score == Decimal("1.75")  # (10 * 1 + 30 * 2) / 40
    assert found.rank == 5
    assert found.rows()["reason"].notna().tolist() == [False, False, False, True]


def test_sums_by_obligor_and_sector() -> None:
    found = portfolio().by("obligor").set_index("obligor")
    assert found.loc["Steel", "scope_1_2"] == Decimal("680.00")
    assert found.loc["Steel", "amount"] == 400_000
    assert found.loc["Steel", "intensity"] == 1700
    assert found.loc["Dairy", "rank"] == 5
    assert portfolio().by("sector")["scope_1_2"].sum() == portfolio().totals()["scope_1_2"]
    with pytest.raises(ca.InputError, match="did you mean 'sector'"):
        portfolio().by("sectors")


def test_double_counting_of_one_obligor() -> None:
    found = portfolio().double_counting().set_index("kind")
    assert set(found["obligor"]) == {"Steel"}
    assert found.loc["same_scope", "tCO2e"] == Decimal("180.00")  # the mill's scopes 1 and 2, if inside the company's
    assert found.loc["across_scopes", "tCO2e"] == Decimal("680.00")  # min(500 + 180, 800)
    assert found.loc["across_scopes", "positions"] == [0, 1]


def test_attribution_above_one_and_mixed_guides() -> None:
    entity = {"V_fin": 20, "V_income": 400, "E_verified": 5000}
    found = FinancedEmissions(
        [loan("A", 80, 5000), loan("A", 70, 5000), {"methodology": PBOC, "obligor": "A", "inputs": {"financing": entity}}]
    )
    kinds = found.double_counting().set_index("kind")
    assert kinds.loc["attribution", "tCO2e"] == Decimal("2750.00")  # 7750 t, factors 0.8 + 0.7 + 0.05: (1 - 1/1.55) of it
    assert kinds.loc["methods", "tCO2e"] is None
    assert FinancedEmissions([loan("A", 40, 5000), loan("A", 60, 5000)]).double_counting().empty


def test_no_finding_between_obligors() -> None:
    assert FinancedEmissions([loan("A", 80, 5000), loan("B", 70, 5000)]).double_counting().empty


@pytest.mark.parametrize(
    ("cut_offs", "left"),
    [
        (CutOffs(), 0),
        (CutOffs(min_balance=5_000_000), 3),
        (CutOffs(min_balance="250000"), 2),
        (CutOffs(min_days=30), 1),
        (CutOffs(leave_out_small=True), 1),
    ],
)
def test_cut_offs_are_off_by_default_and_disclosed(cut_offs: CutOffs, left: int) -> None:
    found = portfolio(cut_offs=cut_offs)
    excluded = found.excluded()
    assert excluded["positions"].sum() == left
    everything = portfolio().totals()["scope_1_2"]
    assert found.totals()["scope_1_2"] + excluded["scope_1_2"].sum() == everything


def test_other_currencies_need_a_rate() -> None:
    bond = {"outstanding": 100e6, "GDP_ppp": 23487798e6, "E_verified": 11535e6}
    positions = [{"methodology": "finance/pcaf-sovereign-debt", "obligor": "China", "inputs": {"financed_emissions": bond}}]
    assert "USD" in FinancedEmissions(positions).faults[0]
    assert FinancedEmissions(positions, rates={"USD": "7.1"}).totals()["amount"] == 710_000_000


def test_every_problem_of_the_columns_at_once() -> None:
    with pytest.raises(ca.InputError) as error:
        FinancedEmissions([{"obligors": "A", "methodology": LOAN, "inputs": 3}])
    assert error.value.problems == [
        "unknown column 'obligors'; did you mean 'obligor'?",
        "position 0: 'obligor' is missing",
        "position 0: inputs is a mapping of streams to lines, not int",
    ]


def test_a_data_frame_gives_the_same() -> None:
    positions = [loan("A", 80, 5000), loan("B", 70, 1200)]
    assert FinancedEmissions(pd.DataFrame(positions)).totals() == FinancedEmissions(positions).totals()


def test_two_thousand_positions_are_quick() -> None:
    positions = [loan(f"o{n % 300}", 10 + n % 7, 5000 + n) for n in range(2000)]
    start = time.perf_counter()
    found = FinancedEmissions(positions)
    total = found.totals()["scope_1_2"]
    assert total == found.by("obligor")["scope_1_2"].sum()
    assert time.perf_counter() - start < 20


def test_the_documented_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (ROOT / "docs" / "financial-institutions.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(block, "financial-institutions.md", "exec"), {})
    assert capsys.readouterr().out.split() == re.findall(r"^print.*# (\S+)$", block, re.MULTILINE)
