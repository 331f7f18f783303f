"""The cases that a worksheet's file carries, run."""

from __future__ import annotations

from carbonacct.finance.worksheet import Case, Worksheet, estimate
from carbonacct.schema.rulefile import differing


def run(sheet: Worksheet, case: Case) -> tuple[int, list[str]]:
    """How many values a case expects, and what the worksheet gives otherwise. Raises InputError where the inputs cannot be read."""
    found = estimate(sheet.id, case.inputs)
    values = {line.name: line.value for line in found.lines}
    pairs = [(key, value, values.get(key)) for key, value in case.values.items()]
    return differing([*pairs, ("amount", case.amount, str(found.amount))])
