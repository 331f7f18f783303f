"""From a resolution to a program: formulas inlined, products regrouped by rank, constants and table ranks computed once.

Ranks: a *constant* depends on nothing, an *axis* value on the row of one table (30 fuels), a *line* value on the line.
Products are regrouped so that everything of one rank is multiplied together first and gathered once per line; the
grouping follows the rank a symbol *normally* has, not the one it has in this pattern, so that lines with measured
values round exactly as lines with defaults do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from carbonacct.engine.compile import CONTEXT, ITEM, Compiled, Group
from carbonacct.engine.resolve import GIVEN, Resolution
from carbonacct.expressions.tree import Call, Compare, If, Interpolate, Is, Logic, Name, Neg, Node, Num, Op, Sum

CONST = "const"
LINE = "line"
Vector: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


class Instruction:
    """A node of a program at line rank. Compared by identity; shared nodes are evaluated once."""

    __slots__ = ()


@dataclass(eq=False, slots=True)
class Input(Instruction):
    """A symbol's own value on the line; ``variable`` marks a sub-line's symbol inside a sum."""

    name: str
    sub: bool = False


@dataclass(eq=False, slots=True)
class Gather(Instruction):
    """The value of the line's row from a vector over an axis."""

    axis: str
    vector: Vector
    values: list[float]


@dataclass(eq=False, slots=True)
class Apply(Instruction):
    """An operation on operands, each an instruction or a float."""

    op: str
    args: tuple[Instruction | float, ...]


@dataclass(eq=False, slots=True)
class Outer(Instruction):
    """A value of the parent line, inside a sum over its sub-lines."""

    of: Instruction


@dataclass(eq=False, slots=True)
class SumOver(Instruction):
    """The sum of ``body`` over the line's sub-lines of a group."""

    group: str
    body: Instruction | float


@dataclass(eq=False, slots=True)
class Lookup(Instruction):
    """Interpolation in a grid table."""

    table: Any
    column: str
    args: tuple[Instruction | float, ...]


@dataclass(slots=True)
class Atom:
    """A value: its rank in this pattern, the rank it normally has, and the value (float, vector or instruction)."""

    rank: str
    natural: str
    value: Any


@dataclass(slots=True)
class Product:
    """``coefficient * above / below``; every expression is one until something that is not a product needs its value."""

    coefficient: Fraction
    above: list[Atom] = field(default_factory=list)
    below: list[Atom] = field(default_factory=list)
    atom: Atom | None = None


@dataclass
class Program:
    """What to evaluate for lines of one pattern: the value of each target."""

    resolution: Resolution
    targets: dict[str, Atom]


def power_by_multiplication(base: Any, exponent: int) -> Any:
    """An integer power as multiplications, so that a float and an array give the same bits."""
    result = base
    for _ in range(abs(exponent) - 1):
        result = result * base
    return 1.0 / result if exponent < 0 else result


