"""Financed emissions of a portfolio: positions of any asset class, each by its own methodology, weighed and summed.

Sources: PCAF Part A, 2nd edition (2022), for the weighted data-quality score, WACI and what is reported apart; the PBoC
technical guide (trial, 2021) for the cut-offs, which are off by default (their wording is unconfirmed).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from carbonacct.errors import CarbonacctError, InputError
from carbonacct.messages import say
from carbonacct.methodology import load
from carbonacct.units import did_you_mean, parse_unit

if TYPE_CHECKING:
    import pandas as pd

    from carbonacct.engine.plan import Entry
    from carbonacct.engine.result import Result

MEASURES = ("scope_1_2", "scope_3", "removals", "avoided")
STREAM_MEASURE = {"scope_3": "scope_3", "removals": "removals", "avoided_emissions": "avoided", "reduction": "avoided"}
ATTRIBUTION = ("AF", "share")  # the attribution factor, as PCAF and as the PBoC guide call it
COLUMNS = ("methodology", "obligor", "entity", "sector", "region", "period", "days", "small", "inputs")
CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True)
class CutOffs:
    """Financing left out of the accounts: below a balance (CNY), outstanding for fewer days, to small and micro enterprises."""

    min_balance: Decimal | int | str | None = None
    min_days: int | None = None
    leave_out_small: bool = False

    def reason(self, balance: Decimal, days: int | None, small: bool) -> str | None:
        """Why a position is left out, or None."""
        if self.min_balance is not None and balance < Decimal(self.min_balance):
            return say("financed.small_balance", limit=self.min_balance)
        if self.min_days is not None and days is not None and days < self.min_days:
            return say("financed.short", limit=self.min_days)
        if self.leave_out_small and small:
            return say("financed.small_enterprise")
        return None


@dataclass
class Position:
    """One financing of an obligor and what was calculated for it.

    amount in CNY; scope_1_2, scope_3, removals and avoided in tCO2e, attributed, rounded to 0.01 t; attribution is the
    factor of a position of a single line. score: data quality 1 to 5 (PCAF); rank: data hierarchy 1 to 6 (PBoC).
    reason: why it has no result; left_out: which cut-off excludes it.
    """

    number: int
    obligor: str
    entity: str
    methodology: str
    sector: str | None
    amount: Decimal = ZERO
    attribution: float | None = None
    score: Decimal | None = None
    rank: Decimal | None = None
    scope_1_2: Decimal = ZERO
    scope_3: Decimal = ZERO
    removals: Decimal = ZERO
    avoided: Decimal = ZERO
    reason: str | None = None
    left_out: str | None = None

    @property
    def counted(self) -> bool:
        return self.reason is None and self.left_out is None


@dataclass
class FinancedEmissions:
    """A portfolio of positions.

    positions: mappings, or a data frame of any library that narwhals knows, with ``methodology`` (an id), ``obligor`` and
    ``inputs`` (stream → line or lines, as :meth:`Methodology.calculate` takes them); optionally ``entity`` (the project or
    subsidiary financed, else the obligor itself), ``sector``, ``region``, ``period``, ``days`` and ``small``.
    rates: CNY per unit of other currencies. A position that cannot be calculated stays in the rows with its reason.
    Raises InputError for columns that are missing or unknown.
    """

    positions: Any
    cut_offs: CutOffs = field(default_factory=CutOffs)
    rates: Mapping[str, Decimal | int | str] = field(default_factory=dict)
    region: str | None = None
    period: int | str | None = None
    _given: list[Mapping[str, Any]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._given = _mappings(self.positions)
        problems = []
        for number, given in enumerate(self._given):
            for name in given:
                if name not in COLUMNS:
                    problems.append(say("frame.unknown_column", column=name) + did_you_mean(str(name), COLUMNS))
            problems.extend(
                say("financed.missing", number=number, column=name)
                for name in ("methodology", "obligor", "inputs")
                if _given(given, name) is None
            )
            if _given(given, "inputs") is not None and not isinstance(given["inputs"], Mapping):
                problems.append(say("financed.inputs", number=number, got=type(given["inputs"]).__name__))
        if problems:
            raise InputError(list(dict.fromkeys(problems)))

    def __len__(self) -> int:
        return len(self._given)

    # calculation -----------------------------------------------------------------------------------------------

    @cached_property
    def calculated(self) -> list[Position]:
        """Every position, in the order given."""
        positions = [
            Position(
                number,
                str(given["obligor"]),
                str(_given(given, "entity") or given["obligor"]),
                str(given["methodology"]),
                _given(given, "sector"),
            )
            for number, given in enumerate(self._given)
        ]
        groups: dict[tuple[Any, ...], list[Position]] = {}
        for position, given in zip(positions, self._given, strict=True):
            key = (position.methodology, _given(given, "region") or self.region, _given(given, "period") or self.period)
            groups.setdefault(key, []).append(position)
        for (methodology, region, period), members in groups.items():
            self._run(methodology, region, period, members)
        for position, given in zip(positions, self._given, strict=True):
            days = _given(given, "days")
            small = bool(_given(given, "small"))
            if position.reason is None:
                position.left_out = self.cut_offs.reason(position.amount, None if days is None else int(days), small)
        return positions

    def _run(self, methodology: str, region: Any, period: Any, members: Sequence[Position]) -> None:
        """Positions of one methodology in one calculation; one by one where some of them have faults."""
        inputs: dict[str, list[Any]] = {}
        lines: list[dict[str, range]] = []
        for position in members:
            own: dict[str, range] = {}
            for stream, value in self._given[position.number]["inputs"].items():
                several = value if isinstance(value, list | tuple) else [value]
                start = len(inputs.setdefault(stream, []))
                inputs[stream].extend(several)
                own[stream] = range(start, start + len(several))
            lines.append(own)
        try:
            result = load(methodology).calculate(inputs, region=region, period=period)
        except CarbonacctError as error:
            if len(members) == 1:
                members[0].reason = str(error)
            else:
                for position in members:
                    self._run(methodology, region, period, [position])
            return
        for position, own in zip(members, lines, strict=True):
            try:
                self._fill(position, result, own)
            except CarbonacctError as error:
                position.reason = str(error)

    def _fill(self, position: Position, result: Result, lines: Mapping[str, range]) -> None:
        for stream, numbers in lines.items():
            group = result.compiled.streams[stream]
            measure = STREAM_MEASURE.get(stream) if group.scope == "memo" else "scope_1_2"
            entries = [result.entries[stream][number] for number in numbers]
            if measure is None or "CO2e" not in group.outputs:
                continue
            total = Decimal(repr(sum(entry.results["CO2e"] for entry in entries))).quantize(CENT, ROUND_HALF_EVEN)
            setattr(position, measure, getattr(position, measure) + total)
            if measure == "scope_1_2":
                self._weigh(position, result, stream, entries, numbers)

    def _weigh(self, position: Position, result: Result, stream: str, entries: Sequence[Entry], numbers: range) -> None:
        symbols = result.compiled.streams[stream].symbols
        if "amount" in symbols:
            amount = sum((Decimal(repr(entry.results["amount"])) for entry in entries), ZERO)
            position.amount += self._in_cny(amount, symbols["amount"].unit.text)
            for output, name in (("scored", "score"), ("ranked", "rank")):
                if output in symbols and amount:
                    weighted = sum((Decimal(repr(entry.results[output])) for entry in entries), ZERO)
                    setattr(position, name, weighted / amount)
        factor = next((name for name in ATTRIBUTION if name in symbols), None)
        if factor and len(entries) == 1:
            try:
                position.attribution = float(result.value(f"{stream}[{numbers[0]}].{factor}"))
            except CarbonacctError:
                position.attribution = None  # estimated without attribution (options 3b and 3c)

    def _in_cny(self, amount: Decimal, unit: str) -> Decimal:
        parsed = parse_unit(unit)
        currency = parsed.dims[0][0]
        if currency != "CNY" and currency not in self.rates:
            raise InputError([say("financed.no_rate", currency=currency)])
        scaled = amount * parsed.scale.numerator / parsed.scale.denominator
        return scaled * Decimal(self.rates[currency]) if currency != "CNY" else scaled

    # tables ----------------------------------------------------------------------------------------------------

    @property
    def counted(self) -> list[Position]:
        """The positions with a result that no cut-off leaves out."""
        return [position for position in self.calculated if position.counted]

    def rows(self) -> pd.DataFrame:
        """One row per position, those without result and those left out included, with the reason."""
        import pandas as pd

        names = [item.name for item in fields(Position)]
        return pd.DataFrame([{name: getattr(position, name) for name in names} for position in self.calculated], columns=names)

    @property
    def faults(self) -> dict[int, str]:
        """Number of a position → why it has no result."""
        return {position.number: position.reason for position in self.calculated if position.reason is not None}

    def excluded(self) -> pd.DataFrame:
        """What the cut-offs leave out: reason, number of positions, amount (CNY) and emissions, to be disclosed."""
        import pandas as pd

        found: dict[str, list[Position]] = {}
        for position in self.calculated:
            if position.left_out is not None:
                found.setdefault(position.left_out, []).append(position)
        rows = [{"reason": reason, "positions": len(members), **_sums(members)} for reason, members in found.items()]
        return pd.DataFrame(rows, columns=["reason", "positions", "amount", *MEASURES])

    def totals(self) -> dict[str, Decimal]:
        """The sums of the counted rows: amount (CNY) and each measure (tCO2e). Scopes and removals are never netted."""
        return _sums(self.counted)

    @property
    def score(self) -> Decimal | None:
        """The portfolio's data-quality score: outstanding amounts weigh the scores (PCAF positions only)."""
        scored = [position for position in self.counted if position.score is not None]
        return weighted_score([p.amount for p in scored], [p.score for p in scored])

    @property
    def rank(self) -> Decimal | None:
        """The same for the data hierarchy of the PBoC guide."""
        ranked = [position for position in self.counted if position.rank is not None]
        return weighted_score([p.amount for p in ranked], [p.rank for p in ranked])

    def by(self, *columns: str) -> pd.DataFrame:
        """Sums of the counted rows by ``methodology``, ``obligor``, ``entity`` or ``sector``.

        Gives positions, amount (CNY), the measures (tCO2e), the weighted score and rank, and scope_1_2 per million CNY.
        """
        import pandas as pd

        allowed = ("methodology", "obligor", "entity", "sector")
        for name in columns:
            if name not in allowed:
                raise InputError([say("frame.unknown_column", column=name) + did_you_mean(name, allowed)])
        groups: dict[tuple[Any, ...], list[Position]] = {}
        for position in self.counted:
            groups.setdefault(tuple(getattr(position, name) for name in columns), []).append(position)
        rows = []
        for key, members in groups.items():
            sums = _sums(members)
            scored = [p for p in members if p.score is not None]
            ranked = [p for p in members if p.rank is not None]
            rows.append(
                {
                    **dict(zip(columns, key, strict=True)),
                    "positions": len(members),
                    **sums,
                    "score": weighted_score([p.amount for p in scored], [p.score for p in scored]),
                    "rank": weighted_score([p.amount for p in ranked], [p.rank for p in ranked]),
                    "intensity": sums["scope_1_2"] / (sums["amount"] / 1_000_000) if sums["amount"] else None,
                }
            )
        return pd.DataFrame(rows, columns=[*columns, "positions", "amount", *MEASURES, "score", "rank", "intensity"])

    # double counting -------------------------------------------------------------------------------------------

    def double_counting(self) -> pd.DataFrame:
        """Where emissions of one obligor may be counted more than once; nothing is deducted.

        Columns: obligor, kind, positions (their numbers), tCO2e (at most this much is counted twice; None where it cannot
        be told), text. Kinds: ``attribution`` the factors of one entity sum to more than 1; ``same_scope`` scopes 1 and 2
        of several entities of the obligor (the largest may contain the others); ``across_scopes`` scope 3 beside scopes 1
        and 2; ``methods`` positions under guides that attribute differently.
        """
        import pandas as pd

        groups: dict[str, list[Position]] = {}
        for position in self.counted:
            groups.setdefault(position.obligor, []).append(position)
        rows = [finding for obligor, members in groups.items() for finding in _overlaps(obligor, members)]
        return pd.DataFrame(rows, columns=["obligor", "kind", "positions", "tCO2e", "text"])


