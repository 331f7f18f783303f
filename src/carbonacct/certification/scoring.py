"""Scoring: a rubric and the answers give the score, the level and the reason for every mark."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carbonacct.certification import models
from carbonacct.certification.answers import Answers, read_answers
from carbonacct.certification.evaluation import Evaluator
from carbonacct.certification.problems import Problem, as_typed
from carbonacct.certification.rubric import TOTAL, Rubric, load
from carbonacct.errors import InputError
from carbonacct.expressions.tree import Node
from carbonacct.messages import language, say, speaking
from carbonacct.schema.models import Title
from carbonacct.units import did_you_mean

if TYPE_CHECKING:
    from carbonacct.certification.advice import Advice

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Mark:
    """A criterion's result.

    mark: 0 to full mark, None for a branch that has no marked leaf. share: its weight in the total. points: share × mark.
    missing: the unanswered questions that made the mark 0.
    """

    criterion: models.Criterion
    weight: Fraction
    share: Fraction
    mark: Fraction
    missing: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    children: tuple[Mark, ...] = ()

    @property
    def points(self) -> Fraction:
        return self.share * self.mark

    def below(self) -> list[Mark]:
        """This mark and all below it, in reading order."""
        return [self, *(mark for child in self.children for mark in child.below())]


@dataclass(frozen=True)
class Held:
    """A rule and whether its condition holds; None where an answer is missing."""

    rule: models.Rule
    holds: bool | None
    missing: tuple[str, ...] = ()


@dataclass
class Score:
    """The result of a rubric.

    score: rounded half up to 2 decimals, None for a rubric without criteria. level: the band reached, None where there is none,
    it cannot be told or a veto holds. eligible: False after a veto, None while a veto's answer is missing; the score is given all the same.
    """

    rubric: Rubric
    answers: Answers
    marks: list[Mark]
    bonus: Fraction
    score: Decimal | None
    values: dict[str, float | None]
    grades: dict[str, models.Band | None]
    vetoes: list[Held]
    warned: list[Held]
    down: int = 0
    given_weights: dict[str, Fraction] = field(default_factory=dict)
    efforts: dict[str, float] = field(default_factory=dict)
    entity: str | None = None

    @property
    def level(self) -> models.Band | None:
        """The level reached; None where there is none, it cannot be told, or a veto holds."""
        return None if self.eligible is False else self.level_by_marks

    @property
    def level_by_marks(self) -> models.Band | None:
        """The level that the score or value gives, lowered where the rubric says so, vetoes left aside."""
        reached, bands = self.grades.get(self.rubric.level_of), self.rubric.levels
        if reached is None or bands is None:
            return None
        return bands.bands[min(bands.bands.index(reached) + self.down, len(bands.bands) - 1)]

    @property
    def eligible(self) -> bool | None:
        """Whether no veto holds; None while one cannot be told."""
        states = [held.holds for held in self.vetoes]
        return False if True in states else None if None in states else True

    @property
    def bonus_counted(self) -> Fraction:
        """The bonus points that count: no more than the cap."""
        return capped(self.rubric, self.bonus)

    @property
    def weights(self) -> str:
        """``published``, ``illustrative``, or ``given`` where the caller brought every weight."""
        return (
            "given"
            if self.rubric.criteria and self.given_weights.keys() >= self.rubric.criteria.keys()
            else self.rubric.model.weights
        )

    @property
    def missing(self) -> dict[str, Decimal]:
        """Every unanswered question, with the points that it holds back."""
        full = Fraction(str(self.rubric.model.full_mark))
        held_back = {name: Fraction(0) for name in self.rubric.model.questions if name not in self.answers}
        for leaf in self.leaves():
            for name in leaf.missing:
                held_back[name] += leaf.share * full
        return {name: cents(points) for name, points in held_back.items()}

    @property
    def lacking(self) -> list[str]:
        """The unanswered questions on which the score, the level or the eligibility rests."""
        rubric = self.rubric
        nodes = [*(leaf.mark for leaf in rubric.leaves), *rubric.veto, *rubric.bonus, *([rubric.down] if rubric.down else [])]
        nodes += [rubric.values[rubric.level_of]] if rubric.level_of != TOTAL else []
        needed = {name for node in nodes for name in rubric.questions_of(node)}
        return [name for name in self.missing if name in needed]

    def title_of(self, name: str) -> str:
        """A question's title in the language in force."""
        return text(self.rubric.model.questions[name].title)

    def all_marks(self) -> list[Mark]:
        """The marks of all criteria, in reading order."""
        return [mark for top in self.marks for mark in top.below()]

    def leaves(self) -> list[Mark]:
        """Those of the criteria that are marked themselves."""
        return [mark for mark in self.all_marks() if not mark.children]

    @cached_property
    def advice(self) -> Advice | None:
        """What would raise the level, cheapest first; None at the top or without levels."""
        from carbonacct.certification.advice import advise

        return advise(self)

    @property
    def warnings(self) -> list[str]:
        """What a reader must know: illustrative weights and levels, defaults, odd values."""
        from carbonacct.certification.report import answer

        model, found = self.rubric.model, list[str]()
        if self.weights == "illustrative":
            found.append(say("score.illustrative_weights"))
        if any(bands.status == "illustrative" for holder in self.grades if (bands := self.rubric.bands(holder))):
            found.append(say("score.illustrative_levels"))
        found += [
            say("score.default_used", name=self.title_of(name), value=answer(self.rubric, name, self.answers.shown(name)))
            for name in self.answers.defaults
        ]
        found += [text(held.rule.title) for held in self.warned if held.holds]
        if self.rubric.down is not None:
            unanswered = [name for name in self.rubric.questions_of(self.rubric.down) if name not in self.answers]
            if unanswered:
                found.append(say("score.down_open", names=say("score.list").join(self.title_of(name) for name in unanswered)))
        if self.down:
            found.append(say("score.lowered", count=self.down))
        if any(held.holds is None for held in self.vetoes):
            found.append(say("score.veto_open", ids=", ".join(held.rule.id for held in self.vetoes if held.holds is None)))
        if self.bonus > self.bonus_counted:
            found.append(say("score.bonus_capped", cap=model.bonus_cap))
        return found

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        from carbonacct.certification.report import to_dict

        return to_dict(self)

    def to_json(self, indent: int | None = 2) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent, allow_nan=False)

    def to_text(self, lang: str | None = None) -> str:
        """The report as text."""
        from carbonacct.certification.report import to_text

        with speaking(lang):
            return to_text(self)

    def to_html(self, path: str | Path | None = None, lang: str | None = None) -> str:
        """The report as one self-contained HTML page; written to ``path`` if given."""
        from carbonacct.certification.report import to_html

        with speaking(lang) as chosen:
            page = to_html(self, chosen)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def __str__(self) -> str:
        return self.to_text()


