"""The plain lists: what was assumed, and every value used with its source, weakest evidence first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from carbonacct.engine.trace import Explanation
from carbonacct.messages import say
from carbonacct.reporting.audit import audit_steps, grade
from carbonacct.reporting.explanation import title_text
from carbonacct.reporting.sheets.book import Book, Page, Ref, number_format
from carbonacct.reporting.sheets.sources import Sources

if TYPE_CHECKING:
    from carbonacct.engine.result import Result

AUDIT = ("place", "symbol", "title", "kind", "value", "unit", "evidence", "table", "row", "equation", "source", "note")
AUDIT_WIDTHS = (36, 17, 38, 17, 17, 16, 14, 28, 28, 12, 20, 66)


def assumptions(book: Book, result: Result) -> None:
    """The warnings of the result, and what the methodology itself leaves open."""
    page = Page(book, say("workbook.assumptions"), (6, 150))
    page.sheet.freeze_panes(1, 0)
    row = 0
    for heading, texts in (
        (say("result.warnings"), result.warnings),
        (say("show.questions"), result.methodology.model.open_questions),
    ):
        page.texts(row, 0, ["", heading], "head")
        for number, text in enumerate(texts, 1):
            page.number(row + number, 0, number, "fixed")
            page.text(row + number, 1, text)
        row += len(texts) + 2


def audit(book: Book, result: Result, cells: Mapping[tuple[str, str], Ref], sources: Sources, lang: str) -> None:
    """Every value used, weakest evidence first, linked to its cell. ``cells``: by place (or "constant") and symbol."""
    page = Page(book, say("workbook.audit"), AUDIT_WIDTHS)
    page.texts(0, 0, [say(f"column.{column}") for column in AUDIT], "head")
    page.sheet.freeze_panes(1, 2)
    page.sheet.repeat_rows(0)
    steps = audit_steps(result)
    for row, (place, step) in enumerate(steps, 1):
        ref = cells.get(("constant" if step.kind == "constant" else place, step.name))
        _step(page, row, place, step, ref, sources, lang)
    page.sheet.autofilter(0, 0, max(1, len(steps)), len(AUDIT) - 1)


def _step(page: Page, row: int, place: str, step: Explanation, ref: Ref | None, sources: Sources, lang: str) -> None:
    provenance = step.provenance
    page.texts(row, 0, [place, step.name, title_text(step.title, lang), say(f"kind.{step.kind}")])
    if isinstance(step.value, str) or step.value is None:
        page.text(row, 4, step.value, "choice")
    elif ref is None:
        page.number(row, 4, step.value, "fixed")
    else:
        page.formula(row, 4, ref.seen_from, step.value, form=number_format(step.value, given=step.kind != "formula"))
    page.text(row, 5, "" if step.unit == "1" else step.unit, "muted")
    page.grade(row, 6, grade(step))
    page.texts(row, 7, [step.table, title_text(step.row, lang)], "muted")
    known = (provenance.equation, sources.mark(provenance.sources), provenance.note) if provenance else ("", "", "")
    page.texts(row, 9, known, "muted")
