"""The unit proof: every formula is shown to have the unit it claims, and its conversions become exact constants.

:func:`prove` walks a tree once, at compile time. What comes back is a tree on bare numbers in the symbols' declared
units; wherever two scales of one dimension meet (t and kg, kJ and GJ), an exact factor has been put in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from carbonacct.errors import ExpressionError, UnitError
from carbonacct.expressions.render import to_text
from carbonacct.expressions.tree import Call, Compare, If, Interpolate, Is, Logic, Name, Neg, Node, Num, Op, Sum
from carbonacct.messages import say
from carbonacct.units import Unit, dimension_text, dims_product

Dims = tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Typed:
    """A proven expression: its tree on bare numbers, and the scale and dimension of its value.

    ``zero`` marks the literal 0, which has every dimension.
    """

    node: Node
    scale: Fraction
    dims: Dims
    zero: bool = False


@dataclass(frozen=True)
class Env:
    """What a formula may refer to.

    unit: the unit of a name; raises ExpressionError for one that is not declared.
    options: the allowed options of a choice; raises for anything else.
    group: the environment of a sub-line variable over a group of sub-lines.
    grid: the units of the axes and of a column of a grid table.
    """

    unit: Callable[[Name], Unit]
    options: Callable[[Name], set[str]]
    group: Callable[[str, str], Env]
    grid: Callable[[str, str], tuple[list[Unit], Unit]]


def prove(node: Node, env: Env, expected: Unit) -> Node:
    """Prove that ``node`` has the dimension of ``expected``; return it on bare numbers, its value in ``expected``.

    Raises UnitError that names the part of the formula, what it is and what it should be.
    """
    typed = _infer(node, env, expected)
    if not typed.zero and typed.dims != expected.dims:
        found, wanted = dimension_text(typed.dims), dimension_text(expected.dims)
        raise UnitError(say("proof.result", text=to_text(node), found=found, unit=expected.text, wanted=wanted))
    return _scaled(typed, expected.scale)


def _scaled(typed: Typed, scale: Fraction) -> Node:
    """The value of ``typed`` counted in another scale of its dimension."""
    factor = Fraction(1) if typed.zero else typed.scale / scale
    if factor == 1:
        return typed.node
    return Num(typed.node.value * factor) if isinstance(typed.node, Num) else Op("*", Num(factor), typed.node)


def _plain(node: Node, env: Env) -> Node:
    """A dimensionless expression as a pure number (a percentage becomes a fraction)."""
    typed = _infer(node, env, None)
    if typed.dims:
        raise UnitError(say("proof.dimensionless", text=to_text(node), found=dimension_text(typed.dims)))
    return _scaled(typed, Fraction(1))


def _alike(parts: tuple[Node, ...], env: Env, whole: Node, expected: Unit | None) -> tuple[list[Node], Fraction, Dims]:
    """Expressions that must share a dimension, brought to one scale: the expected one, else that of the first."""
    typed = [_infer(part, env, expected) for part in parts]
    known = next((item for item in typed if not item.zero), typed[0])
    for item, part in zip(typed, parts, strict=True):
        if not item.zero and item.dims != known.dims:
            raise UnitError(
                say(
                    "proof.unlike",
                    text=to_text(whole),
                    part=to_text(part),
                    found=dimension_text(item.dims),
                    wanted=dimension_text(known.dims),
                )
            )
    scale = expected.scale if expected is not None and expected.dims == known.dims else known.scale
    return [_scaled(item, scale) for item in typed], scale, known.dims


def _infer(node: Node, env: Env, expected: Unit | None) -> Typed:
    match node:
        case Num(value):
            return Typed(node, Fraction(1), (), zero=value == 0)
        case Name():
            unit = env.unit(node)
            return Typed(node, unit.scale, unit.dims)
        case Neg(of):
            typed = _infer(of, env, expected)
            return Typed(Neg(typed.node), typed.scale, typed.dims, typed.zero)
        case Op("+" | "-" as op, left, right):
            (a, b), scale, dims = _alike((left, right), env, node, expected)
            return Typed(Op(op, a, b), scale, dims)
        case Op("*", left, right):
            x, y = _infer(left, env, None), _infer(right, env, None)
            return Typed(Op("*", x.node, y.node), x.scale * y.scale, dims_product((x.dims, 1), (y.dims, 1)), x.zero or y.zero)
        case Op("/", left, right):
            x, y = _infer(left, env, None), _infer(right, env, None)
            return Typed(Op("/", x.node, y.node), x.scale / y.scale, dims_product((x.dims, 1), (y.dims, -1)), x.zero)
        case Op("**", base, exponent):
            return _power(base, exponent, env)
        case If(condition, yes, no):
            test = _condition(condition, env)
            (a, b), scale, dims = _alike((yes, no), env, node, expected)
            return Typed(If(test, a, b), scale, dims)
        case Call("min" | "max" | "coalesce" | "clip" as function, args):
            parts, scale, dims = _alike(args, env, node, expected)
            return Typed(Call(function, tuple(parts)), scale, dims)
        case Call("exp" | "log" as function, (arg,)):
            return Typed(Call(function, (_plain(arg, env),)), Fraction(1), ())
        case Call("sqrt", (arg,)):
            return _power(arg, Num(Fraction(1, 2)), env)
        case Call("round", args):
            return _round(node, args, env, expected)
        case Sum(body, variable, group):
            typed = _infer(body, env.group(variable, group), expected)
            return Typed(Sum(typed.node, variable, group), typed.scale, typed.dims)
        case Interpolate(table, column, args):
            axes, unit = env.grid(table, column)
            if len(axes) != len(args):
                raise ExpressionError(say("proof.axes", table=table, expected=len(axes), found=len(args)))
            return Typed(
                Interpolate(table, column, tuple(prove(a, env, u) for a, u in zip(args, axes, strict=True))),
                unit.scale,
                unit.dims,
            )
        case Compare() | Is() | Logic():
            raise ExpressionError(say("proof.condition_as_number", text=to_text(node)))
    raise ExpressionError(say("expression.not_allowed", part=to_text(node), text=to_text(node)))


def _power(base: Node, exponent: Node, env: Env) -> Typed:
    sign = -1 if isinstance(exponent, Neg) else 1
    literal = exponent.of if isinstance(exponent, Neg) else exponent
    if isinstance(literal, Num):
        power = literal.value * sign
        typed = _infer(base, env, None)
        dims = dims_product((typed.dims, power))
        if power.denominator == 1:
            return Typed(Op("**", typed.node, Num(power)), typed.scale**power.numerator, dims)
        return Typed(Op("**", _scaled(typed, Fraction(1)), Num(power)), Fraction(1), dims)
    return Typed(Op("**", _plain(base, env), _plain(exponent, env)), Fraction(1), ())


def _round(node: Node, args: tuple[Node, ...], env: Env, expected: Unit | None) -> Typed:
    """Rounding depends on the unit: a symbol is rounded in its own, anything else in the unit the formula must have."""
    if len(args) == 2 and not (isinstance(args[1], Num) and args[1].value.denominator == 1 and 0 <= args[1].value <= 12):
        raise ExpressionError(say("proof.round_digits", text=to_text(node)))
    unit = env.unit(args[0]) if isinstance(args[0], Name) else expected
    if unit is None:
        raise UnitError(say("proof.round_unit", text=to_text(node)))
    return Typed(Call("round", (prove(args[0], env, unit), *args[1:])), unit.scale, unit.dims)


def _condition(node: Node, env: Env) -> Node:
    match node:
        case Logic(op, of):
            return Logic(op, tuple(_condition(part, env) for part in of))
        case Is(choice, option):
            options = env.options(choice)
            if option not in options:
                raise ExpressionError(say("proof.option", choice=str(choice), option=option, options=", ".join(sorted(options))))
            return node
        case Compare(op, left, right):
            (a, b), _, _ = _alike((left, right), env, node, None)
            return Compare(op, a, b)
    raise ExpressionError(say("proof.number_as_condition", text=to_text(node)))
