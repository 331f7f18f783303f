"""What would raise the level: the cheapest set of criteria, and each single answer that would do it alone.

A criterion costs its effort in proportion to the marks gained, so that each has one price per point of the total. Marks that can
only jump (yes or no, tables) are chosen by an exact knapsack over hundredths of a point; the others fill the rest, cheapest first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import ceil, floor, log10

from carbonacct.certification import models
from carbonacct.certification.answers import Answers
from carbonacct.certification.rubric import TOTAL, YES_NO, Leaf, Rubric
from carbonacct.certification.scoring import Evaluator, Held, Mark, Score, grade, leaf_mark
from carbonacct.errors import InputError

UNITS = 100  # a point has this many units in the knapsack
FAR = 2.0**40  # stands for an open end of a range
STEPS = 80  # halvings of a range
SMALLEST = Fraction(1, 100)  # a mark that rises by less is continuous
MANY = 1000  # combinations of options looked at

Answer = float | str
Changes = dict[str, tuple[Answer | None, Answer]]


@dataclass(frozen=True)
class Step:
    """One change: answers from → to, the criterion's mark from → to, the points gained, and the effort."""

    changes: Changes
    criterion: models.Criterion | None = None
    before: Fraction = Fraction(0)
    after: Fraction = Fraction(0)
    points: Fraction = Fraction(0)
    effort: float = 0.0


@dataclass(frozen=True)
class Advice:
    """The way to the next level.

    gap: points still lacking, None where the level is not one of the total. steps: the cheapest set that closes it, all that there is
    where it cannot be closed (reachable is False). alone: single steps that would do, cheapest first. vetoes: to be cleared first.
    """

    level: models.Band
    gap: Fraction | None
    steps: list[Step]
    alone: list[Step]
    reachable: bool
    vetoes: list[Held] = field(default_factory=list)

    @property
    def effort(self) -> float:
        return sum(step.effort for step in self.steps)


def advise(score: Score) -> Advice | None:
    """The advice for a score; None at the best level, without levels, or where the level cannot be told."""
    bands = score.rubric.levels
    if bands is None or score.level_by_marks is None:
        return None
    position = bands.bands.index(score.level_by_marks)
    if position == 0:
        return None
    target = bands.bands[position - 1]
    vetoes = [held for held in score.vetoes if held.holds is not False]
    needed = position - 1 - score.down  # the band that the score or value itself must reach
    if needed < 0:
        return Advice(target, None, [], [], False, vetoes)
    if score.rubric.level_of != TOTAL:
        ways = _ways(score, needed)
        return Advice(target, None, ways[:1], ways, bool(ways), vetoes)
    bound = Evaluator(score.rubric, score.answers).number(score.rubric.bounds[TOTAL, bands.bands[needed].key])
    assert bound is not None and score.score is not None
    gap = Fraction(str(bound)) - sum((mark.points for mark in score.marks), Fraction(0)) - score.bonus_counted
    levers = _levers(score)
    steps, reachable = _cheapest(levers, gap)
    alone = [step for lever in levers if (step := lever.step(gap)) is not None]
    return Advice(target, gap, steps, sorted(alone, key=lambda step: step.effort), reachable, vetoes)


@dataclass(frozen=True, eq=False)
class Lever:
    """What can be done about one criterion: the marks it can jump to, or (smooth) any mark up to the top."""

    mark: Mark
    effort: float
    full: Fraction
    tops: list[Fraction]
    smooth: bool
    reach: Callable[[Fraction], Changes | None]

    @property
    def price(self) -> float:
        """Effort per point of the total."""
        return self.effort / float(self.full * self.mark.share)

    @property
    def room(self) -> Fraction:
        """The points of the total that can be gained."""
        return (self.tops[-1] - self.mark.mark) * self.mark.share

    def to(self, after: Fraction) -> Step | None:
        """The step to a mark; None where no answer gives it."""
        changes = self.reach(after)
        if not changes:
            return None
        gained = (after - self.mark.mark) * self.mark.share
        return Step(changes, self.mark.criterion, self.mark.mark, after, gained, self.price * float(gained))

    def step(self, gap: Fraction) -> Step | None:
        """The smallest step that gains ``gap`` points."""
        needed = self.mark.mark + gap / self.mark.share
        if self.smooth:
            return self.to(needed) if needed <= self.tops[-1] else None
        return next((self.to(top) for top in self.tops if top >= needed), None)


