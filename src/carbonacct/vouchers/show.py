"""Voucher rules as text."""

from __future__ import annotations

from carbonacct.messages import say
from carbonacct.vouchers.facts import text
from carbonacct.vouchers.rules import Rules


def rules_text(rules: Rules) -> str:
    """Types, parameters, rules with clause and evidence, and what is not known."""
    model = rules.model
    lines = [f"{text(model.title)} ({model.id} {model.version}), {text(model.issuer)}", ""]
    lines += [f"  {key:<24} {kind.face_value:>6} CNY  {text(kind.title)}: {text(kind.pays)}" for key, kind in model.types.items()]
    lines.append("")
    for name, parameter in model.parameters.items():
        value = say("voucher.not_known") if rules.parameters[name] is None else rules.parameters[name]
        lines.append(f"  {name:<24} {value!s:>10}  {text(parameter.title)} [{say('evidence.' + rules.evidence(parameter))}]")
    lines.append("")
    for rule in (*model.eligibility, *model.redemption):
        clause = say("voucher.clause", clause=rule.clause) if rule.clause else say("voucher.no_clause")
        lines.append(f"  {rule.id} {rule.code:<20} {text(rule.title)} [{clause}; {say('evidence.' + rules.evidence(rule))}]")
    return "\n".join([*lines, "", *(f"? {question}" for question in model.open_questions)])
