"""The rubric files: each loads, its weights sum to what they must, its cases hold, and more is never less."""

from __future__ import annotations

import os
import re
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import carbonacct as ca
from carbonacct import certification
from carbonacct.certification import cases
from carbonacct.certification.rubric import TOTAL, Rubric
from carbonacct.checking import check_all
from carbonacct.errors import InputError
from tests.conftest import ROOT

MORE = int(os.environ.get("CARBONACCT_CERTIFICATION_FULL", "0")) * 25 or 1  # 1: the properties at 25 times the examples
RUBRICS = certification.rubrics()
CASES = [(name, case.name) for name in RUBRICS for case in certification.load(name).model.cases]
REQUIRED = {
    "carbon-four-colour",
    "chengdu-climate-enterprise",
    "chengdu-climate-project",
    "green-factory-2018",
    "green-factory-2025",
    "low-carbon-level",
    "sichuan-green-enterprise",
    "sichuan-green-project",
    "transition-plan",
}


def test_every_file_of_the_folder_is_a_rubric_and_none_a_methodology() -> None:
    stems = {path.stem for path in (ROOT / "methodologies" / "certification").glob("*.yaml")}
    assert {f"certification/{stem}" for stem in stems} == set(RUBRICS)
    assert stems >= REQUIRED
    assert not [entry.id for entry in ca.methodologies() if entry.family == "certification"]


@pytest.mark.parametrize("name", RUBRICS)
def test_rubric_loads_with_its_evidence(name: str) -> None:
    rubric = certification.load(name)
    model = rubric.model
    assert model.id == name
    assert model.evidence in ("confirmed", "unconfirmed")
    assert model.source
    assert model.cases
    assert certification.load(name.split("/")[1]) is rubric
    if model.weights == "published":
        assert model.evidence == "confirmed"


@pytest.mark.parametrize("name", RUBRICS)
def test_siblings_sum_to_one_exactly_for_every_class(name: str) -> None:
    rubric = certification.load(name)
    by = rubric.model.weights_by
    options = list(rubric.model.questions[by].options or {}) if by else [None]
    for option in options:
        for siblings in rubric.families:
            weights = [rubric.weight(criterion, option, {}) for criterion in siblings]
            assert sum(weight for weight in weights if weight is not None) == Fraction(1)
            assert all(weight is not None and weight > 0 for weight in weights)


@pytest.mark.parametrize("name", RUBRICS)
def test_levels_cover_the_whole_range(name: str) -> None:
    rubric = certification.load(name)
    bands = rubric.levels
    if bands is None:
        assert name == "certification/green-factory-2018"
        return
    if rubric.level_of == TOTAL:
        assert bands.bands[-1].min == 0
        assert all(float(a.min or 0) > float(b.min or 0) for a, b in pairwise(bands.bands))
    else:
        assert bands.bands[-1].max is None
    if rubric.model.weights == "illustrative" and name not in ("certification/carbon-credit-rating",):
        assert bands.status == "illustrative"


@pytest.mark.parametrize(("name", "case_name"), CASES)
def test_hand_worked_case(name: str, case_name: str) -> None:
    rubric = certification.load(name)
    case = next(case for case in rubric.model.cases if case.name == case_name)
    expected, problems = cases.run(rubric, case)
    assert problems == []
    assert expected > 2  # more than level and eligibility


def test_a_case_that_does_not_hold_is_told() -> None:
    rubric = certification.load("carbon-four-colour")
    case = rubric.model.cases[0]
    changed = {"level": "red", "values": {"K": 0.91}, "score": "1.00", "marks": {"no such": 1}, "eligible": False}
    _, problems = cases.run(rubric, case.model_copy(update=changed))
    assert [problem.split(":")[0] for problem in problems] == ["eligible", "level", "score", "K", "no such"]
    _, problems = cases.run(rubric, case.model_copy(update={"answers": {"emissions": 900, "output": 1000}}))
    assert "the case does not answer benchmark" in problems


