"""Recompute a workbook with an engine that is not ours: the package ``formulas``, which tests use and nobody ships.

Stored results are thrown away first, so that whatever comes back was computed from the formulas.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import lru_cache
from numbers import Real
from pathlib import Path
from typing import Any

import openpyxl

Cell = tuple[str, str]  # sheet, coordinate


@lru_cache(maxsize=4)
def _read(path: Path, stored: bool, stamp: int) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # data bars in a conditional format
        return openpyxl.load_workbook(path, data_only=stored)


def read(path: Path, stored: bool = False) -> Any:
    """The workbook with its formulas, or with the results stored beside them. Not to be changed."""
    return _read(path, stored, path.stat().st_mtime_ns)


def formula_cells(path: Path) -> dict[Cell, str]:
    """Every live cell with its formula."""
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in read(path)
        for row in sheet
        for cell in row
        if cell.data_type == "f"
    }


def stored_values(path: Path) -> dict[Cell, Any]:
    """Every live cell with the value that we stored."""
    book = read(path, stored=True)
    return {(sheet, place): book[sheet][place].value for sheet, place in formula_cells(path)}


def recomputed(path: Path, changes: Mapping[Cell, float] | None = None) -> dict[Cell, float | str]:
    """Every live cell as ``formulas`` computes it, after ``changes`` to other cells. Errors come as their text."""
    book = read(path)
    before = {}
    for (sheet, place), value in (changes or {}).items():
        cell = book[sheet][place]
        assert cell.data_type == "n", "only cells with a number are changed"
        before[cell], cell.value = cell.value, value
    bare = path.with_name("bare.xlsx")
    book.save(bare)
    for cell, old in before.items():
        cell.value = old
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import formulas

        solution = formulas.ExcelModel().loads(str(bare)).finish(complete=False).calculate()
    found: dict[Cell, float | str] = {}
    for sheet, place in formula_cells(path):
        value = solution[f"'[{bare.name}]{sheet.upper()}'!{place}"].value[0, 0]
        found[(sheet, place)] = float(value) if isinstance(value, Real) else str(value)
    return found
