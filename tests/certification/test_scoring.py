"""Scoring: experts' marks, weights of the caller, missing answers, errors, advice, reports."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import carbonacct as ca
from carbonacct import certification
from carbonacct.certification.answers import mean_mark
from carbonacct.certification.rubric import Rubric
from carbonacct.errors import FileError, InputError, NotFoundError
from carbonacct.messages import set_language
from carbonacct.units import registry

HEAD = """
id: certification/example
version: 1.0.0
title: {zh: 示例, en: Example}
source_document: {publisher: {zh: 测试, en: test}, document: none, year: 2026}
evidence: unconfirmed
source: here
sources:
  here: {title: this test, kind: derivation}
weights: illustrative
"""


@pytest.fixture
def rubric(tmp_path: Path) -> Callable[[str], Rubric]:
    def make(body: str) -> Rubric:
        path = tmp_path / "example.yaml"
        path.write_text(HEAD + body, encoding="utf-8")
        return certification.load(path)

    return make


def question(name: str, more: str = "better: higher, range: [0, 100]") -> str:
    return f"  {name}: {{title: {{zh: {name}, en: {name}}}, {more}}}\n"


def criterion(name: str, weight: str, mark: str, more: str = "") -> str:
    return f'  - {{id: {name.upper()}, title: {{zh: {name}, en: {name}}}, weight: {weight}, mark: "{mark}"{more}}}\n'


LEVELS = """
levels:
  status: illustrative
  bands:
    - {key: top, title: {zh: 高, en: top}, min: 80}
    - {key: mid, title: {zh: 中, en: mid}, min: 60}
    - {key: low, title: {zh: 低, en: low}, min: 0}
"""


# marks and totals ------------------------------------------------------------------------------------------------


def test_experts_marks_drop_highest_and_lowest_from_five_on() -> None:
    assert mean_mark([80, 99, 85, 90, 12]) == 85
    assert mean_mark([80, 99, 85, 12]) == 69
    score = certification.score("eco-industrial-park-recheck", {"recheck_score": [80, 99, 85, 90, 12]})
    assert score.score == Decimal("85.00")
    assert score.to_dict()["expert_marks"] == {"recheck_score": [80, 99, 85, 90, 12]}  # raw marks are kept


@pytest.mark.parametrize(("carbon", "expected"), [(1.0, 0), (0.6, 100), (0.7, 75), (0.8, 50), (1.5, 0), (0.2, 100)])
def test_linear_mark_between_benchmark_and_leading_value(carbon: float, expected: float) -> None:
    """The reference's vector: x = 0.7 between 1.0 and 0.6 gives 15 of 20."""
    score = certification.score("green-factory-2025", {"carbon_per_product": carbon, "carbon_base": 1.0, "carbon_lead": 0.6})
    mark = next(mark for mark in score.leaves() if mark.criterion.id == "carbon")
    assert mark.mark == expected
    assert mark.share == Fraction(1, 5)
    assert mark.points == Fraction(expected) / 5
    assert score.score == Decimal(f"{expected / 5:.2f}")


def test_totals_are_exact_and_round_half_up(rubric: Callable[[str], Rubric]) -> None:
    thirds = rubric(
        "questions:\n" + "".join(question(n) for n in "abc") + "criteria:\n" + "".join(criterion(n, "1/3", n) for n in "abc")
    )
    assert certification.score(thirds, {"a": 100, "b": 100, "c": 100}).score == Decimal("100.00")
    assert certification.score(thirds, {"a": 0.1, "b": 0.2, "c": 0.3}).score == Decimal("0.20")
    half = rubric("questions:\n" + question("a") + "criteria:\n" + criterion("a", "1", "a"))
    assert certification.score(half, {"a": 0.125}).score == Decimal("0.13")
    assert certification.score(half, {"a": 79.995}).score == Decimal("80.00")


def test_bonus_is_capped_and_said() -> None:
    score = certification.score("low-carbon-level", certification.load("low-carbon-level").model.cases[1].answers)
    assert (score.bonus, score.bonus_counted) == (10, 5)
    assert "Bonus: 5.00 points, in the score" in score.to_text()
    assert "bonus points capped at 5" in score.warnings


