"""Explanations: for any total, stream, line or symbol, the tree of formula, values, sources and the way taken.

Nothing is recorded while calculating. A node is recomputed on demand from the same plan, so an explanation costs
nothing unless asked for and cannot depend on whether it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carbonacct.engine.compile import CONTEXT, ITEM, Provenance, Symbol
from carbonacct.engine.evaluate import evaluate
from carbonacct.engine.inputs import concrete_unit
from carbonacct.engine.plan import Context, Custom, Entry
from carbonacct.engine.resolve import GIVEN
from carbonacct.errors import NotFoundError
from carbonacct.expressions.tree import Is, Name, Node, names, sums, walk
from carbonacct.messages import say
from carbonacct.schema import models
from carbonacct.units import did_you_mean
from carbonacct.values import Value

if TYPE_CHECKING:
    from carbonacct.engine.result import Result


@dataclass
class Explanation:
    """One step of a calculation.

    kind: total, stream, line, formula, given, default, table, constant, choice, absent, repeated (explained above).
    way: the alternative taken; passed: those not taken, with what they lacked.
    """

    name: str
    title: models.Title
    value: float | str | None
    unit: str
    kind: str
    formula: Node | None = None
    printed: Node | None = None
    way: str | None = None
    way_title: models.Title | None = None
    passed: list[str] = field(default_factory=list)
    provenance: Provenance | None = None
    table: str | None = None
    row: models.Title | None = None
    children: list[Explanation] = field(default_factory=list)

    def walk(self) -> Iterator[Explanation]:
        """This step and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    def to_text(self, lang: str | None = None) -> str:
        """The tree as indented text."""
        from carbonacct.reporting.explanation import to_text

        return to_text(self, lang)

    def to_html(self, lang: str | None = None) -> str:
        """The tree as an HTML fragment with MathML formulas."""
        from carbonacct.reporting.explanation import to_html

        return to_html(self, lang)

    def to_dict(self) -> dict[str, Any]:
        """The tree as plain data."""
        from carbonacct.reporting.explanation import to_dict

        return to_dict(self)

    def __str__(self) -> str:
        return self.to_text()

    def _repr_html_(self) -> str:
        return self.to_html()


