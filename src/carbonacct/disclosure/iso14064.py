"""The inventory report of ISO 14064-1: statements of boundary, factors and exclusions, and the quantitative tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from carbonacct.disclosure.document import Document, Section
from carbonacct.inventory.classification import GAS_GROUPS, gas_group, iso_title, scope3_title
from carbonacct.messages import language, say, speaking
from carbonacct.reporting.audit import WEAKEST_FIRST, audit_rows
from carbonacct.reporting.explanation import title_text
from carbonacct.values import number

if TYPE_CHECKING:
    from carbonacct.inventory.classification import Amount
    from carbonacct.inventory.file import Case
    from carbonacct.inventory.inventory import Inventory

NAN = float("nan")


def inventory_report(case: Case, lang: str | None = None) -> Document:
    """The report of a calculated inventory file, in one language."""
    with speaking(lang) as chosen:
        inventory, file = case.inventory, case.file
        sections = [
            _organisation(case),
            Section(say("disclosure.entities"), (say("disclosure.boundary_rule"),), entity_table(inventory)),
            Section(say("disclosure.summary"), (say("disclosure.empty_rule"),), category_table(inventory)),
            Section(
                say("disclosure.scopes"), (say("disclosure.scopes_rule"), say("disclosure.empty_rule")), scope_table(inventory)
            ),
            Section(say("disclosure.direct_gases"), (), direct_gas_table(inventory)),
            Section(say("disclosure.sources"), (), source_table(inventory)),
            Section(say("disclosure.memo"), (say("disclosure.memo_rule"),), memo_table(inventory)),
            _exclusions(case),
            *_base_year(case),
            Section(say("disclosure.factors"), (say("disclosure.factors_rule"),), factor_table(inventory)),
            Section(say("disclosure.gwp_used"), (), gwp_table(inventory)),
            Section(say("disclosure.uncertainty"), _uncertainty(case)),
        ]
        if file.indicators:
            sections.append(Section(say("disclosure.indicators"), (), _indicators(case)))
        if file.instruments:
            frame = pd.DataFrame(
                [(i.name, float(i.amount), i.unit) for i in file.instruments],
                columns=[say("disclosure.name"), say("disclosure.amount"), say("disclosure.unit")],
            )
            sections.append(Section(say("disclosure.instruments"), (say("disclosure.instruments_rule"),), frame))
        if inventory.warnings:
            sections.append(Section(say("disclosure.assumptions"), tuple(inventory.warnings)))
        return Document(say("disclosure.title", organisation=inventory.top.name), chosen, tuple(sections))


# statements --------------------------------------------------------------------------------------------------------


def _organisation(case: Case) -> Section:
    inventory, file = case.inventory, case.file
    absent = say("disclosure.not_stated")
    used = [p.entity.result.methodology for p in inventory.parts if p.share and p.entity.result is not None]
    methods = dict.fromkeys(f"{title_text(m.model.title, language())} ({m.id} {m.version})" for m in used)
    lines = [
        say("disclosure.line_organisation", value=inventory.top.name),
        say("disclosure.line_responsible", value=file.responsible or absent),
        say("disclosure.line_period", value=file.period),
        say("disclosure.line_approach", value=say(f"inventory.{inventory.approach}")),
        say("disclosure.line_gwp", value=", ".join(inventory.gwp) or absent),
        say("disclosure.line_methods", value="; ".join(methods) or absent),
        say("disclosure.line_purpose", value=file.purpose or absent),
        say("disclosure.line_changes", value=file.changes or absent),
        say("disclosure.line_verification", value=file.verification or absent),
        say("disclosure.line_total", value=number(float(inventory.co2e), 9)),
    ]
    return Section(say("disclosure.organisation"), tuple(lines))


def _exclusions(case: Case) -> Section:
    excluded = dict(case.file.exclusions)
    if case.screening is not None:
        excluded = {**case.screening.exclusions, **excluded}
    paragraphs = [say("disclosure.no_exclusions")] if not excluded else []
    paragraphs += [f"{_name(key)}: {reason}" for key, reason in excluded.items()]
    paragraphs += [
        say("disclosure.outside", entity=part.entity.name, interest=f"{part.interest:.1%}", amount=number(part.full, 6))
        for part in case.inventory.outside
    ]
    if case.screening is None:
        return Section(say("disclosure.exclusions"), (*paragraphs, say("disclosure.no_screening")))
    screening = case.screening
    rule = say("disclosure.screening_rule", magnitude=f"{screening.magnitude:.1%}", coverage=f"{screening.coverage:.1%}")
    rows = [
        (_name(r.subcategory), r.estimate, r.share, r.score, say("disclosure.yes" if r.included else "disclosure.no"))
        for r in screening.rows
    ]
    heads = ("subcategory", "estimate", "share", "score", "included")
    return Section(say("disclosure.exclusions"), (*paragraphs, rule), _frame(rows, heads))


def _uncertainty(case: Case) -> tuple[str, ...]:
    lines = [case.file.uncertainty] if case.file.uncertainty else []
    if case.uncertainty is not None:
        half_width, coverage = case.uncertainty
        lines.append(say("disclosure.combined", half_width=f"{half_width:.1%}", coverage=f"{coverage:.1%}"))
    return tuple(lines) or (say("disclosure.not_stated"),)


def _name(key: str) -> str:
    from carbonacct.schema import tables

    return iso_title(key) if key in tables.load("inventory/subcategories").rows else key


def _base_year(case: Case) -> list[Section]:
    title = say("disclosure.base_year")
    spec, outcome = case.file.base_year, case.recalculation
    if spec is None or outcome is None:
        return [Section(title, (say("disclosure.not_stated"),))]
    said = say(
        "disclosure.recalculated" if outcome.triggered else "disclosure.not_recalculated", relative=f"{outcome.relative:.2%}"
    )
    first = say("disclosure.base_total", year=spec.year, total=number(outcome.old, 9))
    change = float(case.inventory.co2e) / outcome.total - 1
    lines = (first, said, say("disclosure.against_base", total=number(outcome.total, 9), change=f"{change:+.2%}"))
    rows = [
        (c.name, say(f"inventory.change.{c.kind}"), c.effect, say("disclosure.yes" if c in outcome.counted else "disclosure.no"))
        for c in (*outcome.counted, *outcome.ignored)
    ]
    return [Section(title, lines, _frame(rows, ("name", "kind", "effect", "counted")) if rows else None)]


# tables ------------------------------------------------------------------------------------------------------------


def _frame(rows: list[Any], heads: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[say(f"disclosure.{head}") for head in heads])


def entity_table(inventory: Inventory) -> pd.DataFrame:
    """Entities with the economic interest, the share counted, and their emissions at 100 % and as counted."""
    rows = [(p.entity.name, p.interest, p.share, p.full, p.counted) for p in inventory.parts]
    return _frame(rows, ("entity", "interest", "share_counted", "full", "counted_emissions"))


def category_table(inventory: Inventory) -> pd.DataFrame:
    """The six categories with their subcategories and the total: tCO2e and per cent; empty where nothing is reported."""
    whole = float(inventory.co2e)
    found: list[tuple[str, float]] = []
    for category, value in _reported(inventory, "category", inventory.by_category).items():
        found.append((f"{category} {iso_title(f'C{category}')}", value))
        found += [(f"　{iso_title(key)}", v) for key, v in inventory.by_subcategory.items() if key.startswith(f"c{category}_")]
    found.append((say("disclosure.total"), whole))
    rows = [(title, value, value / whole * 100 if whole else NAN) for title, value in found]
    return _frame(rows, ("category", "emissions", "percent"))


def _reported(inventory: Inventory, view: str, sums: Mapping[int, float]) -> dict[int, float]:
    """The sums of a view; not a number where nothing is reported, which is not the same as nothing emitted."""
    known = {getattr(amount, view) for _, amount in inventory.amounts if not amount.memo}
    return {number_: value if number_ in known else NAN for number_, value in sums.items()}


def scope_table(inventory: Inventory) -> pd.DataFrame:
    """The GHG Protocol view: scopes 1 and 2 and the 15 categories of scope 3, in tCO2e; empty where nothing is reported."""
    scopes, scope3 = _reported(inventory, "ghgp", inventory.by_scope), _reported(inventory, "scope3", inventory.by_scope3)
    rows = [(say("disclosure.scope", number=scope), value) for scope, value in scopes.items()]
    rows += [(f"　3.{number_} {scope3_title(number_)}", value) for number_, value in scope3.items()]
    rows.append((say("disclosure.total"), float(inventory.co2e)))
    return _frame(rows, ("scope_head", "emissions"))


def direct_gas_table(inventory: Inventory) -> pd.DataFrame:
    """Category 1 gas by gas: tonnes of the gas and tCO2e, by groups of gases."""
    found: dict[str, tuple[float, float]] = {}
    for _, amount in inventory.amounts:
        if amount.category == 1 and not amount.memo:
            tonnes, co2e = found.get(amount.gas, (0.0, 0.0))
            found[amount.gas] = (tonnes + amount.tonnes, co2e + (amount.co2e or 0.0))
    order = sorted(found, key=lambda gas: (GAS_GROUPS.index(gas_group(gas)), gas))
    rows = [(say(f"disclosure.group.{gas_group(gas)}"), gas, *found[gas]) for gas in order]
    return _frame(rows, ("group", "gas", "tonnes", "emissions"))


def source_table(inventory: Inventory) -> pd.DataFrame:
    """Sources with their places: ISO subcategory, scope, scope-3 category, tCO2e."""
    found: dict[str, tuple[Amount, float]] = {}
    for _, amount in inventory.amounts:
        if not amount.memo:
            _, before = found.get(amount.stream, (amount, 0.0))
            found[amount.stream] = (amount, before + (amount.co2e or 0.0))
    rows = []
    for amount, co2e in found.values():
        place = "" if amount.scope3 is None else f"3.{amount.scope3} {scope3_title(amount.scope3)}"
        rows.append((amount.title, iso_title(amount.iso), amount.ghgp, place, co2e))
    return _frame(rows, ("source", "subcategory", "scope_head", "scope3", "emissions"))


def memo_table(inventory: Inventory) -> pd.DataFrame:
    """What stands beside the total: biogenic CO2, removals, market-based electricity, gases of the Montreal Protocol."""
    rows = [(title, tonnes, NAN if co2e is None else co2e) for title, tonnes, co2e in inventory.memo.values()]
    return _frame(rows, ("item", "tonnes", "emissions")).astype(
        {say("disclosure.tonnes"): float, say("disclosure.emissions"): float}
    )


def factor_table(inventory: Inventory) -> pd.DataFrame:
    """Factors and defaults used inside the boundary, with evidence grade and source, weakest first.

    GWPs have a table of their own; a zero is listed only where it has a remark (green power, say), not where it says that
    a refrigerant lacks a gas.
    """
    users: dict[tuple[Any, ...], dict[str, None]] = {}
    for part in inventory.parts:
        for row in audit_rows(part.entity.result) if part.share and part.entity.result is not None else ():
            if row["kind"] in ("table", "default") and (row["value"] or row["note"]):
                where = " · ".join(text for text in (row["table"], row["row"]) if text)
                key = (row["title"], row["value"], row["unit"], where, row["evidence"], row["source"] or "", row["note"] or "")
                users.setdefault(key, {})[part.entity.name] = None
    order = {grade: rank for rank, grade in enumerate(WEAKEST_FIRST)}
    rows = [(*key, ", ".join(names)) for key, names in sorted(users.items(), key=lambda item: order.get(item[0][4], 9))]
    return _frame(rows, ("factor", "value", "unit", "table", "evidence", "reference", "note", "entity"))


def gwp_table(inventory: Inventory) -> pd.DataFrame:
    """The global warming potential of each gas in the inventory."""
    rows = [(gas, co2e / tonnes) for gas, (tonnes, co2e) in inventory.by_gas.items() if gas_group(gas) != "CO2e" and tonnes]
    return _frame(rows, ("gas", "gwp"))


def _indicators(case: Case) -> pd.DataFrame:
    total = float(case.inventory.co2e)
    rows = [(i.name, float(i.value), i.unit, total / float(i.value), f"tCO2e/{i.unit}") for i in case.file.indicators]
    return pd.DataFrame(
        rows,
        columns=[say(f"disclosure.{k}") for k in ("name", "denominator", "unit")]
        + [say("disclosure.intensity"), say("disclosure.intensity_unit")],
    )