class Builder:
    """Builds the targets of one resolution. ``vectors(symbol, route)`` gives a table column in the symbol's unit."""

    def __init__(self, compiled: Compiled, resolution: Resolution, vectors: Callable[[str, int], Vector]) -> None:
        self.compiled = compiled
        self.resolution = resolution
        self.group: Group = resolution.group
        self.vectors = vectors
        self.products: dict[str, Product] = {}
        self.naturals: dict[str, str] = {}
        self.outer: dict[int, Outer] = {}

    def build(self, targets: list[str]) -> Program:
        return Program(self.resolution, {name: self.realise(self.symbol(name)) for name in targets})

    # symbols ---------------------------------------------------------------------------------------------------

    def natural(self, name: str) -> str:
        """The rank a symbol has when nothing is measured."""
        if name not in self.naturals:
            symbol = self.group.symbols[name]
            last = symbol.routes[-1] if symbol.routes else None
            if symbol.kind == "activity" or last is None or last.node is not None:
                rank = LINE
            elif last.reference is not None and last.value is None:
                rank = LINE if last.reference.axis == CONTEXT else last.reference.axis
            else:
                rank = CONST
            self.naturals[name] = rank
        return self.naturals[name]

    def symbol(self, name: str) -> Product:
        if name not in self.products:
            self.products[name] = self.fresh(name)
        return self.products[name]

    def fresh(self, name: str) -> Product:
        choice = self.resolution.resolve(name)
        natural = self.natural(name)
        if choice == GIVEN:
            return _one(Atom(LINE, natural, Input(name)))
        route = self.group.symbols[name].routes[choice]
        if route.value is not None:
            return _one(Atom(CONST, natural, route.value))
        if route.reference is not None:
            axis = route.reference.axis
            if axis == CONTEXT:
                return _one(Atom(LINE, natural, Input(name)))
            return _one(Atom(axis, natural, self.vectors(name, choice)))
        product = self.expression(self.resolution.node[name])
        if natural in (LINE, CONST) or len(self.group.symbols[name].routes) == 1:
            return product
        atom = self.realise(product)
        return _one(Atom(atom.rank, natural, atom.value))

    # expressions -----------------------------------------------------------------------------------------------

    def expression(self, node: Node, variable: str | None = None) -> Product:
        def part(item: Node) -> Product:
            return self.expression(item, variable)

        match node:
            case Num(value):
                return Product(value)
            case Name(name, base):
                return self.name(name, base, variable)
            case Neg(of):
                inner = part(of)
                return Product(-inner.coefficient, inner.above, inner.below)
            case Op("*", left, right):
                a, b = part(left), part(right)
                return Product(a.coefficient * b.coefficient, [*a.above, *b.above], [*a.below, *b.below])
            case Op("/", left, right):
                a, b = part(left), part(right)
                if b.coefficient == 0:
                    return _one(self.combine("/", [a, b]))
                return Product(a.coefficient / b.coefficient, [*a.above, *b.below], [*a.below, *b.above])
            case Op("**", left, Num(power)) if power.denominator == 1 and power != 0:
                return _one(self.combine(f"pow{power.numerator}", [part(left)]))
            case Op(op, left, right) | Compare(op, left, right):
                return _one(self.combine(op, [part(left), part(right)]))
            case Call("round", (of, *digits)):
                shift = digits[0].value.numerator if digits and isinstance(digits[0], Num) else 0
                return _one(self.combine(f"round{shift}", [part(of)]))
            case Call(op, args) | Logic(op, args):
                return _one(self.combine(op, [part(arg) for arg in args]))
            case If(condition, yes, no):
                return _one(self.combine("if", [part(condition), part(yes), part(no)]))
            case Is():
                raise AssertionError("choices are decided by the resolution")
            case Interpolate(table, column, args):
                operands = tuple(self.operand(self.realise(part(arg))) for arg in args)
                return _one(Atom(LINE, LINE, Lookup(self.compiled.tables[table], column, operands)))
            case Sum(body, bound, group):
                return _one(Atom(LINE, LINE, SumOver(group, self.operand(self.realise(self.expression(body, bound))))))

    def name(self, name: str, base: str | None, variable: str | None) -> Product:
        if base is not None and base == variable:
            return _one(Atom(LINE, LINE, Input(name, sub=True)))
        if name in self.group.symbols:
            product = self.symbol(name)
            if variable is None:
                return product
            atom = self.realise(product)
            return _one(atom if atom.rank == CONST else Atom(LINE, LINE, self.lift(self.operand(atom))))
        constant = self.compiled.constants[name]
        assert constant.value is not None, name
        return Product(constant.value)

    def lift(self, operand: Instruction | float) -> Instruction | float:
        if isinstance(operand, float):
            return operand
        return self.outer.setdefault(id(operand), Outer(operand))

    def combine(self, op: str, parts: list[Product]) -> Atom:
        """Apply an operation that is not a product, at the highest rank of its operands."""
        atoms = [self.realise(part) for part in parts]
        rank, natural = _joint(a.rank for a in atoms), _joint(a.natural for a in atoms)
        if rank == LINE:
            return Atom(LINE, natural, Apply(op, tuple(self.operand(atom) for atom in atoms)))
        with np.errstate(all="ignore"):
            value = ARRAY_OPS(op)(*(np.float64(a.value) if a.rank == CONST else a.value for a in atoms))
        return Atom(rank, natural, float(value) if rank == CONST else np.asarray(value, dtype=np.float64))

    def operand(self, atom: Atom) -> Instruction | float:
        if atom.rank == LINE:
            return atom.value  # type: ignore[no-any-return]
        if atom.rank == CONST:
            return float(atom.value)
        return Gather(atom.rank, atom.value, atom.value.tolist())

    def realise(self, product: Product) -> Atom:
        """Evaluate a product: constants first, then each axis, then the line."""
        if product.atom is None:
            product.atom = self.realise_now(product)
        return product.atom

    def realise_now(self, product: Product) -> Atom:
        if product.coefficient == 1 and len(product.above) == 1 and not product.below:
            return product.above[0]
        ranks = [CONST, *sorted({a.natural for a in (*product.above, *product.below)} - {CONST, LINE}), LINE]
        natural = _joint(a.natural for a in (*product.above, *product.below))
        coefficient = float(product.coefficient)
        total: Atom | None = Atom(CONST, CONST, coefficient) if coefficient != 1 or not product.above else None
        line: Atom | None = None
        for rank in ranks:
            above = [a for a in product.above if a.natural == rank]
            below = [a for a in product.below if a.natural == rank]
            if rank == LINE:
                for atom in above:
                    line = atom if line is None else self.binary("*", line, atom)
                if line is None and below:
                    line, total = (total or Atom(CONST, CONST, 1.0)), None
                for atom in below:
                    assert line is not None
                    line = self.binary("/", line, atom)
                continue
            for atom in above:
                total = atom if total is None else self.binary("*", total, atom)
            for atom in below:
                total = self.binary("/", total or Atom(CONST, CONST, 1.0), atom)
        result = total if line is None else line if total is None else self.binary("*", line, total)
        assert result is not None
        return Atom(result.rank, natural, result.value)

    def binary(self, op: str, a: Atom, b: Atom) -> Atom:
        return self.combine(op, [_one(a), _one(b)])


