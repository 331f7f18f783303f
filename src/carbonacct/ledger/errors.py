"""Errors of the ledger."""

from __future__ import annotations

from collections.abc import Iterable

from carbonacct.errors import CarbonacctError

# what reading a row causes that others have tampered with
FOREIGN = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


class LedgerError(CarbonacctError, ValueError):
    """The ledger refuses: all the reasons found, each with its place. Nothing of the batch has been recorded."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class StorageError(LedgerError):
    """The database cannot be reached, read or written; its own error is the cause.

    Where the connection broke while a row was written, only the journal tells whether it has been recorded.
    """