def _levers(score: Score) -> list[Lever]:
    """One lever per criterion; a question that several criteria use is moved for the first of them only."""
    found, taken = [], set[str]()
    for mark in score.leaves():
        own = {name for name in mark.questions if not score.rubric.model.questions[name].context}
        if not own & taken and (lever := _lever(score, mark)) is not None:
            found.append(lever)
            taken |= own
    return found


Moves = tuple[tuple[Lever, Fraction], ...]


def _lever(score: Score, mark: Mark) -> Lever | None:
    rubric = score.rubric
    questions = rubric.model.questions
    names = [name for name in mark.questions if not questions[name].context]
    if not mark.share or any(name in mark.missing for name in mark.questions if name not in names):
        return None
    leaf = rubric.leaf[mark.criterion.id]
    effort = score.efforts.get(mark.criterion.id, float(mark.criterion.effort))
    full = Fraction(str(rubric.model.full_mark))
    if questions[names[0]].kind in ("choice", "yes_no"):
        options = _options(score, leaf, names)
        tops = sorted(top for top in options if top > mark.mark)
        return Lever(mark, effort, full, tops, False, options.get) if tops else None
    return _numeric(score, mark, leaf, names[0], effort, full)


def _options(score: Score, leaf: Leaf, names: list[str]) -> dict[Fraction, Changes]:
    """For each mark that options can give, the fewest changed answers."""
    questions, options = score.rubric.model.questions, score.answers.options
    found: dict[Fraction, Changes] = {}
    for count, combination in enumerate(product(*(questions[name].options or YES_NO for name in names))):
        if count >= MANY:
            break
        chosen = dict(zip(names, combination, strict=True))
        mark = _marked(score.rubric, leaf, _with(score.answers, options=chosen))
        changes: Changes = {name: (options.get(name), option) for name, option in chosen.items() if options.get(name) != option}
        if mark not in found or len(changes) < len(found[mark]):
            found[mark] = changes
    return found


def _numeric(score: Score, mark: Mark, leaf: Leaf, name: str, effort: float, full: Fraction) -> Lever | None:
    rubric, before = score.rubric, score.answers.numbers.get(name)

    def marked(value: float) -> Fraction:
        return _marked(rubric, leaf, _with(score.answers, numbers={name: value}))

    start, end = _path(rubric.model, name, before)

    def reach(target: Fraction) -> Changes | None:
        value = _least(lambda x: marked(x) >= target, start, end)
        return None if value is None else {name: (before, value)}

    top, current = marked(end), mark.mark
    tops: list[Fraction] = []
    while current < top:
        changes = reach(min(top, current + SMALLEST))
        if changes is None:
            break
        reached = marked(float(changes[name][1]))
        if reached - current < 2 * SMALLEST:
            return Lever(mark, effort, full, [*tops, top], not tops, reach)
        tops.append(reached)
        current = reached
    return Lever(mark, effort, full, tops, False, reach) if tops else None


def _path(model: models.Rubric, name: str, before: float | None) -> tuple[float, float]:
    """From where an answer stands (the worst end if there is none) to its best end."""
    question = model.questions[name]
    low, high = (0, model.full_mark) if question.kind == "marks" else question.range
    worst, best = (-FAR if low is None else float(low)), (FAR if high is None else float(high))
    if question.better == "lower":
        worst, best = best, worst
    return (worst if before is None else before), best


