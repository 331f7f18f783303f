"""Formula text to tree, by an allow-list over Python's ``ast``. Bounded in length, depth, size and exponents."""

from __future__ import annotations

import ast
import re
from fractions import Fraction
from functools import lru_cache

from carbonacct.errors import ExpressionError
from carbonacct.expressions.tree import (
    FUNCTIONS,
    Call,
    Compare,
    If,
    Interpolate,
    Is,
    Logic,
    Name,
    Neg,
    Node,
    Num,
    Op,
    Sum,
)  # fmt: skip
from carbonacct.messages import say

MAX_LENGTH = 4000
MAX_DEPTH = 60
MAX_NODES = 800
MAX_EXPONENT = 20
MAX_DIGITS = 40

_BINARY: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
_COMPARE: dict[type[ast.cmpop], str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_TABLE = re.compile(r"['\"]?([a-z0-9][\w/-]*)\.(\w+)['\"]?")


@lru_cache(maxsize=8192)
def parse(text: str) -> Node:
    """Parse a formula. Raises ExpressionError with the offending part; never evaluates anything."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(say("expression.too_long", limit=MAX_LENGTH))
    depth = 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if depth > MAX_DEPTH:
            raise ExpressionError(say("expression.too_deep", limit=MAX_DEPTH))
    source = " ".join(text.split())
    try:
        body = ast.parse(source, mode="eval").body
        return _Reader(source).read(body, 0)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError(
            say("expression.syntax", text=_short(text), reason=getattr(error, "msg", None) or str(error))
        ) from None


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "..."


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.count = 0

    def fail(self, node: ast.AST, key: str = "expression.not_allowed") -> ExpressionError:
        part = ast.get_source_segment(self.source, node) or self.source
        return ExpressionError(say(key, part=_short(part), text=_short(self.source)))

    def read(self, node: ast.expr, depth: int) -> Node:
        self.count += 1
        if depth > MAX_DEPTH:
            raise ExpressionError(say("expression.too_deep", limit=MAX_DEPTH))
        if self.count > MAX_NODES:
            raise ExpressionError(say("expression.too_large", limit=MAX_NODES))
        deeper = depth + 1
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return Num(self.number(node, value))
            case ast.Name(id=name):
                return Name(name)
            case ast.Attribute(value=ast.Name(id=base), attr=name):
                return Name(name, base)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return Neg(self.read(operand, deeper))
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.read(operand, deeper)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Logic("not", (self.read(operand, deeper),))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                result = Op(_BINARY[type(op)], self.read(left, deeper), self.read(right, deeper))
                self.check_exponent(node, result)
                return result
            case ast.BoolOp(op=op, values=values):
                return Logic("and" if isinstance(op, ast.And) else "or", tuple(self.read(v, deeper) for v in values))
            case ast.IfExp(test=test, body=yes, orelse=no):
                return If(self.read(test, deeper), self.read(yes, deeper), self.read(no, deeper))
            case ast.Compare():
                return self.comparison(node, deeper)
            case ast.Call(func=ast.Name(id=function), args=args, keywords=[]):
                return self.call(node, function, args, deeper)
        raise self.fail(node)

    def number(self, node: ast.expr, value: int | float) -> Fraction:
        literal = (ast.get_source_segment(self.source, node) or repr(value)).replace("_", "")
        if len(literal) > MAX_DIGITS or not abs(value) < 1e30:
            raise self.fail(node, "expression.number")
        return Fraction(literal)

    def check_exponent(self, node: ast.expr, result: Op) -> None:
        exponent = result.right.of if isinstance(result.right, Neg) else result.right
        if result.op == "**" and (isinstance(exponent, Op) or (isinstance(exponent, Num) and exponent.value > MAX_EXPONENT)):
            raise self.fail(node, "expression.exponent")

    def comparison(self, node: ast.Compare, depth: int) -> Node:
        operands = [node.left, *node.comparators]
        parts: list[Node] = []
        for op, left, right in zip(node.ops, operands, operands[1:], strict=False):
            sign = _COMPARE.get(type(op))
            if sign is None:
                raise self.fail(node)
            if isinstance(right, ast.Constant) and isinstance(right.value, str):
                choice = self.read(left, depth)
                if not isinstance(choice, Name) or sign not in ("==", "!="):
                    raise self.fail(node)
                parts.append(Is(choice, right.value, sign == "!="))
            else:
                parts.append(Compare(sign, self.read(left, depth), self.read(right, depth)))
        return parts[0] if len(parts) == 1 else Logic("and", tuple(parts))

    def call(self, node: ast.Call, function: str, args: list[ast.expr], depth: int) -> Node:
        if function == "sum":
            match args:
                case [
                    ast.GeneratorExp(
                        elt=body,
                        generators=[ast.comprehension(target=ast.Name(id=variable), iter=ast.Name(id=group), ifs=[], is_async=0)],
                    )
                ]:
                    return Sum(self.read(body, depth), variable, group)
            raise self.fail(node, "expression.sum")
        if function == "interpolate":
            if not 2 <= len(args) <= 3:
                raise self.fail(node, "expression.interpolate")
            match = _TABLE.fullmatch(re.sub(r"\s", "", ast.get_source_segment(self.source, args[0]) or ""))
            if not match:
                raise self.fail(node, "expression.interpolate")
            return Interpolate(match.group(1), match.group(2), tuple(self.read(arg, depth) for arg in args[1:]))
        if function not in FUNCTIONS:
            raise self.fail(node, "expression.function")
        least, most = FUNCTIONS[function]
        if not least <= len(args) <= most:
            raise self.fail(node, "expression.arguments")
        return Call(function, tuple(self.read(arg, depth) for arg in args))
