"""The shape of a file of voucher rules."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from carbonacct.schema.models import Model, Number, Sourced, StrList, Text, Title
from carbonacct.schema.rulefile import RuleFile


class Background(Sourced):
    """What the sources tell beside the rules; no decision rests on it. A null value is not known."""

    title: Title
    value: Text | Title | None


class Parameter(Sourced):
    """A number, date or text of the rules; null is not known. range: the least and the greatest value accepted."""

    title: Title
    kind: Literal["date", "money", "count", "text"]
    value: Number | str | None
    range: list[Number] | None = Field(default=None, min_length=2, max_length=2)


class Fact(Sourced):
    """What an application or a redemption must tell.

    absent: what null means; without it null is refused. optional: it may be left out, which is as null.
    default: taken where it is left out; ``type`` stands for the voucher's type. not_after: a date fact that it may not exceed.
    """

    title: Title
    kind: Literal["date", "money", "count", "number", "choice", "yes_no", "type", "text"]
    options: dict[str, Title] = Field(default_factory=dict)
    absent: str | None = None
    optional: bool = False
    default: Number | str | None = None
    not_after: str | None = None


class VoucherType(Sourced):
    """A type with its face value in CNY, what it pays, and what it presupposes beside the rules that can be tested."""

    title: Title
    face_value: Number
    pays: Title
    precondition: Title | None = None


class Rule(Sourced):
    """A condition that must hold; ``code`` is the reason given where it does not; ``clause`` the article, where known."""

    id: str
    code: str
    title: Title
    test: Text
    clause: Text | None = None


class Rounding(Sourced):
    """How the amount is rounded."""

    title: Title


class Subsidy(Sourced):
    """The amount paid, in CNY."""

    title: Title
    formula: Text
    rounding: Rounding


class EffectTest(Model):
    """One way to show an effect, usable where the facts it needs are told."""

    needs: StrList
    test: Text


class Effect(Sourced):
    """An effect that is recorded for vouchers of one type; it refuses nothing."""

    title: Title
    for_type: str = Field(alias="for")
    any_of: list[EffectTest]


class State(Sourced):
    """A stage of a voucher's life and the stages that may follow."""

    title: Title
    next: list[str]


class Document(Title):
    """A paper of the checklist; ``for`` limits it to some types."""

    for_types: StrList = Field(default_factory=list, alias="for")


class Documents(Sourced):
    """Checklists; what is missing is reported, not refused."""

    application: list[Document]
    redemption: list[Document]


class Case(Model):
    """An application and its outcome: the codes of the rules that fail, in their order, and the amount in CNY."""

    name: str
    source: Text
    facts: dict[str, Any]
    codes: list[str] = Field(default_factory=list)
    amount: str


class VoucherRules(RuleFile):
    """A file of voucher rules."""

    issuer: Title
    background: dict[str, Background] = Field(default_factory=dict)
    parameters: dict[str, Parameter]
    facts: dict[str, Fact]
    types: dict[str, VoucherType]
    eligibility: list[Rule]
    subsidy: Subsidy
    redemption_facts: dict[str, Fact]
    redemption: list[Rule]
    effect: Effect
    states: dict[str, State]
    documents: Documents
    case_defaults: dict[str, Any] = Field(default_factory=dict)
    cases: list[Case] = Field(default_factory=list)