def text(title: Title) -> str:
    """A title in the language in force."""
    return str(title.zh if language() == "zh" else title.en)


def words(item: str | Title) -> str:
    """A text that may have been written in both languages, in the one in force if so."""
    return item if isinstance(item, str) else text(item)


def cents(value: Fraction) -> Decimal:
    """Rounded half up to 2 decimals."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(CENT, ROUND_HALF_UP)


def capped(rubric: Rubric, bonus: Fraction) -> Fraction:
    """Bonus points, no more than the rubric's cap."""
    cap = rubric.model.bonus_cap
    return bonus if cap is None else min(bonus, Fraction(str(cap)))


def score(
    rubric: str | Path | Rubric, answers: Mapping[str, Any], *, weights: Mapping[str, str | float] | None = None,
    efforts: Mapping[str, float] | None = None, entity: str | None = None,
) -> Score:  # fmt: skip
    """Score answers against a rubric.

    rubric: id, file or loaded. answers: by question key; numbers in the question's unit or with one (``"35 %"``, pint, Value). weights:
    criterion id → share of its parent, over those of the file (siblings must still sum to 1). efforts: what full marks of a
    criterion cost, for the advice. Raises InputError with every problem, NotFoundError, FileError.
    """
    compiled = rubric if isinstance(rubric, Rubric) else load(rubric)
    problems: list[str] = []
    read: Answers | None = None
    try:
        read = read_answers(compiled.model, answers)
    except InputError as error:
        problems += error.problems
    given = _given(compiled, "weights", weights, problems)
    costs = _given(compiled, "efforts", efforts, problems)
    if problems or read is None:
        raise InputError(problems)
    return run(compiled, read, given, {key: float(value) for key, value in costs.items()}, entity)


def _given(rubric: Rubric, what: str, given: Mapping[str, str | float] | None, problems: list[str]) -> dict[str, Fraction]:
    found = {}
    for key, value in (given or {}).items():
        message = ""
        if key not in rubric.criteria:
            message = say("score.unknown_criterion", id=key) + did_you_mean(str(key), rubric.criteria)
        elif what == "efforts" and rubric.criteria[key].children:
            message = say("score.effort_branch", id=key)
        else:
            try:
                found[key] = models.fraction(str(value))
                if found[key] < 0:
                    raise ValueError
            except (ValueError, ZeroDivisionError):
                message = f"{key}: {say('score.share', value=as_typed(value))}"
        if message:
            problems.append(Problem(f"{what}: {message}", what, key))
    return found


