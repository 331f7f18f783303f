"""Programs on arrays: blocked, with preallocated buffers, each node at its lowest rank."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import numpy as np

from carbonacct.engine.program import (
    ARRAY_OPS,
    LINE,
    Apply,
    Gather,
    Input,
    Instruction,
    Lookup,
    Outer,
    Program,
    SumOver,
)  # fmt: skip
from carbonacct.engine.scalar import parts
from carbonacct.engine.tables import interpolate

Vector: TypeAlias = "np.ndarray[Any, Any]"
BLOCK = 65536  # lines; a buffer of this size stays in the second-level cache
THREADED = 500_000  # lines from which the blocks are shared among threads
MAX_WORKERS = 8

_UFUNC = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


class Batch:
    """Lines of one group as columns.

    n: lines. values: float64 column by symbol (NaN where a line does not bring it). codes: row number by axis.
    groups: sub-lines by group. parent: for sub-lines, the line each belongs to.
    """

    __slots__ = ("codes", "groups", "n", "parent", "values")

    def __init__(
        self, n: int, values: dict[str, Vector], codes: dict[str, Vector], groups: dict[str, Batch], parent: Vector | None = None
    ) -> None:
        self.n = n
        self.values = values
        self.codes = codes
        self.groups = groups
        self.parent = parent

    def take(self, index: Vector) -> Batch:
        """The lines of an index, with their sub-lines."""
        groups = {}
        for name, sub in self.groups.items():
            assert sub.parent is not None
            position = np.full(self.n, -1, dtype=np.intp)
            position[index] = np.arange(len(index))
            keep = np.flatnonzero(position[sub.parent] >= 0)
            groups[name] = sub.take(keep)
            groups[name].parent = position[sub.parent[keep]]
        return Batch(
            len(index),
            {name: column[index] for name, column in self.values.items()},
            {name: column[index] for name, column in self.codes.items()},
            groups,
        )


def run(program: Program, batch: Batch, out: Mapping[str, Vector], index: Vector | None) -> bool:
    """Evaluate every target of a program on a batch into ``out[target]`` (at ``index``, or on all lines).

    Returns whether all values are finite numbers.
    """
    nodes: list[Instruction] = []
    seen: set[int] = set()
    whole: dict[int, Vector] = {}

    def visit(node: Any) -> None:
        if not isinstance(node, Instruction) or id(node) in seen:
            return
        seen.add(id(node))
        for part in _outers(node.body) if isinstance(node, SumOver) else parts(node):
            visit(part)
        nodes.append(node)

    for atom in program.targets.values():
        visit(atom.value)
    _whole_columns(nodes, batch, whole)
    blocks = _Blocks(program, [node for node in nodes if isinstance(node, Apply | Gather)], batch, whole, out, index)
    workers = min(os.cpu_count() or 1, MAX_WORKERS)
    if workers == 1 or batch.n < THREADED:
        return blocks.run(0, batch.n)
    share = -(-batch.n // (workers * BLOCK)) * BLOCK
    with ThreadPoolExecutor(workers) as pool:
        return all(
            pool.map(blocks.run, range(0, batch.n, share), (min(start + share, batch.n) for start in range(0, batch.n, share)))
        )


def _outers(body: Any) -> list[Instruction]:
    """The parent's values that a sum uses."""
    found: list[Instruction] = []
    stack = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, Outer):
            found.append(node.of)
        elif isinstance(node, Instruction):
            stack.extend(parts(node))
    return found


def _whole_columns(nodes: list[Instruction], batch: Batch, whole: dict[int, Vector]) -> None:
    """Sums over sub-lines and table interpolation, on whole columns: they are rare and not worth a block."""
    for node in nodes:
        if isinstance(node, SumOver):
            whole[id(node)] = _sum_over(node, batch, whole)
        elif isinstance(node, Lookup):
            args = [np.broadcast_to(_column(arg, batch, whole), (batch.n,)) for arg in node.args]
            whole[id(node)] = interpolate(node.table, node.column, *args) if batch.n else np.empty(0)


def _sum_over(node: SumOver, batch: Batch, whole: dict[int, Vector]) -> Vector:
    sub = batch.groups[node.group]
    assert sub.parent is not None
    parent = sub.parent

    def value(item: Any) -> Any:
        match item:
            case Input(name, True):
                return sub.values[name]
            case Outer(of):
                return np.broadcast_to(_column(of, batch, whole), (batch.n,))[parent]
            case Apply(op, args):
                return ARRAY_OPS(op)(*(value(arg) for arg in args))
            case Instruction():
                return np.broadcast_to(_column(item, batch, whole), (batch.n,))[parent]
            case _:
                return item

    weights = np.broadcast_to(np.asarray(value(node.body), dtype=np.float64), (sub.n,))
    return np.bincount(parent, weights, minlength=batch.n)


