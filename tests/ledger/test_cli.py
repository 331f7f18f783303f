"""``carbonacct ledger``: JSON in and out, exit status 2 on bad input."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.ledger.conftest import A
from tests.test_cli import run

ENTRIES = [
    {"kind": "emission", "account": A, "period": 2023, "amount": "1000", "gwp": "AR6", "source": "self_declared"},
    {
        "kind": "neutralisation",
        "account": A,
        "period": 2023,
        "instrument": "CDCER",
        "series": "CD-1",
        "first": 1,
        "last": 650,
        "retired": "2024-04-30",
    },
]
INPUT = "methodology: ndrc/cement\nperiod: 2022\ninputs:\n  raw_meal_nonfuel_carbon: {Q: 1000 t, FR0: 0.002}\n"


def done(*arguments: Any) -> Any:
    found = run("ledger", *arguments, "--json")
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def recorded(*arguments: Any) -> list[int]:
    """The rows of a command that writes; the head it names is the last of them."""
    found = done(*arguments)
    assert int(found["head"].split(":")[0]) == found["rows"][-1]
    return found["rows"]


def refused(*arguments: Any) -> str:
    found = run("ledger", *arguments)
    assert found.returncode == 2
    assert found.stdout == "" and "Traceback" not in found.stderr
    return found.stderr


@pytest.fixture
def filled(where: str, tmp_path: Path) -> str:
    source = tmp_path / "entries.json"
    source.write_text(json.dumps(ENTRIES), encoding="utf-8")
    assert recorded("open", where, A, "甲公司") == [1]
    assert recorded("consent", where, A, "--reference", "授权书") == [2]
    assert recorded("add", where, source) == [3, 4]
    return where


def test_rate_and_statement(filled: str, tmp_path: Path) -> None:
    assert done("rate", filled, A, "2023") == {
        "footprint": "1000.000000",
        "retired": "650.000000",
        "rate": "0.65",
        "net": "350.000000",
        "surplus": "0.000000",
        "neutral": False,
    }
    assert "65.00%" in run("ledger", "rate", filled, A, "2023").stdout
    made = done("statement", filled, A, "--html", tmp_path / "s.html", "--excel", tmp_path / "s.xlsx")
    assert [entry["amount"] for entry in made["entries"]] == ["1000.000000", "650.000000"]
    assert made["balances"][0]["rate"] == "0.65"
    assert (tmp_path / "s.html").is_file() and (tmp_path / "s.xlsx").is_file()
    assert done("statement", filled, A, "--as-of", "3")["balances"][0]["retired"] == "0.000000"
    assert done("statement", filled, A, "--as-of", "3", "--period", "2022")["entries"] == []
    assert "甲公司" in run("ledger", "statement", filled, A).stdout


def test_the_life_of_an_account(filled: str, tmp_path: Path) -> None:
    source = tmp_path / "in.yaml"
    source.write_text(INPUT, encoding="utf-8")
    assert recorded("import", filled, A, source) == [5]
    assert recorded("reverse", filled, 5, "--reason", "wrong year") == [6]
    assert recorded("close", filled, A, 2022) == [7]
    assert "the year 2022 is closed" in refused("import", filled, A, source)
    assert recorded("reopen", filled, A, 2022, "--reason", "late") == [8]
    assert recorded("withdraw", filled, A, "--reason", "end") == [9]
    assert "has not consented" in refused("import", filled, A, source)
    assert recorded("state", filled, A, "disabled", "--reason", "audit") == [10]
    found = done("verify", filled)
    assert (found["ok"], found["rows"], found["problems"]) == (True, 10, [])
    assert done("verify", filled, "--anchor", found["head"])["ok"]


def test_bad_input_has_a_place_and_a_hint(filled: str, tmp_path: Path) -> None:
    source = tmp_path / "bad.json"
    source.write_text(json.dumps([{**ENTRIES[0], "subjct": "x"}, {"kind": "emision"}, {"kind": "reduction", "account": A}]))
    said = refused("add", filled, source)
    assert "entry 1: unknown key 'subjct'; did you mean 'subject'?" in said
    assert (
        "entry 2: kind: 'emision' is no kind of entry; expected one of emission, reduction, neutralisation; did you mean 'emission'?"
        in said
    )
    assert "entry 3: 'amount' is missing" in said
    source.write_text("{")
    assert "bad.json" in refused("add", filled, source)
    source.write_text(json.dumps(ENTRIES[1]))
    assert "are retired already, in row 4" in refused("add", filled, source)
    assert "is not a point in time" in refused("statement", filled, A, "--as-of", "yesterday")
    assert "has no zone" in refused("statement", filled, A, "--as-of", "2024-04-30T12:00")


def test_only_open_makes_a_ledger(tmp_path: Path) -> None:
    assert "there is no ledger at" in refused("verify", tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "text.db").write_text("not a database, but long enough to be taken for one" * 50)
    assert "text.db: the database cannot be used: file is not a database" in refused("verify", tmp_path / "text.db")
    assert "not in nosuch" in refused("verify", "nosuch://x")
    assert "the database cannot be used" in refused("verify", "postgresql://user:secret@127.0.0.1:1/x")
    assert "secret" not in refused("verify", "postgresql://user:secret@127.0.0.1:1/x")


def test_verify_says_what_is_wrong(tmp_path: Path) -> None:
    where = str(tmp_path / "ledger.db")
    done("open", where, A, "A")
    connection = sqlite3.connect(where)
    connection.execute("DROP TRIGGER journal_update")
    connection.execute('UPDATE journal SET details = \'{"name":"B"}\'')
    connection.commit()
    connection.close()
    found = run("ledger", "verify", where, "--json")
    assert found.returncode == 2
    assert json.loads(found.stdout)["problems"] == [
        "row 1: its content does not match its hash",
        "the trigger journal_update is missing or switched off",
    ]
