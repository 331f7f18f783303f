"""Versions of the database, applied in order, each in full or not at all; a database of a later version is refused.

A released migration is never edited: a change of the tables is a new entry at the end of ``MIGRATIONS``.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection, func, insert, inspect, select, text

from carbonacct.ledger.errors import LedgerError
from carbonacct.ledger.guards import create_guards
from carbonacct.ledger.tables import migration
from carbonacct.messages import say


def _tables(connection: Connection) -> None:
    # INTEGER PRIMARY KEY is SQLite's own row number, 64 bits; elsewhere INTEGER has 32
    key = "INTEGER" if connection.dialect.name == "sqlite" else "BIGINT"
    for statement in (
        "CREATE TABLE document (hash TEXT PRIMARY KEY, content TEXT NOT NULL)",
        f"""CREATE TABLE journal (
            seq {key} PRIMARY KEY CHECK (seq > 0), at BIGINT NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
            period INTEGER, subject TEXT, part TEXT, amount BIGINT CHECK (amount >= 0), source TEXT, gwp TEXT,
            instrument TEXT, series TEXT, first BIGINT CHECK (first >= 0), last BIGINT CHECK (last >= first),
            consent BIGINT REFERENCES journal (seq), reverses BIGINT UNIQUE REFERENCES journal (seq),
            record TEXT REFERENCES document (hash), details TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL,
            CHECK (kind IN ('account', 'state', 'consent', 'withdrawal', 'close', 'reopen')
                OR kind IN ('emission', 'reduction', 'neutralisation')
                    AND period IS NOT NULL AND subject IS NOT NULL AND part IS NOT NULL AND amount IS NOT NULL),
            CHECK ((first IS NULL) = (kind <> 'neutralisation')))""",
        "CREATE INDEX journal_account ON journal (account, kind, period)",
        "CREATE INDEX journal_serials ON journal (instrument, series, first) WHERE first IS NOT NULL",
        "CREATE INDEX journal_at ON journal (at)",
        "CREATE UNIQUE INDEX journal_opened ON journal (account) WHERE kind = 'account'",
        "CREATE TABLE head (seq BIGINT NOT NULL, hash TEXT NOT NULL)",
        "INSERT INTO head (seq, hash) VALUES (0, '')",
    ):
        connection.execute(text(statement))


MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_tables, create_guards)


def version(connection: Connection) -> int:
    """The version of the database, 0 if there is no ledger in it yet. Raises LedgerError if it is newer than this library."""
    if not inspect(connection).has_table("migration"):
        return 0
    found = connection.scalar(select(func.max(migration.c.version))) or 0
    if found > len(MIGRATIONS):
        raise LedgerError([say("ledger.newer", found=found, known=len(MIGRATIONS))])
    return found


def migrate(connection: Connection) -> None:
    """Bring the database to the latest version, within the caller's transaction. Raises LedgerError if it is newer."""
    if connection.dialect.name == "postgresql":  # two openers at once; SQLite's write lock is already ours
        connection.execute(text("SELECT pg_advisory_xact_lock(7221420)"))
    done = version(connection)
    if done == 0:
        connection.execute(text("CREATE TABLE migration (version INTEGER PRIMARY KEY, at BIGINT NOT NULL)"))
    for number, step in enumerate(MIGRATIONS[done:], done + 1):
        step(connection)
        connection.execute(insert(migration).values(version=number, at=time.time_ns() // 1000))
