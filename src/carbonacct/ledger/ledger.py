"""The ledger: open accounts, take consents, record, reverse, close; balances, statements and verification."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from datetime import time as day_time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sqlalchemy import Connection, Select, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from carbonacct.ledger import balance as balances
from carbonacct.ledger import migrations
from carbonacct.ledger.book import Account, Book
from carbonacct.ledger.chain import canonical, row_hash, text_hash
from carbonacct.ledger.codes import check_code
from carbonacct.ledger.database import Database
from carbonacct.ledger.entries import LARGEST, ORGANISATION, Entry, check_year, is_line
from carbonacct.ledger.errors import LedgerError
from carbonacct.ledger.guards import MARK
from carbonacct.ledger.rules import subject_kind
from carbonacct.ledger.tables import COLUMNS, ENTRIES, EVENTS, document, head, journal
from carbonacct.messages import say

if TYPE_CHECKING:
    import pandas as pd

    from carbonacct.engine.result import Result
    from carbonacct.ledger.statement import Statement
    from carbonacct.ledger.verify import Verification

AsOf = datetime | date | int | None
Periods = int | Iterable[int] | None
CHINA = timezone(timedelta(hours=8))
MANY = 500  # values in one IN list


class Head(NamedTuple):
    """The last row's number and hash. Kept elsewhere, it later proves that nothing before it has changed."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """From ``seq:hash``. Raises LedgerError."""
        match = re.fullmatch(r"(\d+):([0-9a-f]{64})", text.strip())
        if match is None:
            raise LedgerError([say("ledger.anchor_form", text=text)])
        return cls(int(match[1]), match[2])


