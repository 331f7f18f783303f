"""The quantitative disclosure of a financial institution by JR/T 0227-2021, in Chinese or English.

Tables: energy and resources of own operations (total and per employee), carbon emissions by scope, neutrality and avoided
emissions of customers, financed emissions, environmental benefits of green financing. The indicators are those of the
Shenzhen template, which turns the guideline's list into a table; an indicator without data stays in the table, empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

from carbonacct.disclosure.document import Document, Section
from carbonacct.errors import CarbonacctError, InputError
from carbonacct.expressions.tree import names
from carbonacct.messages import language, say, speaking
from carbonacct.reporting.audit import audit_rows
from carbonacct.reporting.explanation import title_text
from carbonacct.values import number

if TYPE_CHECKING:
    from carbonacct.engine.plan import Entry
    from carbonacct.engine.result import Result
    from carbonacct.financed import FinancedEmissions
    from carbonacct.portfolio import Portfolio

# Stream and symbol of each resource indicator, in the order of the template.
RESOURCES = (
    ("fossil_office", "FC"),
    ("own_vehicle_fuel", "FC"),
    ("own_heating_fuel", "FC"),
    ("electricity", "AD_elec"),
    ("purchased_heating", "AD_heat"),
    ("travel_energy", "AD_tce"),
    ("water", "AD"),
    ("paper", "AD"),
    ("waste", "AD"),
)
SHARED = ("paper",)  # where the template asks for the share of an item: recycled paper
SCOPES = {1: "E_1", 2: "E_2", 3: "E_3"}


def environmental_report(
    own: Result,
    organisation: str,
    *,
    financed: FinancedEmissions | None = None,
    green: Portfolio | None = None,
    lang: str | None = None,
) -> Document:
    """The quantitative tables of JR/T 0227-2021 with the statement of boundary, factors and exclusions.

    own: a result of ``finance/bank-operations`` (or of a methodology with its streams and totals); financed and green: the
    portfolios of financed emissions and of green projects, left out where not given. Raises InputError for another result.
    """
    with speaking(lang) as chosen:
        absent = [name for name in (*(s for s, _ in RESOURCES), "organisation") if name not in own.compiled.streams]
        if absent:
            raise InputError([say("jrt0227.not_own", id=own.methodology.id, streams=", ".join(absent))])
        sections = [
            Section(say("jrt0227.statement"), tuple(_statement(own, organisation, chosen))),
            Section(say("jrt0227.resources"), (), resource_table(own)),
            Section(say("jrt0227.emissions"), (say("jrt0227.emissions_rule"),), emission_table(own)),
            Section(say("jrt0227.neutrality"), (say("jrt0227.neutrality_rule"),), neutrality_table(own)),
        ]
        if financed is not None:
            sections += _financed(financed)
        if green is not None:
            counted = say("table.counted", count=len(green), failed=len(green.faults))
            sections.append(Section(say("jrt0227.green"), (counted, say("jrt0227.green_rule")), green.summary(chosen)))
        sections.append(Section(say("jrt0227.factors"), (), factor_table(own)))
        if own.warnings:
            sections.append(Section(say("jrt0227.assumptions"), tuple(own.warnings)))
        return Document(say("jrt0227.title", organisation=organisation), chosen, tuple(sections))


def resource_table(own: Result) -> pd.DataFrame:
    """Energy and resources: indicator, item, unit, total, share within the indicator, per employee."""
    employees = _output(own, "organisation", "employees")
    rows: list[tuple[Any, ...]] = []
    for stream, symbol in RESOURCES:
        title = say(f"jrt0227.resource.{stream}")
        found: dict[tuple[str, str], float] = {}
        for item, unit, value in _amounts(own, stream, symbol):
            found[item, unit] = found.get((item, unit), 0.0) + value
        if not found:
            rows.append((title, None, None, None, None, None))
        whole = sum(found.values())
        for (item, unit), value in found.items():
            share = _per(value, whole) if stream in SHARED else None
            rows.append((title, item, unit, value, share, _per(value, employees)))
    return _frame(rows, ("indicator", "item", "unit", "total", "share", "per_employee"))


def emission_table(own: Result) -> pd.DataFrame:
    """Carbon emissions by scope and indicator, with each scope's sum, the total and its intensity (tCO2e)."""
    total = float(own.totals["E"])
    employees, area = _output(own, "organisation", "employees"), _output(own, "organisation", "area")
    rows: list[tuple[Any, ...]] = []

    def row(scope: str, indicator: str, value: float | None) -> None:
        rows.append((scope, indicator, value, _per(value, total), _per(value, employees), _per(value, area)))

    for scope, key in SCOPES.items():
        head = say("jrt0227.scope", number=scope)
        for stream in dict.fromkeys(name.base for name in names(own.compiled.totals[key].node) if name.base):
            given = bool(own.entries.get(stream))
            row(head, _stream_title(own, stream), float(own.by_stream[stream]) if given else None)
        row(head, say("jrt0227.sum"), float(own.totals[key]))
    row("", title_text(own.compiled.totals["E"].title, language()), total)
    return _frame(rows, ("scope_head", "indicator", "tCO2e", "share", "per_employee", "per_area"))


