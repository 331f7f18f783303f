"""The edges of bands: a value that is on an edge in decimals is in the band that the sheet says, whatever binary floats make of it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonacct import certification
from carbonacct.errors import InputError
from tests.certification.test_scoring import HEAD, criterion, question

POSITIVE = st.decimals("0.01", "9999.99", places=2)
STEP = Decimal("0.000001")


@pytest.mark.parametrize(
    ("rubric", "answers", "holder", "key"),
    [
        ("zhejiang-carbon-efficiency", {"emissions": 56, "value_added": 100, "industry_L": 0.7}, "K", "2"),
        ("zhejiang-carbon-efficiency", {"emissions": 2.58, "value_added": 4.3, "industry_L": 1}, "L", "low"),
        ("carbon-four-colour", {"emissions": 28, "output": 100, "benchmark": 0.35}, "K", "dark_green"),
        ("carbon-four-colour", {"emissions": "28000 kgCO2e", "output": "1e6 CNY", "benchmark": "350 kgCO2e/wan_CNY"}, "K", "dark_green"),
    ],
)  # fmt: skip
def test_edges_by_hand(rubric: str, answers: dict[str, Any], holder: str, key: str) -> None:
    """56/100/0.7 = 0.8; 2.58/4.3 = 0.6; 28/100/0.35 = 0.8: floats give 0.8000000000000002 and 0.6000000000000001."""
    band = certification.score(rubric, answers).grades[holder]
    assert band is not None and band.key == key


def account(**changes: Any) -> dict[str, Any]:
    return {**certification.load("carbon-account-score").model.cases[0].answers, **changes}


def mark(key: str, **changes: Any) -> Any:
    score = certification.score("carbon-account-score", account(**changes))
    return next(leaf.mark for leaf in score.leaves() if leaf.criterion.id == key)


def test_edges_of_marks_by_hand() -> None:
    """13.5/100/0.15 = 0.9, which has 90; 1.4/1/0.7 = 2, which has 80."""
    assert mark("W", emissions=13.5, output=100, benchmark=0.15) == 90
    assert mark("S", account_value=1.4, output=1, industry_asset_ratio=0.7) == 80
    assert mark("S", account_value=4.2, output=7, industry_asset_ratio=0.3) == 80


@settings(max_examples=60)
@given(
    edge=st.sampled_from([("0.6", "1", "2"), ("0.8", "2", "3"), ("1.2", "3", "4"), ("2.0", "4", "5")]),
    value_added=POSITIVE,
    mean=POSITIVE,
)
def test_edges_of_the_carbon_efficiency(edge: tuple[str, str, str], value_added: Decimal, mean: Decimal) -> None:
    bound, on, beyond = edge
    emissions = Decimal(bound) * value_added * mean
    answers = {"value_added": str(value_added), "industry_L": float(mean)}
    for amount, key in ((emissions, on), (emissions + STEP, beyond)):
        level = certification.score("zhejiang-carbon-efficiency", {**answers, "emissions": str(amount)}).level
        assert level is not None and level.key == key


@settings(max_examples=60)
@given(edge=st.sampled_from(["0.8", "1.0", "1.2"]), output=POSITIVE, benchmark=POSITIVE)
def test_edges_of_the_four_colours(edge: str, output: Decimal, benchmark: Decimal) -> None:
    colours = {"0.8": ("dark_green", "light_green"), "1.0": ("light_green", "yellow"), "1.2": ("yellow", "red")}
    emissions = Decimal(edge) * output * benchmark
    for amount, key in zip((emissions, emissions + STEP), colours[edge], strict=True):
        answers = {"emissions": float(amount), "output": float(output), "benchmark": float(benchmark)}
        level = certification.score("carbon-four-colour", answers).level
        assert level is not None and level.key == key


@settings(max_examples=60)
@given(
    edge=st.sampled_from([("0.9", 90, 80), ("1.02", 60, 50), ("1.08", 30, 20), ("1.1", 20, 10)]),
    output=POSITIVE,
    benchmark=POSITIVE,
)
def test_edges_of_the_intensity_table(edge: tuple[str, int, int], output: Decimal, benchmark: Decimal) -> None:
    bound, on, beyond = edge
    emissions = Decimal(bound) * output * benchmark
    fixed = {"output": float(output), "benchmark": float(benchmark)}
    assert mark("W", emissions=float(emissions), **fixed) == on
    assert mark("W", emissions=float(emissions + STEP), **fixed) == beyond


def test_noise_of_roots_is_taken_off_before_comparing() -> None:
    """1 - 0.729^(1/3) = 0.1 is as much as the path's 0.1: all the marks."""
    answers = {**certification.load("transition-plan").model.cases[0].answers, "sector_cut": 0.1}
    score = certification.score("transition-plan", answers)
    assert score.values["g"] == 0.1
    assert next(leaf.mark for leaf in score.leaves() if leaf.criterion.id == "ambition") == 100


@pytest.mark.parametrize(
    ("formula", "answer", "expected"),
    [
        ("a ** 2 / 100", 30, 9),
        ("10 * a ** 0.5", 64, 80),
        ("10 * sqrt(a)", 64, 80),
        ("round(a / 3 * 2, 1)", 0.1, Fraction(1, 10)),
        ("100 if log(exp(a)) <= 0.3 else 0", 0.3, 100),
        ("100 * a / 3", 1, Fraction(100, 3)),
    ],
)
def test_formulas_over_fractions(tmp_path: Path, formula: str, answer: float, expected: Fraction) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(HEAD + "questions:\n" + question("a") + "criteria:\n" + criterion("a", "1", formula), encoding="utf-8")
    assert certification.score(path, {"a": answer}).marks[0].mark == expected


@pytest.mark.parametrize("value", ["1e999999999 tCO2", "1e-999999999", float("inf"), 10**400])
def test_numbers_beyond_all_measure_are_refused_at_once(value: Any) -> None:
    with pytest.raises(InputError):
        certification.score("zhejiang-carbon-efficiency", {"emissions": value, "value_added": 1, "industry_L": 1})
