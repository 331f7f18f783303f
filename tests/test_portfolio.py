"""Portfolios on models of the test's own: attribution, faults kept, totals that reconcile."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import carbonacct as ca
from carbonacct.errors import InputError
from carbonacct.portfolio import INDICATORS, financed_share
from tests.conftest import HEAD

WIND = (
    HEAD.replace("test/example", "benefits/test/wind")
    + """
lists: [{list: green_financing_statistics, code: 3.2.1, name: 风力发电}]
aliases: [风电场]
streams:
  benefit:
    title: {zh: 效益, en: benefit}
    scope: benefit
    symbols:
      E: {title: {zh: 上网电量, en: net generation}, unit: MWh, kind: activity}
      EF: {title: {zh: 因子, en: factor}, unit: tCO2e/MWh, kind: factor, default: 0.6}
      b: {title: {zh: 煤耗, en: coal rate}, unit: gce/kWh, kind: factor, default: 300}
    outputs:
      co2e: {unit: tCO2e, formula: E * EF}
      coal_saved: {unit: tce, formula: E * b}
"""
)
WATER = (
    HEAD.replace("test/example", "benefits/test/water")
    + """
lists: [{list: green_financing_statistics, code: 2.4.2, name: 污水处理}]
streams:
  benefit:
    title: {zh: 效益, en: benefit}
    scope: benefit
    symbols:
      V: {title: {zh: 水量, en: volume}, unit: m3, kind: activity}
      c0: {title: {zh: 进水, en: inflow}, unit: mgCOD/L, kind: factor, range: [0, null]}
      c1: {title: {zh: 出水, en: outflow}, unit: mgCOD/L, kind: factor, range: [0, c0]}
    outputs:
      cod: {unit: tCOD, formula: V * (c0 - c1)}
