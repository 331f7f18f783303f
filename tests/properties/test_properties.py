"""Properties that hold for any input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import carbonacct as ca

AMOUNT = st.floats(min_value=1e-3, max_value=1e9, allow_nan=False)
SHARE = st.floats(min_value=0.01, max_value=1.0)
FUEL = st.sampled_from(["diesel", "coke", "natural_gas", "bituminous_raw_coal"])
LINE = st.fixed_dictionaries(
    {"fuel": FUEL, "FC": AMOUNT}, optional={"OF": SHARE, "NCV": st.floats(1, 500), "CC": st.floats(0.005, 0.05)}
)


def total(lines: list[dict[str, object]]) -> float:
    return float(ca.load("ndrc/cement").calculate({"fossil_fuel_combustion": lines}).totals["E"])


@given(LINE, st.floats(1e-3, 1e3))
def test_scaling_an_activity_scales_its_stream(line: dict[str, object], factor: float) -> None:
    assert total([{**line, "FC": float(line["FC"]) * factor}]) == pytest.approx(total([line]) * factor, rel=1e-12)  # type: ignore[arg-type]


@given(LINE, st.floats(0, 1))
def test_splitting_a_line_never_changes_the_total(line: dict[str, object], share: float) -> None:
    amount = float(line["FC"])  # type: ignore[arg-type]
    parts = [{**line, "FC": amount * share}, {**line, "FC": amount - amount * share}]
    assert total(parts) == pytest.approx(total([line]), rel=1e-12)


UNITS = {
    "t": [("t", 1), ("kg", 1e3), ("kt", 1e-3), ("吨", 1), ("万吨", 1e-4)],
    "wan_Nm3": [("wan_Nm3", 1), ("Nm3", 1e4), ("k_Nm3", 10), ("万立方米", 1)],
}


@given(FUEL, AMOUNT, st.data())
def test_the_choice_of_unit_never_changes_a_result(fuel: str, amount: float, data: st.DataObject) -> None:
    table = ca.load("ndrc/cement").compiled.streams["fossil_fuel_combustion"].items
    assert table is not None
    unit, factor = data.draw(st.sampled_from(UNITS[str(table.rows[fuel].unit)]))
    given_ = {"fuel": fuel, "FC": f"{amount * factor!r} {unit}", "OF": "97 %"}
    assert total([given_]) == pytest.approx(total([{"fuel": fuel, "FC": amount, "OF": 0.97}]), rel=1e-12)


@given(st.lists(LINE, min_size=1, max_size=8))
def test_scalar_array_and_frame_agree(lines: list[dict[str, object]]) -> None:
    m = ca.load("ndrc/cement")
    frame = pd.DataFrame(lines).assign(entity="x")
    result = m.calculate_frame({"fossil_fuel_combustion": frame})
    assert float(result.totals["E"][0]) == pytest.approx(total(lines), rel=1e-13)
    assert list(result.lines("fossil_fuel_combustion")["CO2"]) == [total([line]) for line in lines]


@given(st.lists(LINE, min_size=1, max_size=5), st.randoms())
def test_the_order_of_lines_does_not_matter(lines: list[dict[str, object]], random: object) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert total(shuffled) == pytest.approx(total(lines), rel=1e-12)


@settings(max_examples=5)
@given(st.lists(LINE, min_size=1, max_size=4))
def test_the_command_line_gives_the_same_number(lines: list[dict[str, object]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "in.json"
        path.write_text(
            json.dumps({"methodology": "ndrc/cement", "inputs": {"fossil_fuel_combustion": lines}}, ensure_ascii=False),
            encoding="utf-8",
        )
        done = subprocess.run(
            [sys.executable, "-m", "carbonacct", "calc", str(path), "--json"], capture_output=True, text=True, check=True
        )
    assert json.loads(done.stdout)["totals"]["E"]["value"] == total(lines)


@given(st.lists(st.tuples(AMOUNT, st.floats(15000, 30000), st.floats(0.3, 0.9)), min_size=1, max_size=12))
def test_one_month_or_twelve(months: list[tuple[float, float, float]]) -> None:
    """The mean of the months lies between the lowest and the highest, and equal months change nothing."""
    m = ca.load("ndrc/power-generation")
    lines = [{"FC_coal": a, "NCV_coal": b, "C_coal": c} for a, b, c in months]
    result = m.calculate({"fossil_fuel_combustion": [{"fuel": "coal", "months": lines}]})
    ncv = float(result.value("fossil_fuel_combustion[0].NCV"))
    assert min(b for _, b, _ in months) * (1 - 1e-12) <= ncv <= max(b for _, b, _ in months) * (1 + 1e-12)
    same = [{**lines[0], "FC_coal": lines[0]["FC_coal"] / 3}] * 3
    split = m.calculate({"fossil_fuel_combustion": [{"fuel": "coal", "months": same}]}).totals["E"]
    assert split == pytest.approx(
        m.calculate({"fossil_fuel_combustion": [{"fuel": "coal", "months": lines[:1]}]}).totals["E"], rel=1e-12
    )
