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


def statements(dialect: str) -> tuple[str, ...]:
    """The SQL that creates the tables and indexes."""
    # INTEGER PRIMARY KEY is SQLite's own row number, 64 bits; elsewhere INTEGER has 32
    key = "INTEGER" if dialect == "sqlite" else "BIGINT"
    return (
        "CREATE TABLE document (hash TEXT PRIMARY KEY, content TEXT NOT NULL)",
        f"""CREATE TABLE journal (
            seq {key} PRIMARY KEY CHECK (seq > 0), at BIGINT NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
            period INTEGER, subject TEXT, part TEXT, model TEXT, amount BIGINT CHECK (amount >= 0), source TEXT, gwp TEXT,
            instrument TEXT, series TEXT, first BIGINT CHECK (first >= 0), last BIGINT CHECK (last >= first),
            consent BIGINT REFERENCES journal (seq), reverses BIGINT UNIQUE REFERENCES journal (seq),
            record TEXT REFERENCES document (hash), details TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL,
            CHECK (kind IN ('account', 'state', 'consent', 'withdrawal', 'close', 'reopen')
                OR kind IN ('emission', 'reduction', 'neutralisation')
                    AND period IS NOT NULL AND subject IS NOT NULL AND part IS NOT NULL AND amount IS NOT NULL
                    AND (model IS NOT NULL) = (kind = 'reduction')),
            CHECK ((first IS NULL) = (kind <> 'neutralisation')))""",
        "CREATE INDEX journal_account ON journal (account, kind, period)",
        "CREATE INDEX journal_serials ON journal (instrument, series, first) WHERE first IS NOT NULL",
        "CREATE INDEX journal_at ON journal (at)",
        "CREATE UNIQUE INDEX journal_opened ON journal (account) WHERE kind = 'account'",
        "CREATE TABLE head (seq BIGINT NOT NULL, hash TEXT NOT NULL)",
        "INSERT INTO head (seq, hash) VALUES (0, '')",
    )


def _tables(connection: Connection) -> None:
    for statement in statements(connection.dialect.name):
        connection.execute(text(statement))


OURS = {"journal", "document", "head"}
MIGRATIONS: tuple[Callable[[Connection], None], ...] = (_tables, create_guards)


def version(connection: Connection) -> int:
    """The version of the database, 0 if there is no ledger in it yet.

    Raises LedgerError if it is newer than this library or holds something else: nothing is added to other people's tables.
    """
    found = inspect(connection)
    tables = set(found.get_table_names())
    if "migration" not in tables:
        # a server's database may be shared, a file is either a ledger or not
        others = tables if connection.dialect.name == "sqlite" else tables & OURS
        if others:
            raise LedgerError([say("ledger.foreign", tables=", ".join(sorted(others)[:5]))])
        return 0
    columns = {column["name"] for column in found.get_columns("migration")}
    done = connection.scalar(select(func.max(migration.c.version))) if columns == {"version", "at"} and tables & OURS else None
    if not isinstance(done, int) or done < 1:
        raise LedgerError([say("ledger.foreign", tables=", ".join(sorted(tables)[:5]))])
    if done > len(MIGRATIONS):
        raise LedgerError([say("ledger.newer", found=done, known=len(MIGRATIONS))])
    return done


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
