"""What would raise the level: the cheapest set of changes, and each single one that would do it alone; all of it scored again.

The plan is sought with each lever's points and effort as they are when it is moved alone: choices and jumps by an exact frontier over
fractions, straight levers cheapest first, at most one lever between two stops. It is then scored as a whole, what is superfluous is taken
out, and every move is shortened to what is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from carbonacct.certification import models
from carbonacct.certification.levers import Lever, Stop, levers
from carbonacct.certification.scoring import Held, Score
from carbonacct.certification.trial import Setting, Trial, level_now

MANY = 1000  # ways kept apart; beyond it, of the ways to the same thousandth part of the goal only the cheapest
TRIED = 20  # plans scored again before all levers are pulled
HALF_CENT = Fraction(1, 200)  # what rounding can give

Answer = float | str
Changes = dict[str, tuple[Answer | None, Answer]]
Plan = dict[Lever, Setting]


@dataclass(frozen=True)
class Move:
    """A criterion's mark, before and after."""

    criterion: models.Criterion
    before: Fraction
    after: Fraction


@dataclass(frozen=True)
class Step:
    """One change: answers from → to, the marks that it moves, the points gained and the effort, the steps above it taken."""

    changes: Changes
    moves: tuple[Move, ...] = ()
    points: Fraction | None = None
    effort: float = 0.0

    @property
    def criterion(self) -> models.Criterion | None:
        """The first of the criteria that it moves."""
        return self.moves[0].criterion if self.moves else None


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
    position, bands = level_now(score), score.rubric.levels
    if not position or bands is None:
        return None
    trial = Trial(score, position - 1)
    found = levers(trial)
    margin = trial.margin({})
    gap = -margin if margin is not None and trial.by_marks else None
    plan, alone, reachable = _way(trial, found)
    vetoes = [held for held in score.vetoes if held.holds is not False]
    singles = [step for setting in alone for step in _steps(trial, [setting])]
    return Advice(
        bands.bands[position - 1],
        gap,
        list(_steps(trial, [plan[lever] for lever in found if lever in plan])),
        sorted(singles, key=lambda step: step.effort),
        reachable,
        vetoes,
    )


def _way(trial: Trial, found: list[Lever]) -> tuple[Plan, list[Setting], bool]:
    """The cheapest plan, the settings that do it alone, and whether the level can be reached at all."""
    every = _all(found)
    margin = trial.margin(_whole(every))
    if margin is None or margin < 0:
        if not trial.reaches(_whole(every)):
            return _without_idle(trial, every), [], False
        goal = -HALF_CENT
    else:
        goal = Fraction(0)
    enough = _Enough(trial, goal)
    alone = {lever: setting for lever in found if (setting := lever.least(enough)) is not None}
    plans: list[Plan] = [{lever: setting} for lever, setting in alone.items()]
    plans += [_shortened(enough, plan) for plan in _first(enough, _plans(trial, found, goal))]
    if not plans:
        plans.append(_shortened(enough, every))
    return min(plans, key=lambda plan: trial.effort(_whole(plan))), list(alone.values()), True


class _Enough:
    """Whether a setting reaches the goal."""

    def __init__(self, trial: Trial, goal: Fraction) -> None:
        self.trial = trial
        self.goal = goal

    def __call__(self, setting: Setting) -> bool:
        margin = self.trial.margin(setting)
        return margin is not None and margin >= self.goal


def _whole(plan: Plan) -> dict[str, Fraction | str]:
    return {name: value for setting in plan.values() for name, value in setting.items()}


def _all(found: list[Lever]) -> Plan:
    """Every lever at its best, all the others being at theirs."""
    plan: Plan = {}
    for _ in range(2):  # the second time round, the later levers are known to the earlier ones
        for lever in found:
            others = {other: setting for other, setting in plan.items() if other is not lever}
            plan[lever] = lever.best(_whole(others))
    return {lever: setting for lever, setting in plan.items() if setting}


def _without_idle(trial: Trial, plan: Plan) -> Plan:
    """The plan without the moves that gain nothing; the others no longer than they need to be for what they gain."""
    reached = trial.margin(_whole(plan))
    if reached is None:
        return {}
    return _shortened(_Enough(trial, reached), plan)


def _shortened(enough: _Enough, plan: Plan) -> Plan:
    """The plan without superfluous moves, dearest first, and each move no longer than needed, from the first of the plan on."""
    plan = _needed(enough, plan)
    for lever in list(plan):
        plan[lever] = _least(enough, plan, lever)
    return _needed(enough, plan)


def _needed(enough: _Enough, plan: Plan) -> Plan:
    kept = dict(plan)
    for lever in sorted(plan, key=lambda lever: -enough.trial.effort(plan[lever])):
        rest = {other: setting for other, setting in kept.items() if other is not lever}
        if enough(_whole(rest)):
            kept = rest
    return kept


def _least(enough: _Enough, plan: Plan, lever: Lever) -> Setting:
    """The smallest move of a lever that does, the other moves being made."""
    others = _whole({other: setting for other, setting in plan.items() if other is not lever})
    return lever.least(lambda one: enough({**others, **one})) or plan[lever]


