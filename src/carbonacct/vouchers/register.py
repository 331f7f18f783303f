"""A voucher's life, and a register of vouchers that keeps one per applicant, type and year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from carbonacct.errors import InputError
from carbonacct.exact import as_date, as_decimal, exact
from carbonacct.messages import say
from carbonacct.units import nearest
from carbonacct.vouchers.decision import Decision, checklist, decide_facts, decision, verdicts
from carbonacct.vouchers.facts import Facts, number, plain, read_facts
from carbonacct.vouchers.rules import Rules, load_rules


@dataclass(frozen=True)
class Voucher:
    """A granted voucher. history: the states it has passed, with their dates; paid: the amount once it is used, in CNY."""

    id: str
    entity: str
    type: str
    face_value: Decimal
    granted: date
    valid_until: date
    history: tuple[tuple[str, date], ...]
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
        """A voucher as :meth:`to_dict` wrote it. Raises InputError where it is none, or none of these rules."""
        try:
            found = cls(
                str(data["id"]),
                str(data["entity"]),
                str(data["type"]),
                as_decimal(data["face_value"]),
                as_date(data["granted"]),
                as_date(data["valid_until"]),
                tuple((str(state), as_date(when)) for state, when in data["history"]),
                None if data.get("paid") is None else as_decimal(data["paid"]),
            )
            unknown = {found.type} - set(rules.model.types) | {state for state, _ in found.history} - set(rules.model.states)
            if unknown or not found.history:
                raise ValueError(", ".join(sorted(unknown)) or "history")
        except (KeyError, TypeError, ValueError) as error:
            raise InputError([say("voucher.unreadable", reason=error)]) from None
        return found


def move(rules: Rules, voucher: Voucher, state: str, when: date) -> Voucher:
    """The voucher in its next state. Raises InputError where the rules allow no such step, or the dates run backwards."""
    allowed = rules.model.states[voucher.state].next
    if state not in allowed:
        raise InputError(
            [say("voucher.step", id=voucher.id, state=voucher.state, wanted=state, allowed=", ".join(allowed) or "—")]
        )
    if when < voucher.history[-1][1]:
        raise InputError([say("voucher.backwards", id=voucher.id, date=when, last=voucher.history[-1][1])])
    return replace(voucher, history=(*voucher.history, (state, when)))


def redeem(rules: Rules, voucher: Voucher, facts: Mapping[str, Any]) -> tuple[Decision, Voucher]:
    """Test a redemption; where it is accepted the voucher comes back used, with the amount paid.

    ``facts`` tells the redemption facts of the rules file and may list ``documents``. Raises InputError with all faults.
    """
    read = read_facts(rules.model, rules.model.redemption_facts, {"service_kind": voucher.type, **facts}, ("documents",))
    listed = rules.providers is None or read["provider"] in rules.providers
    scope: Facts = {
        **rules.parameters,
        **read,
        "type": voucher.type,
        "state": voucher.state,
        "granted": voucher.granted,
        "valid_until": voucher.valid_until,
        "face_value": voucher.face_value,
        "provider_listed": "yes" if listed else "no",
    }
    reasons = verdicts(rules, rules.model.redemption, scope)
    papers = checklist(rules.model.documents.redemption, voucher.type, facts.get("documents"))
    made = decision(rules, voucher.type, scope, reasons, papers, _effect(rules, voucher, scope))
    if not made.ok:
        return made, voucher
    return made, replace(move(rules, voucher, "used", read["redeem_date"]), paid=made.amount)


def _effect(rules: Rules, voucher: Voucher, scope: Facts) -> bool | None:
    """Whether one of the ways to show the effect succeeds; None where none can be tried."""
    effect = rules.model.effect
    if voucher.type != effect.for_type:
        return None
    values = {name: number(value) for name, value in scope.items()}
    tried = [
        bool(exact(rules.formulas[f"effect.{place}"], values))
        for place, way in enumerate(effect.any_of)
        if all(scope[name] is not None for name in way.needs)
    ]
    return any(tried) if tried else None


class Register:
    """The vouchers granted under one set of rules.

    It counts what an applicant has received, so that a second voucher of a type in a calendar year is refused; whatever
    became of a voucher, it was received.
    """

    def __init__(self, rules: Rules | None = None, vouchers: Mapping[str, Voucher] | None = None) -> None:
        self.rules = rules or load_rules()
        self.vouchers: dict[str, Voucher] = dict(vouchers or {})

    def received(self, entity: str, kind: str, year: int) -> int:
        """How many vouchers of a type an applicant has received in a calendar year."""
        return sum(v.entity == entity and v.type == kind and v.granted.year == year for v in self.vouchers.values())

    def apply(self, entity: str, application: Mapping[str, Any]) -> tuple[Decision, Voucher | None]:
        """Decide an application and grant the voucher where it holds."""
        facts = read_facts(self.rules.model, self.rules.model.facts, application, ("documents",))
        when, kind = facts["apply_date"], facts["type"]
        known = self.received(entity, kind, when.year)
        facts["same_type_this_year"] = max(known, facts["same_type_this_year"])
        made = decide_facts(self.rules, facts, application.get("documents"))
        if not made.ok:
            return made, None
        days = self.rules.parameters["valid_days"]
        until = self.rules.parameter("last_day") if days is None else when + timedelta(days=days)
        name = f"{kind}-{when:%Y%m%d}-{len(self.vouchers) + 1:06d}"
        voucher = Voucher(name, entity, kind, made.face_value, when, until, (("granted", when),))
        self.vouchers[name] = voucher
        return made, voucher

    def redeem(self, name: str, facts: Mapping[str, Any]) -> Decision:
        """Redeem a voucher. Raises InputError for an unknown one."""
        made, self.vouchers[name] = redeem(self.rules, self._voucher(name), facts)
        return made

    def move(self, name: str, state: str, when: date) -> Voucher:
        """Settle or revoke a voucher. Raises InputError where the rules allow no such step."""
        self.vouchers[name] = move(self.rules, self._voucher(name), state, when)
        return self.vouchers[name]

    def expire(self, as_of: date) -> list[Voucher]:
        """Mark the vouchers that were not used in time."""
        late = [v for v in self.vouchers.values() if v.state == "granted" and v.valid_until < as_of]
        return [self.move(voucher.id, "expired", as_of) for voucher in late]

    def _voucher(self, name: str) -> Voucher:
        if name not in self.vouchers:
            hint = nearest(name, self.vouchers)
            raise InputError([say("voucher.unknown", id=name) + (say("hint.nearest", name=hint) if hint else "")])
        return self.vouchers[name]

    def to_dict(self) -> dict[str, Any]:
        return {"rules": self.rules.model.id, "vouchers": [voucher.to_dict() for voucher in self.vouchers.values()]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], rules: Rules | None = None) -> Register:
        """A register as :meth:`to_dict` wrote it. Raises InputError where it is none, or kept under other rules."""
        if not isinstance(data, dict) or not isinstance(data.get("vouchers"), list) or not isinstance(data.get("rules"), str):
            raise InputError([say("voucher.no_register")])
        rules = rules or load_rules(data["rules"])
        if data["rules"] != rules.model.id:
            raise InputError([say("voucher.other_rules", kept=data["rules"], rules=rules.model.id)])
        found = [Voucher.from_dict(item, rules) for item in data["vouchers"]]
        return cls(rules, {voucher.id: voucher for voucher in found})
