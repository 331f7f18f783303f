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
    assert f"{source}:1:1: .: 'principal' is missing" in run("loan", "price", source).stderr


def test_methods() -> None:
    assert len(json.loads(run("loan", "methods", "--json").stdout)) == 3
