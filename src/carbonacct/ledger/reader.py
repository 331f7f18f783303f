"""What is read from a ledger: accounts, balances, statements, results; and its verification."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from sqlalchemy import Connection, Select, func, select

from carbonacct.errors import CarbonacctError
from carbonacct.ledger import balance as balances
from carbonacct.ledger import migrations
from carbonacct.ledger.asof import AsOf, row_or_moment
from carbonacct.ledger.book import Account, Book
from carbonacct.ledger.checks import check_row, check_year, is_whole, shown
from carbonacct.ledger.codes import check_code
from carbonacct.ledger.database import Database, plainly
from carbonacct.ledger.entries import ORGANISATION, result_hash
from carbonacct.ledger.errors import FOREIGN, LedgerError, StorageError
from carbonacct.ledger.rules import subject_kind
from carbonacct.ledger.tables import ENTRIES, EVENTS, document, head, journal
from carbonacct.messages import say

if TYPE_CHECKING:
    import pandas as pd

    from carbonacct.engine.result import Result
    from carbonacct.ledger.statement import Statement
    from carbonacct.ledger.verify import Verification

Periods = int | Iterable[int] | None
MANY = 500  # values in one IN list


class Head(NamedTuple):
    """The last row's number and hash. Kept elsewhere, it later proves that nothing before it has changed."""

    seq: int
    hash: str

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """From ``seq:hash`` (``0:`` for an empty ledger). Raises LedgerError."""
        match = re.fullmatch(r"([1-9][0-9]{0,17}):([0-9a-f]{64})|(0):()", text.strip()) if isinstance(text, str) else None
        if match is None:
            raise LedgerError([say("ledger.anchor_form", text=shown(text))])
        return cls(int(match[1] or 0), match[2] or "")


