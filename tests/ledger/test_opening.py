"""Opening: what is no ledger is left alone, what cannot be used is said in a line, reading changes nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from carbonacct.ledger import Ledger, LedgerError, StorageError, database, emission
from carbonacct.ledger.verify import Verification
from tests.ledger.conftest import A, B
from tests.ledger.test_cli import done, recorded, refused
from tests.ledger.test_ledger import emitted


@pytest.fixture
def filed(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger:
        ledger.open_account(A, "A")
        ledger.consent(A, "letter")
    return path


@contextmanager
def changing(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


# what is no ledger ---------------------------------------------------------------------------------------------

FOREIGN = [
    ["CREATE TABLE customers (name TEXT)"],
    ["CREATE TABLE migration (version INTEGER)", "INSERT INTO migration VALUES (2)"],
    ["CREATE TABLE migration (version INTEGER, at INTEGER)", "INSERT INTO migration VALUES (2, 0)"],
    ["CREATE TABLE migration (version TEXT, at TEXT)", "CREATE TABLE head (x)", "INSERT INTO migration VALUES ('a', 'b')"],
    ["CREATE TABLE migration (version TEXT, at TEXT)", "CREATE TABLE head (x)"],
]


@pytest.mark.parametrize("statements", FOREIGN)
def test_other_peoples_files_are_left_alone(tmp_path: Path, statements: list[str]) -> None:
    path = tmp_path / "foreign.db"
    with changing(path) as connection:
        for statement in statements:
            connection.execute(statement)
    before = path.read_bytes()
    for arguments in (["verify", path], ["open", path, A, "X"], ["statement", path, A], ["close", path, A, "2023"]):
        assert f"{path}: this is no ledger, it holds something else" in refused(*arguments)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["foreign.db"]


def test_other_peoples_servers_are_left_alone(where: str) -> None:
    if not where.startswith("postgresql"):
        return
    import psycopg

    with psycopg.connect(where, autocommit=True) as connection:
        connection.execute("CREATE TABLE customers (name TEXT)")  # a database may be shared …
        with Ledger(where) as ledger:
            assert ledger.verify().ok
        connection.execute("DROP TABLE migration, head")
    with pytest.raises(LedgerError, match=r"this is no ledger, .*\(document, journal\)"):  # … but not the names
        Ledger(where)


def test_nothing_is_made_for_a_bad_code(tmp_path: Path) -> None:
    assert "not a unified social credit code" in refused("open", tmp_path / "new.db", "BADCODE", "X")
    assert "name must not be empty" in refused("open", tmp_path / "new.db", A, " ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["", ":memory:", "sqlite://", "sqlite:///:memory:"])
def test_the_command_line_needs_a_place_that_stays(place: str) -> None:
    assert "a ledger needs a place that stays" in refused("open", place, A, "X")


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("postgresql://host:abc/x", "not a database URL"),
        ("sqlite:///l.db?timeout=abc", "an SQLite URL takes no options (timeout)"),
        ("postgresql://user:secret@127.0.0.1:1/x?nosuch=1", "the database cannot be used"),
        ("nodir/l.db", "nodir/l.db: the database cannot be used: unable to open database file"),
        ("a\0b", "a ledger needs a place"),
    ],
)
def test_places_that_cannot_be(place: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = refused("open", place, A, "X")
    assert said in found and "secret" not in found
    assert not list(tmp_path.iterdir())


def test_a_directory_is_no_ledger(tmp_path: Path) -> None:
    assert "the database cannot be used" in refused("open", tmp_path, A, "X")


# what cannot be used -------------------------------------------------------------------------------------------


def test_a_locked_database_is_said_so(filed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY", 0.1)
    with changing(filed) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert "database is locked" in refused("close", filed, A, "2023")
        assert done("verify", filed)["ok"]  # readers are not hindered


def test_a_read_only_database_is_said_so(where: str) -> None:
    with Ledger(where) as ledger:
        ledger.open_account(A, "A")
    if where.startswith("postgresql"):
        import psycopg

        with psycopg.connect(where, autocommit=True) as connection:
            name = connection.execute("SELECT current_database()").fetchone()
            assert name is not None
            connection.execute(f"ALTER DATABASE {name[0]} SET default_transaction_read_only = on")
        assert "read-only transaction" in refused("close", where, A, "2023")
    with Ledger(where, read_only=True) as ledger:
        with pytest.raises(LedgerError, match="the ledger is open for reading only"):
            ledger.close_period(A, 2023)
        assert ledger.verify().ok


def test_errors_of_the_database_are_ledger_errors(filed: Path) -> None:
    with Ledger(filed) as ledger:
        with changing(filed) as connection:
            connection.execute("DROP TABLE head")
        with pytest.raises(StorageError, match=r"ledger\.db: the database cannot be used: no such table: head"):
            ledger.close_period(A, 2023)
        with pytest.raises(StorageError, match="no such table"):
            ledger.balance(A, 2023)


def damage(path: Path, table: str) -> None:
    """Overwrite the root page of a table."""
    with changing(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = bytearray(path.read_bytes())
    data[(page - 1) * size : page * size] = b"\x55" * size
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("table", ["journal", "head", "document"])
def test_a_damaged_page_is_found(filed: Path, table: str) -> None:
    damage(filed, table)
    with Ledger(filed, create=False, read_only=True) as ledger:
        found = ledger.verify()
    assert isinstance(found, Verification) and not found.ok
    assert any("malformed" in problem for problem in found.problems)
    if table != "document":
        assert "malformed" in refused("statement", filed, A)
        assert "malformed" in refused("close", filed, A, "2023")


# reading only --------------------------------------------------------------------------------------------------


def test_an_auditor_verifies_a_copy_that_cannot_be_written(filed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    copy = folder / "a?b#c.db"
    shutil.copy(filed, copy)
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder)  # root may write anywhere
    before = copy.read_bytes()
    assert done("verify", copy)["ok"] and done("statement", copy, A)["name"] == "A"
    assert [file.name for file in folder.iterdir()] == ["a?b#c.db"] and copy.read_bytes() == before
    with changing(copy) as connection:
        connection.execute("CREATE TABLE x (y)")  # leaves changes beside the file while the connection is open
        assert done("verify", copy)["rows"] == 2


def test_reading_leaves_nothing_behind(filed: Path) -> None:
    before = filed.read_bytes()
    for arguments in (["verify", filed], ["statement", filed, A], ["accounts", filed], ["account", filed, A]):
        done(*arguments)
    assert [file.name for file in filed.parent.iterdir()] == ["ledger.db"] and filed.read_bytes() == before


def test_an_older_ledger_is_not_read_only_updated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from carbonacct.ledger import migrations

    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        Ledger(tmp_path / "old.db").close()
    assert "is of an older version" in refused("verify", tmp_path / "old.db")


# threads -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["sqlite://", "file"])
def test_threads_lose_nothing(place: str, tmp_path: Path) -> None:
    emission(A, 2023, 1, gwp="AR6", source="self_declared")  # reads the tables of rules, once
    rows: list[int] = []
    failed: list[Any] = []
    with Ledger(place if place == "sqlite://" else tmp_path / "l.db") as ledger:
        ledger.open_account(A, "A")
        ledger.consent(A, "c")

        def write() -> None:
            for _ in range(15):
                try:
                    rows.extend(ledger.append([emission(A, 2023, 1, gwp="AR6", source="self_declared")]))
                    ledger.balance(A, 2023)
                except Exception as error:
                    failed.append(error)

        threads = [Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed
        assert sorted(rows) == list(range(3, 63)) and ledger.head.seq == 62
        assert ledger.verify().ok


# commands ------------------------------------------------------------------------------------------------------


def test_accounts_can_be_listed_and_looked_at(filed: Path) -> None:
    with Ledger(filed) as ledger:
        ledger.open_account(B, "B")
        ledger.append([emitted()])
    recorded("close", filed, A, "2023", "--reason", "year's end")
    assert done("accounts", filed) == [{"account": A, "name": "A"}, {"account": B, "name": "B"}]
    found = done("account", filed, A)
    assert (found["state"], found["closed"], found["consents"]["emission"]) == ("active", [2023], 2)
    assert done("account", filed, A, "--as-of", "2")["closed"] == []
    from tests.test_cli import run

    assert "consents in force (row): emission (2)" in run("ledger", "account", filed, A).stdout
    assert run("ledger", "accounts", filed).stdout.splitlines() == [f"{A}  A", f"{B}  B"]


def test_a_terminal_without_chinese_gets_escapes(filed: Path) -> None:
    import subprocess
    import sys

    with Ledger(filed) as ledger:
        ledger.open_account(B, "乙公司")
    found = subprocess.run(
        [sys.executable, "-m", "carbonacct", "ledger", "accounts", filed],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert (found.returncode, found.stderr) == (0, "") and r"\u4e59" in found.stdout
