"""The shape of a rubric file (``methodologies/certification/*.yaml``)."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from carbonacct.schema.models import Model, Number, Sourced, Text, Title, _as_text
from carbonacct.schema.rulefile import RuleFile

Status = Literal["published", "illustrative"]
Weight = Annotated[str, BeforeValidator(_as_text)]
Bound = Number | str


class Document(Model):
    """The text that a rubric follows; the year only where it is known."""

    publisher: Title
    document: Text | Title
    year: int | None = None


class Question(Sourced):
    """What an applicant answers.

    A ``number`` has a unit and a range; ``marks`` are one or more marks of experts from 0 to the rubric's full mark. ``better``
    tells the direction in which a number helps. A question that is ``context`` describes the applicant (its class, a benchmark) and
    is no lever.
    """

    title: Title
    kind: Literal["number", "yes_no", "choice", "marks"] = "number"
    unit: str = "1"
    range: list[Number | None] = Field(default=[0, None], min_length=2, max_length=2)
    better: Literal["higher", "lower"] | None = None
    options: dict[str, Title] | None = None
    default: Number | str | None = None
    context: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Question:
        if (self.kind == "choice") != (self.options is not None):
            raise ValueError("a choice, and nothing else, has options")
        if self.kind == "number" and self.better is None and not self.context:
            raise ValueError("a number is better higher or lower, or is context")
        return self


class Band(Model):
    """A level: from ``min`` up (bands fall), or up to and including ``max`` (bands rise); a bound may be a formula."""

    key: Text
    title: Title
    min: Bound | None = None
    max: Bound | None = None


class Bands(Sourced):
    """Levels that cover the whole range, best first; with ``min`` for higher-is-better, with ``max`` for lower-is-better."""

    status: Status
    bands: list[Band] = Field(min_length=1)


class Quantity(Sourced):
    """A number worked out of the answers, with levels of its own where it is graded."""

    title: Title
    unit: str = "1"
    formula: Text
    levels: Bands | None = None


class Criterion(Sourced):
    """A node of the tree: a share of its parent's weight, and either children or a formula for its mark.

    weight: ``0.2`` or ``1/3``; by the option of the rubric's ``weights_by`` where that is set; null where it is not known.
    mark: a formula from 0 to the rubric's full mark. effort: of going from no marks to full marks, relative to the others.
    """

    id: Text
    title: Title
    weight: Weight | dict[str, Weight | None] | None
    mark: Text | None = None
    children: list[Criterion] = Field(default_factory=list)
    effort: Number = 1

    @model_validator(mode="after")
    def _leaf_or_branch(self) -> Criterion:
        if (self.mark is None) == (not self.children):
            raise ValueError("a criterion has either children or a formula for its mark")
        return self


class Bonus(Sourced):
    """Points on top of the weighted total; all of them together are capped."""

    id: Text
    title: Title
    points: Text


class Rule(Sourced):
    """Something that holds when its condition is true: a veto or a warning."""

    id: Text
    title: Title
    when: Text


class WeightSum(Sourced):
    """What is known of weights that are not known one by one: the sum of some of them."""

    criteria: list[str]
    equal: Weight


class Figure(Sourced):
    """Numbers that a source reports about the scheme: statistics, not rules."""

    title: Title
    unit: str = "1"
    values: dict[str, Number]


class Case(Model):
    """A hand-worked example."""

    name: str
    source: Text
    answers: dict[str, Number | str | list[Number]]
    score: Text | None = None
    level: Text | None = None
    values: dict[str, Number] = Field(default_factory=dict)
    marks: dict[str, Number] = Field(default_factory=dict)
    grades: dict[str, Text] = Field(default_factory=dict)
    eligible: bool | None = True


class Rubric(RuleFile):
    """A rubric file. ``level_of`` names the value whose levels are the rubric's; without it they are those of the total.

    down: a formula for how many levels the level is lowered by.
    """

    source_document: Document
    weights: Status
    weights_by: str | None = None
    full_mark: Number = 100
    questions: dict[str, Question]
    values: dict[str, Quantity] = Field(default_factory=dict)
    veto: list[Rule] = Field(default_factory=list)
    warn: list[Rule] = Field(default_factory=list)
    criteria: list[Criterion] = Field(default_factory=list)
    bonus: list[Bonus] = Field(default_factory=list)
    bonus_cap: Number | None = None
    levels: Bands | None = None
    level_of: str | None = None
    down: Text | None = None
    weight_sums: list[WeightSum] = Field(default_factory=list)
    figures: dict[str, Figure] = Field(default_factory=dict)
    cases: list[Case] = Field(default_factory=list)


def fraction(text: str) -> Fraction:
    """A weight, exactly."""
    return Fraction(text.replace(" ", ""))
