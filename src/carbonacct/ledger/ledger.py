"""The ledger: open accounts, take consents, record, correct, close. What is read from it is in :mod:`carbonacct.ledger.reader`."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from carbonacct.ledger import serials
from carbonacct.ledger.book import STATES, Book
from carbonacct.ledger.chain import canonical, row_hash, text_hash
from carbonacct.ledger.checks import CORRECTS, check_line, check_row, check_year, unknown
from carbonacct.ledger.codes import check_code
from carbonacct.ledger.database import plainly
from carbonacct.ledger.entries import Entry
from carbonacct.ledger.errors import LedgerError
from carbonacct.ledger.guards import MARK
from carbonacct.ledger.reader import MANY, Head, Reader, fold, near_account
from carbonacct.ledger.tables import COLUMNS, ENTRIES, document, head, journal
from carbonacct.messages import say

Rows = list[dict[str, Any]]
Make = Callable[[Connection, Book], Rows]
HINTS = 20  # unknown accounts that the nearest is looked up for


class Ledger(Reader):
    """A ledger in an SQLite file (a path) or a PostgreSQL database (a URL); migrated when opened.

    Several processes and threads may use one database. Each call that writes is one transaction: all of it is recorded,
    durably, or nothing. Raises LedgerError, or StorageError where the database fails.

    Args:
        where: a path or a URL; ``sqlite://`` keeps it in memory.
        create: make a ledger where there is none, else that is an error. What holds other tables is left alone.
        clock: gives microseconds since 1970-01-01 UTC.
        read_only: change nothing, not even the file's format; for copies that lie where nothing can be written.
    """

    def __init__(
        self,
        where: str | Path,
        create: bool = True,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
        read_only: bool = False,
    ) -> None:
        self.clock = clock
        super().__init__(where, create, read_only)

    # accounts --------------------------------------------------------------------------------------------------

    def open_account(self, account: str, name: str) -> int:
        """Open an account under its unified social credit code; gives the row's number, as all of these do."""
        return self._event("account", account, {"name": filled("name", name)})

    def set_state(self, account: str, state: str, reason: str) -> int:
        """``active``, ``disabled`` (only corrections are taken) or ``cancelled`` (nothing is, for good)."""
        if not isinstance(state, str) or state not in STATES:
            raise LedgerError([unknown("ledger.state", state, STATES)])
        return self._event("state", account, {"state": state, "reason": filled("reason", reason)})

    def consent(self, account: str, reference: str, kinds: Iterable[str] = ENTRIES, evidence: str | None = None) -> int:
        """The enterprise's consent to the recording of entries of these kinds; entries carry its number.

        ``reference`` names the authorisation, ``evidence`` may be a hash of the document.
        """
        listed = [kinds] if isinstance(kinds, str) or not isinstance(kinds, Iterable) else list(kinds)
        for kind in listed or [""]:
            if not isinstance(kind, str) or kind not in ENTRIES:
                raise LedgerError(["kind: " + unknown("ledger.entry_kind", kind, ENTRIES)])
        kept = None if evidence is None else filled("evidence", evidence)
        details = {"kinds": list(dict.fromkeys(listed)), "reference": filled("reference", reference), "evidence": kept}
        return self._event("consent", account, details)

    def withdraw(self, account: str, reason: str) -> int:
        """The enterprise takes its consents back: nothing new is recorded; what is recorded stays and can be corrected."""
        return self._event("withdrawal", account, {"reason": filled("reason", reason)})

    def close_period(self, account: str, period: int, reason: str = "") -> int:
        """Close a year of an account: no entries and no corrections in it."""
        return self._event("close", account, {"reason": filled("reason", reason) if reason != "" else ""}, period)

    def reopen_period(self, account: str, period: int, reason: str) -> int:
        """Open a closed year again; closing and opening stay in the journal."""
        return self._event("reopen", account, {"reason": filled("reason", reason)}, period)

    # entries ---------------------------------------------------------------------------------------------------

    def append(self, entries: Iterable[Entry]) -> list[int]:
        """Record entries, all or none; gives their numbers. Raises LedgerError with every reason against each of them."""
        batch = list(entries)
        documents = {text_hash(entry.document): entry.document for entry in batch if entry.document is not None}

        def rows(connection: Connection, book: Book) -> Rows:
            _store(connection, documents)
            return _rows(batch, book)

        return self._write({entry.account for entry in batch}, rows, dict(enumerate(batch, 1)), _numbered)

    def check(self, entries: Mapping[int, Entry]) -> list[tuple[int, str]]:
        """Every reason against recording these entries now, with the entry's number; nothing is recorded."""
        batch, numbers = list(entries.values()), list(entries)
        with self._reading() as connection:
            _, problems = self._prepared(connection, {entry.account for entry in batch}, lambda _, book: _rows(batch, book))
            found = [(numbers[place - 1], problem) for place, problem in problems]
            return sorted([*found, *_retired(connection, entries)], key=itemgetter(0))

    def reverse(self, seq: int, reason: str) -> int:
        """Take an entry back by a reversing one. Both stay in the journal.

        Reversing a neutralisation says that it was recorded wrongly: its serial numbers may be recorded again.
        """
        original = self._original(seq)
        back = _reversal(original, filled("reason", reason))
        return self._write({original["account"]}, lambda connection, _: [_free(connection, back)])[0]

    def correct(self, seq: int, entry: Entry, reason: str) -> list[int]:
        """Take an entry back and record another in its place, both or neither; gives both numbers.

        The new one is of the same account and kind, its details name the old row (``corrects``) and it rests on the same
        consent: so a correction is possible on a disabled account and after consent was withdrawn.
        """
        original = self._original(seq)
        if (original["account"], original["kind"]) != (entry.account, entry.kind):
            raise LedgerError([say("ledger.correct_other", seq=seq)])
        back = _reversal(original, filled("reason", reason))

        def rows(connection: Connection, _: Book) -> Rows:
            if entry.document is not None:
                _store(connection, {text_hash(entry.document): entry.document})
            details = canonical({**entry.details, CORRECTS: original["seq"]})
            return [_free(connection, back), {**_row(entry, original["consent"]), "details": details}]

        return self._write({entry.account}, rows, {2: entry}, but=original["seq"])

    # inside ----------------------------------------------------------------------------------------------------

    def _original(self, seq: int) -> dict[str, Any]:
        """The row of an entry that may be taken back."""
        row = check_row(seq)
        with self._reading() as connection:
            found = connection.execute(select(journal).where(journal.c.seq == row)).mappings().one_or_none()
        if found is None or found["kind"] not in ENTRIES:
            raise LedgerError([say("ledger.no_entry", seq=row)])
        if found["reverses"] is not None:
            raise LedgerError([say("ledger.reverses_reversal", seq=row)])
        return {name: found[name] for name in COLUMNS}

    def _event(self, kind: str, account: str, details: Mapping[str, Any], period: int | None = None) -> int:
        code = check_code(account)
        year = None if period is None and kind not in ("close", "reopen") else check_year(period)
        row = {**dict.fromkeys(COLUMNS), "kind": kind, "account": code, "period": year, "details": canonical(details)}
        return self._write({code}, lambda connection, book: [row])[0]

    def _write(
        self,
        accounts: set[str],
        make: Make,
        entries: Mapping[int, Entry] | None = None,
        worded: Callable[[tuple[int, str]], str] = lambda problem: problem[1],
        but: int = 0,
    ) -> list[int]:
        """Append the rows that ``make`` gives, each checked against the accounts as the rows before it have left them.

        ``entries``: which of the rows, counted from 1, are new entries; ``worded`` puts a number and a problem into words;
        ``but``: the row that is taken back by them.
        """
        if self.read_only:
            raise LedgerError([say("ledger.read_only", where=self.database.name)])
        units = entries or {}
        with plainly(self.database.name), self._refusals(units, worded, but), self.database.writing() as connection:
            rows, problems = self._prepared(connection, accounts, make, lock=True)
            if problems:
                raise LedgerError(map(worded, sorted([*problems, *_retired(connection, units, but)], key=itemgetter(0))))
            if rows:
                connection.execute(insert(journal).returning(journal.c.seq), rows)  # one statement for many rows
                connection.execute(update(head).values(seq=rows[-1]["seq"], hash=rows[-1]["hash"]))
        return [row["seq"] for row in rows]

    def _prepared(
        self, connection: Connection, accounts: set[str], make: Make, lock: bool = False
    ) -> tuple[Rows, list[tuple[int, str]]]:
        """The rows that ``make`` gives as they would follow the last one, and by number what stands against them."""
        query = select(head.c.seq, head.c.hash)
        seq, previous = Head(*connection.execute(query.with_for_update() if lock else query).one())
        book = fold(connection, accounts, seq)
        last = connection.scalar(select(journal.c.at).where(journal.c.seq == seq)) or 0
        at = max(self.clock(), last)
        rows = make(connection, book)
        problems: list[tuple[int, str]] = []
        hints: dict[str, str] = {}
        for number, row in enumerate(rows, 1):
            row |= {"seq": seq + number, "at": at, "previous": previous}
            if (problem := book.apply(row)) is not None:
                if (code := row["account"]) not in book.accounts:
                    if code not in hints:
                        hints[code] = near_account(connection, code) if len(hints) < HINTS else ""
                    problem += hints[code]
                problems.append((number, problem))
            row["hash"] = previous = row_hash([row[name] for name in COLUMNS])
        return rows, problems

    @contextmanager
    def _refusals(self, entries: Mapping[int, Entry], worded: Callable[[tuple[int, str]], str], but: int) -> Iterator[None]:
        """What the database's triggers refuse, in words."""
        try:
            yield
        except DBAPIError as error:
            mark = re.search(rf"{MARK}([\w-]+)", str(error.orig))
            if mark is None:
                raise
            problems: list[str] = []
            if mark[1] == "retired":
                with self._reading() as connection:
                    problems = [worded(problem) for problem in sorted(_retired(connection, entries, but), key=itemgetter(0))]
            raise LedgerError(problems or [say(f"ledger.refused.{mark[1]}")]) from error


