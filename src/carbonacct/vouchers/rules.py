"""Voucher rules as data: the file's shape, and its formulas proven once when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from carbonacct.errors import CarbonacctError, FileError, InputError
from carbonacct.exact import Names, as_date, as_decimal
from carbonacct.expressions.tree import Node
from carbonacct.messages import say
from carbonacct.schema import paths, rulefile
from carbonacct.schema.models import Model, Number, Sourced, StrList, Text, Title
from carbonacct.schema.rulefile import RuleFile
from carbonacct.units import nearest

DEFAULT = "vouchers/chengdu-zero-carbon-2023"
UNITS = {"date": "day", "money": "CNY", "count": "1", "number": "1"}
YES_NO = {"yes", "no"}
# what the program derives from the facts and parameters, with its unit or options
DERIVED = {"violation_window_start": "day", "face_value": "CNY", "granted": "day", "valid_until": "day"}


class Parameter(Sourced):
    """A number or date of the rules; null is not known."""

    title: Title
    kind: Literal["date", "money", "count"]
    value: Number | str | None


class Fact(Sourced):
    """What an application or a redemption must tell.

    absent: what null means; without it null is refused. optional: it may be left out, which is as null.
    default: taken where it is left out; ``type`` stands for the voucher's type.
    """

    title: Title
    kind: Literal["date", "money", "count", "number", "choice", "yes_no", "type", "text"]
    options: dict[str, Title] = Field(default_factory=dict)
    absent: str | None = None
    optional: bool = False
    default: Number | str | None = None


class VoucherType(Sourced):
    """A type with its face value in CNY and what it pays."""

    title: Title
    face_value: Number
    pays: Title


class Rule(Sourced):
    """A condition that must hold; ``code`` is the reason given where it does not; ``clause`` the article, where known."""

    id: str
    code: str
    title: Title
    test: Text
    clause: Text | None = None


class Subsidy(Sourced):
    """The amount paid, in CNY."""

    title: Title
    formula: Text


class EffectTest(Model):
    """One way to show an effect, usable where the facts it needs are told."""

    needs: StrList
    test: Text


class Effect(Sourced):
    """An effect that is recorded for vouchers of one type; it refuses nothing."""

    title: Title
    for_type: str = Field(alias="for")
    any_of: list[EffectTest]


class State(Model):
    """A stage of a voucher's life and the stages that may follow."""

    title: Title
    next: list[str]


class Document(Title):
    """A paper of the checklist; ``for`` limits it to some types."""

    for_types: StrList = Field(default_factory=list, alias="for")


class Documents(Model):
    """Checklists; what is missing is reported, not refused."""

    application: list[Document]
    redemption: list[Document]


class Case(Model):
    """An application and its outcome: the codes of the rules that fail, in their order, and the amount in CNY."""

    name: str
    source: Text
    facts: dict[str, Any]
    codes: list[str] = Field(default_factory=list)
    amount: str


class VoucherRules(RuleFile):
    """A file of voucher rules."""

    issuer: Title
    parameters: dict[str, Parameter]
    facts: dict[str, Fact]
    types: dict[str, VoucherType]
    eligibility: list[Rule]
    subsidy: Subsidy
    redemption_facts: dict[str, Fact]
    redemption: list[Rule]
    effect: Effect
    states: dict[str, State]
    documents: Documents
    case_defaults: dict[str, Any] = Field(default_factory=dict)
    cases: list[Case] = Field(default_factory=list)


@dataclass(frozen=True)
class Rules:
    """Loaded rules: the file, the parameters in force, and the proven formulas by rule id."""

    model: VoucherRules
    parameters: Mapping[str, Any]
    providers: tuple[str, ...] | None = None
    formulas: Mapping[str, Node] = field(default_factory=dict)

    def parameter(self, name: str) -> Any:
        """A parameter's value. Raises InputError with its name where it is not known."""
        if self.parameters[name] is None:
            raise InputError([say("voucher.unknown_parameter", name=name, rules=self.model.id)])
        return self.parameters[name]

    def evidence(self, item: Sourced) -> str:
        return item.evidence or self.model.evidence

    def face_value(self, kind: str) -> Decimal:
        return as_decimal(self.model.types[kind].face_value)


def _value(parameter: Parameter, value: Any) -> date | Decimal | int | None:
    if value is None:
        return None
    if parameter.kind == "date":
        return as_date(value)
    number = as_decimal(value)
    if parameter.kind == "count":
        if number != int(number):
            raise ValueError(say("exact.whole", value=value))
        return int(number)
    return number


def load_rules(name: str = DEFAULT, *, providers: Sequence[str] | None = None, **parameters: Any) -> Rules:
    """The rules of an id; keywords override parameters (``last_day="2025-10-01"``), ``providers`` lists the accepted ones.

    Raises NotFoundError, FileError (all faults of the file) or InputError (all faults of the parameters).
    """
    model, formulas = _file(name, str(paths.find("rules", name)))
    values, problems = {}, []
    for key in parameters:
        if key not in model.parameters:
            hint = nearest(key, [*model.parameters, "providers"])
            problems.append(say("voucher.parameter", name=key) + (say("hint.nearest", name=hint) if hint else ""))
    for key, parameter in model.parameters.items():
        try:
            values[key] = _value(parameter, parameters.get(key, parameter.value))
        except ValueError as error:
            problems.append(f"{key}: {error}")
    if problems:
        raise InputError(problems)
    return Rules(model, values, None if providers is None else tuple(providers), formulas)


@lru_cache(maxsize=16)
def _file(name: str, path: str) -> tuple[VoucherRules, dict[str, Node]]:
    model, document, problems = rulefile.read(Path(path), VoucherRules, name)
    formulas = {}
    applying = _names(model, model.facts)
    redeeming = _names(model, {"type": model.facts["type"], **model.redemption_facts})
    sections: list[tuple[str, list[Rule], Names]] = [
        ("eligibility", model.eligibility, applying),
        ("redemption", model.redemption, redeeming),
    ]
    for section, rules, known in sections:
        for place, rule in enumerate(rules):
            try:
                formulas[rule.id] = known.condition(rule.test)
            except CarbonacctError as error:
                problems.append(f"{document.where((section, place, 'test'))}: {error}")
    for place, way in enumerate(model.effect.any_of):
        try:
            formulas[f"effect.{place}"] = redeeming.condition(way.test)
        except CarbonacctError as error:
            problems.append(f"{document.where(('effect', 'any_of', place, 'test'))}: {error}")
    try:
        formulas["subsidy"] = applying.number(model.subsidy.formula, "CNY")
    except CarbonacctError as error:
        problems.append(f"{document.where(('subsidy', 'formula'))}: {error}")
    for state, following in model.states.items():
        for target in following.next:
            if target not in model.states:
                problems.append(f"{document.where(('states', state))}: {say('voucher.state', name=target)}")
    if problems:
        raise FileError(problems)
    return model, formulas


def _names(model: VoucherRules, facts: Mapping[str, Fact]) -> Names:
    kinds: dict[str, str] = {key: parameter.kind for key, parameter in model.parameters.items()}
    kinds |= {key: fact.kind for key, fact in facts.items()}
    units = {key: UNITS[kind] for key, kind in kinds.items() if kind in UNITS}
    options = {key: set(fact.options) for key, fact in facts.items() if fact.kind == "choice"}
    options |= {key: YES_NO for key, fact in facts.items() if fact.kind == "yes_no"}
    options |= {key: set(model.types) for key, fact in facts.items() if fact.kind == "type"}
    return Names({**units, **DERIVED}, {**options, "state": set(model.states), "provider_listed": YES_NO})
