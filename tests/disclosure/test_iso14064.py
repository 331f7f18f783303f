"""The inventory report: its tables add up, its statements are there, in both languages and all four forms."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from carbonacct.disclosure import Document, Section, inventory_report
from carbonacct.inventory.file import Case, calculate
from carbonacct.messages import CATALOGUE
from tests.conftest import ROOT


@lru_cache
def bank() -> Case:
    return calculate(ROOT / "examples" / "inventory" / "bank.yaml")


def report(lang: str) -> Document:
    return inventory_report(bank(), lang)


def test_tables_add_up() -> None:
    total = float(bank().inventory.co2e)
    tables = report("en").tables
    categories = tables["Emissions by category"]
    assert categories.iloc[-1, 1] == pytest.approx(total)
    assert categories[categories["category"].str.startswith(tuple("123456"))]["emissions (tCO2e)"].sum() == pytest.approx(total)
    assert categories[categories["category"].str.startswith("　")]["emissions (tCO2e)"].sum() == pytest.approx(total)
    scopes = tables["Emissions by GHG Protocol scope"]
    assert len(scopes) == 3 + 15 + 1
    assert scopes.iloc[:3, 1].sum() == pytest.approx(total)
    assert tables["Entities and consolidation"]["emissions counted (tCO2e)"].sum() == pytest.approx(total)
    assert tables["Emission sources"]["emissions (tCO2e)"].sum() == pytest.approx(total)
    direct = tables["Direct emissions gas by gas"]
    assert direct["emissions (tCO2e)"].sum() == pytest.approx(bank().inventory.by_category[1])
    assert dict(zip(direct["gas"], direct["tonnes"], strict=True))["HFC-32"] == pytest.approx(0.005)
    gwp = tables["Global warming potentials used"]
    assert dict(zip(gwp["gas"], gwp["GWP (tCO2e/t)"], strict=True)) == {
        "CO2": pytest.approx(1), "CH4": pytest.approx(27.9), "N2O": pytest.approx(273), "HFC-32": pytest.approx(771),
        "HFC-125": pytest.approx(3740),
    }  # fmt: skip
    assert tables["Performance indicators"]["intensity"].iloc[0] == pytest.approx(total / 1200)


def test_memo_and_factors() -> None:
    tables = report("en").tables
    memo = tables["Stated apart"]
    assert memo["tonnes"].tolist() == pytest.approx([0.6096 * (750 + 200 + 5000)])
    factors = tables["Factors and defaults used"]
    assert {"unconfirmed", "confirmed", "crosschecked"} == set(factors["evidence"])
    assert factors["evidence"].iloc[0] == "unconfirmed"
    assert not factors["source"].eq("").any()
    electricity = factors[factors["value"] == 0.5306]
    assert electricity["entity"].tolist() == ["示例银行, 租赁公司, 数据服务公司"]


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            [
                "operational control",
                "AR6",
                "Office of the board",
                "Capital goods",
                "above the threshold",
                "Annual environmental",
                "iso14064/organisation 1.0.0",
            ],
        ),
        ("zh", ["运营控制权法", "AR6", "资本货物", "超过阈值", "报告组织：示例银行", "清除量、生物成因CO2"]),
    ],
)
def test_statements_in_every_form(lang: str, words: list[str], tmp_path: Path) -> None:
    document = report(lang)
    markdown, page = document.to_markdown(), document.to_html(tmp_path / "r.html")
    document.to_excel(tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    cells = " ".join(str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None)
    for word in words:
        for text in (markdown, page, cells):
            assert word.casefold() in text.casefold(), word
    assert (tmp_path / "r.html").read_text("utf-8") == page
    assert len(book.sheetnames) == len(document.tables) + 1
    assert f'<html lang="{lang}">' in page and "<script" not in page
    if lang == "zh":
        english = [en for key, (en, zh) in CATALOGUE.items() if key.startswith("disclosure.") and en != zh and len(en) > 12]
        assert not [text for text in english if text in markdown]


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a|b": ["=1+1", "<script>x</script>", "p | q"], "n": [1.5, float("nan"), 2.0]})
    document = Document("<b>T</b>", "en", (Section("S[1]/*?", ("<i>p</i>",), frame), Section("S[1]/*?!", (), frame)))
    assert "<script>" not in document.to_html() and "<i>" not in document.to_html() and "<b>T" not in document.to_html()
    lines = document.to_markdown().splitlines()
    assert "| p \\| q | 2 |" in lines
    document.to_excel(tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx").worksheets[1]
    assert sheet["A2"].value == "=1+1" and sheet["A2"].data_type == "s"
    assert sheet["B3"].value is None
