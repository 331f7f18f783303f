"""Entries to record: emissions, reductions and neutralisations, given as figures or taken from results.

Amounts are tonnes of CO2e. They are kept as whole grams, rounded half to even (GB/T 8170), so that sums are exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

from carbonacct.ledger.chain import canonical, text_hash
from carbonacct.ledger.checks import LARGEST, MISSING, Checks, is_whole, shown, tonnes, unknown
from carbonacct.ledger.codes import check_code
from carbonacct.ledger.errors import LedgerError
from carbonacct.ledger.rules import gwp_sets, offset, source_kind, subject_kind
from carbonacct.ledger.serials import normal
from carbonacct.messages import say, speaking
from carbonacct.units import did_you_mean

if TYPE_CHECKING:
    from carbonacct.engine.result import Result

Amount = Decimal | int | float | str
ORGANISATION = "organisation"
RETIREMENT = ("retired", "vintage", "issued", "beneficiary")  # in the details of a neutralisation
FROM_RESULT = ("methodology", "version", "fingerprint", "result", "entity", "masses")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry before it is recorded. Made by :func:`emission`, :func:`reduction`, :func:`neutralisation`, :func:`from_result`."""

    kind: str
    account: str
    period: int
    amount: int  # grams of CO2e
    subject: str = ORGANISATION
    part: str = ""
    model: str | None = None
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
    checks = Checks()
    code, year = checks.call("account", check_code, account), checks.year("period", period)
    grams = checks.amount("amount", amount)
    checks.call("gwp", gwp_sets, gwp)
    checks.call("source", source_kind, source)
    _about(checks, subject, part)
    kept = checks.details(details, ("by_gas",))
    if by_gas is not None:
        kept["by_gas"] = checks.gases(by_gas, grams)
    checks.finish()
    return Entry("emission", code or "", year or 0, grams, subject, part, source=source, gwp=gwp, details=kept)


def reduction(
    account: str,
    period: int,
    amount: Amount,
    *,
    source: str,
    subject: str = ORGANISATION,
    part: str = "",
    model: str = "",
    details: Mapping[str, Any] | None = None,
) -> Entry:
    """A reduction against a stated baseline, in tCO2e; it never changes an emission. Arguments as for :func:`emission`.

    ``model``: the methodology or measure. Reductions of different subjects, parts or models count side by side; of two
    figures for one subject, part and model only one counts.
    """
    checks = Checks()
    code, year = checks.call("account", check_code, account), checks.year("period", period)
    grams = checks.amount("amount", amount)
    checks.call("source", source_kind, source)
    _about(checks, subject, part)
    checks.line("model", model)
    kept = checks.details(details, ())
    checks.finish()
    return Entry("reduction", code or "", year or 0, grams, subject, part, model, source, details=kept)


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
        series: what the serial numbers count in: the registry's prefix (project, vintage, block). Kept in a normal form:
            capitals, narrow characters, single spaces.
        first, last: the serial numbers retired, both included. A number is retired once only in the whole ledger.
        retired: the day of retirement; not before the vintage (a year) or the day of issue, if given, nor after today.

    Raises:
        LedgerError: with all the problems.
    """
    checks = Checks()
    code, year = checks.call("account", check_code, account), checks.year("period", period)
    _about(checks, subject)
    unit = checks.call("instrument", offset, instrument)
    counted_in = _series(checks, series)
    units = _units(checks, first, last)
    held = units * (unit.tonnes or 0) * 1_000_000 if unit else 0
    if amount is not None:
        grams = checks.amount("amount", amount)
        if held and grams > held:
            checks.note("amount", say("ledger.too_few_units", amount=tonnes(grams), units=units, first=first, last=last))
    elif held > LARGEST:
        checks.note("last", say("ledger.too_many_units", units=units))
    day = checks.day("retired", retired)
    made = checks.year("vintage", vintage) if vintage is not None else None
    issue = checks.day("issued", issued) if issued is not None else None
    if day and ((made and day.year < made) or (issue and day < issue)):
        checks.note("retired", say("ledger.retired_early", day=day))
    if beneficiary is not None:
        checks.line("beneficiary", beneficiary)
    stated = zip(RETIREMENT, (day, made, issue, beneficiary))
    kept = checks.details(details, RETIREMENT) | {key: value for key, value in stated if value is not None}
    checks.finish()
    return Entry(
        "neutralisation", code or "", year or 0, held if amount is None else grams, subject,
        instrument=instrument, series=counted_in, first=int(first), last=int(last), details=kept,
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

    The entry carries the hash of the result (:func:`result_hash`), the fingerprint of the rules, and the record from which
    the result can be calculated again. ``period`` is the result's own unless given. Raises LedgerError.
    """
    checks = Checks()
    kept = checks.details(details, FROM_RESULT)
    year = period if period is not None else result.context.year
    if year is None:
        checks.problems.append(say("ledger.no_period"))
    benefit = any(group.scope == "benefit" for group in result.compiled.streams.values())
    total = result.totals["E"] if "E" in result.totals and not benefit else result.co2e
    if total.unit not in ("tCO2", "tCO2e"):
        checks.problems.append(say("ledger.unit", unit=total.unit))
    checks.finish()
    assert year is not None
    known = {
        **kept,
        "methodology": result.methodology.id,
        "version": result.methodology.version,
        "fingerprint": result.fingerprint,
        "result": result_hash(result),
        "entity": result.meta.get("entity"),
        "masses": {gas: f"{float(value)!r} {value.unit}" for gas, value in result.by_gas.items()},
    }
    given: dict[str, Any] = {"source": source, "subject": subject, "part": part, "details": known}
    if benefit:
        made = reduction(account, year, float(total), model=result.methodology.id, **given)
    else:
        made = emission(account, year, float(total), gwp="+".join(result.compiled.gwp), **given)
    with speaking("en"):
        record = canonical(result.record())
    return Entry(**{**{name: getattr(made, name) for name in Entry.__slots__}, "document": record})


