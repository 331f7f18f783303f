"""A bank with three subsidiaries (and one below them) under the three consolidation approaches, worked by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from carbonacct.cli import app
from carbonacct.errors import FileError, InputError
from carbonacct.inventory import APPROACHES
from carbonacct.inventory.file import Case, calculate
from tests.conftest import ROOT

BANK = ROOT / "examples" / "inventory" / "bank.yaml"

# Each entity at 100 %, tCO2e, by category (AR6; national electricity factor of 2023 0.5306 tCO2/MWh):
# bank: R-410A 10 kg x 2255.5 = 22.555; septic tanks 300 x 250 x 8/24 x 0.012 kg = 300 kg CH4 x 27.9 = 8.37;
#       1000 MWh = 530.6; flights 400,000 km x 0.13552 kg = 54.208
# leasing: diesel 5000 L x 0.84 kg/L x 43 GJ/t = 0.1806 TJ: 13.38246 t CO2, 0.70434 kg CH4 and N2O each;
#       200 MWh = 106.12
# property 400 MWh = 212.24; joint venture 300 MWh = 159.18 and 100 nights x 53.5 kg = 5.35; data 5000 MWh = 2653
LEASING_1 = 13.38246 + 0.00070434 * 27.9 + 0.00070434 * 273
FULL = {
    "示例银行": (22.555 + 8.37, 530.6, 54.208),
    "租赁公司": (LEASING_1, 106.12, 0.0),
    "物业公司": (0.0, 212.24, 0.0),
    "合资消费金融公司": (0.0, 159.18, 5.35),
    "数据服务公司": (0.0, 2653.0, 0.0),
}
SHARES = {
    "equity_share": (1, 0.6, 0.6 * 0.8, 0.5, 0.3),
    "financial_control": (1, 1, 1, 0.5, 0),
    "operational_control": (1, 1, 0, 0, 1),
}
TOTAL = {  # by hand, with LEASING_1 = 13.5943959
    "equity_share": 615.733 + 0.6 * 119.7143959 + 0.48 * 212.24 + 0.5 * 164.53 + 0.3 * 2653.0,
    "financial_control": 615.733 + 119.7143959 + 212.24 + 0.5 * 164.53,
    "operational_control": 615.733 + 119.7143959 + 2653.0,
}


def case(approach: str) -> Case:
    return calculate(BANK, approach)


@pytest.mark.parametrize("approach", APPROACHES)
def test_shares_and_totals(approach: str) -> None:
    inventory = case(approach).inventory
    assert [part.share for part in inventory.parts] == pytest.approx(SHARES[approach], rel=1e-15)
    for number in (1, 2, 3):
        expected = sum(s * full[number - 1] for s, full in zip(SHARES[approach], FULL.values(), strict=True))
        assert inventory.by_category[number] == pytest.approx(expected, rel=1e-12)
        assert inventory.by_scope[number] == pytest.approx(expected, rel=1e-12)
    assert inventory.co2e == pytest.approx(TOTAL[approach], abs=1e-6)
    assert [f"{float(inventory.co2e):.4f}", approach] in [
        ["1667.6018", "equity_share"],
        ["1029.9524", "financial_control"],
        ["3388.4474", "operational_control"],
    ]


def test_entities_at_100_percent() -> None:
    parts = case("operational_control").inventory.parts
    assert {p.entity.name: pytest.approx(sum(FULL[p.entity.name]), rel=1e-12) for p in parts} == {
        p.entity.name: p.full for p in parts
    }
    assert [p.interest for p in parts] == pytest.approx(SHARES["equity_share"], rel=1e-15)


def test_gases_and_memo() -> None:
    inventory = case("equity_share").inventory
    assert inventory.by_gas["HFC-32"] == pytest.approx((0.005, 0.005 * 771))
    assert inventory.by_gas["HFC-125"] == pytest.approx((0.005, 0.005 * 3740))
    assert inventory.by_gas["CH4"][0] == pytest.approx(0.3 + 0.6 * 0.00070434)
    market = 750 * 0.6096 + 0.6096 * (0.6 * 200 + 0.48 * 400 + 0.5 * 300 + 0.3 * 5000)
    assert inventory.memo["purchased_electricity", "CO2_market"][1] == pytest.approx(market)
    assert sum(co2e for _, co2e in inventory.by_gas.values()) == pytest.approx(float(inventory.co2e))


def test_what_lies_outside_is_named() -> None:
    inventory = case("financial_control").inventory
    assert [part.entity.name for part in inventory.outside] == ["数据服务公司"]
    assert any("数据服务公司" in warning and "category 15" in warning for warning in inventory.warnings)


def test_base_year_and_screening_of_the_file() -> None:
    outcome = case("operational_control").recalculation
    assert outcome is not None
    # 240 / 3000 = 8 % over 5 %; organic growth and the facility built after the base year do not count
    assert (outcome.new, outcome.relative, outcome.triggered, outcome.total) == (3240.0, 0.08, True, 3240.0)
    assert [c.name for c in outcome.ignored] == ["staff growth", "leasing hall built later"]
    screening = case("operational_control").screening
    assert screening is not None
    assert screening.included == ["c1_4_fugitive", "c2_1_imported_electricity", "c3_5_business_travel"]
    scores = {row.subcategory: row.score for row in screening.rows}
    assert scores["c4_2_capital_goods"] == pytest.approx((2 * 4 + 2) / 3)


def test_command_line() -> None:
    run = CliRunner().invoke(app, ["inventory", "report", str(BANK), "--approach", "financial_control", "--json"])
    assert run.exit_code == 0, run.output
    data = json.loads(run.output)
    assert data["co2e"]["value"] == pytest.approx(TOTAL["financial_control"], abs=1e-6)
    assert data["scope3"]["6"] == pytest.approx(54.208 + 0.5 * 5.35)
    assert set(data["iso"]) == {"C1", "C2", "C3", "C4", "C5", "C6"}


def test_the_three_approaches_side_by_side() -> None:
    run = CliRunner().invoke(app, ["inventory", "compare", str(BANK), "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.output) == {
        approach: {"value": pytest.approx(TOTAL[approach], abs=1e-6), "unit": "tCO2e"} for approach in APPROACHES
    }


def test_faults_of_a_file_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        """
methodology: iso14064/organisation
approach: operational_control
period: 2023
region: CN
organisation:
  name: top
  inputs: {purchased_electricity: [{AD_elec: 5 t}]}
  entities:
    - {name: below, inputs: {hotel_stays: [{place: china, room_nights: 1}]}}
