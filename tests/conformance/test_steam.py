"""The steam tables of the guidelines against IAPWS-IF97 (CoolProp), and where the printed table departs from it."""

from __future__ import annotations

import pytest
from CoolProp.CoolProp import PropsSI

from carbonacct.schema import tables

# Rows of the text that are linear interpolations across the critical region: printed figures, far from the formulation.
INTERPOLATED = {(20, 420), (25, 420), (25, 440), (30, 420), (30, 440), (30, 480)}


def deviation(printed: float, exact: float) -> float:
    return abs(printed - exact) / exact


@pytest.mark.parametrize(("table", "key", "scale", "offset"), [("pressure", "P", 1e6, 0.0), ("temperature", "T", 1.0, 273.15)])
def test_saturated_steam(table: str, key: str, scale: float, offset: float) -> None:
    data = tables.load(f"steam/saturated-by-{table}")
    (axis,) = data.axes.values()
    far = []
    for value, printed in zip(axis.values, data.grid["h"], strict=True):
        exact = PropsSI("H", key, value * scale + offset, "Q", 1, "IF97::Water") / 1e3
        if deviation(printed, exact) > 0.002:
            far.append(value)
    assert len(data.grid["h"]) == 72
    assert len(far) == 1  # the last entry, 22 MPa: 0.06 MPa below the critical point
    assert far[0] == axis.values[-1]


def test_superheated_steam() -> None:
    data = tables.load("steam/superheated")
    pressures, temperatures = data.axes["p"].values, data.axes["T"].values
    far = set()
    count = 0
    for i, p in enumerate(pressures):
        for j, t in enumerate(temperatures):
            printed = data.grid["h_steam"][i][j]
            if printed is not None:
                count += 1
                if deviation(printed, PropsSI("H", "P", p * 1e6, "T", t + 273.15, "IF97::Water") / 1e3) > 0.0035:
                    far.add((p, t))
    assert count > 200
    assert far == INTERPOLATED


def test_the_printed_table_keeps_its_misprints_apart() -> None:
    corrected, printed = (tables.load(name).grid["h_steam"] for name in ("steam/superheated", "steam/superheated-printed"))
    changed = sum(a != b for row, other in zip(corrected, printed, strict=True) for a, b in zip(row, other, strict=True))
    assert 1 <= changed <= 8
    assert "misprint" in str(tables.load("steam/superheated").note).lower()
