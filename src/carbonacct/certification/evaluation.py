"""Formulas over exact answers: fractions all the way, so that a value on the edge of a band is on it."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING

from carbonacct.certification.problems import Problem
from carbonacct.engine.evaluate import evaluate
from carbonacct.errors import InputError
from carbonacct.exact import LITERAL, operation, settled
from carbonacct.expressions.tree import Name, Node
from carbonacct.messages import say

if TYPE_CHECKING:
    from carbonacct.certification.answers import Answers
    from carbonacct.certification.rubric import Rubric


class Evaluator:
    """Formulas over one set of answers; None where an answer they need is missing."""

    def __init__(self, rubric: Rubric, answers: Answers) -> None:
        self.rubric = rubric
        self.answers = answers
        self._values: dict[str, Fraction | None] = {}

    def missing(self, node: Node) -> tuple[str, ...]:
        """The unanswered questions of a formula."""
        return tuple(name for name in self.rubric.questions_of(node) if name not in self.answers)

    def number(self, node: Node) -> Fraction | None:
        """The value of a formula. Raises InputError where it divides by zero or overflows."""
        if self.missing(node):
            return None
        try:
            value = settled(
                evaluate(
                    self.rubric.exact(node),
                    self._leaf,
                    option=lambda name: self.answers.options[name.name],
                    ops=operation,
                )
            )
            if isinstance(value, Fraction | int) and isfinite(value):
                return Fraction(value)
        except (ZeroDivisionError, OverflowError):
            pass
        raise InputError(
            [Problem(say("score.undefined", given=self.given(node)), "answers", *self.rubric.questions_of(node)[:1])]
        )

    def given(self, node: Node) -> str:
        """The answers that a formula rests on, for a message."""
        return ", ".join(f"{name} = {shown(self.answers.shown(name))}" for name in self.rubric.questions_of(node))

    def value(self, key: str) -> Fraction | None:
        """A value of the rubric."""
        if key not in self._values:
            self._values[key] = self.number(self.rubric.values[key])
        return self._values[key]

    def _leaf(self, name: Name) -> Fraction | None:
        if name.base == LITERAL:
            return Fraction(name.name)
        return self.value(name.name) if name.name in self.rubric.values else self.answers.numbers[name.name]


def shown(value: float | str | None) -> str:
    """An answer in a message: a number without a tail of zeros."""
    return f"{value:.12g}" if isinstance(value, float) else str(value)
