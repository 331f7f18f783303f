"""Single edits of a methodology: every one must be refused by the unit proof or caught by one of the file's cases."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from carbonacct.checking import compare
from carbonacct.engine.compile import compile_methodology
from carbonacct.engine.evaluate import evaluate
from carbonacct.engine.inputs import read_inputs
from carbonacct.engine.plan import Plan
from carbonacct.engine.program import ARRAY_OPS
from carbonacct.engine.result import Result
from carbonacct.errors import CarbonacctError, ExpressionError
from carbonacct.expressions import parse, to_text
from carbonacct.expressions.tree import Call, If, Interpolate, Is, Name, Neg, Node, Num, Op, Sum, children, rebuild, walk
from carbonacct.methodology import Methodology, make_context
from carbonacct.schema import models

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Mutant:
    """One edit: where, what it was, what it became."""

    path: Path
    old: str
    new: str

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.path))}: {self.old}  →  {self.new}"


def formulas(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every formula text in a methodology's data."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "formula" and isinstance(value, str) and "cases" not in path and "printed" not in path:
                yield (*path, key), value
            elif key not in ("cases", "sources", "boundary", "printed"):
                yield from formulas(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from formulas(value, (*path, index))


def mutations(node: Node) -> Iterator[Node]:
    """Every tree that differs from ``node`` by one edit."""
    yield from _at(node)
    parts = children(node)
    for index, part in enumerate(parts):
        if isinstance(node, Is):
            continue
        for changed in mutations(part):
            yield rebuild(node, (*parts[:index], changed, *parts[index + 1 :]))


def _at(node: Node) -> Iterator[Node]:
    match node:
        case Op(op, left, right):
            yield left
            yield right if op not in ("/", "-") else Neg(right) if op == "-" else Op("/", Num(Fraction(1)), right)
            swap = {"+": "-", "-": "+", "*": "/", "/": "*"}.get(op)
            if swap:
                yield Op(swap, left, right)
            if op in ("-", "/", "**"):
                yield Op(op, right, left)
        case Neg(of):
            yield of
        case Num(value):
            yield Num(value * Fraction(101, 100) if value else Fraction(1, 100))
        case If(condition, yes, no):
            yield If(condition, no, yes)
            yield yes
            yield no
        case Call("min", args):
            yield Call("max", args)
        case Call("max", args):
            yield Call("min", args)
        case Sum(body, variable, group):
            yield Sum(Op("*", body, Num(Fraction(101, 100))), variable, group)


def exchanged(node: Node) -> Iterator[Node]:
    """Every tree in which two symbols have changed places."""
    names = list(dict.fromkeys(_names(node)))
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            if first.base == second.base or not (first.base and second.base):
                yield _swapped(node, first, second)


def _names(node: Node) -> Iterator[Name]:
    if isinstance(node, Name):
        yield node
    elif not isinstance(node, Is):
        for part in children(node):
            yield from _names(part)


def _swapped(node: Node, first: Name, second: Name) -> Node:
    if node == first:
        return second
    if node == second:
        return first
    if isinstance(node, Is):
        return node
    parts = children(node)
    return rebuild(node, tuple(_swapped(p, first, second) for p in parts)) if parts else node


def mutants(methodology: Methodology) -> Iterator[Mutant]:
    """All single edits of formulas, constants, defaults and units."""
    data = plain(methodology)
    for path, text in formulas(data):
        try:
            tree = parse(text)
        except ExpressionError:
            continue
        seen = {to_text(tree)}
        for changed in (*mutations(tree), *exchanged(tree), *_unlike(path, tree, methodology)):
            new = to_text(changed)
            if new not in seen and not same_function(tree, changed):
                seen.add(new)
                yield Mutant(path, text, new)
    for name, constant in methodology.model.constants.items():
        value = Fraction(str(constant.value)) * Fraction(101, 100)
        yield Mutant(("constants", name, "value"), str(constant.value), str(value))
        yield Mutant(("constants", name, "unit"), constant.unit, f"{constant.unit}*kg")
    for path, unit in units(data):
        yield Mutant(path, unit, f"{unit}*kg" if unit != "1" else "kg")


def same_function(first: Node, second: Node) -> bool:
    """Whether two trees have the same value everywhere (a * b and b * a): tried on random numbers and all options."""
    names = sorted({str(n) for tree in (first, second) for n in walk(tree) if isinstance(n, Name)})
    options = {}
    for tree in (first, second):
        for item in walk(tree):
            if isinstance(item, Is):
                options.setdefault(str(item.choice), {"·"}).add(item.option)
    rng = np.random.default_rng(7)
    values = {f"{name}{line}": rng.uniform(0.3, 3.0, 40) for name in names for line in ("", 0, 1)}
    for combination in itertools.product(*options.values()):
        chosen = dict(zip(options, combination, strict=True))
        with np.errstate(all="ignore"):
            one, two = (_numbers(tree, values, chosen) for tree in (first, second))
        if one is None or two is None or not np.allclose(one, two, rtol=1e-9, atol=0, equal_nan=True):
            return False
    return True


def _numbers(tree: Node, values: dict[str, Any], chosen: dict[str, str]) -> Any:
    def lines(group: str) -> list[Any]:
        return [lambda n, i=i: values[f"{n}{i}"] for i in range(2)]

    if any(isinstance(item, Interpolate) for item in walk(tree)):
        return None
    return np.asarray(evaluate(tree, lambda n: values[str(n)], lines, lambda n: chosen[str(n)], None, ARRAY_OPS), dtype=float)


def _unlike(path: Path, tree: Node, methodology: Methodology) -> Iterator[Node]:
    """In totals: a gas added without its GWP."""
    if path[0] != "totals":
        return
    for stream, group in methodology.compiled.streams.items():
        for output in group.outputs:
            if "{" not in output and output != "CO2":
                yield Op("+", tree, Name(output.replace("-", ""), stream))


def units(data: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Units of symbols and outputs that a formula uses or gives; those of choices do not exist."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "unit" and isinstance(value, str) and path and path[0] in ("streams", "totals"):
                yield (*path, key), value
            elif key not in ("cases", "sources", "boundary", "printed", "constants", "title"):
                yield from units(value, (*path, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from units(value, (*path, index))


def plain(methodology: Methodology) -> dict[str, Any]:
    """The file's data after templates are merged."""
    return methodology._document.data  # type: ignore[no-any-return]