@pytest.mark.parametrize("name", RUBRICS)
def test_every_output_repeats_that_weights_are_illustrative(name: str) -> None:
    rubric = certification.load(name)
    score = certification.score(rubric, rubric.model.cases[0].answers)
    for lang in ("en", "zh"):
        page, text = score.to_html(lang=lang), score.to_text(lang)
        said = rubric.model.weights == "illustrative"
        assert ("weights: illustrative" in text) is said
        assert ("weights: illustrative" in page) is said
    assert score.to_dict()["weights"] == rubric.model.weights


def test_classes_of_the_credit_rating_have_the_published_weights() -> None:
    model = certification.load("carbon-credit-rating").model
    table = {
        option: [criterion.weight[option] for criterion in model.criteria if isinstance(criterion.weight, dict)]
        for option in model.questions["class"].options or {}
    }
    assert {option: [float(str(weight)) for weight in weights] for option, weights in table.items()} == {
        "high_intensity_high_pressure": [0.35, 0.40, 0.25],
        "medium": [0.45, 0.35, 0.20],
        "wastewater_special": [0.20, 0.45, 0.35],
        "low_intensity_low_pressure": [0.55, 0.25, 0.20],
        "resource_dependent_ecological": [0.40, 0.35, 0.25],
        "innovative_green_technology": [0.40, 0.30, 0.30],
    }


def test_sixty_percent_of_the_2025_edition_is_checked() -> None:
    rubric = certification.load("green-factory-2025")
    shares = [rubric.weight(rubric.criteria[key], None, {}) for key in ("low_carbon_energy", "efficient_resources")]
    assert sum(share for share in shares if share is not None) == Fraction(3, 5)
    assert len(rubric.model.criteria) == 5


def test_green_factory_2018_has_25_items_in_6_groups() -> None:
    rubric = certification.load("green-factory-2018")
    assert (len(rubric.model.criteria), len(rubric.leaves)) == (6, 25)


def test_check_is_not_disturbed_by_rubrics() -> None:
    assert [report.problems for report in check_all(["ndrc/cement"])] == [[]]


# properties --------------------------------------------------------------------------------------------------------


def _answers(rubric: Rubric, draw: Any) -> dict[str, Any]:
    """Answers within the range of the rubric's cases, some left out."""
    base = dict(draw(st.sampled_from(rubric.model.cases)).answers)
    for name, question in rubric.model.questions.items():
        if question.context:
            continue
        if question.kind == "number":
            centre = _plain(base.get(name, 1.0)) or 1.0
            low, high = question.range
            value = centre * draw(st.floats(0.05, 3))
            base[name] = min(max(value, -1e9 if low is None else low), 1e9 if high is None else high)
        elif question.kind == "marks":
            base[name] = draw(st.lists(st.floats(0, 100), min_size=1, max_size=7))
        else:
            base[name] = draw(st.sampled_from(list(question.options or ("yes", "no"))))
    return base


def _plain(value: Any) -> float:
    text = str(value)
    if "亿元" in text:
        return float(text.split()[0]) * 10_000
    return float(text.rstrip(" %")) / (100 if "%" in text else 1)


@pytest.mark.parametrize("name", RUBRICS)
@settings(max_examples=10 * MORE)
@given(data=st.data())
def test_score_is_bounded_and_raising_one_answer_never_lowers_it(name: str, data: st.DataObject) -> None:
    rubric = certification.load(name)
    answers = _answers(rubric, data.draw)
    before = certification.score(rubric, answers)
    if before.score is not None:
        assert 0 <= before.score <= rubric.model.full_mark + (rubric.model.bonus_cap or 0)
    levers = [key for key, question in rubric.model.questions.items() if question.better or question.kind == "marks"]
    for key in levers:
        question = rubric.model.questions[key]
        value = before.answers.numbers[key]
        low, high = question.range if question.kind == "number" else (0, 100)
        moved = abs(value) * 0.2 + 0.01
        better = value - moved if question.better == "lower" else value + moved
        better = min(max(better, -1e18 if low is None else low), 1e18 if high is None else high)
        after = certification.score(rubric, {**answers, key: better})
        if before.score is not None:
            assert after.score is not None and after.score >= before.score, key
        bands = rubric.levels
        if bands and before.level_by_marks and after.level_by_marks:
            assert bands.bands.index(after.level_by_marks) <= bands.bands.index(before.level_by_marks), key


