"""Interpolation in grid tables, for floats and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from carbonacct.errors import InputError
from carbonacct.messages import say
from carbonacct.schema.tables import Table


def interpolate(table: Table, column: str, *at: Any) -> Any:
    """Linear (one axis) or bilinear (two axes) interpolation.

    Raises InputError outside the table or where the table has no figure next to the point.
    """
    axes, grid = _cached(table, column)
    points = [np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in at]
    weights = []
    for (name, spec), axis, x in zip(table.axes.items(), axes, points, strict=True):
        if not bool(np.all((x >= axis[0]) & (x <= axis[-1]))):
            bad = float(x[~((x >= axis[0]) & (x <= axis[-1]))][0])
            raise InputError(
                [
                    say(
                        "table.outside",
                        table=table.id,
                        axis=name,
                        value=bad,
                        low=float(axis[0]),
                        high=float(axis[-1]),
                        unit=spec.unit,
                    )
                ]
            )
        low = np.clip(np.searchsorted(axis, x, side="right") - 1, 0, len(axis) - 2)
        weights.append((low, (x - axis[low]) / (axis[low + 1] - axis[low])))
    if len(axes) == 1:
        ((i, t),) = weights
        value = _blend(grid[i], grid[i + 1], t)
    else:
        (i, t), (j, u) = weights
        value = _blend(_blend(grid[i, j], grid[i, j + 1], u), _blend(grid[i + 1, j], grid[i + 1, j + 1], u), t)
    if np.isnan(value).any():
        where = ", ".join(f"{name} = {float(x[np.isnan(value)][0]):g}" for name, x in zip(table.axes, points, strict=True))
        raise InputError([say("table.hole", table=table.id, where=where)])
    return value if any(np.ndim(x) for x in at) else float(value[0])


def _blend(a: Any, b: Any, t: Any) -> Any:
    """a at t = 0, b at t = 1; a corner of weight zero may be missing."""
    return np.where(t == 0, a, np.where(t == 1, b, a + (b - a) * t))


_CACHE: dict[tuple[int, str], tuple[Table, list[Any], Any]] = {}


def _cached(table: Table, column: str) -> tuple[list[Any], Any]:
    key = (id(table), column)
    if key not in _CACHE:
        axes = [np.array(axis.values, dtype=np.float64) for axis in table.axes.values()]
        rows = table.grid[column]
        grid = np.array([[_number(v) for v in row] if isinstance(row, list) else _number(row) for row in rows], dtype=np.float64)
        _CACHE[key] = (table, axes, grid)
    _, axes, grid = _CACHE[key]
    return axes, grid


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
