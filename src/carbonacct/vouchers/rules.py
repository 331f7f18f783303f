"""Voucher rules in force: the file with its formulas proven once, the parameters and the accepted providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from carbonacct.errors import CarbonacctError, FileError, InputError, NotFoundError
from carbonacct.exact import Names, as_date, as_decimal, as_whole
from carbonacct.expressions.tree import Node
from carbonacct.messages import say
from carbonacct.ruleinput import Faults, unknown
from carbonacct.schema import paths, rulefile, yaml
from carbonacct.schema.models import Sourced
from carbonacct.vouchers.shape import Case as Case
from carbonacct.vouchers.shape import Fact, Parameter, VoucherRules
from carbonacct.vouchers.spelling import spelled

FOLDER = "vouchers/"
DEFAULT = f"{FOLDER}chengdu-zero-carbon-2023"
UNITS = {"date": "day", "money": "CNY", "count": "1", "number": "1"}
YES_NO = {"yes", "no"}
# what the program derives from the facts and parameters, with its unit
DERIVED = {"violation_window_start": "day", "face_value": "CNY", "granted": "day", "valid_until": "day"}
AMOUNT = {"amount": "CNY"}  # what the subsidy's formula gives, rounded; for the conditions
# the states that the program itself puts a voucher in
GRANTED, USED, EXPIRED = "granted", "used", "expired"

Values = Mapping[str, Any]  # parameters: date, Decimal, int or text; None where it is not known


@dataclass(frozen=True)
class Rules:
    """Loaded rules: the file, the parameters in force, the accepted providers (None: any), the proven formulas by rule id."""

    model: VoucherRules
    parameters: Values
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

    def having(self, parameters: Mapping[str, Any]) -> Rules:
        """These rules with other parameters. Raises InputError with all faults."""
        faults = Faults()
        known = self.model.parameters
        values = dict(self.parameters)
        for key, value in parameters.items():
            with faults.at(str(key)):
                if key not in known:
                    raise ValueError(unknown("voucher.parameter", key, known))
                values[key] = _value(known[key], value)
        faults.settle()
        return replace(self, parameters=values)

    def accepting(self, providers: Any) -> Rules:
        """These rules with a list of accepted providers; None accepts every one. Raises InputError with all faults."""
        if providers is None:
            return replace(self, providers=None)
        faults = Faults()
        found: list[str] = []
        with faults.at("providers"):
            if not isinstance(providers, list | tuple | set | frozenset):
                raise ValueError(say("input.file_type", key="providers", expected=say("type.list")))
        if not faults.problems:
            for place, provider in enumerate(providers):
                with faults.at("providers", place):
                    found.append(spelled(provider))
        faults.settle()
        return replace(self, providers=tuple(found))

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that are not as the file states them."""
        stated = {key: _value(parameter, parameter.value) for key, parameter in self.model.parameters.items()}
        return {key: value for key, value in self.parameters.items() if value != stated[key]}


def load_rules(name: str = DEFAULT, /, *, providers: Sequence[str] | None = None, **parameters: Any) -> Rules:
    """The rules of an id; keywords override parameters (``last_day="2025-10-01"``), ``providers`` lists the accepted ones.

    Raises NotFoundError, FileError (all faults of the file) or InputError (all faults of the parameters and providers).
    """
    faults = Faults()
    rules = _file(name, str(find(name)))
    with faults.at():
        rules = rules.having(parameters)
    with faults.at():
        rules = rules.accepting(providers)
    faults.settle()
    return rules


def find(name: str) -> Path:
    """The file of an id. Raises NotFoundError with the nearest, or with those that there are."""
    known = [one for one in paths.ids("rules") if one.startswith(FOLDER)]
    if name not in known:
        raise NotFoundError(unknown("voucher.no_rules", name, known, known=", ".join(known)))
    return paths.find("rules", name)