"""
)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "methodologies/benefits/test"
    folder.mkdir(parents=True)
    (tmp_path / "factors").mkdir()
    (folder / "wind.yaml").write_text(WIND, encoding="utf-8")
    (folder / "water.yaml").write_text(WATER, encoding="utf-8")
    monkeypatch.setenv("CARBONACCT_PATH", str(tmp_path))


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "project": list("abcdef"),
            "model": [
                "benefits/test/wind",
                "benefits/test/water",
                "benefits/test/wind",
                "benefits/test/wind",
                "nothing/here",
                "benefits/test/water",
            ],
            "investment": [1e8, 2e8, 1e8, 0.0, 1e8, 1e8],
            "balance": [4e7, 1e8, 3e8, 1e7, 1e7, 1e7],
            "branch": ["x", "x", "y", "y", "y", "x"],
            "E": [1000.0, np.nan, 500.0, 10.0, np.nan, np.nan],
            "V": [np.nan, 1e6, np.nan, np.nan, np.nan, 1e6],
            "c0": [np.nan, 300.0, np.nan, np.nan, np.nan, 50.0],
            "c1": [np.nan, 50.0, np.nan, np.nan, np.nan, 300.0],
        }
    )


@pytest.mark.usefixtures("models")
def test_attribution_capped_at_one() -> None:
    portfolio = ca.Portfolio(frame())
    rows = portfolio.rows()
    assert rows["share"].tolist()[:3] == [0.4, 0.5, 1.0]
    assert rows["co2e"].tolist()[:3] == [240, 0, 300]
    assert rows["coal_saved"].tolist()[:3] == [120, 0, 150]
    assert rows["cod"][1] == 125


@pytest.mark.usefixtures("models")
def test_projects_without_result_stay_with_their_reason() -> None:
    portfolio = ca.Portfolio(frame())
    assert len(portfolio.rows()) == 6
    assert list(portfolio.faults) == [3, 4, 5]
    assert "financed share" in portfolio.faults[3]
    assert "no methodology 'nothing/here'" in portfolio.faults[4]
    assert "c1 = 300" in portfolio.faults[5]
    assert portfolio.rows()["reason"].notna().sum() == 3
    table = portfolio.by("branch")
    assert table.set_index("branch").loc["y", ["projects", "without_result"]].tolist() == [3, 2]


@pytest.mark.usefixtures("models")
def test_missing_inputs_name_what_to_give() -> None:
    portfolio = ca.Portfolio(frame().assign(E=np.nan))
    assert "give E (net generation, MWh)" in portfolio.faults[0]


@pytest.mark.usefixtures("models")
def test_inputs_as_mappings_with_units() -> None:
    inputs = [{"E": "1 GWh"}, {"V": "100 wan_m3", "c0": "300 mg/L", "c1": 50}, {"E": "x"}, {}, None, None]
    data = frame()[["project", "model", "investment", "balance"]].assign(inputs=inputs)
    portfolio = ca.Portfolio(data)
    rows = portfolio.rows()
    assert rows["co2e"][0] == 240
    assert rows["cod"][1] == 125
    assert "'x' is not a number" in portfolio.faults[2]


@pytest.mark.usefixtures("models")
def test_both_conventions_and_decimals() -> None:
    data = frame().assign(commitment=[Decimal("60000000.00")] * 6, investment=[Decimal("100000000")] * 6)
    assert ca.Portfolio(data, convention="commitment").share.tolist() == [0.6] * 6
    with pytest.raises(InputError, match="column 'commitment' is missing"):
        ca.Portfolio(frame(), convention="commitment")


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("kind", ["polars", "lazy", "text"])
def test_other_libraries_and_texts(kind: str) -> None:
    data = frame()
    expected = ca.Portfolio(data).totals()
    other = (
        data.assign(balance=[f"{v:,.0f}" for v in data.balance])
        if kind == "text"
        else pl.DataFrame({c: data[c].tolist() for c in data}, nan_to_null=True)
    )
    assert ca.Portfolio(other.lazy() if kind == "lazy" else other).totals() == expected


@pytest.mark.usefixtures("models")
@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(1, 1e9), st.floats(0, 2e9)), min_size=1, max_size=30), st.integers(0, 4))
def test_totals_are_the_sum_of_the_shown_rows(projects: list[tuple[float, float, float]], digits: int) -> None:
    data = pd.DataFrame(projects, columns=["E", "investment", "balance"]).assign(
        model="benefits/test/wind", group=[i % 3 for i in range(len(projects))]
    )
    portfolio = ca.Portfolio(data)
    rows, totals = portfolio.rows(digits), portfolio.totals(digits)
    for name in INDICATORS:
        shown = sum((Decimal(f"{value:.{digits}f}") for value in rows[name]), Decimal(0))
        assert totals[name] == shown
    grouped = portfolio.by("group", digits=digits)
    assert float(sum(grouped["co2e"])) == pytest.approx(float(totals["co2e"]), abs=10.0**-digits / 10)


@pytest.mark.usefixtures("models")
@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=6))
def test_shares_that_sum_to_one_give_the_whole(parts: list[float]) -> None:
    whole = sum(parts)
    data = pd.DataFrame({"model": "benefits/test/wind", "E": 1000.0, "investment": whole, "balance": parts})
    assert ca.Portfolio(data).indicator("co2e").sum() == pytest.approx(600, rel=1e-12)


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_tables(tmp_path: Path, lang: str) -> None:
    portfolio = ca.Portfolio(frame().assign(project=["=1+1", "<b>", "c", "d", "e", "f"]))
    summary = portfolio.summary(lang)
    assert len(summary) == 4  # two categories, one without, the total
    assert summary.iloc[-1, 2] == 6
    assert summary.iloc[:-1, 2].sum() == 6
    for column in summary.columns[5:]:
        assert summary[column].iloc[:-1].sum() == pytest.approx(summary[column].iloc[-1])
    html = portfolio.to_html(str(tmp_path / "p.html"), lang)
    assert "<b>" not in html.replace("<b>{", "")
    portfolio.to_excel(str(tmp_path / "p.xlsx"), lang)
    import openpyxl

    book = openpyxl.load_workbook(tmp_path / "p.xlsx")
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert any(cell.value == "=1+1" and cell.data_type == "s" for cell in cells)
    assert not any(cell.data_type == "f" for cell in cells)


def test_shares() -> None:
    import narwhals as nw

    data = nw.from_native(pd.DataFrame({"a": [1.0, 5.0, -1.0, 1.0, np.nan], "b": [2.0, 2.0, 2.0, 0.0, 2.0]}))
    assert np.array_equal(financed_share(data["a"], data["b"]), [0.5, 1, np.nan, np.nan, np.nan], equal_nan=True)


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("text", ["风电场 50MW", "3.2.1", "example"])
def test_match_finds_models_of_a_pack(text: str) -> None:
    found = {candidate.id: candidate for candidate in ca.benefits.match(text, limit=30)}
    assert found["benefits/test/wind"].reasons


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("屋顶光伏 5MW", "clean-energy/pv-distributed"),
        ("rooftop solar 5 MW", "clean-energy/pv-distributed"),
        ("50兆瓦海上风电", "clean-energy/wind-offshore"),
        ("污水处理厂提标改造 2万吨/日", "green-infrastructure/wwtp-upgrade"),
        ("植树造林 3000亩", "ecology/afforestation"),
    ],
)
def test_match_of_plain_descriptions(text: str, model: str) -> None:
    found = ca.benefits.match(text)
    assert found[0].id == f"benefits/{model}"
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
    assert ca.benefits.match("zzzz qqqq") == []
