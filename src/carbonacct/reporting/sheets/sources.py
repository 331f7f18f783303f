"""The list of sources, numbered in the order in which the other sheets name them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from carbonacct.messages import say
from carbonacct.reporting.sheets.book import Book, Page
from carbonacct.schema import files, models, paths, tables

if TYPE_CHECKING:
    from carbonacct.engine.result import Result
    from carbonacct.schema.models import Source

WIDTHS = (7, 90, 20, 70)


class Sources:
    """Gives each source a number when it is first named."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def mark(self, titles: Iterable[str]) -> str:
        """The numbers of sources, as they stand beside a value."""
        return " ".join(f"[{self.numbers.setdefault(title, len(self.numbers) + 1)}]" for title in titles)

    def lay_out(self, book: Book, result: Result) -> None:
        page = Page(book, say("workbook.references"), WIDTHS)
        page.texts(0, 0, ["", say("column.source"), say("column.kind"), "URL"], "head")
        page.sheet.freeze_panes(1, 0)
        page.sheet.repeat_rows(0)
        known = known_sources(result)
        for row, (title, number) in enumerate(self.numbers.items(), 1):
            source = known.get(title)
            page.text(row, 0, f"[{number}]", "symbol")
            page.text(row, 1, title)
            page.text(row, 2, say(f"source.{source.kind}") if source else "", "muted")
            page.text(row, 3, source.url if source else "", "muted")


def known_sources(result: Result) -> dict[str, Source]:
    """The sources that the methodology and its tables describe, by title."""
    found: dict[str, Source] = {}
    for described in (
        result.methodology.model.sources,
        *(table.sources for table in result.compiled.tables.values()),
        tables.load("gwp/ipcc").sources,
        files.read(paths.find("factors", "constants"), models.Constants)[0].sources,
    ):
        found.update({str(source.title): source for source in described.values()})
    return found