def _value(parameter: Parameter, value: Any) -> date | Decimal | int | str | None:
    """A parameter read by its kind. Raises ValueError."""
    if value is None:
        return None
    match parameter.kind:
        case "date":
            return as_date(value)
        case "text":
            return spelled(value)
    number = as_decimal(value)
    found = as_whole(number) if parameter.kind == "count" else number
    if parameter.range and not parameter.range[0] <= number <= parameter.range[1]:
        raise ValueError(say("voucher.range", value=value, least=parameter.range[0], most=parameter.range[1]))
    return found


@lru_cache(maxsize=16)
def _file(name: str, path: str) -> Rules:
    """The rules as a file states them."""
    model, document, problems = rulefile.read(Path(path), VoucherRules, name)
    rules = Rules(model, {}, None, {})
    try:
        rules = rules.having({key: parameter.value for key, parameter in model.parameters.items()})
    except InputError as error:
        problems += [
            f"{document.where(('parameters', problem.split(': ')[0], 'value'))}: {problem}" for problem in error.problems
        ]
    problems += [f"{document.where(place)}: {message}" for place, message in _misnamed(model)]
    formulas = _prove(model, document, problems)
    if problems:
        raise FileError(problems)
    return replace(rules, formulas=formulas)


def _misnamed(model: VoucherRules) -> list[tuple[yaml.Place, str]]:
    """States and facts that are spoken of and are not there, each with its place."""
    found: list[tuple[yaml.Place, str]] = []
    for state, following in model.states.items():
        for target in following.next:
            if target not in model.states:
                found.append((("states", state), unknown("voucher.state", target, model.states)))
    for state in (GRANTED, USED, EXPIRED):
        if state not in model.states:
            found.append((("states",), unknown("voucher.state", state, model.states)))
    for section, facts in (("facts", model.facts), ("redemption_facts", model.redemption_facts)):
        dates = [key for key, fact in facts.items() if fact.kind == "date"]
        for key, fact in facts.items():
            if fact.not_after is not None and fact.not_after not in dates:
                found.append(((section, key, "not_after"), unknown("voucher.no_date_fact", fact.not_after, dates)))
    return found


def _prove(model: VoucherRules, document: yaml.Document, problems: list[str]) -> dict[str, Node]:
    """The formulas by rule id; what is wrong with one goes to ``problems``."""
    formulas: dict[str, Node] = {}
    applying = _names(model, model.facts)
    redeeming = _names(model, {"type": model.facts["type"], **model.redemption_facts})
    conditions: list[tuple[str, yaml.Place, str, Names]] = [
        *((rule.id, ("eligibility", place), rule.test, applying) for place, rule in enumerate(model.eligibility)),
        *((rule.id, ("redemption", place), rule.test, redeeming) for place, rule in enumerate(model.redemption)),
        *((f"effect.{place}", ("effect", "any_of", place), way.test, redeeming) for place, way in enumerate(model.effect.any_of)),
    ]
    for key, above, test, names in conditions:
        try:
            formulas[key] = Names({**names.units, **AMOUNT}, names.options).condition(test)
        except CarbonacctError as error:
            problems.append(f"{document.where((*above, 'test'))}: {error}")
    try:
        formulas["subsidy"] = applying.number(model.subsidy.formula, "CNY")
    except CarbonacctError as error:
        problems.append(f"{document.where(('subsidy', 'formula'))}: {error}")
    return formulas


def _names(model: VoucherRules, facts: Mapping[str, Fact]) -> Names:
    kinds: dict[str, str] = {key: parameter.kind for key, parameter in model.parameters.items()}
    kinds |= {key: fact.kind for key, fact in facts.items()}
    units = {key: UNITS[kind] for key, kind in kinds.items() if kind in UNITS}
    options = {key: set(fact.options) for key, fact in facts.items() if fact.kind == "choice"}
    options |= {key: YES_NO for key, fact in facts.items() if fact.kind == "yes_no"}
    options |= {key: set(model.types) for key, fact in facts.items() if fact.kind == "type"}
    return Names({**units, **DERIVED}, {**options, "state": set(model.states), "provider_listed": YES_NO})
