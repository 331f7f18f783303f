"""Certification scoring: rubrics as data, scores with their reasons, and green-project identification.

>>> from carbonacct import certification
>>> s = certification.score("carbon-four-colour", {"emissions": 900, "output": 1000, "benchmark": 1.0})
>>> s.level.key
'light_green'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from carbonacct.certification.advice import Advice as Advice
    from carbonacct.certification.rubric import Rubric as Rubric
    from carbonacct.certification.rubric import load as load
    from carbonacct.certification.rubric import rubrics as rubrics
    from carbonacct.certification.scoring import Score as Score
    from carbonacct.certification.scoring import score as score
    from carbonacct.certification.taxonomy import Identification as Identification
    from carbonacct.certification.taxonomy import identify as identify
    from carbonacct.certification.taxonomy import sector_shares as sector_shares

_WHERE = {
    "Advice": "advice",
    "Identification": "taxonomy",
    "Rubric": "rubric",
    "Score": "scoring",
    "identify": "taxonomy",
    "load": "rubric",
    "rubrics": "rubric",
    "score": "scoring",
    "sector_shares": "taxonomy",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _WHERE:
        raise AttributeError(f"module 'carbonacct.certification' has no attribute {name!r}")
    value = getattr(import_module(f"carbonacct.certification.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
