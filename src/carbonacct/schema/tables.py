"""Factor tables: rows by key or name, values with unit, source and evidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

from carbonacct.errors import FileError
from carbonacct.messages import say
from carbonacct.schema import files, models, paths, yaml
from carbonacct.units import Unit, did_you_mean, nearest, parse_unit, substitute

ROW_UNIT = "item.unit"
_ATTRIBUTES = ("zh", "en", "aliases", "unit", "gas", "formula", "note", "range", "alternatives", "evidence", "source", "members")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table with what is known about it; ``value`` is None where the text gives none."""

    value: float | None
    evidence: str
    sources: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True)
class Row:
    """A row: its key, its names, the unit in which the item is counted, and its cells by column."""

    key: str
    zh: str
    en: str
    unit: str | None
    cells: Mapping[str, Cell]
    aliases: tuple[str, ...] = ()
    gas: str | None = None
    note: str | None = None
    keys: Mapping[str, Any] = field(default_factory=dict)
    members: frozenset[str] = frozenset()
    ranges: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)

    def title(self, lang: str) -> str:
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True)
class Table:
    """A factor table after inheritance, with alternatives expanded to rows ``key@name``."""

    id: str
    title: models.Title
    number: str | None
    columns: Mapping[str, models.Column]
    rows: Mapping[str, Row]
    keys: tuple[str, ...]
    axes: Mapping[str, models.Axis]
    grid: Mapping[str, Any]
    sources: Mapping[str, models.Source]
    evidence: str
    default_sources: tuple[str, ...]
    note: str | None
    reviewed: str

    @cached_property
    def names(self) -> dict[str, str]:
        """Row key by every name it is known under (key, Chinese, English, alias), casefolded."""
        names: dict[str, str] = {}
        for key, row in self.rows.items():
            suffix = "@" + key.split("@", 1)[1] if "@" in key else ""
            for name in (key, row.zh + suffix, row.en + suffix, *(alias + suffix for alias in row.aliases)):
                names.setdefault(name.casefold(), key)
        return names

    def find(self, name: str) -> str | None:
        """The key of the row of that name, or None."""
        return name if name in self.rows else self.names.get(name.strip().casefold())

    def suggestion(self, name: str) -> str | None:
        """The nearest row name."""
        return nearest(name, [n for key, row in self.rows.items() for n in (key, row.zh, row.en, *row.aliases)])

    def column_unit(self, column: str, row: Row) -> Unit:
        """The unit of a cell, with the row's own unit put in."""
        declared = self.columns[column].unit
        if isinstance(declared, dict):
            try:
                return parse_unit(declared[row.unit or "1"])
            except KeyError:
                raise FileError([say("table.no_unit", table=self.id, row=row.key, column=column, unit=row.unit)]) from None
        unit = parse_unit(declared)
        return substitute(unit, ROW_UNIT, parse_unit(row.unit)) if unit.generic and row.unit else unit

    def keyed(self, region: str | None, year: int | None, name: str | None = None) -> Row | None:
        """The row of a name, a region (itself or as a member) and a year (exact, else the latest before), as far as the table
        is keyed by them; None if there is none."""
        found: Row | None = None
        for row in self.rows.values():
            if "@" in row.key or ("name" in self.keys and row.keys["name"] != name):
                continue
            if "region" in self.keys and not (region and (row.keys["region"] == region or region in row.members)):
                continue
            if "year" not in self.keys:
                return row
            if year is not None and row.keys["year"] <= year and (found is None or row.keys["year"] > found.keys["year"]):
                found = row
        return found

    def source_titles(self, keys: tuple[str, ...]) -> list[str]:
        return [str(self.sources[key].title) if key in self.sources else key for key in keys]


