"""Linked loans: vectors of the pricing and capacity rules, published cases, and the numbers of the seed report."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import carbonacct as ca
from carbonacct.errors import FileError, InputError
from carbonacct.finance import (
    estimate,
    match_products,
    methods,
    per_100_million,
    performance,
    rate,
    read_loan,
    read_match,
    reprice,
    saving,
    weighted_reductions,
    year_of,
)
from carbonacct.finance.pricing import Ladder, Linear, TwoSided

BANDS = [[0, 0], [0.02, 5], [0.05, 10], [0.10, 20]]


def loan(**changes: Any) -> dict[str, Any]:
    """The first linked loan of the seed report: 10 million CNY, a yearly target for the carbon intensity."""
    return {
        "borrower": "四川远大蜀阳药业有限责任公司",
        "principal": 10_000_000,
        "base_pct": 3.45,
        "spread_bp": 20,
        "baseline": 0.50,
        "targets": {"2024": 0.48, "2025": 0.45},
        "steps": {"kind": "two_sided", "met_bp": 10},
        "years": {"2024": {"emissions": 47000, "output": 100000, "verified_by": "丙核查"}},
        **changes,
    }


# steps, rates, savings -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "bp"), [(0.06, 10), (-0.01, 0), (0, 0), (0.02, 5), (0.0999, 10), (0.1, 20), (3, 20)])
def test_ladder(p: float, bp: int) -> None:
    assert Ladder(kind="ladder", bands=BANDS).step(Decimal(str(p))) == bp


def test_two_sided_and_linear() -> None:
    both = TwoSided(kind="two_sided", met_bp=10, missed_bp=5)
    assert [both.step(p) for p in (Decimal(0), Decimal("-0.001"))] == [10, -5] and both.worst == -5
    line = Linear(kind="linear", slope_bp=200, cap_bp=15)
    assert [line.step(Decimal(p)) for p in ("0.05", "0.2", "-0.05")] == [10, 15, -10]
    assert Linear(kind="linear", slope_bp=200, cap_bp=15, floor_bp=0).step(Decimal("-0.05")) == 0


@given(st.decimals(-2, 2, places=4), st.decimals(-2, 2, places=4))
def test_a_better_performance_never_costs(p: Decimal, q: Decimal) -> None:
    low, high = sorted((p, q))
    for steps in (
        Ladder(kind="ladder", bands=BANDS),
        Ladder(kind="ladder", bands=[[-0.1, -10], [0, 0], [0.05, 5]]),
        Linear(kind="linear", slope_bp=99, cap_bp=7),
        TwoSided(kind="two_sided", met_bp=3),
    ):
        assert steps.step(low) <= steps.step(high)


def test_rate_vector() -> None:
    assert rate(Decimal("3.45"), Decimal(20), Decimal(10)) == Decimal("3.55")


@pytest.mark.parametrize(
    ("principal", "bp", "days", "expected"),
    [(150_000_000, 89, 360, 1_335_000), (15_000_000, 10, 360, 15_000), (80_000_000, 5, 180, 20_000)],
)
def test_saving_vectors(principal: int, bp: int, days: int, expected: int) -> None:
    """CCB Hulunbuir label loan; Industrial Bank Huangshi; CCB Kaizhou (half a year)."""
    assert saving(Decimal(principal), Decimal(bp), days) == expected


def test_performance() -> None:
    assert performance(Decimal("0.5"), Decimal("0.47")) == Decimal("0.06")
    with pytest.raises(InputError, match="above zero"):
        performance(Decimal(0), Decimal(1))


# a loan over its years -------------------------------------------------------------------------------------------


def test_the_seed_loan_of_ten_million() -> None:
    (found,) = reprice(read_loan(loan(targets={2024: 0.48, "2025": 0.45})))  # years as numbers or as text
    assert found.met and found.actual == Decimal("0.47") and found.target == Decimal("0.48")
    assert found.performance == Decimal("0.01") / Decimal("0.48")
    assert (found.rate_pct, found.step_bp, found.saving) == (Decimal("3.55"), 10, Decimal("10000.00"))
    assert "2024: met; rate in 2025: 3.55 % (step 10 bp) (+10,000.00 CNY)" in str(found)
    assert found.to_dict()["rate_pct"] == "3.55" and found.to_dict()["applies_to"] == 2025


def test_unproven_or_late_counts_as_not_met() -> None:
    good = {"intensity": 0.40}
    steps = {"kind": "two_sided", "met_bp": 10, "missed_bp": 5}
    for year, reason in (
        (good, "not verified"),
        ({**good, "verified_by": "丙", "reported": "2025-05-01", "deadline": "2025-04-30"}, "after the deadline"),
    ):
        (found,) = reprice(read_loan(loan(years={"2024": year}, steps=steps)))
        assert not found.met and found.performance is None and found.rate_pct == Decimal("3.70")
        assert found.saving == Decimal("-5000.00") and any(reason in text for text in found.reasons)
    on_time = {**good, "verified_by": "丙", "reported": "2025-04-30", "deadline": "2025-04-30"}
    assert reprice(read_loan(loan(years={"2024": on_time}, steps=steps)))[0].met


STEPS = {
    "two_sided": {"kind": "two_sided", "met_bp": 10, "missed_bp": 5},
    "ladder": {"kind": "ladder", "bands": [[-0.1, -10], [0, 0], [0.05, 5]]},
    "linear": {"kind": "linear", "slope_bp": 100, "cap_bp": 20},
    "floor": {"kind": "linear", "slope_bp": 100, "cap_bp": 20, "floor_bp": -15},
}


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("intensity", [0.40, 0.47, 0.50, 0.60, 0.90])
def test_it_never_pays_to_leave_the_proof_out(kind: str, intensity: float) -> None:
    year = {"intensity": intensity}
    proven, unproven = (
        reprice(read_loan(loan(steps=STEPS[kind], years={"2024": {**year, **proof}})))[0] for proof in ({"verified_by": "丙"}, {})
    )
    assert unproven.step_bp <= min(proven.step_bp, 0) and not unproven.met


def test_below_the_first_band_is_never_better_than_in_it() -> None:
    steps = Ladder(kind="ladder", bands=[[-0.1, -10], [0, 0], [0.05, 5]])
    assert [steps.step(Decimal(p)) for p in ("-0.33", "-0.05", "0.01", "0.06")] == [-10, -10, 0, 5]


def test_nothing_reported_by_the_deadline() -> None:
    silent = {"2024": {"deadline": "2025-04-30"}}
    (found,) = reprice(read_loan(loan(steps=STEPS["two_sided"], years=silent)))
    assert (found.met, found.step_bp, found.rate_pct, found.actual) == (False, -5, Decimal("3.70"), None)
    assert "nothing was reported by 2025-04-30" in str(found)
    with pytest.raises(FileError, match="no floor_bp is agreed"):
        read_loan(loan(steps=STEPS["linear"], years=silent))
    assert reprice(read_loan(loan(steps=STEPS["floor"], years=silent)))[0].step_bp == -15


def test_a_first_target_without_baseline_is_told() -> None:
    (found,) = reprice(read_loan(loan(baseline=None)))
    assert "no baseline: whether the target 0.48 is ambitious cannot be told" in str(found)
    assert "no baseline" not in str(reprice(read_loan(loan()))[0])


def test_what_is_said_of_a_miss() -> None:
    year = {"2024": {"intensity": 0.576, "verified_by": "丙"}}
    text = str(reprice(read_loan(loan(steps=STEPS["linear"], years=year)))[0])
    assert "intensity 20.00% above the target" in text and "3.45 % + 20 bp - (-20) bp" in text


def test_the_discount_is_limited() -> None:
    steps = {"kind": "ladder", "bands": BANDS}
    year = {"2024": {"intensity": 0.40, "verified_by": "丙"}}
    (free,) = reprice(read_loan(loan(steps=steps, years=year)))
    (held,) = reprice(read_loan(loan(steps=steps, years=year, max_discount_bp=15)))
    assert (free.step_bp, held.step_bp) == (20, 15) and "exceed the limit of 15 bp" in str(held)


def test_a_label_loan() -> None:
    """CCB Hulunbuir: 150 million CNY, base minus 89 bp while the label is valid, 1,335,000 CNY a year."""
    terms = {
        "kpi": "label",
        "steps": {"kind": "label", "discount_bp": 89},
        "principal": 150_000_000,
        "spread_bp": 0,
        "targets": {},
        "baseline": None,
    }

    def priced(until: str) -> Any:
        return reprice(read_loan(loan(**terms, years={"2025": {"label_valid_until": until, "verified_by": "标签平台"}})))[0]

    assert (priced("2027-03-01").saving, priced("2027-03-01").rate_pct) == (Decimal("1335000.00"), Decimal("2.56"))
    assert priced("2026-06-29").saving == Decimal("667500.00")  # 180 days of 2026
    assert (priced("2025-12-31").met, priced("2025-12-31").saving) == (False, 0)
    assert "lapses on 2026-06-29: the step holds for 180 days, after that 3.45 %" in str(priced("2026-06-29"))
    assert "lapses" not in str(priced("2027-03-01"))


def test_a_loan_on_the_share_reduced() -> None:
    """Industrial Bank Huangshi: 3.2 %, 10 bp once the verified reduction reaches 5 % of emissions, 15,000 CNY on 15 million."""
    terms = {
        "kpi": "reduction_share",
        "targets": {},
        "baseline": None,
        "steps": {"kind": "ladder", "bands": [[0.05, 10]]},
        "principal": 15_000_000,
        "base_pct": 3.2,
    }
    for reduction, met, saved in ((5000, True, 15000), (4999, False, 0)):
        year = {"2024": {"emissions": 100_000, "reduction": reduction, "verified_by": "丙"}}
        (found,) = reprice(read_loan(loan(**terms, spread_bp=0, years=year)))
        assert (found.met, found.saving) == (met, saved)


def test_a_loan_on_the_footprint_of_a_product() -> None:
    """As in Guangyuan: the intensity is the product's footprint, in kgCO2e per unit."""
    terms = {"baseline": 820, "targets": {"2024": 800}, "steps": {"kind": "ladder", "bands": BANDS}}
    (found,) = reprice(read_loan(loan(**terms, years={"2024": {"intensity": 734, "verified_by": "丙"}})))
    assert found.performance == Decimal("0.0825") and found.step_bp == 10