def weighted_score(amounts: Iterable[Any], scores: Iterable[Any]) -> Decimal | None:
    """SUM(outstanding * score) / SUM(outstanding); None without amounts (PCAF)."""
    pairs = [(Decimal(str(amount)), Decimal(str(score))) for amount, score in zip(amounts, scores, strict=True)]
    weight = sum((amount for amount, _ in pairs), ZERO)
    return sum((amount * score for amount, score in pairs), ZERO) / weight if weight else None


def waci(amounts: Iterable[Any], emissions: Iterable[Any], revenues: Iterable[Any]) -> Decimal | None:
    """Weighted average carbon intensity: SUM(amount / SUM(amount) * emissions / revenue), per unit of the revenue (PCAF).

    emissions and revenues are those of the whole entity. None without amounts.
    """
    rows = [tuple(Decimal(str(value)) for value in row) for row in zip(amounts, emissions, revenues, strict=True)]
    weight = sum((amount for amount, _, _ in rows), ZERO)
    return sum((amount * tonnes / revenue for amount, tonnes, revenue in rows), ZERO) / weight if weight else None


def physical_intensity(emissions: Iterable[Any], outputs: Iterable[Any]) -> Decimal | None:
    """Financed emissions per attributed physical output, of the whole; None without output (PCAF)."""
    total = sum((Decimal(str(value)) for value in outputs), ZERO)
    return sum((Decimal(str(value)) for value in emissions), ZERO) / total if total else None


