"""Input files of the rule commands: plain data whose faults are named with their line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carbonacct.errors import FileError, InputError
from carbonacct.messages import say
from carbonacct.schema import yaml
from carbonacct.units import nearest


@dataclass(frozen=True)
class RuleInput:
    """A read file; within :meth:`locating`, faults of its values get their place."""

    document: yaml.Document
    data: dict[str, Any]

    @contextmanager
    def locating(self, *place: str | int) -> Iterator[None]:
        """Turn InputError into FileError: a problem that begins with ``key: `` is put at that key below ``place``."""
        try:
            yield
        except InputError as error:
            raise FileError([f"{self._where(place, problem)}: {problem}" for problem in error.problems]) from None

    def _where(self, place: yaml.Place, problem: str) -> str:
        head = problem.split(": ", 1)[0]
        steps = tuple(int(step) if step.isdigit() else step for step in head.replace("[", ".").replace("]", "").split("."))
        return self.document.where((*place, *steps))

    def split(self, item: Any, key: str) -> tuple[str, dict[str, Any]]:
        """A text that must be there, and the rest of its mapping. Raises InputError."""
        if not isinstance(item, dict):
            raise InputError([say("yaml.not_mapping")])
        if item.get(key) is None:
            raise InputError([say("schema.missing_key", key=key)])
        return str(item[key]), {name: value for name, value in item.items() if name != key}


def key_problems(
    document: yaml.Document, data: Mapping[str, Any], needed: Mapping[str, type], optional: Sequence[str]
) -> list[str]:
    """Keys of a file that are unknown, missing or of another kind than ``needed`` says, each with its place."""
    problems = []
    known = [*needed, *optional]
    for key in data:
        if key not in known:
            hint = nearest(str(key), known)
            message = say("input.file_key", key=key) + (say("hint.nearest", name=hint) if hint else "")
            problems.append(f"{document.where((key,))}: {message}")
    for key, kind in needed.items():
        if data.get(key) is None:
            problems.append(f"{document.where((key,) if key in data else ())}: {say('input.file_missing', key=key)}")
        elif not isinstance(data[key], kind):
            expected = say(f"type.{kind.__name__}")
            problems.append(f"{document.where((key,))}: {say('input.file_type', key=key, expected=expected)}")
    return problems


def read(path: Path, needed: Mapping[str, type], optional: Sequence[str] = ()) -> RuleInput:
    """Read a file with the keys ``needed`` (and their kinds) and perhaps ``optional``. Raises FileError with all problems."""
    document = yaml.load(path)
    data = document.data
    if not isinstance(data, dict):
        raise FileError([f"{document.where(())}: {say('yaml.not_mapping')}"])
    problems = key_problems(document, data, needed, optional)
    if problems:
        raise FileError(problems)
    return RuleInput(document, data)
