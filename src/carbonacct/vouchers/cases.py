"""The cases that a file of voucher rules carries, run."""

from __future__ import annotations

from carbonacct.schema.rulefile import differing
from carbonacct.vouchers.decision import decide
from carbonacct.vouchers.rules import Case, Rules


def run(rules: Rules, case: Case) -> tuple[int, list[str]]:
    """How many values a case expects, and what is decided otherwise. Raises InputError where the facts cannot be read."""
    found = decide({**rules.model.case_defaults, **case.facts}, rules)
    return differing([("codes", case.codes, found.codes), ("amount", case.amount, str(found.amount))])
