"""The plan of a methodology: programs by pattern, run on the lines of one entity or on columns of many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from carbonacct.engine import arrays
from carbonacct.engine.arrays import Batch
from carbonacct.engine.compile import CONTEXT, ITEM, Compiled, Group, Reference, Symbol
from carbonacct.engine.program import Builder, Program, Vector
from carbonacct.engine.resolve import GIVEN, Missing, Pattern, Resolution, explain_missing, referenced_choices
from carbonacct.engine.scalar import Line, ScalarProgram, compile_scalar
from carbonacct.errors import FileError, InputError
from carbonacct.expressions.tree import Compare, names, walk
from carbonacct.messages import say
from carbonacct.schema.tables import Row, Table
from carbonacct.units import substitute

Column: TypeAlias = "np.ndarray[Any, Any]"
Describe: TypeAlias = Callable[[Group, int], str]
SHOWN = 20  # messages of one kind


@dataclass(frozen=True)
class Context:
    """Where and when: what keyed tables are looked up by."""

    region: str | None = None
    year: int | None = None


@dataclass(frozen=True)
class Custom:
    """An item the table does not have: its name and the unit it is counted in."""

    name: str
    unit: str | None = None


@dataclass
class Entry:
    """One input line after reading: values in declared units, the item, the options chosen, the sub-lines."""

    group: GroupPlan
    place: str
    values: dict[str, float] = field(default_factory=dict)
    item: str | Custom | None = None
    choices: dict[str, str] = field(default_factory=dict)
    groups: dict[str, list[Entry]] = field(default_factory=dict)
    label: str | None = None
    results: dict[str, float] = field(default_factory=dict)
    program: LineProgram | None = None
    line: Line | None = None

    @property
    def row(self) -> Row | None:
        table = self.group.group.items
        return table.rows[self.item] if table and isinstance(self.item, str) else None

    def item_unit(self) -> str | None:
        row = self.row
        return row.unit if row else self.item.unit if isinstance(self.item, Custom) else None


@dataclass
class LineProgram:
    """A program with its scalar form and the checks it calls for."""

    program: Program
    scalar: ScalarProgram
    derived: list[Symbol]  # symbols whose range is checked with the results
    context_inputs: list[tuple[str, int]]
    used: set[str]  # symbols and sub-line groups that the results rest on


class Faults:
    """Lines of a batch that could not be calculated, each with its reason."""

    def __init__(self) -> None:
        self.found: list[tuple[Column, list[str]]] = []

    def __bool__(self) -> bool:
        return bool(self.found)

    def add(self, rows: Column, texts: list[str]) -> None:
        if len(rows):
            self.found.append((rows, texts))

    def extend(self, other: Faults) -> None:
        self.found.extend(other.found)

    def by_row(self) -> dict[int, str]:
        """Every reason of each line."""
        reasons: dict[int, str] = {}
        for rows, texts in self.found:
            for row, text in zip(rows.tolist(), texts, strict=True):
                reasons[row] = f"{reasons[row]}; {text}" if row in reasons else text
        return reasons

    def messages(self, place: Callable[[int], str]) -> list[str]:
        """The reasons with their places, at most SHOWN of each kind."""
        messages: list[str] = []
        for rows, texts in self.found:
            messages.extend(f"{place(row)}: {text}" for row, text in zip(rows[:SHOWN].tolist(), texts, strict=False))
            if len(rows) > SHOWN:
                messages.append(say("batch.more", count=len(rows) - SHOWN))
        return messages


class GroupPlan:
    """The runtime of one group: its vectors, its signatures, its programs by pattern."""

    def __init__(self, compiled: Compiled, group: Group) -> None:
        self.compiled = compiled
        self.group = group
        self.subs = {name: GroupPlan(compiled, sub) for name, sub in group.groups.items()}
        self.choices = referenced_choices(group)
        self.programs: dict[Pattern, LineProgram] = {}
        self.references: dict[str, list[tuple[str, int, Reference]]] = {}
        for name, symbol in group.symbols.items():
            for index, route in enumerate(symbol.routes):
                if route.reference and route.value is None:
                    self.references.setdefault(route.reference.axis, []).append((name, index, route.reference))
        self.axis_rows: dict[str, list[str]] = {}
        if group.items:
            self.axis_rows[ITEM] = list(group.items.rows)
        for name, symbol in group.symbols.items():
            if symbol.kind == "choice":
                self.axis_rows[name] = list(symbol.options)
        self.codes = {axis: {key: code for code, key in enumerate(rows)} for axis, rows in self.axis_rows.items()}
        self.vectors: dict[tuple[str, int], Vector] = {}
        self.closed: dict[tuple[str, str | None], frozenset[tuple[str, int]]] = {}
        routes = [route for symbol in group.symbols.values() for route in symbol.routes]
        self.unit_matters = any(route.for_unit for route in routes)
        self.compared = frozenset(
            n.name for r in routes if r.node is not None for c in walk(r.node) if isinstance(c, Compare) for n in names(c)
        )
        self.contexts: dict[Context, tuple[dict[tuple[str, int], float], frozenset[tuple[str, int]]]] = {}

    # tables ----------------------------------------------------------------------------------------------------

    def vector(self, name: str, index: int) -> Vector:
        """A table column in the symbol's unit, by axis code; NaN where the cell is empty."""
        key = (name, index)
        if key not in self.vectors:
            symbol = self.group.symbols[name]
            reference = symbol.routes[index].reference
            assert reference is not None
            column = [self.cell(symbol, reference, row) for row in self.axis_rows[reference.axis]]
            self.vectors[key] = np.array([np.nan if v is None else v for v in column], dtype=np.float64)
        return self.vectors[key]

    def cell(self, symbol: Symbol, reference: Reference, key: str) -> float | None:
        row = reference.table.rows.get(key)
        return None if row is None else cell_value(symbol, reference.table, reference.column, row, self.group.placeholder)

    def closed_for(self, axis: str, key: str | None) -> frozenset[tuple[str, int]]:
        """The defaults that an axis row does not have; all of them where there is no row."""
        found = self.closed.get((axis, key))
        if found is None:
            references = self.references.get(axis, [])
            found = frozenset(
                (name, index)
                for name, index, _ in references
                if key is None or np.isnan(self.vector(name, index)[self.codes[axis][key]])
            )
            self.closed[(axis, key)] = found
        return found

    def context(self, context: Context) -> tuple[dict[tuple[str, int], float], frozenset[tuple[str, int]]]:
        """Values of the keyed defaults in a context, and those without one."""
        if context not in self.contexts:
            values, closed = {}, set()
            for name, index, reference in self.references.get(CONTEXT, []):
                row = reference.table.keyed(context.region, context.year, reference.row)
                value = cell_value(self.group.symbols[name], reference.table, reference.column, row, None) if row else None
                if value is None:
                    closed.add((name, index))
                else:
                    values[(name, index)] = value
            self.contexts[context] = (values, frozenset(closed))
        return self.contexts[context]

    # programs --------------------------------------------------------------------------------------------------

    def program(self, pattern: Pattern) -> LineProgram:
        """The program of a pattern. Raises Missing with what no line of the pattern can do without."""
        made = self.programs.get(pattern)
        if made is None:
            made = self.programs[pattern] = self.make(pattern)
        return made

    def make(self, pattern: Pattern) -> LineProgram:
        resolution = Resolution(self.group, pattern)
        lacking: dict[str, None] = {}
        for output in self.group.outputs:
            try:
                resolution.resolve(output)
            except Missing as missing:
                lacking.update(missing.lacking)
        if lacking:
            raise Missing(lacking)
        wanted = [name for name in sorted(self.group.wanted) if name in self.group.symbols and resolution.available(name)]
        used = resolution.used([*self.group.outputs, *wanted])
        ranged = [self.group.symbols[name] for name in resolution.route if name in used and self.to_check(resolution, name)]
        bounds = {
            limit
            for symbol in ranged
            for limit in (symbol.low, symbol.high)
            if isinstance(limit, str) and resolution.available(limit)
        }
        checked = [*(symbol.name for symbol in ranged), *sorted(bounds)]
        targets = dict.fromkeys([*self.group.outputs, *wanted, *(name for name in checked if resolution.route[name] != GIVEN)])
        program = Builder(self.compiled, resolution, self.vector).build(list(targets))
        context_inputs = [
            (name, route) for name, route in resolution.route.items() if route != GIVEN and self.is_context(name, route)
        ]
        return LineProgram(program, compile_scalar(program), ranged, context_inputs, used)

    def to_check(self, resolution: Resolution, name: str) -> bool:
        """Whether a symbol's range is checked with the results: it is computed, or its limit is another symbol.

        Given values are checked against plain numbers when they are read; defaults are taken as they stand.
        """
        symbol, route = self.group.symbols[name], resolution.route[name]
        if symbol.kind == "choice" or (symbol.low is None and symbol.high is None):
            return False
        if route == GIVEN:
            return isinstance(symbol.low, str) or isinstance(symbol.high, str)
        return symbol.routes[route].node is not None

    def is_context(self, name: str, route: int) -> bool:
        routes = self.group.symbols[name].routes
        return bool(routes) and (reference := routes[route].reference) is not None and reference.axis == CONTEXT

    # one entity ------------------------------------------------------------------------------------------------

    def run_entry(self, entry: Entry, context: Context, problems: list[str]) -> None:
        """Evaluate a line with its sub-lines; problems are collected, not raised."""
        groups = []
        before = len(problems)
        for name, entries in entry.groups.items():
            sub = self.subs[name]
            available: frozenset[str] | None = None
            for item in entries:
                sub.run_entry(item, context, problems)
                available = frozenset(item.results) if available is None else available & frozenset(item.results)
            if available is not None:
                groups.append((name, available))
        if len(problems) > before:
            return
        choices = dict(entry.choices)
        for name in self.choices:
            default = self.group.symbols[name].default_option
            if name not in choices and default is not None:
                choices[name] = default
        values, closed = self.context(context)
        row = entry.item if isinstance(entry.item, str) else None
        if self.group.items:
            closed = closed | self.closed_for(ITEM, row)
        for name in self.choices:
            if name in self.references:
                closed = closed | self.closed_for(name, choices.get(name))
        pattern = Pattern(
            frozenset(entry.values) | frozenset(entry.choices),
            frozenset(choices.items()),
            closed,
            entry.item_unit() if self.unit_matters else None,
            frozenset(groups),
        )
        try:
            entry.program = self.program(pattern)
        except Missing as missing:
            problems.append(
                f"{entry.place}: {say('line.missing', what=explain_missing(self.group, missing, entry.item_unit()))}{self.context_hint(missing, context)}"
            )
            return
        codes = {axis: self.codes[axis][key] for axis, key in choices.items() if axis in self.codes}
        if row is not None and self.group.items:
            codes[ITEM] = self.codes[ITEM][row]
        numbers = entry.values
        if entry.program.context_inputs:
            numbers = {**numbers, **{name: values[(name, route)] for name, route in entry.program.context_inputs}}
        entry.line = Line(
            numbers, codes, {name: [item.line for item in items if item.line] for name, items in entry.groups.items()}
        )
        try:
            results = entry.program.scalar.run(entry.line)
        except ZeroDivisionError:
            problems.append(f"{entry.place}: {say('line.zero_division')}")
            return
        except InputError as error:
            problems.extend(f"{entry.place}: {problem}" for problem in error.problems)
            return
        except (OverflowError, ValueError):
            problems.append(f"{entry.place}: {say('line.not_finite')}")
            return
        self.check_results(entry, results, problems)
        entry.results = results
        entry.line.values = {**entry.line.values, **{name: results[name] for name in self.group.wanted if name in results}}

    def context_hint(self, missing: Missing, context: Context) -> str:
        """Where a keyed table could not help, say what it wanted."""
        hints: dict[str, None] = {}
        for name, _, reference in self.references.get(CONTEXT, []):
            if name not in missing.lacking:
                continue
            table = reference.table
            rows = [row for row in table.rows.values() if reference.row in (None, row.keys.get("name"))]
            known = [row for row in rows if row.cells[reference.column].value is not None]
            regions = sorted({str(row.keys["region"]) for row in known}) if "region" in table.keys else []
            years = sorted({str(row.keys["year"]) for row in known}) if "year" in table.keys else []
            shown = [say("line.regions", regions=", ".join(regions))] if regions else []
            shown += [say("line.years", years=", ".join(years))] if years else []
            where = f"{table.id}.{reference.column}" + (f"[{reference.row}]" if reference.row else "")
            hints[say("line.context", table=where, region=context.region, year=context.year, known="; ".join(shown))] = None
        return "".join(hints)

    def check_results(self, entry: Entry, results: Mapping[str, float], problems: list[str]) -> None:
        for name, value in results.items():
            if not -1e300 < value < 1e300:
                problems.append(f"{entry.place}: {name}: {say('line.not_finite')}")
        assert entry.program is not None and entry.line is not None
        for symbol in entry.program.derived:
            value = results[symbol.name] if symbol.name in results else entry.line.values[symbol.name]
            self.check_range(symbol, value, entry, problems, entry.line.values, results)

    def check_range(
        self, symbol: Symbol, value: float, entry: Entry, problems: list[str], values: Mapping[str, float], results: Mapping[str, float]
    ) -> None:  # fmt: skip
        """A value outside its range is an error of the input, with the range."""
        low = bound(symbol.low, values, results)
        high = bound(symbol.high, values, results)
        if (low is not None and value < low - 1e-12 * abs(low)) or (high is not None and value > high + 1e-12 * abs(high)):
            problems.append(f"{entry.place}: {out_of_range(symbol, value, low, high, entry.item_unit())}")

    # many entities ---------------------------------------------------------------------------------------------

    def run_batch(
        self, batch: Batch, contexts: tuple[list[Context], Column] | None, describe: Describe, faults: Faults | None = None
    ) -> dict[str, Column]:
        """Evaluate columns. ``describe(group, row)`` names a line in messages. Returns each output as a float64 column.

        Raises InputError with every line that lacks something; with ``faults`` given, they are collected there instead and
        the lines concerned are NaN. Columns are first taken to be complete, which costs nothing; only if a result is not a
        number are the lines sorted by what they bring.
        """
        available = {name: self.subs[name].run_sub(sub, batch.n, contexts, describe) for name, sub in batch.groups.items()}
        out = {name: np.empty(batch.n) for name in (*self.group.outputs, *self.group.wanted)}
        for trusting in (True, False):
            found = Faults()
            self.run_patterns(self.partition(batch, available, contexts, trusting), batch, out, contexts, found)
            if not found:
                return out
        if faults is None:
            raise InputError(found.messages(lambda row: describe(self.group, row)))
        faults.extend(found)
        for row in found.by_row():
            for column in out.values():
                column[row] = np.nan
        return out

    def run_patterns(
        self,
        patterns: Iterator[tuple[Pattern, Column | None]],
        batch: Batch,
        out: dict[str, Column],
        contexts: Any,
        faults: Faults,
    ) -> None:
        """Run each pattern's program on its lines."""
        for pattern, index in patterns:
            rows = np.arange(batch.n) if index is None else index
            try:
                line_program = self.program(pattern)
            except Missing as missing:
                text = say("line.missing", what=explain_missing(self.group, missing))
                context = contexts[0][int(contexts[1][rows[0]])] if contexts else Context()
                faults.add(rows, [text + self.context_hint(missing, context)] * len(rows))
                continue
            part = batch if index is None else batch.take(index)
            if line_program.context_inputs:
                codes = contexts[1][rows]
                part = Batch(part.n, dict(part.values), part.codes, part.groups)
                for name, route in line_program.context_inputs:
                    part.values[name] = np.array([self.context(c)[0].get((name, route), np.nan) for c in contexts[0]])[codes]
            self.run_part(line_program, part, out, index, rows, faults)

    def run_part(
        self, line_program: LineProgram, part: Batch, out: dict[str, Column], index: Column | None, rows: Column, faults: Faults
    ) -> None:
        targets = line_program.program.targets
        whole = slice(None) if index is None else index
        for name in set(out) - set(targets):
            out[name][whole] = np.nan
        length = part.n if index is None else len(next(iter(out.values())))
        scratch = {name: out[name] if name in out else np.empty(length) for name in targets}
        finite = arrays.run(line_program.program, part, scratch, index)
        for symbol in line_program.derived:
            column = scratch[symbol.name][whole] if symbol.name in scratch else part.values[symbol.name]
            low, high = (column_bound(limit, part, scratch, index) for limit in (symbol.low, symbol.high))
            outside = np.zeros(part.n, dtype=bool)
            if low is not None:
                outside |= column < low - 1e-12 * np.abs(low)
            if high is not None:
                outside |= column > high + 1e-12 * np.abs(high)
            where = np.flatnonzero(outside)
            faults.add(rows[where], [out_of_range(symbol, float(column[r]), _at(low, r), _at(high, r)) for r in where.tolist()])
        if not finite:
            for name in out.keys() & targets.keys():
                where = np.flatnonzero(~np.isfinite(scratch[name][whole]))
                faults.add(rows[where], [f"{name}: {say('line.not_finite')}"] * len(where))

    def run_sub(self, batch: Batch, parents: int, contexts: Any, describe: Describe) -> dict[str, Column]:
        """Evaluate sub-lines; say for each wanted symbol which parents have it on all of their sub-lines."""
        assert batch.parent is not None
        inner = None if contexts is None else (contexts[0], contexts[1][batch.parent])
        results = self.run_batch(batch, inner, describe)
        batch.values = {**batch.values, **results}
        count = np.bincount(batch.parent, minlength=parents)
        found = {"": count > 0}
        for name, column in results.items():
            missing = np.bincount(batch.parent, np.isnan(column), minlength=parents)
            found[name] = (count > 0) & (missing == 0)
        return found

    def partition(
        self, batch: Batch, available: Mapping[str, Mapping[str, Column]], contexts: Any, trusting: bool
    ) -> Iterator[tuple[Pattern, Column | None]]:  # fmt: skip
        """The patterns of a batch, each with the lines that have it (None: all of them).

        trusting: take columns without looking for gaps, where a gap is sure to show in the results.
        """
        if batch.n == 0:
            return
        keys: list[tuple[str, Any, Column]] = []  # (kind, detail, code per line)
        given: list[str] = []
        for name, column in batch.values.items():
            lacking = None if trusting and name not in self.compared else np.isnan(column)
            if lacking is None or not lacking.any():
                given.append(name)
            elif not lacking.all():
                keys.append(("given", name, (~lacking).astype(np.int64)))
        for axis in [ITEM, *sorted(self.choices)]:
            if axis in batch.codes:
                keys.append(("axis", axis, self.signature_codes(axis, batch.codes[axis])))
        if self.references.get(CONTEXT) and contexts is not None:
            keys.append(("context", None, contexts[1]))
        for name, found in available.items():
            for symbol, flags in found.items():
                keys.append(("group", (name, symbol), flags.astype(np.int64)))
        varying: list[tuple[str, Any, Column]] = []
        fixed: list[tuple[str, Any, Column]] = []
        for key in keys:
            (varying if key[2].strides != (0,) and (key[2] != key[2][0]).any() else fixed).append(key)
        if not varying:
            yield self.batch_pattern(given, [(k, d, int(c[0])) for k, d, c in fixed], contexts), None
            return
        combined = np.zeros(batch.n, dtype=np.int64)
        for _, _, codes in varying:
            combined = combined * (int(codes.max()) + 2) + (codes + 1)
        _, first, inverse = np.unique(combined, return_index=True, return_inverse=True)
        for number, sample in enumerate(first.tolist()):
            index = np.flatnonzero(inverse == number)
            yield self.batch_pattern(given, [(k, d, int(c[sample])) for k, d, c in (*fixed, *varying)], contexts), index

    def signature_codes(self, axis: str, codes: Column) -> Column:
        """A small code per line for what matters of its row: the option of a deciding choice, else the empty cells."""
        if axis in self.choices:
            return codes.astype(np.int64, copy=False)
        signatures: dict[Any, int] = {}
        by_row = np.array(
            [signatures.setdefault(self.row_signature(key), len(signatures)) for key in self.axis_rows[axis]], dtype=np.int64
        )
        if len(signatures) == 1:
            return np.broadcast_to(np.int64(0), codes.shape)
        return by_row[codes]

    def row_signature(self, key: str) -> tuple[str | None, frozenset[tuple[str, int]]]:
        """What of an item's row decides the way: its unit, where an alternative asks for one, and its empty cells."""
        assert self.group.items is not None
        return (self.group.items.rows[key].unit if self.unit_matters else None), self.closed_for(ITEM, key)

    def batch_pattern(self, given: list[str], details: Iterable[tuple[str, Any, int]], contexts: Any) -> Pattern:
        present: set[str] = set(given)
        closed: set[tuple[str, int]] = set()
        groups: dict[str, set[str]] = {}
        choices: dict[str, str] = {}
        unit = None
        table = self.group.items
        for kind, detail, code in details:
            if kind == "given" and code:
                present.add(detail)
            elif kind == "axis" and detail == ITEM and table is not None:
                rows = self.axis_rows[ITEM]
                signatures: dict[Any, int] = {}
                for key in rows:
                    if signatures.setdefault(self.row_signature(key), len(signatures)) == code:
                        unit, missing = self.row_signature(key)
                        closed |= missing
                        break
            elif kind == "axis" and code >= 0:
                choices[detail] = self.axis_rows[detail][code]
                present.add(detail)
            elif kind == "context":
                closed |= self.context(contexts[0][code])[1]
            elif kind == "group" and code:
                groups.setdefault(detail[0], set()).update({detail[1]} - {""})
        if self.references.get(CONTEXT) and contexts is None:
            closed |= {(name, index) for name, index, _ in self.references[CONTEXT]}
        for name in self.choices:
            default = self.group.symbols[name].default_option
            if name not in choices and default is not None:
                choices[name] = default
            if name in self.references:
                closed |= self.closed_for(name, choices.get(name))
        return Pattern(
            frozenset(present),
            frozenset(choices.items()),
            frozenset(closed),
            unit,
            frozenset((name, frozenset(symbols)) for name, symbols in groups.items()),
        )


