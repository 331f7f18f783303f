"""Decisions with their reasons: every rule is tested, the first that fails leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from carbonacct.exact import exact, fen
from carbonacct.expressions.tree import Node, names
from carbonacct.messages import say
from carbonacct.schema.models import Title
from carbonacct.vouchers.facts import Facts, number, plain, read_facts, text
from carbonacct.vouchers.rules import Document, Rule, Rules, load_rules


@dataclass(frozen=True)
class Reason:
    """One rule's verdict: whether it holds, on which values, by which clause and source."""

    rule: str
    code: str
    title: Title
    passed: bool
    values: Mapping[str, Any]
    clause: str | None
    evidence: str
    sources: tuple[str, ...]
    note: str | None = None

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
            "note": self.note,
        }

    def __str__(self) -> str:
        values = ", ".join(f"{name} = {'—' if value is None else plain(value)}" for name, value in self.values.items())
        clause = say("voucher.clause", clause=self.clause) if self.clause else say("voucher.no_clause")
        mark = "✓" if self.passed else "✗"
        return f"{mark} {self.rule} {text(self.title)} ({values}) [{clause}; {say(f'evidence.{self.evidence}')}]"


@dataclass(frozen=True)
class Decision:
    """The outcome of an application or a redemption.

    codes: the failing rules' codes in the order of tests, empty where it is granted. amount: what would be or is paid, in CNY
    with two decimals, 0 where it is refused. documents: the checklist with what was brought. effect: whether a
    carbon-reduction effect is shown (None where it does not matter or cannot be told); recorded only.
    """

    rules: str
    version: str
    type: str
    type_title: Title
    face_value: Decimal
    amount: Decimal
    reasons: tuple[Reason, ...]
    documents: Mapping[str, bool] = field(default_factory=dict)
    effect: bool | None = None

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
            "documents": dict(self.documents),
            "reasons": [reason.to_dict() for reason in self.reasons],
        }

    def __str__(self) -> str:
        head = say("voucher.granted" if self.ok else "voucher.refused", type=text(self.type_title), amount=f"{self.amount:,}")
        missing = [name for name, brought in self.documents.items() if not brought]
        papers = [say("voucher.documents", names="、".join(missing))] if missing else []
        return "\n".join([head, *(f"  {reason}" for reason in self.reasons), *papers])


def decide(application: Mapping[str, Any], rules: Rules | None = None) -> Decision:
    """Test an application against the rules.

    ``application`` tells the facts of the rules file by key (dates as ISO text or date, money in CNY, options by key,
    Chinese or English name) and may list the ``documents`` brought. Raises InputError with all faults.
    """
    rules = rules or load_rules()
    return decide_facts(
        rules, read_facts(rules.model, rules.model.facts, application, ("documents",)), application.get("documents")
    )


def decide_facts(rules: Rules, facts: Facts, documents: Any = None) -> Decision:
    """The decision on facts already read."""
    scope = {**rules.parameters, **facts, "face_value": rules.face_value(facts["type"])}
    scope["violation_window_start"] = years_before(facts["apply_date"], rules.parameter("violation_years"))
    reasons = verdicts(rules, rules.model.eligibility, scope)
    return decision(rules, facts["type"], scope, reasons, checklist(rules.model.documents.application, facts["type"], documents))


def decision(
    rules: Rules, kind: str, scope: Facts, reasons: tuple[Reason, ...], documents: Mapping[str, bool], effect: bool | None = None
) -> Decision:
    """A decision with the amount that the reasons allow."""
    amount = Decimal("0.00")
    if all(reason.passed for reason in reasons):
        amount = fen(exact(rules.formulas["subsidy"], {name: number(value) for name, value in scope.items()}))
    model = rules.model
    title = model.types[kind].title
    return Decision(model.id, model.version, kind, title, rules.face_value(kind), amount, reasons, documents, effect)


def verdicts(rules: Rules, tests: list[Rule], scope: Facts) -> tuple[Reason, ...]:
    """Each rule's verdict on the values in ``scope``. Raises InputError where a parameter it needs is not known."""
    values = {name: number(value) for name, value in scope.items()}
    found = []
    for rule in tests:
        node = rules.formulas[rule.id]
        for name in used(node):
            if name in rules.parameters:
                rules.parameter(name)
        found.append(
            Reason(
                rule.id,
                rule.code,
                rule.title,
                bool(exact(node, values)),
                {name: scope[name] for name in used(node)},
                rule.clause,
                rules.evidence(rule),
                tuple(rules.model.sources[key].title for key in rule.source or rules.model.source),
                str(rule.note) if rule.note else None,
            )
        )
    return tuple(found)


def used(node: Node) -> list[str]:
    """The names a formula speaks of."""
    return [name.name for name in names(node)]


def checklist(papers: list[Document], kind: str, brought: Any) -> dict[str, bool]:
    """The papers a type needs, by name, and whether each is among those brought."""
    given = {str(name) for name in brought or ()}
    return {text(paper): bool(given & {paper.zh, paper.en}) for paper in papers if kind in (paper.for_types or [kind])}


def years_before(when: date, years: int) -> date:
    """The same day ``years`` earlier; 29 February becomes 28 February."""
    try:
        return when.replace(year=when.year - years)
    except ValueError:
        return when.replace(year=when.year - years, day=28)
