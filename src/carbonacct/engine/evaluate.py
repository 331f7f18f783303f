"""Plain evaluation of a proven tree, symbol by symbol: totals, explanations and checks, where speed is no matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from carbonacct.engine.scalar import scalar_op
from carbonacct.engine.tables import interpolate
from carbonacct.expressions.tree import Call, Compare, If, Interpolate, Is, Logic, Name, Neg, Node, Num, Op, Sum
from carbonacct.schema.tables import Table

Leaf = Callable[[Name], Any]


def evaluate(
    node: Node, leaf: Leaf, lines: Callable[[str], Iterable[Leaf]] | None = None, option: Callable[[Name], str] | None = None,
    table: Callable[[str], Table] | None = None, ops: Callable[[str], Callable[..., Any]] = scalar_op,
) -> Any:  # fmt: skip
    """The value of ``node``.

    leaf: the value of a name. lines: for a group of sub-lines, the leaf function of each line. option: the option of
    a choice. table: a grid table by id. ops: the operations, on floats or (ARRAY_OPS) on arrays.
    """

    def value(item: Node) -> Any:
        match item:
            case Num(number):
                return float(number)
            case Name():
                return leaf(item)
            case Neg(of):
                return -value(of)
            case Op("**", left, Num(power)) if power.denominator == 1 and power != 0:
                return ops(f"pow{power.numerator}")(value(left))
            case Op(op, left, right) | Compare(op, left, right):
                return ops(op)(value(left), value(right))
            case If(condition, yes, no):
                test = value(condition)
                return (
                    ops("if")(test, value(yes), value(no)) if isinstance(test, np.ndarray) else value(yes) if test else value(no)
                )
            case Is(choice, name, negated):
                assert option is not None
                return (option(choice) == name) != negated
            case Logic(op, of):
                return ops(op)(*(value(part) for part in of))
            case Call("round", (of, *digits)):
                return ops(f"round{int(value(digits[0])) if digits else 0}")(value(of))
            case Call(function, args):
                return ops(function)(*(value(arg) for arg in args))
            case Interpolate(name, column, args):
                assert table is not None
                return interpolate(table(name), column, *(value(arg) for arg in args))
            case Sum(body, variable, group):
                assert lines is not None
                total = 0.0
                for inner in lines(group):
                    total += evaluate(body, _inside(variable, inner, leaf), lines, option, table, ops)
                return total
        raise AssertionError(item)

    return value(node)


def _inside(variable: str, inner: Leaf, outer: Leaf) -> Leaf:
    """The names inside a sum: those of the sub-line's variable, else those around it."""
    return lambda name: inner(name) if name.base == variable else outer(name)
