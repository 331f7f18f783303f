"""A tree as plain text, LaTeX or MathML. One interface: ``to_x(node, label)`` where ``label`` renders a name."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from fractions import Fraction

from carbonacct.expressions.tree import Call, Compare, If, Interpolate, Is, Logic, Name, Neg, Node, Num, Op, Sum

Label = Callable[[Name], str]

_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "**": 4}


def number_text(value: Fraction) -> str:
    """The shortest decimal of an exact number, or a fraction where there is none."""
    if value.denominator == 1:
        text = str(value.numerator)
        return text if len(text) < 7 else _exponent(repr(float(value)))
    decimal = repr(float(value))
    return _exponent(decimal) if Fraction(decimal) == value else f"{value.numerator}/{value.denominator}"


def _exponent(text: str) -> str:
    return text.removesuffix(".0").replace("e+", "e").replace("e-0", "e-").replace("e0", "e")


def _priority(node: Node) -> int:
    match node:
        case Op(op):
            return _PRECEDENCE[op]
        case Neg():
            return 3
        case If() | Logic() | Compare() | Is():
            return 0
        case Num(value) if "/" in number_text(value):
            return 2
        case _:
            return 9


def to_text(node: Node, label: Label = str) -> str:
    """Plain text in the expression language itself; parsing it gives the same tree."""

    def put(child: Node, level: int) -> str:
        text = to_text(child, label)
        return f"({text})" if _priority(child) < level else text

    match node:
        case Num(value):
            return number_text(value)
        case Name():
            return label(node)
        case Neg(of):
            return f"-{put(of, 3)}"
        case Op("**", left, right):
            return f"{put(left, 5)}**{put(right, 4)}"
        case Op(op, left, right):
            level = _PRECEDENCE[op]
            return f"{put(left, level)} {op} {put(right, level + 1)}"
        case Compare(op, left, right):
            return f"{put(left, 1)} {op} {put(right, 1)}"
        case Is(choice, option, negated):
            return f"{label(choice)} {'!=' if negated else '=='} '{option}'"
        case Logic("not", (of,)):
            return f"not {put(of, 1)}"
        case Logic(op, of):
            return f" {op} ".join(put(part, 1) for part in of)
        case If(condition, yes, no):
            return f"{put(yes, 1)} if {put(condition, 0)} else {put(no, 0)}"
        case Call(function, args):
            return f"{function}({', '.join(to_text(arg, label) for arg in args)})"
        case Sum(body, variable, group):
            return f"sum({to_text(body, label)} for {variable} in {group})"
        case Interpolate(table, column, args):
            return f"interpolate({table}.{column}, {', '.join(to_text(arg, label) for arg in args)})"


def _split(name: str) -> tuple[str, str]:
    """``FC_coal`` → FC with subscript coal."""
    head, _, tail = name.partition("_")
    return (head, tail.replace("_", ",")) if head and tail else (name, "")


def latex_name(name: Name) -> str:
    """A name as LaTeX: multi-letter names upright, what follows the first underscore as subscript."""
    head, tail = _split(name.name)
    parts = [p for p in (tail, name.base or "") if p]
    subscript = ",".join(parts).replace("_", r"\_")
    body = head if len(head) == 1 else rf"\mathrm{{{head}}}"
    return body + (rf"_{{\mathrm{{{subscript}}}}}" if subscript else "")


def to_latex(node: Node, label: Label = latex_name) -> str:
    """LaTeX for display mathematics."""

    def word(text: str) -> str:
        return text.replace("_", "\\_")

    def put(child: Node, level: int) -> str:
        text = to_latex(child, label)
        return rf"\left({text}\right)" if _priority(child) < level else text

    match node:
        case Num(value):
            text = number_text(value)
            if "/" in text:
                top, bottom = text.split("/")
                return rf"\tfrac{{{top}}}{{{bottom}}}"
            if "e" in text:
                base, power = text.split("e")
                return (rf"{base} \times " if base != "1" else "") + f"10^{{{power}}}"
            return text
        case Name():
            return label(node)
        case Neg(of):
            return f"-{put(of, 3)}"
        case Op("/", left, right):
            return rf"\frac{{{to_latex(left, label)}}}{{{to_latex(right, label)}}}"
        case Op("**", left, right):
            return f"{put(left, 5)}^{{{to_latex(right, label)}}}"
        case Op("*", left, right):
            return rf"{put(left, 2)} \times {put(right, 3 if isinstance(right, Neg) else 2)}"
        case Op(op, left, right):
            return f"{put(left, 1)} {op} {put(right, 2)}"
        case Compare(op, left, right):
            sign = {"<=": r"\le", ">=": r"\ge", "==": "=", "!=": r"\ne"}.get(op, op)
            return f"{put(left, 1)} {sign} {put(right, 1)}"
        case Is(choice, option, negated):
            sign = r"\ne" if negated else "="
            return rf"{label(choice)} {sign} \text{{{word(option)}}}"
        case Logic("not", (of,)):
            return rf"\lnot {put(of, 1)}"
        case Logic(op, of):
            return (r" \land " if op == "and" else r" \lor ").join(put(part, 1) for part in of)
        case If(condition, yes, no):
            return rf"\begin{{cases}}{to_latex(yes, label)} & \text{{if }} {to_latex(condition, label)}\\{to_latex(no, label)} & \text{{otherwise}}\end{{cases}}"
        case Call("sqrt", (arg,)):
            return rf"\sqrt{{{to_latex(arg, label)}}}"
        case Call(function, args):
            name = (
                rf"\{function}"
                if function in ("min", "max", "exp")
                else r"\ln"
                if function == "log"
                else rf"\operatorname{{{function}}}"
            )
            return rf"{name}\left({', '.join(to_latex(arg, label) for arg in args)}\right)"
        case Sum(body, _, group):
            return rf"\sum_{{\mathrm{{{word(group)}}}}} {put(body, 2)}"
        case Interpolate(_, column, args):
            return rf"\operatorname{{{column}}}\left({', '.join(to_latex(arg, label) for arg in args)}\right)"


def mathml_name(name: Name) -> str:
    """A name as MathML with its subscript."""
    head, tail = _split(name.name)
    subscript = ",".join(p for p in (tail, name.base or "") if p)
    body = f"<mi>{html.escape(head)}</mi>"
    return f"<msub>{body}<mi mathvariant='normal'>{html.escape(subscript)}</mi></msub>" if subscript else body


def to_mathml(node: Node, label: Label = mathml_name) -> str:
    """Presentation MathML, without the surrounding ``<math>`` element."""

    def row(*parts: str) -> str:
        return f"<mrow>{''.join(parts)}</mrow>"

    def put(child: Node, level: int) -> str:
        inner = to_mathml(child, label)
        return row("<mo>(</mo>", inner, "<mo>)</mo>") if _priority(child) < level else inner

    def listed(parts: tuple[Node, ...]) -> str:
        return "<mo>,</mo>".join(to_mathml(part, label) for part in parts)

    match node:
        case Num(value):
            text = number_text(value)
            if "/" in text:
                top, bottom = text.split("/")
                return f"<mfrac><mn>{top}</mn><mn>{bottom}</mn></mfrac>"
            if "e" in text:
                base, power = text.split("e")
                factor = "" if base == "1" else f"<mn>{base}</mn><mo>×</mo>"
                return row(factor, f"<msup><mn>10</mn><mn>{power}</mn></msup>")
            return f"<mn>{text}</mn>"
        case Name():
            return label(node)
        case Neg(of):
            return row("<mo>-</mo>", put(of, 3))
        case Op("/", left, right):
            return f"<mfrac>{row(to_mathml(left, label))}{row(to_mathml(right, label))}</mfrac>"
        case Op("**", left, right):
            return f"<msup>{row(put(left, 5))}{row(to_mathml(right, label))}</msup>"
        case Op(op, left, right):
            level = _PRECEDENCE[op]
            return row(
                put(left, level),
                f"<mo>{'×' if op == '*' else op}</mo>",
                put(right, level + (op == "-" or isinstance(right, Neg))),
            )
        case Compare(op, left, right):
            sign = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}.get(op, html.escape(op))
            return row(put(left, 1), f"<mo>{sign}</mo>", put(right, 1))
        case Is(choice, option, negated):
            return row(label(choice), f"<mo>{'≠' if negated else '='}</mo>", f"<mtext>{html.escape(option)}</mtext>")
        case Logic("not", (of,)):
            return row("<mo>¬</mo>", put(of, 1))
        case Logic(op, of):
            return row(f"<mo>{'∧' if op == 'and' else '∨'}</mo>".join(put(part, 1) for part in of))
        case If(condition, yes, no):
            first = f"<mtr><mtd>{to_mathml(yes, label)}</mtd><mtd>{to_mathml(condition, label)}</mtd></mtr>"
            second = f"<mtr><mtd>{to_mathml(no, label)}</mtd><mtd><mtext>—</mtext></mtd></mtr>"
            return row("<mo>{</mo>", f"<mtable>{first}{second}</mtable>")
        case Call("sqrt", (arg,)):
            return f"<msqrt>{to_mathml(arg, label)}</msqrt>"
        case Call(function, args):
            return row(f"<mi>{re.sub('log', 'ln', function)}</mi>", "<mo>(</mo>", listed(args), "<mo>)</mo>")
        case Sum(body, _, group):
            return row(f"<munder><mo>∑</mo><mi mathvariant='normal'>{html.escape(group)}</mi></munder>", put(body, 2))
        case Interpolate(_, column, args):
            return row(f"<mi>{html.escape(column)}</mi>", "<mo>(</mo>", listed(args), "<mo>)</mo>")
