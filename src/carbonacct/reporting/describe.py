"""What a methodology contains: the JSON form of ``show``, and its coverage figures."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from carbonacct.engine.compile import Group, Symbol, gas_name
from carbonacct.expressions import to_text

if TYPE_CHECKING:
    from carbonacct.methodology import Methodology


def _title(title: Any) -> dict[str, str]:
    return {"zh": str(title.zh), "en": str(title.en)}


def _default(symbol: Symbol) -> Any:
    """A symbol's default: a number, a table reference, an option, or None."""
    if symbol.kind == "choice":
        return symbol.default_option
    for route in reversed(symbol.routes):
        if route.value is not None:
            return route.value
        if route.reference is not None:
            return f"{route.reference.table.id}.{route.reference.column}"
    return None


def _symbol(symbol: Symbol) -> dict[str, Any]:
    data: dict[str, Any] = {
        "title": _title(symbol.title),
        "unit": symbol.unit_text,
        "kind": symbol.kind,
        "default": _default(symbol),
    }
    if symbol.options:
        data["options"] = {key: _title(title) for key, title in symbol.options.items()}
    formulas = [route for route in symbol.routes if route.source_node is not None]
    if formulas:
        data["formulas"] = [
            {
                "name": r.name,
                "formula": r.text,
                "equation": r.provenance.equation,
                "evidence": r.provenance.evidence,
            }
            for r in formulas
        ]
    if symbol.low is not None or symbol.high is not None:
        data["range"] = [symbol.low, symbol.high]
    return data


def _group(group: Group) -> dict[str, Any]:
    data: dict[str, Any] = {
        "title": _title(group.title),
        "item": group.item,
        "items": group.items.id if group.items else None,
        "symbols": {name: _symbol(s) for name, s in group.symbols.items() if not s.is_output},
    }
    if group.groups:
        data["sublines"] = {name: _group(sub) for name, sub in group.groups.items()}
    return data


def describe(methodology: Methodology) -> dict[str, Any]:
    """``show ID --json``."""
    compiled, model = methodology.compiled, methodology.model
    streams = {}
    for key, group in compiled.streams.items():
        data = _group(group)
        data["scope"] = group.scope
        data["outputs"] = {name: _output(group.symbols[name]) for name in group.outputs}
        equations = [group.symbols[name].routes[0].provenance.equation for name in group.outputs]
        data["equation"] = next((e for e in equations if e), None)
        streams[key] = data
    return {
        "id": model.id,
        "version": model.version,
        "title": _title(model.title),
        "source_document": {
            "publisher": _title(model.source_document.publisher),
            **model.source_document.model_dump(exclude={"publisher"}),
        },
        "gwp": list(model.gwp),
        "boundary": {
            "included": [_title(t) for t in model.boundary.included],
            "excluded": [_title(t) for t in model.boundary.excluded],
        },
        "streams": streams,
        "totals": {
            name: {
                "title": _title(t.title),
                "unit": t.unit.text,
                "formula": to_text(t.source_node),
                "symbol": t.symbol,
                "equation": t.provenance.equation,
            }
            for name, t in compiled.totals.items()
        },
        "factor_tables": {name: list(table.rows) for name, table in sorted(compiled.tables.items())},
        "cases": len(model.cases),
        "evidence": dict(evidence_count(methodology)),
        "omitted": [{"key": o.key, "reason": o.reason} for o in model.omitted],
        "open_questions": list(model.open_questions),
    }


def _output(symbol: Symbol) -> dict[str, Any]:
    route = symbol.routes[0]
    return {
        "title": _title(symbol.title),
        "unit": symbol.unit_text,
        "formula": route.text,
        "equation": route.provenance.equation,
        "gas": gas_name(symbol.name),
    }


def evidence_count(methodology: Methodology) -> Counter[str]:
    """How many formulas, defaults, constants and table cells stand at each grade."""
    compiled = methodology.compiled
    count: Counter[str] = Counter()

    def visit(group: Group) -> None:
        for symbol in group.symbols.values():
            for route in symbol.routes:
                if route.node is not None or route.value is not None:
                    count[route.provenance.evidence] += 1
        for sub in group.groups.values():
            visit(sub)

    for group in compiled.streams.values():
        visit(group)
    for total in compiled.totals.values():
        count[total.provenance.evidence] += 1
    for name in methodology.model.constants:
        count[compiled.constants[name].provenance.evidence] += 1
    for table in compiled.tables.values():
        for row in table.rows.values():
            for cell in row.cells.values():
                if cell.value is not None:
                    count[cell.evidence] += 1
    return count
