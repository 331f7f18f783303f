"""Voucher rules and registers as text."""

from __future__ import annotations

from carbonacct.messages import say
from carbonacct.schema.models import Sourced
from carbonacct.vouchers.rules import Rules
from carbonacct.vouchers.shape import Document
from carbonacct.vouchers.voucher import Voucher
from carbonacct.vouchers.wording import text


def rules_text(rules: Rules) -> str:
    """Types, parameters, rules with clause and evidence, states, checklists, and what is not known."""
    model = rules.model
    lines = [f"{text(model.title)} ({model.id} {model.version}), {text(model.issuer)}"]

    def section(rows: list[tuple[str, Sourced]]) -> None:
        lines.append("")
        for row, item in rows:
            lines.append(f"  {row} [{say('evidence.' + rules.evidence(item))}]")
            if item.note:
                lines.append(f"      {text(item.note)}")

    section(
        [
            (f"{text(one.title)}{say('voucher.colon')}{say('voucher.not_known') if one.value is None else text(one.value)}", one)
            for one in model.background.values()
        ]
    )
    lines.append("")
    for key, kind in model.types.items():
        pays = f"{text(kind.title)}{say('voucher.colon')}{text(kind.pays)}"
        lines.append(f"  {key:<24} {kind.face_value:>6} CNY  {pays} [{say('evidence.' + rules.evidence(kind))}]")
        if kind.precondition:
            lines.append(f"      {say('voucher.presupposed', text=text(kind.precondition))}")
    values = {key: say("voucher.not_known") if value is None else value for key, value in rules.parameters.items()}
    section([(f"{key:<24} {values[key]!s:>10}  {text(one.title)}", one) for key, one in model.parameters.items()])
    lines.append("")
    for rule in (*model.eligibility, *model.redemption):
        clause = say("voucher.clause", clause=rule.clause) if rule.clause else say("voucher.no_clause")
        lines.append(f"  {rule.id} {rule.code:<20} {text(rule.title)} [{clause}; {say('evidence.' + rules.evidence(rule))}]")
        if rule.note:
            lines.append(f"      {text(rule.note)}")
    subsidy = model.subsidy
    section(
        [
            (f"{text(subsidy.title)}{say('voucher.colon')}{subsidy.formula}", subsidy),
            (text(subsidy.rounding.title), subsidy.rounding),
            (text(model.effect.title), model.effect),
        ]
    )
    titles = {key: text(state.title) for key, state in model.states.items()}
    comma = say("voucher.comma")
    section(
        [
            (f"{key:<10} {titles[key]} → {comma.join(titles[one] for one in state.next) or '—'}", state)
            for key, state in model.states.items()
        ]
    )
    papers = model.documents
    section(
        [
            (say(f"voucher.papers_{stage}", names=comma.join(_paper(rules, paper) for paper in asked)), papers)
            for stage, asked in (("application", papers.application), ("redemption", papers.redemption))
        ]
    )
    return "\n".join([*lines, "", *(f"? {text(question)}" for question in model.open_questions)])


def _paper(rules: Rules, paper: Document) -> str:
    """A paper with the types that it is for, where it is not for all."""
    types = say("voucher.comma").join(text(rules.model.types[kind].title) for kind in paper.for_types)
    return f"{text(paper)} ({types})" if types else text(paper)


def vouchers_text(rules: Rules, vouchers: list[Voucher]) -> str:
    """Vouchers, one a line: id, applicant, type, state with its date, last day, and what was paid."""
    if not vouchers:
        return say("voucher.none")
    rows = []
    for voucher in vouchers:
        state, since = voucher.history[-1]
        said = {
            "id": voucher.id,
            "entity": voucher.entity,
            "type": text(rules.model.types[voucher.type].title),
            "state": text(rules.model.states[state].title),
            "since": since,
            "until": voucher.valid_until,
            "paid": "—" if voucher.paid is None else f"{voucher.paid:,}",
        }
        rows.append(say("voucher.row", **said))
    return "\n".join(rows)
