"""Reading the inputs of one entity: any accepted form of a quantity, every problem named, all of them at once."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from carbonacct.engine.compile import Group, Symbol
from carbonacct.engine.plan import Custom, Entry, GroupPlan, Plan, out_of_range
from carbonacct.errors import UnitError
from carbonacct.messages import say
from carbonacct.units import Unit, conversion, did_you_mean, foreign_unit, parse_quantity, parse_unit, substitute
from carbonacct.values import Value

LABEL = "label"


def read_inputs(plan: Plan, inputs: Any, problems: list[str]) -> dict[str, list[Entry]]:
    """Entries by stream. ``inputs`` maps a stream to its lines (a list of mappings) or, without items, to one mapping."""
    if not isinstance(inputs, Mapping):
        problems.append(say("input.not_mapping", got=type(inputs).__name__))
        return {}
    entries: dict[str, list[Entry]] = {}
    for stream, lines in inputs.items():
        group_plan = plan.streams.get(stream)
        if group_plan is None:
            problems.append(_unknown("input.unknown_stream", str(stream), plan.streams))
            continue
        if isinstance(lines, Mapping):
            lines = [lines]
        elif isinstance(lines, str) or not isinstance(lines, Sequence):
            problems.append(f"{stream}: {say('input.not_lines', got=type(lines).__name__)}")
            continue
        entries[stream] = _lines(group_plan, stream, lines, problems)
    return entries


def _unknown(key: str, name: str, known: Any) -> str:
    return say(key, name=name) + did_you_mean(name, known)


def _lines(plan: GroupPlan, place: str, lines: Sequence[Any], problems: list[str]) -> list[Entry]:
    readings: list[tuple[str, dict[str, Any]]] = []
    for number, line in enumerate(lines):
        where = f"{place}[{number}]"
        if not isinstance(line, Mapping):
            problems.append(f"{where}: {say('input.line_not_mapping', got=type(line).__name__)}")
        elif not line:
            problems.append(f"{where}: {say('input.line_empty')}")
        else:
            nested = nest(plan.group, line)
            flat = plan.group.items is None and plan.group.item not in nested
            if not (flat and readings and _joined(plan.group, readings[-1][1], nested)):
                readings.append((where, nested))
    entries = [Entry(plan, where) for where, _ in readings]
    for entry, (_, reading) in zip(entries, readings, strict=True):
        _read_line(plan, entry, reading, problems)
    return entries


def nest(group: Group, line: Mapping[str, Any]) -> dict[str, Any]:
    """A line with each flat symbol put into the sub-line it belongs to.

    A symbol that several kinds of sub-line have goes where the line's other symbols go.
    """
    own = {*group.symbols, *group.groups, group.item, LABEL}
    nested: dict[str, Any] = {}
    moved: dict[tuple[str, ...], dict[str, Any]] = {}
    unclear: dict[str, Any] = {}
    for key, value in line.items():
        if key in own:
            nested[key] = value
        elif key in group.aliases and group.aliases[key] not in line:
            nested[group.aliases[key]] = value
        elif path := group.owner(str(key)):
            moved.setdefault(path, {})[key] = value
        else:
            unclear[key] = value
    kinds = dict(group.descendants())
    for key, value in unclear.items():
        paths = [path for path in moved if key in kinds[path].symbols or key in kinds[path].groups]
        (moved[paths[0]] if len(paths) == 1 else nested)[key] = value
    for path, values in sorted(moved.items(), key=lambda item: len(item[0])):
        level = nested
        for name in path[:-1]:
            level = level.setdefault(name, [{}])[-1]
        level[path[-1]] = [*level.get(path[-1], []), values]
    return nested


def _joined(group: Group, into: dict[str, Any], line: dict[str, Any]) -> bool:
    """Whether a flat line continues the one before: it adds sub-lines and symbols that are not there yet."""
    if not group.groups or any(key in into and key not in group.groups for key in line):
        return False
    for key, value in line.items():
        into[key] = [*into.get(key, []), *value] if key in group.groups and isinstance(value, list) else value
    return True


def _read_line(plan: GroupPlan, entry: Entry, line: Mapping[str, Any], problems: list[str]) -> None:
    group, place = plan.group, entry.place
    before = len(problems)
    if group.item is not None:
        _read_item(plan, entry, line.get(group.item), problems)
    unit = entry.item_unit()
    if len(problems) > before and any(symbol.unit.generic for symbol in group.symbols.values()):
        return  # without its item, the units of the line cannot be told
    for key, value in line.items():
        if key == group.item:
            continue
        if key == LABEL:
            entry.label = str(value)
        elif key in group.groups:
            lines = [value] if isinstance(value, Mapping) else value
            if isinstance(lines, str) or not isinstance(lines, Sequence):
                problems.append(f"{place}.{key}: {say('input.not_lines', got=type(value).__name__)}")
            elif lines:
                entry.groups[key] = _lines(plan.subs[key], f"{place}.{key}", lines, problems)
        elif key in group.symbols and not group.symbols[key].is_output:
            _read_value(group, entry, group.symbols[key], value, unit, problems)
        else:
            known = [
                *(n for n, s in group.symbols.items() if not s.is_output),
                *group.groups,
                *([group.item] if group.item else []),
            ]
            problems.append(f"{place}: {_unknown('input.unknown_symbol', str(key), known)}")
    values = entry.values
    for name, number in values.items():
        symbol = group.symbols[name]
        low, high = (limit if isinstance(limit, float) else None for limit in (symbol.low, symbol.high))
        if (low is not None and number < low) or (high is not None and number > high):
            problems.append(f"{place}: {out_of_range(symbol, number, low, high, unit)}")


def _read_item(plan: GroupPlan, entry: Entry, given: Any, problems: list[str]) -> None:
    group = plan.group
    place = f"{entry.place}.{group.item}"
    if given is None:
        if group.items is not None:
            example = ", ".join(list(group.items.rows)[:5])
            problems.append(f"{entry.place}: {say('input.no_item', item=group.item, examples=example)}")
        return
    if isinstance(given, Mapping):
        name, unit = given.get("name"), given.get("unit")
        extra = set(given) - {"name", "unit"}
        if not isinstance(name, str) or extra or not (unit is None or isinstance(unit, str)):
            problems.append(f"{place}: {say('input.custom_item')}")
            return
        try:
            entry.item = Custom(name, unit if unit is None or parse_unit(unit) else None)
        except UnitError as error:
            problems.append(f"{place}: {error}")
        return
    if group.items is None:
        entry.item = Custom(str(given))
        return
    key = group.items.find(str(given))
    if key is None:
        hint = group.items.suggestion(str(given))
        problems.append(
            f"{place}: {say('input.unknown_item', name=given, table=group.items.id)}"
            + (say("hint.nearest", name=hint) if hint else "")
        )
        return
    entry.item = key


def _read_value(group: Group, entry: Entry, symbol: Symbol, raw: Any, unit: str | None, problems: list[str]) -> None:
    place = f"{entry.place}.{symbol.name}"
    if symbol.kind == "choice":
        option = symbol.option(str(raw)) if isinstance(raw, str) else None
        if option is None:
            problems.append(
                f"{place}: {say('input.unknown_option', name=raw, options=', '.join(symbol.options))}"
                + did_you_mean(str(raw), symbol.options)
            )
        else:
            entry.choices[symbol.name] = option
        return
    kind = type(raw)
    if kind is float or kind is int:
        number = float(raw)
    else:
        try:
            number = quantity(raw, symbol, group.placeholder, unit)
        except UnitError as error:
            problems.append(f"{place}: {error}")
            return
    if number - number != 0:
        problems.append(f"{place}: {say('input.not_finite', value=raw)}")
        return
    entry.values[symbol.name] = number


def concrete_unit(symbol: Symbol, placeholder: str | None, item_unit: str | None) -> Unit:
    """The unit of a symbol on a line, with the item's own unit put in."""
    if item_unit is not None and item_unit in symbol.units_by_item:
        return parse_unit(symbol.units_by_item[item_unit])
    return substitute(symbol.unit, placeholder, parse_unit(item_unit)) if placeholder and item_unit else symbol.unit


