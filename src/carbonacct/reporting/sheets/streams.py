"""The sheet of an emission source: its result, then its lines with every symbol in a cell of its own.

A few lines are shown as cards, one symbol a row with all that is known about it. Many lines, and all sub-lines, are
shown as a table, one line a row, below a list of what its columns mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from carbonacct.engine.compile import Route, Symbol, gas_name
from carbonacct.engine.inputs import concrete_unit
from carbonacct.engine.plan import Entry
from carbonacct.engine.result import line_outputs, to_tonnes
from carbonacct.engine.trace import Explanation
from carbonacct.expressions import to_text
from carbonacct.expressions.excel import Lines, to_excel
from carbonacct.expressions.render import Label, number_text
from carbonacct.expressions.tree import Interpolate, Name, Node, Num, walk
from carbonacct.messages import say
from carbonacct.reporting.explanation import title_text
from carbonacct.reporting.sheets.book import Book, Page, Ref, ranges, span
from carbonacct.reporting.sheets.factors import Factors
from carbonacct.reporting.sheets.grids import Grids
from carbonacct.reporting.sheets.steps import Steps, line_name, used_symbols

if TYPE_CHECKING:
    from carbonacct.engine.result import Result

CARDS = 12  # more lines than this are shown as a table
WIDTHS = (17, 34, 17, 14, 20, *[14] * 6, 20, 66, *[14] * 60)
SYMBOL, TITLE, VALUE, UNIT, ORIGIN, EQUATION, EVIDENCE, FORMULA, FORMULA_END, SOURCE, NOTE = 0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12
HEADS = ("symbol", "title", "value", "unit", "origin", "equation", "evidence", "formula", "", "", "", "source", "note")


@dataclass(frozen=True)
class Amount:
    """What a stream gives of one output or gas: in which cell, in which unit, how many tonnes one of the unit is."""

    gas: str
    title: str
    ref: Ref
    unit: str
    tonnes: Fraction
    value: float


class Cells:
    """Where every symbol of every line stands, and the formulas over those cells."""

    def __init__(self, steps: Steps, factors: Factors, grids: Grids) -> None:
        self.steps = steps
        self.factors = factors
        self.grids = grids
        self.refs: dict[tuple[int, str], Ref] = {}

    def note(self, node: Node) -> None:
        """Ask for the constants and grid tables that a formula needs."""
        for part in walk(node):
            if isinstance(part, Interpolate):
                self.grids.note(part)
            elif isinstance(part, Name) and part.base is None and part.name in self.factors.compiled.constants:
                self.factors.constant(part.name)

    def label(self, entry: Entry, sheet: str) -> Label:
        """The cells of a line's symbols and of the constants, as formulas on ``sheet`` write them."""

        def label(name: Name) -> str:
            if name.name in entry.group.group.symbols:
                return self.refs[(id(entry), name.name)].seen_from(sheet)
            return self.factors.refs[("constant", name.name)].seen_from(sheet)

        return label

    def lines(self, entry: Entry, sheet: str) -> Callable[[str], Lines]:
        """The cells of a line's sub-lines."""

        def lines(group: str) -> Lines:
            subs = entry.groups[group]
            return Lines(
                lambda name: span(self.refs[(id(subs[0]), name.name)], self.refs[(id(subs[-1]), name.name)], sheet),
                [self.label(sub, sheet) for sub in subs],
            )

        return lines

    def formula(self, entry: Entry, node: Node) -> Callable[[str], str]:
        """The formula of a node on a line, for :meth:`Page.formula`."""

        def write(sheet: str) -> str:
            return to_excel(
                node, self.label(entry, sheet), self.lines(entry, sheet), lambda n, _: self.look_up(entry, n).seen_from(sheet)
            )

        return write

    def look_up(self, entry: Entry, node: Interpolate) -> Ref:
        arguments = [self.formula(entry, argument) for argument in node.args]
        values = [float(self.steps.evaluate(entry, argument)) for argument in node.args]
        return self.grids.look_up(node, entry.place, arguments, values)


