"""The audit list: every value a result rests on, with its source and evidence, weakest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from carbonacct.engine.trace import Explanation
from carbonacct.messages import language
from carbonacct.reporting.explanation import title_text

if TYPE_CHECKING:
    from carbonacct.engine.result import Result

WEAKEST_FIRST = ("given", "unconfirmed", "worked", "confirmed", "crosschecked")


def audit_steps(result: Result) -> list[tuple[str, Explanation]]:
    """Each value used with its place, weakest evidence first: constants and table cells once, everything else per line."""
    found: list[tuple[str, Explanation]] = []
    seen: set[tuple[Any, ...]] = set()

    def visit(node: Explanation, place: str) -> None:
        if node.kind in ("line", "stream") and node.children:
            inner = node.kind == "line" and not node.name.startswith(f"{place}[")
            place = f"{place}.{node.name}" if inner else node.name
        if node.kind in ("given", "default", "table", "constant", "formula", "choice"):
            shared = node.kind in ("constant", "table") and node.name
            key = (node.kind, node.name, node.table, str(node.row), node.value) if shared else (node.kind, place, node.name)
            if key not in seen:
                seen.add(key)
                found.append((place, node))
        for child in node.children:
            visit(child, place)

    for key in result.totals:
        visit(result.explain(key), key)
    order = {grade: rank for rank, grade in enumerate(WEAKEST_FIRST)}
    kinds = {"table": 0, "default": 1, "constant": 2, "formula": 3, "choice": 4, "given": 5}
    return sorted(
        found,
        key=lambda step: (
            step[1].kind in ("given", "choice"),
            order.get(grade(step[1]), 9),
            kinds.get(step[1].kind, 9),
            step[0],
            step[1].name,
        ),
    )


def grade(step: Explanation) -> str:
    """The evidence grade of a step, ``given`` for what the user gave."""
    return step.provenance.evidence if step.provenance and step.kind not in ("given", "choice") else "given"


def audit_rows(result: Result) -> list[dict[str, Any]]:
    """:func:`audit_steps` as plain data."""
    lang = language()
    return [_row(step, place, lang) for place, step in audit_steps(result)]


def _row(node: Explanation, place: str, lang: str) -> dict[str, Any]:
    provenance = node.provenance
    return {
        "place": place,
        "symbol": node.name,
        "title": title_text(node.title, lang),
        "kind": node.kind,
        "value": node.value,
        "unit": node.unit,
        "table": node.table,
        "row": title_text(node.row, lang) or None,
        "equation": provenance.equation if provenance else None,
        "evidence": grade(node),
        "source": "; ".join(provenance.sources) if provenance and provenance.sources else None,
        "note": provenance.note if provenance else None,
    }


def audit_frame(result: Result) -> pd.DataFrame:
    """The audit list as a data frame; ``frame.attrs["open_questions"]`` carries what the methodology could not establish."""
    frame = pd.DataFrame(audit_rows(result))
    frame.attrs["open_questions"] = list(result.methodology.model.open_questions)
    return frame
