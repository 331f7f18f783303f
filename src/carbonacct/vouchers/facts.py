"""The facts of an application or a redemption: read by the rules' own list, every fault named at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from carbonacct.errors import InputError
from carbonacct.exact import Exact, as_date, as_decimal, day
from carbonacct.messages import language, say
from carbonacct.schema.models import Title
from carbonacct.units import nearest
from carbonacct.vouchers.rules import Fact, VoucherRules

Facts = dict[str, Any]  # date, Decimal, int or text by fact; None where it is absent
NEVER = float("-inf")
_YES = {"yes": "yes", "no": "no", "true": "yes", "false": "no", "是": "yes", "否": "no"}


def read_facts(model: VoucherRules, wanted: Mapping[str, Fact], given: Mapping[str, Any], also: tuple[str, ...] = ()) -> Facts:
    """The facts of ``wanted`` from plain data; ``also`` are keys meant for others. Raises InputError with all faults."""
    problems = []
    for key in given:
        if key not in wanted and key not in also:
            hint = nearest(str(key), [*wanted, *also])
            problems.append(f"{key}: {say('voucher.fact', name=key)}" + (say("hint.nearest", name=hint) if hint else ""))
    facts: Facts = {}
    for key, fact in wanted.items():
        value = given.get(key)
        if value is None and key not in given and fact.default is not None:
            value = given.get("type") if fact.default == "type" else fact.default
        if value is None:
            facts[key] = fact.absent if fact.kind == "choice" else None
            if fact.absent is None or not (key in given or fact.optional):
                problems.append(f"{key}: {say('voucher.missing', title=text(fact.title))}")
            continue
        try:
            facts[key] = _read(model, fact, value)
        except ValueError as error:
            problems.append(f"{key}: {error}")
    if problems:
        raise InputError(problems)
    return facts


def _read(model: VoucherRules, fact: Fact, value: Any) -> Any:
    match fact.kind:
        case "date":
            return as_date(value)
        case "money":
            return as_decimal(value, least=None)
        case "number":
            return as_decimal(value)
        case "count":
            number = as_decimal(value)
            if number != int(number):
                raise ValueError(say("exact.whole", value=value))
            return int(number)
        case "choice":
            return option(value, fact.options)
        case "type":
            return option(value, {key: kind.title for key, kind in model.types.items()})
        case "yes_no":
            found = _YES.get(str(value).lower())
            if found is None:
                raise ValueError(say("voucher.yes_no", value=value))
            return found
        case "text":
            return str(value)


def option(value: Any, options: Mapping[str, Title]) -> str:
    """An option by its key, Chinese or English name. Raises ValueError with the nearest."""
    for key, title in options.items():
        if value in (key, title.zh, title.en):
            return key
    hint = nearest(str(value), [name for key, title in options.items() for name in (key, str(title.zh), str(title.en))])
    message = say("voucher.option", value=value, options=", ".join(options))
    raise ValueError(message + (say("hint.nearest", name=hint) if hint else ""))


def text(title: Title) -> str:
    """A title in the language in force."""
    return str(title.zh if language() == "zh" else title.en)


def number(value: Any) -> Exact | str:
    """A fact as formulas see it: a date as its day, what never was as minus infinity, an option as it is."""
    match value:
        case None:
            return NEVER
        case date():
            return day(value)
        case Decimal() | int():
            return Fraction(value)
    return str(value)


def plain(value: Any) -> Any:
    """A fact as JSON has it; money and numbers as text, so that no digit is lost."""
    match value:
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
    return value
