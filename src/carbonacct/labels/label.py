"""A label's data: what is labelled, its footprint, the neutrality claim, and what the enterprise discloses of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_FLOOR, Context, Decimal
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from carbonacct.errors import FileError
from carbonacct.exact import Amount, Day, months_before
from carbonacct.labels.rules import LabelRules, label_rules
from carbonacct.ledger import balance
from carbonacct.ledger.errors import LedgerError
from carbonacct.ledger.rules import offset
from carbonacct.messages import say
from carbonacct.schema import files
from carbonacct.schema.models import Model, Text, Title, check_line
from carbonacct.schema.yaml import Document, Place
from carbonacct.units import did_you_mean

Level = Literal["value", "stages", "inventory"]
MAX_TEXT = 160


def _shown(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError(say("label.text", limit=MAX_TEXT))
    return check_line(text)


def _both(value: Any) -> Any:
    return {"zh": value, "en": value} if isinstance(value, str) else value


def _shown_title(title: Title) -> Title:
    _shown(title.zh), _shown(title.en)
    return title


Line = Annotated[Text, AfterValidator(_shown)]
Words = Annotated[Title, BeforeValidator(_both), AfterValidator(_shown_title)]


class Party(Model):
    """The manufacturer: name, unified social credit code, place."""

    name: Words
    code: Line | None = None
    place: Words | None = None


class Product(Model):
    """The product and the unit that the footprint is declared per."""

    name: Words
    declared_unit: Words
    model: Line | None = None


class Flow(Model):
    """A line of the life-cycle inventory; emission in kgCO2e per declared unit."""

    stage: str
    item: Words
    emission: Amount
    amount: Amount | None = None
    unit: Line | None = None


class Footprint(Model):
    """A product footprint in kgCO2e per declared unit: in total, by stage, or by inventory line. Offsets are no part of it."""

    standard: Line = "ISO 14067:2018"
    value: Amount | None = None
    stages: dict[str, Amount] | None = None
    inventory: list[Flow] | None = None

    @cached_property
    def by_stage(self) -> dict[str, Decimal]:
        """The finest stages known, empty where only the total is."""
        if self.inventory is None:
            return dict(self.stages or {})
        found: dict[str, Decimal] = {}
        for flow in self.inventory:
            found[flow.stage] = found.get(flow.stage, Decimal(0)) + flow.emission
        return found

    @property
    def total(self) -> Decimal:
        return sum(self.by_stage.values(), Decimal(0)) if self.by_stage else self.value or Decimal(0)


class Approval(Model):
    """Who accepted the footprint, and when."""

    by: Words
    date: Day


class Credit(Model):
    """Retired credits in tCO2e; scheme: an instrument of the ledger's rules; serials: first and last of a range within a series."""

    scheme: Line
    amount: Amount
    retired: Day
    beneficiary: Line
    series: Line | None = None
    serials: tuple[int, int] | None = Field(default=None, strict=False)


class Measure(Model):
    """A measure of the enterprise's own; reduction in tCO2e."""

    kind: str
    text: Words
    reduction: Amount | None = None


class Neutrality(Model):
    """A claim: emissions F (tCO2e, or the declared units covered) against retired credits C. r = min(C / F, 1)."""

    standard: str
    period: Line
    credits: list[Credit] = Field(min_length=1)
    quantity: Amount | None = None
    emissions: Amount | None = None
    measures: list[Measure] = Field(default_factory=list)


