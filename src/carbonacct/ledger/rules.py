"""The rules that are data (``methodologies/ledger/rules.yaml``): instruments, source kinds, kinds of subject."""

from __future__ import annotations

from carbonacct.ledger.checks import shown, unknown
from carbonacct.ledger.errors import LedgerError
from carbonacct.messages import language, say
from carbonacct.schema import rulefile, tables
from carbonacct.schema.models import Sourced, Text
from carbonacct.schema.rulefile import RuleFile

RULES = "ledger/rules"


class Named(Sourced):
    """Something with a Chinese and an English name and its evidence."""

    zh: Text
    en: Text

    @property
    def title(self) -> str:
        return self.zh if language() == "zh" else self.en


class Instrument(Named):
    """A kind of unit. ``tonnes``: tCO2e per unit, None if it is no offset."""

    unit: str
    tonnes: int | None


class SourceKind(Named):
    """Where a figure comes from. Of several for one subject, that with the highest ``trust`` is effective.

    ``outside``: somebody else stands for the figure, so that one's own calculation needs evidence to claim it.
    """

    trust: int
    outside: bool


class SubjectKind(Named):
    """What an entry can be about. ``claim``: whether a neutrality rate may be stated; ``named``: whether ``kind:name``."""

    claim: bool
    named: bool


class LedgerRules(RuleFile):
    """The whole file."""

    instruments: dict[str, Instrument]
    source_kinds: dict[str, SourceKind]
    subjects: dict[str, SubjectKind]


def rules(name: str = RULES) -> LedgerRules:
    """A file of ledger rules, read once. Raises FileError or NotFoundError."""
    return rulefile.load(name, LedgerRules)


def offset(name: str) -> Instrument:
    """The instrument of that name. Raises LedgerError if there is none or its unit is no offset."""
    instrument = rules().instruments.get(name) if isinstance(name, str) else None
    if instrument is None:
        raise LedgerError([unknown("ledger.instrument", name, rules().instruments)])
    if instrument.tonnes is None:
        raise LedgerError([say("ledger.no_offset", name=name, unit=instrument.unit)])
    return instrument


def source_kind(name: str) -> SourceKind:
    """The source kind of that name. Raises LedgerError with the nearest."""
    kind = rules().source_kinds.get(name) if isinstance(name, str) else None
    if kind is None:
        raise LedgerError([unknown("ledger.source", name, rules().source_kinds)])
    return kind


def subject_kind(subject: str) -> SubjectKind:
    """The kind of a subject: ``organisation`` or ``event:marathon 2023``. Raises LedgerError."""
    name, colon, rest = subject.partition(":") if isinstance(subject, str) else ("", "", "")
    kind = rules().subjects.get(name)
    if kind is None or bool(colon) != kind.named or (kind.named and not rest.strip()):
        raise LedgerError([unknown("ledger.subject", subject, rules().subjects)])
    return kind


def gwp_sets(name: str) -> tuple[str, ...]:
    """The GWP sets of a name, several joined with + in order of preference. Raises LedgerError with the nearest.

    The order counts: where both sets have a figure, the first is used, so SAR+AR4 and AR4+SAR give different sums.
    """
    known = tables.load("gwp/ipcc").columns
    found = tuple(name.split("+")) if isinstance(name, str) else ("",)
    for one in found:
        if one not in known:
            raise LedgerError([unknown("ledger.gwp", one if isinstance(name, str) else name, known)])
    if len(set(found)) < len(found):
        raise LedgerError([say("ledger.gwp_twice", name=shown(name))])
    return found