def test_a_mark_never_leaves_its_range(rubric: Callable[[str], Rubric]) -> None:
    loose = rubric("questions:\n" + question("a") + "criteria:\n" + criterion("a", "1", "3 * a - 50"))
    assert certification.score(loose, {"a": 100}).score == 100
    assert certification.score(loose, {"a": 0}).score == 0


# answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("emissions", [900, "900 tCO2e", "0.9 ktCO2e", "900000 kgCO2e", ca.Value(0.9, "ktCO2e")])
def test_answers_in_any_unit(emissions: Any) -> None:
    score = certification.score("carbon-four-colour", {"emissions": emissions, "output": "1000 万元", "benchmark": 1})
    assert score.values["K"] == pytest.approx(0.9, rel=1e-12)


def test_answers_from_a_result_and_from_pint(cement: Any) -> None:
    result = cement.calculate({"raw_meal_nonfuel_carbon": {"Q": "1000000 t", "FR0": 0.002}})
    score = certification.score("carbon-four-colour", {"emissions": result.co2e, "output": "1 亿元", "benchmark": 1})
    assert score.values["intensity"] == pytest.approx(0.73333333, rel=1e-6)
    quantity = registry().Quantity(0.9, "ktCO2e")
    assert certification.score("carbon-four-colour", {"emissions": quantity, "output": 1000, "benchmark": 1}).level is not None


def test_yes_no_and_options_by_title() -> None:
    model = certification.load("sichuan-green-enterprise").model
    answers = {
        **model.cases[0].answers,
        "legally_established": True,
        "disclosure": "是",
        "honours": "省级",
        "within_limits": "Yes",
    }
    assert str(certification.score("sichuan-green-enterprise", answers).score) == "68.45"