def quantity(raw: Any, symbol: Symbol, placeholder: str | None, item_unit: str | None) -> float:
    """A number, ``"120000 t"``, ``(value, unit)``, a Value or a pint quantity, in the symbol's declared unit.

    Raises UnitError with what was given and what is expected.
    """
    unit: Unit | None
    if isinstance(raw, Value):
        number, unit = float(raw), parse_unit(raw.unit)
    elif isinstance(raw, str):
        number, unit = parse_quantity(raw)
    elif isinstance(raw, numbers.Real) and not isinstance(raw, bool):
        return float(raw)
    elif isinstance(raw, Sequence) and len(raw) == 2 and isinstance(raw[0], numbers.Real) and isinstance(raw[1], str):
        number, unit = float(raw[0]), parse_unit(raw[1])
    elif isinstance(raw, Mapping) and set(raw) == {"value", "unit"} and isinstance(raw["value"], numbers.Real):
        number, unit = float(raw["value"]), parse_unit(str(raw["unit"]))
    elif hasattr(raw, "magnitude") and hasattr(raw, "units"):
        number, unit = float(raw.magnitude), foreign_unit(raw.units)
    else:
        raise UnitError(say("input.not_a_quantity", got=repr(raw)[:40], expected=symbol.unit_text))
    if unit is None:
        return number
    expected = concrete_unit(symbol, placeholder, item_unit)
    if expected.generic and item_unit is None:
        raise UnitError(say("input.item_unit_unknown", symbol=symbol.name))
    factor = conversion(unit, expected, lenient=symbol.unit.generic is not None)
    if factor is None:
        raise UnitError(say("input.wrong_dimension", symbol=symbol.name, given=f"{number:g} {unit.text}", expected=expected.text))
    return number if factor == 1 else float(Fraction(number) * factor)
