"""Files of entries (JSON), as ``carbonacct ledger add`` reads them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from carbonacct.ledger.checks import Written, shown
from carbonacct.ledger.entries import Entry, from_dict
from carbonacct.ledger.errors import LedgerError
from carbonacct.messages import say

DIGITS = 30  # of a whole number


@dataclass(frozen=True)
class EntryFile:
    """What a file holds: the entries that are right, by number, and what is wrong with the others."""

    path: Path
    entries: dict[int, Entry]
    problems: list[tuple[int, str]]

    def refused(self, more: Sequence[tuple[int, str]] = ()) -> LedgerError:
        """The error that says everything, in the order of the file; ``more``: what the ledger has against entries."""
        found = sorted([*self.problems, *more], key=itemgetter(0))
        return LedgerError(f"{self.path}: {say('ledger.entry', number=number)}: {problem}" for number, problem in found)


class _Object(dict[str, Any]):
    """A JSON object that knows which keys stand in it twice."""

    twice: tuple[str, ...] = ()


def read(path: Path) -> EntryFile:
    """Read a file of one entry or a list of them. Raises LedgerError if it is no such file."""
    data = _json(path)
    listed = data if isinstance(data, list) else [data]
    if not listed:
        raise LedgerError([f"{path}: {say('ledger.no_entries_given')}"])
    entries: dict[int, Entry] = {}
    problems: list[tuple[int, str]] = []
    for number, item in enumerate(listed, 1):
        wrong = [say("ledger.key_twice", key=shown(key)) for key in _twice(item)]
        try:
            entry = from_dict(item)
        except LedgerError as error:
            wrong += error.problems
        if wrong:
            problems += ((number, problem) for problem in wrong)
        else:
            entries[number] = entry
    return EntryFile(path, entries, problems)


def _json(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text, object_pairs_hook=_object, parse_int=_whole, parse_float=Written)
    except UnicodeDecodeError as error:
        problem = say("file.not_utf8", file=path, position=error.start)
    except RecursionError:
        problem = f"{path}: {say('ledger.json', reason=say('ledger.json_deep'))}"
    except ValueError as error:
        problem = f"{path}: {say('ledger.json', reason=error)}"
    raise LedgerError([problem])


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        made.twice = tuple(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return made


def _whole(text: str) -> int:
    if len(text) > DIGITS:
        raise ValueError(say("ledger.json_number", digits=len(text)))
    return int(text)


def _twice(data: Any) -> Iterator[str]:
    """Keys that stand twice in one object, however deep."""
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _Object):
            yield from item.twice
        if isinstance(item, dict | list):
            waiting.extend(item.values() if isinstance(item, dict) else item)
