"""Records: a result that can be calculated again, bit by bit, after the factor tables have changed.

A record holds every value a line rests on, defaults included, as if it had been measured. Measured and default lines
round alike (see :mod:`carbonacct.engine.program`), so a replay gives the recorded totals exactly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from carbonacct.engine.compile import Compiled
from carbonacct.engine.plan import Custom, Entry
from carbonacct.engine.resolve import GIVEN
from carbonacct.engine.trace import Tracer
from carbonacct.schema.tables import Table

if TYPE_CHECKING:
    from carbonacct.engine.result import Result
    from carbonacct.methodology import Methodology

FORMAT = 1


@lru_cache(maxsize=256)
def fingerprint(compiled: Compiled) -> str:
    """A hash of the rule surface: formulas, defaults, table cells and constants; titles and notes do not count."""
    return hashlib.sha256(json.dumps(_surface(compiled), ensure_ascii=False, sort_keys=True, default=str).encode()).hexdigest()[
        :16
    ]


def _surface(compiled: Compiled) -> Any:
    model = compiled.model.model_dump(mode="json", include={"id", "version", "streams", "totals", "constants", "gwp"})
    tables = {name: _table(table) for name, table in compiled.tables.items()}
    constants = {name: [str(constant.value), constant.unit.text] for name, constant in compiled.constants.items()}
    return [_without_words(model), tables, constants]


def _table(table: Table) -> Any:
    rows = {key: [row.unit, {column: cell.value for column, cell in row.cells.items()}] for key, row in table.rows.items()}
    return [{column: spec.unit for column, spec in table.columns.items()}, rows, dict(table.grid)]


def _without_words(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_words(value) for key, value in data.items() if key not in ("title", "note", "evidence", "source")}
    return [_without_words(item) for item in data] if isinstance(data, list) else data


def record(result: Result) -> dict[str, Any]:
    """The record of a result (plain data, for JSON)."""
    tracer = Tracer(result)
    return {
        "format": FORMAT,
        "methodology": result.methodology.id,
        "version": result.methodology.version,
        "fingerprint": result.fingerprint,
        "entity": result.meta.get("entity"),
        "region": result.context.region,
        "period": result.context.year,
        "gwp": list(result.compiled.gwp),
        "constants": {name: str(c.value) for name, c in result.compiled.constants.items() if c.value is not None},
        "inputs": {stream: [_line(tracer, entry) for entry in entries] for stream, entries in result.entries.items()},
        "totals": {key: {"value": float(value), "unit": value.unit} for key, value in result.totals.items()},
    }


def _line(tracer: Tracer, entry: Entry) -> dict[str, Any]:
    group = entry.group.group
    assert entry.program is not None
    line: dict[str, Any] = {}
    if entry.item is not None and group.item:
        unit = entry.item_unit()
        line[group.item] = (
            {"name": entry.item.name, **({"unit": unit} if unit else {})} if isinstance(entry.item, Custom) else entry.item
        )
    if entry.label:
        line["label"] = entry.label
    line.update(entry.choices)
    line.update(entry.values)
    resolution = entry.program.program.resolution
    for name in sorted(entry.program.used):
        route = resolution.route.get(name, GIVEN)
        if route != GIVEN and group.symbols[name].kind == "choice":
            line[name] = tracer.option(entry, name)
        elif route != GIVEN and group.symbols[name].routes[route].node is None:
            line[name] = tracer.symbol_value(entry, name)
    for name, subs in entry.groups.items():
        line[name] = [_line(tracer, sub) for sub in subs]
    return line


def replay(methodology: Methodology, stored: Mapping[str, Any]) -> Result:
    """Calculate a record again with the values it holds."""
    plan = methodology.plan(stored["gwp"], None, stored["constants"])
    result = methodology._run(plan, stored["inputs"], stored["region"], stored["period"], stored["entity"])
    result.meta["fingerprint"] = stored["fingerprint"]
    result.meta["current"] = fingerprint(methodology.plan(stored["gwp"]).compiled)
    return result
