"""Many entities from data frames: columns in, one row per entity out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import narwhals as nw
import numpy as np

from carbonacct.engine.arrays import Batch
from carbonacct.engine.compile import ITEM, Compiled, Symbol, gas_name
from carbonacct.engine.evaluate import evaluate
from carbonacct.engine.inputs import quantity
from carbonacct.engine.plan import Context, GroupPlan, Plan, out_of_range
from carbonacct.engine.program import ARRAY_OPS
from carbonacct.engine.result import CO2E, SIGN, to_tonnes
from carbonacct.errors import InputError, NotFoundError, UnitError
from carbonacct.expressions.tree import Name, names
from carbonacct.messages import say
from carbonacct.units import did_you_mean, nearest

if TYPE_CHECKING:
    from carbonacct.engine.result import Result
    from carbonacct.methodology import Methodology

Column: TypeAlias = "np.ndarray[Any, Any]"
Frame: TypeAlias = "nw.DataFrame[Any]"
LINE = "line"


@dataclass
class StreamLines:
    """The lines of one stream: its batch, the entity and context of each line, and its outputs."""

    plan: GroupPlan
    batch: Batch
    entity: Column
    outputs: dict[str, Column]
    frame: Frame


class FrameResult:
    """Results of many entities. ``totals``, ``by_gas`` and ``by_stream`` are frames of the caller's library."""

    def __init__(
        self,
        methodology: Methodology,
        plan: Plan,
        by: tuple[str, ...],
        keys: dict[str, list[Any]],
        streams: dict[str, StreamLines],
        options: Mapping[str, Any],
    ) -> None:
        self.methodology = methodology
        self.plan = plan
        self.compiled: Compiled = plan.compiled
        self.by = by
        self.keys = keys
        self.count = len(next(iter(keys.values()))) if keys else 0
        self.streams = streams
        self.options = options
        self._sums: dict[tuple[str, str], Column] = {}

    # sums by entity --------------------------------------------------------------------------------------------

    def output(self, stream: str, output: str) -> Column:
        """An output summed by entity, in its declared unit; zero where the stream is absent."""
        key = (stream, output)
        if key not in self._sums:
            lines = self.streams.get(stream)
            self._sums[key] = (
                np.zeros(self.count) if lines is None else np.bincount(lines.entity, lines.outputs[output], minlength=self.count)
            )
        return self._sums[key]

    def gases(self, stream: str) -> dict[str, Column]:
        """Tonnes of each gas by entity."""
        group = self.compiled.streams[stream]
        found: dict[str, Column] = {}
        for output in group.outputs:
            if "{" not in output:
                factor = to_tonnes(group.symbols[output].unit.text, output)
                column = self.output(stream, output)
                found[output] = found.get(output, 0.0) + (column if factor == 1 else column * factor)
            elif stream in self.streams:
                for gas, column in self._item_gases(self.streams[stream], output).items():
                    found[gas] = found.get(gas, 0.0) + column
        return found

    def _item_gases(self, lines: StreamLines, output: str) -> dict[str, Column]:
        from carbonacct.engine.inputs import concrete_unit

        group = lines.plan.group
        assert group.items is not None
        rows = list(group.items.rows.values())
        gases = [row.gas or row.key.split("@")[0] for row in rows]
        factor = np.array(
            [
                to_tonnes(concrete_unit(group.symbols[output], group.placeholder, row.unit).text, gas)
                for row, gas in zip(rows, gases, strict=True)
            ]
        )
        codes = lines.batch.codes[ITEM]
        tonnes = lines.outputs[output] * factor[codes]
        found = {}
        for gas in dict.fromkeys(gases[code] for code in np.unique(codes).tolist()):
            mask = np.array([g == gas for g in gases])[codes]
            found[gas] = np.bincount(lines.entity[mask], tonnes[mask], minlength=self.count)
        return found

    def co2e_of(self, stream: str) -> Column:
        """tCO2e of a stream by entity, unsigned."""
        total = np.zeros(self.count)
        for gas, amount in self.gases(stream).items():
            constant = self.compiled.constants.get(f"GWP_{gas_name(gas)}")
            if gas in CO2E:
                total = total + amount
            elif constant is not None and constant.value is not None:
                total = total + amount * float(constant.value)
            elif np.any(amount) and (constant is not None or gas not in self.compiled.streams[stream].outputs):
                raise InputError([say("total.no_gwp", names=f"GWP_{gas_name(gas)}", sets=", ".join(self.compiled.gwp))])
        return total

    @cached_property
    def total_columns(self) -> dict[str, Column]:
        """Each total by entity."""
        values: dict[str, Column] = {}

        def leaf(name: Name) -> Any:
            if name.base is not None:
                if name.name == "CO2e":
                    return self.co2e_of(name.base)
                output = next(o for o in self.compiled.streams[name.base].outputs if gas_name(o) == name.name)
                return self.output(name.base, output)
            if name.name in values:
                return values[name.name]
            constant = self.compiled.constants[name.name].value
            return float("nan") if constant is None else float(constant)

        for key, total in self.compiled.totals.items():
            with np.errstate(divide="ignore", invalid="ignore"):
                column = np.broadcast_to(np.asarray(evaluate(total.node, leaf, ops=ARRAY_OPS), dtype=np.float64), (self.count,))
            if not np.isfinite(column).all():
                missing = [
                    n.name
                    for n in names(total.node)
                    if n.name in self.compiled.constants and self.compiled.constants[n.name].value is None
                ]
                if not missing:
                    raise InputError([f"{key}: {say('line.zero_division')}"])
                raise InputError([say("total.no_gwp", names=", ".join(missing), sets=", ".join(self.compiled.gwp))])
            values[key] = column
        return values

    # frames ----------------------------------------------------------------------------------------------------

    def _frame(self, columns: Mapping[str, Column]) -> Any:
        backend: Any = next(iter(self.streams.values())).frame.implementation if self.streams else "pandas"
        data = {**self.keys, **columns}
        return nw.from_dict(data, backend=backend).to_native()

    @cached_property
    def totals(self) -> Any:
        """One row per entity: the ``by`` columns and each total in its unit."""
        return self._frame(self.total_columns)

    @cached_property
    def by_gas(self) -> Any:
        """One row per entity: tonnes of each gas, deductions subtracted."""
        found: dict[str, Column] = {}
        for stream, group in self.compiled.streams.items():
            if SIGN[group.scope]:
                for gas, amount in self.gases(stream).items():
                    found[gas] = found.get(gas, 0.0) + SIGN[group.scope] * amount
        return self._frame(found)

    @cached_property
    def by_stream(self) -> Any:
        """One row per entity: tCO2e of each stream, deductions negative."""
        return self._frame({s: (SIGN[g.scope] or 1.0) * self.co2e_of(s) for s, g in self.compiled.streams.items()})

    def lines(self, stream: str) -> Any:
        """The stream's frame with a column for each output."""
        lines = self.streams[stream]
        columns = [nw.new_series(name, column, backend=lines.frame.implementation) for name, column in lines.outputs.items()]
        return lines.frame.with_columns(*columns).to_native()

    def entity(self, *key: Any) -> Result:
        """One entity calculated on its own, from the same rows: to explain, audit or report."""
        match = [i for i, values in enumerate(zip(*self.keys.values(), strict=True)) if values == key]
        if not match:
            raise NotFoundError(say("frame.no_entity", key=", ".join(map(str, key))))
        inputs, context = {}, Context(self.options["region"], self.options["year"])
        for stream, lines in self.streams.items():
            rows = np.flatnonzero(lines.entity == match[0]).tolist()
            if rows:
                inputs[stream] = [_mapping(lines.plan, lines.batch, row) for row in rows]
                context = _row_context(lines.frame, rows[0], context)
        return self.methodology.calculate(
            inputs,
            region=context.region,
            period=context.year,
            gwp=self.compiled.gwp,
            tables=self.options["tables"],
            entity=", ".join(map(str, key)),
        )

    def explain(self, *key: Any, target: str = "E") -> Any:
        """The explanation of one entity's total, stream, line or symbol."""
        return self.entity(*key).explain(target)


