"""A rubric, read, checked and compiled: every formula proven in its units, every sum of weights exact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from carbonacct.certification import models
from carbonacct.errors import ExpressionError, FileError, NotFoundError, UnitError
from carbonacct.exact import literals
from carbonacct.expressions import parse
from carbonacct.expressions.proof import Env, prove
from carbonacct.expressions.tree import If, Name, Node, Num, walk
from carbonacct.messages import language, say
from carbonacct.schema import paths, rulefile, yaml
from carbonacct.units import Unit, did_you_mean, parse_unit

FOLDER = "certification"
TOTAL = "total"
YES_NO = ("yes", "no")


@dataclass(frozen=True)
class Leaf:
    """A criterion that is marked: its proven formula, and the questions it rests on."""

    criterion: models.Criterion
    mark: Node
    questions: tuple[str, ...]


class Rubric:
    """A compiled rubric. Raises FileError with every problem of the file when it is made."""

    def __init__(self, model: models.Rubric, document: yaml.Document, problems: Iterable[str] = ()) -> None:
        self.model = model
        self._document = document
        self._problems = list(problems)
        self._rests_on: dict[int, tuple[str, ...]] = {}
        self._exact: dict[int, Node] = {}
        self.values: dict[str, Node] = {}
        self._check_shape()
        for key, value in model.values.items():  # in order: a value sees the ones above it
            self.values[key] = self._formula(("values", key, "formula"), value.formula, parse_unit(value.unit))
        self.veto = [self._condition(("veto", i, "when"), rule.when) for i, rule in enumerate(model.veto)]
        self.warn = [self._condition(("warn", i, "when"), rule.when) for i, rule in enumerate(model.warn)]
        self.bonus = [self._formula(("bonus", i, "points"), item.points) for i, item in enumerate(model.bonus)]
        self.down = None if model.down is None else self._formula(("down",), model.down)
        self.leaves = list(self._leaves(model.criteria, ("criteria",)))
        self.bounds: dict[tuple[str, str], Node] = {}
        for holder, bands, place, unit in self._graded():
            for index, band in enumerate(bands.bands):
                bound = band.max if band.min is None else band.min
                if isinstance(bound, str):
                    self.bounds[holder, band.key] = self._formula((*place, "bands", index), bound, unit)
                elif bound is not None:
                    self.bounds[holder, band.key] = Num(Fraction(str(bound)))
        self._check()
        if self._problems:
            raise FileError(sorted(set(self._problems)))

    @property
    def id(self) -> str:
        return self.model.id

    @property
    def file(self) -> Path:
        """The file that the rubric was read from."""
        return Path(self._document.file)

    @property
    def title(self) -> str:
        """The title in the language in force."""
        return str(self.model.title.zh if language() == "zh" else self.model.title.en)

    @property
    def level_of(self) -> str:
        """What the level is read from: ``total`` or the name of a value."""
        return self.model.level_of or TOTAL

    @property
    def levels(self) -> models.Bands | None:
        """The bands of the rubric's level, if it has any."""
        return self.bands(self.level_of)

    def bands(self, holder: str) -> models.Bands | None:
        """The bands of the total or of a value."""
        return self.model.levels if holder == TOTAL else self.model.values[holder].levels

    def questions_of(self, node: Node) -> tuple[str, ...]:
        """The questions that a formula rests on, through the values it uses, in reading order."""
        if id(node) not in self._rests_on:  # formulas live as long as the rubric, so that their identity is their key
            found: dict[str, None] = {}
            for name in (item.name for item in walk(node) if isinstance(item, Name)):
                found.update(dict.fromkeys(self.questions_of(self.values[name]) if name in self.values else (name,)))
            self._rests_on[id(node)] = tuple(found)
        return self._rests_on[id(node)]

    def exact(self, node: Node) -> Node:
        """A formula as it is evaluated: over fractions."""
        if id(node) not in self._exact:
            self._exact[id(node)] = literals(node)
        return self._exact[id(node)]

    def weight(self, criterion: models.Criterion, option: str | None, given: Mapping[str, Fraction]) -> Fraction | None:
        """A criterion's share of its parent: given by the caller, else that of the file for an option of ``weights_by``."""
        if criterion.id in given:
            return given[criterion.id]
        text = criterion.weight.get(option or "") if isinstance(criterion.weight, dict) else criterion.weight
        return None if text is None else models.fraction(text)

    @cached_property
    def leaf(self) -> dict[str, Leaf]:
        """The marked criteria by id."""
        return {leaf.criterion.id: leaf for leaf in self.leaves}

    @cached_property
    def families(self) -> list[list[models.Criterion]]:
        """Every set of siblings."""
        return [siblings for siblings, _ in _families(self.model.criteria, ())]

    @cached_property
    def criteria(self) -> dict[str, models.Criterion]:
        """Every node of the tree by id."""
        return {criterion.id: criterion for siblings in self.families for criterion in siblings}

    def describe(self) -> dict[str, Any]:
        """What the file holds, as plain data."""
        return self.model.model_dump(mode="json", exclude_none=True, exclude_defaults=True)

    # checking ----------------------------------------------------------------------------------------------------

    def _problem(self, place: yaml.Place, message: str, /, **words: Any) -> None:
        self._problems.append(f"{self._document.where(place)}: {say(message, **words)}")

    def _env(self, place: yaml.Place) -> Env:
        def unit(name: Name) -> Unit:
            if name.name in self.values and name.base is None:
                return parse_unit(self.model.values[name.name].unit)
            question = self.model.questions.get(name.name) if name.base is None else None
            if question is None:
                raise ExpressionError(
                    say("compile.unknown_name", name=str(name)) + did_you_mean(str(name), [*self.model.questions, *self.values])
                )
            if question.kind in ("choice", "yes_no"):
                raise ExpressionError(say("compile.choice_as_number", name=str(name)))
            return parse_unit(question.unit)

        def options(name: Name) -> set[str]:
            question = self.model.questions.get(name.name)
            if question is None or question.kind not in ("choice", "yes_no"):
                raise ExpressionError(say("score.not_a_choice", name=str(name)))
            return set(question.options or YES_NO)

        def no_group(variable: str, group: str) -> Env:
            raise ExpressionError(say("expression.not_allowed", part=group, text=variable))

        def no_grid(table: str, column: str) -> tuple[list[Unit], Unit]:
            raise ExpressionError(say("expression.not_allowed", part=f"{table}.{column}", text=self._document.where(place)))

        return Env(unit, options, no_group, no_grid)

    def _formula(self, place: yaml.Place, text: str, unit: Unit | None = None, condition: bool = False) -> Node:
        try:
            node = parse(text)
            return prove(
                If(node, Num(Fraction(1)), Num(Fraction(0))) if condition else node, self._env(place), unit or parse_unit("1")
            )
        except (ExpressionError, UnitError) as error:
            self._problems.append(f"{self._document.where(place)}: {error}")
            return Num(Fraction(0))

    def _condition(self, place: yaml.Place, text: str) -> Node:
        return self._formula(place, text, condition=True)

    def _leaves(self, siblings: list[models.Criterion], place: yaml.Place) -> Iterator[Leaf]:
        for index, criterion in enumerate(siblings):
            if criterion.mark is None:
                yield from self._leaves(criterion.children, (*place, index, "children"))
            else:
                node = self._formula((*place, index, "mark"), criterion.mark)
                yield Leaf(criterion, node, self.questions_of(node))

    def _graded(self) -> Iterator[tuple[str, models.Bands, yaml.Place, Unit]]:
        if self.model.levels:
            yield TOTAL, self.model.levels, ("levels",), parse_unit("1")
        for key, value in self.model.values.items():
            if value.levels:
                yield key, value.levels, ("values", key, "levels"), parse_unit(value.unit)

    def _check_shape(self) -> None:
        """What needs no formula. Raises FileError where a unit is none: no formula could be proven."""
        model = self.model
        for part, named in (("questions", model.questions), ("values", model.values)):
            for key, item in named.items():
                try:
                    parse_unit(item.unit)
                except UnitError as error:
                    self._problems.append(f"{self._document.where((part, key, 'unit'))}: {error}")
        broken = bool(self._problems)
        for key, question in model.questions.items():
            self._check_question(key, question)
        if model.full_mark <= 0:
            self._problem(("full_mark",), "score.positive", value=model.full_mark)
        if model.bonus_cap is not None and model.bonus_cap < 0:
            self._problem(("bonus_cap",), "score.not_negative", value=model.bonus_cap)
        for siblings, place in _families(model.criteria, ("criteria",)):
            for index, criterion in enumerate(siblings):
                if criterion.effort < 0:
                    self._problem((*place, index, "effort"), "score.not_negative", value=criterion.effort)
        if broken:
            raise FileError(sorted(set(self._problems)))

    def _check_question(self, key: str, question: models.Question) -> None:
        model, (low, high), default = self.model, question.range, question.default
        if key in model.values or key == TOTAL:
            self._problem(("questions", key), "compile.name_twice", name=key)
        if low is not None and high is not None and low >= high:
            self._problem(("questions", key, "range"), "score.range_order", low=low, high=high)
        if default is None:
            return
        place = ("questions", key, "default")
        if isinstance(default, str) != (question.kind in ("choice", "yes_no")):
            self._problem(place, "score.default_kind", name=key)
        elif isinstance(default, str):
            options = list(question.options or YES_NO)
            if default not in options:
                message = say("score.option", value=default, options=", ".join(options))
                message += did_you_mean(default, options)
                self._problem(place, "verbatim", text=message)
        elif (low is not None and default < low) or (high is not None and default > high):
            limits = {"low": "−∞" if low is None else low, "high": "∞" if high is None else high}
            self._problem(place, "score.range", value=default, **limits)

    def _check(self) -> None:
        model = self.model
        self._check_weights()
        if self._problems:
            return
        self._check_questions()
        for holder, bands, place, _ in self._graded():
            self._check_bands(holder, bands, place)
        if model.level_of is not None and (model.level_of not in model.values or not model.values[model.level_of].levels):
            self._problem(("level_of",), "score.level_of", name=model.level_of)

    def _check_questions(self) -> None:
        for leaf in self.leaves:
            levers = [self.model.questions[name] for name in leaf.questions if not self.model.questions[name].context]
            if not levers or (len(levers) > 1 and any(question.kind in ("number", "marks") for question in levers)):
                self._problem((), "score.levers", id=leaf.criterion.id)
        nodes = [
            *self.values.values(),
            *self.veto,
            *self.warn,
            *self.bonus,
            *([self.down] if self.down else []),
            *self.bounds.values(),
            *(x.mark for x in self.leaves),
        ]
        names = {name for node in nodes for name in self.questions_of(node)} | {self.model.weights_by}
        for name in self.model.questions.keys() - names:
            self._problem(("questions", name), "score.question_unused", name=name)

    def _check_weights(self) -> None:
        by = self.model.questions.get(self.model.weights_by or "")
        if self.model.weights_by is not None and (by is None or by.options is None):
            self._problem(("weights_by",), "score.not_a_choice", name=self.model.weights_by)
            return
        seen: set[str] = set()
        for siblings, place in _families(self.model.criteria, ("criteria",)):
            for index, criterion in enumerate(siblings):
                if criterion.id in seen:
                    self._problem((*place, index, "id"), "compile.name_twice", name=criterion.id)
                seen.add(criterion.id)
                if isinstance(criterion.weight, dict) and set(criterion.weight) != set((by and by.options) or {}):
                    self._problem((*place, index, "weight"), "score.weight_options", name=criterion.id)
            for option in (by and by.options) or [None]:
                try:
                    weights = [self.weight(criterion, option, {}) for criterion in siblings]
                except (ValueError, ZeroDivisionError):
                    self._problem(place, "score.weight_unreadable")
                    break
                known = [weight for weight in weights if weight is not None]
                if any(weight < 0 for weight in known) or (len(known) == len(weights) and sum(known) != 1):
                    self._problem(place, "score.weight_sum", ids=", ".join(c.id for c in siblings), sum=str(float(sum(known))))
        for index, known_sum in enumerate(self.model.weight_sums):
            try:
                equal = models.fraction(known_sum.equal)
                shares = [self.weight(self.criteria[key], None, {}) for key in known_sum.criteria if key in self.criteria]
            except (ValueError, ZeroDivisionError):
                self._problem(("weight_sums", index), "score.weight_unreadable")
                continue
            if len(shares) != len(known_sum.criteria) or sum(share or 0 for share in shares) != equal:
                self._problem(
                    ("weight_sums", index), "score.weight_known", ids=", ".join(known_sum.criteria), sum=known_sum.equal
                )

    def _check_bands(self, holder: str, bands: models.Bands, place: yaml.Place) -> None:
        """Best first, one direction, the last band open or, for the total, from 0."""
        items = bands.bands
        seen: set[str] = set()
        for index, band in enumerate(items):
            if band.key in seen:
                self._problem((*place, "bands", index, "key"), "compile.name_twice", name=band.key)
            seen.add(band.key)
        rising = items[0].max is not None
        bounds = [band.max if rising else band.min for band in items]
        other = [band.min if rising else band.max for band in items]
        last_open = bounds[-1] is None or (holder == TOTAL and bounds[-1] == 0)
        if any(bound is None for bound in bounds[:-1]) or any(bound is not None for bound in other) or not last_open:
            self._problem(place, "score.bands")
        numbers = [bound for bound in bounds if isinstance(bound, int | float)]
        if any((b <= a) if rising else (b >= a) for a, b in pairwise(numbers)):
            self._problem(place, "score.bands")


