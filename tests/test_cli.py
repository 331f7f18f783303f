"""The command line: contract of its output, exit status, and no traceback on bad input."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from carbonacct.cli import main
from carbonacct.messages import set_language
from tests.conftest import ROOT

INPUT = """methodology: ndrc/cement
entity: 测试水泥厂
period: 2012
region: CN-SD
inputs:
  fossil_fuel_combustion:
    - {fuel: 焦炭, FC: 800 t}
    - {fuel: natural_gas, FC: 10}
  purchased_electricity: {AD_elec: 1000 MWh}
"""


@dataclass
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str | Path) -> Done:
    """Run the command line in this process, as a user in an English locale would."""
    set_language(None)
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setenv("CARBONACCT_LANG", "en")
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as stop:
            return Done(int(stop.code or 0), out.getvalue(), err.getvalue())
    raise AssertionError("main() always exits")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.yaml"
    path.write_text(INPUT, encoding="utf-8")
    return path


def test_calc_json(source: Path) -> None:
    done = run("calc", source, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    data = json.loads(done.stdout)
    expected = 800 * 28.435 * 0.0295 * 0.93 * 44 / 12 + 10 * 389.31 * 0.0153 * 0.99 * 44 / 12 + 1000 * 0.8843
    assert data["totals"]["E"]["value"] == pytest.approx(expected, rel=1e-14)
    assert data["totals"]["E"]["unit"] == "tCO2"
    assert data["co2e"] == {"value": pytest.approx(expected), "unit": "tCO2e"}
    assert data["methodology"] == "ndrc/cement"


def test_calc_writes_a_report(source: Path, tmp_path: Path) -> None:
    done = run("calc", source, "--html", tmp_path / "r.html", "--lang", "zh")
    assert done.returncode == 0
    assert "化石燃料燃烧" in done.stdout
    text = (tmp_path / "r.html").read_text("utf-8")
    assert "测试水泥厂" in text
    assert "http://" not in text.replace("http://tanpaifang", "").replace("http://www.w3", "") or "<script" not in text


def test_list_and_show() -> None:
    entries = json.loads(run("list", "--json").stdout)
    assert {"id", "title", "version", "family"} == set(entries[0])
    assert "ndrc/cement" in [e["id"] for e in entries]
    shown = json.loads(run("show", "ndrc/power-generation", "--json").stdout)
    assert set(shown) >= {"id", "title", "streams", "totals", "factor_tables", "cases", "evidence", "omitted", "open_questions"}
    symbol = shown["streams"]["fossil_fuel_combustion"]["symbols"]["FC"]
    assert set(symbol) >= {"unit", "kind", "default"}
    assert "CO2" in shown["streams"]["fossil_fuel_combustion"]["outputs"]
    assert "diesel" in shown["factor_tables"]["fuels/power-2013"]
    assert "水泥" in run("--lang", "zh", "list").stdout
    assert "Open questions" in run("show", "cement").stdout


def test_explain(source: Path, tmp_path: Path) -> None:
    assert "EF = CC * OF * CO2_per_C" in run("explain", source, "E").stdout
    assert json.loads(run("explain", source, "fossil_fuel_combustion[0].EF", "--json").stdout)["unit"] == "tCO2/GJ"
    assert run("explain", source, "E", "--html", tmp_path / "e.html").returncode == 0
    assert "<math>" in (tmp_path / "e.html").read_text("utf-8")
    wrong = run("explain", source, "F")
    assert wrong.returncode == 2
    assert wrong.stdout == ""


def test_template_can_be_filled_in(tmp_path: Path) -> None:
    form = tmp_path / "form.yaml"
    assert run("template", "ndrc/cement", "-o", form).returncode == 0
    lines = []
    for line in form.read_text("utf-8").splitlines():
        if line == "  # purchased_heat:":
            lines.append("  purchased_heat:")
        elif line.startswith("  #   AD_heat:"):
            lines.append("    AD_heat: 250 GJ")
        else:
            lines.append(line)
    form.write_text("\n".join(lines), encoding="utf-8")
    done = run("calc", form, "--json")
    assert done.returncode == 0, done.stderr + form.read_text("utf-8")
    assert json.loads(done.stdout)["totals"]["E"]["value"] == pytest.approx(27.5)
    assert run("template", "ndrc/cement", "-o", tmp_path / "form.txt").returncode == 2


def test_factors() -> None:
    found = json.loads(run("factors", "无烟煤", "--json").stdout)
    assert {f["column"] for f in found} >= {"NCV", "CC", "OF"}
    assert all({"table", "value", "unit", "evidence", "sources"} <= set(f) for f in found)
    regional = json.loads(run("factors", "华北", "--year", "2013", "--table", "grid/regional", "--json").stdout)
    assert [(f["year"], f["value"]) for f in regional] == [(2012, 0.8843)]
    assert "anthracite" in run("factors", "anthracite").stdout
    assert run("factors", "unobtainium").returncode == 2


def test_check_of_a_broken_file(tmp_path: Path) -> None:
    text = (
        (ROOT / "methodologies/ndrc/cement.yaml")
        .read_text("utf-8")
        .replace("372166.582 tCO2", "372166.583 tCO2")
        .replace("printed: Q * FR0 * 44/12", "printed: Q * FR0 * 44/12/100")
    )
    path = tmp_path / "cement.yaml"
    path.write_text(text, encoding="utf-8")
    done = run("check", path)
    assert done.returncode == 2
    assert "expected 372166.583 tCO2, found 372166.58" in done.stderr
    assert "printed form" in done.stderr
    assert run("check", "ndrc/cement").returncode == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("FC: 800 t", "FC: 800 GJ"), "in.yaml:7:18: fossil_fuel_combustion[0].FC: FC was given as 800 GJ, but is expected in t"),
        (("fuel: 焦炭", "fuel: 焦碳"), "did you mean '焦炭'?"),
        (("FC: 800 t", "FC: -800 t"), "in.yaml:7:7: fossil_fuel_combustion[0]: FC = -800 t is outside 0 to ∞"),
        (("FC: 10", "FC: .nan"), "'nan' is not a finite number"),
        (
            ("{fuel: natural_gas, FC: 10}", "{fuel: natural_gas}"),
            "in.yaml:8:7: fossil_fuel_combustion[1]: not enough is given; give AD",
        ),
        (("period: 2012", "period: 2012\nperiod: 2013"), "in.yaml:4:1: duplicate key 'period'"),
        (("inputs:", "input:"), "unknown key 'input' in the input file; did you mean 'inputs'?"),
        (("methodology: ndrc/cement", "methodology: ndrc/cemnt"), "did you mean 'ndrc/cement'?"),
        (("region: CN-SD", "region: Atlantis"), "unknown region 'Atlantis'"),
        (("purchased_electricity: {AD_elec: 1000 MWh}", "purchased_electricity: &a [*a]"), "anchors and aliases"),
        ((INPUT, ""), "the file is empty"),
        ((INPUT, "- 1\n"), "a mapping is expected"),
        (("AD_elec: 1000 MWh", "AD_elec: 1000 tce"), "in.yaml:9:27: purchased_electricity[0].AD_elec"),
        (("entity: 测试水泥厂", "gwp: AR9"), "no GWP set 'AR9'"),
    ],
)
def test_bad_input_exits_2_with_one_message_and_no_traceback(source: Path, change: tuple[str, str], message: str) -> None:
    old, new = change
    assert old in INPUT
    source.write_text(INPUT.replace(old, new), encoding="utf-8")
    done = run("calc", source, "--json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_files_and_wrong_usage(tmp_path: Path) -> None:
    assert run("calc", tmp_path / "none.yaml").returncode == 2
    assert run("show", "nothing").returncode == 2
    assert run("frobnicate").returncode == 2
    assert run("calc").returncode == 2
    assert run("--lang", "fr", "list").returncode == 2
    assert run("--help").returncode == 0


def test_a_deep_expression_in_a_file(tmp_path: Path) -> None:
    text = (
        (ROOT / "methodologies/ndrc/cement.yaml")
        .read_text("utf-8")
        .replace("formula: Q * FR0 * CO2_per_C", "formula: " + "(" * 1000 + "Q" + ")" * 1000)
    )
    (tmp_path / "deep.yaml").write_text(text, encoding="utf-8")
    done = run("check", tmp_path / "deep.yaml")
    assert done.returncode == 2
    assert "nested deeper than" in done.stderr
    assert "Traceback" not in done.stderr


def test_importing_is_cheap() -> None:
    """numpy, pandas, pint and pydantic wait for their first use."""
    code = "import sys, carbonacct; print([m for m in ('numpy', 'pandas', 'pint', 'pydantic', 'yaml', 'narwhals', 'rich', 'typer') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    code = "import sys; sys.argv = ['carbonacct', 'list']\ntry:\n    from carbonacct.cli import main; main()\nexcept SystemExit: pass\nprint([m for m in ('numpy', 'pandas', 'pint', 'narwhals') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip().endswith("[]")


def test_the_installed_command_and_the_module_are_the_same(source: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "carbonacct", "calc", str(source), "--json"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == json.loads(run("calc", source, "--json").stdout) | {
        "warnings": json.loads(done.stdout)["warnings"]
    }


def test_check_coverage_prints_a_line_per_methodology() -> None:
    done = run("check", "ndrc/cement", "fuels/cement-2013", "--coverage")
    assert done.returncode == 0
    assert any(line.startswith("ndrc/cement ") and "crosschecked" in line for line in done.stdout.splitlines())
