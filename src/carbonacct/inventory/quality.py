"""Data-quality scores of inventory practice; scores and levels are data (factors/inventory)."""

from __future__ import annotations

from collections.abc import Iterable

from carbonacct.errors import InputError
from carbonacct.messages import say
from carbonacct.schema import tables
from carbonacct.units import did_you_mean

PARTS = ("activity", "calibration", "factor")


def score(activity: str, calibration: str, factor: str) -> float:
    """The mean of the three scores, 1 to 6. Arguments are rows of ``inventory/data-quality`` (key or name). Raises InputError."""
    table = tables.load("inventory/data-quality")
    values, problems = [], []
    for part, name in zip(PARTS, (activity, calibration, factor), strict=True):
        known = {key: row for key, row in table.rows.items() if row.cells[part].value is not None}
        key = table.find(name)
        if key is None or key not in known:
            text = say("inventory.quality", part=part, given=name, known=", ".join(known))
            problems.append(text + did_you_mean(name, known))
        else:
            values.append(known[key].cells[part].value or 0.0)
    if problems:
        raise InputError(problems)
    return sum(values) / len(PARTS)


def weighted_score(sources: Iterable[tuple[float, float]]) -> float:
    """The mean of (score, emissions) weighted by emissions. Raises ZeroDivisionError without emissions."""
    pairs = list(sources)
    return sum(points * emissions for points, emissions in pairs) / sum(emissions for _, emissions in pairs)


def level(points: float) -> int:
    """The data-quality level of a score, 1 (best) to 5."""
    rows = tables.load("inventory/practice").rows
    return next((number for number in (1, 2, 3, 4) if points >= (rows[f"level_{number}"].cells["value"].value or 0.0)), 5)