def changed_model(methodology: Methodology, mutant: Mutant) -> models.Methodology:
    """The model with one value replaced."""
    data = copy.deepcopy(plain(methodology))
    inside = data
    for step in mutant.path[:-1]:
        inside = inside[step]
    inside[mutant.path[-1]] = mutant.new
    return models.Methodology.model_validate(data)


def survives(methodology: Methodology, mutant: Mutant) -> bool:
    """Whether neither the proof nor any case notices the edit."""
    model = changed_model(methodology, mutant)
    try:
        default = Plan(compile_methodology(model, methodology._document, tuple(model.gwp), {}))
        for case in model.cases:
            if case.gwp or case.tables:
                sets = (case.gwp,) if case.gwp else tuple(model.gwp)
                plan = Plan(compile_methodology(model, methodology._document, sets, case.tables))
            else:
                plan = default
            problems: list[str] = []
            context = make_context(case.region, case.period, problems)
            entries = read_inputs(plan, case.inputs, problems)
            if not problems:
                for stream, lines in entries.items():
                    for entry in lines:
                        plan.streams[stream].run_entry(entry, context, problems)
            if problems:
                return False
            result = Result(methodology, plan.compiled, context, entries, {})
            if any(compare(result, target, expected) for target, expected in case.expect.items()):
                return False
    except CarbonacctError:
        return False
    return True