def _mappings(positions: Any) -> list[Mapping[str, Any]]:
    if isinstance(positions, Sequence):
        return list(positions)
    import narwhals as nw

    frame = nw.from_native(positions)
    return list((frame.collect() if isinstance(frame, nw.LazyFrame) else frame).iter_rows(named=True))


def _given(row: Mapping[str, Any], name: str) -> Any:
    """A cell, None where it is absent or empty."""
    value = row.get(name)
    return None if value is None or value != value else value


def _sums(positions: Iterable[Position]) -> dict[str, Decimal]:
    found = dict.fromkeys(("amount", *MEASURES), ZERO)
    for position in positions:
        for name in found:
            found[name] += getattr(position, name)
    return found


def _overlaps(obligor: str, members: Sequence[Position]) -> Iterable[dict[str, Any]]:
    def finding(kind: str, parts: Sequence[Position], tonnes: Decimal | None, **words: Any) -> dict[str, Any]:
        text = say(f"financed.{kind}", obligor=obligor, **words)
        return {"obligor": obligor, "kind": kind, "positions": [p.number for p in parts], "tCO2e": tonnes, "text": text}

    entities: dict[str, list[Position]] = {}
    for position in members:
        entities.setdefault(position.entity, []).append(position)
    for entity, parts in entities.items():
        factors = sum(p.attribution or 0.0 for p in parts)
        if factors > 1 + 1e-9:
            total = _sums(parts)["scope_1_2"]
            excess = (total * (1 - 1 / Decimal(repr(factors)))).quantize(CENT, ROUND_HALF_EVEN)
            yield finding("attribution", parts, excess, entity=entity, factor=f"{factors:.4g}")
    direct = [p for p in members if p.scope_1_2]
    by_entity = {entity: _sums(parts)["scope_1_2"] for entity, parts in entities.items() if _sums(parts)["scope_1_2"]}
    if len(by_entity) > 1:
        overlap = sum(by_entity.values(), ZERO) - max(by_entity.values())
        yield finding("same_scope", direct, overlap, entities=", ".join(by_entity), most=overlap)
    chain = [p for p in members if p.scope_3]
    if direct and chain:
        overlap = min(_sums(direct)["scope_1_2"], _sums(chain)["scope_3"])
        parts = [p for p in members if p.scope_1_2 or p.scope_3]
        yield finding("across_scopes", parts, overlap, most=overlap)
    if any(p.score is not None for p in members) and any(p.score is None for p in members):
        ids = ", ".join(dict.fromkeys(p.methodology for p in members))
        yield finding("methods", members, None, ids=ids)
