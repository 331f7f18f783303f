"""Scoring again with other answers: how far the level is, and what the way there costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cached_property

from carbonacct.certification.answers import Answers
from carbonacct.certification.evaluation import Evaluator
from carbonacct.certification.rubric import TOTAL
from carbonacct.certification.scoring import Score, capped, kept, lowering, run
from carbonacct.errors import InputError
from carbonacct.expressions.tree import Node

Setting = Mapping[str, Fraction | str]  # answers by question, in the questions' units


class Trial:
    """A score and the band of its level that is to be reached (0 is the best)."""

    def __init__(self, score: Score, target: int) -> None:
        self.score = score
        self.rubric = score.rubric
        self.target = target
        self.by_marks = self.rubric.level_of == TOTAL
        self.shares = {mark.criterion.id: mark.share for mark in score.leaves()}
        self.marks = {mark.criterion.id: mark.mark for mark in score.leaves()}
        self.full = Fraction(str(self.rubric.model.full_mark))
        self._numbers: dict[tuple[int, tuple[tuple[str, Fraction | str], ...]], Fraction | InputError | None] = {}
        self._margins: dict[frozenset[tuple[str, Fraction | str]], Fraction | None] = {}

    @cached_property
    def driving(self) -> list[Node]:
        """The formulas that decide on the level."""
        rubric = self.rubric
        bounds = [node for (holder, _), node in rubric.bounds.items() if holder == rubric.level_of]
        rest = [*bounds, *([rubric.down] if rubric.down else [])]
        if not self.by_marks:
            return [rubric.values[rubric.level_of], *rest]
        return [*(leaf.mark for leaf in rubric.leaves if self.shares[leaf.criterion.id]), *rubric.bonus, *rest]

    def answers(self, setting: Setting) -> Answers:
        """The answers with some of them changed."""
        given = self.score.answers
        numbers = {name: value for name, value in setting.items() if isinstance(value, Fraction)}
        options = {name: value for name, value in setting.items() if isinstance(value, str)}
        return replace(given, numbers={**given.numbers, **numbers}, options={**given.options, **options})

    def number(self, node: Node, setting: Setting) -> Fraction | None:
        """A formula's value with some answers changed. Raises InputError where it is undefined."""
        part = {name: setting[name] for name in self.rubric.questions_of(node) if name in setting}
        key = id(node), tuple(part.items())
        if key not in self._numbers:
            try:
                self._numbers[key] = Evaluator(self.rubric, self.answers(part)).number(node)
            except InputError as error:
                self._numbers[key] = error
        found = self._numbers[key]
        if isinstance(found, InputError):
            raise found
        return found

    def marks_at(self, setting: Setting) -> dict[str, Fraction]:
        """Every criterion's mark; 0 where it is undefined."""
        found = dict(self.marks)
        for leaf in self.rubric.leaves:
            if not setting.keys().isdisjoint(leaf.questions):
                try:
                    found[leaf.criterion.id] = kept(self.rubric, self.number(leaf.mark, setting))
                except InputError:
                    found[leaf.criterion.id] = Fraction(0)
        return found

    def bonus_at(self, setting: Setting) -> Fraction:
        """The bonus points that count; 0 where they are undefined."""
        try:
            found = [self.number(node, setting) for node in self.rubric.bonus]
        except InputError:
            return Fraction(0)
        return capped(self.rubric, sum((points for points in found if points is not None), Fraction(0)))

    def points_at(self, setting: Setting) -> Fraction:
        """The total, not rounded."""
        marks = self.marks_at(setting)
        return sum((self.shares[key] * mark for key, mark in marks.items()), self.bonus_at(setting))

    def margin(self, setting: Setting) -> Fraction | None:
        """How far the total or value is beyond the bound of the level (below 0: short of it); None where scoring fails."""
        key = frozenset(setting.items())
        if key not in self._margins:
            try:
                self._margins[key] = self._margin(setting)
            except InputError:
                self._margins[key] = None
        return self._margins[key]

    def _margin(self, setting: Setting) -> Fraction | None:
        rubric = self.rubric
        look = Evaluator(rubric, self.answers(setting))
        for node in (*rubric.values.values(), *rubric.veto, *rubric.warn, *rubric.bonus, *(leaf.mark for leaf in rubric.leaves)):
            if not setting.keys().isdisjoint(rubric.questions_of(node)):
                self.number(node, setting)  # scoring would fail where one of them is undefined
        bands = rubric.levels
        reached = self.points_at(setting) if self.by_marks else look.value(rubric.level_of)
        if bands is None or reached is None:
            return None
        found = []
        for band in bands.bands[: max(0, self.target - lowering(rubric, look) + 1)]:
            bound = look.number(rubric.bounds[rubric.level_of, band.key])
            if bound is not None:
                found.append(bound - reached if band.max is not None else reached - bound)
        return max(found, default=None)

    def reaches(self, setting: Setting) -> bool:
        """Whether the level is reached when all is scored again, rounding included."""
        score, bands = self.score, self.rubric.levels
        try:
            level = run(self.rubric, self.answers(setting), score.given_weights, score.efforts).level_by_marks
        except InputError:
            return False
        return bands is not None and level is not None and bands.bands.index(level) <= self.target

    def effort(self, setting: Setting) -> Fraction:
        """What a setting costs.

        Of the total: each criterion's effort in proportion to the marks that it gains, and 1 for all bonus points. Of a value: the change of
        each number relative to the larger one, before or after, and 1 for a choice.
        """
        if not self.by_marks:
            return sum((self._change(name, value) for name, value in setting.items()), Fraction(0))
        model = self.rubric.model
        marks = self.marks_at(setting)
        gained = max(Fraction(0), self.bonus_at(setting) - self.score.bonus_counted)
        cost = gained / Fraction(str(model.bonus_cap or model.full_mark))
        for leaf in self.rubric.leaves:
            key = leaf.criterion.id
            if marks[key] > self.marks[key]:
                effort = Fraction(str(self.score.efforts.get(key, leaf.criterion.effort)))
                cost += effort * (marks[key] - self.marks[key]) / self.full
        return cost

    def _change(self, name: str, value: Fraction | str) -> Fraction:
        before = self.score.answers.numbers.get(name, Fraction(0))
        if isinstance(value, str) or value == before:
            return Fraction(isinstance(value, str))
        return abs(value - before) / max(abs(before), abs(value))


def level_now(score: Score) -> int | None:
    """The index of the band that the score reaches, None where it cannot be told."""
    bands = score.rubric.levels
    return None if bands is None or score.level_by_marks is None else bands.bands.index(score.level_by_marks)