@pytest.mark.parametrize("name", RUBRICS)
@settings(max_examples=10 * MORE)
@given(data=st.data())
def test_following_the_advice_reaches_the_level(name: str, data: st.DataObject) -> None:
    rubric = certification.load(name)
    answers = _answers(rubric, data.draw)
    for dropped in data.draw(st.lists(st.sampled_from([leaf.questions[0] for leaf in rubric.leaves] or [""]), max_size=2)):
        if dropped in answers and not rubric.model.questions[dropped].context:
            del answers[dropped]
    score = certification.score(rubric, answers)
    advice = score.advice
    if advice is None:
        return
    bands = rubric.levels
    assert bands is not None
    if advice.reachable:
        changed = {**answers, **{key: after for step in advice.steps for key, (_, after) in step.changes.items()}}
        reached = certification.score(rubric, changed).level_by_marks
        assert reached is not None
        assert bands.bands.index(reached) <= bands.bands.index(advice.level)
    for step in advice.alone:
        changed = {**answers, **{key: after for key, (_, after) in step.changes.items()}}
        reached = certification.score(rubric, changed).level_by_marks
        assert reached is not None and bands.bands.index(reached) <= bands.bands.index(advice.level)
        assert advice.effort <= step.effort + 1e-6


@pytest.mark.parametrize("name", RUBRICS)
@settings(max_examples=6 * MORE)
@given(data=st.data())
def test_a_missing_answer_never_raises_the_score(name: str, data: st.DataObject) -> None:
    rubric = certification.load(name)
    answers = _answers(rubric, data.draw)
    whole = certification.score(rubric, answers)
    leaves = [leaf for leaf in rubric.leaves if not rubric.model.questions[leaf.questions[0]].context]
    if not leaves or whole.score is None:
        return
    leaf = data.draw(st.sampled_from(leaves))
    dropped = leaf.questions[0]
    partial = certification.score(rubric, {key: value for key, value in answers.items() if key != dropped})
    assert partial.score is not None and partial.score <= whole.score
    assert dropped in partial.missing
    assert next(mark for mark in partial.leaves() if mark.criterion.id == leaf.criterion.id).mark == 0


def test_vetoes_hold_whatever_the_score() -> None:
    for name in RUBRICS:
        rubric = certification.load(name)
        good = next(case for case in rubric.model.cases if case.eligible)
        for rule in rubric.model.veto:
            match = re.fullmatch(r"(\w+) == '(yes|no)'", rule.when)
            broken = {match.group(1): match.group(2)} if match else {"asset_end_year": 2100}
            score = certification.score(rubric, {**good.answers, **broken})
            assert score.eligible is False, (name, rule.id)
            assert score.level is None
            assert str(score.score) == good.score  # still computed, for information
            assert [held.rule.id for held in score.vetoes if held.holds] == [rule.id]
            assert score.to_dict()["eligible"] is False


def test_a_veto_that_cannot_be_told_is_said() -> None:
    rubric = certification.load("sichuan-green-project")
    answers = {key: value for key, value in rubric.model.cases[0].answers.items() if key != "significant_harm"}
    score = certification.score(rubric, answers)
    assert score.eligible is None
    assert "significant_harm" in score.missing
    assert any("vetoes not checked, answers missing: harm" in warning for warning in score.warnings)
    assert "veto" in score.to_text().lower()


def test_zero_value_added_is_an_error_that_names_the_answers() -> None:
    with pytest.raises(InputError, match="value_added = 0"):
        certification.score("zhejiang-carbon-efficiency", {"emissions": 500, "value_added": 0, "industry_L": 1})


def test_files_stand_alone() -> None:
    for path in Path(ROOT / "methodologies" / "certification").rglob("*.yaml"):
        assert "shared" not in path.read_text(encoding="utf-8"), path
