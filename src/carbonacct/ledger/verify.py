"""Verification: any row changed, added, removed or reordered is found, and any rule that does not hold.

Whoever can rewrite the whole database can also recompute every hash; the anchor, a head noted elsewhere, shows that.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, except_, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from carbonacct.ledger import serials, shape
from carbonacct.ledger.book import Book
from carbonacct.ledger.chain import GENESIS, row_hash, text_hash
from carbonacct.ledger.errors import FOREIGN
from carbonacct.ledger.reader import Head
from carbonacct.ledger.tables import COLUMNS, ENTRIES, document, head, journal
from carbonacct.messages import say

CHUNK = 10_000
AHEAD = 3600 * 1_000_000  # microseconds that another machine's clock may be ahead of this one's


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found. ``rows`` counts the rows read; ``ok`` if there is no problem."""

    rows: int
    head: str
    problems: list[str]

    @property
    def ok(self) -> bool:
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        return {"ok": self.ok, "rows": self.rows, "head": self.head, "problems": self.problems}


def verify(connection: Connection, anchor: Head | None) -> Verification:
    """Check the whole database behind a connection, in its one snapshot."""
    walk = _Walk(anchor)
    catalogue = "sqlite_master" if connection.dialect.name == "sqlite" else "pg_catalog"
    checks: tuple[tuple[str, Callable[[Connection], Iterator[str]]], ...] = (
        ("", walk.journal),
        ("head", walk.heads),
        ("journal", _reversals),
        ("journal", walk.units),
        ("document", _contents),
        ("document", _missing),
        ("document", _added),
        (catalogue, shape.changes),
    )
    problems: list[str] = []
    for table, check in checks:
        try:  # what is missing, damaged or no UTF-8 cannot be read; the other checks go on
            with connection.begin_nested():
                problems.extend(check(connection))
        except SQLAlchemyError as error:
            place = table or say("ledger.verify.after", seq=walk.seq)
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            problems.append(say("ledger.verify.broken", table=place, reason=reason))
    if anchor is not None and anchor.seq > walk.seq:
        problems.append(say("ledger.verify.anchor", seq=anchor.seq))
    return Verification(walk.rows, f"{walk.seq}:{walk.hash}", list(dict.fromkeys(problems)))


class _Walk:
    """One pass over the journal."""

    def __init__(self, anchor: Head | None) -> None:
        self.anchor = anchor
        self.book = Book()
        self.rows, self.seq, self.hash, self.at = 0, 0, GENESIS, 0
        self.ranges: dict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)  # (first, last, seq)
        self.reversed: dict[Any, int] = {}  # seq → seq of its reversal
        self.ahead: tuple[int, int] | None = None  # the first row from the future, and its time

    def journal(self, connection: Connection) -> Iterator[str]:
        latest = time.time_ns() // 1000 + AHEAD
        query = select(*(journal.c[name] for name in (*COLUMNS, "hash"))).order_by(journal.c.seq)
        for values in connection.execute(query.execution_options(yield_per=CHUNK)):
            yield from self._row(values)
            if self.ahead is None and self.at > latest:
                self.ahead = self.seq, self.at
        if self.ahead is not None:
            yield say("ledger.verify.future", seq=self.ahead[0])

    def _row(self, values: Sequence[Any]) -> Iterator[str]:
        self.rows += 1
        row = dict(zip(COLUMNS, values))
        seq, stored = row["seq"], values[-1]
        if seq != self.seq + 1:
            yield say("ledger.verify.gap", after=self.seq, seq=seq)
        if row["previous"] != self.hash:
            yield say("ledger.verify.link", seq=seq)
        if row_hash(values[:-1]) != stored:
            yield say("ledger.verify.hash", seq=seq)
        self.seq, self.hash = seq if isinstance(seq, int) else self.seq + 1, stored
        if (problem := self._problem(row)) is not None:
            yield say("ledger.verify.row", seq=seq, problem=problem)
        if self.anchor is not None and seq == self.anchor.seq and stored != self.anchor.hash:
            yield say("ledger.verify.anchor", seq=seq)

    def _problem(self, row: dict[str, Any]) -> str | None:
        """Which rule the row breaks."""
        try:
            problem = self.book.apply(row)
            if row["at"] < self.at:
                problem = problem or say("ledger.verify.time")
            self.at = row["at"]
            if row["kind"] in ENTRIES and row["amount"] < 0:
                problem = problem or say("ledger.amount", amount=row["amount"])
            if row["reverses"] is not None:
                self.reversed[row["reverses"]] = self.seq
            elif row["first"] is not None:
                series = serials.normal(row["series"])
                if series != row["series"]:
                    problem = problem or say("ledger.verify.series", series=row["series"])
                self.ranges[row["instrument"], series].append((int(row["first"]), int(row["last"]), self.seq))
        except FOREIGN:
            return say("ledger.verify.unreadable")  # a tampered row may hold anything
        return problem

    def heads(self, connection: Connection) -> Iterator[str]:
        """The head, if it is not the last row."""
        heads = [tuple(row) for row in connection.execute(select(head.c.seq, head.c.hash))]
        if heads != [(self.seq, self.hash)]:
            yield say("ledger.verify.head", seq=self.seq)

    def units(self, _: Connection) -> Iterator[str]:
        """Ranges that overlap while both are in force."""
        for ranges in self.ranges.values():
            for pair in serials.overlaps(ranges):
                early, late = sorted(pair)
                if self.reversed.get(early, late) >= late:
                    yield say("ledger.verify.serials", one=early, other=late)


def _reversals(connection: Connection) -> Iterator[str]:
    """Reversals that do not repeat what they take back."""
    back, original = journal.alias("back"), journal.alias("original")
    same = ("kind", "account", "period", "subject", "part", "model", "amount", "source", "gwp", "instrument", "series", "first",
            "last", "consent")  # fmt: skip
    differs = or_(*(back.c[name].is_distinct_from(original.c[name]) for name in same))
    wrong = or_(original.c.seq.is_(None), original.c.reverses.is_not(None), original.c.seq >= back.c.seq, differs)
    query = (
        select(back.c.seq)
        .select_from(back.outerjoin(original, back.c.reverses == original.c.seq))
        .where(and_(back.c.reverses.is_not(None), wrong))
        .order_by(back.c.seq)
    )
    for seq in connection.scalars(query):
        yield say("ledger.verify.reversal", seq=seq)
    twice = (
        select(journal.c.reverses).where(journal.c.reverses.is_not(None)).group_by(journal.c.reverses).having(func.count() > 1)
    )
    for seq in connection.scalars(twice):
        yield say("ledger.verify.reversed_twice", seq=seq)


def _contents(connection: Connection) -> Iterator[str]:
    """Records changed."""
    query = select(document.c.hash, document.c.content).execution_options(yield_per=CHUNK)
    for key, content in connection.execute(query):
        if not isinstance(content, str) or text_hash(content) != key:
            yield say("ledger.verify.document", hash=key)


def _missing(connection: Connection) -> Iterator[str]:
    """Records missing."""
    query = (
        select(journal.c.seq)
        .select_from(journal.outerjoin(document, journal.c.record == document.c.hash))
        .where(journal.c.record.is_not(None), document.c.hash.is_(None))
    )
    for seq in connection.scalars(query):
        yield say("ledger.verify.no_document", seq=seq)


def _added(connection: Connection) -> Iterator[str]:
    """Records that no row refers to."""
    query = except_(select(document.c.hash), select(journal.c.record).where(journal.c.record.is_not(None)))
    for key in connection.scalars(query):
        yield say("ledger.verify.document_added", hash=key)
