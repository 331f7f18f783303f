"""Methodologies and results as plain text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonacct.engine.compile import Group
from carbonacct.expressions import to_text
from carbonacct.messages import language, say
from carbonacct.reporting.describe import evidence_count
from carbonacct.reporting.explanation import title_text
from carbonacct.schema.models import EVIDENCE
from carbonacct.values import number

if TYPE_CHECKING:
    from carbonacct.engine.result import Result
    from carbonacct.methodology import Methodology


def show_text(methodology: Methodology) -> str:
    """A methodology for reading: document, boundary, streams with symbols and formulas, totals, open questions."""
    lang = language()
    model, compiled = methodology.model, methodology.compiled
    document = model.source_document
    evidence = ", ".join(
        f"{count} {say(f'evidence.{grade}')}"
        for grade, count in sorted(evidence_count(methodology).items(), key=lambda p: EVIDENCE.index(p[0]))
    )
    lines = [
        f"{model.id}  {say('show.version')} {model.version}",
        title_text(model.title, lang),
        f"{say('show.document')}: {title_text(document.publisher, lang)}, {document.document} ({document.year})",
        *([f"{say('show.superseded')}: {', '.join(document.superseded_by)}"] if document.superseded_by else []),
        f"GWP: {', '.join(model.gwp)}; {len(model.cases)} {say('show.cases')}; {say('show.evidence')}: {evidence}",
    ]
    for key, titles in (("show.included", model.boundary.included), ("show.excluded", model.boundary.excluded)):
        if titles:
            lines += ["", f"{say(key)}:", *(f"  - {title_text(t, lang)}" for t in titles)]
    lines += ["", say("show.streams")]
    for group in compiled.streams.values():
        lines += ["", *_group_lines(group, lang, "  ")]
    lines += ["", say("show.totals")]
    for name, total in compiled.totals.items():
        number_ = f"  {total.provenance.equation}" if total.provenance.equation else ""
        lines += [
            f"  {total.symbol or name} [{total.unit.text}]  {title_text(total.title, lang)}{number_}",
            f"    = {to_text(total.source_node)}",
        ]
    if compiled.tables:
        lines += ["", say("show.tables")]
        lines += [
            f"  {name}  {title_text(t.title, lang)} ({len(t.rows)} {say('show.rows')})"
            for name, t in sorted(compiled.tables.items())
        ]
    if model.omitted:
        lines += ["", say("show.omitted"), *(f"  - {o.key}: {o.reason}" for o in model.omitted)]
    if model.open_questions:
        lines += ["", say("show.questions"), *(f"  - {q}" for q in model.open_questions)]
    return "\n".join(lines)


def _group_lines(group: Group, lang: str, indent: str) -> list[str]:
    scope = f", {say(f'scope.{group.scope}')}" if group.outputs else ""
    item = f" [{group.item}{': ' + group.items.id if group.items else ''}]" if group.item else ""
    lines = [f"{indent}{group.key}{item}  {title_text(group.title, lang)}{scope}"]
    for symbol in group.symbols.values():
        unit = "" if symbol.unit_text == "1" or symbol.options else f" [{symbol.unit_text}]"
        lines.append(f"{indent}  {symbol.name}{unit}  {title_text(symbol.title, lang)}")
        if symbol.options:
            lines.append(f"{indent}      {', '.join(symbol.options)}")
        for route in symbol.routes:
            equation = f"  {route.provenance.equation}" if route.provenance.equation else ""
            if route.source_node is not None:
                lines.append(f"{indent}      = {to_text(route.source_node)}{equation}")
            elif route.reference is not None:
                lines.append(f"{indent}      ← {route.reference.table.id}.{route.reference.column}")
            elif route.value is not None:
                lines.append(f"{indent}      ← {number(route.value)}")
    for sub in group.groups.values():
        lines += _group_lines(sub, lang, indent + "    ")
    return lines


def result_text(result: Result) -> str:
    """Totals, gases, streams and warnings of a result."""
    lang = language()
    lines = [title_text(result.methodology.title, lang)]
    lines += ["", say("result.totals")]
    for key, value in result.totals.items():
        total = result.compiled.totals[key]
        lines.append(f"  {total.symbol or key} = {value}  {title_text(total.title, lang)}")
    lines += [f"  CO2e = {result.co2e}  {say('result.co2e')}", "", say("result.by_gas")]
    lines += [f"  {gas:<8} {number(float(value)):>20} {value.unit}" for gas, value in result.by_gas.items()]
    lines += ["", say("result.by_stream")]
    width = max(len(stream) for stream in result.by_stream)
    lines += [
        f"  {stream:<{width}} {number(float(value)):>20}  {title_text(result.compiled.streams[stream].title, lang)}"
        for stream, value in result.by_stream.items()
    ]
    if result.warnings:
        lines += ["", say("result.warnings"), *(f"  - {warning}" for warning in result.warnings)]
    return "\n".join(lines)


def coverage_text(ids: list[str]) -> str:
    """Per methodology: streams, symbols, factor rows, cases, evidence grades."""
    from carbonacct.methodology import load

    lines = [say("coverage.head", id="id", streams="streams", symbols="symbols", rows="rows", cases="cases")]
    for name in ids:
        methodology = load(name)
        compiled = methodology.compiled
        symbols = sum(
            1
            for stream in compiled.streams.values()
            for g in (stream, *(sub for _, sub in stream.descendants()))
            for s in g.symbols.values()
            if not s.is_output
        )
        rows = sum(len(table.rows) for table in compiled.tables.values())
        count = evidence_count(methodology)
        evidence = "  ".join(f"{grade} {count[grade]}" for grade in EVIDENCE if count[grade])
        lines.append(
            f"{name:<32} {len(compiled.streams):>7} {symbols:>7} {rows:>6} {len(methodology.model.cases):>5}  {evidence}"
        )
    return "\n".join(lines)
