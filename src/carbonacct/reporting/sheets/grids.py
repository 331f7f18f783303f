"""Sheets of interpolated tables: the table, and below it each look-up in steps that can be followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from carbonacct.expressions.tree import Interpolate
from carbonacct.messages import say
from carbonacct.reporting.explanation import title_text
from carbonacct.reporting.sheets.book import Book, Page, Ref, column_letters, number_format
from carbonacct.schema.tables import Table

Write = Callable[[str], str]
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
    def names(self) -> list[str]:
        return list(self.table.axes)

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
        across = max(9, len(axes[1][1].values) if len(axes) > 1 else 1)
        page = Page(book, title, [30, *[11] * across])
        grid = Grid(table, column, page, TOP + len(axes[0][1].values) + 3)
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
        page.text(grid.next_row - 1, 0, say("workbook.lookups"), "section")
        page.sheet.freeze_panes(TOP + 1, 1)
        return grid

    def look_up(self, node: Interpolate, place: str, arguments: Sequence[Write], values: Sequence[float]) -> Ref:
        """A row of steps to an interpolated value; gives the cell it stands in."""
        grid = self.grids[(node.table, node.column)]
        trail = Trail(grid, grid.next_row)
        grid.next_row += 3
        grid.page.text(trail.row - 1, 0, "", "subhead")
        grid.page.text(trail.row, 0, place, "muted")
        at = [
            trail.add(name, argument, value, number_format(value, given=True))
            for name, argument, value in zip(grid.names, arguments, values, strict=True)
        ]
        positions = [trail.position(number, point) for number, point in enumerate(at)]
        weights = [trail.weight(number, point, positions[number]) for number, point in enumerate(at)]
        if len(at) == 1:
            return trail.blend(grid.column, trail.corner(positions, (0,)), trail.corner(positions, (1,)), weights[0]).ref
        low, high = (
            trail.blend(
                f"{grid.column} [{down}]", trail.corner(positions, (down, 0)), trail.corner(positions, (down, 1)), weights[1]
            )
            for down in (0, 1)
        )
        return trail.blend(grid.column, low, high, weights[0]).ref


@dataclass(frozen=True)
class Point:
    """A value, as formulas on the same sheet write it."""

    text: str
    value: float
    ref: Ref


class Trail:
    """The steps of one look-up, from left to right."""

    def __init__(self, grid: Grid, head: int) -> None:
        self.grid = grid
        self.row = head + 1
        self.column = 1

    def add(self, heading: str, write: Write, value: float, form: str | None = None) -> Point:
        page = self.grid.page
        page.text(self.row - 1, self.column, heading, "subhead")
        ref = page.formula(self.row, self.column, write, value, form=form)
        self.column += 1
        return Point(ref.seen_from(page.name), value, ref)

    def position(self, number: int, at: Point) -> Point:
        """The last place on an axis that is not beyond the point; an error outside the table."""
        axis, area = self.grid.axes[number], self.grid.axis_area(number)
        last = len(axis) - 1
        text = f"IF({at.text}>INDEX({area},{len(axis)}),NA(),MIN(MATCH({at.text},{area},1),{last}))"
        place = min(max(sum(value <= at.value for value in axis), 1), last)
        return self.add(f"{self.grid.names[number]} [i]", lambda _: text, float(place), "0")

    def weight(self, number: int, at: Point, position: Point) -> Point:
        """How far the point is from that place to the next, from 0 to 1."""
        axis, area, i = self.grid.axes[number], self.grid.axis_area(number), int(position.value)
        low, high = f"INDEX({area},{position.text})", f"INDEX({area},{position.text}+1)"
        value = (at.value - axis[i - 1]) / (axis[i] - axis[i - 1])
        return self.add(f"{self.grid.names[number]} [t]", lambda _: f"({at.text}-{low})/({high}-{low})", value)

    def corner(self, positions: Sequence[Point], steps: Sequence[int]) -> Point:
        """A figure of the table next to the point, ``steps`` further on each axis."""
        texts = [f"{place.text}+1" if step else place.text for place, step in zip(positions, steps, strict=True)]
        i, j = [int(place.value) - 1 + step for place, step in zip(positions, steps, strict=True)] + [0] * (2 - len(steps))
        figure = self.grid.cells[i][j]
        ref = self.grid.page.ref(TOP + 1 + i, 1 + j)
        return Point(f"INDEX({self.grid.value_area()},{','.join(texts)})", NAN if figure is None else float(figure), ref)

    def blend(self, heading: str, a: Point, b: Point, weight: Point) -> Point:
        """a at weight 0, b at weight 1, as the engine does it: a corner of weight zero may be missing."""
        t = weight.value
        value = a.value if t == 0 else b.value if t == 1 else a.value + (b.value - a.value) * t
        between = f"{a.text}+({b.text}-{a.text})*{weight.text}"
        text = f"IF({weight.text}=0,{a.text},IF({weight.text}=1,{b.text},{between}))"
        return self.add(heading, lambda _: text, value)