def neutrality_table(own: Result) -> pd.DataFrame:
    """Avoided emissions of customers, footprint, credits retired, net, surplus and neutral rate."""
    rows: list[tuple[Any, ...]] = []
    for stream in ("customer_reductions", "footprint_elsewhere", "offsets"):
        for count, entry in enumerate(own.entries.get(stream, ())):
            rows.append((_stream_title(own, stream), _item(entry, count), entry.results["CO2e"], "tCO2e"))
    for key in ("R_customers", "F", "E_net", "surplus", "r"):
        value = own.totals[key]
        rows.append((title_text(own.compiled.totals[key].title, language()), None, float(value), value.unit))
    return _frame(rows, ("indicator", "item", "total", "unit"))


def factor_table(own: Result) -> pd.DataFrame:
    """Every value used that is not the institution's own figure, with unit, source and evidence grade, weakest first."""
    rows = [
        (row["place"], row["symbol"], row["title"], row["value"], row["unit"], say(f"evidence.{row['evidence']}"), row["source"])
        for row in audit_rows(own)
        if row["kind"] in ("default", "table", "constant") and row["evidence"] != "given"
    ]
    return _frame(rows, ("place", "symbol", "indicator", "value", "unit", "evidence", "source"))


def _financed(financed: FinancedEmissions) -> Iterator[Section]:
    score = financed.score
    lines = [
        say("jrt0227.financed_rule"),
        say("jrt0227.financed_count", counted=len(financed.counted), failed=len(financed.faults)),
    ]
    if score is not None:
        lines.append(say("jrt0227.financed_score", score=f"{score:.2f}"))
    yield Section(say("jrt0227.financed"), tuple(lines), _sums(financed, "methodology"))
    yield Section(say("jrt0227.by_sector"), (), _sums(financed, "sector"))
    findings = tuple(financed.double_counting()["text"].tolist())
    yield Section(say("jrt0227.double_counting"), findings or (say("jrt0227.none"),))
    excluded = financed.excluded()
    reasons = [
        say(
            "jrt0227.left_out",
            reason=row.reason,
            positions=row.positions,
            amount=f"{row.amount:,.2f}",
            tonnes=f"{row.scope_1_2:,.2f}",
        )
        for row in excluded.itertuples()
    ]
    reasons += [f"{number}: {reason}" for number, reason in financed.faults.items()]
    yield Section(say("jrt0227.exclusions"), tuple(reasons) or (say("jrt0227.none"),))


def _sums(financed: FinancedEmissions, column: str) -> pd.DataFrame:
    frame = financed.by(column)
    heads = (column, "positions", "amount", "scope_1_2", "scope_3", "removals", "avoided", "score", "rank", "intensity")
    rows = [tuple(_number(value) for value in row) for row in frame[list(heads)].itertuples(index=False)]
    sums = financed.totals()
    last = (
        say("jrt0227.sum"),
        len(financed.counted),
        *(_number(sums[name]) for name in heads[2:7]),
        _number(financed.score),
        _number(financed.rank),
    )
    whole = _number(sums["scope_1_2"] / (sums["amount"] / 1_000_000)) if sums["amount"] else None
    return _frame([*rows, (*last, whole)], heads)


def _statement(own: Result, organisation: str, lang: str) -> Iterator[str]:
    model = own.methodology.model
    yield say("jrt0227.line_organisation", value=organisation)
    yield say("jrt0227.line_period", value=own.meta.get("period") or say("jrt0227.not_stated"))
    yield say("jrt0227.line_method", title=title_text(model.title, lang), id=model.id, version=model.version)
    yield from (say("jrt0227.line_included", value=title_text(title, lang)) for title in model.boundary.included)
    yield from (say("jrt0227.line_excluded", value=title_text(title, lang)) for title in model.boundary.excluded)
    absent = [say(f"jrt0227.resource.{stream}") for stream, _ in RESOURCES if not own.entries.get(stream)]
    if absent:
        yield say("jrt0227.line_absent", value="; ".join(absent))
    yield say("jrt0227.line_total", value=number(float(own.totals["E"]), 9))


def _amounts(own: Result, stream: str, symbol: str) -> Iterator[tuple[str, str, float]]:
    """Item, unit of the template and amount of each line."""
    for count, entry in enumerate(own.entries.get(stream, ())):
        place = f"{stream}[{count}]" if own.compiled.streams[stream].item else stream
        item = _item(entry, count) if own.compiled.streams[stream].item else ""
        value = own.value(f"{place}.{symbol}")
        if stream == "purchased_heating":
            coal = own.compiled.constants["heat_of_coal_equivalent"].value
            assert coal is not None
            yield item, "tce", float(value) / float(coal)
        elif value.unit == "wan_Nm3":
            yield item, "m3", float(value.to("Nm3"))
        elif symbol == "FC" and (density := _density(own, place)):
            yield item, "L", float(value) / density * 1000
        else:
            yield item, value.unit, float(value)


def _density(own: Result, place: str) -> float | None:
    """t/m3 of a liquid fuel; None for fuels that are not counted in litres."""
    try:
        return float(own.value(f"{place}.rho"))
    except CarbonacctError:
        return None


def _item(entry: Entry, count: int) -> str:
    row = entry.row
    name = row.title(language()) if row else str(getattr(entry.item, "name", None) or count + 1)
    return f"{entry.label}: {name}" if entry.label else name


def _output(own: Result, stream: str, output: str) -> float:
    return float(own.output(stream, output))


def _stream_title(own: Result, stream: str) -> str:
    return title_text(own.compiled.streams[stream].title, language())


def _per(value: float | None, whole: float) -> float | None:
    """A quotient; None where either side is not known."""
    return value / whole if value is not None and whole else None


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _frame(rows: Iterable[Iterable[Any]], heads: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame([tuple(row) for row in rows], columns=[say(f"jrt0227.column.{head}") for head in heads])