def _families(siblings: list[models.Criterion], place: yaml.Place) -> Iterator[tuple[list[models.Criterion], yaml.Place]]:
    """Each set of siblings with its place in the file."""
    if siblings:
        yield siblings, place
    for index, criterion in enumerate(siblings):
        yield from _families(criterion.children, (*place, index, "children"))


def rubric_files() -> dict[str, Path]:
    """Every rubric file on the search path by id, first root wins."""
    found: dict[str, Path] = {}
    for root in paths.roots():
        for path in sorted((root / "methodologies" / FOLDER).glob("*.yaml")):
            found.setdefault(f"{FOLDER}/{path.stem}", path)
    return dict(sorted(found.items()))


def rubrics() -> list[str]:
    """The ids of all rubrics."""
    return list(rubric_files())


def load(name: str | Path) -> Rubric:
    """A rubric by id (with or without ``certification/``) or file. Raises NotFoundError, FileError."""
    if isinstance(name, Path) or str(name).endswith((".yaml", ".yml")):
        return load_file(Path(name))
    known = rubric_files()
    key = name if name in known else f"{FOLDER}/{name}"
    if key not in known:
        raise NotFoundError(
            say("score.unknown_rubric", id=name) + did_you_mean(name, [*known, *(one.split("/")[1] for one in known)])
        )
    path = known[key]
    return _loaded(path, key, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _loaded(path: Path, key: str, _stamp: int) -> Rubric:
    return load_file(path, key)


def load_file(path: Path, name: str | None = None) -> Rubric:
    """A rubric from any file, checked; with ``name``, its id must be that."""
    return Rubric(*rulefile.read(path, models.Rubric, name))