def _row_context(frame: Frame, row: int, context: Context) -> Context:
    region = frame["region"][row] if "region" in frame.columns else context.region
    year = frame["period"][row] if "period" in frame.columns else context.year
    return Context(region, year)


def _mapping(plan: GroupPlan, batch: Batch, row: int) -> dict[str, Any]:
    """A line as calculate() takes it."""
    group = plan.group
    line: dict[str, Any] = {}
    if group.item and ITEM in batch.codes:
        line[group.item] = plan.axis_rows[ITEM][int(batch.codes[ITEM][row])]
    for name, column in batch.values.items():
        if not np.isnan(column[row]):
            line[name] = float(column[row])
    for axis, codes in batch.codes.items():
        if axis != ITEM and codes[row] >= 0:
            line[axis] = plan.axis_rows[axis][int(codes[row])]
    for name, sub in batch.groups.items():
        assert sub.parent is not None
        rows = np.flatnonzero(sub.parent == row).tolist()
        if rows:
            line[name] = [_mapping(plan.subs[name], sub, r) for r in rows]
    return line


class _Reader:
    def __init__(self, plan: Plan, frames: Mapping[str, Any], by: tuple[str, ...], region: str | None, year: int | None) -> None:
        self.plan = plan
        self.by = by
        self.context = Context(region, year)
        self.problems: list[str] = []
        self.frames: dict[str, Frame] = {}
        for name, native in frames.items():
            frame = nw.from_native(native)
            self.frames[name] = frame.collect() if isinstance(frame, nw.LazyFrame) else frame

    def problem(self, text: str) -> None:
        self.problems.append(text)

    def entities(self) -> tuple[dict[str, Column], dict[str, list[Any]]]:
        """The entity number of every line of each stream, and the keys of the entities in order of appearance."""
        numbers: dict[tuple[Any, ...], int] = {}
        codes: dict[str, Column] = {}
        for name, frame in self.frames.items():
            if "." in name:
                continue
            missing = [column for column in self.by if column not in frame.columns]
            if missing:
                self.problem(f"{name}: {say('frame.no_column', column=', '.join(missing))}")
                continue
            local, uniques = factorize_rows([frame[column] for column in self.by])
            mapping = np.array([numbers.setdefault(key, len(numbers)) for key in uniques], dtype=np.intp)
            same = len(mapping) == 0 or bool((mapping == np.arange(len(mapping))).all())
            codes[name] = local if same else mapping[local]
        keys = list(numbers)
        return codes, {column: [key[i] for key in keys] for i, column in enumerate(self.by)}

    def batch(self, name: str, plan: GroupPlan, parent_count: int | None = None) -> Batch:
        frame, group = self.frames[name], plan.group
        known = {
            *self.by,
            "region",
            "period",
            *group.symbols,
            *([group.item] if group.item else []),
            *([LINE] if parent_count is not None else []),
        }
        for column in frame.columns:
            if column not in known:
                self.problem(f"{name}: {say('frame.unknown_column', column=column)}" + did_you_mean(column, known))
        count = len(frame)
        codes: dict[str, Column] = {}
        if group.items is not None:
            codes[ITEM] = self.item_codes(name, frame, plan)
        values: dict[str, Column] = {}
        for column in frame.columns:
            symbol = group.symbols.get(column)
            if symbol is None or symbol.is_output:
                continue
            if symbol.kind == "choice":
                codes[column] = self.option_codes(name, frame, plan, symbol)
            else:
                values[column] = self.numbers(name, frame, plan, symbol, codes.get(ITEM))
        parent = None
        if parent_count is not None:
            parent = frame[LINE].to_numpy().astype(np.intp) if LINE in frame.columns else np.zeros(0, dtype=np.intp)
            if len(parent) != count or (count and (parent.min() < 0 or parent.max() >= parent_count)):
                self.problem(f"{name}: {say('frame.line_column', count=parent_count)}")
                parent = np.zeros(count, dtype=np.intp)
        groups = {
            sub: self.batch(f"{name}.{sub}", plan.subs[sub], count) for sub in group.groups if f"{name}.{sub}" in self.frames
        }
        return Batch(count, values, codes, groups, parent)

    def item_codes(self, name: str, frame: Frame, plan: GroupPlan) -> Column:
        group = plan.group
        assert group.items is not None and group.item is not None
        if group.item not in frame.columns:
            self.problem(f"{name}: {say('frame.no_column', column=group.item)}")
            return np.zeros(len(frame), dtype=np.intp)
        return self.key_codes(
            name,
            frame[group.item],
            group.items.find,
            plan.codes[ITEM],
            "input.unknown_item",
            {"table": group.items.id},
            group.items.suggestion,
        )

    def option_codes(self, name: str, frame: Frame, plan: GroupPlan, symbol: Symbol) -> Column:
        return self.key_codes(
            f"{name}.{symbol.name}", frame[symbol.name], symbol.option, plan.codes[symbol.name], "input.unknown_option",
            {"options": ", ".join(symbol.options)}, lambda n: nearest(n, symbol.options), empty=symbol.default_option,
        )  # fmt: skip

    def key_codes(
        self, place: str, series: Any, find: Callable[[str], str | None], codes: Mapping[str, int], message: str, words: Mapping[str, str],
        suggest: Callable[[str], str | None], empty: str | None = None,
    ) -> Column:  # fmt: skip
        local, uniques = factorize(series)
        lookup = []
        unknown = [number for number, value in enumerate(uniques) if (empty if value is None else find(str(value))) is None]
        used = set(np.unique(local).tolist()) if unknown else set()
        for number, value in enumerate(uniques):
            key = empty if value is None else find(str(value))
            if key is None and number in used:
                hint = suggest(str(value))
                self.problem(f"{place}: {say(message, name=value, **words)}" + (say("hint.nearest", name=hint) if hint else ""))
            lookup.append(codes.get(key, 0) if key is not None else 0)
        table = np.array(lookup, dtype=np.intp)
        if len(table) and (table == np.arange(len(table))).all():
            return local
        return table[local] if len(table) else local

    def numbers(self, name: str, frame: Frame, plan: GroupPlan, symbol: Symbol, items: Column | None) -> Column:
        series = frame[symbol.name]
        place = f"{name}.{symbol.name}"
        if series.dtype.is_numeric():
            native = series.to_numpy()
            column = native if native.dtype == np.float64 and native.flags.c_contiguous else native.astype(np.float64)
        else:
            column = self.parsed(place, series.to_list(), plan, symbol, items)
        if len(column):
            low, high = column.min(), column.max() if symbol.high is not None else None
            if low != low:
                with np.errstate(all="ignore"):
                    low, high = np.fmin.reduce(column), np.fmax.reduce(column)
            self.check_range(place, symbol, column, low, high)
        return column

    def check_range(self, place: str, symbol: Symbol, column: Column, low: Any, high: Any) -> None:
        below = isinstance(symbol.low, float) and low < symbol.low
        above = isinstance(symbol.high, float) and high is not None and high > symbol.high
        infinite = (not np.isfinite(low) and low == low) or (high is not None and np.isposinf(high))
        if not (below or above or infinite):
            return
        bad = np.isinf(column)
        if isinstance(symbol.low, float):
            bad |= column < symbol.low
        if isinstance(symbol.high, float):
            bad |= column > symbol.high
        rows = np.flatnonzero(bad)
        for row in rows[:20].tolist():
            lowest = symbol.low if isinstance(symbol.low, float) else None
            highest = symbol.high if isinstance(symbol.high, float) else None
            self.problem(f"{place}[{row}]: {out_of_range(symbol, float(column[row]), lowest, highest)}")
        if len(rows) > 20:
            self.problem(say("batch.more", count=len(rows) - 20))

    def parsed(self, place: str, texts: list[Any], plan: GroupPlan, symbol: Symbol, items: Column | None) -> Column:
        """A column of texts with units (or of mixed values); each distinct one is read once."""
        column = np.full(len(texts), np.nan)
        cache: dict[tuple[Any, str | None], float] = {}
        for row, raw in enumerate(texts):
            if raw is None or raw != raw:
                continue
            unit = None
            if items is not None and plan.group.items is not None:
                unit = plan.group.items.rows[plan.axis_rows[ITEM][int(items[row])]].unit
            key = (raw, unit)
            if key not in cache:
                try:
                    cache[key] = quantity(raw, symbol, plan.group.placeholder, unit)
                except UnitError as error:
                    self.problem(f"{place}[{row}]: {error}")
                    cache[key] = float("nan")
            column[row] = cache[key]
        return column

    def contexts(self, name: str) -> tuple[list[Context], Column]:
        frame = self.frames[name]
        columns = [frame[c] for c in ("region", "period") if c in frame.columns]
        if not columns:
            return [self.context], np.zeros(len(frame), dtype=np.intp)
        from carbonacct.methodology import find_region, find_year

        local, uniques = factorize_rows(columns)
        found = []
        for values in uniques:
            given = dict(zip([c for c in ("region", "period") if c in frame.columns], values, strict=True))
            region = find_region(given["region"], self.problems) if given.get("region") else self.context.region
            year = find_year(given["period"], self.problems) if given.get("period") else self.context.year
            found.append(Context(region, year))
        return found, local