@lru_cache(maxsize=512)
def load(table_id: str) -> Table:
    """Load a factor table. Raises NotFoundError or FileError."""
    path = paths.find("factors", table_id)
    model, document = files.read(path, models.Table)
    if model.id != table_id:
        raise FileError([f"{document.where(('id',))}: {say('file.id_mismatch', id=model.id, expected=table_id)}"])
    return _Builder(model, document).build()


class _Builder:
    def __init__(self, model: models.Table, document: yaml.Document) -> None:
        self.model = model
        self.document = document
        self.problems: list[str] = []
        self.base = load(model.inherits) if model.inherits else None
        self.columns = {**(self.base.columns if self.base else {}), **model.columns}
        self.sources = {**(self.base.sources if self.base else {}), **model.sources}

    def problem(self, place: yaml.Place, message: str, /, **words: Any) -> None:
        self.problems.append(f"{self.document.where(place)}: {'.'.join(map(str, place))}: {say(message, **words)}")

    def build(self) -> Table:
        model, base = self.model, self.base
        rows: dict[str, Row] = {key: row for key, row in base.rows.items() if key.split("@")[0] not in model.omit} if base else {}
        for key in model.omit:
            if base and key not in base.rows:
                self.problem(("omit",), "table.omit_unknown", row=key)
        for name, column in model.columns.items():
            for unit in column.unit.values() if isinstance(column.unit, dict) else [column.unit]:
                self.check_unit(unit, ("columns", name, "unit"))
        entries = model.rows.items() if isinstance(model.rows, dict) else self.keyed_entries()
        for key, data in entries:
            place: yaml.Place = ("rows", key) if isinstance(model.rows, dict) else ("rows", int(data.pop("#")))
            row = self.row(key, data, rows.get(key), place)
            rows[key] = row
            for name, cells in (data.get("alternatives") or {}).items():
                if not isinstance(cells, dict):
                    self.problem((*place, "alternatives", name), "table.cell", value=cells)
                    continue
                rows[f"{key}@{name}"] = self.row(f"{key}@{name}", cells, row, (*place, "alternatives", name))
        empty = {column: self.cell({}, column, ("columns", column)) for column in self.columns}
        rows = {
            key: row if row.cells.keys() >= empty.keys() else replace(row, cells={**empty, **row.cells})
            for key, row in rows.items()
        }
        self.check_grid()
        if self.problems:
            raise FileError(self.problems)
        return Table(
            model.id, model.title, model.table, self.columns, rows, tuple(model.keys or (base.keys if base else ())), model.axes or (base.axes if base else {}), {**(base.grid if base else {}), **(model.grid or {})},
            self.sources, model.evidence or (base.evidence if base else "unconfirmed"), tuple(model.source or ()), _text(model.note), str(model.reviewed),
        )  # fmt: skip

    def check_unit(self, unit: str, place: yaml.Place) -> None:
        from carbonacct.errors import UnitError

        try:
            parse_unit(unit)
        except UnitError as error:
            self.problem(place, "verbatim", text=str(error))

    def keyed_entries(self) -> Iterator[tuple[str, dict[str, Any]]]:
        rows = self.model.rows if isinstance(self.model.rows, list) else []
        for number, data in enumerate(rows):
            missing = [key for key in self.model.keys or [] if key not in data]
            if missing or not self.model.keys:
                self.problem(("rows", number), "table.keys", keys=", ".join(missing) or "keys")
                continue
            yield "/".join(str(data[key]) for key in self.model.keys), {**data, "#": number}

    def row(self, key: str, data: dict[str, Any], old: Row | None, place: yaml.Place) -> Row:
        keys = {name: data[name] for name in self.model.keys or () if name in data} or (dict(old.keys) if old else {})
        allowed = {*_ATTRIBUTES, *self.columns, *(self.model.keys or ())}
        for name in data:
            if name not in allowed:
                self.problem(
                    (*place, name),
                    "verbatim",
                    text=say("schema.unknown_key", key=name) + did_you_mean(name, allowed),
                )
        cells = dict(old.cells) if old else {}
        for column in self.columns:
            if column in data or column not in cells:
                cells[column] = self.cell(data, column, (*place, column))
        ranges = {
            column: (float(lo) if lo is not None else None, float(hi) if hi is not None else None)
            for column, (lo, hi) in (data.get("range") or {}).items()
        }
        restated = all(column in data for column in self.columns)
        if old:
            return replace(
                old, key=key, zh=str(data.get("zh", old.zh)), en=str(data.get("en", old.en)), unit=data.get("unit", old.unit), cells=cells,
                aliases=tuple(data.get("aliases", old.aliases)), gas=data.get("gas", old.gas), note=_text(data.get("note", None if restated else old.note)), keys=keys,
                members=frozenset(data.get("members", old.members)), ranges={**old.ranges, **ranges},
            )  # fmt: skip
        for name in ("zh", "en"):
            if name not in data:
                self.problem(place, "schema.missing_key", key=name)
        if unit := data.get("unit"):
            self.check_unit(str(unit), (*place, "unit"))
        return Row(
            key, str(data.get("zh", key)), str(data.get("en", key)), data.get("unit"), cells, tuple(map(str, data.get("aliases") or ())),
            data.get("gas"), _text(data.get("note")), keys, frozenset(data.get("members") or ()), ranges,
        )  # fmt: skip

    def cell(self, row: dict[str, Any], column: str, place: yaml.Place) -> Cell:
        raw = row.get(column)
        detail = raw if isinstance(raw, dict) else {}
        value = detail.get("value") if isinstance(raw, dict) else raw
        for name in detail:
            if name not in ("value", "evidence", "source", "note"):
                self.problem((*place, name), "schema.unknown_key", key=name)
        if isinstance(value, str):
            try:
                value = float(Fraction(value))
            except (ValueError, ZeroDivisionError):
                self.problem(place, "table.cell", value=value)
                value = None
        elif isinstance(value, bool) or not (value is None or isinstance(value, int | float)):
            self.problem(place, "table.cell", value=value)
            value = None
        spec = self.columns[column]
        evidence = detail.get("evidence") or row.get("evidence") or spec.evidence or self.model.evidence or "unconfirmed"
        if evidence not in models.EVIDENCE:
            self.problem((*place, "evidence"), "schema.evidence", value=evidence, allowed=", ".join(models.EVIDENCE))
        sources = detail.get("source") or row.get("source") or spec.source or self.model.source or ()
        sources = (sources,) if isinstance(sources, str) else tuple(sources)
        for source in sources:
            if source not in self.sources:
                self.problem(
                    place,
                    "verbatim",
                    text=say("schema.unknown_source", source=source) + did_you_mean(source, self.sources),
                )
        note = detail.get("note") or row.get("note")
        return Cell(None if value is None else float(value), evidence, sources, _text(note))

    def check_grid(self) -> None:
        axes = self.model.axes or (self.base.axes if self.base else {})
        grid = self.model.grid or {}
        shape = [len(axis.values) for axis in axes.values()]
        for name, axis in axes.items():
            if len(axis.values) < 2 or any(a >= b for a, b in zip(axis.values, axis.values[1:], strict=False)):
                self.problem(("axes", name), "table.axis")
            self.check_unit(axis.unit, ("axes", name, "unit"))
        for name, values in grid.items():
            if name not in self.columns:
                self.problem(("grid", name), "schema.unknown_key", key=name)
            lengths = [len(values), *({len(v) for v in values} if len(shape) == 2 else ())]
            if lengths != shape:
                self.problem(
                    ("grid", name), "table.grid_shape", expected="x".join(map(str, shape)), found="x".join(map(str, lengths))
                )


def _text(note: Any) -> str | None:
    if note is None:
        return None
    if isinstance(note, models.Title):
        return note.en
    return str(note.get("en")) if isinstance(note, dict) else str(note)
