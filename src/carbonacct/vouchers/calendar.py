"""Days before and after another, within the calendar."""

from __future__ import annotations

from datetime import date, timedelta

from carbonacct.messages import say


def years_before(when: date, years: int) -> date:
    """The same day ``years`` earlier; 29 February becomes 28 February. Raises ValueError before year 1."""
    if when.year <= years:
        raise ValueError(say("voucher.before_calendar", date=when, years=years))
    try:
        return when.replace(year=when.year - years)
    except ValueError:
        return when.replace(year=when.year - years, day=28)


def days_after(when: date, days: int) -> date:
    """The day ``days`` later. Raises ValueError after year 9999."""
    try:
        return when + timedelta(days=days)
    except OverflowError:
        raise ValueError(say("voucher.after_calendar", date=when, days=days)) from None
