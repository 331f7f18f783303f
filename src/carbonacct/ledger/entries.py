"""Entries to record: emissions, reductions and neutralisations, given as figures or taken from results.

Amounts are tonnes of CO2e. They are kept as whole grams, rounded half to even (GB/T 8170), so that sums are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, TypeGuard

from carbonacct.ledger.chain import canonical, text_hash
from carbonacct.ledger.codes import check_code
from carbonacct.ledger.errors import LedgerError
from carbonacct.ledger.rules import gwp_sets, offset, source_kind, subject_kind
from carbonacct.messages import say, speaking
from carbonacct.units import nearest

if TYPE_CHECKING:
    from carbonacct.engine.result import Result

Amount = Decimal | int | float | str
ORGANISATION = "organisation"
GRAM = Decimal("0.000001")
LARGEST = 2**63 - 1
TOLERANCE = Decimal("0.01")  # t, between a total and the sum of its gases (reference, I02)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry before it is recorded. Made by :func:`emission`, :func:`reduction`, :func:`neutralisation`, :func:`from_result`."""

    kind: str
    account: str
    period: int
    amount: int  # grams of CO2e
    subject: str = ORGANISATION
    part: str = ""
    source: str | None = None
    gwp: str | None = None
    instrument: str | None = None
    series: str | None = None
    first: int | None = None
    last: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    document: str | None = None  # the record of the result, canonical JSON


def emission(
    account: str,
    period: int,
    amount: Amount,
    *,
    gwp: str,
    source: str,
    subject: str = ORGANISATION,
    part: str = "",
    by_gas: Mapping[str, Amount] | None = None,
    details: Mapping[str, Any] | None = None,
) -> Entry:
    """An emission of a subject in a year.

    Args:
        account: unified social credit code.
        period: year.
        amount: tCO2e, not negative.
        gwp: the GWP set used (``AR6``).
        source: a source kind of ``methodologies/ledger/rules.yaml`` (``self_declared``, ``third_party_verified``, …).
        subject: ``organisation`` or ``event:…``, ``product:…``, ``building:…``, ``project:…``.
        part: the plant, scope or category if the inventory is recorded in parts.
        by_gas: tCO2e by gas; must sum to the amount within 0.01 t.
        details: anything else to keep (``{"output_value": "…"}``).

    Raises:
        LedgerError: with all the problems.
    """
    checks = _Checks()
    grams = checks.amount(amount)
    kept = dict(details or {})
    checks.call(source_kind, source)
    checks.call(subject_kind, subject)
    if by_gas:
        gases = {gas: tonnes(checks.amount(value)) for gas, value in by_gas.items()}
        if not checks.problems and abs(sum(gases.values()) - tonnes(grams)) > TOLERANCE:
            checks.problems.append(say("ledger.gases", total=tonnes(grams), sum=sum(gases.values())))
        kept["by_gas"] = gases
    checks.call(gwp_sets, gwp)
    checks.text(part=part, subject=subject)
    checks.details(kept)
    code, year = checks.place(account, period)
    checks.finish()
    return Entry("emission", code, year, grams, subject, part, source, gwp, details=kept)


def reduction(
    account: str,
    period: int,
    amount: Amount,
    *,
    source: str,
    subject: str = ORGANISATION,
    part: str = "",
    details: Mapping[str, Any] | None = None,
) -> Entry:
    """A reduction against a stated baseline, in tCO2e; it never changes an emission. Arguments as for :func:`emission`."""
    checks = _Checks()
    grams = checks.amount(amount)
    checks.call(source_kind, source)
    checks.call(subject_kind, subject)
    checks.text(part=part, subject=subject)
    checks.details(details or {})
    code, year = checks.place(account, period)
    checks.finish()
    return Entry("reduction", code, year, grams, subject, part, source, details=dict(details or {}))


def neutralisation(
    account: str,
    period: int,
    amount: Amount | None = None,
    *,
    instrument: str,
    series: str,
    first: int,
    last: int,
    retired: date | str,
    subject: str = ORGANISATION,
    vintage: int | None = None,
    issued: date | str | None = None,
    beneficiary: str | None = None,
    details: Mapping[str, Any] | None = None,
) -> Entry:
    """Units retired for a subject.

    Args:
        amount: tCO2e counted, at most the units of the range; the whole range by default.
        instrument: ``CCER``, ``CDCER``, ``VCU``.
        series: what the serial numbers count in: the registry's prefix (project, vintage, block).
        first, last: the serial numbers retired, both included. A number is retired once only in the whole ledger.
        retired: the day of retirement; not before the vintage (a year) or the day of issue, if given.

    Raises:
        LedgerError: with all the problems.
    """
    checks = _Checks()
    checks.call(subject_kind, subject)
    checks.text(subject=subject, series=series)
    checks.details(details or {})
    if not series:
        checks.problems.append(say("ledger.series"))
    unit = checks.call(offset, instrument)
    if not (_is_int(first) and _is_int(last) and 0 <= first <= last <= LARGEST):
        checks.problems.append(say("ledger.serials", first=first, last=last))
        units = 0
    else:
        units = last - first + 1
    held = units * (unit.tonnes or 0) * 1_000_000 if unit else 0
    grams = checks.amount(tonnes(held) if amount is None else amount)
    if units and unit and grams > held:
        checks.problems.append(say("ledger.too_few_units", amount=tonnes(grams), units=units, first=first, last=last))
    day, issue = checks.day(retired), checks.day(issued) if issued is not None else None
    if day and ((vintage is not None and day.year < vintage) or (issue and day < issue)):
        checks.problems.append(say("ledger.retired_early", day=day))
    kept = {"retired": day, "vintage": vintage, "issued": issue, "beneficiary": beneficiary, **(details or {})}
    code, year = checks.place(account, period)
    checks.finish()
    return Entry(
        "neutralisation", code, year, grams, subject, instrument=instrument, series=series, first=first, last=last,
        details={key: value for key, value in kept.items() if value is not None},
    )  # fmt: skip


