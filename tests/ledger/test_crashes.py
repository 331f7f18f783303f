"""kill -9 and concurrent writers. ``CARBONACCT_LEDGER_FULL=1``: 200 kills, 4 writers of 5,000 entries."""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from carbonacct.ledger import Ledger
from carbonacct.ledger.errors import StorageError
from tests.ledger.conftest import A, B
from tests.ledger.writers import Writers

FULL = os.environ.get("CARBONACCT_LEDGER_FULL") == "1"
KILLS = 200 if FULL else 20
ENTRIES = 5000 if FULL else 250


@pytest.fixture
def shared(where: str) -> str:
    with Ledger(where) as ledger:
        for account in (A, B):
            ledger.open_account(account, "X")
            ledger.consent(account, "c")
    return where


@pytest.fixture
def writers(shared: str, tmp_path: Path) -> Iterator[Writers]:
    started = Writers(shared, tmp_path)
    yield started
    started.stop()


def open_again(where: str) -> Ledger:
    """A PostgreSQL server needs a moment to recover."""
    for _ in range(200):
        try:
            return Ledger(where)
        except StorageError:
            time.sleep(0.05)
    raise AssertionError("the server does not come back")


def kill_backend(where: str, chance: random.Random) -> None:
    """kill -9 to a server process that works for a writer: the server restarts and recovers from its log."""
    try:
        with psycopg.connect(where) as connection:
            query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            pids = [pid for (pid,) in connection.execute(query)]
        if pids:
            os.kill(chance.choice(pids), 9)
    except (psycopg.OperationalError, ProcessLookupError):
        return


def check(where: str, writers: Writers) -> int:
    """Confirmed batches are there, batches are whole, no serial number is retired twice, the chain holds."""
    confirmed = writers.confirmed()
    with open_again(where) as ledger:
        found = ledger.verify()
        assert found.problems == []
        with ledger.database.reading() as connection:
            rows = connection.execute(
                text("SELECT seq, details, first, last FROM journal WHERE kind IN ('emission', 'neutralisation')")
            ).all()
    tokens = {row.seq: json.loads(row.details).get("token") for row in rows}
    for token, seqs in confirmed.items():
        assert [tokens[seq] for seq in seqs] == [token] * len(seqs)
    for token, number in Counter(tokens.values()).items():
        assert number == int(token.split("/")[2])
    serials = [serial for row in rows if row.first is not None for serial in range(row.first, row.last + 1)]
    assert len(serials) == len(set(serials))
    return len(rows)


def test_killed_writers_lose_nothing(shared: str, writers: Writers) -> None:
    chance = random.Random(1)
    postgresql = shared.startswith("postgresql")
    for number in range(KILLS):
        while len(running := writers.running()) < 3:
            writers.start()
        victim = chance.choice(running)
        writers.at_work(victim)
        time.sleep(chance.uniform(0, 0.05))
        if postgresql and number % 5 == 4:
            kill_backend(shared, chance)
            open_again(shared).close()
        else:
            writers.kill(victim)
        if number % 20 == 19:
            assert check(shared, writers) > 0
    for pid in writers.running():
        writers.kill(pid)
    entries = check(shared, writers)
    print(f"{KILLS} kills, {entries} entries, {len(writers.confirmed())} batches confirmed")
    assert entries > KILLS


def test_four_writers_lose_nothing(shared: str, writers: Writers) -> None:
    started = time.perf_counter()
    for _ in range(4):
        writers.start(ENTRIES)
    while writers.running():
        time.sleep(0.02)
    taken = time.perf_counter() - started
    print(f"4 x {ENTRIES} entries in {taken:.1f} s: {4 * ENTRIES / taken:.0f}/s")
    with Ledger(shared) as ledger:
        assert len(ledger.statement(A).frame) + len(ledger.statement(B).frame) == 4 * ENTRIES
        assert ledger.verify().ok
    rows = [seq for seqs in writers.confirmed().values() for seq in seqs]
    assert len(rows) == len(set(rows)) == 4 * ENTRIES
