"""Redemption: the tests, the amount paid, and the effect that is recorded beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from carbonacct.exact import exact
from carbonacct.ruleinput import Faults
from carbonacct.schema.models import Title
from carbonacct.vouchers.decision import Decision, decision, graded, with_notes
from carbonacct.vouchers.facts import Facts, Told, number, read_told
from carbonacct.vouchers.rules import USED, Rules
from carbonacct.vouchers.voucher import Voucher, step
from carbonacct.vouchers.wording import both, listed, title_of


def redeem(rules: Rules, voucher: Voucher, facts: Mapping[str, Any]) -> tuple[Decision, Voucher]:
    """Test a redemption; where it is accepted the voucher comes back used, with the amount paid.

    ``facts`` tells the redemption facts of the rules file and may list ``documents``. Raises InputError with all faults.
    """
    told = read_redemption(rules, facts, voucher.type)
    listed = rules.providers is None or told.facts["provider"] in rules.providers
    scope: Facts = {
        **rules.parameters,
        **told.facts,
        "type": voucher.type,
        "state": voucher.state,
        "granted": voucher.granted,
        "valid_until": voucher.valid_until,
        "face_value": rules.face_value(voucher.type),
        "provider_listed": "yes" if listed else "no",
    }
    made = decision(rules, voucher.type, scope, rules.model.redemption, told)
    if voucher.type == rules.model.effect.for_type:
        effect, notes = _effect(rules, scope)
        made = with_notes(replace(made, effect=effect), *notes)
    if not made.ok:
        return made, voucher
    faults = Faults()
    with faults.at("redeem_date"):
        voucher = replace(step(rules, voucher, USED, told.facts["redeem_date"]), paid=made.amount)
    faults.settle()
    return made, voucher


def read_redemption(rules: Rules, facts: Mapping[str, Any], kind: str | None) -> Told:
    """What a redemption tells, of a voucher of a type (None: not known). Raises InputError with all faults."""
    model = rules.model
    return read_told(model, model.redemption_facts, model.documents.redemption, facts, kind)


def _effect(rules: Rules, scope: Facts) -> tuple[bool | None, list[Title]]:
    """Whether one of the ways to show the effect succeeds, None where none can be tried; and what is to be said of it."""
    effect, model = rules.model.effect, rules.model
    values = {name: number(value) for name, value in scope.items()}
    told = [[name for name in way.needs if scope[name] is not None] for way in effect.any_of]
    tried = [
        bool(exact(rules.formulas[f"effect.{place}"], values))
        for place, way in enumerate(effect.any_of)
        if len(told[place]) == len(way.needs)
    ]
    partly = [way for place, way in enumerate(effect.any_of) if 0 < len(told[place]) < len(way.needs)]
    found = any(tried) if tried else None

    def missing(needs: list[str]) -> Title:
        return listed([both("voucher.keyed", title=title_of(model, n), key=n) for n in needs if scope[n] is None])

    if found is not None:
        outcome = both(f"voucher.effect_{'shown' if found else 'not_shown'}", title=effect.title)
    else:
        ways = listed([missing(way.needs) for way in partly or effect.any_of], "voucher.or")
        outcome = both("voucher.effect_open", title=effect.title, missing=ways)
    notes = [graded(outcome, rules.evidence(effect))]
    if tried:
        for way in partly:
            given = listed([title_of(model, name) for name in way.needs if scope[name] is not None])
            notes.append(both("voucher.effect_unused", given=given, missing=missing(way.needs)))
    return found, notes
