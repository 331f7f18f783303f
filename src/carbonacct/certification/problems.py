"""Problems that know the key of the file which they are about."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from carbonacct.errors import FileError, InputError, NotFoundError
from carbonacct.schema import yaml


class Problem(str):
    """A message, and the place of what it is about in the data that was given."""

    __slots__ = ("place",)
    place: yaml.Place

    def __new__(cls, message: str, *place: str | int) -> Problem:
        made = super().__new__(cls, message)
        made.place = place
        return made


def located(document: yaml.Document, error: InputError | NotFoundError, *otherwise: str) -> FileError:
    """The problems of an error with their places in a file; those that know none are put at ``otherwise``."""
    problems: Iterable[str] = error.problems if isinstance(error, InputError) else [str(error)]
    return FileError([f"{document.where(getattr(problem, 'place', otherwise))}: {problem}" for problem in problems])


def as_typed(value: Any) -> str:
    """A value as it would be written in a file, for a message."""
    if isinstance(value, str):
        return value[:60]
    try:
        return json.dumps(value, ensure_ascii=False)[:60]
    except (TypeError, ValueError):
        return str(value)[:60]
