"""Decisions with their reasons: every rule is tested, the first that fails leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from carbonacct.exact import exact, fen
from carbonacct.expressions.tree import Node, names
from carbonacct.messages import say
from carbonacct.ruleinput import Faults
from carbonacct.schema.models import Title
from carbonacct.vouchers.calendar import years_before
from carbonacct.vouchers.facts import Facts, Papers, Told, number, plain, read_told
from carbonacct.vouchers.rules import Rules, load_rules
from carbonacct.vouchers.shape import Rule
from carbonacct.vouchers.wording import both, option_of, text, title_of


@dataclass(frozen=True)
class Reason:
    """One rule's verdict: whether it holds, on which values, by which clause and source, and how the rule is read (note).

    words: what the values are called, and the options among them, for texts.
    """

    rule: str
    code: str
    title: Title
    passed: bool
    values: Mapping[str, Any]
    clause: str | None
    evidence: str
    sources: tuple[str, ...]
    note: Title | str | None = None
    words: Mapping[str, tuple[Title, Title | None]] = field(default_factory=dict, repr=False)

    def to_dict(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "code": self.code,
            "title": {"zh": self.title.zh, "en": self.title.en},
            "passed": self.passed,
            "values": {name: plain(value) for name, value in self.values.items()},
            "clause": self.clause,
            "evidence": self.evidence,
            "sources": list(self.sources),
            "note": in_json(self.note),
        }

    def __str__(self) -> str:
        values = say("voucher.comma").join(self._value(name) for name in self.values)
        clause = say("voucher.clause", clause=self.clause) if self.clause else say("voucher.no_clause")
        mark = "✓" if self.passed else "✗"
        verdict = f"{mark} {self.rule} {text(self.title)} ({values}) [{clause}; {say(f'evidence.{self.evidence}')}]"
        return f"{verdict}\n      {text(self.note)}" if self.note else verdict

    def _value(self, name: str) -> str:
        value = self.values[name]
        title, option = self.words.get(name, (name, None))
        return f"{text(title)} = {'—' if value is None else text(option) if option else plain(value)}"


@dataclass(frozen=True)
class Decision:
    """The outcome of an application or a redemption.

    codes: the failing rules' codes in the order of tests, empty where it is granted. amount: what would be or is paid, in CNY
    with two decimals, 0 where it is refused. papers: the checklist with what was brought, and how well the list is
    evidenced. effect: whether a carbon-reduction effect is shown (None where it does not matter or cannot be told); recorded
    only. notes: what else the reader must know, beside the reasons.
    """

    rules: str
    version: str
    type: str
    type_title: Title
    face_value: Decimal
    amount: Decimal
    reasons: tuple[Reason, ...]
    papers: Papers = ()
    documents_evidence: str = "unconfirmed"
    effect: bool | None = None
    notes: tuple[Title, ...] = ()

    @property
    def documents(self) -> dict[str, bool]:
        """The papers of the checklist by name, and whether each was brought."""
        return {text(paper): brought for paper, brought in self.papers}

    @property
    def ok(self) -> bool:
        return all(reason.passed for reason in self.reasons)

    @property
    def codes(self) -> list[str]:
        return [reason.code for reason in self.reasons if not reason.passed]

    @property
    def leading(self) -> Reason | None:
        """The first rule that fails."""
        return next((reason for reason in self.reasons if not reason.passed), None)

    def to_dict(self) -> dict[str, Any]:
        return {
            "rules": self.rules,
            "version": self.version,
            "type": self.type,
            "ok": self.ok,
            "codes": self.codes,
            "amount": str(self.amount),
            "face_value": str(self.face_value),
            "currency": "CNY",
            "effect": self.effect,
            "documents": self.documents,
            "documents_evidence": self.documents_evidence,
            "notes": [in_json(note) for note in self.notes],
            "reasons": [reason.to_dict() for reason in self.reasons],
        }

    def __str__(self) -> str:
        head = say("voucher.granted" if self.ok else "voucher.refused", type=text(self.type_title), amount=f"{self.amount:,}")
        missing = [name for name, brought in self.documents.items() if not brought]
        evidence = say(f"evidence.{self.documents_evidence}")
        papers = [say("voucher.documents", names=say("voucher.comma").join(missing), evidence=evidence)] if missing else []
        return "\n".join(
            [head, *(f"  {reason}" for reason in self.reasons), *papers, *(f"  {text(note)}" for note in self.notes)]
        )


def in_json(note: Title | str | None) -> Any:
    """A note in both languages; a text of one language as it is."""
    return {"zh": note.zh, "en": note.en} if isinstance(note, Title) else note


def decide(application: Mapping[str, Any], rules: Rules | None = None) -> Decision:
    """Test an application against the rules.

    ``application`` tells the facts of the rules file by key (dates as ISO text or date, money in CNY, options by key,
    Chinese or English name) and may list the ``documents`` brought. Raises InputError with all faults.
    """
    rules = rules or load_rules()
    return decide_told(rules, read_application(rules, application))


def read_application(rules: Rules, application: Mapping[str, Any], also: tuple[str, ...] = ()) -> Told:
    """What an application tells; ``also`` are keys meant for others. Raises InputError with all faults."""
    model = rules.model
    return read_told(model, model.facts, model.documents.application, application, also=also)


def decide_told(rules: Rules, told: Told) -> Decision:
    """The decision on an application already read. Raises InputError where a parameter or date does not allow one."""
    facts = told.facts
    years = rules.parameter("violation_years")
    faults = Faults()
    with faults.at("apply_date"):
        start = years_before(facts["apply_date"], years)
    faults.settle()
    scope = {**rules.parameters, **facts, "face_value": rules.face_value(facts["type"]), "violation_window_start": start}
    made = decision(rules, facts["type"], scope, rules.model.eligibility, told)
    presupposed = rules.model.types[made.type].precondition
    return with_notes(made, both("voucher.presupposed", text=presupposed)) if presupposed and made.ok else made


def decision(rules: Rules, kind: str, scope: Facts, tests: list[Rule], told: Told) -> Decision:
    """The verdicts of the rules on the values in ``scope``, and the amount that they allow."""
    model = rules.model
    formula = rules.formulas["subsidy"]
    require(rules, formula)
    payable = fen(exact(formula, {name: number(value) for name, value in scope.items()}))
    reasons = verdicts(rules, tests, {**scope, "amount": payable})
    ok = all(reason.passed for reason in reasons)
    rounding = model.subsidy.rounding
    made = Decision(
        model.id,
        model.version,
        kind,
        model.types[kind].title,
        rules.face_value(kind),
        payable if ok else Decimal("0.00"),
        reasons,
        told.papers,
        rules.evidence(model.documents),
    )
    return with_notes(made, graded(rounding.title, rules.evidence(rounding))) if ok else made


def verdicts(rules: Rules, tests: list[Rule], scope: Facts) -> tuple[Reason, ...]:
    """Each rule's verdict on the values in ``scope``. Raises InputError where a parameter it needs is not known."""
    values = {name: number(value) for name, value in scope.items()}
    model = rules.model
    found = []
    for rule in tests:
        node = rules.formulas[rule.id]
        require(rules, node)
        found.append(
            Reason(
                rule.id,
                rule.code,
                rule.title,
                bool(exact(node, values)),
                {name: scope[name] for name in used(node)},
                rule.clause,
                rules.evidence(rule),
                tuple(model.sources[key].title for key in rule.source or model.source),
                rule.note,
                {name: (title_of(model, name), option_of(model, name, scope[name])) for name in used(node)},
            )
        )
    return tuple(found)


def require(rules: Rules, node: Node) -> None:
    """Raise InputError where a formula speaks of a parameter that is not known."""
    for name in used(node):
        if name in rules.parameters:
            rules.parameter(name)


def used(node: Node) -> list[str]:
    """The names a formula speaks of."""
    return [name.name for name in names(node)]


def graded(title: Title, evidence: str) -> Title:
    """A statement with how well it is evidenced."""
    return both("voucher.graded", text=title, evidence=both(f"evidence.{evidence}"))


def with_notes(made: Decision, *notes: Title) -> Decision:
    """A decision with more notes."""
    return replace(made, notes=(*made.notes, *notes))