def _column(node: Any, batch: Batch, whole: dict[int, Vector]) -> Any:
    """A node on the whole column, not blocked."""
    if not isinstance(node, Instruction):
        return np.float64(node)
    if id(node) in whole and whole[id(node)].size:
        return whole[id(node)]
    match node:
        case Input(name):
            return batch.values[name]
        case Gather(axis, vector, _):
            return vector[batch.codes[axis]]
        case Apply(op, args):
            return ARRAY_OPS(op)(*(_column(arg, batch, whole) for arg in args))
        case Lookup(table, column, args):
            return interpolate(table, column, *(np.broadcast_to(_column(a, batch, whole), (batch.n,)) for a in args))
        case SumOver():
            return _sum_over(node, batch, whole)
    raise AssertionError(node)


class _Blocks:
    """The blocked part of a program: which node writes where, and the loop over blocks.

    Buffers are re-used once their last reader has run. The chain that leads to a result works in the result's own
    memory, so that a block is written once.
    """

    def __init__(
        self, program: Program, nodes: list[Instruction], batch: Batch, whole: Mapping[int, Vector], out: Mapping[str, Vector], index: Vector | None
    ) -> None:  # fmt: skip
        self.program, self.nodes, self.batch, self.whole, self.out, self.index = program, nodes, batch, whole, out, index
        self.target: dict[int, str] = {}
        self.slot: dict[int, int] = {}
        last = {id(part): position for position, node in enumerate(nodes) for part in parts(node)}
        position = {id(node): number for number, node in enumerate(nodes)}
        roots = {
            id(atom.value): name
            for name, atom in program.targets.items()
            if atom.rank == LINE and isinstance(atom.value, Apply | Gather)
        }
        if index is None:
            for root, name in roots.items():
                self.claim(nodes[position[root]], name, roots, last, position)
        free: list[int] = []
        self.slots = 0
        for number, node in enumerate(nodes):
            if id(node) not in self.target:
                if not free:
                    free.append(self.slots)
                    self.slots += 1
                self.slot[id(node)] = free.pop()
            for key in {id(part) for part in parts(node)}:
                if key in self.slot and last[key] == number and key not in roots:
                    free.append(self.slot[key])

    def claim(
        self, node: Instruction, name: str, roots: Mapping[int, str], last: Mapping[int, int], position: Mapping[int, int]
    ) -> None:
        """Let a node, and the operands that live for it alone, work in the memory of a result."""
        self.target[id(node)] = name
        for part in parts(node):
            if isinstance(part, Apply | Gather) and id(part) not in roots and last[id(part)] == position[id(node)]:
                self.claim(part, name, roots, last, position)
                return

    def run(self, first: int, stop: int) -> bool:
        """Evaluate lines ``first`` to ``stop``; whether all results are finite."""
        buffers = [np.empty(min(BLOCK, max(stop - first, 1))) for _ in range(self.slots)]
        check = 0.0
        with np.errstate(all="ignore"):
            for start in range(first, stop, BLOCK):
                check += self.block(buffers, start, min(start + BLOCK, stop))
        return bool(np.isfinite(check))

    def block(self, buffers: list[Vector], start: int, stop: int) -> float:
        batch, whole, length = self.batch, self.whole, stop - start

        def operand(node: Any) -> Any:
            if not isinstance(node, Instruction):
                return node
            if isinstance(node, Input):
                return batch.values[node.name][start:stop]
            if id(node) in whole:
                return whole[id(node)][start:stop]
            if id(node) in self.target:
                return self.out[self.target[id(node)]][start:stop]
            return buffers[self.slot[id(node)]][:length]

        for node in self.nodes:
            result = operand(node)
            if isinstance(node, Gather):
                np.take(node.vector, batch.codes[node.axis][start:stop], out=result, mode="clip")
                continue
            assert isinstance(node, Apply)
            ufunc = _UFUNC.get(node.op)
            if ufunc is not None:
                ufunc(operand(node.args[0]), operand(node.args[1]), out=result)
            else:
                result[:] = ARRAY_OPS(node.op)(*(operand(arg) for arg in node.args))
        check = 0.0
        where: Any = slice(start, stop) if self.index is None else self.index[start:stop]
        for name, atom in self.program.targets.items():
            if isinstance(atom.value, np.ndarray):
                block: Any = atom.value[batch.codes[atom.rank][start:stop]]
            else:
                block = operand(atom.value)
            if self.target.get(id(atom.value)) != name:
                self.out[name][where] = block
            check += float(np.add.reduce(block)) if np.ndim(block) else float(block)
        return check
