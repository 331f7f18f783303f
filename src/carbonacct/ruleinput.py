"""Input files of the rule commands: plain data whose faults are named with their line, all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carbonacct.errors import FileError, InputError, NotFoundError
from carbonacct.messages import say
from carbonacct.schema import yaml
from carbonacct.units import did_you_mean


def unknown(message: str, name: Any, known: Iterable[str], /, **words: Any) -> str:
    """A message on a ``name`` that is none of the known, with the nearest of these."""
    return say(message, name=name, **words) + did_you_mean(str(name), known)


class Faults:
    """What is wrong with plain data, gathered so that one fault does not hide the others."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    @contextmanager
    def at(self, *place: str | int) -> Iterator[None]:
        """Record what the block is refused for, as ``key[0].key: fault``.

        A ValueError is a fault of what is at ``place``; the faults of an InputError begin with their key below it.
        """
        head = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")
        try:
            yield
        except InputError as error:
            self.problems += [f"{head}.{problem}" if place else problem for problem in error.problems]
        except ValueError as error:
            self.problems.append(f"{head}: {error}" if place else str(error))

    def settle(self) -> None:
        """Raise InputError with all faults, if there are any."""
        if self.problems:
            raise InputError(self.problems)


@dataclass(frozen=True)
class RuleInput:
    """A file that was read; within :meth:`locating` and :meth:`collecting`, faults of its values get their place."""

    document: yaml.Document
    data: dict[str, Any]
    problems: list[str] = field(default_factory=list)

    @contextmanager
    def locating(self, *place: str | int) -> Iterator[None]:
        """Turn InputError into FileError: a problem that begins with ``key: `` is put at that key below ``place``."""
        try:
            yield
        except InputError as error:
            raise FileError([self._located(place, problem) for problem in error.problems]) from None

    @contextmanager
    def collecting(self, *place: str | int) -> Iterator[None]:
        """Record what the block is refused for, with its place, and go on; :meth:`settle` raises it."""
        try:
            yield
        except InputError as error:
            self.problems.extend(self._located(place, problem) for problem in error.problems)
        except NotFoundError as error:
            self.problems.append(f"{self.document.where(place)}: {error}")

    def settle(self) -> None:
        """Raise FileError with all that was collected, if anything was."""
        if self.problems:
            raise FileError(self.problems)

    def _located(self, place: yaml.Place, problem: str) -> str:
        for step in problem.split(": ", 1)[0].replace("[", ".").replace("]", "").split("."):
            number = int(step) if step.isdecimal() and step.isascii() else step
            place = (*place, step if (*place, step) in self.document.places else number)
        return f"{self.document.where(place)}: {problem}"


def key_problems(
    document: yaml.Document,
    data: Mapping[str, Any],
    needed: Mapping[str, type],
    optional: Sequence[str] | Mapping[str, type] = (),
) -> list[str]:
    """Keys of a file that are unknown, missing, or of another kind than ``needed`` and ``optional`` say, with their places."""
    problems = []
    known = [*needed, *optional]
    for key in data:
        if key not in known:
            problems.append(f"{document.where((key,))}: {unknown('input.file_key', key, known, key=key)}")
    for key in needed:
        if data.get(key) is None:
            problems.append(f"{document.where((key,) if key in data else ())}: {say('input.file_missing', key=key)}")
    kinds = {**needed, **(optional if isinstance(optional, Mapping) else {})}
    for key, kind in kinds.items():
        if data.get(key) is not None and not isinstance(data[key], kind):
            expected = say(f"type.{kind.__name__}")
            problems.append(f"{document.where((key,))}: {say('input.file_type', key=key, expected=expected)}")
    return problems


def read(path: Path, needed: Mapping[str, type], optional: Sequence[str] | Mapping[str, type] = ()) -> RuleInput:
    """Read a file with the keys ``needed`` and perhaps ``optional``, of their kinds. Raises FileError with all problems."""
    found = sound(path, needed, optional)
    found.settle()
    return found


def sound(path: Path, needed: Mapping[str, type], optional: Sequence[str] | Mapping[str, type] = ()) -> RuleInput:
    """A file with its sound keys only; what is wrong with the others is collected, for faults of the values to be added.

    Raises FileError where the file cannot be read or is no mapping.
    """
    document = yaml.load(path)
    data = document.data
    if not isinstance(data, dict):
        raise FileError([f"{document.where(())}: {say('yaml.not_mapping')}"])
    kinds = {**needed, **(optional if isinstance(optional, Mapping) else dict.fromkeys(optional, object))}
    kept = {key: value for key, value in data.items() if value is not None and isinstance(value, kinds.get(key, ()))}
    return RuleInput(document, kept, key_problems(document, data, needed, optional))