class Label(Model):
    """A footprint label, or (with ``neutrality``) a neutrality label."""

    id: Line
    product: Product
    manufacturer: Party
    boundary: str
    footprint: Footprint
    accounted_by: Words
    approved: Approval
    valid_from: Day
    valid_until: Day
    disclose: Level = "value"
    neutrality: Neutrality | None = None

    @property
    def kind(self) -> Literal["footprint", "neutrality"]:
        return "footprint" if self.neutrality is None else "neutrality"

    @property
    def value(self) -> Decimal:
        """The footprint as the label shows it: to significant digits, half to even."""
        return significant(self.footprint.total, label_rules().significant_digits)

    @property
    def emissions(self) -> Decimal:
        """F of the claim in tCO2e."""
        assert self.neutrality is not None
        if self.neutrality.emissions is not None:
            return self.neutrality.emissions
        return self.footprint.total * (self.neutrality.quantity or 0) / 1000

    @property
    def offset(self) -> balance.Neutrality:
        """The neutrality rate r = min(C / F, 1), what remains and what is left over."""
        assert self.neutrality is not None
        return balance.neutrality(self.emissions, sum((c.amount for c in self.neutrality.credits), Decimal(0)))

    def disclosed(self) -> dict[str, Any]:
        """What the label tells: always the value, with ``stages`` or ``inventory`` also those; nothing of the rest."""
        data = self.model_dump(mode="json", exclude_none=True, exclude={"footprint", "neutrality", "disclose"})
        data |= {"kind": self.kind, "value": plain(self.value), "unit": "kgCO2e", "standard": self.footprint.standard}
        if self.disclose != "value":
            data["stages"] = {stage: plain(amount) for stage, amount in self.footprint.by_stage.items()}
        if self.disclose == "inventory":
            data["inventory"] = [flow.model_dump(mode="json", exclude_none=True) for flow in self.footprint.inventory or ()]
        if self.neutrality is not None:
            claim = self.neutrality.model_dump(mode="json", exclude_none=True, exclude={"credits", "quantity", "emissions"})
            if self.disclose != "inventory":
                claim["measures"] = [{k: v for k, v in one.items() if k != "reduction"} for one in claim["measures"]]
            held = sorted({credit.scheme for credit in self.neutrality.credits})
            data["neutrality"] = {**claim, "schemes": held, "rate": plain(cut(self.offset.rate)), "neutral": self.offset.neutral}
            if self.disclose == "inventory":
                data["neutrality"]["credits"] = [c.model_dump(mode="json", exclude_none=True) for c in self.neutrality.credits]
        return {key: _one_language(value) for key, value in data.items()}


def cut(rate: Decimal) -> Decimal:
    """A rate as labels show it: cut off, never rounded up, so that only a full rate reads 100 %."""
    return rate.quantize(Decimal(1).scaleb(-2 - label_rules().rate_decimals), ROUND_FLOOR)


def percent(rate: Decimal) -> str:
    """A rate in per cent, cut off."""
    return f"{plain((cut(rate) * 100).normalize())} %"


def significant(value: Decimal, digits: int) -> Decimal:
    """Rounded to significant digits, half to even (GB/T 8170)."""
    return Context(prec=digits).plus(value)


def plain(value: Decimal) -> str:
    """A decimal without exponent; trailing zeros that are significant stay."""
    return format(value, "f")


def must_withdraw(shown: Decimal, corrected: Decimal, threshold: Decimal) -> bool:
    """Whether a correction of the data is larger than the set share of the value shown."""
    return abs(corrected - shown) > threshold * shown


def read_label(data: Mapping[str, Any] | Document) -> Label:
    """A label from plain data or a read file. Raises FileError with every fault and its place."""
    document = data if isinstance(data, Document) else Document(dict(data), "label")
    label = files.validate(document, Label)
    problems = [f"{document.where(place)}: {message}" for place, message in _faults(label, label_rules())]
    if problems:
        raise FileError(problems)
    return label


