"""A document of sections, each with paragraphs and tables, written as Markdown, HTML or Excel."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carbonacct.errors import MissingExtraError
from carbonacct.messages import say
from carbonacct.reporting.explanation import STYLE
from carbonacct.reporting.html import PAGE
from carbonacct.reporting.html import table as html_table
from carbonacct.values import number

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Section:
    """A heading with its paragraphs and, if any, its table."""

    title: str
    paragraphs: tuple[str, ...] = ()
    table: pd.DataFrame | None = None


@dataclass(frozen=True)
class Document:
    """A disclosure in one language."""

    title: str
    lang: str
    sections: tuple[Section, ...]

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables by the title of their section."""
        return {section.title: section.table for section in self.sections if section.table is not None}

    def to_markdown(self, path: str | Path | None = None) -> str:
        """Markdown; written to ``path`` if given."""
        parts = [f"# {_plain(self.title)}"]
        for section in self.sections:
            parts.append(f"## {_plain(section.title)}")
            parts.extend(_plain(paragraph) for paragraph in section.paragraphs)
            if section.table is not None:
                parts.append(_markdown_table(section.table))
        return _written("\n\n".join(parts) + "\n", path)

    def to_html(self, path: str | Path | None = None) -> str:
        """A self-contained page; written to ``path`` if given."""
        parts = [f"<h1>{html.escape(self.title)}</h1>"]
        for section in self.sections:
            parts.append(f"<h2>{html.escape(section.title)}</h2>")
            parts.extend(f"<p>{html.escape(paragraph)}</p>" for paragraph in section.paragraphs)
            if section.table is not None:
                numeric = {i for i, name in enumerate(section.table.columns) if section.table[name].dtype.kind in "fiu"}
                rows = [[html.escape(cell_text(cell)) for cell in row] for row in section.table.itertuples(index=False)]
                parts.append(f"<div class=card>{html_table([str(c) for c in section.table.columns], rows, numeric)}</div>")
        head = f'<meta charset="utf-8"><title>{html.escape(self.title)}</title><style>{PAGE}{STYLE}</style>'
        page = f'<!doctype html><html lang="{self.lang}"><head>{head}</head><body><main>{"".join(parts)}</main></body></html>'
        return _written(page, path)

    def to_excel(self, path: str | Path) -> None:
        """A workbook: the statements on the first sheet, each table on a sheet of its own. Texts are never formulas."""
        try:
            import xlsxwriter
        except ImportError as error:
            raise MissingExtraError(say("workbook.extra")) from error
        book = xlsxwriter.Workbook(
            str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        )
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        amount = book.add_format({"num_format": "#,##0.####"})
        cover = book.add_worksheet(say("disclosure.statements", self.lang)[:31])
        cover.set_column(0, 0, 34)
        cover.set_column(1, 1, 110)
        cover.write_string(0, 0, self.title, bold)
        line = 1
        for section in self.sections:
            for paragraph in section.paragraphs:
                cover.write_string(line, 0, section.title, wrap)
                cover.write_string(line, 1, paragraph, wrap)
                line += 1
        for index, (title, frame) in enumerate(self.tables.items(), start=1):
            sheet = book.add_worksheet(_sheet_name(index, title))
            sheet.freeze_panes(1, 0)
            for column, name in enumerate(frame.columns):
                sheet.set_column(column, column, 16 if frame[name].dtype.kind in "fiu" else 34)
                sheet.write_string(0, column, str(name), bold)
                for row, value in enumerate(frame[name].tolist(), start=1):
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        if value == value:
                            sheet.write_number(row, column, value, amount)
                    elif value is not None:
                        sheet.write_string(row, column, str(value), wrap)
        book.close()

    def _repr_html_(self) -> str:
        return self.to_html()


def cell_text(value: Any) -> str:
    """A cell for people: numbers grouped to six digits, empty where there is none."""
    if value is None or value != value:
        return ""
    if isinstance(value, float):
        return number(value, 6)
    return str(value)


def _plain(text: str) -> str:
    """A text that Markdown leaves as it is."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("\n", " ")


def _markdown_table(frame: pd.DataFrame) -> str:
    rows = [[_plain(cell_text(cell)) for cell in row] for row in frame.itertuples(index=False)]
    rule = ["---:" if frame[name].dtype.kind in "fiu" else "---" for name in frame.columns]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [[_plain(str(c)) for c in frame.columns], rule, *rows])


def _sheet_name(index: int, title: str) -> str:
    """A name Excel accepts, unique by its number."""
    clean = "".join(" " if letter in "[]:*?/\\" else letter for letter in title)
    return f"{index} {clean}"[:31]


def _written(text: str, path: str | Path | None) -> str:
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text