class Reader:
    """The reading half of :class:`carbonacct.ledger.Ledger`."""

    def __init__(self, where: str | Path, create: bool, read_only: bool) -> None:
        self.database = Database(where, read_only)
        self.read_only = read_only
        try:
            with plainly(self.database.name):
                self._open(create and not read_only)
        except BaseException:
            self.close()
            raise

    def _open(self, create: bool) -> None:
        database = self.database
        if not create and database.missing:
            raise LedgerError([say("ledger.none", where=database.name)])
        try:
            with database.reading() as connection:
                found = migrations.version(connection)
        except LedgerError as error:
            raise LedgerError(f"{database.name}: {problem}" for problem in error.problems) from None
        if found == 0 and not create:
            raise LedgerError([say("ledger.none", where=database.name)])
        if found < len(migrations.MIGRATIONS):
            if self.read_only:
                raise LedgerError([say("ledger.older", where=database.name)])
            if found == 0:
                database.prepare()
            with database.writing() as connection:
                migrations.migrate(connection)

    def close(self) -> None:
        """Give the connections back."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    # accounts --------------------------------------------------------------------------------------------------

    def account(self, account: str, as_of: AsOf = None) -> Account:
        """Name, state, consents in force and closed years. Raises LedgerError if there is none."""
        code = check_code(account)
        with self._reading() as connection:
            return _account(connection, code, _upto(connection, as_of))

    def accounts(self) -> dict[str, str]:
        """Names by code, in the order of opening."""
        query = select(journal.c.account, journal.c.details).where(journal.c.kind == "account").order_by(journal.c.seq)
        with self._reading() as connection, self._understood():
            return {code: json.loads(details)["name"] for code, details in connection.execute(query)}

    # figures ---------------------------------------------------------------------------------------------------

    @property
    def head(self) -> Head:
        """The last row. Keep it outside of the database as an anchor for :meth:`verify`."""
        with self._reading() as connection:
            return _head(connection)

    def balance(self, account: str, periods: Periods, subject: str = ORGANISATION, as_of: AsOf = None) -> balances.Balance:
        """The balance of a subject over a year or several: ``.emission``, ``.reduction``, ``.retired``, ``.neutrality``.

        ``as_of``: a time with zone, a day (its end, China Standard Time), either also as ISO text, or a row number; what was
        recorded later is left out. Raises LedgerError.
        """
        years = _years(periods)
        with self._understood():
            return balances.balance(self._counted(account, years, subject, as_of))

    def neutrality(self, account: str, periods: Periods, subject: str = ORGANISATION, as_of: AsOf = None) -> balances.Neutrality:
        """The neutrality rate of a subject. Raises LedgerError where no claim can be stated, as without an emission in each year."""
        if not subject_kind(subject).claim:
            raise LedgerError([say("ledger.no_claim", subject=subject)])
        years = _years(periods)
        with self._understood():
            counted = self._counted(account, years, subject, as_of)
            wanted = {row.period for row in counted} if years is None else set(years)
            if lacking := sorted(wanted - {row.period for row in counted if row.kind == "emission"}):
                raise LedgerError([say("ledger.no_footprint_years", years=", ".join(map(str, lacking)))])
            return balances.balance(counted).neutrality

    def statement(self, account: str, periods: Periods = None, as_of: AsOf = None) -> Statement:
        """All entries of an account with their standing, the balance of each subject and year, and the consents."""
        from carbonacct.ledger.statement import Statement

        code, years = check_code(account), _years(periods)
        with self._reading() as connection:
            upto = _upto(connection, as_of)
            found = _account(connection, code, upto)
            events = connection.execute(_events([code], upto)).all()
            rows = connection.execute(_entries(code, years, upto)).all()
            last = connection.execute(select(journal.c.seq, journal.c.hash).where(journal.c.seq == upto)).one()
        with self._understood():
            return Statement(code, found, rows, events, Head(*last))

    def statistics(self, as_of: AsOf = None) -> pd.DataFrame:
        """Over all accounts: how many entries in force and accounts there are of each kind in each year."""
        import pandas as pd

        later = journal.alias("later")
        with self._reading() as connection:
            upto = _upto(connection, as_of)
            taken_back = select(later.c.seq).where(later.c.reverses == journal.c.seq, later.c.seq <= upto).exists()
            query = (
                select(journal.c.kind, journal.c.period, func.count(), func.count(journal.c.account.distinct()))
                .where(journal.c.kind.in_(ENTRIES), journal.c.reverses.is_(None), journal.c.seq <= upto, ~taken_back)
                .group_by(journal.c.kind, journal.c.period)
                .order_by(journal.c.period, journal.c.kind)
            )
            rows = [tuple(row) for row in connection.execute(query)]
        return pd.DataFrame(rows, columns=["kind", "period", "entries", "accounts"])

    def superseded(self, rows: Sequence[int]) -> list[tuple[int, list[int]]]:
        """What the entries of one call of ``append`` have done: rows that do not count since, with those that count instead.

        These are figures from before that a new one replaces, and new ones that a more trusted figure stands against.
        """
        first, last = min(rows, default=1), max(rows, default=0)
        touched = select(journal.c.account, journal.c.period).where(journal.c.seq.between(first, last)).distinct()
        found: list[Any] = []
        with self._reading() as connection:
            places = [(account, period) for account, period in connection.execute(touched)]
            codes, years = sorted({account for account, _ in places}), sorted({period for _, period in places})
            for start in range(0, len(codes), MANY):
                query = select(journal).where(
                    journal.c.account.in_(codes[start : start + MANY]),
                    journal.c.kind.in_(ENTRIES),
                    journal.c.period.in_(years),
                    journal.c.seq <= last,
                )
                found += connection.execute(query.order_by(journal.c.seq))
        with self._understood():
            return balances.superseded(found, first)

    # records ---------------------------------------------------------------------------------------------------

    def result(self, seq: int) -> Result:
        """The result that an entry was taken from, calculated again from its record.

        Raises LedgerError if it is not what was recorded: the methodology or the library has changed.
        """
        from carbonacct.methodology import load

        row = check_row(seq)
        query = select(journal.c.details, document.c.content).where(document.c.hash == journal.c.record, journal.c.seq == row)
        with self._reading() as connection:
            found = connection.execute(query).one_or_none()
        if found is None:
            raise LedgerError([say("ledger.no_record", seq=row)])
        stored, details = json.loads(found.content), json.loads(found.details)
        then = f"{stored['methodology']} {stored['version']} ({stored['fingerprint']})"
        try:
            methodology = load(stored["methodology"])
            result = methodology.replay(stored)
        except (CarbonacctError, KeyError) as error:
            raise LedgerError([say("ledger.replay_fails", seq=row, then=then, reason=error)]) from error
        if result_hash(result) != details["result"]:
            now = f"{methodology.id} {methodology.version} ({result.meta['current']})"
            raise LedgerError([say("ledger.replay_differs", seq=row, then=then, now=now)])
        return result

    def verify(self, anchor: Head | str | None = None) -> Verification:
        """Check every row: content against hash, the chain, the rules, serial numbers, records, triggers; and the anchor."""
        from carbonacct.ledger.verify import verify

        known = anchor if anchor is None or isinstance(anchor, Head) else Head.parse(anchor)
        with self._reading() as connection:
            return verify(connection, known)

    # inside ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with plainly(self.database.name), self.database.reading() as connection:
            yield connection

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """Rows that hold what the ledger never writes, put in by other means, are StorageErrors; ``verify`` says which."""
        try:
            yield
        except CarbonacctError:
            raise
        except FOREIGN as error:
            raise StorageError([say("ledger.not_understood", where=self.database.name)]) from error

    def _counted(self, account: str, years: list[int] | None, subject: str, as_of: AsOf) -> list[Any]:
        """The effective entries of a subject."""
        subject_kind(subject)
        code = check_code(account)
        with self._reading() as connection:
            upto = _upto(connection, as_of)
            _account(connection, code, _head(connection).seq)  # before it was opened there is a balance too: nothing
            rows = connection.execute(_entries(code, years, upto)).all()
        return balances.effective([row for row in balances.in_force(rows) if row.subject == subject])


def fold(connection: Connection, accounts: Iterable[str], upto: int) -> Book:
    """The accounts as their events up to a row have made them."""
    book, listed = Book(), sorted(accounts)
    for start in range(0, len(listed), MANY):
        for row in connection.execute(_events(listed[start : start + MANY], upto)).mappings():
            try:
                book.apply(dict(row))
            except FOREIGN as error:
                raise StorageError([say("ledger.row_not_understood", seq=row["seq"])]) from error
    return book


def _account(connection: Connection, code: str, upto: int) -> Account:
    book = fold(connection, [code], upto)
    if code not in book.accounts:
        raise LedgerError([say("ledger.no_account", account=code) + near_account(connection, code)])
    return book.accounts[code]


def near_account(connection: Connection, code: str) -> str:
    """A hint at the account whose code differs in a character or two."""
    from difflib import get_close_matches

    codes = connection.scalars(select(journal.c.account).where(journal.c.kind == "account", journal.c.account != code)).all()
    found = get_close_matches(code, codes, n=1, cutoff=0.85)
    return say("hint.nearest", name=found[0]) if found else ""


def _events(accounts: list[str], upto: int) -> Select[Any]:
    names = ("seq", "at", "kind", "account", "period", "details")
    return (
        select(*(journal.c[name] for name in names))
        .where(journal.c.account.in_(accounts), journal.c.kind.in_(EVENTS), journal.c.seq <= upto)
        .order_by(journal.c.seq)
    )


def _entries(account: str, years: list[int] | None, upto: int) -> Select[Any]:
    query = select(journal).where(journal.c.account == account, journal.c.kind.in_(ENTRIES), journal.c.seq <= upto)
    return (query if years is None else query.where(journal.c.period.in_(years))).order_by(journal.c.seq)


def _head(connection: Connection) -> Head:
    return Head(*connection.execute(select(head.c.seq, head.c.hash)).one())


def _upto(connection: Connection, as_of: AsOf) -> int:
    """The number of the last row recorded by then."""
    last = _head(connection).seq
    if as_of is None:
        return last
    row, moment = row_or_moment(as_of)
    if row is not None:
        if not 0 <= row <= last:
            raise LedgerError([say("ledger.no_row", seq=row, last=last)])
        return row
    return connection.scalar(select(func.max(journal.c.seq)).where(journal.c.at <= moment)) or 0


def _years(periods: object) -> list[int] | None:
    """The years asked for; None: all. Raises LedgerError."""
    if periods is None:
        return None
    if is_whole(periods):
        return [check_year(periods)]
    if isinstance(periods, str) or not isinstance(periods, Iterable):
        raise LedgerError([say("ledger.period", period=shown(periods))])
    if not (years := [check_year(period) for period in periods]):
        raise LedgerError([say("ledger.no_years")])
    return years