def _rows(batch: Sequence[Entry], book: Book) -> Rows:
    return [_row(entry, book.consent(entry.account, entry.kind)) for entry in batch]


def _row(entry: Entry, consent: int | None) -> dict[str, Any]:
    return {
        **dict.fromkeys(COLUMNS),
        **{name: getattr(entry, name) for name in Entry.__slots__ if name in COLUMNS},
        "consent": consent,
        "record": None if entry.document is None else text_hash(entry.document),
        "details": canonical(entry.details),
    }


def _reversal(original: Mapping[str, Any], reason: str) -> dict[str, Any]:
    return {**original, "reverses": original["seq"], "record": None, "details": canonical({"reason": reason})}


def _free(connection: Connection, back: dict[str, Any]) -> dict[str, Any]:
    """The reversal, if nobody has reversed the entry before. Raises LedgerError."""
    before = connection.scalar(select(journal.c.seq).where(journal.c.reverses == back["reverses"]))
    if before is not None:
        raise LedgerError([say("ledger.reversed", seq=back["reverses"], by=before)])
    return dict(back)


def _store(connection: Connection, documents: Mapping[str, str]) -> None:
    """Keep the records that are not there yet."""
    listed = sorted(documents)
    for start in range(0, len(listed), MANY):
        some = listed[start : start + MANY]
        known = set(connection.scalars(select(document.c.hash).where(document.c.hash.in_(some))))
        if new := [{"hash": key, "content": documents[key]} for key in some if key not in known]:
            connection.execute(insert(document), new)