class Ledger:
    """A ledger in an SQLite file (a path) or a PostgreSQL database (a URL); migrated when opened.

    Several processes and threads may use one database. Each call that writes is one transaction: all of it is recorded,
    durably, or nothing. ``create``: make a ledger where there is none, else that is a LedgerError. ``clock`` gives
    microseconds since 1970-01-01 UTC.
    """

    def __init__(self, where: str | Path, create: bool = True, clock: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        self.database = Database(where)
        self.clock = clock
        try:
            self._migrate(create)
        except BaseException:
            self.close()
            raise

    def _migrate(self, create: bool) -> None:
        if not create and self.database.missing:
            raise LedgerError([say("ledger.none", where=self.database.url.render_as_string())])
        with self.database.reading() as connection:
            found = migrations.version(connection)
        if found == 0 and not create:
            raise LedgerError([say("ledger.none", where=self.database.url.render_as_string())])
        if found < len(migrations.MIGRATIONS):
            with self.database.writing() as connection:
                migrations.migrate(connection)

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # accounts --------------------------------------------------------------------------------------------------

    def open_account(self, account: str, name: str) -> int:
        """Open an account under its unified social credit code; gives the row's number, as all of these do."""
        return self._event("account", account, {"name": _filled(name, "name")})

    def set_state(self, account: str, state: str, reason: str) -> int:
        """``active``, ``disabled`` (only corrections are taken) or ``cancelled`` (nothing is, for good)."""
        if state not in ("active", "disabled", "cancelled"):
            raise LedgerError([say("ledger.state", state=state)])
        return self._event("state", account, {"state": state, "reason": _filled(reason, "reason")})

    def consent(self, account: str, reference: str, kinds: Iterable[str] = ENTRIES, evidence: str | None = None) -> int:
        """The enterprise's consent to the recording of entries of these kinds; entries carry its number.

        ``reference`` names the authorisation, ``evidence`` may be a hash of the document.
        """
        listed = list(dict.fromkeys(kinds))
        if not listed or any(kind not in ENTRIES for kind in listed):
            raise LedgerError([say("ledger.entry_kind", known=", ".join(ENTRIES))])
        details = {"kinds": listed, "reference": _filled(reference, "reference"), "evidence": evidence}
        return self._event("consent", account, details)

    def withdraw(self, account: str, reason: str) -> int:
        """The enterprise takes its consents back: nothing new is recorded; what is recorded stays."""
        return self._event("withdrawal", account, {"reason": _filled(reason, "reason")})

    def close_period(self, account: str, period: int, reason: str = "") -> int:
        """Close a year of an account: no entries and no corrections in it."""
        return self._event("close", account, {"reason": reason}, period)

    def reopen_period(self, account: str, period: int, reason: str) -> int:
        """Open a closed year again; closing and opening stay in the journal."""
        return self._event("reopen", account, {"reason": _filled(reason, "reason")}, period)

    def account(self, account: str, as_of: AsOf = None) -> Account:
        """Name, state, consents in force and closed years. Raises LedgerError if there is none."""
        code = check_code(account)
        with self.database.reading() as connection:
            book = self._book(connection, {code}, self._upto(connection, as_of))
        if code not in book.accounts:
            raise LedgerError([say("ledger.no_account", account=code)])
        return book.accounts[code]

    def accounts(self) -> dict[str, str]:
        """Names by code, in the order of opening."""
        query = select(journal.c.account, journal.c.details).where(journal.c.kind == "account").order_by(journal.c.seq)
        with self.database.reading() as connection:
            return {code: json.loads(details)["name"] for code, details in connection.execute(query)}

    # entries ---------------------------------------------------------------------------------------------------

    def append(self, entries: Iterable[Entry]) -> list[int]:
        """Record entries, all or none; gives their numbers. Raises LedgerError with every reason against it."""
        batch = list(entries)
        documents = {text_hash(entry.document): entry.document for entry in batch if entry.document is not None}

        def rows(connection: Connection, book: Book) -> list[dict[str, Any]]:
            _store(connection, documents)
            return [_row(entry, book.consent(entry.account, entry.kind)) for entry in batch]

        return self._write({entry.account for entry in batch}, rows, batch)

    def reverse(self, seq: int, reason: str) -> int:
        """Take an entry back by a reversing one (a correction is this and a new entry). Both stay in the journal.

        Reversing a neutralisation says that it was recorded wrongly: its serial numbers may be recorded again.
        """
        with self.database.reading() as connection:
            original = connection.execute(select(journal).where(journal.c.seq == min(seq, LARGEST))).one_or_none()
        if original is None or original.kind not in ENTRIES:
            raise LedgerError([say("ledger.no_entry", seq=seq)])
        if original.reverses is not None:
            raise LedgerError([say("ledger.reverses_reversal", seq=seq)])
        copied = {name: getattr(original, name) for name in COLUMNS}
        details = canonical({"reason": _filled(reason, "reason")})

        def rows(connection: Connection, _: Book) -> list[dict[str, Any]]:
            before = connection.scalar(select(journal.c.seq).where(journal.c.reverses == seq))
            if before is not None:
                raise LedgerError([say("ledger.reversed", seq=seq, by=before)])
            return [{**copied, "reverses": seq, "record": None, "details": details}]

        return self._write({original.account}, rows)[0]

    def result(self, seq: int) -> Result:
        """The result that an entry was taken from, calculated again from its record."""
        from carbonacct.methodology import load

        query = select(document.c.content).where(document.c.hash == journal.c.record, journal.c.seq == seq)
        with self.database.reading() as connection:
            content = connection.scalar(query)
        if content is None:
            raise LedgerError([say("ledger.no_record", seq=seq)])
        stored = json.loads(content)
        return load(stored["methodology"]).replay(stored)

    # reading ---------------------------------------------------------------------------------------------------

    @property
    def head(self) -> Head:
        """The last row. Keep it outside of the database as an anchor for :meth:`verify`."""
        with self.database.reading() as connection:
            return _head(connection)

    def balance(self, account: str, periods: Periods, subject: str = ORGANISATION, as_of: AsOf = None) -> balances.Balance:
        """The balance of a subject over a year or several: ``.emission``, ``.reduction``, ``.retired``, ``.neutrality``.

        ``as_of``: a time with zone, a day (its end, China Standard Time) or a row number; what was recorded later is left
        out. Raises LedgerError.
        """
        subject_kind(subject)
        rows = self._entries(check_code(account), periods, as_of)
        return balances.balance([row for row in balances.effective(balances.in_force(rows)) if row.subject == subject])

    def neutrality(self, account: str, periods: Periods, subject: str = ORGANISATION, as_of: AsOf = None) -> balances.Neutrality:
        """The neutrality rate of a subject. Raises LedgerError where no claim can be stated."""
        if not subject_kind(subject).claim:
            raise LedgerError([say("ledger.no_claim", subject=subject)])
        return self.balance(account, periods, subject, as_of).neutrality

    def statement(self, account: str, periods: Periods = None, as_of: AsOf = None) -> Statement:
        """All entries of an account with their standing, and the balance of each subject and year."""
        from carbonacct.ledger.statement import Statement

        code = check_code(account)
        with self.database.reading() as connection:
            upto = self._upto(connection, as_of)
            book = self._book(connection, {code}, upto)
            if code not in book.accounts:
                raise LedgerError([say("ledger.no_account", account=code)])
            rows = connection.execute(_select(code, periods, upto)).all()
            last = connection.execute(select(journal.c.seq, journal.c.hash).where(journal.c.seq == upto)).one()
        return Statement(code, book.accounts[code], rows, Head(*last))

    def statistics(self, as_of: AsOf = None) -> pd.DataFrame:
        """Over all accounts: how many entries in force and accounts there are of each kind in each year."""
        import pandas as pd

        later = journal.alias("later")
        with self.database.reading() as connection:
            upto = self._upto(connection, as_of)
            taken_back = select(later.c.seq).where(later.c.reverses == journal.c.seq, later.c.seq <= upto).exists()
            query = (
                select(journal.c.kind, journal.c.period, func.count(), func.count(journal.c.account.distinct()))
                .where(journal.c.kind.in_(ENTRIES), journal.c.reverses.is_(None), journal.c.seq <= upto, ~taken_back)
                .group_by(journal.c.kind, journal.c.period)
                .order_by(journal.c.period, journal.c.kind)
            )
            rows = [tuple(row) for row in connection.execute(query)]
        return pd.DataFrame(rows, columns=["kind", "period", "entries", "accounts"])

    def verify(self, anchor: Head | str | None = None) -> Verification:
        """Check every row: content against hash, the chain, the rules, serial numbers, records, triggers; and the anchor."""
        from carbonacct.ledger.verify import verify

        known = Head.parse(anchor) if isinstance(anchor, str) else anchor
        with self.database.reading() as connection:
            return verify(connection, known)

    # inside ----------------------------------------------------------------------------------------------------

    def _event(self, kind: str, account: str, details: Mapping[str, Any], period: int | None = None) -> int:
        code = check_code(account)
        if period is not None:
            check_year(period)
        row = {**dict.fromkeys(COLUMNS), "kind": kind, "account": code, "period": period, "details": canonical(details)}
        return self._write({code}, lambda connection, book: [row])[0]

    def _write(
        self, accounts: set[str], make: Callable[[Connection, Book], list[dict[str, Any]]], batch: list[Entry] | None = None
    ) -> list[int]:
        """Append the rows that ``make`` gives, each checked against the accounts as the rows before it have left them."""
        with self._refusals(batch or []), self.database.writing() as connection:
            seq, previous = _head(connection, lock=True)
            book = self._book(connection, accounts, seq)
            last = connection.scalar(select(journal.c.at).where(journal.c.seq == seq)) or 0
            at = max(self.clock(), last)
            rows = make(connection, book)
            problems = []
            for seq, row in enumerate(rows, seq + 1):  # noqa: B020
                row |= {"seq": seq, "at": at, "previous": previous}
                if (problem := book.apply(row)) is not None:
                    problems.append(problem)
                row["hash"] = previous = row_hash([row[name] for name in COLUMNS])
            if problems:
                raise LedgerError(dict.fromkeys(problems))
            if rows:
                connection.execute(insert(journal).returning(journal.c.seq), rows)  # one statement for many rows
                connection.execute(update(head).values(seq=seq, hash=previous))
        return [row["seq"] for row in rows]

    @contextmanager
    def _refusals(self, batch: list[Entry]) -> Iterator[None]:
        """What the database's triggers refuse, in words."""
        try:
            yield
        except DBAPIError as error:
            mark = re.search(rf"{MARK}([\w-]+)", str(error.orig))
            if mark is None:
                raise
            problems = self._retired(batch) if mark[1] == "retired" else [say(f"ledger.refused.{mark[1]}")]
            raise LedgerError(problems) from error

    def _retired(self, batch: list[Entry]) -> list[str]:
        """Which serial numbers of the batch are retired already, or stand in it twice."""
        problems = []
        units = [entry for entry in batch if entry.first is not None]
        later = journal.alias("later")
        with self.database.reading() as connection:
            for number, entry in enumerate(units):
                words = {"instrument": entry.instrument, "series": entry.series, "first": entry.first, "last": entry.last}
                query = select(func.min(journal.c.seq)).where(
                    journal.c.instrument == entry.instrument,
                    journal.c.series == entry.series,
                    journal.c.first <= entry.last,
                    journal.c.last >= entry.first,
                    journal.c.reverses.is_(None),
                    ~select(later.c.seq).where(later.c.reverses == journal.c.seq).exists(),
                )
                if (seq := connection.scalar(query)) is not None:
                    problems.append(say("ledger.retired", **words, seq=seq))
                elif any(_overlap(entry, other) for other in units[:number]):
                    problems.append(say("ledger.retired_in_batch", **words))
        return problems

    def _book(self, connection: Connection, accounts: Iterable[str], upto: int) -> Book:
        """The accounts as their events up to a row have made them."""
        book, listed = Book(), sorted(accounts)
        for start in range(0, len(listed), MANY):
            query = (
                select(journal.c.seq, journal.c.kind, journal.c.account, journal.c.period, journal.c.details)
                .where(journal.c.account.in_(listed[start : start + MANY]), journal.c.kind.in_(EVENTS), journal.c.seq <= upto)
                .order_by(journal.c.seq)
            )
            for row in connection.execute(query).mappings():
                book.apply(dict(row))
        return book

    def _entries(self, account: str, periods: Periods, as_of: AsOf) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(_select(account, periods, self._upto(connection, as_of))))

    def _upto(self, connection: Connection, as_of: AsOf) -> int:
        """The number of the last row recorded by then."""
        if as_of is None:
            return _head(connection).seq
        if isinstance(as_of, int):
            return min(as_of, _head(connection).seq)
        if not isinstance(as_of, datetime):
            as_of = datetime.combine(as_of, day_time.max, CHINA)
        if as_of.tzinfo is None:
            raise LedgerError([say("ledger.naive", time=as_of.isoformat())])
        moment = (as_of - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        return connection.scalar(select(func.max(journal.c.seq)).where(journal.c.at <= moment)) or 0


def _select(account: str, periods: Periods, upto: int) -> Select[Any]:
    query = select(journal).where(journal.c.account == account, journal.c.kind.in_(ENTRIES), journal.c.seq <= upto)
    if periods is not None:
        query = query.where(journal.c.period.in_([periods] if isinstance(periods, int) else list(periods)))
    return query.order_by(journal.c.seq)


def _head(connection: Connection, lock: bool = False) -> Head:
    query = select(head.c.seq, head.c.hash)
    return Head(*connection.execute(query.with_for_update() if lock else query).one())


def _row(entry: Entry, consent: int | None) -> dict[str, Any]:
    return {
        **dict.fromkeys(COLUMNS),
        **{name: getattr(entry, name) for name in Entry.__slots__ if name in COLUMNS},
        "consent": consent,
        "record": None if entry.document is None else text_hash(entry.document),
        "details": canonical(entry.details),
    }


def _store(connection: Connection, documents: Mapping[str, str]) -> None:
    """Keep the records that are not there yet."""
    listed = sorted(documents)
    for start in range(0, len(listed), MANY):
        some = listed[start : start + MANY]
        known = set(connection.scalars(select(document.c.hash).where(document.c.hash.in_(some))))
        if new := [{"hash": key, "content": documents[key]} for key in some if key not in known]:
            connection.execute(insert(document), new)


def _overlap(one: Entry, other: Entry) -> bool:
    assert one.first is not None and one.last is not None and other.first is not None and other.last is not None
    same = (one.instrument, one.series) == (other.instrument, other.series)
    return same and one.first <= other.last and other.first <= one.last


def _filled(text: str, name: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise LedgerError([say("ledger.empty", name=name)])
    if not is_line(text.strip()):
        raise LedgerError([say("ledger.text", name=name)])
    return text.strip()
