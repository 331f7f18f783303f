"""Errors of this library. Every message names a place, what was expected, and the nearest valid name."""

from __future__ import annotations

from collections.abc import Iterable


class CarbonacctError(Exception):
    """Base of every error that is the input's fault; the command line shows its text and exits with 2."""


class UnitError(CarbonacctError, ValueError):
    """A unit that does not exist or whose dimension does not fit."""


class ExpressionError(CarbonacctError, ValueError):
    """A formula outside the expression language."""


class NotFoundError(CarbonacctError, KeyError):
    """No methodology, table, row or symbol of that name."""

    def __str__(self) -> str:
        return str(self.args[0])


class FileError(CarbonacctError, ValueError):
    """All the errors found in files, each with file:line:column."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class MissingExtraError(CarbonacctError, ImportError):
    """A package that an optional part of the library needs is not installed; the message says how to install it."""


class InputError(CarbonacctError, ValueError):
    """All the errors found in a calculation's inputs, each with its stream, line and symbol."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))