def test_all_errors_of_the_answers_at_once() -> None:
    with pytest.raises(InputError) as caught:
        certification.score(
            "carbon-four-colour",
            {"emision": 1, "emissions": "3 GJ", "output": -1, "benchmark": "x"},
            weights={"Q": 1},
            efforts={"Z": 1},
        )
    text = str(caught.value)
    assert "unknown question 'emision'; did you mean 'emissions'?" in text
    assert "emissions: 'GJ' is not a unit of the same kind as 'tCO2e'" in text
    assert "output: -1 is outside the range from 0 to ∞" in text
    assert "benchmark: 'x' is not a number with a unit" in text
    assert "weights: no criterion 'Q'" in text
    assert len(caught.value.problems) == 6


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"honours": "provence"}, "honours: 'provence' is none of none, local, province, national; did you mean 'province'?"),
        ({"innovation": [50, 101]}, "innovation: 101 is outside the range from 0 to 100"),
        ({"energy_ratio": True}, "energy_ratio: 'true' is not a number in 1"),
        ({"energy_ratio": float("nan")}, "energy_ratio: 'NaN' is not a number in 1"),
        ({"energy_ratio": [1]}, "energy_ratio: '[1]' is not a number in 1"),
        ({"disclosure": "maybe"}, "disclosure: 'maybe' is none of yes, no"),
    ],
)
def test_wrong_answers(answers: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        certification.score("sichuan-green-enterprise", answers)
    assert message in str(caught.value)


def test_missing_answers_score_nothing_and_are_listed_with_their_points() -> None:
    model = certification.load("sichuan-green-project").model
    answers = {key: value for key, value in model.cases[0].answers.items() if key not in ("technology", "co2e_reduction")}
    score = certification.score("sichuan-green-project", answers)
    assert score.score == Decimal("40.50")  # 30 + 10.5
    assert score.missing == {"co2e_reduction": Decimal("35.00"), "technology": Decimal("20.00")}
    data = score.to_dict()
    assert data["missing"] == {"co2e_reduction": 35.0, "technology": 20.0}
    assert data["criteria"][1]["missing"] == ["co2e_reduction"]
    assert "0 of 35.00 points, because not answered: Yearly reduction" in data["criteria"][1]["reason"]
    assert sum(item["weight"] for item in data["criteria"]) == pytest.approx(1)  # nothing is re-weighted


def test_a_rating_without_its_value_has_no_level_and_says_what_is_missing() -> None:
    score = certification.score("carbon-four-colour", {"emissions": 900})
    assert score.level is None
    assert set(score.missing) == {"output", "benchmark"}
    assert score.advice is None
    assert "Ratio of intensity to the benchmark = not reported" in score.to_text()


# weights ---------------------------------------------------------------------------------------------------------


def test_weights_of_the_caller_replace_the_illustrative_ones() -> None:
    model = certification.load("sichuan-green-project").model
    answers = model.cases[0].answers
    own = {"B": "0.25", "C": 0.25, "D": "1/4", "E": 0.25}
    score = certification.score("sichuan-green-project", answers, weights=own)
    assert score.score == Decimal("81.25")  # (100 + 75 + 80 + 70) / 4
    assert score.weights == "given"
    assert "weights: illustrative" not in score.to_text()
    partly = certification.score("sichuan-green-project", answers, weights={"B": 0.35, "C": 0.3})
    assert partly.weights == "illustrative"
    with pytest.raises(InputError, match=r"the weights of B, C, D, E sum to 1\.2, not 1"):
        certification.score("sichuan-green-project", answers, weights={"B": 0.5})
    with pytest.raises(InputError, match="not a number from 0 up"):
        certification.score("sichuan-green-project", answers, weights={"B": -0.5})


def test_a_null_weight_is_refused_by_name(rubric: Callable[[str], Rubric]) -> None:
    body = (
        "questions:\n" + question("a") + question("b") + "criteria:\n" + criterion("a", "null", "a") + criterion("b", "0.5", "b")
    )
    unknown = rubric(body)
    with pytest.raises(InputError, match="the weight of A is not known"):
        certification.score(unknown, {"a": 50, "b": 50})
    assert certification.score(unknown, {"a": 50, "b": 100}, weights={"A": 0.5}).score == 75


def test_the_class_that_the_weights_depend_on_is_needed() -> None:
    with pytest.raises(InputError, match="class is needed: the weights depend on it"):
        certification.score("carbon-credit-rating", {"finance": 50})


def test_efforts_are_those_of_marked_criteria() -> None:
    answers = certification.load("sichuan-green-enterprise").model.cases[0].answers
    with pytest.raises(InputError, match="efforts: the effort of C is that of the criteria below it"):
        certification.score("sichuan-green-enterprise", answers, efforts={"C": 2})
    assert certification.score("sichuan-green-enterprise", answers, efforts={"C1": 2}).efforts == {"C1": 2}


@pytest.mark.parametrize("answer", ["A", "a", "A级", "a级", "Grade A", "grade a"])
def test_options_with_capitals(rubric: Callable[[str], Rubric], answer: str) -> None:
    options = "kind: choice, options: {A: {zh: A级, en: Grade A}, B: {zh: B级, en: Grade B}}"
    graded = rubric("questions:\n" + question("g", options) + "criteria:\n" + criterion("g", "1", "100 if g == 'A' else 0"))
    assert certification.score(graded, {"g": answer}).score == 100


# impossible and missing answers ----------------------------------------------------------------------------------


def test_all_that_is_missing_is_listed() -> None:
    """Bonus, lowering and values that nothing is graded by: 0 points held back, but listed."""
    score = certification.score("low-carbon-level", {"data_quality": "verified"})
    assert set(score.missing) == set(score.rubric.model.questions) - {"data_quality"}
    assert (score.missing["retired"], score.missing["reductions"]) == (0, 0)
    assert score.missing["emissions"] == Decimal("65.00")
    assert "Reductions to emissions = not reported" in score.to_text()
    assert "单位产品排放 = 未报告" in score.to_text("zh")
    assert "not reported" in score.to_html(lang="en")


def test_the_number_of_levels_to_go_down_is_whole_and_its_absence_is_warned_of(rubric: Callable[[str], Rubric]) -> None:
    body = question("a") + question("p", "context: true") + "down: p\ncriteria:\n" + criterion("a", "1", "a") + LEVELS
    plan = rubric("questions:\n" + body)
    score = certification.score(plan, {"a": 90})
    assert score.missing == {"p": 0}
    assert "not answered, so that the level may be lower: p" in score.warnings
    lowered = certification.score(plan, {"a": 90, "p": 1})
    assert lowered.level is not None and lowered.level.key == "mid"
    with pytest.raises(InputError, match=r"a whole number from 0 up, but p = 0\.9"):
        certification.score(plan, {"a": 90, "p": 0.9})


@pytest.mark.parametrize(
    ("name", "answers", "warning"),
    [
        ("zhejiang-carbon-efficiency", {"emissions": 10, "sinks": 11, "value_added": 1, "industry_L": 1}, "sinks exceed the emissions"),
        ("green-issuer", {"green_revenue": 101, "revenue": 100}, "The revenue of a business is above total revenue"),
        ("green-factory-2018", {"rank": 401, "population": 400}, "The rank is beyond the number of factories"),
        ("carbon-account-score", {"class": "medium", "faults": 2, "actions": 1}, "More faults than carbon actions"),
    ],
)  # fmt: skip
def test_impossible_answers_are_warned_of(name: str, answers: dict[str, Any], warning: str) -> None:
    whole = {**certification.load(name).model.cases[0].answers, **answers}
    assert any(warning in text for text in certification.score(name, whole).warnings)
    assert not any(
        warning in text for text in certification.score(name, certification.load(name).model.cases[0].answers).warnings
    )


def test_no_rank_before_the_first() -> None:
    with pytest.raises(InputError, match="rank: 0 is outside the range from 1"):
        certification.score("green-factory-2018", {"rank": 0, "population": 400})


def test_a_loss_has_no_share_of_the_profit() -> None:
    """-10 is above 0.3 times -100, but that is no share of 30 %."""
    answers = {"green_revenue": 40, "max_other_revenue": 35, "green_profit": -10, "max_other_profit": -20, "revenue": 100}
    for profit in (-100, 0):
        level = certification.score("green-issuer", {**answers, "profit": profit}).level
        assert level is not None and level.key == "not_green"


def test_what_vetoes_by_our_design_is_not_called_confirmed() -> None:
    assert {rule.evidence for rule in certification.load("transition-plan").model.veto} == {"unconfirmed"}
    graded = {rule.id: rule.evidence for rule in certification.load("green-factory-2018").model.veto}
    assert [key for key, evidence in graded.items() if evidence == "confirmed"] == ["basic"]


# files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (question("a") + "criteria:\n" + criterion("a", "0.9", "a"), "the weights of A sum to 0.9, not 1"),
        (question("a") + "criteria:\n" + criterion("a", "1", "b"), "unknown name 'b'"),
        (question("a", "unit: tCO2e, better: lower") + "criteria:\n" + criterion("a", "1", "a"), "has the dimension CO2e"),
        (question("a") + question("b") + "criteria:\n" + criterion("a", "1", "a"), "no formula uses b"),
        (question("a") + question("b") + "criteria:\n" + criterion("a", "1", "a + b"), "must rest on one number"),
        (question("a", "context: true") + "criteria:\n" + criterion("a", "1", "a"), "must rest on one number"),
        (question("a", "unit: '1'") + "criteria:\n" + criterion("a", "1", "a"), "a number is better higher or lower"),
        (question("a") + "criteria:\n" + criterion("a", "x", "a"), "a weight here is not a number"),
        (question("a") + "criteria:\n" + criterion("a", "0.5", "a") + criterion("a", "0.5", "a"), "the name 'A' is used twice"),
        (question("a", "kind: choice") + "criteria:\n" + criterion("a", "1", "100"), "a choice, and nothing else, has options"),
        (question("a") + "criteria:\n  - {id: A, title: {zh: a, en: a}, weight: 1}\n", "either children or a formula"),
        (question("a") + "values:\n  K: {title: {zh: K, en: K}, formula: K + a}\ncriteria:\n" + criterion("a", "1", "K"), "unknown name 'K'"),
        (question("a") + "criteria:\n" + criterion("a", "1", "a") + "level_of: K\n", "'K' is not a value with levels"),
        (question("a") + "criteria:\n" + criterion("a", "1", "a") + LEVELS.replace("min: 0", "min: 70"), "levels go from best to worst"),
        (question("a") + "criteria:\n" + criterion("a", "1", "a") + "weight_sums: [{criteria: [A], equal: 0.6}]\n", "must sum to 0.6"),
        (question("a") + "criteria:\n" + criterion("a", "1", "a", ", source: nowhere"), "unknown source 'nowhere'"),
        (question("a") + "weights_by: a\ncriteria:\n" + criterion("a", "1", "a"), "a is not a choice of this rubric"),
        (question("a") + "veto: [{id: v, title: {zh: v, en: v}, when: a == 'yes'}]\ncriteria:\n" + criterion("a", "1", "a"), "a is not a choice"),
        (question("a", "kind: yes_no, default: 1") + "criteria:\n" + criterion("a", "1", "100 if a == 'yes' else 0"), "the default of a"),
        (question("a", "kind: yes_no") + "criteria:\n" + criterion("a", "1", "a"), "a is a choice, not a number"),
        (question("a") + "criteria:\n" + criterion("a", "1", "sum(x.a for x in a)"), "is not allowed in a formula"),
        (question("a") + "criteria:\n" + criterion("a", "1", "interpolate(t.c, a)"), "is not allowed in a formula"),
        (question("a") + "criteria:\n" + criterion("a", "1", "a") + LEVELS.replace("key: mid", "key: top"), "the name 'top' is used twice"),
        (question("a", "better: higher, range: [5, 1]") + "criteria:\n" + criterion("a", "1", "a"), "the range goes from 5 to 1"),
        (question("a", "kind: yes_no, default: maybe") + "criteria:\n" + criterion("a", "1", "100 if a == 'yes' else 0"), "'maybe' is none of yes, no"),
        (question("a", "better: higher, range: [0, 100], default: 101") + "criteria:\n" + criterion("a", "1", "a"), "101 is outside the range"),
        (question("a") + "full_mark: 0\ncriteria:\n" + criterion("a", "1", "a"), "0 should be above 0"),
        (question("a") + "full_mark: -10\ncriteria:\n" + criterion("a", "1", "a"), "-10 should be above 0"),
        (question("a") + "bonus_cap: -1\ncriteria:\n" + criterion("a", "1", "a"), "-1 should be 0 or more"),
        (question("a") + "criteria:\n" + criterion("a", "1", "a", ", effort: -1"), "-1 should be 0 or more"),
        (question("a") + "values:\n  K: {title: {zh: K, en: K}, unit: furlong, formula: a}\ncriteria:\n" + criterion("a", "1", "a"), "unknown unit 'furlong'"),
        (question("a", "unit: furlong, better: higher") + "criteria:\n" + criterion("a", "1", "a"), "unknown unit 'furlong'"),
        (question("a") + "criteria:\n" + criterion("a", "1", "a") + "weight_sums: [{criteria: [A], equal: abc}]\n", "a weight here is not a number"),
    ],
)  # fmt: skip
def test_rubrics_that_are_refused(rubric: Callable[[str], Rubric], body: str, message: str) -> None:
    with pytest.raises(FileError) as caught:
        rubric("questions:\n" + body)
    assert message in str(caught.value)
    assert all(re.search(r"example\.yaml:\d+:\d+: ", problem) for problem in caught.value.problems)


