"""``carbonacct score``: JSON and nothing else on stdout, exit 2 with the place of each problem, reports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
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


def test_problems_are_at_their_own_key(tmp_path: Path) -> None:
    """'class' is named in the hint of line 3 and is an answer of its own; weights and efforts have their lines."""
    path = tmp_path / "a.yaml"
    path.write_text(
        "rubric: sichuan-green-enterprise\nanswers:\n  disclosur: 'no'\n  disclosure: maybe\n"
        "weights:\n  B: x\n  Q: 1\nefforts:\n  C: 2\n",
        encoding="utf-8",
    )
    done = run("score", "run", path)
    assert done.returncode == 2
    lines = [line.split("a.yaml:", 1)[1] for line in done.stderr.strip().splitlines()]
    assert [line.split(":")[0] for line in lines] == ["3", "4", "6", "7", "9"]
    assert "unknown question 'disclosur'; did you mean 'disclosure'?" in lines[0]
    path.write_text("rubric: sichuan-green-project\nanswers: {}\nweights:\n  B: 0.5\n  C: 0.1\n", encoding="utf-8")
    assert "a.yaml:4:3: the weights of B, C, D, E sum to 0.95, not 1" in run("score", "run", path).stderr


def test_the_rubric_of_an_answer_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("entity: x\nrubric: carbon-four-color\nanswers: {}\n", encoding="utf-8")
    done = run("score", "run", path)
    assert done.returncode == 2
    assert "a.yaml:2:1: no rubric 'carbon-four-color'; did you mean 'carbon-four-colour'?" in done.stderr
    path.write_text("rubric: own.yaml\nanswers: {recheck_score: 90}\n", encoding="utf-8")
    assert "a.yaml:1:1: no rubric file" in run("score", "run", path).stderr
    own = tmp_path / "own.yaml"
    own.write_text(
        (ROOT / "methodologies/certification/eco-industrial-park-recheck.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    assert json.loads(run("score", "run", path, "--json").stdout)["level"]["key"] == "excellent"
    form = run("score", "template", own).stdout.replace("recheck_score:", "recheck_score: 90")
    path.write_text(form, encoding="utf-8")
    assert str(own) in form
    assert run("score", "run", path).returncode == 0


def test_a_rubric_of_another_id_than_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "methodologies/certification/eco-industrial-park-recheck.yaml").read_text(encoding="utf-8")
    place = tmp_path / "methodologies" / "certification" / "mine.yaml"
    place.parent.mkdir(parents=True)
    place.write_text(text, encoding="utf-8")
    monkeypatch.setenv("CARBONACCT_PATH", str(tmp_path))
    done = run("score", "template", "mine")
    assert done.returncode == 2
    assert (
        "mine.yaml:1:1: id is 'certification/eco-industrial-park-recheck', but the file's place says 'certification/mine'"
        in done.stderr
    )
    assert run("score", "show", place).returncode == 0  # a file of one's own is free


def test_identify_a_file(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("description: 屋顶光伏\ncodes: [D4416]\nconditions: {3.2.2: true}\n", encoding="utf-8")
    assert json.loads(run("score", "identify", "--file", path, "--json").stdout)["state"] == "green"
    path = tmp_path / "p.json"
    path.write_text('{"description": "solar", "codes": [4416], "technologies": ["photovoltaic"]}', encoding="utf-8")
    assert json.loads(run("score", "identify", "-f", path, "--json").stdout)["candidates"][0]["score"] == 1
    path.write_text('{"description": "solar",\n"codes": [4416,\n"9.9.9"],\n"conditions": {\n"3.2.99": true}}', encoding="utf-8")
    done = run("score", "identify", "-f", path)
    assert done.returncode == 2
    assert "p.json:3:1: '9.9.9' is neither" in done.stderr
    assert "p.json:5:1: '3.2.99' is neither" in done.stderr
    path.write_text('{"description": "solar",\n"edition": "gic2020"}', encoding="utf-8")
    assert "p.json:2:1: no catalogue 'gic2020'; did you mean 'gic2019'?" in run("score", "identify", "-f", path).stderr
    path.write_text('{"description": "solar",\n"conditons": {}}', encoding="utf-8")
    assert (
        "p.json:2:1: conditons: unknown key 'conditons'; did you mean 'conditions'?"
        in run("score", "identify", "-f", path).stderr
    )


def test_identify_refuses_contradictions(tmp_path: Path) -> None:
    done = run("score", "identify", "光伏", "--met", "3.2.2", "--failed", "3.2.2")
    assert (done.returncode, "the condition of 3.2.2 cannot be both met and failed" in done.stderr) == (2, True)
    assert run("score", "identify").returncode == 2
    assert run("score", "identify", "光伏", "--file", tmp_path / "p.yaml").returncode == 2


def test_the_command_line_stays_light() -> None:
    code = "import sys, carbonacct.certification.cli; print([m for m in ('pydantic', 'numpy', 'pandas', 'yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