def factorize(series: Any) -> tuple[Column, list[Any]]:
    """Codes and distinct values of a column; an empty cell is None. Categoricals and small integers cost no hashing."""
    import pandas as pd

    native = series.to_native()
    if isinstance(native, pd.Series) and isinstance(native.dtype, pd.CategoricalDtype):
        return _with_gap(native.cat.codes.to_numpy(), native.cat.categories.tolist())
    if series.dtype == nw.Categorical and hasattr(native, "to_physical"):
        distinct = series.drop_nulls().unique()
        physical = distinct.to_native().to_physical().to_numpy()
        position = np.zeros(int(physical.max(initial=0)) + 1, dtype=np.intp)
        position[physical] = np.arange(len(physical))
        codes = np.where(series.is_null().to_numpy(), -1, position[native.to_physical().fill_null(0).to_numpy()])
        return _with_gap(codes, distinct.to_list())
    values = series.to_numpy()
    if values.dtype.kind in "iu" and len(values):
        low, high = int(values.min()), int(values.max())
        if high - low <= max(len(values), 1000):
            codes = values if low == 0 and values.dtype == np.intp else (values - low).astype(np.intp, copy=False)
            used = np.bincount(codes, minlength=high - low + 1) > 0
            if used.all():
                return codes, list(range(low, high + 1))
            return (np.cumsum(used) - 1)[codes], (np.flatnonzero(used) + low).tolist()
    codes, uniques = pd.factorize(native if isinstance(native, pd.Series) else values, use_na_sentinel=True)
    return _with_gap(codes, uniques.tolist() if hasattr(uniques, "tolist") else list(uniques))