def test_unknown_rubric() -> None:
    with pytest.raises(NotFoundError, match="no rubric 'green-factory-2015'; did you mean 'green-factory-2025'"):
        certification.load("green-factory-2015")


# advice ----------------------------------------------------------------------------------------------------------


def test_the_cheapest_way_by_hand(rubric: Callable[[str], Rubric]) -> None:
    """28 points are lacking: A gives one for 1/50 of effort, C for 1/30, B all of its 20 or none for 1."""
    plan = rubric(
        "questions:\n" + question("a") + question("b", "kind: yes_no") + question("c")
        + "criteria:\n" + criterion("a", "0.5", "a") + criterion("b", "0.2", "100 if b == 'yes' else 0") + criterion("c", "0.3", "c")
        + LEVELS
    )  # fmt: skip
    score = certification.score(plan, {"a": 40, "b": "no", "c": 40})
    assert score.score == Decimal("32.00")
    advice = score.advice
    assert advice is not None
    assert (advice.level.key, advice.gap) == ("mid", 28)
    assert [(step.criterion.id, step.changes, step.points) for step in advice.steps if step.criterion] == [
        ("A", {"a": (40.0, 96.0)}, 28)
    ]
    assert advice.effort == pytest.approx(0.56)
    dear = certification.score(plan, {"a": 40, "b": "no", "c": 40}, efforts={"A": 10, "B": 0.1})
    assert dear.advice is not None
    assert [(step.criterion.id, step.changes) for step in dear.advice.steps if step.criterion] == [
        ("B", {"b": ("no", "yes")}),
        ("C", {"c": (40.0, pytest.approx(66.6667, abs=1e-4))}),
    ]
    assert dear.advice.effort == pytest.approx(0.1 + 8 / 30)
    assert [step.criterion.id for step in dear.advice.alone if step.criterion] == ["A"]