""",
        "utf-8",
    )
    with pytest.raises(FileError) as caught:
        calculate(path)
    assert len(caught.value.problems) == 2
    assert "bad.yaml:8" in str(caught.value)
    assert "did you mean 'hotel_stay'" in str(caught.value)


def test_uncertainty_of_the_stated_sources() -> None:
    found = case("operational_control").uncertainty
    assert found is not None
    # 3289.72 x 5 %, 54.208 x 30 %, 22.555 x 20 % of 3366.483
    root = ((3289.72 * 0.05) ** 2 + (54.208 * 0.3) ** 2 + (22.555 * 0.2) ** 2) ** 0.5
    assert found == pytest.approx((root / 3366.483, 3366.483 / 3388.4473959), rel=1e-9)
    with pytest.raises(InputError, match="did you mean 'septic_tank_ch4'"):
        case("equity_share").inventory.uncertainty({"septic_tank": 0.1})


def test_report_files(tmp_path: Path) -> None:
    names = ("r.html", "r.xlsx", "r.md")
    options = [
        part
        for flag, name in zip(("--html", "--excel", "--markdown"), names, strict=True)
        for part in (flag, str(tmp_path / name))
    ]
    run = CliRunner().invoke(app, ["--lang", "zh", "inventory", "report", str(BANK), *options])
    assert run.exit_code == 0, run.output
    assert all((tmp_path / name).stat().st_size > 3000 for name in names)
    assert run.output.strip() == (tmp_path / "r.md").read_text("utf-8").strip()


def test_unknown_approach() -> None:
    with pytest.raises(FileError, match="did you mean 'equity_share'"):
        calculate(BANK, "equity")
