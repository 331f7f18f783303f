"""Monte-Carlo: reproducible, inside its bounds, and centred where it should be."""

from __future__ import annotations

import numpy as np
import pytest

import carbonacct as ca
from carbonacct.engine import arrays
from carbonacct.errors import InputError, NotFoundError
from carbonacct.methodology import Methodology

INPUTS = {
    "fossil_fuel_combustion": [{"fuel": "coke", "FC": 800}, {"fuel": "natural_gas", "FC": 10}],
    "carbonate_decomposition": {"Q": 1e5, "Q_ckd": 100, "FR1": 0.65, "FR2": 0.02, "FR10": 0.01, "FR20": 0.001},
}
UNCERTAIN = {"fossil_fuel_combustion[0].NCV": ("normal", 0.02), "carbonate_decomposition[0].FR10": ("uniform", 0.0, 0.02)}


def test_same_seed_same_draws_whatever_the_workers(cement: Methodology, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cement.sample(INPUTS, UNCERTAIN, n=3000, seed=4).totals["E"]
    monkeypatch.setattr(arrays, "THREADED", 100)
    monkeypatch.setattr(arrays, "BLOCK", 64)
    monkeypatch.setattr(arrays, "MAX_WORKERS", 5)
    assert (cement.sample(INPUTS, UNCERTAIN, n=3000, seed=4).totals["E"] == first).all()
    assert (cement.sample(INPUTS, UNCERTAIN, n=3000, seed=5).totals["E"] != first).any()


def test_draws_of_a_target_do_not_depend_on_the_others(cement: Methodology) -> None:
    alone = cement.sample(INPUTS, {"fossil_fuel_combustion[0].NCV": ("normal", 0.02)}, n=500).totals["E"]
    both = cement.sample(INPUTS, UNCERTAIN, n=500).totals["E"]
    other = cement.sample(INPUTS, {"carbonate_decomposition[0].FR10": ("uniform", 0.0, 0.02)}, n=500).totals["E"]
    best = float(cement.calculate(INPUTS).totals["E"])
    assert np.allclose(alone + other - best, both, rtol=1e-12)


@pytest.mark.parametrize("sign", [1, -1])
def test_results_stay_between_those_of_the_bounds(cement: Methodology, sign: int) -> None:
    """A subtraction, a division by (1 - L) and a negative amount: the lowest and highest draw lie within the bounds."""
    low, high = 0.2, 0.4
    inputs = {
        "carbonate_decomposition": {"Q": 1e5, "Q_ckd": 100, "FR1": 0.65, "FR2": 0.02, "FS10": 0.005, "FS20": 0.001, "L": 0.35},
        "purchased_electricity": {"AD_elec": sign * 1e4, "EF_elec": 0.6},
    }
    uncertain = {
        "carbonate_decomposition[0].L": ("uniform", low, high),
        "purchased_electricity[0].EF_elec": ("triangular", 0.5, 0.6, 0.8),
    }
    draws = cement.sample(inputs, uncertain, n=4000).totals["E"]
    corners = []
    for loss in (low, high):
        for factor in (0.5, 0.8):
            inputs["carbonate_decomposition"]["L"] = loss
            inputs["purchased_electricity"]["EF_elec"] = factor
            corners.append(float(cement.calculate(inputs).totals["E"]))
    assert min(corners) <= draws.min() <= draws.max() <= max(corners)
    sample = cement.sample(inputs, uncertain, n=4000)
    bottom, top = sample.interval()
    assert bottom <= sample.mean() <= top


def test_spread_of_a_linear_model_is_the_analytic_one(cement: Methodology) -> None:
    draws = cement.sample(
        {"fossil_fuel_combustion": [{"fuel": "coke", "FC": 800}]},
        {"fossil_fuel_combustion[0].FC": ("normal", 0.05)},
        n=200_000,
        seed=1,
    )
    best = float(draws.best.totals["E"])
    assert np.std(draws.totals["E"]) == pytest.approx(0.05 * best, rel=0.01)
    assert float(draws.mean()) == pytest.approx(best, rel=0.001)


def test_sub_lines_can_be_uncertain() -> None:
    power = ca.load("ndrc/power-generation")
    months = [{"FC_coal": 120000, "NCV_coal": 20500, "C_coal": 0.548}, {"FC_coal": 150000, "NCV_coal": 21300, "C_coal": 0.562}]
    inputs = {"fossil_fuel_combustion": [{"fuel": "coal", "months": months}, {"fuel": "diesel", "FC": 3}]}
    sample = power.sample(inputs, {"fossil_fuel_combustion[0].months[1].C_coal": ("uniform", 0.55, 0.57)}, n=200)
    months[1]["C_coal"] = 0.55
    low = float(power.calculate(inputs).totals["E"])
    months[1]["C_coal"] = 0.57
    high = float(power.calculate(inputs).totals["E"])
    assert low <= sample.totals["E"].min() < sample.totals["E"].max() <= high


@pytest.mark.parametrize("wrong", [("normal",), ("uniform", 2, 1), ("triangular", 0, 5, 1), "normal", ("cauchy", 1)])
def test_wrong_distributions(cement: Methodology, wrong: object) -> None:
    with pytest.raises(InputError, match="a distribution is"):
        cement.sample(INPUTS, {"fossil_fuel_combustion[0].NCV": wrong}, n=10)


def test_wrong_targets(cement: Methodology) -> None:
    with pytest.raises(InputError, match="not a symbol of a line"):
        cement.sample(INPUTS, {"fossil_fuel_combustion": ("normal", 0.1)}, n=10)
    with pytest.raises(NotFoundError):
        cement.sample(INPUTS, {"fossil_fuel_combustion[0].XX": ("normal", 0.1)}, n=10)
