"""A voucher and its life: the steps that the rules allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from carbonacct.messages import say
from carbonacct.ruleinput import Faults
from carbonacct.vouchers.calendar import days_after
from carbonacct.vouchers.facts import option, plain
from carbonacct.vouchers.rules import EXPIRED, USED, Rules
from carbonacct.vouchers.wording import text

History = tuple[tuple[str, date], ...]


@dataclass(frozen=True)
class Voucher:
    """A granted voucher. history: the states it has passed, with their dates; paid: the amount once it is used, in CNY."""

    id: str
    entity: str
    type: str
    face_value: Decimal
    granted: date
    valid_until: date
    history: History
    paid: Decimal | None = None

    @property
    def state(self) -> str:
        return self.history[-1][0]

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "entity": self.entity,
            "type": self.type,
            "face_value": str(self.face_value),
            "granted": self.granted.isoformat(),
            "valid_until": self.valid_until.isoformat(),
            "history": [[state, when.isoformat()] for state, when in self.history],
            "paid": plain(self.paid),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], rules: Rules) -> Voucher:
        """A voucher as :meth:`to_dict` wrote it. Raises InputError with all that makes it none, or none of these rules."""
        from carbonacct.vouchers.reading import read_voucher

        return read_voucher(data, rules)


def step(rules: Rules, voucher: Voucher, state: str, when: date) -> Voucher:
    """The voucher in its next state. Raises ValueError where the rules allow no such step, or the dates do not."""
    states = rules.model.states
    allowed = states[voucher.state].next
    if state not in allowed:
        titles = [text(states[one].title) for one in allowed]
        possible = say("voucher.comma").join(titles) or "—"
        now, wanted = text(states[voucher.state].title), text(states[state].title)
        raise ValueError(say("voucher.step", id=voucher.id, state=now, wanted=wanted, allowed=possible))
    last = voucher.history[-1][1]
    if when < last:
        raise ValueError(say("voucher.backwards", id=voucher.id, date=when, last=last))
    if (state == USED and when > voucher.valid_until) or (state == EXPIRED and when <= voucher.valid_until):
        raise ValueError(say(f"voucher.not_{state}", id=voucher.id, date=when, until=voucher.valid_until))
    return replace(voucher, history=(*voucher.history, (state, when)))


def move(rules: Rules, voucher: Voucher, state: str, when: date) -> Voucher:
    """The voucher in its next state, given by key, Chinese or English name.

    Raises InputError where the rules allow no such step, the dates run backwards, or a redemption alone leads there.
    """
    faults = Faults()
    with faults.at():
        wanted = option(state, {key: one.title for key, one in rules.model.states.items()})
        found = step(rules, voucher, wanted, when)
        if wanted == USED:
            raise ValueError(say("voucher.by_redemption", id=voucher.id))
    faults.settle()
    return found


def last_valid(rules: Rules, granted: date) -> date:
    """The last day of a voucher granted now: after the days set, else with the measures. Raises InputError or ValueError."""
    days = rules.parameters["valid_days"]
    last: date = rules.parameter("last_day") if days is None else days_after(granted, days)
    return last
