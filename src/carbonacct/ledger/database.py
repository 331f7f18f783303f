"""Connections: durable, one writer at a time, consistent reads; SQLite and PostgreSQL alike."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from carbonacct.ledger.errors import LedgerError, StorageError
from carbonacct.messages import say

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

BUSY = 120  # seconds a writer waits for the others


class Database:
    """An engine with its two kinds of transaction, :meth:`reading` and :meth:`writing`.

    ``read_only``: nothing of an SQLite file is changed by opening it; it may lie where nothing can be written.
    """

    def __init__(self, where: str | Path, read_only: bool = False) -> None:
        self.url = _url(where)
        if self.url.get_backend_name() not in ("sqlite", "postgresql"):
            raise LedgerError([say("ledger.backend", name=self.url.get_backend_name())])
        self.sqlite = self.url.get_backend_name() == "sqlite"
        # one connection serves all threads of a database in memory: its transactions take turns
        self._turns = RLock() if self.in_memory else nullcontext()
        with plainly(self.name):
            try:
                self._connect(read_only and not self.in_memory)
            except (ImportError, ValueError, TypeError) as error:  # no driver, an option that it does not know
                raise StorageError([say("ledger.database", where=self.name, reason=error)]) from error

    def _connect(self, read_only: bool) -> None:
        if self.sqlite:
            options: dict[str, Any] = {"connect_args": {"timeout": BUSY, "check_same_thread": False}}
            if self.in_memory:
                options["poolclass"] = StaticPool  # every connection of its own would be a database of its own
            self.engine = create_engine(_untouched(self.url) if read_only else self.url, **options)
            event.listen(self.engine, "connect", lambda connection, _: _set_up_sqlite(connection, read_only))
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = create_engine(self.url, isolation_level="READ COMMITTED", pool_pre_ping=True)
            event.listen(self.engine, "connect", _set_up_postgresql)

    @property
    def in_memory(self) -> bool:
        """Whether it is gone when closed."""
        return self.sqlite and self.url.database in (None, "", ":memory:")

    @property
    def name(self) -> str:
        """The file, or the URL without its password."""
        return str(self.url.database) if self.sqlite and not self.in_memory else self.url.render_as_string()

    @property
    def missing(self) -> bool:
        """Whether it is an SQLite file that is not there; connecting would make it."""
        return self.sqlite and not self.in_memory and not Path(str(self.url.database)).is_file()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent snapshot; writers are not hindered."""
        options: dict[str, Any] = {} if self.sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._turns, self.engine.connect().execution_options(**options) as connection:
            transaction = connection.begin()
            yield connection
            transaction.rollback()  # nothing to keep; a damaged file could not even commit that

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """All or nothing, durable when left. The caller locks the head (SQLite: the whole file is locked from the start)."""
        options = {"carbonacct_writing": True}
        with self._turns, self.engine.connect().execution_options(**options) as connection, connection.begin():
            yield connection

    def prepare(self) -> None:
        """Set up an empty database for a ledger, before its tables are made. The file itself keeps the setting."""
        if self.sqlite:
            connection = self.engine.raw_connection()
            try:
                connection.cursor().execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def plainly(where: str) -> Iterator[None]:
    """Errors of the database as StorageError, in a line."""
    try:
        yield
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        raise StorageError([say("ledger.database", where=where, reason=reason.splitlines()[0])]) from error


def _url(where: str | Path) -> URL:
    """A database URL, or the path of an SQLite file. Raises LedgerError."""
    text = str(where)
    if not text or "\0" in text:
        raise LedgerError([say("ledger.no_place")])
    if "://" not in text:
        return make_url("sqlite://").set(database=text)
    try:
        url = make_url(text)
    except (SQLAlchemyError, ValueError):  # the text may hold a password: it is not repeated
        raise LedgerError([say("ledger.url")]) from None
    if url.get_backend_name() == "sqlite":
        if url.query:
            raise LedgerError([say("ledger.url_options", options=", ".join(url.query))])
        return url.set(drivername="sqlite")
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def _untouched(url: URL) -> URL:
    """The URL of an SQLite file that is only read.

    Where SQLite can make and remove its files beside it, it may; elsewhere it must be told that nobody writes. Not so if there
    are changes in such a file, which it would then pass over.
    """
    path = Path(str(url.database)).resolve()
    log = Path(f"{path}-wal")
    options = {"uri": "true", "mode": "rw"}
    if not os.access(path.parent, os.W_OK):
        options |= {"mode": "ro"} if log.exists() and log.stat().st_size else {"mode": "ro", "immutable": "1"}
    elif not os.access(path, os.W_OK):
        options["mode"] = "ro"
    return url.set(database="file:" + quote(os.fsencode(path)), query=options)


def _set_up_sqlite(connection: Any, read_only: bool) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; see _begin_sqlite
    for pragma in ("synchronous = FULL", "foreign_keys = ON", f"query_only = {int(read_only)}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("carbonacct_writing") else "BEGIN")


def _set_up_postgresql(connection: Any, _: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    connection.commit()
