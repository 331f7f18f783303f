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
    start = time.perf_counter()
    reference = 0.0
    for _, group in frame.groupby("model", observed=True).indices.items():
        filled = [c for c in frame.columns[1:-2] if frame[c].dtype.kind == "f" and not np.isnan(frame[c].to_numpy()[group[0]])]
        product = np.ones(len(group))
        for column in filled:
            product = product * frame[column].to_numpy()[group]
        for _ in INDICATORS[:5]:
            reference += float((product * 0.5).sum())
    by_hand = time.perf_counter() - start
    report = {
        "projects": ROWS,
        "models": int(frame["model"].nunique()),
        "without result": len(portfolio.faults),
        "seconds": round(took, 2),
        "time relative to a hand-written product per model": round(took / by_hand, 2),
        "input, MiB": round(size),
        "peak growth, MiB": round(peak - before),
        "co2e": str(totals["co2e"]),
    }
    print(json.dumps(report, indent=2))


__all__ = ["main", "projects"]

if __name__ == "__main__":
    main()
