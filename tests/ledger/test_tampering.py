"""Whatever is done to the database by other means, ``verify`` says so and never fails."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from carbonacct.ledger import Ledger, LedgerError, StorageError, from_result
from carbonacct.methodology import load
from tests.ledger.conftest import A
from tests.ledger.test_cli import refused
from tests.ledger.test_ledger import emitted, raw, retired


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of eight rows with a record, a retirement and a reversal."""
    path = tmp_path_factory.mktemp("base") / "base.db"
    result = load("ndrc/cement").calculate({"raw_meal_nonfuel_carbon": {"Q": "1000 t", "FR0": 0.002}}, period=2023)
    with Ledger(path) as ledger:
        ledger.open_account(A, "A")
        ledger.consent(A, "letter")
        ledger.append([from_result(A, result), retired(1, 5), emitted(1, period=2022)])
        ledger.reverse(5, "wrong")
        ledger.close_period(A, 2020)
        ledger.reopen_period(A, 2020, "late")
    return path


def tampered(base: Path, path: Path, statements: list[str]) -> Path:
    """A copy with the triggers off while the statements run, and on again."""
    shutil.copy(base, path)
    connection = sqlite3.connect(path, isolation_level=None)
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for statement in statements:
        connection.execute(statement)
    for _, statement in triggers:
        try:
            connection.execute(statement)
        except sqlite3.OperationalError:  # its table is gone
            continue
    connection.close()
    return path


REBUILT = ["CREATE TABLE other AS SELECT * FROM journal", "DROP TABLE journal", "ALTER TABLE other RENAME TO journal"]
TAMPERING = {
    "content as bytes": ["UPDATE document SET content = CAST(content AS BLOB)"],
    "content no UTF-8": ["UPDATE document SET content = CAST(x'ff' AS TEXT)"],
    "record added": [f"INSERT INTO document VALUES ('{hashlib.sha256(b'{}').hexdigest()}', '{{}}')"],
    "record without hash": ["UPDATE document SET hash = NULL"],
    "head no UTF-8": ["UPDATE head SET hash = CAST(x'ff' AS TEXT)"],
    "head twice": ["INSERT INTO head SELECT * FROM head"],
    "head empty": ["DELETE FROM head"],
    "no head": ["DROP TABLE head"],
    "no document": ["DROP TABLE document"],
    "no journal": ["DROP TABLE journal"],
    "infinite serials": ["UPDATE journal SET first = 9e999, last = 9e999 WHERE seq = 4"],
    "infinite amount": ["UPDATE journal SET amount = 9e999 WHERE seq = 4"],
    "deep details": [f"UPDATE journal SET details = '{'[' * 100_000}' WHERE seq = 2"],
    "long number": [f"UPDATE journal SET details = '{{\"name\": {'9' * 5000}}}' WHERE seq = 1"],
    "row without number": [*REBUILT, "UPDATE journal SET seq = NULL WHERE seq = 4"],
    "row with a word for a number": [*REBUILT, "UPDATE journal SET seq = 'x' WHERE seq = 4"],
    "no constraints": REBUILT,
    "no index": ["DROP INDEX journal_opened"],
    "another index": ["DROP INDEX journal_opened", "CREATE INDEX journal_opened ON journal (account)"],
}


@pytest.mark.parametrize("statements", TAMPERING.values(), ids=TAMPERING.keys())
def test_tampering_is_a_problem_never_a_failure(base: Path, tmp_path: Path, statements: list[str]) -> None:
    path = tampered(base, tmp_path / "t.db", statements)
    with Ledger(path, create=False) as ledger:
        assert not ledger.verify().ok
    from tests.test_cli import run

    found = run("ledger", "verify", path)
    assert found.returncode == 2 and found.stderr == "" and "problems" in found.stdout


def test_a_copy_left_alone_is_right(base: Path, tmp_path: Path) -> None:
    with Ledger(tampered(base, tmp_path / "t.db", []), create=False) as ledger:
        assert ledger.verify().problems == []


def test_only_an_anchor_shows_rows_cut_off_with_the_head_set_back(base: Path, tmp_path: Path) -> None:
    """What the documentation says plainly."""
    with Ledger(base) as ledger:
        noted = ledger.head
    cut = ["DELETE FROM journal WHERE seq = 8", "UPDATE head SET seq = 7, hash = (SELECT hash FROM journal WHERE seq = 7)"]
    with Ledger(tampered(base, tmp_path / "t.db", cut), create=False) as ledger:
        assert ledger.verify().ok
        assert not ledger.verify(noted).ok


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET details = 'x' WHERE seq = 1",
        "UPDATE journal SET details = '[]' WHERE seq = 2",
        f"UPDATE journal SET details = '{'[' * 100_000}' WHERE seq = 3",
        "UPDATE journal SET details = '[]' WHERE seq = 4",
        "UPDATE journal SET amount = 'many' WHERE seq = 3",
        "UPDATE journal SET source = 'hearsay' WHERE seq = 3",
        "UPDATE journal SET at = 'noon' WHERE seq = 3",
        "UPDATE journal SET subject = x'00' WHERE seq = 3",
    ],
)
def test_no_command_fails_on_tampered_rows(base: Path, tmp_path: Path, statement: str) -> None:
    from tests.test_cli import run

    path = tampered(base, tmp_path / "t.db", [statement])
    commands = (
        ["statement", path, A],
        ["accounts", path],
        ["account", path, A],
        ["rate", path, A, 2023],
        ["close", path, A, 2019],
    )
    assert all(run("ledger", *command).returncode in (0, 2) for command in commands)
    assert run("ledger", "verify", path).returncode == 2