def test_advice_of_jumping_marks_is_the_optimum(rubric: Callable[[str], Rubric]) -> None:
    """Against all 3^4 combinations of four tables with different shares and efforts."""
    efforts = {"A": 3.0, "B": 1.0, "C": 2.2, "D": 0.9}
    shares = {"A": 0.4, "B": 0.1, "C": 0.3, "D": 0.2}
    options = "kind: choice, options: {x: {zh: x, en: x}, y: {zh: y, en: y}, z: {zh: z, en: z}}"
    table = "100 if {0} == 'z' else 55 if {0} == 'y' else 0"
    plan = rubric(
        "questions:\n" + "".join(question(n, options) for n in "abcd") + "criteria:\n"
        + "".join(criterion(n, str(shares[n.upper()]), table.format(n)) for n in "abcd") + LEVELS
    )  # fmt: skip
    marks = {"x": 0, "y": 55, "z": 100}
    for start in product("xy", repeat=4):
        score = certification.score(plan, dict(zip("abcd", start, strict=True)), efforts=efforts)
        advice = score.advice
        assert advice is not None and advice.gap is not None
        best = min(
            sum(efforts[n.upper()] * (marks[new] - marks[old]) / 100 for n, old, new in zip("abcd", start, chosen, strict=True))
            for chosen in product("xyz", repeat=4)
            if all(marks[new] >= marks[old] for old, new in zip(start, chosen, strict=True))
            and sum(shares[n.upper()] * marks[new] for n, new in zip("abcd", chosen, strict=True)) >= 60 - 1e-9
        )
        assert advice.effort == pytest.approx(best)


