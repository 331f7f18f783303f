"""What an applicant can move: a number along the way in which it helps, or the choices that formulas share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import ceil, floor, log10, nextafter

from carbonacct.certification.rubric import YES_NO
from carbonacct.certification.trial import Setting, Trial

FAR = Fraction(2) ** 40  # stands for an open end of a range
STEPS = 120  # halvings of a range at most
PRECISION = 10**16
SMALLEST = Fraction(1, 100)  # a mark that rises by less is continuous
MANY = 4096  # combinations of options looked at
DIGITS = (6, 9, 12, 15)


@dataclass(frozen=True)
class Stop:
    """A place worth moving to: the points gained there, and the effort. smooth: so is any place between the stop before and it."""

    setting: Setting
    points: Fraction
    effort: Fraction
    smooth: bool = False


@dataclass(eq=False)
class Lever:
    """Questions that are moved together. stops: with ever more points; the last is the best that is known."""

    trial: Trial
    names: tuple[str, ...]
    settings: list[Setting] = field(default_factory=list)
    way: tuple[Fraction, Fraction] | None = None
    stops: list[Stop] = field(default_factory=list)

    @property
    def smooth(self) -> bool:
        """Whether there are places between stops that are worth moving to."""
        return any(stop.smooth for stop in self.stops)

    @property
    def straight(self) -> bool:
        """Whether every point costs the same, so that the lever can be used in part at the price of the whole."""
        if not self.smooth or len(self.stops) != 1 or self.way is None:
            return False
        (name,), (start, _), stop = self.names, self.way, self.stops[0]
        end = stop.setting[name]
        assert isinstance(end, Fraction)
        price = stop.effort / stop.points
        for part in range(1, 4):
            setting = {name: start + (end - start) * part / 4}
            gained = self.gain(setting)
            if gained > 0 and self.trial.effort(setting) / gained != price:
                return False
        return True

    def gain(self, setting: Setting) -> Fraction:
        """The points gained by this lever alone."""
        margin, before = self.trial.margin(setting), self.trial.margin({})
        return Fraction(0) if margin is None or before is None else margin - before

    def best(self, around: Setting) -> Setting:
        """The setting that takes the level farthest, all else being ``around``; the end of the way where it is all the same."""
        found: list[tuple[Fraction, Setting]] = []
        for setting in (*self.ends(), *(stop.setting for stop in reversed(self.stops)), *self.settings):
            margin = self.trial.margin({**around, **setting})
            if margin is not None:
                found.append((margin, setting))
        return max(found, key=lambda pair: pair[0], default=(Fraction(0), {}))[1]

    def ends(self) -> Iterator[Setting]:
        """The end of the way."""
        if self.way is not None:
            yield {self.names[0]: self.way[1]}

    def least(self, holds: Callable[[Setting], bool]) -> Setting | None:
        """The smallest move with which ``holds``: the nearest number, or the cheapest choice."""
        if self.way is None:
            fitting = [setting for setting in self.settings if holds(setting)]
            return min(fitting, key=lambda one: (self.trial.effort(one), len(one)), default=None)
        name, (start, end) = self.names[0], self.way
        tops = [top for stop in self.stops if isinstance(top := stop.setting[name], Fraction)]
        for place in sorted({*tops, end}, key=lambda place: abs(place - start)):
            if holds({name: place}):
                return {name: nearest_place(lambda x: holds({name: x}), start, place)}
        return None


def levers(trial: Trial) -> list[Lever]:
    """Everything that can be moved towards the level, in the order of the formulas that decide on it."""
    rubric, found, taken = trial.rubric, list[Lever](), set[str]()
    questions = rubric.model.questions
    groups = [[n for n in rubric.questions_of(node) if not questions[n].context] for node in trial.driving]
    for group in groups:
        for name in group:
            if name in taken or name == rubric.model.weights_by:
                continue
            if questions[name].kind in ("choice", "yes_no"):
                shared = _together(
                    name, [[n for n in one if questions[n].options or questions[n].kind == "yes_no"] for one in groups]
                )
                taken |= shared
                lever: Lever | None = _choices(trial, tuple(n for n in questions if n in shared))
            else:
                taken.add(name)
                lever = _number(trial, name)
            if lever is not None:
                found.append(lever)
    return found


def _together(name: str, groups: list[list[str]]) -> set[str]:
    """The choices that formulas link to one another."""
    found, waiting = {name}, [name]
    while waiting:
        current = waiting.pop()
        fresh = {other for group in groups if current in group for other in group} - found
        found |= fresh
        waiting += fresh
    return found


def _choices(trial: Trial, names: tuple[str, ...]) -> Lever:
    """Every combination of options, or beyond MANY each option alone and all of one kind."""
    questions, given = trial.rubric.model.questions, trial.score.answers.options
    options = [list(questions[name].options or YES_NO) for name in names]
    whole = 1
    for one in options:
        whole *= len(one)
    if whole <= MANY:
        chosen = [dict(zip(names, combination, strict=True)) for combination in product(*options)]
    else:
        chosen = [{name: option} for name, some in zip(names, options, strict=True) for option in some]
        kinds = dict.fromkeys(option for some in options for option in some)
        chosen += [{name: kind for name, some in zip(names, options, strict=True) if kind in some} for kind in kinds]
    settings: list[Setting] = [{n: option for n, option in one.items() if given.get(n) != option} for one in chosen]
    lever = Lever(trial, names, [setting for setting in settings if setting])
    stops = [Stop(setting, gained, trial.effort(setting)) for setting in lever.settings if (gained := lever.gain(setting)) > 0]
    lever.stops = _rising(sorted(stops, key=lambda stop: (stop.effort, -stop.points, len(stop.setting))))
    return lever


def _number(trial: Trial, name: str) -> Lever | None:
    question, before = trial.rubric.model.questions[name], trial.score.answers.numbers.get(name)
    low, high = (0, trial.rubric.model.full_mark) if question.kind == "marks" else question.range
    far = max(FAR, abs(before or Fraction(0)) * 2**20)
    worst, best = (-far if low is None else Fraction(str(low))), (far if high is None else Fraction(str(high)))
    if question.better == "lower":
        worst, best = best, worst
    start = worst if before is None else before
    end = _defined(trial, name, start, best)
    if end == start or (before is None and not trial.by_marks):
        return None
    lever = Lever(trial, (name,), way=(start, end))
    places = {end}
    for part in _parts(trial, name):
        places.update(_turns(part, start, end))
    behind, gained = start, Fraction(0)
    for place in sorted(places, key=lambda place: abs(place - start)):
        setting: Setting = {name: place}
        more = lever.gain(setting)
        if more > gained:
            smooth = gained < lever.gain({name: (behind + place) / 2}) < more
            stop = Stop(setting, more, trial.effort(setting), smooth)
            if _on_one_line([*lever.stops[-2:], stop]):
                lever.stops.pop()
            lever.stops.append(stop)
            gained = more
        behind = place
    return lever


def _on_one_line(stops: list[Stop]) -> bool:
    """Whether the last stop but one is a place like any other between its neighbours (at first: where nothing is gained)."""
    if len(stops) < 2 or not (stops[-2].smooth and stops[-1].smooth):
        return False
    points, effort = (stops[-3].points, stops[-3].effort) if len(stops) == 3 else (Fraction(0), Fraction(0))
    middle, last = stops[-2], stops[-1]
    return (middle.points - points) * (last.effort - effort) == (last.points - points) * (middle.effort - effort)


def _rising(stops: list[Stop]) -> list[Stop]:
    """Of stops by effort, those with more points than every cheaper one."""
    found = list[Stop]()
    for stop in stops:
        if not found or stop.points > found[-1].points:
            found.append(stop)
    return found


def _defined(trial: Trial, name: str, start: Fraction, end: Fraction) -> Fraction:
    """The end of a way, or the place nearest to it where scoring does not fail."""
    for halvings in (0, *range(40, 0, -4)):
        place = end + (start - end) / 2**halvings if halvings else end
        if trial.margin({name: place}) is not None:
            return place
    return end if trial.margin({}) is None else start


def _parts(trial: Trial, name: str) -> Iterator[Callable[[Fraction], Fraction]]:
    """Each mark that a number decides on, and the bonus."""

    def mark(key: str) -> Callable[[Fraction], Fraction]:
        return lambda x: trial.marks_at({name: x})[key]

    for leaf in trial.rubric.leaves:
        if name in leaf.questions:
            yield mark(leaf.criterion.id)
    if any(name in trial.rubric.questions_of(node) for node in trial.rubric.bonus):
        yield lambda x: trial.bonus_at({name: x})


def _turns(part: Callable[[Fraction], Fraction], start: Fraction, end: Fraction) -> Iterator[Fraction]:
    """Where a mark jumps, begins to rise and has risen to the full."""
    current, top = part(start), part(end)
    while current < top:
        goal = min(top, current + SMALLEST)
        place = nearest_place(lambda x, goal=goal: part(x) >= goal, start, end)  # type: ignore[misc]
        yield place
        reached = part(place)
        if reached - current < 2 * SMALLEST:
            yield nearest_place(lambda x: part(x) >= top, start, end)
            return
        current = reached


def nearest_place(holds: Callable[[Fraction], bool], start: Fraction, end: Fraction) -> Fraction:
    """The number nearest to ``start`` with which ``holds``, as it does at ``end``; rounded towards the end to few digits."""
    failing, holding = start, end
    if holds(start):
        return start
    for _ in range(STEPS):
        if abs(holding - failing) <= abs(holding) / PRECISION:
            break
        middle = (failing + holding) / 2
        if holds(middle):
            holding = middle
        else:
            failing = middle
    if not holding:
        return holding
    towards = ceil if end > start else floor
    for digits in DIGITS:
        unit = Fraction(10) ** (floor(log10(abs(holding))) + 1 - digits)
        for rounded in (round(holding / unit) * unit, towards(holding / unit) * unit):
            close = abs(rounded - holding) * 100 <= abs(holding - start)
            if close and (rounded - start) * (end - rounded) >= 0 and holds(rounded):
                return rounded
    return _as_told(holds, holding, end)


def _as_told(holds: Callable[[Fraction], bool], place: Fraction, end: Fraction) -> Fraction:
    """A place as the float by which it is told and read again, or the next float towards the end with which ``holds``."""
    told = float(place)
    for _ in range(4):
        if holds(Fraction(repr(told))):
            return Fraction(repr(told))
        told = nextafter(told, float(end))
    return place
