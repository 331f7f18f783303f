"""Connections: durable, one writer at a time, consistent reads; SQLite and PostgreSQL alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.pool import StaticPool

from carbonacct.ledger.errors import LedgerError
from carbonacct.messages import say

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

BUSY = 120  # seconds a writer waits for the others


class Database:
    """An engine with its two kinds of transaction, :meth:`reading` and :meth:`writing`."""

    def __init__(self, where: str | Path) -> None:
        self.url = _url(where)
        if self.url.get_backend_name() not in ("sqlite", "postgresql"):
            raise LedgerError([say("ledger.backend", name=self.url.get_backend_name())])
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite:
            options: dict[str, Any] = {"connect_args": {"timeout": BUSY, "check_same_thread": False}}
            if self._in_memory:
                options["poolclass"] = StaticPool  # every connection of its own would be a database of its own
            self.engine = create_engine(self.url, **options)
            event.listen(self.engine, "connect", _set_up_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = create_engine(self.url, isolation_level="READ COMMITTED", pool_pre_ping=True)
            event.listen(self.engine, "connect", _set_up_postgresql)

    @property
    def _in_memory(self) -> bool:
        return self.sqlite and self.url.database in (None, "", ":memory:")

    @property
    def missing(self) -> bool:
        """Whether it is an SQLite file that is not there; connecting would make it."""
        return self.sqlite and not self._in_memory and not Path(str(self.url.database)).is_file()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent snapshot; writers are not hindered."""
        level = {} if self.sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.engine.connect().execution_options(**level) as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing, durable when left. The caller locks the head (SQLite: the whole file is locked from the start)."""
        with self.engine.connect().execution_options(carbonacct_writing=True) as connection, connection.begin():
            yield connection

    def close(self) -> None:
        self.engine.dispose()


def _url(where: str | Path) -> URL:
    """A database URL, or the path of an SQLite file."""
    text = str(where)
    if "://" not in text:
        return make_url("sqlite://").set(database=text)
    url = make_url(text)
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; see _begin_sqlite
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("carbonacct_writing") else "BEGIN")


def _set_up_postgresql(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    connection.commit()