# triggers ------------------------------------------------------------------------------------------------------


def test_triggers_that_do_nothing_are_found(ledger: Ledger) -> None:
    if ledger.database.sqlite:
        raw(ledger, "DROP TRIGGER journal_update")
        raw(ledger, "CREATE TRIGGER journal_update BEFORE UPDATE ON journal BEGIN SELECT 1; END")
        raw(ledger, "CREATE TRIGGER helpful AFTER INSERT ON journal BEGIN SELECT 1; END")
    else:
        body = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
        raw(ledger, f"CREATE FUNCTION harmless() {body}")
        raw(ledger, "DROP TRIGGER journal_update ON journal")
        raw(ledger, "CREATE TRIGGER journal_update BEFORE UPDATE ON journal FOR EACH ROW EXECUTE FUNCTION harmless()")
        raw(ledger, "CREATE TRIGGER helpful AFTER INSERT ON journal FOR EACH ROW EXECUTE FUNCTION harmless()")
    assert ledger.verify().problems == [
        "the trigger journal_update is not as the ledger made it",
        "the trigger helpful is none of the ledger's",
    ]


@pytest.mark.parametrize("where", ["postgresql"], indirect=True)
def test_functions_that_do_nothing_are_found(ledger: Ledger) -> None:
    raw(
        ledger,
        "CREATE OR REPLACE FUNCTION carbonacct_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    )
    assert ledger.verify().problems == ["the trigger journal_insert is not as the ledger made it"]


@pytest.mark.parametrize("where", ["postgresql"], indirect=True)
def test_what_is_missing_on_a_server_is_found(ledger: Ledger) -> None:
    raw(ledger, "DROP INDEX journal_opened")
    raw(ledger, "ALTER TABLE journal DROP CONSTRAINT journal_reverses_key")
    raw(ledger, "CREATE INDEX journal_opened ON journal (account)")
    assert ledger.verify().problems == [
        "the index journal_reverses_key is missing",
        "the index journal_opened is not as the ledger made it",
    ]
    raw(ledger, "ALTER TABLE journal DROP CONSTRAINT journal_amount_check")
    assert "the table journal is not as the ledger made it" in ledger.verify().problems
    for table in ("head", "document", "journal"):
        raw(ledger, f"DROP TABLE {table} CASCADE")
        said = ledger.verify().problems
        assert f"the table {table} is missing" in said and any("cannot be read" in problem for problem in said)
        with pytest.raises(StorageError, match="does not exist"):
            ledger.balance(A, 2023)


# time and anchors ----------------------------------------------------------------------------------------------


def test_rows_from_the_future_are_reported(where: str) -> None:
    with Ledger(where, clock=lambda: 4_102_444_800_000_000) as ledger:
        ledger.open_account(A, "A")
        ledger.consent(A, "c")
        assert [problem.split(":")[0] for problem in ledger.verify().problems] == ["row 1 is dated in the future"]


def test_the_anchor_of_an_empty_ledger(where: str) -> None:
    with Ledger(where) as ledger:
        noted = str(ledger.head)
        assert noted == "0:" and ledger.verify(noted).ok
        ledger.open_account(A, "A")
        assert ledger.verify(noted).ok
        for text in (f"0:{'a' * 64}", "1:", f"{'1' * 5000}:{'a' * 64}", "١:" + "a" * 64):
            with pytest.raises(LedgerError, match="is not an anchor"):
                ledger.verify(text)
        with pytest.raises(LedgerError, match="is not an anchor"):
            ledger.verify(5)  # type: ignore[arg-type]


def test_a_series_that_is_not_in_its_normal_form_is_found(ledger: Ledger) -> None:
    """Someone with full rights retires a unit again under a series that looks the same."""
    from sqlalchemy import text

    from carbonacct.ledger.chain import row_hash
    from carbonacct.ledger.tables import COLUMNS

    (seq,) = ledger.append([retired(1, 10)])
    with ledger.database.reading() as connection:
        row = dict(connection.execute(text(f"SELECT * FROM journal WHERE seq = {seq}")).mappings().one())
    row |= {"seq": seq + 1, "previous": row["hash"], "series": row["series"].lower()}
    row["hash"] = row_hash([row[name] for name in COLUMNS])
    names = ", ".join(row)
    raw(ledger, f"INSERT INTO journal ({names}) VALUES ({', '.join(f':{name}' for name in row)})", **row)
    raw(ledger, "UPDATE head SET seq = :seq, hash = :hash", seq=row["seq"], hash=row["hash"])
    assert ledger.verify().problems == [
        f"row {seq + 1}: the series 'cd-2023-01' is not in its normal form",
        f"rows {seq} and {seq + 1} retire the same serial numbers",
    ]


def test_verify_refuses_an_unreadable_anchor_on_the_command_line(base: Path) -> None:
    assert "is not an anchor" in refused("verify", base, "--anchor", "9" * 5000)
