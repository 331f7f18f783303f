"""The facts of an application or a redemption: read by the rules' own list, every fault named at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from carbonacct.errors import InputError
from carbonacct.exact import Exact, as_date, as_decimal, as_whole, day
from carbonacct.messages import language, say
from carbonacct.ruleinput import Faults, unknown
from carbonacct.schema.models import Title
from carbonacct.vouchers.shape import Document, Fact, VoucherRules
from carbonacct.vouchers.spelling import spelled
from carbonacct.vouchers.wording import text

Papers = tuple[tuple[Title, bool], ...]  # the checklist, and whether each paper was brought
Facts = dict[str, Any]  # date, Decimal, int or text by fact; None where it is absent
NEVER = float("-inf")
_YES = {"yes": "yes", "no": "no", "true": "yes", "false": "no", "是": "yes", "否": "no"}


@dataclass(frozen=True)
class Told:
    """What an application or a redemption tells: the facts, and the checklist with what was brought."""

    facts: Facts
    papers: Papers


def read_told(
    model: VoucherRules,
    wanted: Mapping[str, Fact],
    papers: list[Document],
    given: Mapping[str, Any],
    kind: str | None = None,
    also: tuple[str, ...] = (),
) -> Told:
    """The facts of ``wanted`` and the ``documents`` from plain data. Raises InputError with all faults.

    kind: the voucher's type, where it is no fact itself. also: keys meant for others.
    """
    if not isinstance(given, Mapping):
        raise InputError([say("yaml.not_mapping")])
    faults = Faults()
    known = [*wanted, "documents", *also]
    for key in given:
        with faults.at(str(key)):
            if key not in known:
                raise ValueError(unknown("voucher.fact", key, known))
    facts: Facts = {}
    for key in sorted(wanted, key=lambda key: wanted[key].default == "type"):  # those that follow the type come after it
        with faults.at(key):
            facts[key] = _told(model, wanted[key], key, given, facts.get("type", kind))
    for key, fact in wanted.items():
        with faults.at(key):
            last = facts.get(fact.not_after) if fact.not_after else None
            if last is not None and facts.get(key) is not None and facts[key] > last:
                raise ValueError(say("voucher.after", date=facts[key], last=last, title=text(wanted[str(fact.not_after)].title)))
    brought = checklist(papers, facts.get("type", kind), given.get("documents"), faults)
    faults.settle()
    return Told(facts, brought)


def _told(model: VoucherRules, fact: Fact, key: str, given: Mapping[str, Any], kind: str | None) -> Any:
    """One fact, from its value, its default or its absence. Raises ValueError."""
    value = given.get(key)
    if key not in given and fact.default is not None:
        if fact.default == "type":
            return kind
        value = fact.default
    if value is not None:
        return _read(model, fact, value)
    if fact.absent is None or not (key in given or fact.optional):
        raise ValueError(say("voucher.missing", title=text(fact.title)))
    return fact.absent if fact.kind == "choice" else None


def _read(model: VoucherRules, fact: Fact, value: Any) -> Any:
    match fact.kind:
        case "date":
            return as_date(value)
        case "money":
            return as_decimal(value, least=None)
        case "number":
            return as_decimal(value)
        case "count":
            return as_whole(as_decimal(value))
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
            return spelled(value)


def option(value: Any, options: Mapping[str, Title]) -> str:
    """An option by its key, Chinese or English name. Raises ValueError with the nearest."""
    for key, title in options.items():
        if value in (key, title.zh, title.en):
            return key
    listed = options if language() == "en" else [text(title) for title in options.values()]
    names = [name for key, title in options.items() for name in (key, str(title.zh), str(title.en))]
    raise ValueError(unknown("voucher.option", value, names, value=value, options=say("voucher.comma").join(listed)))


def checklist(papers: list[Document], kind: str | None, brought: Any, faults: Faults) -> Papers:
    """The papers that a type needs (None: any), and whether each is among those brought; faults of these are recorded."""
    asked = [paper for paper in papers if kind is None or kind in (paper.for_types or [kind])]
    given: set[str] = set()
    with faults.at("documents"):
        if not isinstance(brought, list | tuple | None):
            raise ValueError(say("input.file_type", key="documents", expected=say("type.list")))
        for place, name in enumerate(brought or ()):
            with faults.at("documents", place):
                given.add(option(name, {text(paper): paper for paper in asked}))
    return tuple((paper, text(paper) in given) for paper in asked)


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
