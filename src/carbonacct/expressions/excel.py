"""A proven tree as an Excel formula: ``to_excel(node, label)``, where ``label`` gives the cell of a name.

Only functions that every version of Excel and LibreOffice has. What they lack (rounding half to even, sums over
lines) is put together from what they have. Two traps of Excel's grammar are avoided by parentheses: a sign binds
tighter than a power there (``-2^2`` is 4), and powers are grouped from the left.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from carbonacct.expressions.render import Label, number_text
from carbonacct.expressions.tree import Call, Compare, If, Interpolate, Is, Logic, Name, Neg, Node, Num, Op, Sum, walk


@dataclass(frozen=True)
class Lines:
    """Where the sub-lines of a group stand: for a symbol the range over all of them, and one label for each line."""

    span: Label
    each: Sequence[Label]


Grid = Callable[[Interpolate, tuple[str, ...]], str]

MAX_LENGTH = 8192  # characters of a formula
MAX_ARGUMENTS = 255
_OPERATORS = {"**": "^", "==": "=", "!=": "<>"}
_LEVELS = {"+": 2, "-": 2, "*": 3, "/": 3, "**": 4}
_FUNCTIONS = {"min": "MIN", "max": "MAX", "exp": "EXP", "log": "LN", "sqrt": "SQRT"}
_ELEMENTWISE = {"exp", "log", "sqrt"}


def to_excel(
    node: Node, label: Label, lines: Callable[[str], Lines] | None = None, grid: Grid | None = None
) -> str:  # fmt: skip
    """The formula of ``node``, without the leading ``=``.

    label: the cell of a name, of a choice the cell that holds its option. lines: where a group's sub-lines stand.
    grid: the cell with the value of an interpolation, given the formulas of its arguments.
    """

    def put(item: Node) -> str:
        return to_excel(item, label, lines, grid)

    def at(item: Node, level: int) -> str:
        return f"({put(item)})" if _level(item) < level else put(item)

    match node:
        case Num(value):
            return number(value)
        case Name():
            return label(node)
        case Neg(of):
            return f"-{at(of, 9)}"
        case Op("**", base, exponent):
            return f"{at(base, 9)}^{at(exponent, 9)}"
        case Op(op, left, right):
            level = _LEVELS[op]
            return f"{at(left, level)}{op}{at(right, level + (op in '-/' or isinstance(right, Neg)))}"
        case Compare(op, left, right):
            return f"{at(left, 2)}{_OPERATORS.get(op, op)}{at(right, 2)}"
        case Is(choice, option, negated):
            return f"{label(choice)}{'<>' if negated else '='}{quoted(option)}"
        case Logic(op, of):
            return f"{op.upper()}({','.join(put(part) for part in of)})"
        case If(condition, yes, no):
            return f"IF({put(condition)},{put(yes)},{put(no)})"
        case Call("round", (of, *digits)):
            return half_even(put(of), digits[0].value.numerator if digits and isinstance(digits[0], Num) else 0)
        case Call("clip", (of, low, high)):
            return f"MAX({put(low)},MIN({put(of)},{put(high)}))"
        case Call("coalesce", (first, *rest)):
            return f"IF(ISNUMBER({put(first)}),{put(first)},{put(Call('coalesce', tuple(rest)))})" if rest else put(first)
        case Call(function, args):
            return f"{_FUNCTIONS[function]}({','.join(put(arg) for arg in args)})"
        case Sum():
            assert lines is not None
            return _sum(node, label, lines(node.group), grid)
        case Interpolate(_, _, args):
            assert grid is not None
            return grid(node, tuple(put(arg) for arg in args))


def number(value: Fraction) -> str:
    """An exact number; powers of ten with their sign, as Excel itself writes them."""
    return re.sub(r"e(\d)", r"E+\1", number_text(value)).upper()


def scaled(text: str, factor: Fraction) -> str:
    """A formula times an exact factor."""
    return text if factor == 1 else f"{text}*{number(factor)}"


def quoted(text: str) -> str:
    """A text literal."""
    return '"' + text.replace('"', '""') + '"'


def half_even(text: str, digits: int) -> str:
    """Round half to even (GB/T 8170), exactly for numbers of up to 15 significant digits, which is all that Excel keeps.

    A tie is told by the distance of the scaled number from its half: a tie comes out of the scaling within 2.3e-16 of
    its size, anything else of 15 digits is at least 1e-15 of its size away. Half of a tie is never a tie, so rounding
    the half and doubling it gives the even neighbour.
    """
    unit = number(Fraction(10**digits))
    scaled = f"ABS({text})" if digits == 0 else f"ABS({text})*{unit}"
    return f"IF(ABS({scaled}-INT({scaled})-0.5)<={scaled}*5E-16,SIGN({text})*2*ROUND({scaled}/2,0)/{unit},ROUND({text},{digits}))"


def _level(node: Node) -> int:
    match node:
        case Op(op):
            return _LEVELS[op]
        case Neg():
            return 2
        case Compare() | Is():
            return 1
        case Num(value) if value < 0:
            return 2
        case Num(value) if "/" in number_text(value):
            return 3
        case _:
            return 9


def _sum(node: Sum, label: Label, lines: Lines, grid: Grid | None) -> str:
    """A sum of products over ranges where the body works element by element, else term by term."""

    def inside(own: Label) -> Label:
        return lambda name: own(name) if name.base == node.variable else label(name)

    if isinstance(node.body, Name) and node.body.base == node.variable:
        return f"SUM({lines.span(node.body)})"
    if _elementwise(node):
        return f"SUMPRODUCT({to_excel(node.body, inside(lines.span), None, grid)})"
    terms = [to_excel(node.body, inside(own), None, grid) for own in lines.each]
    while len(terms) > MAX_ARGUMENTS:
        terms = [f"SUM({','.join(terms[i : i + MAX_ARGUMENTS])})" for i in range(0, len(terms), MAX_ARGUMENTS)]
    return f"SUM({','.join(terms)})"


def _elementwise(node: Sum) -> bool:
    """Whether Excel applies the body to each line of a range: MIN, IF and AND would take the range as a whole."""
    parts = list(walk(node.body))
    return any(isinstance(part, Name) and part.base == node.variable for part in parts) and all(
        isinstance(part, Num | Name | Neg | Op) or (isinstance(part, Call) and part.function in _ELEMENTWISE) for part in parts
    )