def _one(atom: Atom) -> Product:
    return Product(Fraction(1), [atom], [], atom)


def _joint(ranks: Any) -> str:
    """The rank of something that depends on all of these."""
    found = set(ranks) - {CONST}
    return CONST if not found else found.pop() if len(found) == 1 else LINE


def _round_half_even(value: Any, digits: int) -> Any:
    """GB/T 8170: half to even, on the shortest decimal of a float."""
    if np.ndim(value) == 0:
        return round_number(float(value), digits)
    return np.array([round_number(v, digits) for v in np.asarray(value, dtype=np.float64).tolist()])


def round_number(value: float, digits: int) -> float:
    """Round the decimal that the float is printed as (0.125 → 0.12, 2.675 → 2.68), half to even (GB/T 8170)."""
    from decimal import ROUND_HALF_EVEN, Decimal

    if value != value or value in (float("inf"), float("-inf")):
        return value
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN))


def _all(*parts: Any) -> Any:
    result = parts[0]
    for part in parts[1:]:
        result = np.logical_and(result, part)
    return result


def _any(*parts: Any) -> Any:
    result = parts[0]
    for part in parts[1:]:
        result = np.logical_or(result, part)
    return result


def _extreme(pick: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def apply(*parts: Any) -> Any:
        result = parts[0]
        for part in parts[1:]:
            result = pick(result, part)
        return result

    return apply


_ARRAY: Mapping[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power, "<": np.less, "<=": np.less_equal,
    ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal, "and": _all, "or": _any, "not": np.logical_not,
    "if": np.where, "min": _extreme(np.minimum), "max": _extreme(np.maximum), "exp": np.exp, "log": np.log, "sqrt": np.sqrt,
    "clip": np.clip,
}  # fmt: skip


def ARRAY_OPS(op: str) -> Callable[..., Any]:  # noqa: N802
    """The operation on arrays (and on numpy floats)."""
    if op.startswith("pow"):
        return lambda base: power_by_multiplication(base, int(op[3:]))
    if op.startswith("round"):
        return lambda value: _round_half_even(value, int(op[5:]))
    return _ARRAY[op]


__all__ = ["ITEM", "Builder", "Program"]
