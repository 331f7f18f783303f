"""What the values of an entry must be. Each check notes its problem under the value's key, so that all are said at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from numbers import Integral
from typing import Any, TypeGuard, TypeVar

from carbonacct.exact import as_date, as_decimal
from carbonacct.ledger.chain import canonical
from carbonacct.ledger.errors import LedgerError
from carbonacct.messages import say
from carbonacct.schema import tables
from carbonacct.units import did_you_mean

T = TypeVar("T")
GRAM = Decimal("0.000001")
LARGEST = 2**63 - 1
DEEPEST = 32  # levels of details
TOLERANCE = Decimal("0.01")  # t, between a total and the sum of its gases (reference, I02)
GROUPS = ("HFCs", "PFCs", "CO2e")  # what reports state in place of single gases
CORRECTS = "corrects"  # in details: the row that an entry is recorded in place of (Ledger.correct)
MISSING: Any = object()  # an argument that is required and was not given


class Written(float):
    """A number from a file that remembers its digits: a float keeps no more than sixteen."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> Written:
        made = super().__new__(cls, text)
        made.text = text
        return made


class Checks:
    """Collects what is wrong with an entry."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def note(self, key: str, problem: str) -> None:
        self.problems.append(f"{key}: {problem}")

    def given(self, key: str, value: object) -> bool:
        """Whether there is a value at all."""
        if value is MISSING:
            self.problems.append(say("ledger.entry_missing", key=key))
        return value is not MISSING

    def call(self, key: str, check: Callable[[Any], T], value: Any) -> T | None:
        """The outcome of a check that raises LedgerError; None if it did."""
        if not self.given(key, value):
            return None
        try:
            return check(value)
        except LedgerError as error:
            for problem in error.problems:
                self.note(key, problem)
            return None

    def amount(self, key: str, value: Any) -> int:
        """Tonnes as whole grams; 0 with a problem noted if it is no amount."""
        return self.call(key, grams_of, value) or 0

    def day(self, key: str, value: Any) -> date | None:
        return self.call(key, check_day, value)

    def year(self, key: str, value: Any) -> int | None:
        return self.call(key, check_year, value)

    def line(self, key: str, value: Any) -> None:
        self.call(key, check_line, value)

    def details(self, given: Any, reserved: Iterable[str]) -> dict[str, Any]:
        """Details as plain data; ``reserved`` are the keys that the ledger itself writes."""
        if given is None:
            return {}
        if not isinstance(given, Mapping) or not all(isinstance(key, str) for key in given):
            self.note("details", say("ledger.mapping", value=shown(given)))
            return {}
        for key in (CORRECTS, *reserved):
            if key in given:
                self.note("details", say("ledger.reserved", key=key))
        try:
            canonical(given).encode("utf-8")
            if _levels(given) > DEEPEST:
                raise RecursionError
        except RecursionError:
            self.note("details", say("ledger.deep", limit=DEEPEST))
        except (ValueError, TypeError) as error:  # NaN, half a character, a list within itself
            self.problems.append(say("ledger.details", reason=error))
        return dict(given)

    def gases(self, given: Any, total: int) -> dict[str, Decimal]:
        """Tonnes of CO2e by gas; together the total."""
        if not isinstance(given, Mapping) or not given:
            self.note("by_gas", say("ledger.mapping", value=shown(given)))
            return {}
        before = len(self.problems)
        known = tables.load("gwp/ipcc").rows
        for gas in given:
            if gas not in known and gas not in GROUPS:
                self.note("by_gas", unknown("ledger.gas", gas, [*known, *GROUPS], listed=False))
        gases = {str(gas): tonnes(self.amount(f"by_gas {shown(gas)}", value)) for gas, value in given.items()}
        if len(self.problems) == before and abs(sum(gases.values()) - tonnes(total)) > TOLERANCE:
            self.note("by_gas", say("ledger.gases", total=tonnes(total), sum=sum(gases.values())))
        return gases

    def finish(self) -> None:
        if self.problems:
            raise LedgerError(self.problems)


def tonnes(grams: int) -> Decimal:
    """Grams as tonnes, exactly."""
    return Decimal(grams).scaleb(-6)


def grams_of(value: Any) -> int:
    """Tonnes as whole grams, rounded half to even. Raises LedgerError if it is no amount."""
    try:
        exact = _exact(value)
        if exact.is_finite() and exact >= 0 and (grams := int(exact.quantize(GRAM, ROUND_HALF_EVEN).scaleb(6))) <= LARGEST:
            return grams
    except (ValueError, ArithmeticError):
        pass
    raise LedgerError([say("ledger.amount", amount=shown(value))])


def _exact(value: Any) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, float):
        return Decimal(value.text if isinstance(value, Written) else repr(float(value)))
    return as_decimal(int(value) if is_whole(value) else value, None)


def check_day(value: Any) -> date:
    """A day given as a date or as text. Raises LedgerError."""
    try:
        return as_date(value)
    except ValueError:
        raise LedgerError([say("ledger.day", day=shown(value))]) from None


def check_year(period: Any) -> int:
    """The year. Raises LedgerError if it is none."""
    if not is_whole(period) or not 1900 <= period <= 2200:
        raise LedgerError([say("ledger.period", period=shown(period))])
    return int(period)


def check_row(seq: Any) -> int:
    """The number of a row. Raises LedgerError if it cannot be one."""
    if not is_whole(seq) or not 1 <= seq <= LARGEST:
        raise LedgerError([say("ledger.no_entry", seq=shown(seq))])
    return int(seq)


def check_line(text: Any) -> str:
    """A text of one line that every database can hold, without spaces around it. Raises LedgerError."""
    if not isinstance(text, str) or len(text) > 200 or not text.isprintable() or text != text.strip():
        raise LedgerError([say("ledger.line")])
    return text


def is_whole(value: object) -> TypeGuard[int]:
    """Whether it is a whole number, of Python or NumPy; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def shown(value: object) -> str:
    """A value for a message: short, and printable anywhere."""
    try:
        text = str(value)
    except (ValueError, RecursionError):  # more digits than Python writes
        text = type(value).__name__
    text = text if len(text) <= 60 else text[:59] + "…"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def unknown(message: str, name: Any, known: Iterable[str], listed: bool = True) -> str:
    """The message that there is nothing of that name, with the nearest that there is."""
    names = list(known)
    words = {"name": shown(name), **({"known": ", ".join(names)} if listed else {})}
    return say(message, **words) + did_you_mean(words["name"], names)


def _levels(data: Any) -> int:
    """How deep data is nested, no deeper than a little more than is allowed."""
    level, layer = 0, [data]
    while layer and level <= DEEPEST:
        level += 1
        layer = [
            inner
            for outer in layer
            if isinstance(outer, Mapping | list | tuple)
            for inner in (outer.values() if isinstance(outer, Mapping) else outer)
        ]
    return level
