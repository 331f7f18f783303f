"""The steps of a calculation one at a time, as the cells of a workbook need them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from carbonacct.engine.compile import CONTEXT, ITEM, Reference, Route
from carbonacct.engine.plan import Custom, Entry
from carbonacct.engine.resolve import GIVEN
from carbonacct.engine.trace import Explanation, Tracer
from carbonacct.expressions.tree import Node
from carbonacct.schema.tables import Row

NAN = float("nan")


class Steps(Tracer):
    """A tracer that explains a step without those behind it and computes every value once."""

    def __init__(self, result: Any) -> None:
        super().__init__(result)
        self._known: dict[tuple[int, str], float] = {}

    def step(self, entry: Entry, name: str) -> Explanation:
        """How one symbol of a line came about."""
        self._shown.clear()
        return self.symbol(entry, name)

    def parts(self, entry: Entry, node: Node, deciding: Iterable[str] = ()) -> list[Explanation]:  # noqa: ARG002
        return []

    def symbol_value(self, entry: Entry, name: str) -> float:
        """As in the tracer, remembered."""
        key = (id(entry), name)
        if key not in self._known:
            self._known[key] = super().symbol_value(entry, name)
        return self._known[key]

    def number(self, entry: Entry, node: Node) -> float:
        """The value of an expression on a line, NaN where it has none."""
        try:
            return float(self.evaluate(entry, node))
        except (ArithmeticError, ValueError):
            return NAN

    def route(self, entry: Entry, name: str) -> tuple[int, Route] | None:
        """The way a symbol is obtained on a line, None if it is given."""
        assert entry.program is not None
        if name in entry.values:
            return None
        index = entry.program.program.resolution.route[name]
        return None if index == GIVEN else (index, entry.group.group.symbols[name].routes[index])

    def node(self, entry: Entry, name: str) -> Node:
        """The formula of a symbol on a line, the branches not taken pruned."""
        assert entry.program is not None
        return entry.program.program.resolution.node[name]

    def row(self, entry: Entry, reference: Reference) -> Row:
        """The table row that a default was read from."""
        if reference.axis == CONTEXT:
            row = reference.table.keyed(self.context.region, self.context.year, reference.row)
            assert row is not None
            return row
        key = reference.row or (entry.item if reference.axis == ITEM else self.option(entry, reference.axis))
        return reference.table.rows[str(key)]


def used_symbols(entry: Entry) -> list[str]:
    """The symbols that take part on a line, and what was given without effect, in the order of the methodology."""
    assert entry.program is not None
    shown = {*entry.program.used, *entry.values, *entry.choices}
    return [name for name in entry.group.group.symbols if name in shown]


def line_name(entry: Entry, lang: str) -> str:
    """What a line is about, in words."""
    row = entry.row
    name = row.title(lang) if row else entry.item.name if isinstance(entry.item, Custom) else ""
    return ": ".join(part for part in (entry.label, name) if part)