def test_vetoes_come_first_and_the_top_needs_nothing(rubric: Callable[[str], Rubric]) -> None:
    model = certification.load("sichuan-green-enterprise").model
    bad = certification.score("sichuan-green-enterprise", {**model.cases[0].answers, "dishonesty_list": "yes"})
    assert bad.advice is not None and [held.rule.id for held in bad.advice.vetoes] == ["dishonesty"]
    assert "first clear the veto: On a list of dishonesty" in bad.to_text()
    top = certification.score("sichuan-green-enterprise", model.cases[1].answers)
    assert top.advice is None


def test_a_level_out_of_reach_is_said(rubric: Callable[[str], Rubric]) -> None:
    stuck = rubric("questions:\n" + question("a") + "criteria:\n" + criterion("a", "1", "a / 2") + LEVELS)
    score = certification.score(stuck, {"a": 20})
    assert score.advice is not None and not score.advice.reachable
    assert score.advice.steps[0].changes == {"a": (20.0, 100.0)}
    assert "cannot be reached" in score.to_text()


def test_advice_of_a_rating_is_the_answer_to_change() -> None:
    score = certification.score("carbon-four-colour", {"emissions": 900, "output": 1000, "benchmark": 1})
    assert score.advice is not None
    assert score.advice.level.key == "dark_green"
    assert [step.changes for step in score.advice.alone] == [{"emissions": (900.0, 800.0)}]
    grade = certification.score("zhejiang-carbon-efficiency", {"emissions": 10000, "value_added": 10000, "industry_L": 1})
    assert grade.advice is not None
    assert [step.changes for step in grade.advice.alone] == [
        {"emissions": (10000.0, 8000.0)},
        {"zero_carbon_power": (0.0, 2000.0)},
        {"sinks": (0.0, 2000.0)},
    ]


