"""Points in time that the journal is read at: a row number, a day, a moment."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

from carbonacct.ledger.checks import is_whole, shown
from carbonacct.ledger.errors import LedgerError
from carbonacct.messages import say

AsOf = datetime | date | int | str | None
CHINA = timezone(timedelta(hours=8))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(_DAY.pattern + r"[T ][0-9]{2}:[0-9]{2}.*")
_LIKE_A_DAY = re.compile(r"(19|2[01])[0-9]{2}(0[1-9]|1[0-2])([0-2][0-9]|3[01])")


def row_or_moment(as_of: object) -> tuple[int | None, int | None]:
    """The row number or the moment meant (microseconds since 1970-01-01 UTC). A day means its end, China Standard Time.

    Raises LedgerError.
    """
    point = _read(as_of) if isinstance(as_of, str) else as_of
    if is_whole(point):
        return int(point), None
    if isinstance(point, date) and not isinstance(point, datetime):
        point = datetime.combine(point, time.max, CHINA)
    if not isinstance(point, datetime):
        raise LedgerError([say("ledger.as_of_form", text=shown(as_of))])
    if point.tzinfo is None:
        raise LedgerError([say("ledger.naive", time=point.isoformat())])
    return None, (point - EPOCH) // timedelta(microseconds=1)


def day_of(at: int) -> str:
    """The day of a moment in China, as 2024-04-30."""
    return (EPOCH + timedelta(microseconds=at)).astimezone(CHINA).date().isoformat()


def _read(text: str) -> int | date | None:
    # 20240430 is hardly meant as a row number
    if re.fullmatch("[0-9]{1,18}", text) and not _LIKE_A_DAY.fullmatch(text):
        return int(text)
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        return datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:
        return None
