"""Certification scoring: rubrics as data, scores with their reasons, and green-project identification.

>>> from carbonacct import certification
>>> s = certification.score("carbon-four-colour", {"emissions": 900, "output": 1000, "benchmark": 1.0})
>>> s.level.key
'light_green'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonacct.lazy import exports

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
__getattr__, __dir__ = exports(__name__, _WHERE)