def _with_gap(codes: Column, values: list[Any]) -> tuple[Column, list[Any]]:
    """Codes where -1 stands for an empty cell, with None as a value of its own."""
    if len(codes) and codes.min() < 0:
        return np.where(codes < 0, len(values), codes.astype(np.intp)), [*values, None]
    return codes, values


def factorize_rows(columns: list[Any]) -> tuple[Column, list[tuple[Any, ...]]]:
    """Codes and distinct tuples over several columns."""
    import pandas as pd

    codes, uniques = factorize(columns[0])
    keys: list[tuple[Any, ...]] = [(value,) for value in uniques]
    for column in columns[1:]:
        more, values = factorize(column)
        codes, combined = pd.factorize(codes.astype(np.intp) * max(len(values), 1) + more)
        keys = [(*keys[int(c) // len(values)], values[int(c) % len(values)]) for c in combined.tolist()]
    return codes, keys


def calculate_frame(
    methodology: Methodology,
    plan: Plan,
    frames: Mapping[str, Any],
    by: tuple[str, ...],
    region: str | None,
    period: Any,
    tables: Mapping[str, str],
) -> FrameResult:
    """Read the frames, run each stream's batch, sum by entity. Raises InputError with all the problems found."""
    from carbonacct.methodology import make_context

    problems: list[str] = []
    context = make_context(region, period, problems)
    for name in frames:
        first, *rest = name.split(".")
        known: Any = plan.streams.get(first)
        for part in rest:
            known = known.subs.get(part) if known else None
        if known is None:
            problems.append(say("input.unknown_stream", name=name) + did_you_mean(name, plan.streams))
    if problems:
        raise InputError(problems)
    reader = _Reader(plan, frames, by, context.region, context.year)
    entities, keys = reader.entities()
    streams: dict[str, StreamLines] = {}
    batches = {name: reader.batch(name, plan.streams[name]) for name in entities}
    contexts = {name: reader.contexts(name) for name in entities}
    if reader.problems:
        raise InputError(reader.problems)
    for name, batch in batches.items():
        group_plan = plan.streams[name]
        outputs = group_plan.run_batch(batch, contexts[name], lambda group, row: f"{group.path}[{row}]")
        streams[name] = StreamLines(group_plan, batch, entities[name], outputs, reader.frames[name])
    options = {"region": context.region, "year": context.year, "tables": dict(tables)}
    return FrameResult(methodology, plan, by, keys, streams, options)
