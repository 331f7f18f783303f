"""Verification: any row changed, added, removed or reordered is found, and any rule that does not hold.

Whoever can rewrite the whole database can also recompute every hash; the anchor, a head noted elsewhere, shows that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, and_, func, or_, select
from sqlalchemy.exc import DBAPIError

from carbonacct.ledger.book import Book
from carbonacct.ledger.chain import GENESIS, row_hash, text_hash
from carbonacct.ledger.guards import missing_guards
from carbonacct.ledger.tables import COLUMNS, document, head, journal
from carbonacct.messages import say

if TYPE_CHECKING:
    from carbonacct.ledger.ledger import Head

CHUNK = 10_000


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
    walk.journal(connection)
    problems = walk.problems
    heads = [tuple(row) for row in connection.execute(select(head.c.seq, head.c.hash))]
    if heads != [(walk.seq, walk.hash)]:
        problems.append(say("ledger.verify.head", seq=walk.seq))
    if anchor is not None and anchor.seq > walk.seq:
        problems.append(say("ledger.verify.anchor", seq=anchor.seq))
    problems.extend(_reversals(connection))
    problems.extend(walk.serials())
    problems.extend(_documents(connection))
    problems.extend(say("ledger.verify.guard", name=name) for name in missing_guards(connection))
    return Verification(walk.rows, f"{walk.seq}:{walk.hash}", problems)


class _Walk:
    """One pass over the journal."""

    def __init__(self, anchor: Head | None) -> None:
        self.anchor = anchor
        self.book = Book()
        self.problems: list[str] = []
        self.rows, self.seq, self.hash, self.at = 0, 0, GENESIS, 0
        self.ranges: dict[tuple[str, str], list[tuple[int, int, int]]] = defaultdict(list)  # (first, last, seq)
        self.reversed: dict[int, int] = {}  # seq → seq of its reversal

    def journal(self, connection: Connection) -> None:
        query = select(*(journal.c[name] for name in (*COLUMNS, "hash"))).order_by(journal.c.seq)
        try:
            for values in connection.execution_options(yield_per=CHUNK).execute(query):
                self._row(values)
        except DBAPIError as error:  # a text that is no UTF-8, a damaged page
            self.problems.append(say("ledger.verify.broken", after=self.seq, reason=error.orig))

    def _row(self, values: Sequence[Any]) -> None:
        self.rows += 1
        row = dict(zip(COLUMNS, values))
        seq, stored = row["seq"], values[-1]
        if seq != self.seq + 1:
            self.problems.append(say("ledger.verify.gap", after=self.seq, seq=seq))
        if row["previous"] != self.hash:
            self.problems.append(say("ledger.verify.link", seq=seq))
        if row_hash(values[:-1]) != stored:
            self.problems.append(say("ledger.verify.hash", seq=seq))
        self.seq, self.hash = seq, stored
        self._rules(row)
        if self.anchor is not None and seq == self.anchor.seq and stored != self.anchor.hash:
            self.problems.append(say("ledger.verify.anchor", seq=seq))

    def _rules(self, row: dict[str, Any]) -> None:
        try:
            problem = self.book.apply(row)
            if row["at"] < self.at:
                problem = problem or say("ledger.verify.time")
            self.at = row["at"]
            if row["reverses"] is not None:
                self.reversed[row["reverses"]] = row["seq"]
            elif row["first"] is not None:
                self.ranges[row["instrument"], row["series"]].append((int(row["first"]), int(row["last"]), row["seq"]))
        except (ValueError, KeyError, TypeError, AttributeError):  # a tampered row may hold anything
            problem = say("ledger.verify.unreadable")
        if problem is not None:
            self.problems.append(say("ledger.verify.row", seq=row["seq"], problem=problem))

    def serials(self) -> Iterator[str]:
        """Ranges that overlap while both are in force."""
        for ranges in self.ranges.values():
            reaching: list[tuple[int, int, int]] = []
            for first, last, seq in sorted(ranges):
                reaching = [other for other in reaching if other[1] >= first]
                for _, _, other in reaching:
                    early, late = sorted((seq, other))
                    if self.reversed.get(early, late) >= late:
                        yield say("ledger.verify.serials", one=early, other=late)
                reaching.append((first, last, seq))


def _reversals(connection: Connection) -> Iterator[str]:
    """Reversals that do not repeat what they take back."""
    back, original = journal.alias("back"), journal.alias("original")
    same = ("kind", "account", "period", "subject", "part", "amount", "source", "gwp", "instrument", "series", "first", "last")
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


def _documents(connection: Connection) -> Iterator[str]:
    """Records changed or missing."""
    for key, content in connection.execution_options(yield_per=CHUNK).execute(select(document.c.hash, document.c.content)):
        if text_hash(content) != key:
            yield say("ledger.verify.document", hash=key)
    missing = (
        select(journal.c.seq)
        .select_from(journal.outerjoin(document, journal.c.record == document.c.hash))
        .where(journal.c.record.is_not(None), document.c.hash.is_(None))
    )
    for seq in connection.scalars(missing):
        yield say("ledger.verify.no_document", seq=seq)
