"""The sheet of factors: every table cell, default and constant that the result rests on, each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from carbonacct.engine.compile import Compiled, Group, Provenance, Route, Symbol
from carbonacct.expressions.render import number_text
from carbonacct.messages import say
from carbonacct.reporting.explanation import title_text
from carbonacct.reporting.sheets.book import Book, Page, Ref, number_format
from carbonacct.reporting.sheets.sources import Sources
from carbonacct.schema.tables import Row, Table

Key = tuple[str, ...]
COLUMNS = ("table", "row", "column", "value", "unit", "evidence", "source", "note")
WIDTHS = (28, 34, 40, 16, 17, 14, 20, 70)


@dataclass(frozen=True)
class Factor:
    """One value: where it stands, what it is, how well it is known."""

    place: str
    item: str
    title: str
    value: float | None
    formula: str | None
    unit: str
    provenance: Provenance


class Factors:
    """What was asked for while the other sheets were laid out; gets its cells in :meth:`lay_out`."""

    def __init__(self, compiled: Compiled, sources: Sources, lang: str) -> None:
        self.compiled = compiled
        self.sources = sources
        self.lang = lang
        self.sections: dict[str, dict[Key, Factor]] = {"cells": {}, "defaults": {}, "constants": {}, "gwp": {}}
        self.refs: dict[Key, Ref] = {}

    def cell(self, table: Table, row: Row, column: str) -> Key:
        """A cell of a factor table, in the table's unit."""
        key = ("cell", table.id, row.key, column)
        cell = row.cells[column]
        provenance = Provenance(cell.evidence, tuple(table.source_titles(cell.sources)), cell.note or row.note)
        year = f" {row.keys['year']}" if "year" in row.keys else ""
        title = f"{column}  {title_text(table.columns[column].title, self.lang)}"
        unit = table.column_unit(column, row).text
        place = f"{table.id}\n{say('workbook.table', number=table.number)}" if table.number else table.id
        factor = Factor(place, row.title(self.lang) + year, title, cell.value, None, unit, provenance)
        self.sections["cells"].setdefault(key, factor)
        return key

    def default(self, group: Group, symbol: Symbol, index: int, route: Route, unit: str) -> Key:
        """A default that stands in the methodology itself."""
        key = ("default", group.path, symbol.name, str(index), unit)
        title = f"{symbol.name}  {title_text(symbol.title, self.lang)}"
        factor = Factor(group.path, title_text(group.title, self.lang), title, route.value, None, unit, route.provenance)
        self.sections["defaults"].setdefault(key, factor)
        return key

    def constant(self, name: str) -> Key:
        """A named constant or a global warming potential."""
        key = ("constant", name)
        constant = self.compiled.constants[name]
        value = constant.value
        formula = number_text(value) if value is not None and "/" in number_text(value) else None
        title = title_text(constant.title, self.lang)
        number = None if value is None else float(value)
        section = "gwp" if name.startswith("GWP_") else "constants"
        self.sections[section].setdefault(key, Factor(name, "", title, number, formula, constant.unit.text, constant.provenance))
        return key

    def seen_from(self, key: Key, sheet: str) -> str:
        """The cell of a value, once all have got theirs."""
        return self.refs[key].seen_from(sheet)

    def lay_out(self, book: Book, amounts: Callable[[str, str], str]) -> None:
        """Give every value its cell. ``amounts(gas, sheet)``: the cells with the amounts of a gas, as SUM takes them."""
        page = Page(book, say("workbook.factors"), WIDTHS)
        page.texts(0, 0, [say(f"column.{column}") for column in COLUMNS], "head")
        page.sheet.freeze_panes(1, 0)
        page.sheet.repeat_rows(0)
        row = 1
        for section, factors in self.sections.items():
            if not factors:
                continue
            words = {"sets": ", ".join(self.compiled.gwp)} if section == "gwp" else {}
            page.texts(row, 0, [say(f"workbook.{section}", None, **words), *[""] * (len(COLUMNS) - 1)], "section")
            for key, factor in factors.items():
                row += 1
                self.put(page, row, key, factor, amounts)
            row += 2

    def put(self, page: Page, row: int, key: Key, factor: Factor, amounts: Callable[[str, str], str]) -> None:
        page.texts(row, 0, (factor.place, factor.item, factor.title))
        value, formula = factor.value, factor.formula
        if value is None:
            # a gas without a figure in the chosen set counts for nothing only as long as there is none of it
            gas = factor.place.removeprefix("GWP_")
            ref = page.formula(row, 3, lambda sheet: f"IF(SUM({amounts(gas, sheet) or '0'})=0,0,NA())", 0.0, "factor")
        elif formula is not None:
            ref = page.formula(row, 3, lambda _: formula, value, "factor", number_format(value))
        else:
            ref = page.number(row, 3, value, "factor")
        self.refs[key] = ref
        provenance = factor.provenance
        page.text(row, 4, "" if factor.unit == "1" else factor.unit, "muted")
        page.grade(row, 5, provenance.evidence)
        page.text(row, 6, self.sources.mark(provenance.sources), "muted")
        note = say("workbook.no_gwp") if factor.value is None else provenance.note
        page.text(row, 7, note, "muted")
