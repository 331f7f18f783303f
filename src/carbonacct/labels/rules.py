"""What labels may say, as data: kinds, boundaries, stages, standards of neutrality claims."""

from __future__ import annotations

from pydantic import Field

from carbonacct.exact import Day
from carbonacct.schema import rulefile
from carbonacct.schema.models import Model, Sourced, Title
from carbonacct.schema.rulefile import RuleFile

DEFAULT = "labels/product-labels"


class Kind(Sourced):
    """A kind of label."""

    title: Title
    colour: str


class Boundary(Model):
    """A boundary and the life-cycle stages within it."""

    title: Title
    stages: list[str]


class Standard(Sourced):
    """A standard of neutrality claims. last_claim: the day after which no new claim may name it."""

    title: Title
    last_claim: Day | None = None
    retire_within_months: int | None = None


class LabelRules(RuleFile):
    """The file of label rules."""

    significant_digits: int = Field(ge=1, le=9)
    rate_decimals: int = Field(ge=0, le=4)
    kinds: dict[str, Kind]
    boundaries: dict[str, Boundary]
    stages: dict[str, Title]
    measures: dict[str, Title]
    standards: dict[str, Standard]


def label_rules(name: str = DEFAULT) -> LabelRules:
    """The label rules of an id, read once. Raises FileError or NotFoundError."""
    return rulefile.load(name, LabelRules)
