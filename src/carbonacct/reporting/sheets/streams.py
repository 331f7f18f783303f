"""The sheet of an emission source: its result, what each line gives, and the lines themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from carbonacct.engine.compile import gas_name
from carbonacct.engine.result import line_outputs, to_tonnes
from carbonacct.expressions.excel import scaled
from carbonacct.messages import say
from carbonacct.reporting.explanation import title_text
from carbonacct.reporting.sheets.book import Book, Page, Ref, span
from carbonacct.reporting.sheets.cells import Cells
from carbonacct.reporting.sheets.lines import WIDTHS, LineWriter
from carbonacct.reporting.sheets.steps import line_name

if TYPE_CHECKING:
    from carbonacct.engine.result import Result

TOP = 3
LINE, NAME, AMOUNT, UNIT, GAS, TONNES = range(6)
Area = tuple[Ref, Ref]


@dataclass(frozen=True)
class Amount:
    """What a stream gives of one output or gas: in which cell, in which unit, how many tonnes one of the unit is."""

    gas: str
    ref: Ref
    unit: str
    tonnes: Fraction
    value: float


class StreamSheet:
    """One emission source that has lines."""

    def __init__(self, book: Book, result: Result, cells: Cells, stream: str) -> None:
        self.cells = cells
        self.result = result
        self.stream = stream
        self.group = result.compiled.streams[stream]
        self.entries = result.entries[stream]
        self.title = title_text(self.group.title, cells.lang)
        self.page = Page(book, self.title, WIDTHS)

    def lay_out(self) -> list[Amount]:
        """Write the sheet; gives its amounts."""
        page, outputs = self.page, self.group.outputs
        page.text(0, 0, self.title, "title")
        page.text(1, 0, f"{self.stream} · {say('scope.' + self.group.scope)}", "subtitle")
        page.sheet.freeze_panes(2, 2)
        page.sheet.repeat_rows(0, 1)
        gases = self.gases()
        listed = len(self.entries) > 1 or any(own_gas(name) for name in outputs)
        lists_top = TOP + 3 + sum(not own_gas(name) for name in outputs) + len(gases)
        writer = LineWriter(page, self.cells, lists_top + (len(self.entries) + 3) * len(outputs) * listed)
        writer.write(self.entries, self.title, self.stream)
        return self.results(self.lists(lists_top) if listed else {}, gases)

    # the result ------------------------------------------------------------------------------------------------

    def gases(self) -> dict[str, float]:
        """Tonnes of each gas of which the lines give what they are about."""
        found: dict[str, float] = {}
        for entry in self.entries:
            for (gas, value, unit), name in zip(line_outputs(self.group, entry), self.group.outputs, strict=True):
                if own_gas(name):
                    found[gas] = found.get(gas, 0.0) + value * to_tonnes(unit, gas)
        return found

    def results(self, lists: dict[str, Area], gases: dict[str, float]) -> list[Amount]:
        page = self.page
        page.texts(TOP, 0, [say("workbook.result"), *[""] * 3], "section")
        page.texts(TOP + 1, 0, [say(f"column.{key}") for key in ("symbol", "title", "value", "unit")], "head")
        found: list[Amount] = []
        for name in self.group.outputs:
            if not own_gas(name):
                symbol = self.group.symbols[name]
                title, unit = title_text(symbol.title, self.cells.lang), symbol.unit.text
                value = float(self.result.output(self.stream, name))
                found.append(self.amount(len(found), name, title, unit, value, self.sum_of(name, lists)))
        for gas, value in gases.items():
            write = self.sum_of_gas(len(found), [lists[name] for name in self.group.outputs if own_gas(name)])
            found.append(self.amount(len(found), gas, self.title, f"t{gas_name(gas)}", value, write))
        return found

    def amount(
        self, number: int, gas: str, title: str, unit: str, value: float, write: Callable[[str], str]
    ) -> Amount:  # fmt: skip
        row = TOP + 2 + number
        self.page.text(row, 0, gas, "symbol")
        self.page.text(row, 1, title)
        ref = self.page.formula(row, 2, write, value, "big")
        self.page.text(row, 3, unit, "muted")
        return Amount(gas, ref, unit, tonnes_in(unit, gas), value)

    def sum_of(self, name: str, lists: dict[str, Area]) -> Callable[[str], str]:
        """An output over all lines."""
        if name in lists:
            return lambda sheet: f"SUM({span(*lists[name], sheet)})"
        return self.cells.refs[(id(self.entries[0]), name)].seen_from

    def sum_of_gas(self, number: int, lists: list[Area]) -> Callable[[str], str]:
        """Tonnes of the gas named at the head of its row, from the lists of the lines."""

        def column(area: Area, number: int, sheet: str) -> str:
            return span(replace(area[0], column=number), replace(area[1], column=number), sheet)

        def write(sheet: str) -> str:
            gas = self.page.ref(TOP + 2 + number, 0).seen_from(sheet)
            parts = (f"SUMPRODUCT(({column(a, GAS, sheet)}={gas})*{column(a, TONNES, sheet)})" for a in lists)
            return "+".join(parts)

        return write

    # what each line gives --------------------------------------------------------------------------------------

    def lists(self, row: int) -> dict[str, Area]:
        """A list for each output: the lines and what each gives; where that is the line's own gas, also the tonnes."""
        found = {}
        for position, name in enumerate(self.group.outputs):
            own = own_gas(name)
            heading = f"{say('workbook.lines')}: {title_text(self.group.symbols[name].title, self.cells.lang)}"
            self.page.texts(row, 0, [heading, *[""] * (TONNES if own else UNIT)], "section")
            keys = ("line", "title", "value", "unit", *(("gas", "tonnes") if own else ()))
            self.page.texts(row + 1, 0, [say(f"column.{key}") for key in keys], "subhead")
            row += 2
            for number in range(len(self.entries)):
                self.list_line(row + number, number, position, name)
            found[name] = self.page.ref(row, AMOUNT), self.page.ref(row + len(self.entries) - 1, AMOUNT)
            row += len(self.entries) + 1
        return found

    def list_line(self, row: int, number: int, position: int, name: str) -> None:
        page, entry = self.page, self.entries[number]
        gas, value, unit = line_outputs(self.group, entry)[position]
        page.text(row, LINE, f"[{number}]", "muted")
        page.text(row, NAME, line_name(entry, self.cells.lang) or self.title)
        here = page.formula(row, AMOUNT, self.cells.refs[(id(entry), name)].seen_from, value)
        page.text(row, UNIT, unit, "muted")
        if own_gas(name):
            page.text(row, GAS, gas)
            tonnes = tonnes_in(unit, gas)
            page.formula(row, TONNES, lambda sheet: scaled(here.seen_from(sheet), tonnes), value * float(tonnes))


def own_gas(output: str) -> bool:
    """Whether an output is the gas that the line is about."""
    return "{" in output


def tonnes_in(unit: str, gas: str) -> Fraction:
    """Tonnes in one of a unit of a gas."""
    return Fraction(repr(to_tonnes(unit, gas)))