def test_a_sustainability_linked_loan_on_an_inventory() -> None:
    result = ca.load("ndrc/cement").calculate(
        {"purchased_electricity": {"AD_elec": "1000 MWh", "EF_elec": "0.5 tCO2/MWh"}}, period=2012
    )
    year = year_of(result, 1000, "丙")
    assert year.actual == Fraction(1, 2) and year.verified_by == "丙"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targets": {"2024": 0.50}}, "the target 0.5 is below neither 0.5"),
        ({"targets": {"2024": 0.48, "2025": 0.48}}, "the target 0.48 is below neither 0.48"),
        ({"targets": {}}, "no target above zero for 2024"),
        ({"years": {"2024": {"emissions": 5}}}, "give intensity, or emissions and output"),
        ({"years": {"2024": {"intensity": 0.4, "deadline": "2025-04-30"}}}, "a deadline needs the date reported"),
        ({"steps": {"kind": "ladder", "bands": [[0.1, 5], [0.05, 10]]}}, "bands must ascend"),
        ({"steps": {"kind": "label", "discount_bp": 5}}, "belong together"),
        ({"base_pct": {"2024": 3.45}}, "no base rate for 2025"),
        ({"kpi": "reduction_share"}, "needs steps of kind 'ladder'"),
        ({"principal": "ten"}, "'ten' is not a number"),
        ({"pricipal": 1}, "unknown key 'pricipal'"),
        ({"principal": "3,5"}, "'3,5' is not a number"),
        ({"base_pct": {"x": 3, "2025": 3}}, "'x' is not a year"),
        ({"years": {"²⁰²⁴": {"intensity": 0.4}}}, "'²⁰²⁴' is not a year"),
        ({"years": {"9999": {"intensity": 0.4}}}, "'9999' is not a year"),
        ({"years": {}}, "at least 1 is needed"),
        ({"years": {"2024": {"intensity": 0.4, "emissions": 1, "output": 1}}}, "not both"),
        ({"years": {"2024": {"intensity": 0.4, "reduction": 1}}}, "'reduction' has no place under the kpi intensity"),
        ({"years": {"2024": {"intensity": 0.4, "verified_by": " "}}}, "on one line"),
        ({"kpi": "reduction_share", "steps": {"kind": "ladder", "bands": [[0, 5]]}}, "'targets' has no place under the kpi"),
        ({"steps": {"kind": "lader"}}, "did you mean 'ladder'"),
    ],
)
def test_faults_of_a_loan(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_loan(loan(**changes))


def test_a_target_below_the_sector_path_is_ambitious() -> None:
    assert read_loan(loan(targets={"2024": 0.51}, sector_path={"2024": 0.55}))


def test_a_target_reached_before_is_to_be_reviewed() -> None:
    years = {year: {"intensity": 0.44, "verified_by": "丙"} for year in ("2024", "2025")}
    first, second = reprice(read_loan(loan(years=years)))
    assert first.met and second.met and "review it" not in str(first)
    assert "the target 0.45 was reached the year before (0.44): review it" in str(second)


# loan amounts ----------------------------------------------------------------------------------------------------

WORKING_CAPITAL = {
    "revenue_prev": 100_000_000, "sales_margin_prev": 0.10, "growth": 0.20, "inventory_days": 60, "receivable_days": 90,
    "payable_days": 45, "prepayment_days": 10, "advance_receipt_days": 15, "own_funds": 8_000_000, "existing": 10_000_000,
}  # fmt: skip


def test_working_capital_vector() -> None:
    found = estimate("working-capital", WORKING_CAPITAL)
    assert (found.value("turnover"), found.value("W"), found.amount) == (Decimal("3.6"), 30_000_000, 12_000_000)
    text = str(found)
    assert (
        "turnover and margin of last year hold" in text
        and "[assumed; " in text
        and "the platform's own model is not public" in text
    )
    assert {line.name for line in found.lines if line.evidence is None} == set(WORKING_CAPITAL)
    assert {line.evidence for line in found.lines if line.evidence} == {"unconfirmed"}
    assert estimate("working-capital", {**WORKING_CAPITAL, "k": 1.1}).amount == 13_200_000


def test_no_need_gives_no_loan() -> None:
    found = estimate("working-capital", {**WORKING_CAPITAL, "own_funds": 25_000_000})
    assert found.amount == 0 and found.value("L") == -5_000_000 and found.warnings == ("no room for a loan",)


def test_project_by_hand() -> None:
    """3 x 11 million at 10 % and 1.1 cover: 11/1.1/1.1 + 11/1.1/1.21 + 11/1.1/1.331 million; 70 % of 40 million is more."""
    years = [{"t": t, "CFADS": 11_000_000} for t in (1, 2, 3)]
    found = estimate("project", {"I": 40_000_000, "equity_ratio": 0.3, "DSCR": 1.1, "r": 0.1, "years": years})
    exact = sum(Fraction(10_000_000) / Fraction("1.1") ** t for t in (1, 2, 3))
    assert found.amount == Decimal("24868519.91") == round(Decimal(exact.numerator) / exact.denominator, 2)
    assert estimate("project", {"I": 10_000_000, "equity_ratio": 0.3, "DSCR": 1.1, "r": 0.1, "years": years}).amount == 7_000_000


def test_a_year_counts_once_and_a_loss_may_come_first() -> None:
    given = {"I": 40_000_000, "equity_ratio": 0.3, "DSCR": 1, "r": 0}
    years = [{"t": 1, "CFADS": -1_000_000}, {"t": 2, "CFADS": 11_000_000}]
    assert estimate("project", {**given, "years": years}).amount == 10_000_000
    with pytest.raises(InputError) as caught:
        estimate("project", {**given, "years": [*years, {"t": 2, "CFADS": 1}, 5]})
    assert caught.value.problems == [
        "years[3]: a mapping is expected here",
        "years[2].t: 2 stands in a line above already",
    ]


def test_pledged_rights() -> None:
    """The first lot is that of the judicial forest credits: 10,000 t at 90 CNY, 900,000 CNY (C11)."""
    rights = [{"quantity": 10_000, "price": 90, "discount": 0.5}, {"quantity": 200, "price": "61.5", "discount": 0.7}]
    found = estimate("environmental-rights-pledge", {"rights": rights})
    assert (found.value("V"), found.amount) == (912_300, 458_610)


def test_faults_of_an_estimate_at_once() -> None:
    with pytest.raises(InputError) as caught:
        estimate("project", {"I": -1, "equity_ratio": 1.3, "DSRC": 1.1, "r": 0.1, "years": [{"t": 1.5, "CFADS": "x"}]})
    text = str(caught.value)
    for part in (
        "I: -1 is outside 0 to ∞",
        "did you mean 'DSCR'",
        "DSCR: not told",
        "years[0].t: 1.5 is not a whole",
        "years[0].CFADS: 'x'",
    ):
        assert part in text
    with pytest.raises(InputError, match="did you mean 'loans/project'"):
        estimate("projct", {})
    with pytest.raises(InputError, match="turnover: division by zero"):
        estimate("working-capital", {**WORKING_CAPITAL, "payable_days": 145})
    assert methods() == ["loans/environmental-rights-pledge", "loans/project", "loans/working-capital"]


def test_every_fault_of_a_worksheet_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from carbonacct.schema import paths

    text = paths.find("rules", "loans/project").read_text("utf-8")
    target = tmp_path / "methodologies" / "loans" / "mine.yaml"
    target.parent.mkdir(parents=True)
    broken = (
        text.replace("(1 - equity_ratio) * I", "(1 - equity_ratio) * DSCR")
        .replace("y.CFADS", "y.CFAD")
        .replace("L_green\n", "LL\n")
    )
    target.write_text(broken, encoding="utf-8")
    monkeypatch.setenv("CARBONACCT_PATH", str(tmp_path))
    with pytest.raises(FileError) as caught:
        estimate("mine", {})
    assert len(caught.value.problems) == 4
    for problem, part in zip(
        caught.value.problems, ("id is", "has the dimension", "unknown name 'y.CFAD'", "unknown name 'LL'"), strict=True
    ):
        assert part in problem
    assert all("mine.yaml:" in problem for problem in caught.value.problems)


# reductions ------------------------------------------------------------------------------------------------------


def test_attribution_vectors() -> None:
    row = {"project": "P", "reduction": 100_000, "investment": 120_000_000}
    assert weighted_reductions([{**row, "amount": 30_000_000}]).realised == 25_000
    above = weighted_reductions([{**row, "amount": 150_000_000}])
    assert above.realised == 100_000 and above.warnings == ("P: loan above total investment; the share is 1",)


def test_construction_is_apart_and_lenders_share() -> None:
    row = {"project": "P", "reduction": 300, "investment": 300, "amount": 100}
    found = weighted_reductions([row, row, row, {**row, "project": "Q", "operating": False}])
    assert (found.realised, found.expected) == (300, 100)
    with pytest.raises(InputError, match="P: the lenders' shares exceed 1"):
        weighted_reductions([row, row, row, {**row, "amount": 1}])
    with pytest.raises(InputError) as caught:
        weighted_reductions([{"project": "P", "reduktion": 1, "amount": 1, "investment": 0}])
    assert "did you mean 'reduction'" in str(caught.value) and "projects[0]: 'reduction' is missing" in str(caught.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (5, r"projects\[1\]: "),
        ({"reduction": 1, "amount": 1, "investment": 2}, r"projects\[1\].project: the project's name"),
        ({"project": ["x"], "reduction": 1, "amount": 1, "investment": 2}, r"projects\[1\].project: "),
        (
            {"project": "P", "reduction": 900, "amount": 1, "investment": 300},
            r"projects\[1\].reduction: differs from projects\[0\]",
        ),
        ({"project": "P", "reduction": 300, "amount": 1, "investment": 30}, r"projects\[1\].investment: differs"),
        ({"project": "P", "reduction": 300, "amount": 1, "investment": 300, "operating": False}, "operating: differs"),
        ({"project": "P", "reduction": 300, "amount": "1,5", "investment": 300}, "'1,5' is not a number"),
    ],
)
def test_rows_of_reductions_that_are_refused(row: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        weighted_reductions([{"project": "P", "reduction": 300, "investment": 300, "amount": 100}, row])


@pytest.mark.parametrize(
    ("reduction", "amount", "expected"),
    [("5148900", "19317000000", "26654.7601"), ("4570800", "19873000000", "23000.0503"), ("1272800", "4565000000", "27881.7087")],
)  # C06, C07, C08: 2.6655, 2.3000, 2.7882 x 10^4 t per 10^8 CNY
def test_reductions_per_100_million(reduction: str, amount: str, expected: str) -> None:
    found = per_100_million(Decimal(reduction), Decimal(amount))
    assert found == Decimal(expected)
    printed = {"26654.7601": "2.6655", "23000.0503": "2.3000", "27881.7087": "2.7882"}
    assert round(found / 10_000, 4) == Decimal(printed[expected])


def test_rows_of_the_seed_report() -> None:
    financed = per_100_million(Decimal(15_827_000_000), Decimal(23_972_000_000))  # CNY per 100 million CNY of demand
    assert round(financed / 100_000_000, 4) == Decimal("0.6602")  # C05
    ganzi = weighted_reductions([{"project": "甘孜兴川光伏", "reduction": 1, "amount": 529_000_000, "investment": 529_000_000}])
    assert ganzi.amount == 529_000_000 and ganzi.realised == 1


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**9), st.integers(1, 10**9)), max_size=12))
def test_attributed_never_exceeds_the_reduction(rows: list[tuple[int, int, int]]) -> None:
    found = weighted_reductions(
        [{"project": n, "reduction": r, "amount": a, "investment": i} for n, (r, a, i) in enumerate(rows)]
    )
    assert all(0 <= p.attributed <= p.reduction for p in found.projects)
    assert abs(Fraction(found.realised) - sum(p.attributed for p in found.projects)) <= Fraction(1, 2000)