def _retired(connection: Connection, entries: Mapping[int, Entry], but: int = 0) -> list[tuple[int, str]]:
    """Which serial numbers of new entries are retired already, or stand among them twice; by number."""
    problems = []
    ranges: dict[tuple[str | None, str | None], list[tuple[int, int, int]]] = defaultdict(list)
    for number, entry in entries.items():
        if entry.first is None or entry.last is None:
            continue
        ranges[entry.instrument, entry.series].append((entry.first, entry.last, number))
        if (seq := connection.scalar(_retiring(entry, but))) is not None:
            problems.append((number, say("ledger.retired", **_serials(entry), seq=seq)))
    twice = {max(pair): min(pair) for listed in ranges.values() for pair in serials.overlaps(listed)}
    for number, other in twice.items():
        problems.append((number, say("ledger.retired_in_batch", **_serials(entries[number]), other=other)))
    return problems


def _retiring(entry: Entry, but: int) -> Any:
    """The query for the first row in force that retires a number of the entry."""
    later = journal.alias("later")
    return select(func.min(journal.c.seq)).where(
        journal.c.instrument == entry.instrument,
        journal.c.series == entry.series,
        journal.c.first <= entry.last,
        journal.c.last >= entry.first,
        journal.c.reverses.is_(None),
        journal.c.seq != but,
        ~select(later.c.seq).where(later.c.reverses == journal.c.seq).exists(),
    )


def _serials(entry: Entry) -> dict[str, Any]:
    return {"instrument": entry.instrument, "series": entry.series, "first": entry.first, "last": entry.last}


def _numbered(problem: tuple[int, str]) -> str:
    return f"{say('ledger.entry', number=problem[0])}: {problem[1]}"


def filled(key: str, text: str) -> str:
    """A text of one line that says something. Raises LedgerError."""
    given = text.strip() if isinstance(text, str) else text
    if given == "":
        raise LedgerError([say("ledger.empty", name=key)])
    try:
        return check_line(given)
    except LedgerError as error:
        raise LedgerError(f"{key}: {problem}" for problem in error.problems) from None