def from_result(
    account: str,
    result: Result,
    *,
    period: int | None = None,
    subject: str = ORGANISATION,
    part: str = "",
    source: str = "self_computed",
    details: Mapping[str, Any] | None = None,
) -> Entry:
    """The emission of an inventory (its total ``E``) or the reduction of a benefit model (its CO2e).

    The entry carries the hash of ``result.to_dict()``, the fingerprint of the rules, and the record from which the result
    can be calculated again. ``period`` is the result's own unless given. Raises LedgerError.
    """
    with speaking("en"):  # warnings are part of the result; their language must not change its hash
        data, record = canonical(result.to_dict()), canonical(result.record())
    year = period if period is not None else result.context.year
    if year is None:
        raise LedgerError([say("ledger.no_period")])
    benefit = any(group.scope == "benefit" for group in result.compiled.streams.values())
    total = result.totals["E"] if "E" in result.totals and not benefit else result.co2e
    if total.unit not in ("tCO2", "tCO2e"):
        raise LedgerError([say("ledger.unit", unit=total.unit)])
    known = {
        **(details or {}),
        "methodology": result.methodology.id,
        "version": result.methodology.version,
        "fingerprint": result.fingerprint,
        "result": text_hash(data),
        "entity": result.meta.get("entity"),
        "masses": {gas: f"{float(value)!r} {value.unit}" for gas, value in result.by_gas.items()},
    }
    if benefit:
        made = reduction(account, year, float(total), source=source, subject=subject, part=part, details=known)
    else:
        gwp = "+".join(result.compiled.gwp)
        made = emission(account, year, float(total), gwp=gwp, source=source, subject=subject, part=part, details=known)
    return Entry(**{**{name: getattr(made, name) for name in Entry.__slots__}, "document": record})


MAKERS: Mapping[str, Callable[..., Entry]] = {
    "emission": emission,
    "reduction": reduction,
    "neutralisation": neutralisation,
}


def from_dict(data: Mapping[str, Any]) -> Entry:
    """An entry from plain data: ``kind`` and the arguments of the function of that name. Raises LedgerError."""
    if not isinstance(data, Mapping) or data.get("kind") not in MAKERS:
        raise LedgerError([say("ledger.entry_kind", known=", ".join(MAKERS))])
    maker = MAKERS[data["kind"]]
    known = signature(maker).parameters
    problems = []
    for key in data.keys() - known.keys() - {"kind"}:
        hint = nearest(str(key), list(known))
        problems.append(say("ledger.entry_key", key=key) + (say("hint.nearest", name=hint) if hint else ""))
    problems.extend(
        say("ledger.entry_missing", key=name) for name, p in known.items() if p.default is Parameter.empty and name not in data
    )
    if problems:
        raise LedgerError(sorted(problems))
    return maker(**{key: value for key, value in data.items() if key != "kind"})


def tonnes(grams: int) -> Decimal:
    """Grams as tonnes, exactly."""
    return Decimal(grams).scaleb(-6)


class _Checks:
    """Collects what is wrong with an entry."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def call(self, function: Any, *arguments: Any) -> Any:
        try:
            return function(*arguments)
        except LedgerError as error:
            self.problems.extend(error.problems)
            return None

    def amount(self, value: Amount) -> int:
        """Tonnes as whole grams; 0 with a problem noted if it is no amount."""
        try:
            exact = Decimal(repr(float(value)) if isinstance(value, float) else value)
            grams = int(exact.quantize(GRAM, ROUND_HALF_EVEN).scaleb(6))
            if 0 <= grams <= LARGEST:
                return grams
        except (InvalidOperation, ValueError, TypeError, OverflowError):
            pass
        self.problems.append(say("ledger.amount", amount=value))
        return 0

    def day(self, value: date | str) -> date | None:
        try:
            return date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            self.problems.append(say("ledger.day", day=value))
            return None

    def text(self, **texts: str) -> None:
        for name, value in texts.items():
            if not is_line(value):
                self.problems.append(say("ledger.text", name=name))

    def details(self, data: Mapping[str, Any]) -> None:
        try:
            canonical(data).encode("utf-8")
        except (ValueError, TypeError) as error:  # NaN, half a character, a list within itself
            self.problems.append(say("ledger.details", reason=error))

    def place(self, account: str, period: int) -> tuple[str, int]:
        self.call(check_year, period)
        return self.call(check_code, account) or "", period

    def finish(self) -> None:
        if self.problems:
            raise LedgerError(self.problems)


def is_line(text: object) -> bool:
    """Whether it is a text of one line that every database can hold."""
    return isinstance(text, str) and len(text) <= 200 and text.isprintable()


def check_year(period: object) -> None:
    """Raises LedgerError if it is not a year."""
    if not _is_int(period) or not 1900 <= period <= 2200:
        raise LedgerError([say("ledger.period", period=period)])


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
