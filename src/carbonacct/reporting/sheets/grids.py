"""Sheets of interpolated tables: the table, and below it each look-up in steps that can be followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from carbonacct.expressions.tree import Interpolate
from carbonacct.messages import say
from carbonacct.reporting.explanation import title_text
from carbonacct.reporting.sheets.book import Book, Page, Ref, column_letters, number_format
from carbonacct.schema.tables import Table

Write = Callable[[str], str]
Steps = list[tuple[str, str, float]]  # (heading, formula, value)
NAN = float("nan")
TOP = 3


@dataclass
class Grid:
    """A column of a grid table on its sheet: the first axis down, the second, if there is one, across."""

    table: Table
    column: str
    page: Page
    next_row: int

    @property
    def axes(self) -> list[list[float]]:
        return [[float(value) for value in axis.values] for axis in self.table.axes.values()]

    @property
    def cells(self) -> list[list[float | None]]:
        return [row if isinstance(row, list) else [row] for row in self.table.grid[self.column]]

    def area(self, top: int, left: int, bottom: int, right: int) -> str:
        return f"${column_letters(left)}${top + 1}:${column_letters(right)}${bottom + 1}"

    def axis_area(self, number: int) -> str:
        size = len(self.axes[number])
        return self.area(TOP + 1, 0, TOP + size, 0) if number == 0 else self.area(TOP, 1, TOP, size)

    def value_area(self) -> str:
        return self.area(TOP + 1, 1, TOP + len(self.axes[0]), len(self.cells[0]))


class Grids:
    """The grid tables in use: noted while the lines are laid out, then given sheets, then looked up in."""

    def __init__(self, tables: Mapping[str, Table], lang: str) -> None:
        self.tables = tables
        self.lang = lang
        self.wanted: dict[tuple[str, str], None] = {}
        self.grids: dict[tuple[str, str], Grid] = {}

    def note(self, node: Interpolate) -> None:
        self.wanted[(node.table, node.column)] = None

    def lay_out(self, book: Book) -> None:
        self.grids = {(name, column): self.make(book, self.tables[name], column) for name, column in self.wanted}

    def make(self, book: Book, table: Table, column: str) -> Grid:
        title = title_text(table.title, self.lang)
        axes = list(table.axes.items())
        grid = Grid(table, column, Page(book, title, [30, *[11] * max(9, len(axes[-1][1].values) if len(axes) > 1 else 1)]), 0)
        page = grid.page
        quantity = title_text(table.columns[column].title, self.lang)
        page.text(0, 0, f"{title}: {quantity} ({table.columns[column].unit})", "title")
        source = "; ".join(table.source_titles(table.default_sources))
        page.text(1, 0, f"{table.id}.{column} · {say('evidence.' + table.evidence)} · {source}", "subtitle")
        names = [f"{title_text(axis.title, self.lang) or name} ({axis.unit})" for name, axis in axes]
        page.text(TOP, 0, " \\ ".join(names), "subhead")
        if len(axes) == 1:
            page.text(TOP, 1, quantity, "subhead")
        else:
            for number, value in enumerate(grid.axes[1]):
                page.number(TOP, 1 + number, value, "result")
        for number, (value, cells) in enumerate(zip(grid.axes[0], grid.cells, strict=True)):
            page.number(TOP + 1 + number, 0, value, "result")
            for offset, cell in enumerate(cells):
                if cell is None:
                    page.text(TOP + 1 + number, 1 + offset, "—", "idle")
                else:
                    page.number(TOP + 1 + number, 1 + offset, float(cell), "factor")
        bottom = TOP + len(grid.axes[0]) + 2
        page.text(bottom, 0, say("workbook.lookups"), "section")
        page.sheet.freeze_panes(TOP + 1, 1)
        grid.next_row = bottom + 1
        return grid

    def sheet(self, node: Interpolate) -> str:
        return self.grids[(node.table, node.column)].page.name

    def look_up(self, node: Interpolate, place: str, arguments: list[Write], values: list[float]) -> Ref:
        """A row of steps to an interpolated value; gives the cell it stands in."""
        grid = self.grids[(node.table, node.column)]
        page, row = grid.page, grid.next_row
        grid.next_row += 3
        column = 1
        page.text(row + 1, 0, place, "muted")
        page.text(row, 0, "", "subhead")
        for name, argument, value in zip(grid.table.axes, arguments, values, strict=True):
            page.text(row, column, name, "subhead")
            page.formula(row + 1, column, argument, value, form=number_format(value, given=True))
            column += 1
        cells = [f"{column_letters(1 + number)}{row + 2}" for number in range(len(values))]
        for heading, formula, value in steps(grid, cells, values, f"{row + 2}", column):
            page.text(row, column, heading, "subhead")
            page.formula(row + 1, column, lambda _, text=formula: text, value, form="0" if "[i]" in heading else None)  # type: ignore[misc]
            column += 1
        return page.ref(row + 1, column - 1)


def steps(grid: Grid, at: list[str], values: list[float], row: str, column: int) -> Steps:
    """Position and weight on each axis, then the value. A point outside the table or at a gap gives an error."""
    found: Steps = []
    positions, weights = [], []
    for number, (name, axis) in enumerate(zip(grid.table.axes, grid.axes, strict=True)):
        area, size, x = grid.axis_area(number), len(axis), values[number]
        i = min(max(sum(value <= x for value in axis), 1), size - 1)
        cell = f"{column_letters(column + len(found))}{row}"
        found.append((f"{name} [i]", f"IF({at[number]}>INDEX({area},{size}),NA(),MIN(MATCH({at[number]},{area},1),{size - 1}))", float(i)))  # fmt: skip
        positions.append((cell, i))
    for number, (name, axis) in enumerate(zip(grid.table.axes, grid.axes, strict=True)):
        area, (position, i) = grid.axis_area(number), positions[number]
        low, high = f"INDEX({area},{position})", f"INDEX({area},{position}+1)"
        cell = f"{column_letters(column + len(found))}{row}"
        found.append((f"{name} [t]", f"({at[number]}-{low})/({high}-{low})", (values[number] - axis[i - 1]) / (axis[i] - axis[i - 1])))  # fmt: skip
        weights.append((cell, found[-1][2]))
    cells, area = grid.cells, grid.value_area()

    def corner(down: int, right: int) -> tuple[str, float]:
        (row_cell, i), (column_cell, j) = positions[0], positions[1] if len(positions) > 1 else ("1", 1)
        text = ",".join(f"{cell}+1" if step else cell for cell, step in ((row_cell, down), (column_cell, right)))
        value = cells[i - 1 + down][j - 1 + right]
        return f"INDEX({area},{text})", NAN if value is None else float(value)

    if len(positions) == 1:
        text, value = blend(corner(0, 0), corner(1, 0), weights[0])
        return [*found, (grid.column, text, value)]
    rows = []
    for down in (0, 1):
        text, value = blend(corner(down, 0), corner(down, 1), weights[1])
        rows.append((f"{column_letters(column + len(found))}{row}", value))
        found.append((f"{grid.column} [{down}]", text, value))
    text, value = blend(rows[0], rows[1], weights[0])
    return [*found, (grid.column, text, value)]


def blend(a: tuple[str, float], b: tuple[str, float], weight: tuple[str, float]) -> tuple[str, float]:
    """a at weight 0, b at weight 1, as the engine does it: a corner of weight zero may be missing."""
    (first, x), (second, y), (cell, t) = a, b, weight
    value = x if t == 0 else y if t == 1 else x + (y - x) * t
    return f"IF({cell}=0,{first},IF({cell}=1,{second},{first}+({second}-{first})*{cell}))", value
