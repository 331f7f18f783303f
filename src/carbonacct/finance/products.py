"""Matching a demand with loan products: filter by what each product accepts, sort by rate, say why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import Field, model_validator

from carbonacct.exact import Amount
from carbonacct.messages import say
from carbonacct.schema import files
from carbonacct.schema.models import Line, Model, Text
from carbonacct.schema.yaml import Document


class Product(Model):
    """A loan product: amounts in CNY, rate in per cent, term in months; an empty list accepts all."""

    name: Line
    rate_pct: Amount
    min_amount: Amount = Decimal(0)
    max_amount: Amount | None = None
    max_term: int | None = Field(default=None, gt=0)
    grades: list[Text] = Field(default_factory=list)
    regions: list[Text] = Field(default_factory=list)
    industries: list[Text] = Field(default_factory=list)

    @model_validator(mode="after")
    def _ordered(self) -> Product:
        if self.max_amount is not None and self.max_amount < self.min_amount:
            raise ValueError(say("loan.product.order", low=self.min_amount, high=self.max_amount))
        return self


class Demand(Model):
    """What is asked for."""

    amount: Amount
    term: int = Field(gt=0)
    grade: Text | None = None
    region: Text | None = None
    industry: Text | None = None


class MatchFile(Model):
    """A demand and the products to match it with."""

    demand: Demand
    products: list[Product] = Field(min_length=1)


@dataclass(frozen=True)
class Match:
    """A product and the reasons against it; none where it fits."""

    product: Product
    reasons: tuple[str, ...]


def read_match(data: Mapping[str, Any] | Document) -> MatchFile:
    """Demand and products from plain data or a read file. Raises FileError with every fault."""
    return files.validate(data if isinstance(data, Document) else Document(dict(data), "match"), MatchFile)


def match_products(demand: Demand, products: Sequence[Product]) -> list[Match]:
    """The products that fit, cheapest first, then the others with the reasons against them."""
    found = [Match(product, tuple(_against(demand, product))) for product in products]
    return sorted(found, key=lambda match: (bool(match.reasons), match.product.rate_pct))


def _against(demand: Demand, product: Product) -> list[str]:
    reasons = []
    if demand.amount < product.min_amount or (product.max_amount is not None and demand.amount > product.max_amount):
        reasons.append(
            say("loan.product.amount", low=product.min_amount, high="∞" if product.max_amount is None else product.max_amount)
        )
    if product.max_term is not None and demand.term > product.max_term:
        reasons.append(say("loan.product.term", most=product.max_term))
    for key, accepted in (("grade", product.grades), ("region", product.regions), ("industry", product.industries)):
        if accepted and getattr(demand, key) not in accepted:
            reasons.append(say(f"loan.product.{key}", accepted=", ".join(accepted)))
    return reasons
