"""Search in the factor tables, with source and evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from carbonacct.schema import paths, tables
from carbonacct.schema.tables import Cell, Row, Table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Factor:
    """One value of a factor table."""

    table: str
    row: str
    zh: str
    en: str
    column: str
    value: float | None
    unit: str
    evidence: str
    sources: tuple[str, ...]
    note: str | None
    region: str | None = None
    year: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "sources": list(self.sources)}


def find(text: str, *, year: int | None = None, region: str | None = None, table: str | None = None) -> pd.DataFrame:
    """Values whose row matches ``text`` (key, Chinese or English name, alias or table), best matches first.

    year and region narrow tables that are kept by year and region; of each series the latest year not after ``year``
    is given. Columns: the fields of :class:`Factor`.
    """
    import pandas as pd

    found = find_factors(text, year=year, region=region, table=table)
    return pd.DataFrame(
        [{**factor.to_dict(), "sources": "; ".join(factor.sources)} for factor in found],
        columns=[field.name for field in fields(Factor)],
    )


def find_factors(text: str, *, year: int | None = None, region: str | None = None, table: str | None = None) -> list[Factor]:
    """:func:`find` as a list."""
    return [factor for _, factor in sorted(_search(text, year, region, table), key=lambda pair: pair[0])]


def _search(text: str, year: int | None, region: str | None, only: str | None) -> Iterator[tuple[tuple[int, str, int], Factor]]:
    wanted = text.strip().casefold()
    for name in paths.ids("factors"):
        if name == "constants" or (only and not name.startswith(only)):
            continue
        table = tables.load(name)
        rows = _in_year(table, year, region)
        for position, row in enumerate(rows):
            rank = _rank(wanted, table, row)
            if rank is None:
                continue
            for column, cell in row.cells.items():
                yield (rank, name, position), _factor(table, row, column, cell)


def _in_year(table: Table, year: int | None, region: str | None) -> list[Row]:
    rows = [
        row
        for row in table.rows.values()
        if not (region and "region" in table.keys) or row.keys["region"] == region or region in row.members
    ]
    if year is None or "year" not in table.keys:
        return rows
    latest: dict[Any, Row] = {}
    for row in rows:
        key = row.keys.get("region")
        if row.keys["year"] <= year and (key not in latest or row.keys["year"] > latest[key].keys["year"]):
            latest[key] = row
    return list(latest.values())


def _rank(wanted: str, table: Table, row: Row) -> int | None:
    """0 exact name, 1 part of a name, 2 the table; None for no match."""
    names = [n.casefold() for n in (row.key, row.zh, row.en, *row.aliases)]
    if wanted in names:
        return 0
    if any(wanted in n for n in names):
        return 1
    if wanted in table.id or wanted in str(table.title.zh).casefold() or wanted in str(table.title.en).casefold():
        return 2
    return None


def _factor(table: Table, row: Row, column: str, cell: Cell) -> Factor:
    unit = table.column_unit(column, row).text
    sources = tuple(table.source_titles(cell.sources))
    return Factor(
        table.id,
        row.key,
        row.zh,
        row.en,
        column,
        cell.value,
        unit,
        cell.evidence,
        sources,
        cell.note,
        row.keys.get("region"),
        row.keys.get("year"),
    )
