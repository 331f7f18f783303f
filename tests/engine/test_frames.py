"""Many entities: every frame library gives the numbers of the one-entity run, gaps and faults are named by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from carbonacct.errors import InputError, NotFoundError
from carbonacct.methodology import Methodology

FUELS = pd.DataFrame(
    {
        "entity": ["甲", "乙", "甲", "丙", "乙"],
        "fuel": ["diesel", "柴油", "natural_gas", "coke", "natural_gas"],
        "FC": [10.0, 20.0, 30.0, 40.0, 50.0],
        "NCV": [np.nan, 43.0, np.nan, np.nan, 380.0],
    }
)
ELECTRICITY = pd.DataFrame(
    {"entity": ["乙", "甲"], "AD_elec": [100.0, 200.0], "region": ["CN-SD", "广东"], "period": [2012, 2011]}
)


def _scalar(m: Methodology, entity: str) -> float:
    lines = [
        {k: v for k, v in row.items() if k != "entity" and v == v} for row in FUELS[FUELS.entity == entity].to_dict("records")
    ]
    inputs: dict[str, object] = {"fossil_fuel_combustion": lines}
    region = period = None
    rows = ELECTRICITY[ELECTRICITY.entity == entity].to_dict("records")
    if rows:
        inputs["purchased_electricity"] = {"AD_elec": rows[0]["AD_elec"]}
        region, period = rows[0]["region"], rows[0]["period"]
    return float(m.calculate(inputs, region=region, period=period).totals["E"])


@pytest.mark.parametrize("library", ["pandas", "polars", "polars lazy", "categorical", "polars categorical"])
def test_every_library_gives_the_numbers_of_the_single_run(cement: Methodology, library: str) -> None:
    fuels, electricity = FUELS, ELECTRICITY
    if library == "categorical":
        fuels = fuels.assign(fuel=fuels.fuel.astype("category"), entity=fuels.entity.astype("category"))
    if library.startswith("polars"):
        fuels = pl.DataFrame({c: fuels[c].tolist() for c in fuels}, nan_to_null=True)
        electricity = pl.DataFrame({c: electricity[c].tolist() for c in electricity})
    if library == "polars categorical":
        fuels = fuels.with_columns(pl.col("fuel").cast(pl.Categorical), pl.col("entity").cast(pl.Categorical))
    if library == "polars lazy":
        fuels, electricity = fuels.lazy(), electricity.lazy()
    result = cement.calculate_frame({"fossil_fuel_combustion": fuels, "purchased_electricity": electricity}, by=["entity"])
    totals = result.totals
    assert isinstance(totals, pl.DataFrame if "polars" in library else pd.DataFrame)
    found = dict(zip(totals["entity"], totals["E"], strict=True))
    for entity in ("甲", "乙", "丙"):
        assert found[entity] == pytest.approx(_scalar(cement, entity), rel=1e-14)
        assert float(result.entity(entity).totals["E"]) == pytest.approx(found[entity], rel=1e-15)


def test_by_gas_by_stream_and_lines(cement: Methodology) -> None:
    result = cement.calculate_frame({"fossil_fuel_combustion": FUELS, "purchased_electricity": ELECTRICITY})
    gases, streams, totals = result.by_gas, result.by_stream, result.totals
    assert list(gases["CO2"]) == pytest.approx(list(totals["E"]))
    assert list(streams["fossil_fuel_combustion"] + streams["purchased_electricity"]) == pytest.approx(list(totals["E"]))
    lines = result.lines("fossil_fuel_combustion")
    assert list(lines.columns) == [*FUELS.columns, "CO2"]
    assert lines["CO2"].sum() == pytest.approx(streams["fossil_fuel_combustion"].sum())


def test_explanation_of_a_batch_row_is_that_of_the_single_run(cement: Methodology) -> None:
    result = cement.calculate_frame({"fossil_fuel_combustion": FUELS, "purchased_electricity": ELECTRICITY})
    batch = result.explain("乙").to_dict()
    lines = [{"fuel": "diesel", "FC": 20.0, "NCV": 43.0}, {"fuel": "natural_gas", "FC": 50.0, "NCV": 380.0}]
    single = (
        cement.calculate(
            {"fossil_fuel_combustion": lines, "purchased_electricity": {"AD_elec": 100.0}}, region="CN-SD", period=2012
        )
        .explain()
        .to_dict()
    )
    assert batch == single
    with pytest.raises(NotFoundError):
        result.entity("丁")


def test_measured_and_default_lines_give_the_same_bits(cement: Methodology) -> None:
    rng = np.random.default_rng(5)
    table = cement.compiled.streams["fossil_fuel_combustion"].items
    assert table is not None
    keys = [k for k, row in table.rows.items() if all(c.value is not None for c in row.cells.values())]
    fuel = rng.choice(keys, 5000)
    frame = pd.DataFrame({"entity": 0, "fuel": fuel, "FC": rng.uniform(0, 1e6, 5000)})
    plan = cement.plan().streams["fossil_fuel_combustion"]
    codes = [plan.codes["@item"][k] for k in fuel]
    measured = frame.assign(**{c: plan.vector(c, 0)[codes] for c in ("NCV", "CC", "OF")})  # in the symbols' own units
    half = measured.assign(CC=np.where(rng.random(5000) < 0.5, measured.CC, np.nan))
    columns = [
        cement.calculate_frame({"fossil_fuel_combustion": f}).lines("fossil_fuel_combustion")["CO2"].to_numpy()
        for f in (frame, measured, half)
    ]
    assert (columns[0] == columns[1]).all()
    assert (columns[0] == columns[2]).all()
    single = [
        cement.calculate({"fossil_fuel_combustion": [row]}).totals["E"]
        for row in frame.drop(columns="entity").head(50).to_dict("records")
    ]
    assert single == list(columns[0][:50])


def test_sub_lines_in_a_frame_of_their_own(power: Methodology) -> None:
    fuels = pd.DataFrame({"plant": ["A", "A", "B"], "fuel": ["coal", "diesel", "coal"], "FC": [np.nan, 5.0, np.nan], "G_slag": [800.0, np.nan, np.nan],
                          "C_slag": [0.03, np.nan, np.nan], "G_ash": [7000.0, np.nan, np.nan], "C_ash": [0.02, np.nan, np.nan], "eta_dust": [0.998, np.nan, np.nan]})  # fmt: skip
    months = pd.DataFrame(
        {
            "line": [0, 2, 0, 2],
            "FC_coal": [1e4, 2e4, 3e4, 4e4],
            "NCV_coal": [20500, 21000, 21300, 22000.0],
            "C_coal": [0.55, 0.54, 0.56, 0.57],
        }
    )
    result = power.calculate_frame({"fossil_fuel_combustion": fuels, "fossil_fuel_combustion.months": months}, by=["plant"])
    for plant, lines in (("A", [0, 1]), ("B", [2])):
        entries = []
        for number in lines:
            entry = {k: v for k, v in fuels.loc[number].items() if k != "plant" and v == v}
            subs = months[months.line == number].drop(columns="line").to_dict("records")
            entries.append({**entry, **({"months": subs} if subs else {})})
        single = power.calculate({"fossil_fuel_combustion": entries})
        found = result.totals.set_index("plant").loc[plant, "E"]
        assert found == pytest.approx(float(single.totals["E"]), rel=1e-14)
        assert float(result.entity(plant).totals["E"]) == pytest.approx(found, rel=1e-15)


def test_quantities_with_units_in_cells(cement: Methodology) -> None:
    frame = pd.DataFrame({"entity": [1, 1, 1], "fuel": ["diesel", "natural_gas", "coke"], "FC": ["3 kt", "20 wan_Nm3", "500"]})
    numbers = frame.assign(FC=[3000.0, 20.0, 500.0])
    found = [cement.calculate_frame({"fossil_fuel_combustion": f}).totals["E"][0] for f in (frame, numbers)]
    assert found[0] == pytest.approx(found[1], rel=1e-14)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"FC": [1.0, -1.0, 1.0, 1.0, 1.0]}, "fossil_fuel_combustion.FC[1]: FC = -1"),
        (
            {"FC": [1.0, np.nan, 1.0, 1.0, 1.0]},
            "fossil_fuel_combustion[1]: not enough is given; give AD (Activity level (heat), GJ); or FC",
        ),
        ({"FC": [1.0, np.inf, 1.0, 1.0, 1.0]}, "fossil_fuel_combustion[1]: CO2: the result is not a finite number"),
        ({"FC": ["1 t", "2 GJ", "1", "1", "1"]}, "fossil_fuel_combustion.FC[1]: FC was given as 2 GJ"),
        (
            {"fuel": ["diesel", "dieesel", "coke", "coke", "coke"]},
            "'dieesel' is not in table fuels/cement-2013; did you mean 'diesel'?",
        ),
        ({"NVC": [1.0] * 5}, "unknown column 'NVC'; did you mean 'NCV'?"),
        ({"OF": [0.9, 98.0, 0.9, 0.9, 0.9]}, "for a percentage write '98 %'"),
    ],
)
def test_faults_name_the_row(cement: Methodology, change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        cement.calculate_frame({"fossil_fuel_combustion": FUELS.assign(**change)})
    assert message in str(caught.value)


def test_missing_columns_and_streams(cement: Methodology) -> None:
    with pytest.raises(InputError, match="column 'entity' is missing"):
        cement.calculate_frame({"fossil_fuel_combustion": FUELS.drop(columns="entity")})
    with pytest.raises(InputError, match="column 'fuel' is missing"):
        cement.calculate_frame({"fossil_fuel_combustion": FUELS.drop(columns="fuel")})
    with pytest.raises(InputError, match="did you mean 'fossil_fuel_combustion'"):
        cement.calculate_frame({"fossil_fuel": FUELS})


def test_large_frames_run_in_blocks_and_threads(cement: Methodology) -> None:
    rng = np.random.default_rng(3)
    n = 700_001
    frame = pd.DataFrame(
        {
            "entity": rng.integers(0, 50, n),
            "fuel": pd.Categorical(rng.choice(["diesel", "coke", "natural_gas"], n)),
            "FC": rng.uniform(0, 10, n),
        }
    )
    result = cement.calculate_frame({"fossil_fuel_combustion": frame})
    factor = {
        k: float(cement.calculate({"fossil_fuel_combustion": [{"fuel": k, "FC": 1}]}).totals["E"])
        for k in ("diesel", "coke", "natural_gas")
    }
    expected = (frame.FC * frame.fuel.astype(str).map(factor)).groupby(frame.entity).sum()
    found = result.totals.set_index("entity")["E"].sort_index()
    assert np.allclose(found, expected, rtol=1e-12)


def test_several_keys(cement: Methodology) -> None:
    frame = FUELS.assign(period=[2012, 2012, 2013, 2012, 2013])
    result = cement.calculate_frame({"fossil_fuel_combustion": frame}, by=["entity", "period"])
    assert len(result.totals) == 5
    assert float(result.entity("乙", 2013).totals["E"]) == pytest.approx(50 * 380 * 0.0153 * 0.99 * 44 / 12, rel=1e-13)