def _first(enough: _Enough, plans: Iterable[Plan]) -> list[Plan]:
    """The first of the plans that does what it promises, if one of the first few does; its first lever moved no farther than needed."""
    for _, plan in zip(range(TRIED), plans, strict=False):
        if enough(_whole(plan)):
            first = next(iter(plan))
            return [{**plan, first: _least(enough, plan, first)}]
    return []


# seeking the cheapest plan ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Reached:
    """Stops by lever; the lever that needs to be moved in part only comes first."""

    points: Fraction
    effort: Fraction
    stops: tuple[tuple[Lever, Stop], ...] = ()

    def plus(self, lever: Lever, stop: Stop, share: Fraction = Fraction(1), base: Stop | None = None) -> _Reached:
        """With a lever moved a share of the way from a stop (or from where it stands) to another."""
        points, effort = (base.points, base.effort) if base else (Fraction(0), Fraction(0))
        moved = ((lever, stop),)
        return _Reached(
            self.points + points + share * (stop.points - points),
            self.effort + effort + share * (stop.effort - effort),
            (*self.stops, *moved) if share == 1 else (*moved, *self.stops),
        )


def _plans(trial: Trial, found: list[Lever], goal: Fraction) -> Iterator[Plan]:
    """Plans that should reach the goal, cheapest first."""
    margin = trial.margin({})
    if margin is None or not trial.by_marks:
        return
    gap = goal - margin
    useful = [lever for lever in found if lever.stops]
    straight = sorted((one for one in useful if one.straight), key=lambda one: one.stops[0].effort / one.stops[0].points)
    stepped = [lever for lever in useful if lever not in straight]
    ways = list[_Reached]()
    for partial in (None, *(lever for lever in stepped if lever.smooth)):
        for way in _frontier([lever for lever in stepped if lever is not partial], gap):
            ways += _filled(way, straight, gap) if partial is None else _between(way, straight, partial, gap)
    for way in sorted(ways, key=lambda way: way.effort):
        yield {lever: stop.setting for lever, stop in way.stops}


def _frontier(stepped: list[Lever], gap: Fraction) -> list[_Reached]:
    """The ways of stops that no other way beats in points and effort; points beyond the gap do not count."""
    ways = [_Reached(Fraction(0), Fraction(0))]
    for lever in stepped:
        ways += [way.plus(lever, stop) for way in ways for stop in lever.stops]
        ways.sort(key=lambda way: (way.effort, -way.points))
        kept, most = list[_Reached](), Fraction(-1)
        for way in ways:
            if min(way.points, gap) > most:
                kept.append(way)
                most = min(way.points, gap)
        if len(kept) > MANY:
            thousandths: dict[int, _Reached] = {}
            for way in kept:
                thousandths.setdefault(int(min(way.points, gap) * 1000 / gap), way)
            kept = list(thousandths.values())
        ways = kept
    return ways


def _filled(way: _Reached, straight: list[Lever], gap: Fraction) -> Iterator[_Reached]:
    """The way with the gap filled by straight levers, cheapest first, the last of them in part."""
    for lever in straight:
        if way.points < gap:
            stop = lever.stops[0]
            way = way.plus(lever, stop, min(Fraction(1), (gap - way.points) / stop.points))
    if way.points >= gap:
        yield way


def _between(way: _Reached, straight: list[Lever], partial: Lever, gap: Fraction) -> Iterator[_Reached]:
    """The way with one lever between two of its stops, and the cheapest straight levers at their full or not at all."""
    for lever in (None, *straight):
        if lever is not None:
            way = way.plus(lever, lever.stops[0])
        for base, stop in pairwise([None, *partial.stops]):
            assert stop is not None
            least = base.points if base else Fraction(0)
            if stop.smooth and least < gap - way.points <= stop.points:
                yield way.plus(partial, stop, (gap - way.points - least) / (stop.points - least), base)


# steps -----------------------------------------------------------------------------------------------------------


def _steps(trial: Trial, settings: list[Setting]) -> Iterator[Step]:
    """The settings one after another, with what each adds to those before it."""
    done: dict[str, Fraction | str] = {}
    for setting in settings:
        after = {**done, **setting}
        effort = float(trial.effort(after) - trial.effort(done))
        changes: Changes = {name: (trial.score.answers.shown(name), _plain(value)) for name, value in setting.items()}
        if not trial.by_marks:
            yield Step(changes, effort=effort)
        else:
            before_marks, after_marks = trial.marks_at(done), trial.marks_at(after)
            moves = tuple(
                Move(leaf.criterion, before_marks[leaf.criterion.id], after_marks[leaf.criterion.id])
                for leaf in trial.rubric.leaves
                if before_marks[leaf.criterion.id] != after_marks[leaf.criterion.id]
            )
            yield Step(changes, moves, trial.points_at(after) - trial.points_at(done), effort)
        done = after


def _plain(value: Fraction | str) -> Answer:
    return value if isinstance(value, str) else float(value)
