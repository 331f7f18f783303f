"""Measurements beside NumPy in one run; prints ratios. Nothing here is asserted in the tests.

Each pair is measured alternately, the best of several rounds is taken, and the ratio is what counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import carbonacct as ca
from carbonacct.engine.arrays import Batch

LINES = 4_000_000
ENTITIES = 5_000
ROUNDS = 15


def best(*functions: Callable[[], Any]) -> list[float]:
    """The best time of each function over rounds in which they alternate, in seconds."""
    times = [float("inf")] * len(functions)
    for _ in range(ROUNDS):
        for number, function in enumerate(functions):
            start = time.perf_counter()
            function()
            times[number] = min(times[number], time.perf_counter() - start)
    return times


def command(*arguments: str) -> float:
    """The best time of a command, in seconds."""

    def run() -> None:
        subprocess.run([sys.executable, *arguments], capture_output=True, check=True)

    return best(run)[0]


def main() -> None:
    rng = np.random.default_rng(1)
    m = ca.load("ndrc/cement")
    plan = m.plan().streams["fossil_fuel_combustion"]
    table = m.compiled.streams["fossil_fuel_combustion"].items
    assert table is not None
    rows = [row for row in table.rows.values() if all(cell.value is not None for cell in row.cells.values())]
    code = {key: number for number, key in enumerate(table.rows)}
    usable = np.array([code[row.key] for row in rows])
    ncv, cc, of = (plan.vector(name, 0) for name in ("NCV", "CC", "OF"))  # in GJ, tC/GJ and shares
    fuel = usable[rng.integers(0, len(usable), LINES)]
    amount = rng.uniform(1, 1000, LINES)
    entity = rng.integers(0, ENTITIES, LINES)
    measured = {"FC": amount, "NCV": ncv[fuel], "CC": cc[fuel], "OF": of[fuel]}
    frame = pd.DataFrame({"entity": entity, "fuel": pd.Categorical.from_codes(fuel, list(table.rows)), "FC": amount})

    def numpy_lines() -> Any:
        return amount * ncv[fuel] * cc[fuel] * of[fuel] * 44 / 12

    def numpy_grouped() -> Any:
        return np.bincount(entity, amount * ncv[fuel] * cc[fuel] * of[fuel] * 44 / 12, minlength=ENTITIES)

    def batch(values: dict[str, Any]) -> Any:
        return plan.run_batch(Batch(LINES, values, {"@item": fuel}, {}), None, lambda group, row: f"{group.path}[{row}]")

    def grouped() -> Any:
        return m.calculate_frame({"fossil_fuel_combustion": frame}, by=["entity"]).total_columns["E"]

    assert np.allclose(batch({"FC": amount})["CO2"], numpy_lines(), rtol=1e-12)
    assert np.allclose(grouped(), numpy_grouped(), rtol=1e-9)
    plain, default, all_measured = best(numpy_lines, lambda: batch({"FC": amount}), lambda: batch(measured))
    plain_grouped, frame_grouped = best(numpy_grouped, grouped)

    power = ca.load("ndrc/power-generation")
    inputs = {
        "fossil_fuel_combustion": [
            {"fuel": key, "FC": 100.0 + n}
            for n, key in enumerate(["diesel", "gasoline", "fuel_oil", "natural_gas", "crude_oil"] * 2)
        ],
        "desulphurisation": [{"agent": "CaCO3", "months": [{"B": 5000.0}]}],
        "purchased_electricity": {"AD_elec": 2000.0, "EF_elec": 0.7},
    }
    power.calculate(inputs)
    (scalar,) = best(lambda: [power.calculate(inputs) for _ in range(50)])
    bare, imported = command("-c", "pass"), command("-c", "import carbonacct")
    listed = command("-m", "carbonacct", "list")
    report = {
        "lines": LINES,
        "numpy expression, ms": round(plain * 1e3, 2),
        "default factors: times as fast as NumPy": round(plain / default, 2),
        "all measured: time relative to NumPy": round(all_measured / plain, 2),
        "frame grouped by entity: time relative to NumPy + bincount": round(frame_grouped / plain_grouped, 2),
        "one power plant of 12 lines, ms": round(scalar / 50 * 1e3, 3),
        "import carbonacct over bare Python, ms": round((imported - bare) * 1e3, 1),
        "carbonacct list, s": round(listed, 3),
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