def run(
    rubric: Rubric, answers: Answers, weights: dict[str, Fraction], efforts: dict[str, float], entity: str | None = None
) -> Score:
    """Score answers that are already read."""
    model = rubric.model
    look = Evaluator(rubric, answers)
    values = {key: None if (value := look.value(key)) is None else float(value) for key in model.values}
    shares = _shares(rubric, answers, weights)
    marks = [_mark(rubric, look, criterion, shares, Fraction(1)) for criterion in model.criteria]
    points = [look.number(node) for node in rubric.bonus]
    bonus = sum((value for value in points if value is not None), Fraction(0))
    total = cents(sum((mark.points for mark in marks), Fraction(0)) + capped(rubric, bonus)) if marks else None
    grades = {
        holder: grade(rubric, look, holder, None if total is None else Fraction(total))
        for holder in (TOTAL, *model.values)
        if rubric.bands(holder) is not None
    }
    return Score(
        rubric=rubric,
        answers=answers,
        marks=marks,
        bonus=bonus,
        score=total,
        values=values,
        grades=grades,
        vetoes=[_held(look, rule, node) for rule, node in zip(model.veto, rubric.veto, strict=True)],
        warned=[_held(look, rule, node) for rule, node in zip(model.warn, rubric.warn, strict=True)],
        down=lowering(rubric, look),
        given_weights=weights,
        efforts=efforts,
        entity=entity,
    )


def lowering(rubric: Rubric, look: Evaluator) -> int:
    """By how many levels the level is lowered; 0 where that cannot be told. Raises InputError where it is no whole number."""
    count = None if rubric.down is None else look.number(rubric.down)
    if count is None:
        return 0
    if count < 0 or count.denominator != 1:
        assert rubric.down is not None
        names = rubric.questions_of(rubric.down)
        raise InputError([Problem(say("score.down_whole", given=look.given(rubric.down)), "answers", *names[:1])])
    return int(count)


def _held(look: Evaluator, rule: models.Rule, node: Node) -> Held:
    value = look.number(node)
    return Held(rule, None if value is None else value == 1, look.missing(node))


def kept(rubric: Rubric, mark: Fraction | None) -> Fraction:
    """A mark, kept within 0 and the full mark; 0 where an answer is missing."""
    return Fraction(0) if mark is None else max(Fraction(0), min(mark, Fraction(str(rubric.model.full_mark))))


def _mark(rubric: Rubric, look: Evaluator, criterion: models.Criterion, weights: dict[str, Fraction], above: Fraction) -> Mark:
    weight = weights[criterion.id]
    share = above * weight
    if criterion.mark is None:
        children = tuple(_mark(rubric, look, child, weights, share) for child in criterion.children)
        mark = sum((child.weight * child.mark for child in children), Fraction(0))
        return Mark(criterion, weight, share, mark, children=children)
    leaf = rubric.leaf[criterion.id]
    return Mark(criterion, weight, share, kept(rubric, look.number(leaf.mark)), look.missing(leaf.mark), leaf.questions)


def _shares(rubric: Rubric, answers: Answers, given: dict[str, Fraction]) -> dict[str, Fraction]:
    """Every weight. Raises InputError that names each weight that is not known, and siblings that do not sum to 1."""
    by = rubric.model.weights_by
    option = answers.options.get(by) if by else None
    if by and option is None:
        raise InputError([Problem(say("score.class_missing", name=by), "answers", by)])
    found: dict[str, Fraction] = {}
    problems = list[str]()
    for siblings in rubric.families:
        weights = {criterion.id: rubric.weight(criterion, option, given) for criterion in siblings}
        unknown = [key for key, weight in weights.items() if weight is None]
        known = {key: weight for key, weight in weights.items() if weight is not None}
        if unknown:
            problems += [Problem(say("score.weight_null", id=key), "weights") for key in unknown]
        elif sum(known.values()) != 1:
            message = say("score.weight_sum", ids=", ".join(known), sum=str(float(sum(known.values()))))
            problems.append(Problem(message, "weights", *[key for key in known if key in given][:1]))
        found.update(known)
    if problems:
        raise InputError(problems)
    return found


def grade(rubric: Rubric, look: Evaluator, holder: str | None = None, value: Fraction | None = None) -> models.Band | None:
    """The band of the total (``value`` given) or of a value, by default the one the rubric's level is read from."""
    holder = holder or rubric.level_of
    bands = rubric.bands(holder)
    value = look.value(holder) if holder != TOTAL else value
    if value is None or bands is None:
        return None
    for band in bands.bands:
        node = rubric.bounds.get((holder, band.key))
        if node is None:
            return band
        bound = look.number(node)
        if bound is None:
            return None
        if value <= bound if band.max is not None else value >= bound:
            return band
    return None
