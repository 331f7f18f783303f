"""The shape of the YAML files (docs/methodology-format.md), as pydantic models."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from carbonacct.messages import say

EVIDENCE = ("crosschecked", "confirmed", "worked", "unconfirmed")
Evidence = Literal["crosschecked", "confirmed", "worked", "unconfirmed"]
Scope = Literal["direct", "indirect", "deduction", "memo", "benefit"]
Number = int | float


def _as_list(value: Any) -> Any:
    return value if value is None or isinstance(value, list) else [value]


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def check_line(text: str) -> str:
    """A text on one line that is not blank and hides nothing. Raises ValueError."""
    if not text.strip() or not text.isprintable():
        raise ValueError(say("schema.line"))
    return text


StrList = Annotated[list[str], BeforeValidator(_as_list)]
Text = Annotated[str, BeforeValidator(_as_text)]
Line = Annotated[Text, AfterValidator(check_line)]


class Model(BaseModel):
    """Unknown keys are errors; numbers are never coerced from text."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Title(Model):
    """A text in both languages."""

    zh: Text
    en: Text


class Sourced(Model):
    """What carries evidence: the grade, the sources by key, and a remark."""

    evidence: Evidence | None = None
    source: StrList | None = None
    note: str | Title | None = None


class Source(Model):
    """One place where a value or formula was read."""

    title: Text
    kind: Literal["original", "transcription", "implementation", "database", "standard", "memory", "derivation", "report"]
    url: str | None = None


class Printed(Model):
    """The bare-number form of a formula as the text prints it, and the units it is meant in."""

    formula: Text
    units: dict[str, str] = Field(default_factory=dict)


class Default(Sourced):
    """A default with evidence of its own."""

    value: Number | str


class Route(Sourced):
    """One way to obtain a symbol: a formula or a default."""

    name: str
    title: Title | None = None
    formula: Text | None = None
    default: Number | str | Default | None = None
    requires: StrList = Field(default_factory=list)
    unless: StrList = Field(default_factory=list)
    for_unit: str | None = None
    equation: Text | None = None
    printed: str | Printed | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Route:
        if (self.formula is None) == (self.default is None):
            raise ValueError("an alternative has either a formula or a default")
        return self


class Symbol(Sourced):
    """A quantity of a stream: given, derived by alternatives or a formula, or a default."""

    title: Title
    unit: str | dict[str, str] | None = None
    kind: Literal["activity", "factor", "choice", "derived"] | None = None
    range: list[Number | str | None] | None = None
    default: Number | str | Default | None = None
    formula: Text | None = None
    any_of: list[Route] | None = None
    equation: Text | None = None
    printed: str | Printed | None = None
    options: str | dict[str, Title] | None = None
    aliases: StrList = Field(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self) -> Symbol:
        if self.kind == "choice":
            if self.options is None or self.formula or self.any_of:
                raise ValueError("a choice has options and no formula")
        elif self.unit is None:
            raise ValueError("a symbol needs a unit")
        elif self.kind is None and self.formula is None and self.any_of is None:
            raise ValueError("a symbol needs a kind (activity, factor, choice) or a formula")
        if self.range is not None and len(self.range) != 2:
            raise ValueError("range is [lowest, highest]")
        return self


class Output(Sourced):
    """A result of a stream: a gas or an indicator."""

    title: Title | None = None
    unit: str
    formula: Text
    equation: Text | None = None
    printed: str | Printed | None = None
    range: list[Number | str | None] | None = None


class Group(Sourced):
    """Lines with symbols of their own; sub-lines are groups inside a line."""

    title: Title
    item: str | None = None
    items: str | None = None
    symbols: dict[str, Symbol] = Field(default_factory=dict)
    sublines: dict[str, Group] = Field(default_factory=dict)


class Category(Model):
    """Where a source stands in the reporting standards: ISO 14064-1 subcategory, GHG Protocol scope, scope-3 category."""

    iso: str
    ghgp: Literal[1, 2, 3]
    scope3: int | None = Field(default=None, ge=1, le=15)

    @model_validator(mode="after")
    def _scope3_in_scope_3(self) -> Category:
        if self.scope3 is not None and self.ghgp != 3:
            raise ValueError("scope3 is for GHG Protocol scope 3 only")
        return self


class Stream(Group):
    """An emission source, a deduction, or a memo item."""

    scope: Scope
    category: Category | None = None
    outputs: dict[str, Output]


class Total(Sourced):
    """A total or subtotal over streams."""

    title: Title
    unit: str
    formula: Text
    symbol: str | None = None
    equation: Text | None = None


class Constant(Sourced):
    """A named constant; fractions such as 44/12 stay exact."""

    value: Number | str
    unit: str
    title: Title


class Case(Model):
    """An executable example with its expected results."""

    name: str
    kind: Literal["hand", "published"]
    source: Text
    title: Title | None = None
    region: str | None = None
    period: int | str | None = None
    gwp: str | None = None
    tables: dict[str, str] = Field(default_factory=dict)
    inputs: dict[str, Any]
    expect: dict[str, str | Number]
    note: str | Title | None = None


class Omission(Model):
    """Something of the published text that this file leaves out, and why."""

    key: Text
    reason: Text


class Document(Model):
    """The published text."""

    publisher: Title
    document: Text
    year: int
    url: str | None = None
    superseded_by: StrList = Field(default_factory=list)


class Boundary(Model):
    """What the text counts and what it does not."""

    included: list[Title] = Field(default_factory=list)
    excluded: list[Title] = Field(default_factory=list)


class Listing(Model):
    """A place in an official list (a taxonomy) that a benefit model belongs to."""

    list: Text
    code: Text
    name: Text
    evidence: Evidence = "unconfirmed"


class Methodology(Sourced):
    """A methodology file."""

    id: str
    version: str
    title: Title
    source_document: Document
    gwp: StrList
    lists: list[Listing] = Field(default_factory=list)
    aliases: StrList = Field(default_factory=list)
    sources: dict[str, Source] = Field(default_factory=dict)
    boundary: Boundary = Field(default_factory=Boundary)
    constants: dict[str, Constant] = Field(default_factory=dict)
    streams: dict[str, Stream]
    totals: dict[str, Total] = Field(default_factory=dict)
    cases: list[Case] = Field(default_factory=list)
    omitted: list[Omission] = Field(default_factory=list)
    open_questions: list[Text] = Field(default_factory=list)


class Column(Sourced):
    """A column of a factor table."""

    title: Title
    unit: str | dict[str, str]


class Axis(Model):
    """An axis of an interpolated table, ascending."""

    title: Title | None = None
    unit: str
    values: list[Number]


class Constants(Sourced):
    """The constants every methodology may use."""

    id: str
    title: Title
    reviewed: date | str
    sources: dict[str, Source] = Field(default_factory=dict)
    constants: dict[str, Constant]


class Table(Sourced):
    """A factor table file. Rows are checked cell by cell in :mod:`carbonacct.schema.tables`."""

    id: str
    title: Title
    table: Text | None = None
    reviewed: date | str
    inherits: str | None = None
    omit: list[str] = Field(default_factory=list)
    sources: dict[str, Source] = Field(default_factory=dict)
    columns: dict[str, Column] = Field(default_factory=dict)
    keys: list[str] | None = None
    rows: dict[str, dict[str, Any]] | list[dict[str, Any]] | None = None
    axes: dict[str, Axis] | None = None
    grid: dict[str, list[Any]] | None = None
    open_questions: list[Text] = Field(default_factory=list)
