"""``carbonacct score``: JSON and nothing else on stdout, exit 2 with the place of each problem, reports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_cli import run

ANSWERS = """rubric: carbon-four-colour
entity: 测试厂
answers:
  emissions: 900 tCO2e
  output: 1000
  benchmark: 1.0
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_text(ANSWERS, encoding="utf-8")
    return path


def test_run_json(source: Path) -> None:
    done = run("score", "run", source, "--json")
    data = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert data["rubric"] == "certification/carbon-four-colour"
    assert data["level"] == {"key": "light_green", "zh": "浅绿", "en": "light green"}
    assert data["weights"] == data["levels"] == "illustrative"
    assert data["entity"] == "测试厂"
    assert data["raise"]["alone"][0]["changes"] == {"emissions": {"from": 900.0, "to": 800.0}}


def test_run_text_and_html(source: Path, tmp_path: Path) -> None:
    done = run("score", "run", source, "--html", tmp_path / "r.html")
    assert "Level: light green" in done.stdout
    assert "Emissions of the year: 900 tCO2e → 800 tCO2e" in done.stdout
    assert "weights: illustrative" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "等级：浅绿" in run("--lang", "zh", "score", "run", source).stdout


def test_problems_have_their_line(source: Path) -> None:
    source.write_text(ANSWERS.replace("900 tCO2e", "900 GJ").replace("output", "outptu"), encoding="utf-8")
    done = run("score", "run", source)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "a.yaml:4:3: emissions: 'GJ' is not a unit" in done.stderr
    assert "a.yaml:5:3: unknown question 'outptu'; did you mean 'output'?" in done.stderr


def test_a_file_of_the_wrong_shape(source: Path) -> None:
    source.write_text("answers: {}\nweigths: {}\n", encoding="utf-8")
    done = run("score", "run", source)
    assert done.returncode == 2
    assert "'rubric' is missing" in done.stderr
    assert "a.yaml:2:1: weigths: unknown key 'weigths'; did you mean 'weights'?" in done.stderr


def test_own_weights_in_the_file(source: Path) -> None:
    source.write_text(
        "rubric: eco-industrial-park-recheck\nanswers: {recheck_score: 75}\nweights: {recheck: 0.9}\n", encoding="utf-8"
    )
    done = run("score", "run", source)
    assert done.returncode == 2
    assert "the weights of recheck sum to 0.9, not 1" in done.stderr


def test_list_show_template(tmp_path: Path) -> None:
    listed = json.loads(run("score", "list", "--json").stdout)
    assert {"id": "certification/green-issuer", "weights": "published"}.items() <= next(
        one for one in listed if one["id"].endswith("green-issuer")
    ).items()
    assert "weights: illustrative" in run("score", "list").stdout
    assert json.loads(run("score", "show", "green-issuer").stdout)["weights"] == "published"
    for one in listed:
        path = tmp_path / "form.yaml"
        assert run("score", "template", one["id"], "-o", path).returncode == 0
        filled = run("score", "run", path, "--json")
        if "carbon-" in one["id"] and one["id"].endswith(("rating", "score")):
            assert (filled.returncode, "class is needed" in filled.stderr) == (2, True)  # the weights depend on the class
            continue
        data = json.loads(filled.stdout)  # an empty form: nothing answered, all missing
        assert data["missing"]
        assert data["score"] in (None, 0.0)
    assert "emissions:  # Emissions of the year (tCO2e)" in run("score", "template", "carbon-four-colour").stdout


def test_identify() -> None:
    done = run("score", "identify", "屋顶光伏", "--code", "D4416", "--met", "3.2.2", "--json")
    data = json.loads(done.stdout)
    assert (data["state"], data["candidates"][0]["code"], data["weights"]) == ("green", "3.2.2", "illustrative")
    assert "To be confirmed" in run("score", "identify", "屋顶光伏").stdout
    assert "Not green" in run("score", "identify", "屋顶光伏", "--failed", "3.2.2").stdout
    assert run("score", "identify", "光伏", "--code", "9.9.9").returncode == 2


def test_the_command_line_stays_light() -> None:
    code = "import sys, carbonacct.certification.cli; print([m for m in ('pydantic', 'numpy', 'pandas', 'yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
