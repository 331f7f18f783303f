"""The nodes of a formula. Immutable, hashable, compared by value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Num:
    """An exact dimensionless number."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Name:
    """A symbol, a constant, or (with ``base``) a sub-line's symbol ``m.FC`` or a stream's output ``kiln.CO2``."""

    name: str
    base: str | None = None

    def __str__(self) -> str:
        return f"{self.base}.{self.name}" if self.base else self.name


@dataclass(frozen=True, slots=True)
class Op:
    """``left op right`` with op one of + - * / ** ."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Neg:
    """Minus one expression."""

    of: Node


@dataclass(frozen=True, slots=True)
class Compare:
    """``left op right`` with op one of < <= > >= == != on numbers."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Is:
    """A choice symbol has (or, negated, has not) an option."""

    choice: Name
    option: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Logic:
    """``and``, ``or``, ``not`` over conditions."""

    op: str
    of: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class If:
    """``yes if condition else no``."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Call:
    """One of the functions of :data:`FUNCTIONS`."""

    function: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Sum:
    """``sum(body for variable in group)`` over sub-lines."""

    body: Node
    variable: str
    group: str


@dataclass(frozen=True, slots=True)
class Interpolate:
    """``interpolate(table.column, x[, y])`` in a grid table."""

    table: str
    column: str
    args: tuple[Node, ...]


Node: TypeAlias = Num | Name | Op | Neg | Compare | Is | Logic | If | Call | Sum | Interpolate

# name → (least, most) number of arguments
FUNCTIONS = {
    "min": (2, 8),
    "max": (2, 8),
    "exp": (1, 1),
    "log": (1, 1),
    "sqrt": (1, 1),
    "clip": (3, 3),
    "round": (1, 2),
    "coalesce": (2, 8),
}


def children(node: Node) -> tuple[Node, ...]:
    """The direct sub-expressions, in reading order."""
    match node:
        case Op(_, left, right) | Compare(_, left, right):
            return (left, right)
        case Neg(of):
            return (of,)
        case Is(choice):
            return (choice,)
        case Logic(_, of) | Call(_, of) | Interpolate(_, _, of):
            return of
        case If(condition, yes, no):
            return (condition, yes, no)
        case Sum(body):
            return (body,)
        case _:
            return ()


def rebuild(node: Node, parts: tuple[Node, ...]) -> Node:
    """``node`` with other sub-expressions in the order of :func:`children`."""
    match node:
        case Op(op):
            return Op(op, *parts)
        case Compare(op):
            return Compare(op, *parts)
        case Neg():
            return Neg(*parts)
        case Is(_, option, negated):
            (choice,) = parts
            assert isinstance(choice, Name)
            return Is(choice, option, negated)
        case Logic(op):
            return Logic(op, parts)
        case Call(function):
            return Call(function, parts)
        case Interpolate(table, column):
            return Interpolate(table, column, parts)
        case If():
            return If(*parts)
        case Sum(_, variable, group):
            return Sum(parts[0], variable, group)
        case _:
            return node


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, depth first."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(children(current)))


def transform(node: Node, change: Callable[[Node], Node]) -> Node:
    """Rebuild bottom-up, replacing each node by ``change(node)``."""
    parts = children(node)
    return change(rebuild(node, tuple(transform(part, change) for part in parts)) if parts else node)


def names(node: Node) -> list[Name]:
    """The names used, each once, in reading order; those of a sum's own sub-lines left out."""
    found: dict[Name, None] = {}

    def visit(item: Node, bound: frozenset[str]) -> None:
        if isinstance(item, Name):
            if item.base not in bound:
                found.setdefault(item)
            return
        inner = bound | {item.variable} if isinstance(item, Sum) else bound
        for part in children(item):
            visit(part, inner)

    visit(node, frozenset())
    return list(found)


def sums(node: Node) -> list[Sum]:
    """The sums over sub-lines in an expression."""
    return [item for item in walk(node) if isinstance(item, Sum)]
