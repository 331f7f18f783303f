"""``carbonacct loan``: JSON in and out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.finance.test_finance import WORKING_CAPITAL, loan
from tests.test_cli import run


@pytest.mark.parametrize(
    ("command", "given", "place", "expected"),
    [
        ("price", loan(), ("repricings", 0, "rate_pct"), "3.55"),
        ("estimate", {"method": "working-capital", "inputs": WORKING_CAPITAL}, ("amount",), "12000000.00"),
        ("reductions", {"projects": [{"project": "P", "reduction": 4, "amount": 1, "investment": 2}]}, ("realised",), "2.000"),
        ("match", {"demand": {"amount": 1, "term": 1}, "products": [{"name": "绿蓉快贷", "rate_pct": 3.9}]}, (0, "fits"), True),
    ],
)
def test_commands(tmp_path: Path, command: str, given: Any, place: tuple[Any, ...], expected: Any) -> None:
    source = tmp_path / "in.json"
    source.write_text(json.dumps(given), encoding="utf-8")
    done = run("loan", command, source, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for step in place:
        found = found[step]
    assert found == expected
    assert run("loan", command, source).stdout.strip()


def test_faults_have_their_line(tmp_path: Path) -> None:
    source = tmp_path / "in.yaml"
    source.write_text("method: project\ninputs:\n  I: -1\n  years:\n    - {t: 1, CFADS: x}\n", encoding="utf-8")
    done = run("loan", "estimate", source, "--json")
    assert done.returncode == 2 and done.stdout == ""
    assert (
        f"{source}:3:3: I: -1 is outside" in done.stderr and f"{source}:5:14: years[0].CFADS: 'x' is not a number" in done.stderr
    )
    source.write_text("borrower: x\ntargets: {2024: 0}\n", encoding="utf-8")
    assert f"{source}:1:1: 'principal' is missing" in run("loan", "price", source).stderr


def test_faults_are_told_in_chinese_and_with_the_nearest_name(tmp_path: Path) -> None:
    source = tmp_path / "in.yaml"
    steps = "{kind: lader, bands: [[0, 5]]}"
    source.write_text(
        f"borrower: ' '\nprincipal: '3,5'\nbase_pct: 3\nday_count: 361\nsteps: {steps}\nyears: {{}}\n", encoding="utf-8"
    )
    done = run("--lang", "zh", "loan", "price", source)
    assert done.returncode == 2 and "Input" not in done.stderr and "valid" not in done.stderr
    told = done.stderr.splitlines()
    expected = [
        "1:1: borrower: 应为",
        "2:1: principal: “3,5”不是数值",
        "4:1: day_count: “361”",
        "5:1: steps: “lader”",
        "6:1: years: 此处至少",
    ]
    assert len(told) == 5
    assert all(line.startswith(f"{source}:{start}") for line, start in zip(told, expected, strict=True))
    assert "是否指“ladder”" in told[3]
    source.write_text("method: workin-capital\ninputs: {}\n", encoding="utf-8")
    done = run("loan", "estimate", source)
    assert done.stderr.startswith(f"{source}:1:1: ") and "did you mean 'loans/working-capital'" in done.stderr
    source.write_text("projects:\n  - 5\n  - {reduction: 1, amount: 1, investment: 2}\n", encoding="utf-8")
    done = run("loan", "reductions", source)
    assert done.returncode == 2 and f"{source}:2:5: " in done.stderr and f"{source}:3:5: " in done.stderr


def test_methods() -> None:
    assert len(json.loads(run("loan", "methods", "--json").stdout)) == 3
