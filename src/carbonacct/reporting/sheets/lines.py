"""Lines on a sheet. A card shows one line, a symbol a row with all that is known about it; a table shows lines of one
kind and all sub-lines, a line a row, below a list of what its columns mean.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from carbonacct.engine.plan import Entry
from carbonacct.engine.trace import Explanation
from carbonacct.expressions import to_text
from carbonacct.messages import say
from carbonacct.reporting.explanation import title_text
from carbonacct.reporting.sheets.book import Page
from carbonacct.reporting.sheets.cells import Cells
from carbonacct.reporting.sheets.steps import line_name, used_symbols

MANY = 12  # where there are more lines than this, those that are alike are shown as a table,
ALIKE = 3  # if there are more than this of one kind
SYMBOL, TITLE, VALUE, UNIT, ORIGIN, EQUATION, EVIDENCE, FORMULA, FORMULA_END, SOURCE, NOTE = 0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12
HEADS = {SYMBOL: "symbol", TITLE: "title", VALUE: "value", UNIT: "unit", ORIGIN: "origin", EQUATION: "equation",
         EVIDENCE: "evidence", FORMULA: "formula", SOURCE: "source", NOTE: "note"}  # fmt: skip
WIDTHS = (17, 34, 17, 14, 20, *[14] * 6, 20, 66, *[14] * 60)


class LineWriter:
    """Writes lines from a row downwards; ``row`` is the next free one."""

    def __init__(self, page: Page, cells: Cells, row: int) -> None:
        self.page = page
        self.cells = cells
        self.lang = cells.lang
        self.row = row

    def write(self, entries: list[Entry], title: str, path: str) -> None:
        """The lines of a stream, as cards or tables."""
        for kind in alike(entries) if len(entries) > MANY else [[entry] for entry in entries]:
            if len(kind) > ALIKE:
                self.table(kind, title, path)
            else:
                for entry in kind:
                    self.card(entry, title)

    # cards -----------------------------------------------------------------------------------------------------

    def card(self, entry: Entry, title: str) -> None:
        """One line: a row for each symbol, then its sub-lines."""
        self.heading(line_name(entry, self.lang) or title, entry.place)
        for name in used_symbols(entry):
            step = self.cells.steps.step(entry, name)
            self.describe(step, step.unit)
            self.cells.put(self.page, self.row, VALUE, entry, step)
            self.row += 1
        self.row += 1
        for key, subs in entry.groups.items():
            self.table(subs, title_text(entry.group.group.groups[key].title, self.lang), f"{entry.place}.{key}")

    def heading(self, title: str, path: str) -> None:
        self.page.texts(self.row, 0, [title, *[""] * NOTE], "line")
        self.page.text(self.row, FORMULA, path, "path")
        for column, key in HEADS.items():
            end = FORMULA_END if column == FORMULA else None
            self.page.text(self.row + 1, column, say(f"column.{key}"), "head", end)
        self.row += 2

    def describe(self, step: Explanation, unit: str) -> None:
        """What is known about a symbol beside its value."""
        page, row, provenance = self.page, self.row, step.provenance
        page.text(row, SYMBOL, step.name, "symbol")
        page.text(row, TITLE, title_text(step.title, self.lang))
        page.text(row, VALUE, "", "muted")
        page.text(row, UNIT, "" if unit == "1" else unit, "muted")
        page.text(row, ORIGIN, origin(step, self.lang))
        page.text(row, EQUATION, provenance.equation if provenance else "")
        page.grade(row, EVIDENCE, provenance.evidence if provenance else None)
        page.text(row, FORMULA, formula_text(step, self.lang), "code", FORMULA_END)
        page.text(row, SOURCE, self.cells.factors.sources.mark(provenance.sources) if provenance else "", "muted")
        page.text(row, NOTE, provenance.note if provenance else "", "muted")

    # tables ----------------------------------------------------------------------------------------------------

    def table(self, entries: list[Entry], title: str, path: str, nested: bool = False) -> None:
        """Lines of one group, one a row; below them a table for each kind of their sub-lines."""
        group = entries[0].group.group
        steps = [{name: self.cells.steps.step(entry, name) for name in used_symbols(entry)} for entry in entries]
        by_symbol = {name: [found[name] for found in steps if name in found] for name in group.symbols}
        by_symbol = {name: found for name, found in by_symbol.items() if found}
        self.heading(title, path)
        for found in by_symbol.values():
            self.legend(found)
        columns = self.columns(by_symbol)
        for entry, own in zip(entries, steps, strict=True):
            self.page.text(self.row, 0, short_place(entry.place, nested), "muted")
            self.page.text(self.row, 1, line_name(entry, self.lang))
            for name, (column, unit_column) in columns.items():
                if name in own:
                    self.cells.put(self.page, self.row, column, entry, own[name])
                else:
                    self.page.text(self.row, column, "", "muted")
                if unit_column is not None:
                    self.page.text(self.row, unit_column, plain(own[name].unit) if name in own else "", "muted")
            self.row += 1
        self.row += 1
        for key, sub in group.groups.items():
            inner = [child for entry in entries for child in entry.groups.get(key, ())]
            if inner:
                self.table(inner, title_text(sub.title, self.lang), f"{path}[…].{key}", nested=True)

    def legend(self, found: list[Explanation]) -> None:
        """What a column means: a row for each way in which its values were obtained."""
        ways: dict[tuple[str, str | None, str | None], list[Explanation]] = {}
        for step in found:
            ways.setdefault((step.kind, step.way, step.table), []).append(step)
        for (kind, _, _), steps in ways.items():
            units = dict.fromkeys(step.unit for step in steps if step.unit != "1")
            step = steps[0]
            if kind == "table" and len({str(other.row) for other in steps}) > 1:
                step.row = step.provenance = None  # each row of the table has its own: see the sheet of factors
            self.describe(step, " | ".join(units))
            self.row += 1

    def columns(self, by_symbol: dict[str, list[Explanation]]) -> dict[str, tuple[int, int | None]]:
        """Write the head of a table. Gives the column of each symbol, and that of its unit where it differs by line."""
        free = free_columns()
        columns: dict[str, tuple[int, int | None]] = {}
        self.page.texts(self.row, 0, [say("column.line"), say("column.title")], "subhead")
        for name, found in by_symbol.items():
            units = {plain(step.unit) for step in found}
            column = next(free)
            columns[name] = column, None if len(units) == 1 else next(free)
            self.page.text(self.row, column, f"{name}\n{units.pop()}".strip() if len(units) == 1 else name, "subhead")
            if (beside := columns[name][1]) is not None:
                self.page.text(self.row, beside, say("column.unit"), "subhead")
        self.row += 1
        return columns


def alike(entries: Iterable[Entry]) -> Collection[list[Entry]]:
    """The lines by the symbols that take part, so that a table has no more columns than it needs."""
    kinds: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        kinds.setdefault(tuple(used_symbols(entry)), []).append(entry)
    return kinds.values()


def free_columns() -> Iterator[int]:
    """The columns for values; the wide one of the notes is left out."""
    return (column for column in range(VALUE, len(WIDTHS)) if column != NOTE)


def plain(unit: str) -> str:
    return "" if unit == "1" else unit


def short_place(place: str, nested: bool) -> str:
    """The running number of a line, of nested ones with that of the line above."""
    numbers = [part.split("]")[0] for part in place.split("[")[1:]]
    return "".join(f"[{number}]" for number in numbers[-2 if nested else -1 :])


def origin(step: Explanation, lang: str) -> str:
    """How a value was obtained, in a word."""
    kind = ("given" if step.way == "given" else "default") if step.kind == "choice" else step.kind
    way = title_text(step.way_title, lang)
    return say(f"kind.{kind}") + (f"\n{way}" if way else "")


def formula_text(step: Explanation, lang: str) -> str:
    """The formula as the methodology writes it and as the text prints it; of a table value its place."""
    if step.table:
        return f"{step.table} [{title_text(step.row, lang) or say('workbook.see_factors')}]"
    if step.formula is None:
        return ""
    text = f"{step.name} = {to_text(step.formula)}"
    return text if step.printed is None else f"{text}\n{say('explain.printed')}: {to_text(step.printed)}"
