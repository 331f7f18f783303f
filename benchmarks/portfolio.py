"""A million projects over all benefit models: time, memory, and the ratio to one hand-written NumPy product per model."""

from __future__ import annotations

import json
import resource
import time
from typing import Any

import numpy as np
import pandas as pd

import carbonacct as ca
from carbonacct.portfolio import INDICATORS

ROWS = 1_000_000
PERIOD = 2023


def projects(rows: int, seed: int = 1) -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """Random projects over all models: each model's case inputs, scaled. Symbols become columns."""
    rng = np.random.default_rng(seed)
    models = [entry.id for entry in ca.methodologies() if entry.family == "benefits"]
    plain: dict[str, dict[str, Any]] = {}
    for model in models:
        methodology = ca.load(model)
        case = methodology.model.cases[0]
        result = methodology.calculate(case.inputs, region=case.region or "CN-HB", period=case.period or PERIOD)
        (entry,) = next(iter(result.entries.values()))
        plain[model] = {**entry.values, **entry.choices}
    codes = rng.integers(0, len(models), rows)
    columns: dict[str, Any] = {}
    for number, model in enumerate(models):
        here = codes == number
        for symbol, value in plain[model].items():
            if isinstance(value, str):
                columns.setdefault(symbol, np.full(rows, None, dtype=object))[here] = value
            else:
                columns.setdefault(symbol, np.full(rows, np.nan))[here] = value * rng.uniform(0.5, 2.0, int(here.sum()))
    frame = pd.DataFrame(columns)
    frame.insert(0, "model", pd.Categorical.from_codes(codes, models))
    frame["investment"], frame["balance"] = rng.uniform(1e7, 1e9, rows), rng.uniform(1e6, 1e9, rows)
    return frame, plain


def main() -> None:
    frame, _ = projects(ROWS)
    size = frame.memory_usage(deep=True).sum() / 2**20
    ca.Portfolio(frame.head(20_000), period=PERIOD, region="CN-HB").totals()  # compile every model once
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start = time.perf_counter()
    portfolio = ca.Portfolio(frame, period=PERIOD, region="CN-HB")
    totals = portfolio.totals()
    took = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report = {
        "projects": ROWS,
        "models": int(frame["model"].nunique()),
        "without result": len(portfolio.faults),
        "seconds": round(took, 2),
        "input, MiB": round(size),
        "peak growth, MiB": round(peak - before),
        "co2e": str(totals["co2e"]),
        "three models: time relative to hand-written NumPy functions": round(three_models(), 2),
    }
    print(json.dumps(report, indent=2))


def three_models(rows: int = ROWS) -> float:
    """A million rows of three models against a NumPy function written by hand for each, attribution and sums included."""
    rng = np.random.default_rng(2)
    wind, sun, boiler = (
        "benefits/clean-energy/wind-onshore",
        "benefits/clean-energy/pv-distributed",
        "benefits/energy-saving-environment/efficient-boiler-mfg",
    )
    codes = rng.integers(0, 3, rows)
    power = codes < 2
    frame = pd.DataFrame(
        {
            "model": pd.Categorical.from_codes(codes, [wind, sun, boiler]),
            "EG": np.where(power, rng.uniform(1e3, 1e5, rows), np.nan),
            "PE": np.where(power, rng.uniform(0, 10, rows), np.nan),
            "Q": np.where(power, np.nan, rng.uniform(1e3, 1e6, rows)),
            "investment": rng.uniform(1e7, 1e9, rows),
            "balance": rng.uniform(1e6, 1e9, rows),
        }
    )

    def ours() -> dict[str, Any]:
        return dict(ca.Portfolio(frame, period=PERIOD, region="CN-HB").totals())

    r = ca.load(wind).calculate({"benefit": {"EG": 1, "PE": 0}}, region="CN-HB", period=PERIOD)
    cm, coal, so2, nox, pm = (float(r.value(f"benefit.{name}")) for name in ("EF_CM", "b_supply", "e_so2", "e_nox", "e_pm"))
    b = ca.load(boiler).calculate({"benefit": {"Q": 1}}, period=PERIOD)
    eta0, eta1, ef, k, f1, f2, f3 = (
        float(b.value(f"benefit.{name}")) for name in ("eta0", "eta1", "EF_coal", "k_ce", "f_so2", "f_nox", "f_pm")
    )

    def by_hand() -> dict[str, Any]:
        share = np.minimum(frame["balance"].to_numpy() / frame["investment"].to_numpy(), 1)
        model = frame["model"].cat.codes.to_numpy()
        result = dict.fromkeys(INDICATORS, 0.0)
        for number in range(2):
            here = model == number
            eg, pe, part = frame["EG"].to_numpy()[here], frame["PE"].to_numpy()[here], share[here]
            for name, amount in (
                ("co2e", eg * cm - pe),
                ("coal_saved", eg * coal / 1e3),
                ("so2", eg * so2 / 1e3),
                ("nox", eg * nox / 1e3),
                ("pm", eg * pm / 1e3),
            ):
                result[name] += float(np.sum(np.round(amount * part, 2)))
        here = model == 2
        heat = frame["Q"].to_numpy()[here] * (1 / eta0 - 1 / eta1)
        saved, part = heat * k, share[here]
        for name, amount in (
            ("co2e", heat * ef),
            ("coal_saved", saved),
            ("so2", saved * f1 / 1e3),
            ("nox", saved * f2 / 1e3),
            ("pm", saved * f3 / 1e3),
        ):
            result[name] += float(np.sum(np.round(amount * part, 2)))
        return result

    first, second = ours(), by_hand()
    assert np.isclose(float(first["co2e"]), second["co2e"], rtol=1e-6), (first["co2e"], second["co2e"])
    times = [float("inf")] * 2
    for _ in range(5):
        for number, function in enumerate((ours, by_hand)):
            start = time.perf_counter()
            function()
            times[number] = min(times[number], time.perf_counter() - start)
    return times[0] / times[1]


__all__ = ["main", "projects"]

if __name__ == "__main__":
    main()
