"""Vouchers from plain data: every part is checked against the rules, and the history is lived through again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from carbonacct.errors import InputError
from carbonacct.exact import as_date, as_decimal, fen
from carbonacct.messages import say
from carbonacct.ruleinput import Faults, unknown
from carbonacct.vouchers.calendar import days_after
from carbonacct.vouchers.rules import GRANTED, USED, Rules
from carbonacct.vouchers.spelling import spelled
from carbonacct.vouchers.voucher import History, Voucher, step
from carbonacct.vouchers.wording import text

T = TypeVar("T")
KEYS = ("id", "entity", "type", "face_value", "granted", "valid_until", "history", "paid")


def read_voucher(data: Mapping[str, Any], rules: Rules) -> Voucher:
    """A voucher of which every part is checked. Raises InputError with all faults, each naming the voucher."""
    if not isinstance(data, Mapping):
        raise InputError([say("yaml.not_mapping")])
    try:
        return _read(data, rules)
    except InputError as error:
        split = [problem.split(": ", 1) for problem in error.problems]
        name = data.get("id", "?")
        raise InputError([f"{key}: {say('voucher.unreadable', id=name, reason=reason)}" for key, reason in split]) from None


def _read(data: Mapping[str, Any], rules: Rules) -> Voucher:
    faults = Faults()
    for key in data:
        with faults.at(str(key)):
            if key not in KEYS:
                raise ValueError(unknown("schema.unknown_key", key, KEYS, key=key))

    def part(key: str, reader: Callable[[Any], T]) -> T | None:
        with faults.at(key):
            if data.get(key) is None:
                raise ValueError(say("schema.missing_key", key=key))
            return reader(data[key])
        return None

    name, entity = part("id", _id), part("entity", spelled)
    kind = part("type", lambda value: _type(value, rules))
    face_value = part("face_value", lambda value: _face_value(value, kind, rules))
    granted = part("granted", lambda value: _granted(value, rules))
    until = part("valid_until", lambda value: _valid_until(value, granted, rules))
    history = part("history", _pairs)
    if granted and until and history:
        fresh = Voucher(name or "?", entity or "?", kind or "?", face_value or Decimal(0), granted, until, ((GRANTED, granted),))
        with faults.at("history"):
            _replay(rules, fresh, history)
    paid = None
    with faults.at("paid"):
        paid = _paid(data.get("paid"), history, face_value)
    faults.settle()
    assert name and entity and kind and face_value is not None and granted and until and history
    return Voucher(name, entity, kind, face_value, granted, until, history, paid)


def _id(value: Any) -> str:
    """An id, as it is written."""
    if not isinstance(value, str) or not value:
        raise ValueError(say("voucher.not_text", value=value))
    if value != value.strip() or not value.isprintable():
        raise ValueError(say("voucher.invisible", value=value))
    return value


def _type(value: Any, rules: Rules) -> str:
    if not isinstance(value, str) or value not in rules.model.types:
        raise ValueError(unknown("voucher.option", value, rules.model.types, value=value, options=", ".join(rules.model.types)))
    return value


def _face_value(value: Any, kind: str | None, rules: Rules) -> Decimal:
    found = as_decimal(value)
    if kind is not None and found != rules.face_value(kind):
        raise ValueError(
            say("voucher.face_value", value=value, type=text(rules.model.types[kind].title), face=rules.face_value(kind))
        )
    return found


def _granted(value: Any, rules: Rules) -> date:
    found = as_date(value)
    first, last = rules.parameters["in_force_from"], rules.parameters["last_day"]
    if (first and found < first) or (last and found > last):
        raise ValueError(say("voucher.term", date=found, first=first or "?", last=last or "?"))
    return found


def _valid_until(value: Any, granted: date | None, rules: Rules) -> date:
    """At most what the days set or the measures' last day allow: vouchers of before the days were set run until that day."""
    found = as_date(value)
    if granted is None:
        return found
    last, days = rules.parameters["last_day"], rules.parameters["valid_days"]
    latest = max((day for day in (last, None if days is None else days_after(granted, days)) if day), default=found)
    if not granted <= found <= latest:
        raise ValueError(say("voucher.validity", date=found, first=granted, last=latest))
    return found


def _pairs(value: Any) -> History:
    pairs = value if isinstance(value, list | tuple) else []
    if not pairs or not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        raise ValueError(say("voucher.history"))
    return tuple((str(state), as_date(when)) for state, when in pairs)


def _replay(rules: Rules, fresh: Voucher, history: History) -> None:
    """Take the steps of a history anew. Raises ValueError where the rules do not lead there."""
    if history[0] != fresh.history[0]:
        raise ValueError(say("voucher.begins", date=fresh.granted))
    for state, when in history[1:]:
        if state not in rules.model.states:
            raise ValueError(unknown("voucher.state", state, rules.model.states))
        fresh = step(rules, fresh, state, when)


def _paid(value: Any, history: History | None, face_value: Decimal | None) -> Decimal | None:
    """The amount paid: there once the voucher was used, above zero, in whole fen and at most the face value."""
    used = any(state == USED for state, _ in history or ())
    if history and used == (value is None):
        raise ValueError(say("voucher.paid_missing" if used else "voucher.paid_unused", value=value))
    found = None if value is None else as_decimal(value)
    if found is not None and not (found == fen(found) and found > 0 and (face_value is None or found <= face_value)):
        raise ValueError(say("voucher.paid", value=value, face=face_value or "?"))
    return found
