"""The audit workbook: the whole calculation of one entity as an Excel file whose formulas are live.

The sheets: a summary, one for each emission source with lines, the factors, the interpolated tables, the assumptions,
the audit list. The formulas are rendered from the trees that the engine ran; each is stored with the value that the
engine computed, so that viewers without a calculation engine show right numbers too.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from carbonacct import __version__
from carbonacct.engine.plan import Entry
from carbonacct.messages import speaking
from carbonacct.reporting.sheets.book import Book, Ref
from carbonacct.reporting.sheets.cells import Cells
from carbonacct.reporting.sheets.factors import Factors
from carbonacct.reporting.sheets.grids import Grids
from carbonacct.reporting.sheets.lists import assumptions, audit
from carbonacct.reporting.sheets.sources import Sources
from carbonacct.reporting.sheets.steps import Steps
from carbonacct.reporting.sheets.streams import Amount, StreamSheet
from carbonacct.reporting.sheets.summary import Summary

if TYPE_CHECKING:
    from carbonacct.engine.result import Result


def write_workbook(result: Result, path: Path, lang: str | None = None) -> None:
    """Write the audit workbook of a result. Raises MissingExtraError where XlsxWriter is not installed."""
    with speaking(lang) as chosen:
        content = _content(result, chosen)
    path.write_bytes(content)


def _content(result: Result, lang: str) -> bytes:
    book = Book(lang, f"{result.methodology.id} {result.methodology.version} · carbonacct {__version__}")
    sources = Sources()
    factors, grids = Factors(result.compiled, sources, lang), Grids(result.compiled.tables, lang)
    cells = Cells(Steps(result), factors, grids, lang)
    summary = Summary(book, result, factors, lang)
    amounts: dict[str, list[Amount]] = {}
    sheets: dict[str, str] = {}
    for stream in result.compiled.streams:
        if result.entries.get(stream):
            sheet = StreamSheet(book, result, cells, stream)
            amounts[stream], sheets[stream] = sheet.lay_out(), sheet.page.name
    summary.lay_out(amounts, sheets)
    factors.lay_out(book, summary.amounts_of)
    grids.lay_out(book)
    assumptions(book, result)
    audit(book, result, places(result, cells), sources, lang)
    sources.lay_out(book, result)
    return book.finish()


def places(result: Result, cells: Cells) -> dict[tuple[str, str], Ref]:
    """The cells by the place and symbol under which the audit list knows them; constants under ``constant``."""
    found = {("constant", key[1]): ref for key, ref in cells.factors.refs.items() if key[0] == "constant"}

    def visit(entry: Entry, place: str) -> None:
        for name in entry.group.group.symbols:
            if ref := cells.refs.get((id(entry), name)):
                found[(place, name)] = ref
        for group, subs in entry.groups.items():
            for number, sub in enumerate(subs):
                visit(sub, f"{place}.{group}[{number}]")

    for stream, entries in result.entries.items():
        alone = len(entries) == 1 and result.compiled.streams[stream].item is None
        for entry in entries:
            visit(entry, stream if alone else entry.place)
    return found
