"""Where every symbol of every line stands, and the formulas over those cells."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from carbonacct.engine.compile import Route, Symbol
from carbonacct.engine.inputs import concrete_unit
from carbonacct.engine.plan import Entry
from carbonacct.engine.trace import Explanation
from carbonacct.expressions.excel import Lines, scaled, to_excel
from carbonacct.expressions.render import Label
from carbonacct.expressions.tree import Interpolate, Name, Node, walk
from carbonacct.messages import say
from carbonacct.reporting.explanation import title_text
from carbonacct.reporting.sheets.book import Page, Ref, span
from carbonacct.reporting.sheets.factors import Factors
from carbonacct.reporting.sheets.grids import Grids
from carbonacct.reporting.sheets.steps import NAN, Steps


class Cells:
    """Puts symbols into cells and remembers them by line and symbol."""

    def __init__(self, steps: Steps, factors: Factors, grids: Grids, lang: str) -> None:
        self.steps = steps
        self.factors = factors
        self.grids = grids
        self.lang = lang
        self.refs: dict[tuple[int, str], Ref] = {}

    # putting ---------------------------------------------------------------------------------------------------

    def put(self, page: Page, row: int, column: int, entry: Entry, step: Explanation) -> None:
        """The cell of a symbol: an input, the option chosen, a link to the factor sheet, or the live formula."""
        assert entry.program is not None
        name, symbol = step.name, entry.group.group.symbols[step.name]
        if step.kind == "choice":
            page.text(row, column, title_text(step.row, self.lang) or step.value, "choice")
            return
        way = self.steps.route(entry, name)
        value = step.value if isinstance(step.value, float) else NAN
        if way is None:
            ref = page.number(row, column, value, "input" if name in entry.program.used else "idle")
            page.book.later.append(lambda: self.check(page, ref, entry, symbol))
        elif way[1].node is None:
            ref = page.formula(row, column, self.link(entry, symbol, *way), value, "factor")
        else:
            node = self.steps.node(entry, name)
            self.note(node)
            ref = page.formula(row, column, self.formula(entry, node), value, "result" if symbol.is_output else "live")
        self.refs[(id(entry), name)] = ref

    def check(self, page: Page, ref: Ref, entry: Entry, symbol: Symbol) -> None:
        """Have Excel refuse an input that the engine would refuse: one outside the symbol's range."""
        low, high = (self.limit(limit, entry, page.name) for limit in (symbol.low, symbol.high))
        if low is None and high is None:
            return
        rule: dict[str, Any] = {"validate": "decimal", "error_title": symbol.name[:32]}
        if low is not None and high is not None:
            rule |= {"criteria": "between", "minimum": low, "maximum": high}
        else:
            rule |= {"criteria": ">=" if high is None else "<=", "value": low if high is None else high}
        lowest, highest = "-∞" if low is None else low, "∞" if high is None else high
        rule["error_message"] = say("workbook.range", low=lowest, high=highest)
        page.sheet.data_validation(ref.row, ref.column, ref.row, ref.column, rule)

    def limit(self, limit: float | str | None, entry: Entry, sheet: str) -> float | str | None:
        """A bound of a range: a number, or the cell of the symbol that is the bound."""
        if not isinstance(limit, str):
            return limit
        ref = self.refs.get((id(entry), limit))
        return None if ref is None else f"={ref.seen_from(sheet)}"

    def note(self, node: Node) -> None:
        """Ask for the constants and grid tables that a formula needs."""
        for part in walk(node):
            if isinstance(part, Interpolate):
                self.grids.note(part)
            elif isinstance(part, Name) and part.base is None and part.name in self.factors.compiled.constants:
                self.factors.constant(part.name)

    # formulas --------------------------------------------------------------------------------------------------

    def label(self, entry: Entry, sheet: str) -> Label:
        """The cells of a line's symbols and of the constants, as formulas on ``sheet`` write them."""

        def label(name: Name) -> str:
            if name.name in entry.group.group.symbols:
                return self.refs[(id(entry), name.name)].seen_from(sheet)
            return self.factors.seen_from(("constant", name.name), sheet)

        return label

    def lines(self, entry: Entry, sheet: str) -> Callable[[str], Lines]:
        """The cells of a line's sub-lines, which stand one below the other."""

        def lines(group: str) -> Lines:
            subs = entry.groups[group]

            def whole(name: Name) -> str:
                return span(self.refs[(id(subs[0]), name.name)], self.refs[(id(subs[-1]), name.name)], sheet)

            return Lines(whole, [self.label(sub, sheet) for sub in subs])

        return lines

    def formula(self, entry: Entry, node: Node) -> Callable[[str], str]:
        """A node on a line, as :meth:`Page.formula` takes it."""

        def write(sheet: str) -> str:
            def grid(part: Interpolate, _: tuple[str, ...]) -> str:
                return self.look_up(entry, part).seen_from(sheet)

            return to_excel(node, self.label(entry, sheet), self.lines(entry, sheet), grid)

        return write

    def look_up(self, entry: Entry, node: Interpolate) -> Ref:
        """The cell with an interpolated value, on the sheet of its table."""
        arguments = [self.formula(entry, argument) for argument in node.args]
        values = [self.steps.number(entry, argument) for argument in node.args]
        return self.grids.look_up(node, entry.place, arguments, values)

    def link(self, entry: Entry, symbol: Symbol, index: int, route: Route) -> Callable[[str], str]:
        """The cell of the factor sheet, brought to the symbol's unit."""
        group = entry.group.group
        unit = concrete_unit(symbol, group.placeholder, entry.item_unit())
        factor = Fraction(1)
        if route.reference is None:
            key = self.factors.default(group, symbol, index, route, unit.text)
        else:
            table, column = route.reference.table, route.reference.column
            row = self.steps.row(entry, route.reference)
            key = self.factors.cell(table, row, column)
            factor = table.column_unit(column, row).scale / unit.scale
        return lambda sheet: scaled(self.factors.seen_from(key, sheet), factor)
