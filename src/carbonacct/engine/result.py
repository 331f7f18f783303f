"""The result of a calculation for one entity."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carbonacct.engine.compile import Compiled, Group, gas_name
from carbonacct.engine.evaluate import evaluate
from carbonacct.engine.inputs import concrete_unit
from carbonacct.engine.plan import Context, Custom, Entry
from carbonacct.engine.resolve import GIVEN
from carbonacct.errors import InputError
from carbonacct.expressions.tree import Name
from carbonacct.messages import say
from carbonacct.schema.tables import Row
from carbonacct.units import did_you_mean, parse_unit
from carbonacct.values import Value

if TYPE_CHECKING:
    import pandas as pd

    from carbonacct.engine.trace import Explanation, Tracer
    from carbonacct.methodology import Methodology

SIGN = {"direct": 1.0, "indirect": 1.0, "deduction": -1.0, "memo": 0.0, "benefit": 1.0}
CO2E = ("CO2e", "co2e")  # outputs that are CO2e already


class Totals(dict[str, Value]):
    """Totals by key; the text's own symbol (``E_CO2``) finds them too."""

    def __init__(self, values: Mapping[str, Value], symbols: Mapping[str, str]) -> None:
        super().__init__(values)
        self.symbols = dict(symbols)

    def __missing__(self, key: str) -> Value:
        if key in self.symbols:
            return self[self.symbols[key]]
        from carbonacct.errors import NotFoundError

        raise NotFoundError(say("total.unknown", name=key) + did_you_mean(key, [*self, *self.symbols]))