def test_occurrences_lower_the_level_of_the_account() -> None:
    answers = certification.load("carbon-account-score").model.cases[0].answers
    levels = []
    for count in range(12):
        score = certification.score(
            "carbon-account-score", {**answers, "general_penalties": count // 2, "serious_delays": count - count // 2}
        )
        assert score.score == Decimal("76.00") and score.level is not None
        levels.append(score.level.key)
    assert levels == ["BBB", "BB", "B", "CCC", "CC", *["C"] * 7]
    assert "the level is lowered by 11" in score.warnings
    assert score.advice is not None and not score.advice.reachable
    once = certification.score("carbon-account-score", {**answers, "bank_records": 1}).advice
    assert once is not None and (once.level.key, once.gap) == ("BBB", 4)  # 80 points would be needed for BBB


# warnings and reports --------------------------------------------------------------------------------------------


def test_gaps_of_the_account_tables_are_warned_of() -> None:
    answers = {**certification.load("carbon-account-score").model.cases[0].answers, "account_value": -1, "emissions": 0.005}
    warnings = certification.score("carbon-account-score", answers).warnings
    assert any("S is not above 0" in warning for warning in warnings)
    assert any("W is at or below 0.01" in warning for warning in warnings)


@pytest.mark.parametrize(("S", "mark"), [(2.01, 90), (2, 80), (1.5, 70), (1, 60), (0.8, 50), (0.6, 40), (0.4, 30), (0.2, 20), (0.1, 10), (0, 10)])  # fmt: skip
def test_upper_edges_of_the_asset_table_belong_to_the_band(S: float, mark: int) -> None:  # noqa: N803
    answers = {**certification.load("carbon-account-score").model.cases[0].answers, "account_value": S}
    score = certification.score("carbon-account-score", answers)
    assert next(leaf.mark for leaf in score.leaves() if leaf.criterion.id == "S") == mark


@pytest.mark.parametrize(("W", "mark"), [(0.9, 90), (0.95, 80), (1.0, 70), (1.02, 60), (1.04, 50), (1.06, 40), (1.08, 30), (1.1, 20), (1.11, 10)])  # fmt: skip
def test_intensity_table(W: float, mark: int) -> None:  # noqa: N803
    answers = {**certification.load("carbon-account-score").model.cases[0].answers, "emissions": W}
    score = certification.score("carbon-account-score", answers)
    assert next(leaf.mark for leaf in score.leaves() if leaf.criterion.id == "W") == mark


@pytest.mark.parametrize(
    ("faults", "mark"), [(0, 90), (1, 80), (5, 70), (6, 60), (8, 50), (10, 40), (12, 30), (15, 20), (16, 10)]
)
def test_conduct_table(faults: int, mark: int) -> None:
    answers = {**certification.load("carbon-account-score").model.cases[0].answers, "faults": faults, "actions": 100}
    score = certification.score("carbon-account-score", answers)
    assert next(leaf.mark for leaf in score.leaves() if leaf.criterion.id == "V") == mark


@pytest.mark.parametrize(
    ("score", "grade"),
    [(90, "AAA"), (89.99, "AA"), (85, "AA"), (84.99, "A"), (80, "A"), (75, "BBB"), (70, "BB"), (65, "B"), (60, "CCC"), (50, "CC"), (49.99, "C")],
)  # fmt: skip
def test_grades_of_the_credit_rating(score: float, grade: str) -> None:
    answers = dict(certification.load("carbon-credit-rating").model.cases[0].answers)
    answers |= {key: score for key, value in answers.items() if isinstance(value, int | float)}
    found = certification.score("carbon-credit-rating", answers)
    assert found.level is not None and found.level.key == grade


def test_json_holds_all_and_html_is_one_page_in_both_languages(tmp_path: Path) -> None:
    rubric = certification.load("low-carbon-level")
    score = certification.score(rubric, rubric.model.cases[0].answers, entity="甲<厂>")
    data = json.loads(score.to_json())
    assert data["score"] == 77.0
    assert data["level"]["key"] == "fairly_high"
    assert data["raise"]["level"]["key"] == "high"
    assert data["raise"]["gap"] == pytest.approx(3)
    assert data["values"]["K"]["value"] == pytest.approx(0.95)
    assert [item["points"] for item in data["criteria"]] == [25.0, 25.0, 10.0, 15.0]
    assert sum(item["points"] for item in data["criteria"]) + data["bonus"] == data["score"]
    page = score.to_html(tmp_path / "s.html", lang="zh")
    assert (tmp_path / "s.html").read_text(encoding="utf-8") == page
    assert '<html lang="zh">' in page and "工业企业低碳水平评价报告" in page and "甲&lt;厂&gt;" in page
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org/1998/Math/MathML", "")
    assert '<html lang="en">' in score.to_html(lang="en")
    set_language("zh")
    assert "如何提升等级" in str(score)


CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("name", certification.rubrics())
def test_reports_are_in_one_language(name: str) -> None:
    """No Chinese in the English page; in the Chinese one, every open question and the document are Chinese."""
    rubric = certification.load(name)
    score = certification.score(rubric, rubric.model.cases[0].answers)
    assert not CHINESE.search(score.to_html(lang="en")), CHINESE.findall(score.to_html(lang="en"))
    chinese = score.to_html(lang="zh")
    for item in (*rubric.model.open_questions, rubric.model.source_document.document):
        assert not isinstance(item, str)
        assert CHINESE.search(str(item.zh)) or not CHINESE.search(str(item.en))
        assert str(item.en) not in chinese or str(item.en) == str(item.zh)
    assert not re.search(r": ", re.sub(r"weights: illustrative|levels: illustrative|规则：.*", "", score.to_text("zh")))


def test_units_and_defaults_are_named_for_people() -> None:
    score = certification.score("carbon-four-colour", {"emissions": 900, "output": 1000, "benchmark": 1})
    assert "排放强度 = 0.9 tCO2e/万元" in score.to_text("zh")
    assert "使用缺省值：深绿上限 = 0.8" in score.to_text("zh")
    assert "Emission intensity = 0.9 tCO2e/10^4 CNY" in score.to_text("en")
    assert "default used: Limit of dark green = 0.8" in score.to_text("en")


def test_describe_and_public_names() -> None:
    assert ca.certification.score is certification.score
    assert certification.load("green-issuer").describe()["weights"] == "published"
    assert certification.load("green-issuer").title == "Income test of green issuers"
    assert "score" in dir(certification)
    with pytest.raises(AttributeError):
        _ = certification.nothing


# numbers of the seed document -------------------------------------------------------------------------------------


def figure(rubric: str, name: str) -> dict[str, Any]:
    return dict(certification.load(rubric).model.figures[name].values)


def test_figures_of_the_seed_document() -> None:
    """Green enterprise and project service system, workflow, expert pool, climate zone and platform; checks C02, C03, C13, C14."""
    assert figure("sichuan-green-enterprise", "pool") == {"enterprises": 307, "projects": 115}
    assert sum(figure("sichuan-green-project", "projects_by_sector").values()) == 100
    assert sum(figure("sichuan-green-enterprise", "enterprises_by_sector").values()) == 100
    shares = figure("sichuan-green-enterprise", "experts_by_trade")
    assert round(sum(shares.values()), 2) == 75.30
    assert [round(n / 166 * 100, 2) for n in (54, 34, 19, 18)] == list(shares.values()) == [32.53, 20.48, 11.45, 10.84]
    assert figure("sichuan-green-enterprise", "experts") == {"experts": 154}
    assert figure("sichuan-green-enterprise", "experts_by_title") == {"professor": 41, "senior_engineer": 24}
    assert figure("sichuan-green-enterprise", "procedure") == {"steps": 5}
    assert figure("chengdu-climate-project", "climate_zone") == {"year": 2023, "month": 2}
    assert figure("chengdu-climate-project", "tianfu_platform") == {"year": 2023, "month": 12}


@pytest.mark.parametrize(
    ("rubric", "name", "counts"),
    [
        ("sichuan-green-project", "projects_by_sector", {"1": 23, "2": 8, "3": 20, "4": 18, "5": 44, "6": 2}),
        ("sichuan-green-enterprise", "enterprises_by_sector", {"1": 120, "2": 34, "3": 40, "4": 31, "5": 64, "6": 18}),
    ],
)
def test_sector_shares_of_a_pool_as_the_seed_document_prints_them(rubric: str, name: str, counts: dict[str, int]) -> None:
    """A pool of 115 projects (307 enterprises) with these counts has the printed shares."""
    pool = figure("sichuan-green-enterprise", "pool")
    assert sum(counts.values()) in pool.values()
    shares = certification.sector_shares([f"{sector}.1.1" for sector, count in counts.items() for _ in range(count)])
    assert {key: int(value) for key, value in shares.items()} == figure(rubric, name)
