"""Advice: what one question does for several criteria, exact combinations, and nothing that scoring again does not confirm."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonacct import certification
from carbonacct.certification.rubric import Rubric
from carbonacct.certification.scoring import Score
from tests.certification.test_scoring import HEAD, LEVELS, criterion, question

UNCHANGED = {"output": 10000, "output_last_year": 10000, "industry_intensity": 1, "retired": 0}
IDLE = {"emissions": 8500, "emissions_last_year": 8500, "data_quality": "verified", **UNCHANGED}
POWER = {
    "emissions": 10000, "emissions_last_year": 10000, "electricity": 4000, "green_electricity": 0, "data_quality": "self_computed",
    **UNCHANGED,
}  # fmt: skip


@pytest.fixture
def rubric(tmp_path: Path) -> Callable[[str], Rubric]:
    def make(body: str) -> Rubric:
        path = tmp_path / "example.yaml"
        path.write_text(HEAD + body, encoding="utf-8")
        return certification.load(path)

    return make


def points(score: Score) -> Fraction:
    """The total before rounding."""
    return sum((mark.points for mark in score.marks), score.bonus_counted)


def test_one_question_drives_two_criteria() -> None:
    """x below 8500 t gives (8500 - x)/100 for the benchmark and (8500 - x)/17 for the trend: 15 points from 8282.05 t on."""
    score = certification.score("low-carbon-level", IDLE)
    assert str(score.score) == "50.00"
    advice = score.advice
    assert advice is not None and advice.reachable and advice.level.key == "fairly_high"
    (step,) = advice.steps
    assert step.changes["emissions"] == (8500, pytest.approx(8282.05, abs=0.01))
    assert [move.criterion.id for move in step.moves] == ["benchmark", "trend"]
    again = certification.score("low-carbon-level", {**IDLE, "emissions": step.changes["emissions"][1]})
    assert step.points == points(again) - points(score)
    assert again.level is not None and again.level.key == "fairly_high"
    assert "cannot be reached" not in score.to_text()


def test_no_second_step_where_one_question_does_it() -> None:
    """9.375 marks for the benchmark and 75 for the trend: 3.75 + 18.75 = 22.5 points, effort 0.84375."""
    advice = certification.score("low-carbon-level", POWER).advice
    assert advice is not None
    assert [step.changes for step in advice.steps] == [{"emissions": (10000, 9625)}]
    assert (advice.gap, advice.steps[0].points, advice.effort) == (22.5, 22.5, 0.84375)


def test_the_cheaper_question_first_and_the_dearer_for_the_rest() -> None:
    """8.52 points: the benchmark gives 8.07 for effort 0.20175, green power the other 0.45 for 0.0225."""
    answers = {
        **POWER, "emissions": 8807, "emissions_last_year": 10090, "green_electricity": 1080, "data_quality": "self_declared",
    }  # fmt: skip
    advice = certification.score("low-carbon-level", answers).advice
    assert advice is not None
    assert [step.changes for step in advice.steps] == [{"emissions": (8807, 8000)}, {"green_electricity": (1080, 1125)}]
    assert advice.effort == pytest.approx(0.22425)


def test_many_criteria_are_no_matter(rubric: Callable[[str], Rubric]) -> None:
    """25 tables and 25 numbers: told in a moment, and exactly (60 points, the cheapest criteria first)."""
    names = [f"q{index}" for index in range(25)]
    yes = rubric(
        "questions:\n" + "".join(question(n, "kind: yes_no") for n in names)
        + "criteria:\n" + "".join(criterion(n, "1/25", YES.format(n), f", effort: {1 + i}") for i, n in enumerate(names)) + LEVELS
    )  # fmt: skip
    advice = certification.score(yes, dict.fromkeys(names, "no")).advice
    assert advice is not None and advice.effort == sum(range(1, 16))
    numbers = rubric(
        "questions:\n" + "".join(question(n) for n in names)
        + "criteria:\n" + "".join(criterion(n, "1/25", n, f", effort: {1 + i}") for i, n in enumerate(names)) + LEVELS
    )  # fmt: skip
    advice = certification.score(numbers, dict.fromkeys(names, 0)).advice
    assert advice is not None and advice.effort == sum(range(1, 16))


def test_the_half_cent_of_rounding_counts(rubric: Callable[[str], Rubric]) -> None:
    """59.995 at most, which rounds to the 60 that are needed; 59.994 would not."""
    plan = rubric("questions:\n" + question("a") + "criteria:\n" + criterion("a", "1", "a * 0.59995") + LEVELS)
    advice = certification.score(plan, {"a": 50}).advice
    assert advice is not None and advice.reachable
    assert [step.changes for step in advice.steps] == [{"a": (50, 100)}]
    short = rubric("questions:\n" + question("a") + "criteria:\n" + criterion("a", "1", "a * 0.59994") + LEVELS)
    advice = certification.score(short, {"a": 50}).advice
    assert advice is not None and not advice.reachable


def test_more_choices_than_can_be_combined(rubric: Callable[[str], Rubric]) -> None:
    """2^13 combinations are too many to look at, all of one kind are not."""
    names = [f"q{index}" for index in range(13)]
    every = " and ".join(f"{name} == 'yes'" for name in names)
    plan = rubric(
        "questions:\n" + "".join(question(n, "kind: yes_no") for n in names)
        + "criteria:\n" + criterion("a", "1", f"100 if {every} else 0") + LEVELS
    )  # fmt: skip
    advice = certification.score(plan, dict.fromkeys(names, "no")).advice
    assert advice is not None and advice.reachable
    assert advice.steps[0].changes == dict.fromkeys(names, ("no", "yes"))


def test_more_ways_than_can_be_kept_apart_are_told_all_the_same(
    rubric: Callable[[str], Rubric], monkeypatch: pytest.MonkeyPatch
) -> None:
    """26 criteria of uneven weight and effort: within a hundredth of the best that a finer search over all sums finds."""
    monkeypatch.setattr("carbonacct.certification.advice.MANY", 50)
    names = [f"q{index}" for index in range(26)]
    shares = [Fraction(1000 + 7 * index * index, sum(1000 + 7 * i * i for i in range(26))) for index in range(26)]
    efforts = [1 + (index * 37 % 101) / 7 for index in range(26)]
    plan = rubric(
        "questions:\n" + "".join(question(n, "kind: yes_no") for n in names) + "criteria:\n"
        + "".join(criterion(n, str(s), YES.format(n), f", effort: {e}") for n, s, e in zip(names, shares, efforts, strict=True)) + LEVELS
    )  # fmt: skip
    advice = certification.score(plan, dict.fromkeys(names, "no")).advice
    assert advice is not None and advice.reachable
    best = {0: 0.0}  # ten-thousandths of the goal, rounded up: never dearer than the truth
    for share, effort in zip(shares, efforts, strict=True):
        for units, cost in list(best.items()):
            reached = min(10_000, units + int(share * 100 / 60 * 10_000) + 1)
            best[reached] = min(best.get(reached, 1e9), cost + effort)
    assert best[10_000] <= advice.effort <= best[10_000] * 1.01


def test_the_target_of_a_plan_moves_path_and_ambition() -> None:
    """On the path at 0.7: 30 points; the yearly cut 1 - 0.7^(1/3) = 0.1121 of 0.125: 13.45 after 12."""
    answers = {**certification.load("transition-plan").model.cases[1].answers, "asset_end_year": 2040}
    score = certification.score("transition-plan", answers)
    advice = score.advice
    assert advice is not None and advice.reachable
    (step,) = advice.steps
    assert step.changes == {"I_target": (0.729, 0.7)}
    assert [move.criterion.id for move in step.moves] == ["path", "ambition"]
    again = certification.score("transition-plan", {**answers, "I_target": 0.7})
    assert step.points == points(again) - points(score)


YES = "100 if {0} == 'yes' else 0"


def test_exact_sums_are_not_lost(rubric: Callable[[str], Rubric]) -> None:
    """Three sixths are the half that is needed; a hundredth short of it, D for 100 would have to be taken."""
    plan = rubric(
        "questions:\n" + "".join(question(n, "kind: yes_no") for n in "abcd") + "criteria:\n"
        + "".join(criterion(n, "1/6", YES.format(n), ", effort: 1") for n in "abc") + criterion("d", "1/2", YES.format("d"), ", effort: 100")
        + LEVELS.replace("min: 60", "min: 50")
    )  # fmt: skip
    advice = certification.score(plan, dict.fromkeys("abcd", "no")).advice
    assert advice is not None and advice.reachable
    assert [step.changes for step in advice.steps] == [{name: ("no", "yes")} for name in "abc"]
    assert advice.effort == 3


def test_a_bonus_question_is_a_lever_too(rubric: Callable[[str], Rubric]) -> None:
    body = (
        "questions:\n" + question("a") + question("trees", "better: higher") + "criteria:\n" + criterion("a", "1", "a / 2")
        + "bonus: [{id: t, title: {zh: t, en: t}, points: trees / 10}]\nbonus_cap: 20\n" + LEVELS
    )  # fmt: skip
    advice = certification.score(rubric(body), {"a": 100, "trees": 0}).advice
    assert advice is not None and advice.reachable
    assert [step.changes for step in advice.steps] == [{"trees": (0, 100)}]


def test_criteria_that_share_choices_are_moved_together(rubric: Callable[[str], Rubric]) -> None:
    """Only both answers together give A; the same two give B as well."""
    both = "100 if a == 'yes' and b == 'yes' else 0"
    plan = rubric(
        "questions:\n" + question("a", "kind: yes_no") + question("b", "kind: yes_no")
        + "criteria:\n" + criterion("a", "0.5", both) + criterion("b", "0.5", YES.format("b")) + LEVELS
    )  # fmt: skip
    advice = certification.score(plan, {"a": "no", "b": "no"}).advice
    assert advice is not None and advice.reachable
    assert [step.changes for step in advice.steps] == [{"a": ("no", "yes"), "b": ("no", "yes")}]
    assert advice.steps[0].points == 100


def test_two_values_that_only_together_reach_a_grade(rubric: Callable[[str], Rubric]) -> None:
    plan = rubric(
        "questions:\n" + question("a") + question("b")
        + "values:\n  K:\n    title: {zh: K, en: K}\n    formula: a + b\n    levels: {status: illustrative, bands: ["
        "{key: top, title: {zh: t, en: t}, min: 150}, {key: low, title: {zh: l, en: l}}]}\nlevel_of: K\n"
    )  # fmt: skip
    score = certification.score(plan, {"a": 10, "b": 20})
    advice = score.advice
    assert advice is not None and advice.reachable and advice.alone == []
    changed = {name: after for step in advice.steps for name, (_, after) in step.changes.items()}
    assert certification.score(plan, {"a": 10, "b": 20, **changed}).level == plan.levels.bands[0]  # type: ignore[union-attr]


@settings(max_examples=25)
@given(data=st.data())
def test_advice_holds_when_scored_again(data: st.DataObject) -> None:
    """Points are those of scoring again, no step is superfluous, and what is out of reach is so with every lever at its best."""
    draw = data.draw
    emissions = draw(st.integers(7000, 13000))
    answers: dict[str, Any] = {
        **UNCHANGED, "emissions": emissions, "emissions_last_year": draw(st.integers(7000, 13000)), "electricity": 4000,
        "green_electricity": draw(st.integers(0, 2500)), "data_quality": draw(st.sampled_from(["self_declared", "utility_meter"])),
        "retired": draw(st.integers(0, 400)),
    }  # fmt: skip
    score = certification.score("low-carbon-level", answers)
    advice = score.advice
    if advice is None:
        return
    changes = [{name: after for name, (_, after) in step.changes.items()} for step in advice.steps]
    done = dict(answers)
    before = points(score)
    for step, change in zip(advice.steps, changes, strict=True):
        done |= change
        after = points(certification.score("low-carbon-level", done))
        assert step.points == after - before
        before = after
    assert advice.gap is not None
    assert advice.reachable is (before - points(score) >= advice.gap)
    for kept in combinations(changes, len(changes) - 1):
        less = certification.score("low-carbon-level", {**answers, **{k: v for one in kept for k, v in one.items()}})
        assert points(less) - points(score) < advice.gap or not advice.reachable
    best = {"emissions": 1, "green_electricity": 4000, "data_quality": "verified"}
    top = points(certification.score("low-carbon-level", {**answers, **best}))
    assert advice.reachable or top - points(score) < advice.gap


def test_a_step_smaller_than_the_digits_it_is_told_with() -> None:
    """S must be above 0.4 and is a hair below it: the number that is told must do when it is read again."""
    answers = {
        "class": "medium", "account_value": 0.39999999999999997, "output": 1, "industry_asset_ratio": 1, "emissions": 1.0,
        "benchmark": 1, "faults": 1.0, "actions": 10,
    }  # fmt: skip
    score = certification.score("carbon-account-score", answers)
    assert score.level is not None and score.level.key == "C" and score.advice is not None
    (step,) = score.advice.steps
    changed = certification.score(
        "carbon-account-score", {**answers, **{name: after for name, (_, after) in step.changes.items()}}
    )
    assert changed.level is not None and changed.level.key == "CC"
