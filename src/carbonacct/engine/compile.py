"""Compile a methodology: names resolved, units proven, alternatives in order. All problems of a file at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from carbonacct.errors import CarbonacctError, ExpressionError, FileError, NotFoundError, UnitError
from carbonacct.expressions import parse, to_text
from carbonacct.expressions.proof import Env, prove
from carbonacct.expressions.tree import Name, Node, names, sums, walk
from carbonacct.messages import say
from carbonacct.schema import models, tables, yaml
from carbonacct.schema.tables import Table
from carbonacct.units import GENERIC, Unit, did_you_mean, dims_product, parse_quantity, parse_unit, substitute

CONTEXT = "@context"
ITEM = "@item"
ROW = "@row"
_REFERENCE = re.compile(r"([a-z0-9][\w/-]*)\.(\w+)(?:\[(\w+)\])?")
_BRACED = re.compile(r"\{(\w+)\}")
ONE = parse_unit("1")


@dataclass(frozen=True)
class Provenance:
    """Where a formula or value stands: evidence grade, source titles, note, equation number."""

    evidence: str
    sources: tuple[str, ...]
    note: str | None = None
    equation: str | None = None


@dataclass(frozen=True)
class Reference:
    """A default read from a table: which one, which column, and what selects the row."""

    table: Table
    column: str
    axis: str  # ITEM, CONTEXT, ROW or the name of a choice symbol
    row: str | None = None  # the row of the table, where the text names it once and for all


@dataclass(frozen=True)
class Route:
    """One way to a symbol's value. Exactly one of ``node``, ``value`` and ``reference`` is set."""

    name: str
    title: models.Title | None
    provenance: Provenance
    node: Node | None = None
    source_node: Node | None = None
    value: float | None = None
    reference: Reference | None = None
    requires: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    for_unit: str | None = None
    printed: Node | None = None
    printed_units: Mapping[str, Unit] = field(default_factory=dict)

    @property
    def text(self) -> str | None:
        """The formula as written."""
        return None if self.source_node is None else to_text(self.source_node)


@dataclass(frozen=True)
class Symbol:
    """A compiled symbol. ``unit`` may contain the item's placeholder; ``options`` are those of a choice."""

    name: str
    title: models.Title
    unit: Unit
    unit_text: str
    kind: str
    routes: tuple[Route, ...]
    low: float | str | None = None
    high: float | str | None = None
    options: Mapping[str, models.Title] = field(default_factory=dict)
    option_table: Table | None = None
    default_option: str | None = None
    units_by_item: Mapping[str, str] = field(default_factory=dict)
    is_output: bool = False

    def option(self, text: str) -> str | None:
        """The option of that key, Chinese or English name."""
        if text in self.options:
            return text
        if self.option_table:
            return self.option_table.find(text)
        folded = text.strip().casefold()
        return next(
            (
                key
                for key, title in self.options.items()
                if folded in (key.casefold(), str(title.zh).casefold(), str(title.en).casefold())
            ),
            None,
        )


@dataclass(frozen=True)
class Group:
    """A stream or a kind of sub-line, compiled."""

    path: str
    key: str
    title: models.Title
    item: str | None
    items: Table | None
    symbols: Mapping[str, Symbol]
    groups: Mapping[str, Group]
    wanted: frozenset[str]  # symbols that a parent's sums use
    outputs: tuple[str, ...] = ()
    scope: str = "direct"
    note: str | None = None
    aliases: Mapping[str, str] = field(default_factory=dict)  # other names under which symbols are accepted

    @property
    def placeholder(self) -> str | None:
        return f"{self.item}{GENERIC}" if self.item else None

    def owner(self, symbol: str) -> tuple[str, ...] | None:
        """The path of sub-line groups to the only one that has this symbol, for flat lines."""
        found = [
            path
            for path, group in self.descendants()
            if symbol in group.symbols or symbol in group.aliases or symbol == group.item
        ]
        return found[0] if len(found) == 1 else None

    def descendants(self, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Group]]:
        for name, group in self.groups.items():
            yield (*prefix, name), group
            yield from group.descendants((*prefix, name))


@dataclass(frozen=True)
class Total:
    """A compiled total over streams."""

    name: str
    title: models.Title
    unit: Unit
    node: Node
    source_node: Node
    symbol: str | None
    provenance: Provenance


@dataclass(frozen=True)
class Constant:
    """A named constant with its exact value in its unit; None where the chosen set has no figure."""

    name: str
    value: Fraction | None
    unit: Unit
    title: models.Title
    provenance: Provenance


