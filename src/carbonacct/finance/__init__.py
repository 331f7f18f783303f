"""Linked loans: rate steps against a target, loan amounts with their assumptions, weighted reductions, product matching.

Everything is imported on first use, so that the command line stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonacct.lazy import exports

if TYPE_CHECKING:
    from carbonacct.finance.pricing import LinkedLoan as LinkedLoan
    from carbonacct.finance.pricing import Repricing as Repricing
    from carbonacct.finance.pricing import performance as performance
    from carbonacct.finance.pricing import rate as rate
    from carbonacct.finance.pricing import read_loan as read_loan
    from carbonacct.finance.pricing import reprice as reprice
    from carbonacct.finance.pricing import saving as saving
    from carbonacct.finance.pricing import year_of as year_of
    from carbonacct.finance.products import match_products as match_products
    from carbonacct.finance.products import read_match as read_match
    from carbonacct.finance.reductions import Weighted as Weighted
    from carbonacct.finance.reductions import per_100_million as per_100_million
    from carbonacct.finance.reductions import weighted_reductions as weighted_reductions
    from carbonacct.finance.worksheet import Estimate as Estimate
    from carbonacct.finance.worksheet import estimate as estimate
    from carbonacct.finance.worksheet import methods as methods

_WHERE = {
    "Estimate": "worksheet",
    "estimate": "worksheet",
    "methods": "worksheet",
    "LinkedLoan": "pricing",
    "performance": "pricing",
    "rate": "pricing",
    "read_loan": "pricing",
    "reprice": "pricing",
    "Repricing": "pricing",
    "saving": "pricing",
    "year_of": "pricing",
    "match_products": "products",
    "read_match": "products",
    "per_100_million": "reductions",
    "Weighted": "reductions",
    "weighted_reductions": "reductions",
}

__all__ = sorted(_WHERE)
__getattr__, __dir__ = exports(__name__, _WHERE)
