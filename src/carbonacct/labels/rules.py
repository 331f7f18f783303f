"""What labels may say, as data: kinds, boundaries, stages, standards of neutrality claims."""

from __future__ import annotations

from functools import lru_cache

from pydantic import Field

from carbonacct.exact import Day
from carbonacct.schema import files, paths
from carbonacct.schema.models import Evidence, Model, Source, Sourced, StrList, Title

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


class LabelRules(Sourced):
    """The file of label rules."""

    id: str
    version: str
    title: Title
    evidence: Evidence
    source: StrList
    sources: dict[str, Source]
    significant_digits: int = Field(ge=1, le=9)
    rate_decimals: int = Field(ge=0, le=4)
    kinds: dict[str, Kind]
    boundaries: dict[str, Boundary]
    stages: dict[str, Title]
    measures: dict[str, Title]
    standards: dict[str, Standard]


@lru_cache(maxsize=4)
def label_rules(name: str = DEFAULT) -> LabelRules:
    """The label rules of an id. Raises FileError or NotFoundError."""
    model, _ = files.read(paths.find("methodologies", name), LabelRules)
    return model
