"""The expression language of formulas: text → tree, unit proof, renderers. Nothing is ever evaluated as Python."""

from carbonacct.expressions.grammar import parse
from carbonacct.expressions.render import to_latex, to_mathml, to_text

__all__ = ["parse", "to_latex", "to_mathml", "to_text"]