def _faults(label: Label, rules: LabelRules) -> Iterator[tuple[Place, str]]:
    print_ = label.footprint
    if label.boundary not in rules.boundaries:
        yield ("boundary",), _unknown(label.boundary, rules.boundaries)
    else:
        allowed = rules.boundaries[label.boundary].stages
        for stage in print_.by_stage:
            if stage not in allowed:
                message = say("label.stage", stage=stage, boundary=label.boundary, allowed=", ".join(allowed))
                yield ("footprint",), message + did_you_mean(stage, allowed)
        if print_.by_stage and (left_out := [stage for stage in allowed if stage not in print_.by_stage]):
            yield ("footprint",), say("label.stages_missing", boundary=label.boundary, stages=", ".join(left_out))
    if print_.value is None and not print_.by_stage:
        yield ("footprint",), say("label.no_value")
    if print_.value is not None and print_.value != print_.total:
        yield ("footprint", "value"), say("label.disagree", value=print_.value, total=print_.total)
    if print_.inventory is not None and print_.stages is not None and print_.stages != print_.by_stage:
        yield ("footprint", "stages"), say("label.stages_disagree")
    if (label.disclose == "stages" and not print_.by_stage) or (label.disclose == "inventory" and not print_.inventory):
        yield ("disclose",), say("label.nothing_to_disclose", level=label.disclose)
    if label.valid_until < label.valid_from:
        yield ("valid_until",), say("label.validity")
    if label.approved.date > label.valid_from:
        yield ("approved", "date"), say("label.approved_late")
    if label.neutrality is not None:
        for place, message in _claim_faults(label, label.neutrality, rules):
            yield ("neutrality", *place), message


def _claim_faults(label: Label, claim: Neutrality, rules: LabelRules) -> Iterator[tuple[Place, str]]:
    standard = rules.standards.get(claim.standard)
    if standard is None:
        yield ("standard",), _unknown(claim.standard, rules.standards)
    elif standard.last_claim is not None and label.valid_from > standard.last_claim:
        yield ("standard",), say("label.withdrawn_standard", standard=claim.standard, date=standard.last_claim)
    if (claim.emissions is None) == (claim.quantity is None):
        yield (), say("label.claim_basis")
    elif label.emissions <= 0:
        yield (), say("label.no_claim")
    elif label.emissions * 1000 < label.footprint.total:
        yield ("emissions",), say("label.below_one_unit", emissions=label.emissions, footprint=label.footprint.total)
    for number, measure in enumerate(claim.measures):
        if measure.kind not in rules.measures:
            yield ("measures", number, "kind"), _unknown(measure.kind, rules.measures)
    holders = {label.manufacturer.name.zh, label.manufacturer.name.en}
    for number, credit in enumerate(claim.credits):
        place = ("credits", number)
        try:
            unit = offset(credit.scheme)
        except LedgerError as error:
            yield from (((*place, "scheme"), problem) for problem in error.problems)
            continue
        if credit.beneficiary not in holders:
            yield (*place, "beneficiary"), say("label.beneficiary", name=credit.beneficiary)
        if credit.retired > label.valid_from:
            yield (*place, "retired"), say("label.not_retired", date=credit.retired)
        months = standard.retire_within_months if standard else None
        if months is not None and credit.retired < months_before(label.valid_from, months):
            yield (*place, "retired"), say("label.retired_early", date=credit.retired, months=months)
        if credit.serials is not None:
            first, last = credit.serials
            if not 0 <= first <= last:
                yield (*place, "serials"), say("label.serials_backwards")
            elif (last - first + 1) * (unit.tonnes or 0) < credit.amount:
                yield (*place, "serials"), say("label.serials_few", units=last - first + 1, amount=credit.amount)
        for other, earlier in enumerate(claim.credits[:number]):
            if _overlap(credit, earlier):
                yield (*place, "serials"), say("label.serials_twice", other=other)


def _overlap(one: Credit, two: Credit) -> bool:
    """Whether units of one may be units of the other: a series that is not told may be any, equal entries without serials too."""
    if one.scheme != two.scheme or (one.series and two.series and one.series != two.series):
        return False
    if one.serials is None or two.serials is None:
        return one == two
    return one.serials[0] <= two.serials[1] and two.serials[0] <= one.serials[1]


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    return say("label.unknown", name=name, known=", ".join(known)) + did_you_mean(name, known)


def _one_language(value: Any) -> Any:
    """Titles that are equal in both languages as one text: a QR code has little room."""
    if isinstance(value, list):
        return [_one_language(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"zh", "en"} and value["zh"] == value["en"]:
        return value["zh"]
    return {key: _one_language(item) for key, item in value.items()}
