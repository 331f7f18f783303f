"""Programs on bare Python floats: the fast path for one entity."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from carbonacct.engine.program import (
    ARRAY_OPS,
    CONST,
    LINE,
    Apply,
    Atom,
    Gather,
    Input,
    Instruction,
    Lookup,
    Outer,
    Program,
    SumOver,
    power_by_multiplication,
    round_number,
)  # fmt: skip
from carbonacct.engine.tables import interpolate


class Line:
    """One line at run time: values by symbol, row codes by axis, sub-lines by group, registers of shared nodes."""

    __slots__ = ("codes", "groups", "registers", "values")

    def __init__(self, values: dict[str, float], codes: dict[str, int], groups: dict[str, list[Line]]) -> None:
        self.values = values
        self.codes = codes
        self.groups = groups
        self.registers: dict[int, float] = {}


Step = Callable[[Line, Line], Any]  # (the line, the sub-line inside a sum)


def _numpy(op: str) -> Callable[..., Any]:
    function = ARRAY_OPS(op)
    return lambda *args: float(function(*(np.float64(a) for a in args)))


_SCALAR: dict[str, Callable[..., Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "<": operator.lt, "<=": operator.le,
    ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "not": operator.not_,
    "and": lambda *parts: all(parts), "or": lambda *parts: any(parts), "if": lambda c, yes, no: yes if c else no,
    "min": min, "max": max, "clip": lambda x, lo, hi: max(lo, min(x, hi)),
}  # fmt: skip


def scalar_op(op: str) -> Callable[..., Any]:
    """The operation on floats; transcendental ones go through numpy, so that arrays give the same bits."""
    if op in _SCALAR:
        return _SCALAR[op]
    if op.startswith("pow"):
        return lambda base: power_by_multiplication(base, int(op[3:]))
    if op.startswith("round"):
        return lambda value: round_number(value, int(op[5:]))
    return _numpy(op)


@dataclass
class ScalarProgram:
    """Closures for each target of a program."""

    targets: list[tuple[str, Step]]

    def run(self, line: Line) -> dict[str, float]:
        """The value of each target. Raises ZeroDivisionError, OverflowError."""
        line.registers.clear()
        return {name: step(line, line) for name, step in self.targets}


def compile_scalar(program: Program) -> ScalarProgram:
    """Turn instructions into closures; a node used more than once is kept in a register."""
    uses: dict[int, int] = {}

    def count(node: Any) -> None:
        if not isinstance(node, Instruction):
            return
        uses[id(node)] = uses.get(id(node), 0) + 1
        if uses[id(node)] == 1:
            for part in parts(node):
                count(part)

    for atom in program.targets.values():
        count(atom.value)
    compiled: dict[int, Step] = {}

    def step(node: Any) -> Step:
        if not isinstance(node, Instruction):
            constant = float(node)
            return lambda line, sub: constant
        if id(node) not in compiled:
            made = make(node)
            compiled[id(node)] = (
                _shared(made, id(node))
                if uses[id(node)] > 1 and isinstance(node, Apply | SumOver | Lookup) and not _inside(node)
                else made
            )
        return compiled[id(node)]

    def make(node: Instruction) -> Step:
        match node:
            case Input(name, sub):
                return (lambda line, sub_line: sub_line.values[name]) if sub else (lambda line, sub_line: line.values[name])
            case Gather(axis, _, values):
                return lambda line, sub: values[line.codes[axis]]
            case Outer(of):
                return step(of)
            case SumOver(group, body):
                inner = step(body)
                return lambda line, sub: _sum([inner(line, item) for item in line.groups[group]])
            case Lookup(table, column, args):
                steps = [step(arg) for arg in args]
                return lambda line, sub: interpolate(table, column, *(s(line, sub) for s in steps))
            case Apply(op, args):
                return _apply(scalar_op(op), [step(arg) for arg in args], op)
        raise AssertionError(node)

    targets = []
    for name, atom in program.targets.items():
        targets.append((name, _target(atom, step)))
    return ScalarProgram(targets)


def _target(atom: Atom, step: Callable[[Any], Step]) -> Step:
    if atom.rank in (LINE, CONST):
        return step(atom.value)
    values, axis = atom.value.tolist(), atom.rank
    return lambda line, sub: values[line.codes[axis]]


def _sum(values: list[float]) -> float:
    """Left to right, as a bincount does, so that batch and scalar runs agree to the last bit."""
    total = 0.0
    for value in values:
        total += value
    return total


def _apply(function: Callable[..., Any], steps: list[Step], op: str) -> Step:
    if op == "if":
        test, yes, no = steps
        return lambda line, sub: yes(line, sub) if test(line, sub) else no(line, sub)
    if len(steps) == 2:
        a, b = steps
        return lambda line, sub: function(a(line, sub), b(line, sub))
    return lambda line, sub: function(*(s(line, sub) for s in steps))


def _shared(made: Step, key: int) -> Step:
    def run(line: Line, sub: Line) -> Any:
        registers = line.registers
        if key not in registers:
            registers[key] = made(line, sub)
        return registers[key]

    return run


def parts(node: Instruction) -> tuple[Any, ...]:
    """The operands of an instruction."""
    match node:
        case Apply(_, args) | Lookup(_, _, args):
            return args
        case SumOver(_, body):
            return (body,)
        case Outer(of):
            return (of,)
        case _:
            return ()


def _inside(node: Instruction) -> bool:
    """Whether a node depends on the sub-line of a surrounding sum."""
    if isinstance(node, Input):
        return node.sub
    if isinstance(node, SumOver | Outer):
        return False
    return any(_inside(part) for part in parts(node) if isinstance(part, Instruction))
