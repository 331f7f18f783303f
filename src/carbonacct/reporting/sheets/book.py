"""A workbook in which text stays text and every formula carries its value.

Formulas are written last: while the sheets are laid out, a formula is only noted down, so that it may refer to cells
that get their place later.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from carbonacct.errors import MissingExtraError
from carbonacct.expressions.excel import MAX_LENGTH
from carbonacct.messages import say

INK, MUTED, GREEN, BLUE, LINE = "#1B2733", "#5B6B7A", "#0B5D4B", "#1D4E89", "#D5DDE3"
MAX_TEXT = 32_767
EVERYWHERE = "A1:XFD1048576"
LOW, POINTS_PER_LINE = 17, 13.5
_GRADES = {
    "crosschecked": ("#E1F3EA", GREEN),
    "confirmed": ("#E6F0FA", BLUE),
    "worked": ("#EEF2F5", INK),
    "unconfirmed": ("#FDF0D9", "#7A4B00"),
}
_BOX = {"valign": "vcenter", "border": 1, "border_color": LINE}
_CELL = {**_BOX, "align": "left", "indent": 1}
_VALUE = {**_BOX, "align": "right", "indent": 1}
STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 15, "font_color": GREEN},
    "subtitle": {"font_color": MUTED},
    "section": {"bold": True, "font_size": 12, "font_color": GREEN, "bottom": 2, "bottom_color": GREEN},
    "line": {"bold": True, "valign": "vcenter", "bg_color": "#E4EFEB", "top": 1, "top_color": GREEN},
    "path": {"font_color": MUTED, "valign": "vcenter", "bg_color": "#E4EFEB", "top": 1, "top_color": GREEN, "italic": True},
    "head": {**_CELL, "bold": True, "font_color": "#FFFFFF", "bg_color": GREEN, "text_wrap": True},
    "subhead": {**_CELL, "bold": True, "font_color": MUTED, "bg_color": "#F1F5F4", "text_wrap": True},
    "text": {**_CELL, "text_wrap": True},
    "choice": {**_CELL, "text_wrap": True, "font_color": MUTED},
    "symbol": {**_CELL, "bold": True, "text_wrap": True},
    "muted": {**_CELL, "text_wrap": True, "font_color": MUTED},
    "code": {**_CELL, "text_wrap": True, "font_name": "Consolas"},
    "link": {**_CELL, "text_wrap": True, "font_color": BLUE, "underline": 1},
    "input": {**_VALUE, "font_color": BLUE, "bg_color": "#FFF8DC"},
    "idle": {**_VALUE, "font_color": MUTED, "italic": True},
    "factor": {**_VALUE, "font_color": GREEN, "bg_color": "#F0F8F4"},
    "live": {**_VALUE},
    "fixed": {**_VALUE, "font_color": MUTED},
    "result": {**_VALUE, "bold": True, "bg_color": "#E4EFEB"},
    "big": {**_VALUE, "bold": True, "font_size": 13, "font_color": GREEN, "bg_color": "#E4EFEB"},
    **{f"grade-{grade}": {**_CELL, "bg_color": fill, "font_color": ink} for grade, (fill, ink) in _GRADES.items()},
}


@dataclass(frozen=True)
class Ref:
    """A cell."""

    sheet: str
    row: int
    column: int

    def seen_from(self, sheet: str) -> str:
        """The reference as a formula on ``sheet`` writes it."""
        return span(self, self, sheet)


def span(first: Ref, last: Ref, sheet: str) -> str:
    """The range from one cell to another of the same sheet, as a formula on ``sheet`` writes it."""
    here = first.sheet == sheet
    mark = "" if here else "$"
    ends = [f"{mark}{column_letters(ref.column)}{mark}{ref.row + 1}" for ref in (first, last)]
    place = ends[0] if first == last else ":".join(ends)
    return place if here else f"{sheet_reference(first.sheet)}!{place}"


def sheet_reference(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"


def column_letters(number: int) -> str:
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def ranges(refs: Iterable[Ref], sheet: str) -> str:
    """The argument list of a SUM over cells of one column, neighbours joined to ranges."""
    runs: list[list[Ref]] = []
    for ref in refs:
        if runs and (last := runs[-1][-1]).row + 1 == ref.row and (last.sheet, last.column) == (ref.sheet, ref.column):
            runs[-1].append(ref)
        else:
            runs.append([ref])
    return ",".join(span(run[0], run[-1], sheet) for run in runs)


def number_format(value: float, given: bool = False) -> str:
    """Digits enough for six significant ones; what was given is shown as it was given."""
    size = abs(value)
    if not math.isfinite(value) or value == 0 or size >= 1e12 or size < 1e-5:
        return "General"
    if given:
        return "#,##0" if value == int(value) and size >= 10_000 else "General"
    places = max(2, 5 - math.floor(math.log10(size))) if size < 10_000 else 2
    return "#,##0." + "0" * places


def cached(value: float) -> float | str:
    """The value to store with a formula: Excel has no infinity and no NaN."""
    return value if math.isfinite(value) else "#N/A"


def lines_needed(text: str, width: float) -> int:
    """Lines of a wrapped text in a column."""
    room = max(1.0, width - 1.5)
    sizes = (sum(1.9 if ord(c) > 0x2E7F else 0.92 for c in part) for part in text.split("\n"))
    return sum(max(1, math.ceil(size / room)) for size in sizes)


class Page:
    """One sheet. Everything goes through it, so that no text is ever taken for a formula or a link."""

    def __init__(self, book: Book, name: str, widths: Iterable[float]) -> None:
        self.book = book
        self.name = book.sheet_name(name)
        self.sheet = book.workbook.add_worksheet(self.name)
        self.widths = list(widths)
        self.heights: dict[int, int] = {}
        for column, width in enumerate(self.widths):
            self.sheet.set_column(column, column, width)
        self.sheet.hide_gridlines(2)
        self.sheet.set_default_row(LOW)
        self.sheet.ignore_errors({"number_stored_as_text": EVERYWHERE, "formula_differs": EVERYWHERE})
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.set_margins(0.4, 0.4, 0.5, 0.6)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_footer("&L" + book.footer.replace("&", "&&") + "&C&A&R&P / &N")

    def ref(self, row: int, column: int) -> Ref:
        return Ref(self.name, row, column)

    def text(self, row: int, column: int, text: object, style: str = "text", until: int | None = None) -> None:
        """A text, over several columns if ``until`` is given; the row is made high enough for it."""
        shown = clean(text)
        form = self.book.style(style)
        if until is not None and until > column:
            self.sheet.merge_range(row, column, row, until, "", form)
        if shown:
            self.sheet.write_string(row, column, shown, form)
        else:
            self.sheet.write_blank(row, column, None, form)
        if style == "title":
            self.sheet.set_row(row, 24)
        if STYLES[style].get("text_wrap"):
            width = sum(self.widths[column : (until or column) + 1])
            self.heighten(row, lines_needed(shown, width))

    def heighten(self, row: int, lines: int) -> None:
        if lines > self.heights.get(row, 1):
            self.heights[row] = lines
            self.sheet.set_row(row, min(400.0, 5 + POINTS_PER_LINE * lines))

    def texts(self, row: int, column: int, texts: Iterable[object], style: str = "text") -> None:
        for offset, text in enumerate(texts):
            self.text(row, column + offset, text, style)

    def number(self, row: int, column: int, value: float, style: str) -> Ref:
        """A number that stands by itself."""
        self.sheet.write_number(row, column, value, self.book.style(style, number_format(value, given=True)))
        return self.ref(row, column)

    def formula(
        self, row: int, column: int, write: Callable[[str], str], value: float, style: str = "live", form: str | None = None
    ) -> Ref:  # fmt: skip
        """A live cell: ``write(sheet)`` gives the formula as seen from this sheet, once all sheets are laid out."""
        chosen = self.book.style(style, form or number_format(value, given=style == "factor"))

        def finish() -> None:
            text = write(self.name)
            if len(text) < MAX_LENGTH:
                self.sheet.write_formula(row, column, "=" + text, chosen, cached(value))
            else:
                self.sheet.write_number(row, column, value, self.book.style("fixed", number_format(value)))
                self.sheet.write_comment(row, column, say("workbook.too_long"))

        self.book.later.append(finish)
        return self.ref(row, column)

    def go_to(self, row: int, column: int, name: str, text: object) -> None:
        """A text that leads to another sheet."""
        shown = clean(text)
        self.sheet.write_url(row, column, f"internal:{sheet_reference(name)}!A1", self.book.style("link"), shown[:255])
        self.heighten(row, lines_needed(shown, self.widths[column]))

    def grade(self, row: int, column: int, evidence: str | None) -> None:
        """An evidence grade in its colour."""
        if evidence in _GRADES:
            self.text(row, column, say(f"evidence.{evidence}"), f"grade-{evidence}")
        else:
            self.text(row, column, say("evidence.given") if evidence == "given" else "", "muted")


class Book:
    """The workbook: its formats, its sheet names, the formulas still to be written."""

    def __init__(self, lang: str, footer: str) -> None:
        try:
            import xlsxwriter
        except ImportError:
            raise MissingExtraError(say("workbook.extra")) from None
        self.font = "Microsoft YaHei" if lang == "zh" else "Calibri"
        self.footer = footer
        self.buffer = BytesIO()
        self.workbook = xlsxwriter.Workbook(
            self.buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        )
        self.later: deque[Callable[[], None]] = deque()
        self.names: set[str] = set()
        self.formats: dict[tuple[str, str], Any] = {}

    def style(self, name: str, form: str = "General") -> Any:
        """A cell format, made once."""
        key = (name, form)
        if key not in self.formats:
            base = {"font_name": self.font, "font_size": 10, "font_color": INK}
            self.formats[key] = self.workbook.add_format({**base, **STYLES[name], "num_format": form})
        return self.formats[key]

    def sheet_name(self, title: str) -> str:
        """A name that Excel accepts and no other sheet has."""
        name = re.sub(r"[\[\]:*?/\\]", " ", clean(title)).strip().strip("'")
        name = (name if len(name) <= 31 else name[:32].rpartition(" ")[0] or name[:31]).strip(" ,'") or "-"
        count = 2
        unique = name
        while unique.casefold() in self.names:
            unique = f"{name[: 31 - len(str(count)) - 1]} {count}"
            count += 1
        self.names.add(unique.casefold())
        return unique

    def finish(self) -> bytes:
        """Write the formulas, including those that writing formulas calls for, and give the file."""
        while self.later:
            self.later.popleft()()
        self.workbook.close()
        return self.buffer.getvalue()


def clean(text: object) -> str:
    """A text that a cell can hold: no lone surrogates, not longer than Excel allows."""
    return ("" if text is None else str(text)).encode("utf-8", "replace").decode()[:MAX_TEXT]