# products --------------------------------------------------------------------------------------------------------


def test_lenders_of_all_kinds_and_three_exchanges() -> None:
    """绿融智测: banks, micro-lenders, factoring, funds and the listing of three exchanges in one ranking."""
    lenders = [("bank", 3.6), ("micro-lender", 8.0), ("factoring", 6.5), ("fund", 7.0)]
    exchanges = [(f"{city} stock exchange", 0) for city in ("Shanghai", "Shenzhen", "Beijing")]
    products = [
        *({"name": name, "rate_pct": rate, "max_amount": 5_000_000} for name, rate in lenders),
        *({"name": name, "rate_pct": rate, "min_amount": 50_000_000, "grades": ["A"]} for name, rate in exchanges),
    ]

    def fitting(amount: int, grade: str) -> list[str]:
        given = read_match({"demand": {"amount": amount, "term": 12, "grade": grade}, "products": products})
        return [m.product.name for m in match_products(given.demand, given.products) if not m.reasons]

    assert fitting(1_000_000, "B") == ["bank", "factoring", "fund", "micro-lender"]
    assert fitting(60_000_000, "A") == ["Shanghai stock exchange", "Shenzhen stock exchange", "Beijing stock exchange"]
    assert fitting(60_000_000, "B") == []


def test_matching_filters_and_sorts_by_rate() -> None:
    products = [
        {"name": "绿蓉快贷", "rate_pct": 3.9},
        {"name": "减碳贷", "rate_pct": 3.2, "grades": ["A"], "min_amount": 5_000_000},
        {
            "name": "碳汇贷",
            "rate_pct": 3.0,
            "industries": ["林业"],
            "max_term": 12,
            "max_amount": 1_000_000,
            "regions": ["CN-SC"],
        },
        {"name": "绿蓉科贷", "rate_pct": 3.5, "regions": ["CN-SC"]},
    ]
    given = read_match(
        {"demand": {"amount": 10_000_000, "term": 36, "grade": "A", "region": "CN-SC", "industry": "医药"}, "products": products}
    )
    found = match_products(given.demand, given.products)
    assert [(m.product.name, len(m.reasons)) for m in found] == [("减碳贷", 0), ("绿蓉科贷", 0), ("绿蓉快贷", 0), ("碳汇贷", 3)]
    assert found[-1].reasons[1] == "term of at most 12 months"
    for change, message in (
        ({"term": 0}, "should be above 0"),
        ({"term": 12, "extra": 1}, "unknown key"),
    ):
        with pytest.raises(FileError, match=message):
            read_match({"demand": {"amount": 1, **change}, "products": products})
    with pytest.raises(FileError, match="min_amount 10 is above max_amount 5"):
        read_match(
            {"demand": {"amount": 1, "term": 1}, "products": [{"name": "x", "rate_pct": 1, "min_amount": 10, "max_amount": 5}]}
        )
    (closed,) = match_products(given.demand, [given.products[0].model_copy(update={"max_amount": Decimal(0)})])
    assert closed.reasons == ("amount from 0 to 0 CNY",)
    with pytest.raises(FileError, match="'term' is missing"):
        read_match({"demand": {"amount": 1}, "products": []})
