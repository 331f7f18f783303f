"""The cases that a rubric's file carries, run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from carbonacct.certification.models import Case
from carbonacct.certification.rubric import Rubric
from carbonacct.certification.scoring import Score, score
from carbonacct.messages import say
from carbonacct.schema.rulefile import differing


def run(rubric: Rubric, case: Case) -> tuple[int, list[str]]:
    """How many values a case expects, and what the rubric gives otherwise. Raises InputError where the answers cannot be read."""
    found = score(rubric, case.answers)
    expected, problems = differing(_pairs(found, case))
    return expected, problems + [say("score.case_missing", name=name) for name in found.lacking]


def _pairs(found: Score, case: Case) -> Iterator[tuple[str, Any, Any]]:
    """What is expected beside what is found; level and eligibility even where the case is silent."""
    yield "eligible", case.eligible, found.eligible
    yield "level", case.level, found.level.key if found.level else None
    if case.score is not None:
        yield "score", case.score, str(found.score)
    for key, value in case.values.items():
        yield key, value, found.values.get(key)
    for key, grade in case.grades.items():
        band = found.grades.get(key)
        yield key, grade, band.key if band else None
    marks = {mark.criterion.id: float(mark.mark) for mark in found.all_marks()}
    for key, value in case.marks.items():
        yield key, value, marks.get(key)
