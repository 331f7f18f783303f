"""Explanation trees as text, HTML and plain data."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any

from carbonacct.expressions import to_mathml
from carbonacct.expressions import to_text as formula_text
from carbonacct.messages import language, say
from carbonacct.values import number

if TYPE_CHECKING:
    from carbonacct.engine.trace import Explanation
    from carbonacct.schema.models import Title

KINDS = ("total", "stream", "line", "formula", "given", "default", "table", "constant", "choice", "absent", "repeated")


def title_text(title: Title | None, lang: str) -> str:
    return "" if title is None else str(title.zh if lang == "zh" else title.en)


def _value(node: Explanation, lang: str) -> str:
    if isinstance(node.value, str):
        return title_text(node.row, lang) or node.value
    if node.value is None:
        return ""
    unit = "" if node.unit == "1" else f" {node.unit}"
    return f"{number(node.value)}{unit}"


def _remarks(node: Explanation, lang: str) -> list[str]:
    """What stands behind a value: the way taken, the table row, source, evidence."""
    parts = (
        [say(f"kind.{node.kind}", lang)] if node.kind in ("given", "default", "table", "constant", "absent", "repeated") else []
    )
    if node.way_title is not None:
        parts.append(say("explain.way", lang, way=title_text(node.way_title, lang)))
    if node.passed:
        parts.append(say("explain.passed", lang, ways=", ".join(node.passed)))
    if node.table:
        parts.append(f"{node.table} [{title_text(node.row, lang)}]")
    provenance = node.provenance
    if provenance is not None and node.kind not in ("line", "stream", "repeated"):
        if provenance.equation:
            parts.append(say("explain.equation", lang, number=provenance.equation))
        parts.append(say(f"evidence.{provenance.evidence}", lang))
        if provenance.sources:
            parts.append("; ".join(provenance.sources))
        if provenance.note:
            parts.append(provenance.note)
    return parts


def to_text(node: Explanation, lang: str | None = None) -> str:
    """An indented tree, one step a line; formulas on a line of their own."""
    lang = lang or language()
    lines: list[str] = []

    def put(item: Explanation, depth: int) -> None:
        indent = "  " * depth
        title = title_text(item.title, lang)
        value = _value(item, lang)
        head = f"{indent}{item.name} = {value}" if value else f"{indent}{item.name}"
        lines.append(head + (f"  {title}" if title and title != item.name else ""))
        if item.formula is not None:
            lines.append(f"{indent}  {item.name} = {formula_text(item.formula)}")
            if item.printed is not None:
                lines.append(f"{indent}  {say('explain.printed', lang)}: {formula_text(item.printed)}")
        if remarks := _remarks(item, lang):
            lines.append(f"{indent}  · " + " · ".join(remarks))
        for child in item.children:
            put(child, depth + 1)

    put(node, 0)
    return "\n".join(lines)


STYLE = """
.ca{font:14px/1.5 system-ui,"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;color:#1b2733;max-width:60em}
.ca details{margin-left:1.1em;border-left:1px solid #dfe5ea;padding-left:.7em}.ca>details{margin-left:0;border:0;padding:0}
.ca summary{cursor:pointer;padding:.15em 0}.ca .leaf{margin-left:1.1em;border-left:1px solid #dfe5ea;padding:.15em 0 .15em 1.75em}
.ca .n{font-weight:600}.ca .v{font-variant-numeric:tabular-nums;color:#0b5d4b;font-weight:600}.ca .t{color:#52616f}
.ca .f{margin:.2em 0 .3em 1.1em;font-size:1.08em}.ca .r{margin-left:1.1em;color:#6b7885;font-size:.86em}
.ca .e{display:inline-block;padding:0 .45em;border-radius:.7em;background:#eef2f5;margin-right:.3em}
.ca .e-unconfirmed{background:#fdf0d9;color:#7a4b00}.ca .e-crosschecked{background:#e1f3ea;color:#0b5d4b}.ca .e-confirmed{background:#e6f0fa;color:#1d4e89}
"""


def to_html(node: Explanation, lang: str | None = None, open_depth: int = 2) -> str:
    """A self-contained HTML fragment: nested disclosure elements with MathML formulas."""
    lang = lang or language()
    return f'<style>{STYLE}</style><div class="ca" lang="{lang}">{_html(node, lang, open_depth, 0)}</div>'


def _html(node: Explanation, lang: str, open_depth: int, depth: int) -> str:
    title = title_text(node.title, lang)
    shown = title if node.kind == "line" else node.name
    head = f'<span class="n">{html.escape(shown)}</span>'
    if value := _value(node, lang):
        head += f' = <span class="v">{html.escape(value)}</span>'
    if title and title != shown:
        head += f' <span class="t">{html.escape(title)}</span>'
    body = ""
    if node.formula is not None:
        body += (
            f'<div class="f"><math><mrow><mi>{html.escape(node.name)}</mi><mo>=</mo>{to_mathml(node.formula)}</mrow></math></div>'
        )
        if node.printed is not None:
            body += f'<div class="r">{say("explain.printed", lang)}: <math>{to_mathml(node.printed)}</math></div>'
    remarks = _remarks(node, lang)
    if remarks:
        badge = ""
        if node.provenance is not None and node.kind not in ("line", "stream"):
            grade = say(f"evidence.{node.provenance.evidence}", lang)
            badge = f'<span class="e e-{node.provenance.evidence}">{grade}</span>'
            remarks = [remark for remark in remarks if remark != grade]
        body += f'<div class="r">{badge}{html.escape(" · ".join(remarks))}</div>'
    children = "".join(_html(child, lang, open_depth, depth + 1) for child in node.children)
    if not children and node.formula is None:
        return f'<div class="leaf">{head}{body}</div>'
    return f"<details{' open' if depth < open_depth else ''}><summary>{head}</summary>{body}{children}</details>"


def to_dict(node: Explanation) -> dict[str, Any]:
    """Plain data, version 1 of the trace format."""
    provenance = node.provenance
    data: dict[str, Any] = {
        "name": node.name,
        "kind": node.kind,
        "title": {"zh": str(node.title.zh), "en": str(node.title.en)},
        "value": node.value,
        "unit": node.unit,
        "formula": None if node.formula is None else formula_text(node.formula),
        "printed": None if node.printed is None else formula_text(node.printed),
        "alternative": node.way,
        "not_taken": node.passed,
        "table": node.table,
        "row": None if node.row is None else {"zh": str(node.row.zh), "en": str(node.row.en)},
        "equation": provenance.equation if provenance else None,
        "evidence": provenance.evidence if provenance else None,
        "sources": list(provenance.sources) if provenance else [],
        "note": provenance.note if provenance else None,
        "children": [to_dict(child) for child in node.children],
    }
    return data