def result_hash(result: Result) -> str:
    """The hash of all that a result says and that its record gives again.

    Not of its warnings (from a record nothing is a default any more), nor of the methodology's version, which stands beside it.
    """
    with speaking("en"):
        data = result.to_dict()
    return text_hash(canonical({key: value for key, value in data.items() if key not in ("warnings", "version")}))


MAKERS: Mapping[str, Callable[..., Entry]] = {
    "emission": emission,
    "reduction": reduction,
    "neutralisation": neutralisation,
}


def from_dict(data: Any) -> Entry:
    """An entry from plain data: ``kind`` and the arguments of the function of that name. Raises LedgerError with all the problems."""
    if not isinstance(data, Mapping):
        raise LedgerError([say("ledger.mapping", value=shown(data))])
    if "kind" not in data:
        raise LedgerError([say("ledger.entry_missing", key="kind")])
    kind = data["kind"]
    if not isinstance(kind, str) or kind not in MAKERS:
        raise LedgerError(["kind: " + unknown("ledger.entry_kind", kind, MAKERS)])
    parameters = signature(MAKERS[kind]).parameters
    problems = []
    for key in data.keys() - parameters.keys() - {"kind"}:
        problems.append(say("ledger.entry_key", key=shown(key)) + did_you_mean(shown(key), [*parameters, "kind"]))
    problems.sort()
    given = {name: MISSING for name, parameter in parameters.items() if parameter.default is Parameter.empty}
    given |= {name: data[name] for name in parameters if name in data}
    try:
        entry = MAKERS[kind](**given)
    except LedgerError as error:
        problems += error.problems
    if problems:
        raise LedgerError(problems)
    return entry


def _about(checks: Checks, subject: Any, part: Any = "") -> None:
    if checks.call("subject", subject_kind, subject):
        checks.line("subject", subject)
    checks.line("part", part)


def _series(checks: Checks, series: Any) -> str:
    """The series in its normal form."""
    text = normal(series) if isinstance(series, str) else ""
    if text or not isinstance(series, str):
        checks.line("series", text or series)
    else:
        checks.note("series", say("ledger.series"))
    return text


def _units(checks: Checks, first: Any, last: Any) -> int:
    """How many serial numbers there are; 0 with a problem noted if they are none."""
    if not (checks.given("first", first) & checks.given("last", last)):
        return 0
    if is_whole(first) and is_whole(last) and 0 <= int(first) <= int(last) <= LARGEST:
        return int(last) - int(first) + 1
    checks.problems.append(say("ledger.serials", first=shown(first), last=shown(last)))
    return 0