class Result:
    """Totals, gases and streams of one entity, with the means to explain each number.

    totals: by key, in the total's unit. by_gas: tonnes of each gas, deductions subtracted. by_stream: tCO2e of each
    stream. co2e: their sum. warnings: what was assumed, left out or not used.
    """

    def __init__(
        self,
        methodology: Methodology,
        compiled: Compiled,
        context: Context,
        entries: dict[str, list[Entry]],
        meta: Mapping[str, Any],
    ) -> None:
        self.methodology = methodology
        self.compiled = compiled
        self.context = context
        self.entries = entries
        self.meta = dict(meta)
        self._outputs = {
            stream: {output: sum_lines([entry.results[output] for entry in entries.get(stream, ())]) for output in group.outputs}
            for stream, group in compiled.streams.items()
        }
        self.totals = self._totals()

    # numbers ---------------------------------------------------------------------------------------------------

    def _totals(self) -> Totals:
        values: dict[str, float] = {}
        constants = self.compiled.constants

        def leaf(name: Name) -> float:
            if name.base is not None:
                return self._co2e(name.base) if name.name == "CO2e" else self._output(name.base, name.name)
            if name.name in values:
                return values[name.name]
            constant = constants[name.name].value
            return float("nan") if constant is None else float(constant)

        problems = []
        for key, total in self.compiled.totals.items():
            try:
                values[key] = evaluate(total.node, leaf)
            except ZeroDivisionError:
                values[key] = float("nan")
                problems.append(f"{key}: {say('line.zero_division')}")
                continue
            if values[key] != values[key]:
                missing = [
                    n.name
                    for n in _names(total.node)
                    if n.base is None and n.name in constants and constants[n.name].value is None
                ]
                amounts = self._amount_behind(missing)
                if amounts == 0:
                    values[key] = evaluate(total.node, lambda n, m=missing: 0.0 if n.base is None and n.name in m else leaf(n))  # type: ignore[misc]
                else:
                    problems.append(say("total.no_gwp", names=", ".join(missing), sets=", ".join(self.compiled.gwp)))
        if problems:
            raise InputError(problems)
        symbols = {t.symbol: k for k, t in self.compiled.totals.items() if t.symbol}
        return Totals({k: Value(v, self.compiled.totals[k].unit.text) for k, v in values.items()}, symbols)

    def _amount_behind(self, missing: list[str]) -> float:
        gases = {name.removeprefix("GWP_") for name in missing}
        return sum(abs(amount) for outputs in self._outputs.values() for gas, amount in outputs.items() if gas_name(gas) in gases)

    def _output(self, stream: str, name: str) -> float:
        for output, value in self._outputs[stream].items():
            if gas_name(output) == name:
                return value
        raise AssertionError(name)

    def _gases(self, stream: str) -> dict[str, float]:
        """Tonnes of each gas that a stream gives, unsigned."""
        return gases_of(self.compiled.streams[stream], self._outputs[stream], self.entries.get(stream, ()))

    def _co2e(self, stream: str) -> float:
        total, problems = 0.0, []
        for gas, amount in self._gases(stream).items():
            constant = self.compiled.constants.get(f"GWP_{gas_name(gas)}")
            if gas in CO2E:
                total += amount
            elif constant is not None and constant.value is not None:
                total += amount * float(constant.value)
            elif amount and (constant is not None or gas not in self.compiled.streams[stream].outputs):
                problems.append(say("total.no_gwp", names=f"GWP_{gas_name(gas)}", sets=", ".join(self.compiled.gwp)))
        if problems:
            raise InputError(problems)
        return total

    def output(self, stream: str, output: str | None) -> Value:
        """The sum of an output over a stream's lines; ``CO2e`` or None weighs all of its gases."""
        if output is None or output == "CO2e":
            return Value(self._co2e(stream), "tCO2e")
        name = gas_name(output)
        group = self.compiled.streams[stream]
        key = next(o for o in group.outputs if gas_name(o) == name)
        return Value(self._output(stream, name), group.symbols[key].unit.text)

    @cached_property
    def by_gas(self) -> dict[str, Value]:
        """Tonnes of each gas over all streams; deductions are subtracted."""
        found: dict[str, float] = {}
        for stream, group in self.compiled.streams.items():
            if SIGN[group.scope]:
                for gas, amount in self._gases(stream).items():
                    found[gas] = found.get(gas, 0.0) + SIGN[group.scope] * amount
        return {gas: Value(amount, self._gas_unit(gas)) for gas, amount in found.items()}

    def _gas_unit(self, gas: str) -> str:
        """Tonnes of a gas; an indicator keeps the unit of its output."""
        unit = next((g.symbols[gas].unit.text for g in self.compiled.streams.values() if gas in g.outputs), f"t{gas_name(gas)}")
        return f"t{parse_unit(unit).dims[0][0]}" if to_tonnes(unit, gas) != 1.0 else unit

    @cached_property
    def by_stream(self) -> dict[str, Value]:
        """tCO2e of each stream; deductions are negative."""
        return {
            stream: Value((SIGN[group.scope] or 1.0) * self._co2e(stream) + 0.0, "tCO2e")
            for stream, group in self.compiled.streams.items()
        }

    @cached_property
    def co2e(self) -> Value:
        """All gases weighted by GWP, deductions subtracted, memo items left out."""
        return Value(sum_lines([self.by_stream[s] for s, g in self.compiled.streams.items() if SIGN[g.scope]]), "tCO2e")

    @cached_property
    def streams(self) -> dict[str, dict[str, Any]]:
        """Each stream's outputs and lines, as in the JSON form."""
        return {stream: self._stream(stream, group) for stream, group in self.compiled.streams.items()}

    def _stream(self, stream: str, group: Group) -> dict[str, Any]:
        lines = []
        for entry in self.entries.get(stream, ()):
            line: dict[str, Any] = {}
            if group.item:
                line[group.item] = entry.item.name if isinstance(entry.item, Custom) else entry.item
            if entry.label:
                line["label"] = entry.label
            line["outputs"] = {gas: _plain(value, unit) for gas, value, unit in line_outputs(group, entry)}
            lines.append(line)
        if any("{" in output for output in group.outputs):
            outputs = {gas: _plain(amount, f"t{gas_name(gas)}") for gas, amount in self._gases(stream).items()}
        else:
            outputs = {name: _plain(value, group.symbols[name].unit.text) for name, value in self._outputs[stream].items()}
        category = self.compiled.model.streams[stream].category
        return {"outputs": outputs, "lines": lines} | ({"category": category.model_dump()} if category else {})

    # what was assumed ------------------------------------------------------------------------------------------

    @property
    def warnings(self) -> list[str]:
        """Streams not given, defaults used, inputs without effect, doubtful rows: nothing is assumed silently."""
        found: list[str] = list(self.meta.get("warnings", ()))
        for stream in self.compiled.streams:
            if not self.entries.get(stream):
                found.append(say("warning.absent", stream=stream))
        for entries in self.entries.values():
            for entry in entries:
                self._entry_warnings(entry, found)
        return list(dict.fromkeys(found))

    def _entry_warnings(self, entry: Entry, found: list[str]) -> None:
        assert entry.program is not None
        group, resolution = entry.group.group, entry.program.program.resolution
        used = entry.program.used
        defaults = [name for name, route in resolution.route.items() if name in used and route != GIVEN and group.symbols[name].kind != "choice"
                    and group.symbols[name].routes[route].node is None]  # fmt: skip
        chosen = [name for name in entry.group.choices if name in used and name not in entry.choices]
        if defaults or chosen:
            found.append(say("warning.defaults", place=entry.place, symbols=", ".join([*defaults, *chosen])))
        if group.scope == "benefit":
            negative = [name for name in group.outputs if entry.results[name] < 0]
            found.extend(say("warning.negative", place=entry.place, output=name) for name in negative)
        unused = [name for name in (*entry.values, *entry.choices, *entry.groups) if name not in used]
        if unused:
            found.append(say("warning.unused", place=entry.place, symbols=", ".join(unused)))
        row = entry.row
        if row:
            notes: dict[str, list[str]] = {}
            for name in defaults:
                reference = group.symbols[name].routes[resolution.route[name]].reference
                if reference and reference.table is group.items and (note := row.cells[reference.column].note):
                    notes.setdefault(note, []).append(name)
            found.extend(
                say("warning.note", place=entry.place, symbol=", ".join(names), note=note) for note, names in notes.items()
            )
            self._range_warnings(entry, row, found)
        for subs in entry.groups.values():
            for sub in subs:
                self._entry_warnings(sub, found)

    def _range_warnings(self, entry: Entry, row: Row, found: list[str]) -> None:
        """Given values outside the range that the text prints for the row."""
        group = entry.group.group
        for name, value in entry.values.items():
            symbol = group.symbols[name]
            for route in symbol.routes:
                if (
                    route.reference is None
                    or route.reference.table is not group.items
                    or route.reference.column not in row.ranges
                ):
                    continue
                unit = group.items.column_unit(route.reference.column, row)
                low, high = row.ranges[route.reference.column]
                shown = value * float(concrete_unit(symbol, group.placeholder, row.unit).factor_to(unit))
                if (low is not None and shown < low) or (high is not None and shown > high):
                    found.append(
                        say(
                            "warning.range",
                            place=entry.place,
                            symbol=name,
                            value=f"{shown:g}",
                            low=low,
                            high=high,
                            unit=unit.text,
                        )
                    )

    # forms -----------------------------------------------------------------------------------------------------

    @cached_property
    def _tracer(self) -> Tracer:
        from carbonacct.engine.trace import Tracer

        return Tracer(self)

    def explain(self, target: str = "E") -> Explanation:
        """The tree behind a total, stream, line or symbol (``E``, ``kiln``, ``kiln[0]``, ``kiln[0].AD``)."""
        return self._tracer.explain(target)

    def value(self, target: str) -> Value:
        """The value of anything :meth:`explain` can explain."""
        return self._tracer.value(target)

    @property
    def fingerprint(self) -> str:
        """A hash of the rules this result rests on: the methodology and every factor table and constant it may use."""
        from carbonacct.engine.record import fingerprint

        return fingerprint(self.compiled)

    def record(self) -> dict[str, Any]:
        """All that is needed to calculate this result again, bit by bit, whatever the factor tables say by then."""
        from carbonacct.engine.record import record

        return record(self)

    @property
    def changed(self) -> bool:
        """For a replayed result: whether the methodology or a factor has changed since it was recorded."""
        return bool(self.meta.get("fingerprint")) and self.meta["fingerprint"] != self.meta.get("current")

    def audit(self) -> pd.DataFrame:
        """Every value used with its source and evidence, weakest first."""
        from carbonacct.reporting.audit import audit_frame

        return audit_frame(self)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form (design: ``calc --json``)."""
        return {
            "methodology": self.methodology.id,
            "version": self.methodology.version,
            "entity": self.meta.get("entity"),
            "period": self.meta.get("period"),
            "region": self.context.region,
            "gwp": list(self.compiled.gwp),
            "fingerprint": self.fingerprint,
            "totals": {key: _plain(value, value.unit) for key, value in self.totals.items()},
            "co2e": _plain(self.co2e, "tCO2e"),
            "by_gas": {gas: _plain(value, value.unit) for gas, value in self.by_gas.items()},
            "by_stream": {stream: _plain(value, value.unit) for stream, value in self.by_stream.items()},
            "streams": self.streams,
            "warnings": self.warnings,
        }

    def to_json(self, indent: int | None = 2) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent, allow_nan=False)

    def to_frame(self) -> pd.DataFrame:
        """One row per line and gas: stream, line, item, gas, value, unit, tCO2e."""
        import pandas as pd

        rows = []
        for stream, group in self.compiled.streams.items():
            for number, entry in enumerate(self.entries.get(stream, ())):
                for gas, value, unit in line_outputs(group, entry):
                    weight = self.compiled.constants.get(f"GWP_{gas_name(gas)}")
                    tonnes = value * to_tonnes(unit, gas)
                    factor = 1.0 if gas in CO2E else float(weight.value) if weight and weight.value is not None else float("nan")
                    item = entry.item.name if isinstance(entry.item, Custom) else entry.item
                    rows.append((stream, number, item, gas, value, unit, SIGN[group.scope] * tonnes * factor))
        return pd.DataFrame(rows, columns=["stream", "line", "item", "gas", "value", "unit", "tCO2e"])

    def to_html(self, path: str | Path | None = None, lang: str | None = None) -> str:
        """A self-contained HTML report; written to ``path`` if given."""
        from carbonacct.reporting.html import report

        text = report(self, lang)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def to_excel(self, path: str | Path, lang: str | None = None) -> None:
        """The audit workbook with live formulas."""
        from carbonacct.reporting.workbook import write_workbook

        write_workbook(self, Path(path), lang)

    def __repr__(self) -> str:
        totals = ", ".join(f"{key} = {value}" for key, value in self.totals.items())
        return f"<Result {self.methodology.id}: {totals}>"

    def _repr_html_(self) -> str:
        from carbonacct.reporting.html import summary

        return summary(self)


def _names(node: Any) -> list[Name]:
    from carbonacct.expressions.tree import names

    return names(node)


def _plain(value: float, unit: str) -> dict[str, Any]:
    return {"value": float(value), "unit": unit}


def sum_lines(values: list[float]) -> float:
    """Left to right, as the batch engine sums."""
    total = 0.0
    for value in values:
        total += value
    return total


def to_tonnes(unit: str, gas: str) -> float:
    """Tonnes of the gas or indicator (``co2e``, ``nox``) in one of the unit; 1 for what is not a mass of it."""
    parsed = parse_unit(unit)
    if len(parsed.dims) == 1 and parsed.dims[0][0].casefold() == gas_name(gas).casefold():
        return float(parsed.scale / Fraction(1_000_000))
    return 1.0


def line_outputs(group: Group, entry: Entry) -> list[tuple[str, float, str]]:
    """(gas, value, unit) of a line's outputs, the item's own gas put in."""
    found = []
    for name in group.outputs:
        symbol = group.symbols[name]
        unit = concrete_unit(symbol, group.placeholder, entry.item_unit())
        gas = name
        if "{" in name:
            row = entry.row
            gas = (
                (row.gas or row.key.split("@")[0])
                if row
                else str(entry.item.name if isinstance(entry.item, Custom) else entry.item)
            )
        found.append((gas, entry.results[name], unit.text))
    return found


def gases_of(group: Group, outputs: Mapping[str, float], entries: Any) -> dict[str, float]:
    """Tonnes by gas over a stream's lines."""
    found: dict[str, float] = {}
    for name in group.outputs:
        if "{" not in name:
            found[name] = found.get(name, 0.0) + outputs[name] * to_tonnes(group.symbols[name].unit.text, name)
    if len(found) < len(group.outputs):
        for entry in entries:
            for (gas, value, unit), name in zip(line_outputs(group, entry), group.outputs, strict=True):
                if "{" in name:
                    found[gas] = found.get(gas, 0.0) + value * to_tonnes(unit, gas)
    return found