@dataclass(frozen=True, eq=False)
class Compiled:
    """A methodology ready to run under one choice of GWP set and tables."""

    id: str
    model: models.Methodology
    streams: Mapping[str, Group]
    totals: Mapping[str, Total]
    constants: Mapping[str, Constant]
    gwp: tuple[str, ...]
    tables: Mapping[str, Table]


def compile_methodology(
    model: models.Methodology,
    document: yaml.Document,
    gwp: tuple[str, ...],
    overrides: Mapping[str, str],
    held: Mapping[str, str] | None = None,
) -> Compiled:
    """Compile and prove. ``overrides`` replaces tables by id, ``held`` keeps constants at given values.

    Raises FileError with every problem found.
    """
    return _Compiler(model, document, gwp, dict(overrides), dict(held or {})).run()


def common_constants() -> dict[str, Constant]:
    """The constants that every formula may use (factors/constants.yaml)."""
    from carbonacct.schema import files, paths

    model, _ = files.read(paths.find("factors", "constants"), models.Constants)
    return {
        name: _constant(name, spec, model.evidence, model.source or [], model.sources) for name, spec in model.constants.items()
    }


def _constant(
    name: str, spec: models.Constant, evidence: str | None, source: list[str], sources: Mapping[str, models.Source]
) -> Constant:
    titles = tuple(str(sources[key].title) if key in sources else key for key in (spec.source or source))
    value = Fraction(str(spec.value).replace(" ", ""))
    return Constant(
        name,
        value,
        parse_unit(spec.unit),
        spec.title,
        Provenance(spec.evidence or evidence or "unconfirmed", titles, note_text(spec.note)),
    )


def note_text(note: str | models.Title | None) -> str | None:
    return note.en if isinstance(note, models.Title) else note


def gwp_constants(sets: tuple[str, ...]) -> dict[str, Constant]:
    """``GWP_<gas>`` for every gas: from the first of the named sets that has a figure."""
    table = tables.load("gwp/ipcc")
    for name in sets:
        if name not in table.columns:
            raise NotFoundError(say("gwp.unknown", name=name, sets=", ".join(table.columns)) + did_you_mean(name, table.columns))
    constants = {}
    for key, row in table.rows.items():
        chosen = next((s for s in sets if row.cells[s].value is not None), sets[0])
        cell = row.cells[chosen]
        name = "GWP_" + gas_name(key)
        value = None if cell.value is None else Fraction(repr(cell.value))
        title = models.Title(zh=f"{row.zh}的全球变暖潜势（{chosen}）", en=f"Global warming potential of {row.en} ({chosen})")
        constants[name] = Constant(
            name,
            value,
            table.column_unit(chosen, row),
            title,
            Provenance(cell.evidence, tuple(table.source_titles(cell.sources)), cell.note),
        )
    return constants


def gas_name(key: str) -> str:
    """A gas key as it stands in formulas: hyphens dropped."""
    return key.replace("-", "")