class StreamSheet:
    """One emission source that has lines."""

    def __init__(self, book: Book, result: Result, cells: Cells, stream: str, lang: str) -> None:
        self.cells = cells
        self.result = result
        self.lang = lang
        self.stream = stream
        self.group = result.compiled.streams[stream]
        self.entries = result.entries[stream]
        self.page = Page(book, title_text(self.group.title, lang), WIDTHS)
        self.row = 0

    def lay_out(self) -> list[Amount]:
        """Write the sheet; gives its amounts."""
        page, outputs = self.page, self.group.outputs
        page.text(0, 0, title_text(self.group.title, self.lang), "title")
        page.text(1, 0, f"{self.stream} · {say('scope.' + self.group.scope)}", "subtitle")
        page.sheet.freeze_panes(2, 2)
        page.sheet.repeat_rows(0, 1)
        gases = self.gases()
        listed = any(own_gas(name) for name in outputs) or 1 < len(self.entries) <= CARDS
        top = 3
        lists_top = top + 3 + sum(not own_gas(name) for name in outputs) + len(gases)
        self.row = lists_top + (len(self.entries) + 3) * len(outputs) * listed
        if len(self.entries) > CARDS:
            self.table(self.entries, say("workbook.lines"), self.stream, nested=False)
        else:
            for entry in self.entries:
                self.card(entry)
        page.sheet.ignore_errors({"number_stored_as_text": f"A1:B{self.row + 1}"})
        return self.result_block(top, self.lists(lists_top) if listed else {}, gases)

    # the result ------------------------------------------------------------------------------------------------

    def gases(self) -> dict[str, float]:
        """Tonnes of each gas that the lines' own gases amount to."""
        found: dict[str, float] = {}
        for entry in self.entries:
            for (gas, value, unit), name in zip(line_outputs(self.group, entry), self.group.outputs, strict=True):
                if own_gas(name):
                    found[gas] = found.get(gas, 0.0) + value * to_tonnes(unit, gas)
        return found

    def result_block(self, row: int, lists: Mapping[str, tuple[Ref, Ref]], gases: Mapping[str, float]) -> list[Amount]:
        page = self.page
        page.texts(row, 0, [say("workbook.result"), *[""] * 3], "section")
        page.texts(row + 1, 0, [say(f"column.{key}") for key in ("symbol", "title", "value", "unit")], "head")
        row += 2
        amounts = []
        for name in self.group.outputs:
            if not own_gas(name):
                symbol = self.group.symbols[name]
                value = float(self.result.output(self.stream, name))
                amounts.append(self.amount(row, name, symbol, value, self.output_sum(name, lists)))
                row += 1
        for gas, tonnes in gases.items():
            title = title_text(self.group.title, self.lang)
            write = self.gas_sum(row, [lists[name] for name in self.group.outputs if own_gas(name)])
            page.text(row, 0, gas, "symbol")
            ref = page.formula(row, 2, write, tonnes, "big")
            page.texts(row, 1, [title])
            page.text(row, 3, f"t{gas_name(gas)}", "muted")
            amounts.append(Amount(gas, title, ref, f"t{gas_name(gas)}", Fraction(1), tonnes))
            row += 1
        return amounts

    def amount(self, row: int, name: str, symbol: Symbol, value: float, write: Callable[[str], str]) -> Amount:
        page, title = self.page, title_text(symbol.title, self.lang)
        page.text(row, 0, name, "symbol")
        page.text(row, 1, title)
        ref = page.formula(row, 2, write, value, "big")
        page.text(row, 3, symbol.unit.text, "muted")
        return Amount(
            name, title, ref, symbol.unit.text, Fraction(to_tonnes(symbol.unit.text, name)).limit_denominator(10**9), value
        )

    def output_sum(self, name: str, lists: Mapping[str, tuple[Ref, Ref]]) -> Callable[[str], str]:
        """The sum of an output over the lines."""
        if name in lists:
            return lambda sheet: f"SUM({span(*lists[name], sheet)})"
        refs = [self.cells.refs[(id(entry), name)] for entry in self.entries]
        if len(refs) == 1:
            return lambda sheet: refs[0].seen_from(sheet)
        return lambda sheet: f"SUM({ranges(refs, sheet)})"

    def gas_sum(self, row: int, lists: list[tuple[Ref, Ref]]) -> Callable[[str], str]:
        """Tonnes of the gas named at the head of the row, from the lists of the lines."""

        def write(sheet: str) -> str:
            parts = []
            for first, last in lists:
                named, tonnes = (
                    span(Ref(r.sheet, r.row, c), Ref(l.sheet, l.row, c), sheet)
                    for r, l, c in ((first, last, 4), (first, last, 5))
                )
                parts.append(f"SUMPRODUCT(({named}={self.page.ref(row, 0).seen_from(sheet)})*{tonnes})")
            return "+".join(parts)

        return write

    def lists(self, row: int) -> dict[str, tuple[Ref, Ref]]:
        """One list for each output: the lines, what each gives, for lines' own gases also the tonnes."""
        page, found = self.page, {}
        for position, name in enumerate(self.group.outputs):
            own = own_gas(name)
            symbol = self.group.symbols[name]
            heading = f"{say('workbook.lines')}: {title_text(symbol.title, self.lang)}"
            page.texts(row, 0, [heading, *[""] * (5 if own else 3)], "section")
            keys = ("line", "title", "value", "unit", *(("gas", "tonnes") if own else ()))
            page.texts(row + 1, 0, [say(f"column.{key}") for key in keys], "subhead")
            for number, entry in enumerate(self.entries):
                at = row + 2 + number
                gas, value, unit = line_outputs(self.group, entry)[position]
                page.text(at, 0, f"[{number}]", "muted")
                page.text(at, 1, line_name(entry, self.lang) or title_text(self.group.title, self.lang))
                ref = self.cells.refs[(id(entry), name)]
                page.formula(at, 2, lambda sheet, ref=ref: ref.seen_from(sheet), value)  # type: ignore[misc]
                page.text(at, 3, unit, "muted")
                if own:
                    page.text(at, 4, gas)
                    factor = number_text(Fraction(to_tonnes(unit, gas)).limit_denominator(10**9))
                    here = page.ref(at, 2)
                    page.formula(
                        at,
                        5,
                        lambda sheet, here=here, factor=factor: here.seen_from(sheet) + ("" if factor == "1" else f"*{factor}"),  # type: ignore[misc]
                        value * to_tonnes(unit, gas),
                    )
            found[name] = (page.ref(row + 2, 2), page.ref(row + 1 + len(self.entries), 2))
            row += len(self.entries) + 3
        return found

    # lines -----------------------------------------------------------------------------------------------------

    def card(self, entry: Entry) -> None:
        """One line: a row for each symbol, then its sub-lines."""
        page = self.page
        name = line_name(entry, self.lang) or title_text(self.group.title, self.lang)
        page.texts(self.row, 0, [name, *[""] * NOTE], "line")
        page.text(self.row, FORMULA, entry.place, "path")
        self.heads(self.row + 1)
        self.row += 2
        for symbol in used_symbols(entry):
            step = self.cells.steps.step(entry, symbol)
            self.describe(self.row, step, step.unit)
            self.value(entry, symbol, step, self.row, VALUE)
            self.row += 1
        self.row += 1
        for key, subs in entry.groups.items():
            group = entry.group.group.groups[key]
            self.table(subs, title_text(group.title, self.lang), f"{entry.place}.{key}", nested=False)

    def heads(self, row: int) -> None:
        for column, key in enumerate(HEADS):
            if key:
                self.page.text(row, column, say(f"column.{key}"), "head", FORMULA_END if column == FORMULA else None)

    def describe(self, row: int, step: Explanation, unit: str) -> None:
        """What is known about a symbol beside its value: title, unit, way, equation, evidence, formula, source, note."""
        page, provenance = self.page, step.provenance
        page.text(row, SYMBOL, step.name, "symbol")
        page.text(row, TITLE, title_text(step.title, self.lang))
        page.text(row, UNIT, "" if unit == "1" else unit, "muted")
        page.text(row, ORIGIN, origin(step, self.lang))
        page.text(row, EQUATION, provenance.equation if provenance and provenance.equation else "")
        page.grade(row, EVIDENCE, provenance.evidence if provenance else None)
        page.text(row, FORMULA, formula_text(step, self.lang), "code", FORMULA_END)
        page.text(row, SOURCE, self.cells.factors.sources.mark(provenance.sources) if provenance else "", "muted")
        page.text(row, NOTE, provenance.note if provenance and provenance.note else "", "muted")

    def value(self, entry: Entry, name: str, step: Explanation, row: int, column: int) -> None:
        """The cell of a symbol: an input, the option chosen, a link to the factor sheet, or the live formula."""
        page, symbol = self.page, entry.group.group.symbols[name]
        assert entry.program is not None
        if step.kind == "choice":
            page.text(row, column, title_text(step.row, self.lang) or step.value, "choice")
            return
        key = (id(entry), name)
        value = float(entry.results.get(name, step.value if isinstance(step.value, float) else 0.0))
        found = self.cells.steps.route(entry, name)
        if found is None:
            self.cells.refs[key] = page.number(row, column, value, "input" if name in entry.program.used else "idle")
            self.check_input(entry, symbol, row, column)
            return
        index, route = found
        if route.node is None:
            self.cells.refs[key] = page.formula(row, column, self.link(entry, symbol, index, route), value, "factor")
            return
        node = self.cells.steps.node(entry, name)
        self.cells.note(node)
        self.cells.refs[key] = page.formula(
            row, column, self.cells.formula(entry, node), value, "result" if symbol.is_output else "live"
        )

    def link(self, entry: Entry, symbol: Symbol, index: int, route: Route) -> Callable[[str], str]:
        """The cell of the factor sheet, brought to the symbol's unit."""
        factors, group = self.cells.factors, entry.group.group
        unit = concrete_unit(symbol, group.placeholder, entry.item_unit())
        factor = Fraction(1)
        if route.reference is None:
            key = factors.default(group, symbol, index, route, unit.text)
        else:
            table, column = route.reference.table, route.reference.column
            row = self.cells.steps.row(entry, route.reference)
            key = factors.cell(table, row, column)
            factor = table.column_unit(column, row).scale / unit.scale

        def write(sheet: str) -> str:
            place = factors.refs[key].seen_from(sheet)
            return place if factor == 1 else f"{place}*{to_excel(Num(factor), str)}"

        return write

    def check_input(self, entry: Entry, symbol: Symbol, row: int, column: int) -> None:
        """Refuse in Excel what the engine refuses: values outside the symbol's range."""
        limits = []
        for limit in (symbol.low, symbol.high):
            if isinstance(limit, str):
                limit = entry.values.get(limit)
            limits.append(limit)
        low, high = limits
        if low is None and high is None:
            return
        rule = {"validate": "decimal", "error_title": symbol.name[:32]}
        if low is not None and high is not None:
            rule |= {"criteria": "between", "minimum": low, "maximum": high}
        else:
            rule |= {"criteria": ">=" if high is None else "<=", "value": low if high is None else high}
        shown = ("-∞" if low is None else f"{low:g}", "∞" if high is None else f"{high:g}")
        rule["error_message"] = say("workbook.range", low=shown[0], high=shown[1])
        self.page.sheet.data_validation(row, column, row, column, rule)

    # tables ----------------------------------------------------------------------------------------------------

    def table(self, entries: list[Entry], title: str, path: str, nested: bool) -> None:
        """Lines of one group, one a row; below them a table for each kind of their sub-lines."""
        page, group = self.page, entries[0].group.group
        page.texts(self.row, 0, [title, *[""] * NOTE], "line")
        page.text(self.row, FORMULA, path, "path")
        steps = {id(entry): {name: self.cells.steps.step(entry, name) for name in used_symbols(entry)} for entry in entries}
        shown = [name for name in group.symbols if any(name in found for found in steps.values())]
        self.heads(self.row + 1)
        self.row += 2
        for name in shown:
            self.legend(name, [found[name] for found in steps.values() if name in found])
        units = {
            name: {"" if found[name].unit == "1" else found[name].unit for found in steps.values() if name in found}
            for name in shown
        }
        columns: dict[str, int] = {}
        head = [say("column.line"), say("column.title")]
        for name in shown:
            columns[name] = len(head)
            head.append(f"{name}\n{next(iter(units[name]))}" if len(units[name]) == 1 else name)
            if len(units[name]) > 1:
                head.append(say("column.unit"))
        page.texts(self.row, 0, head, "subhead")
        for entry in entries:
            self.row += 1
            page.text(self.row, 0, short_place(entry.place, nested), "muted")
            page.text(self.row, 1, line_name(entry, self.lang))
            for name in shown:
                if name not in steps[id(entry)]:
                    page.text(self.row, columns[name], "", "muted")
                    if len(units[name]) > 1:
                        page.text(self.row, columns[name] + 1, "", "muted")
                    continue
                step = steps[id(entry)][name]
                self.value(entry, name, step, self.row, columns[name])
                if len(units[name]) > 1:
                    page.text(self.row, columns[name] + 1, "" if step.unit == "1" else step.unit, "muted")
        self.row += 2
        for key, sub in group.groups.items():
            inner = [child for entry in entries for child in entry.groups.get(key, ())]
            if inner:
                self.table(inner, title_text(sub.title, self.lang), f"{path}[…].{key}", nested=True)

    def legend(self, name: str, found: list[Explanation]) -> None:
        """What a column means: one row for each way its values were obtained."""
        ways: dict[tuple[str, str | None, str | None], list[Explanation]] = {}
        for step in found:
            ways.setdefault((step.kind, step.way, step.table), []).append(step)
        for steps in ways.values():
            units = dict.fromkeys(step.unit for step in steps if step.unit != "1")
            step = steps[0]
            if len({str(other.row) for other in steps}) > 1:
                step.row, step.provenance = None, None  # each row of the table has its own: see the factor sheet
            self.describe(self.row, step, " | ".join(units))
            self.page.text(self.row, VALUE, "", "muted")
            self.row += 1


def own_gas(output: str) -> bool:
    """Whether an output is the gas that the line is about."""
    return "{" in output


def short_place(place: str, nested: bool) -> str:
    """The running number of a line, of nested ones with that of the line above."""
    numbers = [part.split("]")[0] for part in place.split("[")[1:]]
    return "".join(f"[{number}]" for number in numbers[-2 if nested else -1 :])


def origin(step: Explanation, lang: str) -> str:
    """How a value was obtained, in a word."""
    kind = "given" if step.kind == "choice" and step.way == "given" else "default" if step.kind == "choice" else step.kind
    text = say(f"kind.{kind}")
    way = title_text(step.way_title, lang)
    return f"{text}\n{way}" if way else text


def formula_text(step: Explanation, lang: str) -> str:
    """The formula as the methodology writes it and as the text prints it; of a table value its place."""
    if step.table:
        row = title_text(step.row, lang)
        return f"{step.table} [{row}]" if row else f"{step.table} ({say('workbook.see_factors')})"
    if step.formula is None:
        return ""
    text = f"{step.name} = {to_text(step.formula)}"
    return text if step.printed is None else f"{text}\n{say('explain.printed')}: {to_text(step.printed)}"
