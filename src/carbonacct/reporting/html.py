"""The HTML report of a result, and its summary for notebooks. Self-contained: no scripts, no outside resources."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from carbonacct import __version__
from carbonacct.engine.plan import Custom
from carbonacct.engine.result import SIGN, line_outputs
from carbonacct.messages import language, say, speaking
from carbonacct.reporting.audit import audit_rows
from carbonacct.reporting.explanation import STYLE, title_text, to_html
from carbonacct.values import number

if TYPE_CHECKING:
    from carbonacct.engine.result import Result

PAGE = """
body{margin:0;background:#f4f6f8;color:#1b2733;font:15px/1.55 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
main{max-width:68em;margin:0 auto;padding:2.2em 1.5em 4em}h1{font-size:1.5em;line-height:1.3;margin:0 0 .2em}
h2{font-size:1.1em;margin:2.2em 0 .7em}.sub{color:#52616f;margin:0 0 1.4em}.card{background:#fff;border:1px solid #e1e7ec;border-radius:8px;padding:1.1em 1.3em}
.big{font-size:2em;font-weight:650;font-variant-numeric:tabular-nums;color:#0b5d4b}.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(11em,1fr));gap:1em;margin-top:1em}
.facts b{display:block;font-weight:600}.facts span{color:#52616f;font-size:.88em}table{border-collapse:collapse;width:100%;font-size:.93em}
th{text-align:left;color:#52616f;font-weight:600;border-bottom:1px solid #cfd8df;padding:.35em .6em}td{padding:.35em .6em;border-bottom:1px solid #edf1f4;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.ca .e{white-space:nowrap}td.w{width:22%}.bar{background:#0f7f66;height:.6em;border-radius:.3em;min-width:1px}.bar.neg{background:#b4632a}
ul{margin:.3em 0;padding-left:1.2em}.scroll{overflow-x:auto}.small{font-size:.85em;color:#52616f}
@media print{body{background:#fff}.card{border:0;padding:0}}
"""


def _cells(row: list[str], numeric: set[int], tag: str = "td") -> str:
    def kind(number: int, cell: str) -> str:
        return " class=n" if number in numeric else " class=w" if cell.startswith('<div class="bar') else ""

    return "".join(f"<{tag}{kind(number, cell)}>{cell}</{tag}>" for number, cell in enumerate(row))


def table(headers: list[str], rows: list[list[str]], numeric: set[int]) -> str:
    """An HTML table; cells are HTML already."""
    head = f"<tr>{_cells([html.escape(h) for h in headers], numeric, 'th')}</tr>"
    body = "".join(f"<tr>{_cells(row, numeric)}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>'


def stream_table(result: Result, lang: str) -> str:
    """The emission sources with their share of the sum of amounts."""
    whole = sum(abs(float(value)) for value in result.by_stream.values()) or 1.0
    rows = []
    for stream, value in result.by_stream.items():
        group = result.compiled.streams[stream]
        share = abs(float(value)) / whole
        bar = f'<div class="bar{" neg" if value < 0 else ""}" style="width:{share * 100:.1f}%"></div>' if value else ""
        scope = say(f"scope.{group.scope}", lang)
        rows.append(
            [
                html.escape(title_text(group.title, lang)),
                scope,
                number(float(value)),
                f"{share:.1%}" if SIGN[group.scope] else "",
                bar,
            ]
        )
    headers = [say("column.stream", lang), say("column.scope", lang), "tCO2e", say("report.share", lang), ""]
    return table(headers, rows, {2, 3})


def line_table(result: Result, stream: str, lang: str) -> str:
    """The lines of a stream with their outputs."""
    group = result.compiled.streams[stream]
    rows = []
    for count, entry in enumerate(result.entries.get(stream, ())):
        row = entry.row
        name = row.title(lang) if row else entry.item.name if isinstance(entry.item, Custom) else str(count + 1)
        label = f"{entry.label}: {name}" if entry.label else name
        given = ", ".join(f"{key} = {number(value)}" for key, value in entry.values.items())
        choices = ", ".join(
            f"{key} = {title_text(entry.group.group.symbols[key].options.get(value), lang)}"
            for key, value in entry.choices.items()
        )
        inner = ", ".join(f"{key} × {len(subs)}" for key, subs in entry.groups.items())
        amounts = "<br>".join(f"{number(value)} {html.escape(unit)}" for _, value, unit in line_outputs(group, entry))
        rows.append([html.escape(label), html.escape("; ".join(part for part in (given, choices, inner) if part)), amounts])
    return table([say("column.line", lang), say("kind.given", lang), say("column.value", lang)], rows, {2})


def audit_table(result: Result, lang: str) -> str:
    """The values used, weakest evidence first."""
    rows = []
    for row in audit_rows(result):
        if row["kind"] in ("given", "choice"):
            continue
        value = number(row["value"]) if isinstance(row["value"], float) else str(row["value"] or "")
        origin = " · ".join(str(part) for part in (row["table"], row["row"], row["equation"], row["source"], row["note"]) if part)
        grade = f'<span class="e e-{row["evidence"]}">{say("evidence." + row["evidence"], lang)}</span>'
        cells: list[Any] = [
            html.escape(row["symbol"]),
            html.escape(row["title"]),
            value,
            html.escape(row["unit"]),
            grade,
            html.escape(origin),
        ]
        rows.append(cells)
    keys = ("symbol", "title", "value", "unit", "evidence", "source")
    return table([say(f"column.{key}", lang) for key in keys], rows, {2})


def facts(result: Result, lang: str) -> str:
    """Who, when, where, by what."""
    pairs = [
        (say("report.entity", lang), result.meta.get("entity")),
        (say("report.period", lang), result.meta.get("period")),
        (say("report.region", lang), result.context.region),
        (say("report.gwp", lang), ", ".join(result.compiled.gwp)),
        (say("report.methodology", lang), f"{result.methodology.id} {result.methodology.version}"),
    ]
    return "".join(
        f"<div><span>{html.escape(name)}</span><b>{html.escape(str(value))}</b></div>" for name, value in pairs if value
    )


def summary(result: Result, lang: str | None = None) -> str:
    """The head of the report, for notebooks."""
    lang = lang or language()
    totals = "".join(
        f"<div><span>{html.escape(title_text(result.compiled.totals[key].title, lang))}</span><b>{number(float(value))} {value.unit}</b></div>"
        for key, value in result.totals.items()
    )
    return f'<style>{STYLE}{PAGE.replace("body{", ".ca-body{")}</style><div class="ca" lang="{lang}"><div class="facts">{totals}</div>{stream_table(result, lang)}</div>'


def report(result: Result, lang: str | None = None) -> str:
    """The whole report as one HTML page."""
    with speaking(lang) as chosen:
        return _report(result, chosen)


def _report(result: Result, lang: str) -> str:
    main_total = result.totals.get("E", result.co2e)
    document = result.methodology.model.source_document
    title = html.escape(title_text(result.methodology.title, lang))
    parts = [
        f"<h1>{say('report.title', lang)}</h1><p class=sub>{title}<br>{html.escape(title_text(document.publisher, lang))}, {html.escape(document.document)}</p>",
        f'<div class="card"><div class="big">{number(float(main_total))} {main_total.unit}</div><div class="facts">{facts(result, lang)}</div></div>',
        f"<h2>{say('result.by_stream', lang)}</h2><div class=card>{stream_table(result, lang)}</div>",
    ]
    totals = [
        [
            html.escape(result.compiled.totals[k].symbol or k),
            html.escape(title_text(result.compiled.totals[k].title, lang)),
            number(float(v)),
            v.unit,
        ]
        for k, v in result.totals.items()
    ]
    gases = [[gas, "", number(float(value)), value.unit] for gas, value in result.by_gas.items()]
    headers = [say(f"column.{key}", lang) for key in ("symbol", "title", "value", "unit")]
    parts.append(f"<h2>{say('result.totals', lang)}</h2><div class=card>{table(headers, [*totals, *gases], {2})}</div>")
    for stream in result.compiled.streams:
        if result.entries.get(stream):
            heading = html.escape(title_text(result.compiled.streams[stream].title, lang))
            parts.append(f"<h2>{heading}</h2><div class=card>{line_table(result, stream, lang)}</div>")
    if result.warnings:
        items = "".join(f"<li>{html.escape(warning)}</li>" for warning in result.warnings)
        parts.append(f"<h2>{say('result.warnings', lang)}</h2><div class=card><ul>{items}</ul></div>")
    key = "E" if "E" in result.totals else next(iter(result.totals))
    parts.append(f"<h2>{say('report.explanation', lang)}</h2><div class=card>{to_html(result.explain(key), lang)}</div>")
    parts.append(
        f"<h2>{say('report.audit', lang)}</h2><div class='card ca' style='max-width:none'>{audit_table(result, lang)}</div>"
    )
    if questions := result.methodology.model.open_questions:
        items = "".join(f"<li>{html.escape(question)}</li>" for question in questions)
        parts.append(f"<h2>{say('show.questions', lang)}</h2><div class=card><ul>{items}</ul></div>")
    parts.append(f"<p class=small>{say('report.made', lang, version=__version__)}</p>")
    return f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title><style>{PAGE}{STYLE}</style></head><body><main>{"".join(parts)}</main></body></html>'