class Tracer:
    """Recomputes and explains the steps of one result."""

    def __init__(self, result: Result) -> None:
        self.result = result
        self.compiled = result.compiled
        self.context: Context = result.context
        self._shown: set[tuple[int, str]] = set()

    # values ----------------------------------------------------------------------------------------------------

    def symbol_value(self, entry: Entry, name: str) -> float:
        """The value of a symbol on a line, in its declared unit. Raises NotFoundError where it takes no part."""
        if name in entry.values:
            return entry.values[name]
        assert entry.program is not None
        resolution = entry.program.program.resolution
        if name not in resolution.route and not resolution.available(name):
            raise NotFoundError(say("trace.not_used", place=entry.place, symbol=name))
        route = entry.group.group.symbols[name].routes[resolution.route[name]]
        if route.value is not None:
            return route.value
        if route.reference is not None:
            return self.table_value(entry, name, resolution.route[name])
        return float(self.evaluate(entry, resolution.node[name]))

    def value_if_any(self, entry: Entry, name: str) -> float | None:
        """As :meth:`symbol_value`; None where the step has no value, which may be on a branch that numbers closed."""
        try:
            return self.symbol_value(entry, name)
        except (ArithmeticError, ValueError):
            return None

    def table_value(self, entry: Entry, name: str, index: int) -> float:
        reference = entry.group.group.symbols[name].routes[index].reference
        assert reference is not None
        if reference.axis == CONTEXT:
            return entry.group.context(self.context)[0][(name, index)]
        key = entry.item if reference.axis == ITEM else self.option(entry, reference.axis)
        assert isinstance(key, str)
        return float(entry.group.vector(name, index)[entry.group.codes[reference.axis][key]])

    def option(self, entry: Entry, name: str) -> str:
        return entry.choices.get(name) or str(entry.group.group.symbols[name].default_option)

    def evaluate(self, entry: Entry, node: Node) -> Any:
        def leaf(name: Name) -> float:
            if name.name in entry.group.group.symbols:
                return self.symbol_value(entry, name.name)
            value = self.compiled.constants[name.name].value
            assert value is not None
            return float(value)

        def lines(group: str) -> list[Any]:
            return [lambda n, sub=sub: self.symbol_value(sub, n.name) for sub in entry.groups[group]]

        return evaluate(node, leaf, lines, lambda n: self.option(entry, n.name), lambda t: self.compiled.tables[t])

    # explanations ----------------------------------------------------------------------------------------------

    def explain(self, target: str) -> Explanation:
        """A total (``E``), a stream, an output (``kiln.CO2``), a line (``kiln[0]``), or a symbol (``kiln[0].AD``)."""
        self._shown.clear()
        totals = self.compiled.totals
        if target in totals:
            return self.total(target)
        for name, total in totals.items():
            if total.symbol == target:
                return self.total(name)
        entry, rest, stream = self.find(target)
        if entry is None:
            assert stream is not None
            return self.stream(stream, rest)
        return self.symbol(entry, rest) if rest else self.line(entry)

    def find(self, target: str) -> tuple[Entry | None, str | None, str | None]:
        """Split a path into the line it names and what is left; without index, a stream and perhaps an output."""
        match = re.match(r"[^.\[]+", target)
        stream = match.group() if match else target
        if stream not in self.compiled.streams:
            known = [*self.compiled.totals, *self.compiled.streams]
            raise NotFoundError(say("trace.unknown", target=target) + did_you_mean(target, known))
        rest = target[len(stream) :]
        entries = self.result.entries.get(stream, [])
        group = self.compiled.streams[stream]
        entry: Entry | None = None
        if (
            not rest.startswith("[")
            and rest
            and rest[1:] not in group.outputs
            and rest[1:].replace("-", "") not in [o.replace("-", "") for o in group.outputs]
        ):
            if rest[1:] == "CO2e":
                return None, "CO2e", stream
            rest = f"[0]{rest}"
        while step := re.match(r"(?:\.([^.\[]+))?\[(\d+)\]", rest):
            name, number = step.group(1), int(step.group(2))
            if name:
                assert entry is not None
                entries = entry.groups.get(name, [])
            if number >= len(entries):
                raise NotFoundError(say("trace.no_line", target=target, count=len(entries)))
            entry = entries[number]
            rest = rest[step.end() :]
        rest = rest.lstrip(".")
        if entry is not None and rest:
            from carbonacct.engine.result import line_outputs

            if rest in entry.groups:
                raise NotFoundError(say("trace.unknown", target=target))
            symbols = entry.group.group.symbols
            own = next((o for o in entry.group.group.outputs if "{" in o), None)
            if own and rest not in symbols and rest in [gas for gas, _, _ in line_outputs(entry.group.group, entry)]:
                rest = own
            if rest not in symbols:
                raise NotFoundError(say("trace.unknown", target=target) + did_you_mean(rest, symbols))
        return entry, rest or None, stream

    def value(self, target: str) -> Value:
        """The value that :meth:`explain` would show."""
        totals = self.result.totals
        if target in totals:
            return totals[target]
        entry, rest, stream = self.find(target)
        if entry is None:
            assert stream is not None
            return self.result.output(stream, rest)
        if rest is None:
            raise NotFoundError(say("trace.unknown", target=target))
        symbol = entry.group.group.symbols[rest]
        value = entry.results[rest] if rest in entry.results else self.symbol_value(entry, rest)
        return Value(value, concrete_unit(symbol, entry.group.group.placeholder, entry.item_unit()).text)

    def total(self, name: str) -> Explanation:
        total = self.compiled.totals[name]
        children = []
        for part in names(total.node):
            if part.base is None:
                children.append(self.total(part.name) if part.name in self.compiled.totals else self.constant(part.name))
            elif all(child.name != part.base for child in children):
                children.append(self.stream(part.base, part.name))
        value = self.result.totals[name]
        return Explanation(
            total.symbol or name,
            total.title,
            float(value),
            total.unit.text,
            "total",
            total.source_node,
            provenance=total.provenance,
            children=children,
        )

    def stream(self, stream: str, output: str | None = None) -> Explanation:
        group = self.compiled.streams[stream]
        entries = self.result.entries.get(stream)
        if output is None:
            output = group.outputs[0] if len(group.outputs) == 1 else "CO2e"
        value = self.result.output(stream, output)
        if not entries:
            return Explanation(stream, group.title, 0.0, value.unit, "absent")
        outputs = [o for o in group.outputs if output == "CO2e" or o.replace("-", "") == output.replace("-", "")]
        children = [self.line(entry, outputs) for entry in entries]
        if len(children) == 1 and group.item is None:
            only = children[0]
            children = only.children
        return Explanation(stream, group.title, float(value), value.unit, "stream", children=children)

    def line(self, entry: Entry, outputs: list[str] | None = None) -> Explanation:
        group = entry.group.group
        children = [self.symbol(entry, name) for name in (outputs or group.outputs or entry.results)]
        row = entry.row
        if row:
            title = models.Title(zh=row.zh, en=row.en)
        else:
            text = entry.label or (entry.item.name if isinstance(entry.item, Custom) else "")
            title = models.Title(zh=text, en=text)
        first = children[0] if len(children) == 1 else None
        return Explanation(
            entry.place, title, first.value if first else None, first.unit if first else "", "line", children=children
        )

    def symbol(self, entry: Entry, name: str) -> Explanation:
        symbol = entry.group.group.symbols[name]
        if symbol.kind == "choice":
            key = self.option(entry, name)
            kind = "given" if name in entry.choices else "default"
            return Explanation(name, symbol.title, key, "", "choice", way=kind, row=symbol.options.get(key))
        if name in entry.values:
            return Explanation(name, symbol.title, entry.values[name], self.unit_text(entry, symbol), "given")
        assert entry.program is not None
        resolution = entry.program.program.resolution
        value = entry.results[name] if name in entry.results else self.value_if_any(entry, name)
        index = resolution.route[name]
        assert index != GIVEN
        route = symbol.routes[index]
        base = Explanation(
            name,
            symbol.title,
            value,
            self.unit_text(entry, symbol),
            "formula",
            way=route.name,
            way_title=route.title,
            provenance=route.provenance,
        )
        base.passed = [other.name for other in symbol.routes[:index]]
        if route.reference is not None:
            self.describe_cell(base, entry, name, index)
        elif route.value is not None:
            base.kind = "default"
        else:
            base.formula, base.printed = (
                resolution.node[name] if len(symbol.routes) == 1 and route.source_node is None else route.source_node,
                route.printed,
            )
            if (id(entry), name) in self._shown:
                base.kind, base.formula, base.printed = "repeated", None, None
            else:
                self._shown.add((id(entry), name))
                deciding = {n.choice.name: None for n in walk(route.node) if isinstance(n, Is)} if route.node is not None else {}
                base.children = self.parts(entry, resolution.node[name], deciding)
        return base

    def describe_cell(self, node: Explanation, entry: Entry, name: str, index: int) -> None:
        reference = entry.group.group.symbols[name].routes[index].reference
        assert reference is not None
        table = reference.table
        if reference.axis == CONTEXT:
            row = table.keyed(self.context.region, self.context.year, reference.row)
        else:
            row = table.rows[reference.row or str(entry.item if reference.axis == ITEM else self.option(entry, reference.axis))]
        assert row is not None
        cell = row.cells[reference.column]
        node.kind = "table"
        node.table = f"{table.id}.{reference.column}"
        year = f" {row.keys['year']}" if "year" in row.keys else ""
        node.row = models.Title(zh=row.zh + year, en=row.en + year)
        node.provenance = Provenance(cell.evidence, tuple(table.source_titles(cell.sources)), cell.note)

    def parts(self, entry: Entry, node: Node, deciding: Iterable[str] = ()) -> list[Explanation]:
        """What a formula is made of: the choices that decided its branch, its names, its sub-lines."""
        group = entry.group.group
        children = [self.symbol(entry, name) for name in deciding]
        for name in names(node):
            if name.name in group.symbols:
                children.append(self.symbol(entry, name.name))
            else:
                children.append(self.constant(name.name))
        inner: dict[str, dict[str, None]] = {}
        for item in sums(node):
            inner.setdefault(item.group, {}).update({n.name: None for n in names(item.body) if n.base == item.variable})
        for group_name, wanted in inner.items():
            for number, sub in enumerate(entry.groups[group_name]):
                line = self.line(sub, list(wanted))
                line.name, line.value = f"{group_name}[{number}]", None
                children.append(line)
        return children

    def constant(self, name: str) -> Explanation:
        constant = self.compiled.constants[name]
        value = None if constant.value is None else float(constant.value)
        return Explanation(name, constant.title, value, constant.unit.text, "constant", provenance=constant.provenance)

    def unit_text(self, entry: Entry, symbol: Symbol) -> str:
        return concrete_unit(symbol, entry.group.group.placeholder, entry.item_unit()).text


__all__ = ["CONTEXT", "ITEM", "Explanation", "Tracer"]
