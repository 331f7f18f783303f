"""The quantitative tables of JR/T 0227: hand-worked figures, both languages, every format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import carbonacct as ca
from carbonacct.checking import run_case
from carbonacct.disclosure.jrt0227 import emission_table, environmental_report, neutrality_table, resource_table
from carbonacct.engine.result import Result
from carbonacct.financed import CutOffs, FinancedEmissions


def case(name: str) -> Result:
    methodology = ca.load("finance/bank-operations")
    return run_case(methodology, next(case for case in methodology.model.cases if case.name == name))


@pytest.fixture
def own() -> Result:
    return case("head_office_year")


def cells(frame: pd.DataFrame, item: str) -> list[Any]:
    return next(row for row in frame.itertuples(index=False, name=None) if row[1] == item)[2:]  # type: ignore[no-any-return]


def test_resources_in_the_units_of_the_template(own: Result) -> None:
    table = resource_table(own)
    assert list(table.columns) == ["indicator", "item", "unit", "total", "share", "per employee"]
    assert cells(table, "natural gas")[:2] == ("m3", 52000)
    assert cells(table, "diesel")[:2] == ("L", pytest.approx(1800))
    assert cells(table, "gasoline")[1] == pytest.approx(26500)
    assert cells(table, "gasoline")[3] == pytest.approx(26500 / 840)
    assert cells(table, "bituminous coal")[:2] == ("t", 13)
    assert cells(table, "recycled paper")[2] == pytest.approx(4.5 / 35.5)  # share of recycled paper
    heating = table[table["indicator"] == "fuel of purchased heating and cooling"].iloc[0]
    assert (heating["unit"], heating["total"]) == ("tce", pytest.approx(4860 / 29.3076))
    electricity = table[table["indicator"] == "electricity of offices"].iloc[0]
    assert (electricity["unit"], electricity["total"]) == ("kWh", 3_120_000)


def test_emissions_reconcile_with_the_totals(own: Result) -> None:
    table = emission_table(own)
    sums = table[table["indicator"] == "Total"]["emissions (tCO2e)"].tolist()
    assert sums == [float(own.totals[key]) for key in ("E_1", "E_2", "E_3")]
    parts = table[(table["indicator"] != "Total") & (table["scope"] != "")]
    assert parts["emissions (tCO2e)"].sum() == pytest.approx(own.totals["E"], rel=1e-12)
    last = table.iloc[-1]
    assert last["per employee"] == pytest.approx(own.totals["I_cap"])
    assert last["per m2"] == pytest.approx(own.totals["I_area"])
    assert last["share"] == 1


def test_an_indicator_without_data_stays_empty() -> None:
    result = case("provincial_factor")
    table = emission_table(result)
    travel = table[table["indicator"] == "Business travel"].iloc[0]
    assert pd.isna(travel["emissions (tCO2e)"])
    assert resource_table(result)["total"].isna().sum() == 7  # all but electricity and heating


def test_seed_figures() -> None:
    reductions = neutrality_table(case("seed_xinwang_customer_reductions"))
    assert reductions["total"].tolist()[:3] == [1247700, 47400, 1295100]  # 124.77 + 4.74 = 129.51 (10^4 t)
    neutral = neutrality_table(case("seed_xinwang_neutrality")).set_index("indicator")["total"]
    assert neutral["Credits retired"] == 11185.20
    assert neutral["Footprint of the neutrality claim"] == 11185.20
    assert neutral["Net emissions after offsetting"] == 0
    assert case("seed_xinwang_customer_reductions").co2e == 0  # reductions of others leave the inventory alone


def financed() -> FinancedEmissions:
    line = {"outstanding": 10, "equity": 60, "debt": 40, "E_verified": 5000}
    pcaf = {"methodology": "finance/pcaf-business-loans-unlisted-equity", "sector": "metals"}
    return FinancedEmissions(
        [
            {**pcaf, "obligor": "A", "inputs": {"financed_emissions": line, "scope_3": line}},
            {**pcaf, "obligor": "B", "inputs": {"financed_emissions": line}, "days": 3},
            {**pcaf, "obligor": "C", "inputs": {"financed_emissions": {"outstanding": 10}}},
        ],
        cut_offs=CutOffs(min_days=30),
    )


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            ["Carbon emissions of own operations", "Scope 1", "Possible double counting", "outstanding for fewer than 30 days"],
        ),
        ("zh", ["经营活动的碳排放", "范围1", "可能的重复计算", "存续期不足 30 天", "营业办公所消耗的电力"]),
    ],
)
def test_every_format_in_both_languages(own: Result, lang: str, words: list[str], tmp_path: Path) -> None:
    report = environmental_report(own, "示例 <b>Bank</b>", financed=financed(), lang=lang)
    markdown, html = report.to_markdown(), report.to_html(tmp_path / "report.html")
    for word in words:
        assert word in markdown
        assert word in html
    assert "<b>Bank" not in html
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html
    report.to_excel(tmp_path / "report.xlsx")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert len(book.sheetnames) == 1 + len(report.tables)
    assert len(report.tables) == 6


def test_languages_do_not_mix(own: Result) -> None:
    chinese = environmental_report(own, "银行", lang="zh")
    heads = [str(name) for frame in chinese.tables.values() for name in frame.columns]
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in head) for head in heads)


def test_green_portfolio_joins() -> None:
    model = next(entry.id for entry in ca.methodologies() if entry.id.startswith("benefits/"))
    frame = pd.DataFrame([{"model": model, "investment": 100, "balance": 25}])
    report = environmental_report(case("provincial_factor"), "Bank", green=ca.Portfolio(frame, period=2023), lang="en")
    assert "Environmental benefits of green financing" in report.tables


def test_another_result_is_refused() -> None:
    result = ca.load("ndrc/cement").calculate({})
    with pytest.raises(ca.InputError, match="ndrc/cement has no streams fossil_office"):
        environmental_report(result, "Bank")