def cell_value(symbol: Symbol, table: Table, column: str, row: Row, placeholder: str | None) -> float | None:
    """A table cell in the symbol's unit. Raises FileError where the dimensions differ."""
    cell = row.cells[column]
    if cell.value is None:
        return None
    from fractions import Fraction

    from carbonacct.units import parse_unit

    unit = table.column_unit(column, row)
    wanted = substitute(symbol.unit, placeholder, parse_unit(row.unit)) if placeholder and row.unit else symbol.unit
    if unit.dims != wanted.dims:
        raise FileError(
            [
                say(
                    "table.dimension",
                    table=table.id,
                    row=row.key,
                    column=column,
                    unit=unit.text,
                    symbol=symbol.name,
                    expected=wanted.text,
                )
            ]
        )
    factor = unit.scale / wanted.scale
    return cell.value if factor == 1 else float(Fraction(repr(cell.value)) * factor)


def bound(limit: float | str | None, values: Mapping[str, float], results: Mapping[str, float]) -> float | None:
    if isinstance(limit, str):
        return values.get(limit, results.get(limit))
    return limit


def column_bound(limit: float | str | None, batch: Batch, results: Mapping[str, Column], index: Column | None) -> Any:
    if not isinstance(limit, str):
        return limit
    if limit in batch.values:
        return batch.values[limit]
    column = results.get(limit)
    return column if column is None or index is None else column[index]


def _at(limit: Any, row: int) -> float | None:
    return None if limit is None else float(limit[row]) if np.ndim(limit) else float(limit)


def out_of_range(symbol: Symbol, value: float, low: float | None, high: float | None, unit: str | None = None) -> str:
    """The message for a value outside its range, with the likely slip. ``unit``: the item's unit, where it is known."""
    from carbonacct.values import number

    shown = symbol.units_by_item.get(unit or "", symbol.unit_text)
    if unit and symbol.unit.generic and not symbol.units_by_item:
        shown = shown.replace(symbol.unit.generic, unit)
    text = say(
        "line.range",
        symbol=symbol.name,
        value=number(value),
        low="-∞" if low is None else number(low),
        high="∞" if high is None else number(high),
        unit="" if shown == "1" else f" {shown}",
    )
    if high == 1 and symbol.unit_text == "1" and 1 < value <= 100:
        text += say("hint.percent", value=number(value))
    return text


class Plan:
    """The runtime of a compiled methodology."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.streams = {key: GroupPlan(compiled, group) for key, group in compiled.streams.items()}