def _least(holds: Callable[[float], bool], start: float, end: float) -> float | None:
    """The value nearest to ``start`` at which ``holds``, rounded towards ``end`` to a few digits where that holds too."""
    if not holds(end):
        return None
    failing, holding = start, end
    for _ in range(STEPS):
        middle = (failing + holding) / 2
        if holds(middle):
            holding = middle
        else:
            failing = middle
    if holding == 0:
        return holding
    digits = 5 - floor(log10(abs(holding)))
    rounded = (ceil if end > start else floor)(Fraction(holding) * Fraction(10) ** digits) / Fraction(10) ** digits
    neat = round(holding, digits)
    return next((value for value in (neat, float(rounded)) if (value - start) * (end - value) >= 0 and holds(value)), holding)


def _marked(rubric: Rubric, leaf: Leaf, answers: Answers) -> Fraction:
    try:
        return leaf_mark(rubric, Evaluator(rubric, answers), leaf)
    except InputError:  # undefined there: no marks
        return Fraction(0)


def _with(answers: Answers, numbers: dict[str, float] | None = None, options: dict[str, str] | None = None) -> Answers:
    return Answers({**answers.numbers, **(numbers or {})}, {**answers.options, **(options or {})})


def _cheapest(levers: list[Lever], gap: Fraction) -> tuple[list[Step], bool]:
    """The cheapest steps that gain ``gap`` points, and whether they can; all there is where they cannot."""
    jumping = [lever for lever in levers if not lever.smooth]
    smooth = sorted((lever for lever in levers if lever.smooth), key=lambda lever: lever.price)
    goal = ceil(gap * UNITS)
    found: dict[int, tuple[float, Moves]] = {0: (0.0, ())}  # units gained → the cheapest way
    for lever in jumping:
        for units, (cost, moves) in list(found.items()):
            for top in lever.tops:
                points = (top - lever.mark.mark) * lever.mark.share
                reached = min(goal, units + floor(points * UNITS))
                price = cost + lever.price * float(points)
                if reached not in found or price < found[reached][0]:
                    found[reached] = (price, (*moves, (lever, top)))
    best: tuple[float, Moves] | None = None
    for units, (cost, moves) in found.items():
        rest = _fill(smooth, gap - Fraction(units, UNITS))
        if rest is not None:
            price = cost + sum(lever.price * float((top - lever.mark.mark) * lever.mark.share) for lever, top in rest)
            if best is None or price < best[0]:
                best = price, (*moves, *rest)
    chosen = best[1] if best else tuple((lever, lever.tops[-1]) for lever in levers)
    steps = [step for lever, top in chosen if (step := lever.to(top)) is not None]
    return steps, sum((step.points for step in steps), Fraction(0)) >= gap


def _fill(smooth: list[Lever], gap: Fraction) -> Moves | None:
    """The cheapest moves of smooth levers (cheapest first) that gain ``gap`` points; None where they cannot."""
    moves: list[tuple[Lever, Fraction]] = []
    for lever in smooth:
        if gap > 0:
            gain = min(gap, lever.room)
            moves.append((lever, lever.mark.mark + gain / lever.mark.share))
            gap -= gain
    return tuple(moves) if gap <= 0 else None


def _ways(score: Score, position: int) -> list[Step]:
    """Each single answer that would bring the graded value to a band or better, smallest relative change first."""
    rubric, answers = score.rubric, score.answers
    bands = rubric.bands(rubric.level_of)
    assert bands is not None
    best = bands.bands[: position + 1]
    found = []
    for name in rubric.questions_of(rubric.values[rubric.level_of]):
        question, before = rubric.model.questions[name], answers.numbers.get(name)
        if question.context or question.kind != "number" or before is None:
            continue

        def holds(value: float, name: str = name) -> bool:
            try:
                return grade(rubric, Evaluator(rubric, _with(answers, numbers={name: value}))) in best
            except InputError:  # undefined there
                return False

        value = _least(holds, *_path(rubric.model, name, before))
        if value is not None:
            found.append(Step({name: (before, value)}, effort=abs(value - before) / max(abs(before), 1e-12)))
    return sorted(found, key=lambda step: step.effort)
