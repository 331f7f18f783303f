"""Files of rules that are no methodologies (scoring, ledger, vouchers, labels, loans): what they have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from math import isclose
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from carbonacct.errors import FileError
from carbonacct.messages import say
from carbonacct.schema import files, paths, yaml
from carbonacct.schema.models import Evidence, Source, Sourced, StrList, Text, Title
from carbonacct.units import did_you_mean

R = TypeVar("R", bound="RuleFile")


class RuleFile(Sourced):
    """The head of a file of rules: every rule without evidence of its own has the file's."""

    id: str
    version: str
    title: Title
    evidence: Evidence
    source: StrList
    sources: dict[str, Source]
    open_questions: list[Text | Title] = Field(default_factory=list)


def read(path: Path, model: type[R], name: str | None = None) -> tuple[R, yaml.Document, list[str]]:
    """A file of rules, and what is wrong with its head: an id other than ``name``, sources that are cited and not listed.

    The caller adds what else is wrong and raises all of it. Raises FileError if the file has another shape.
    """
    found, document = files.read(path, model)
    problems = []
    if name is not None and found.id != name:
        problems.append(f"{document.where(('id',))}: {say('file.id_mismatch', id=found.id, expected=name)}")
    for place, source in _cited(found, ()):
        if source not in found.sources:
            message = say("schema.unknown_source", source=source) + did_you_mean(source, found.sources)
            problems.append(f"{document.where(place)}: {message}")
    return found, document, problems


def load(name: str, model: type[R]) -> R:
    """A file of rules by id, read once. Raises FileError with all that is wrong with it, or NotFoundError."""
    found = _load(name, model, paths.roots())
    assert isinstance(found, model)
    return found


@cache
def _load(name: str, model: type[RuleFile], _roots: tuple[Path, ...]) -> RuleFile:
    found, _, problems = read(paths.find("rules", name), model, name)
    if problems:
        raise FileError(problems)
    return found


def _cited(item: Any, place: yaml.Place) -> Iterator[tuple[yaml.Place, str]]:
    """Every source that a part of a file cites, with its place."""
    if isinstance(item, Sourced):
        yield from (((*place, "source"), source) for source in item.source or ())
    if isinstance(item, BaseModel):
        for name, field in type(item).model_fields.items():
            yield from _cited(getattr(item, name), (*place, field.alias or name))
    elif isinstance(item, dict):
        for key, value in item.items():
            yield from _cited(value, (*place, key))
    elif isinstance(item, list):
        for index, value in enumerate(item):
            yield from _cited(value, (*place, index))


def differing(pairs: Iterable[tuple[str, Any, Any]]) -> tuple[int, list[str]]:
    """How many values a case expects, and which are not as expected; from names, expected and found values."""
    listed = list(pairs)
    return len(listed), [
        say("check.case", target=name, expected=want, found=got) for name, want, got in listed if not _same(want, got)
    ]


def _same(expected: Any, found: Any) -> bool:
    if isinstance(expected, int | float) and not isinstance(expected, bool) and found is not None:
        return isclose(expected, found, rel_tol=1e-12, abs_tol=1e-12)
    return bool(expected == found)
