"""Days before and after another, within the calendar."""

from __future__ import annotations

from datetime import date, timedelta

from carbonacct.exact import months_before
from carbonacct.messages import say


def years_before(when: date, years: int) -> date:
    """The same day ``years`` earlier; 29 February becomes 28 February. Raises ValueError before year 1."""
    if when.year <= years:
        raise ValueError(say("voucher.before_calendar", date=when, years=years))
    return months_before(when, 12 * years)


def days_after(when: date, days: int) -> date:
    """The day ``days`` later. Raises ValueError after year 9999."""
    try:
        return when + timedelta(days=days)
    except OverflowError:
        raise ValueError(say("voucher.after_calendar", date=when, days=days)) from None