class _Compiler:
    def __init__(
        self,
        model: models.Methodology,
        document: yaml.Document,
        gwp: tuple[str, ...],
        overrides: dict[str, str],
        held: dict[str, str],
    ) -> None:
        self.model = model
        self.document = document
        self.gwp = gwp
        self.overrides = overrides
        self.held = held
        self.problems: list[str] = []
        self.tables: dict[str, Table] = {}
        self.constants: dict[str, Constant] = {}

    # places and problems ---------------------------------------------------------------------------------------

    def problem(self, place: yaml.Place, text: str) -> None:
        message = f"{self.document.where(place)}: {'.'.join(map(str, place))}: {text}"
        if message not in self.problems:
            self.problems.append(message)

    def attempt(self, place: yaml.Place, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except FileError as error:
            for text in error.problems:
                self.problem(place, text)
        except CarbonacctError as error:
            self.problem(place, str(error))
        except (ValueError, ZeroDivisionError) as error:
            self.problem(place, str(error))
        return None

    def table(self, name: str) -> Table:
        if name not in self.tables:
            self.tables[name] = tables.load(self.overrides.get(name, name))
        return self.tables[name]

    def provenance(self, *chain: models.Sourced, equation: str | None = None, place: yaml.Place = ()) -> Provenance:
        """Evidence and sources: the first of the chain that states them, from the innermost outwards."""
        evidence = next((c.evidence for c in chain if c.evidence), "unconfirmed")
        keys = next((c.source for c in chain if c.source), [])
        for key in keys:
            if key not in self.model.sources:
                self.problem(place, say("schema.unknown_source", source=key) + did_you_mean(key, self.model.sources))
        titles = tuple(str(self.model.sources[key].title) for key in keys if key in self.model.sources)
        return Provenance(evidence, titles, note_text(chain[0].note), equation)

    # the whole -------------------------------------------------------------------------------------------------

    def run(self) -> Compiled:
        model = self.model
        self.constants = {**common_constants(), **gwp_constants(self.gwp)}
        for name, spec in model.constants.items():
            made = self.attempt(
                ("constants", name),
                lambda name=name, spec=spec: _constant(
                    name, spec, spec.evidence or model.evidence, spec.source or model.source or [], model.sources
                ),  # type: ignore[misc]
            )
            if made:
                self.constants[name] = made
        for name, text in self.held.items():
            if name in self.constants:
                self.constants[name] = replace(self.constants[name], value=Fraction(text))
        streams = {key: self.group(key, spec, ("streams", key)) for key, spec in model.streams.items()}
        totals = self.totals(streams)
        if self.problems:
            raise FileError(self.problems)
        return Compiled(model.id, model, streams, totals, self.constants, self.gwp, self.tables)

    def group(self, key: str, spec: models.Group, place: yaml.Place, outer: tuple[models.Sourced, ...] = ()) -> Group:
        chain = (spec, *outer, self.model) if outer else (spec, self.model)
        groups = {name: self.group(name, sub, (*place, "sublines", name), chain[:-1]) for name, sub in spec.sublines.items()}
        items = self.attempt((*place, "items"), lambda: self.table(str(spec.items))) if spec.items else None
        units = {name: self.symbol_unit(symbol, spec, (*place, "symbols", name)) for name, symbol in spec.symbols.items()}
        outputs = spec.outputs if isinstance(spec, models.Stream) else {}
        for name, output in outputs.items():
            units[name] = self.attempt((*place, "outputs", name, "unit"), lambda o=output: self.checked_unit(o.unit, spec)) or ONE  # type: ignore[misc]
        options = {
            name: self.options(symbol, (*place, "symbols", name))
            for name, symbol in spec.symbols.items()
            if symbol.kind == "choice"
        }
        env = self.env(units, options, groups)
        symbols: dict[str, Symbol] = {}
        for name, symbol in spec.symbols.items():
            if name in self.constants:
                self.problem((*place, "symbols", name), say("compile.shadows_constant", name=name))
            symbols[name] = self.symbol(
                name, symbol, spec, items, units[name], options.get(name, ({}, None)), env, (*place, "symbols", name), chain
            )
        for name, output in outputs.items():
            symbols[name] = self.output(name, output, spec, items, units[name], env, (*place, "outputs", name), chain)
        used = {
            (s.group, n.name)
            for symbol in symbols.values()
            for route in symbol.routes
            if route.node
            for s in sums(route.node)
            for n in walk(s.body)
            if isinstance(n, Name) and n.base == s.variable
        }
        groups = {
            name: replace(group, wanted=frozenset(symbol for g, symbol in used if g == name)) for name, group in groups.items()
        }
        for name in groups:
            if name in symbols or name == spec.item:
                self.problem((*place, "sublines", name), say("compile.name_twice", name=name))
        aliases = {alias: name for name, symbol in spec.symbols.items() for alias in symbol.aliases}
        for alias in aliases:
            if alias in symbols or alias in groups or alias == spec.item:
                self.problem((*place, "symbols", aliases[alias], "aliases"), say("compile.name_twice", name=alias))
        path = ".".join(str(p) for p in place if p not in ("streams", "sublines"))
        scope = spec.scope if isinstance(spec, models.Stream) else "direct"
        return Group(
            path,
            key,
            spec.title,
            spec.item,
            items,
            symbols,
            groups,
            frozenset(),
            tuple(outputs),
            scope,
            note_text(spec.note),
            aliases,
        )

    # units -----------------------------------------------------------------------------------------------------

    def checked_unit(self, text: str, spec: models.Group) -> Unit:
        unit = parse_unit(text)
        if unit.generic and unit.generic != f"{spec.item}{GENERIC}":
            raise UnitError(say("compile.foreign_placeholder", unit=text, item=spec.item))
        return unit

    def symbol_unit(self, symbol: models.Symbol, spec: models.Group, place: yaml.Place) -> Unit:
        if symbol.kind == "choice":
            return ONE
        declared = symbol.unit
        place = (*place, "unit")
        if isinstance(declared, dict):
            return self.attempt(place, lambda: self.unit_by_item(declared, spec)) or ONE
        return self.attempt(place, lambda: self.checked_unit(str(declared), spec)) or ONE

    def unit_by_item(self, declared: dict[str, str], spec: models.Group) -> Unit:
        """One unit for a mapping {item unit: unit}: with the item's placeholder, on which all entries must agree."""
        placeholder = f"{spec.item}{GENERIC}"
        for sign in (-1, 1):
            found = {}
            for item_unit, text in declared.items():
                unit, per = parse_unit(text), parse_unit(item_unit)
                found[item_unit] = (
                    unit.scale * per.scale**-sign,
                    dims_product((unit.dims, 1), (per.dims, -sign), (((placeholder, Fraction(1)),), sign)),
                )
            if len(set(found.values())) == 1:
                scale, dims = next(iter(found.values()))
                return Unit(" | ".join(dict.fromkeys(declared.values())), scale, dims)
        raise UnitError(say("compile.unit_map", units=", ".join(f"{k}: {v}" for k, v in declared.items())))

    def options(self, symbol: models.Symbol, place: yaml.Place) -> tuple[Mapping[str, models.Title], Table | None]:
        if isinstance(symbol.options, dict):
            return symbol.options, None
        table = self.attempt((*place, "options"), lambda: self.table(str(symbol.options)))
        return ({key: models.Title(zh=row.zh, en=row.en) for key, row in table.rows.items()}, table) if table else ({}, None)

    def env(
        self,
        units: Mapping[str, Unit],
        options: Mapping[str, Any],
        groups: Mapping[str, Group],
    ) -> Env:
        def unit(name: Name) -> Unit:
            if name.base is None and name.name in units:
                if name.name in options:
                    raise ExpressionError(say("compile.choice_as_number", name=name.name))
                return units[name.name]
            if name.base is None and name.name in self.constants:
                return self.constants[name.name].unit
            raise ExpressionError(self.unknown(str(name), [*units, *self.constants]))

        def option(name: Name) -> set[str]:
            if name.base is None and name.name in options:
                return set(options[name.name][0])
            raise ExpressionError(say("compile.not_a_choice", name=str(name)))

        def group(variable: str, key: str) -> Env:
            if key not in groups:
                raise ExpressionError(self.unknown(key, groups))
            sub = groups[key]

            def inner(name: Name) -> Unit:
                if name.base == variable:
                    if name.name not in sub.symbols:
                        raise ExpressionError(self.unknown(str(name), [f"{variable}.{s}" for s in sub.symbols]))
                    return sub.symbols[name.name].unit
                return unit(name)

            def inner_option(name: Name) -> set[str]:
                if name.base == variable and name.name in sub.symbols and sub.symbols[name.name].kind == "choice":
                    return set(sub.symbols[name.name].options)
                return option(name)

            return Env(inner, inner_option, lambda v, k: self.no_nested_sum(), self.grid)

        return Env(unit, option, group, self.grid)

    def no_nested_sum(self) -> Env:
        raise ExpressionError(say("compile.nested_sum"))

    def grid(self, name: str, column: str) -> tuple[list[Unit], Unit]:
        table = self.table(name)
        if column not in table.grid:
            raise ExpressionError(self.unknown(f"{name}.{column}", [f"{name}.{c}" for c in table.grid]))
        return [parse_unit(axis.unit) for axis in table.axes.values()], parse_unit(str(table.columns[column].unit))

    def unknown(self, name: str, known: Any) -> str:
        return say("compile.unknown_name", name=name) + did_you_mean(name, known)

    # symbols ---------------------------------------------------------------------------------------------------

    def symbol(
        self, name: str, symbol: models.Symbol, spec: models.Group, items: Table | None, unit: Unit,
        options: tuple[Mapping[str, models.Title], Table | None], env: Env, place: yaml.Place, chain: tuple[models.Sourced, ...],
    ) -> Symbol:  # fmt: skip
        routes: list[Route] = []
        self.provenance(symbol, *chain, place=(*place, "source"))
        for index, route in enumerate(symbol.any_of or []):
            routes.append(
                self.route(
                    route, route.name, route.title, spec, items, unit, env, (*place, "any_of", index), (route, symbol, *chain)
                )
            )
        if symbol.formula is not None:
            routes.append(self.route(symbol, "formula", None, spec, items, unit, env, place, (symbol, *chain)))
        if symbol.default is not None:
            if symbol.kind == "choice":
                if symbol.default not in options[0]:
                    self.problem((*place, "default"), self.unknown(str(symbol.default), options[0]))
            else:
                routes.append(
                    self.route(
                        symbol, "default", None, spec, items, unit, env, (*place, "default"), (symbol, *chain), default_only=True
                    )
                )
        kind = symbol.kind or "derived"
        low, high = symbol.range if symbol.range is not None else ([0, None] if kind == "activity" else [None, None])
        for bound in (low, high):
            if isinstance(bound, str) and bound not in spec.symbols:
                self.problem((*place, "range"), self.unknown(bound, spec.symbols))
        text = unit.text if not isinstance(symbol.unit, dict) else " | ".join(dict.fromkeys(symbol.unit.values()))
        return Symbol(
            name,
            symbol.title,
            unit,
            text,
            kind,
            tuple(routes),
            _bound(low),
            _bound(high),
            *options,
            str(symbol.default) if options[0] and symbol.default is not None else None,
            symbol.unit if isinstance(symbol.unit, dict) else {},
        )

    def output(
        self, name: str, output: models.Output, spec: models.Group, items: Table | None, unit: Unit, env: Env, place: yaml.Place, chain: tuple[models.Sourced, ...]
    ) -> Symbol:  # fmt: skip
        if (match := _BRACED.fullmatch(name)) and match.group(1) != spec.item:
            self.problem(place, say("compile.braced_output", name=name, item=spec.item))
        route = self.route(output, "formula", None, spec, items, unit, env, place, (output, *chain))
        low, high = output.range or (None, None)
        return Symbol(
            name, output.title or spec.title, unit, unit.text, "output", (route,), _bound(low), _bound(high), is_output=True
        )

    def route(
        self, spec: Any, name: str, title: models.Title | None, group: models.Group, items: Table | None, unit: Unit, env: Env,
        place: yaml.Place, chain: tuple[models.Sourced, ...], default_only: bool = False,
    ) -> Route:  # fmt: skip
        equation = getattr(spec, "equation", None)
        for_unit = getattr(spec, "for_unit", None)
        requires = tuple(getattr(spec, "requires", ()))
        unless = tuple(getattr(spec, "unless", ()))
        for required in (*requires, *unless):
            if required not in group.symbols and required not in group.sublines:
                self.problem((*place, "requires"), self.unknown(required, [*group.symbols, *group.sublines]))
        default = getattr(spec, "default", None)
        if isinstance(default, models.Default):
            chain = (default, *chain)
            default = default.value
        provenance = self.provenance(*chain, equation=equation, place=place)
        route = Route(name, title, provenance, requires=requires, unless=unless, for_unit=for_unit)
        if default_only or getattr(spec, "formula", None) is None:
            return self.default_route(route, default, group, items, unit, place)
        formula_place = (*place, "formula")
        if for_unit:
            concrete = self.attempt((*place, "for_unit"), lambda: parse_unit(for_unit)) or ONE
            placeholder = f"{group.item}{GENERIC}"

            def swap(u: Unit) -> Unit:
                return substitute(u, placeholder, concrete)

            generic_unit = env.unit
            env = Env(lambda name: swap(generic_unit(name)), env.options, env.group, env.grid)
            unit = swap(unit)
        source = self.attempt(formula_place, lambda: parse(str(spec.formula)))
        node = self.attempt(formula_place, lambda: prove(source, env, unit)) if source is not None else None
        printed, printed_units = self.printed(spec.printed, place)
        return replace(route, node=node, source_node=source, printed=printed, printed_units=printed_units)

    def printed(self, printed: Any, place: yaml.Place) -> tuple[Node | None, dict[str, Unit]]:
        if printed is None:
            return None, {}
        text = printed.formula if isinstance(printed, models.Printed) else printed
        units = printed.units if isinstance(printed, models.Printed) else {}
        node = self.attempt((*place, "printed"), lambda: parse(text))
        return node, {name: self.attempt((*place, "printed"), lambda u=u: parse_unit(u)) or ONE for name, u in units.items()}  # type: ignore[misc]

    def default_route(
        self, route: Route, default: Any, group: models.Group, items: Table | None, unit: Unit, place: yaml.Place
    ) -> Route:
        if isinstance(default, int | float):
            return replace(route, value=float(default))
        match = _REFERENCE.fullmatch(str(default))
        if match and not re.fullmatch(r"[\d.eE+-]+", str(default)):
            name, column, key = match.groups()
            reference = self.attempt(place, lambda: self.reference(name, column, key, group, items))
            value = self.attempt(place, lambda: fixed_value(reference, unit)) if reference and reference.axis == ROW else None
            return replace(route, reference=reference, value=value)
        quantity = self.attempt(place, lambda: parse_quantity(str(default)))
        if quantity is None:
            return route
        number, written = quantity
        factor = self.attempt(place, lambda: written.factor_to(unit)) if written else Fraction(1)
        return replace(route, value=float(Fraction(repr(number)) * (factor or 1)))

    def reference(self, name: str, column: str, key: str | None, group: models.Group, items: Table | None) -> Reference:
        if name == "items":
            if items is None:
                raise ExpressionError(say("compile.no_items", column=column))
            table = items
        else:
            table = self.table(name)
        if column not in table.columns:
            raise ExpressionError(self.unknown(f"{name}.{column}", [f"{name}.{c}" for c in table.columns]))
        if table.keys and ("name" in table.keys or key):
            known = {str(row.keys.get("name")): None for row in table.rows.values()}
            if key not in known:
                raise ExpressionError(self.unknown(str(key), known))
            return Reference(table, column, CONTEXT, key)
        if key and key in table.rows and key not in group.symbols:
            return Reference(table, column, ROW, key)
        if key and (key not in group.symbols or group.symbols[key].kind != "choice"):
            raise ExpressionError(self.unknown(key, [*table.rows, *group.symbols]))
        if not key and not table.keys and table is not items and not items:
            raise ExpressionError(say("compile.no_row_key", table=name))
        return Reference(table, column, key or (CONTEXT if table.keys else ITEM))

    # totals ----------------------------------------------------------------------------------------------------

    def totals(self, streams: Mapping[str, Group]) -> dict[str, Total]:
        totals: dict[str, Total] = {}

        def unit(name: Name) -> Unit:
            if name.base is None:
                if name.name in totals:
                    return totals[name.name].unit
                if name.name in self.constants:
                    return self.constants[name.name].unit
                raise ExpressionError(self.unknown(name.name, [*totals, *self.constants]))
            if name.base not in streams:
                raise ExpressionError(self.unknown(name.base, streams))
            if name.name == "CO2e":
                return parse_unit("tCO2e")
            stream = streams[name.base]
            for output in stream.outputs:
                if gas_name(output) == name.name:
                    return stream.symbols[output].unit
            raise ExpressionError(self.unknown(str(name), [f"{name.base}.{gas_name(o)}" for o in stream.outputs]))

        env = Env(unit, lambda n: set(), lambda v, k: self.no_nested_sum(), self.grid)
        for name, spec in self.model.totals.items():
            place: yaml.Place = ("totals", name)
            target = self.attempt((*place, "unit"), lambda s=spec: parse_unit(s.unit)) or ONE  # type: ignore[misc]
            source = self.attempt((*place, "formula"), lambda s=spec: parse(s.formula))  # type: ignore[misc]
            if source is None:
                continue
            node = self.attempt((*place, "formula"), lambda s=source, t=target: prove(s, env, t))  # type: ignore[misc]
            provenance = self.provenance(spec, self.model, equation=spec.equation, place=place)
            if node is not None:
                totals[name] = Total(name, spec.title, target, node, source, spec.symbol, provenance)
        return totals or self.outputs_as_totals(streams)

    def outputs_as_totals(self, streams: Mapping[str, Group]) -> dict[str, Total]:
        """Where a file has no totals (benefit models), each output of its streams is one."""
        totals: dict[str, Total] = {}
        for key, stream in streams.items():
            for output in stream.outputs:
                symbol = stream.symbols[output]
                node = Name(gas_name(output), key)
                totals[output] = Total(output, symbol.title, symbol.unit, node, node, None, symbol.routes[0].provenance)
        return totals


def fixed_value(reference: Reference, unit: Unit) -> float:
    """The cell of a row that a formula's default names. Raises ExpressionError where the table has no figure."""
    row = reference.table.rows[str(reference.row)]
    value = row.cells[reference.column].value
    if value is None:
        raise ExpressionError(say("compile.empty_cell", table=reference.table.id, row=row.key, column=reference.column))
    return float(Fraction(repr(value)) * reference.table.column_unit(reference.column, row).factor_to(unit))


def _bound(value: float | str | None) -> float | str | None:
    return float(value) if isinstance(value, int | float) else value


__all__ = ["Compiled", "Constant", "Group", "Provenance", "Reference", "Route", "Symbol", "Total", "compile_methodology", "names"]
