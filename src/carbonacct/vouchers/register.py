"""A register of vouchers that keeps one per applicant, type and year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from carbonacct.errors import InputError, NotFoundError
from carbonacct.messages import say
from carbonacct.ruleinput import Faults, unknown
from carbonacct.vouchers.decision import Decision, decide_told, read_application, with_notes
from carbonacct.vouchers.facts import Told, plain
from carbonacct.vouchers.redemption import redeem
from carbonacct.vouchers.rules import EXPIRED, GRANTED, Rules, load_rules
from carbonacct.vouchers.spelling import spelled
from carbonacct.vouchers.voucher import Voucher, last_valid, move
from carbonacct.vouchers.wording import both


@dataclass(frozen=True)
class Application:
    """An application that was read: who applies, and what is told."""

    entity: str
    told: Told


class Register:
    """The vouchers granted under one set of rules.

    It counts what an applicant has received, so that a second voucher of a type in a calendar year is refused; whatever
    became of a voucher, it was received.
    """

    KEYS = ("rules", "parameters", "vouchers")

    def __init__(self, rules: Rules | None = None, vouchers: Mapping[str, Voucher] | None = None) -> None:
        self.rules = rules or load_rules()
        self.vouchers: dict[str, Voucher] = dict(vouchers or {})

    def received(self, entity: str, kind: str, year: int) -> int:
        """How many vouchers of a type an applicant has received in a calendar year."""
        who = spelled(entity)
        return sum(v.entity == who and v.type == kind and v.granted.year == year for v in self.vouchers.values())

    def read(self, application: Mapping[str, Any]) -> Application:
        """An application with its ``entity``. Raises InputError with all faults."""
        if not isinstance(application, Mapping):
            raise InputError([say("yaml.not_mapping")])
        faults = Faults()
        with faults.at("entity"):
            if application.get("entity") is None:
                raise ValueError(say("schema.missing_key", key="entity"))
            entity = spelled(application["entity"])
        with faults.at():
            told = read_application(self.rules, application, ("entity",))
        faults.settle()
        return Application(entity, told)

    def apply(self, entity: str, application: Mapping[str, Any]) -> tuple[Decision, Voucher | None]:
        """Decide an application and grant the voucher where it holds. Raises InputError with all faults."""
        return self.grant(self.read({**application, "entity": entity}))

    def grant(self, application: Application) -> tuple[Decision, Voucher | None]:
        """Decide an application that was read and grant the voucher where it holds."""
        entity, told = application.entity, application.told
        when, kind = told.facts["apply_date"], told.facts["type"]
        known = max(self.received(entity, kind, when.year), told.facts["same_type_this_year"])
        made = decide_told(self.rules, Told({**told.facts, "same_type_this_year": known}, told.papers))
        if not made.ok:
            return made, None
        faults = Faults()
        with faults.at("apply_date"):
            until = last_valid(self.rules, when)
        faults.settle()
        name = next(name for n in count(len(self.vouchers) + 1) if (name := f"{kind}-{when:%Y%m%d}-{n:06d}") not in self.vouchers)
        voucher = Voucher(name, entity, kind, made.face_value, when, until, ((GRANTED, when),))
        self.vouchers[name] = voucher
        last = self.rules.parameters["last_day"]
        beyond = last is not None and until > last
        return (with_notes(made, both("voucher.beyond", until=until, last=last)) if beyond else made), voucher

    def redeem(self, name: str, facts: Mapping[str, Any]) -> Decision:
        """Redeem a voucher. Raises InputError for an unknown one."""
        made, self.vouchers[name] = redeem(self.rules, self.voucher(name), facts)
        return made

    def move(self, name: str, state: str, when: date) -> Voucher:
        """Settle, revoke or expire a voucher. Raises InputError where the rules allow no such step."""
        self.vouchers[name] = move(self.rules, self.voucher(name), state, when)
        return self.vouchers[name]

    def expire(self, as_of: date) -> list[Voucher]:
        """Mark the vouchers that were not used in time."""
        late = [v for v in self.vouchers.values() if v.state == GRANTED and v.valid_until < as_of]
        return [self.move(voucher.id, EXPIRED, as_of) for voucher in late]

    def voucher(self, name: str) -> Voucher:
        """A voucher by its id. Raises InputError with the nearest."""
        if name not in self.vouchers:
            raise InputError([unknown("voucher.unknown", name, self.vouchers, id=name)])
        return self.vouchers[name]

    def to_dict(self) -> dict[str, Any]:
        return {
            "rules": self.rules.model.id,
            "parameters": {key: plain(value) for key, value in self.rules.changed.items()},
            "vouchers": [voucher.to_dict() for voucher in self.vouchers.values()],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], rules: Rules | None = None) -> Register:
        """A register as :meth:`to_dict` wrote it, under the rules and parameters it names if none are given.

        Raises InputError with all that makes it none, or kept under other rules.
        """
        if not isinstance(data, dict) or not isinstance(data.get("vouchers"), list) or not isinstance(data.get("rules"), str):
            raise InputError([say("voucher.no_register")])
        faults = Faults()
        for key in data:
            with faults.at(str(key)):
                if key not in cls.KEYS:
                    raise ValueError(unknown("schema.unknown_key", key, cls.KEYS, key=key))
        register = cls(rules or _kept_under(data, faults))
        if data["rules"] != register.rules.model.id:
            raise InputError(
                [*faults.problems, "rules: " + say("voucher.other_rules", kept=data["rules"], rules=register.rules.model.id)]
            )
        seen: set[str] = set()
        for place, item in enumerate(data["vouchers"]):
            with faults.at("vouchers", place):
                if not isinstance(item, Mapping):
                    raise ValueError(say("yaml.not_mapping"))
                name = item.get("id")
                if isinstance(name, str):  # known before the rest is read: a faulty first one must not hide the second
                    if name in seen:
                        raise ValueError(say("voucher.twice", id=name))
                    seen.add(name)
                voucher = Voucher.from_dict(item, register.rules)
                register.vouchers[voucher.id] = voucher
        faults.settle()
        return register


def _kept_under(data: Mapping[str, Any], faults: Faults) -> Rules:
    """The rules that a register names; faults of its parameters are recorded. Raises InputError where there are no such rules."""
    try:
        rules = load_rules(data["rules"])
    except NotFoundError as error:
        raise InputError([*faults.problems, f"rules: {error}"]) from None
    parameters = {} if data.get("parameters") is None else data["parameters"]
    with faults.at("parameters"):
        if not isinstance(parameters, Mapping):
            raise ValueError(say("yaml.not_mapping"))
        return rules.having(parameters)
    return rules
