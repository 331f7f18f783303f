"""From a YAML file to a validated model: templates merged, every error with its place, all errors at once."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from carbonacct.errors import FileError
from carbonacct.messages import CATALOGUE, say
from carbonacct.schema import paths, yaml
from carbonacct.units import did_you_mean

M = TypeVar("M", bound=BaseModel)


def read(path: Path, model: type[M]) -> tuple[M, yaml.Document]:
    """Load, merge templates and validate one file."""
    document = yaml.load(path)
    return validate(expand(document), model), document


def validate(document: yaml.Document, model: type[M]) -> M:
    """Validate plain data. Raises FileError with file:line:column for each problem."""
    if not isinstance(document.data, dict):
        raise FileError([f"{document.where(())}: {say('yaml.not_mapping')}"])
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        found = [(_place(document, problem), problem) for problem in error.errors()]
        told = {place for place, problem in found if problem["type"] == "value_error"}
        described = {
            _describe(document, place, problem, model)
            for place, problem in found
            if place not in told or not problem["type"].endswith("_type")  # of the kinds that a value may have, one knew better
        }
        raise FileError(sorted(described, key=_by_line)) from None


def _by_line(text: str) -> list[int | str]:
    return [int(part) if place % 2 else part for place, part in enumerate(re.split("([0-9]+)", text))]


def _place(document: yaml.Document, problem: Any) -> yaml.Place:
    path: yaml.Place = ()
    data: Any = document.data
    for step in problem["loc"]:
        if (isinstance(data, dict) and step in data) or (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            path, data = (*path, step), data[step]
        elif problem["type"] == "missing" and step == problem["loc"][-1]:
            break
    return path


def _describe(document: yaml.Document, path: yaml.Place, problem: Any, model: type[BaseModel]) -> str:
    inside = ".".join(str(step) for step in path)
    if problem["type"] == "extra_forbidden":
        message = say("schema.unknown_key", key=path[-1]) + did_you_mean(str(path[-1]), _known_keys(model.__module__))
    elif problem["type"] == "missing":
        message = say("schema.missing_key", key=problem["loc"][-1])
    else:
        message = _message(problem)
    return ": ".join(part for part in (document.where(path), inside, message) if part)


def _message(problem: Any) -> str:
    """What is wrong with a value, in the language in force."""
    kind, context = problem["type"], problem.get("ctx") or {}
    if kind in ("literal_error", "union_tag_invalid", "enum"):
        listed = re.findall(r"'([^']*)'|(\d+)", str(context.get("expected", context.get("expected_tags"))))
        options = [quoted or bare for quoted, bare in listed]
        given = str(context.get("tag", problem["input"]))
        message = say("schema.one_of", value=given, options=", ".join(options))
        return message + did_you_mean(given, options)
    if kind == "union_tag_not_found":
        return say("schema.missing_key", key=str(context["discriminator"]).strip("'"))
    if kind == "too_short":
        return say("schema.too_short", least=context["min_length"])
    for bound in ("ge", "le", "gt", "lt"):
        if bound in context:
            return say(f"schema.{bound}", bound=context[bound])
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return say("yaml.not_mapping")
    if (key := f"schema.{kind.replace('tuple', 'list')}") in CATALOGUE:
        return say(key)
    return str(problem["msg"]).removeprefix("Value error, ")


@lru_cache(maxsize=16)
def _known_keys(module: str) -> list[str]:
    """The keys of every model of a module."""
    return sorted(
        {
            name
            for item in vars(sys.modules[module]).values()
            if isinstance(item, type) and issubclass(item, BaseModel)
            for name in item.model_fields
        }
    )


def expand(document: yaml.Document) -> yaml.Document:
    """Merge ``template:`` references, recursively; the places of merged values are those of the template."""
    document.data = _expand(document.data, (), document, ())
    return document


def _expand(data: Any, path: yaml.Place, document: yaml.Document, trail: tuple[str, ...]) -> Any:
    if isinstance(data, list):
        return [_expand(item, (*path, i), document, trail) for i, item in enumerate(data)]
    if not isinstance(data, dict):
        return data
    name = data.get("template")
    if isinstance(name, str):
        if name in trail:
            raise FileError([f"{document.where((*path, 'template'))}: {say('template.cycle', name=name)}"])
        base = _template(name, document.where((*path, "template")))
        for place, position in base.places.items():
            document.places.setdefault((*path, *place), position)
        own = {key: value for key, value in data.items() if key != "template"}
        return _expand(_merge(base.data, own), path, document, (*trail, name))
    return {key: _expand(value, (*path, key), document, trail) for key, value in data.items()}


def _template(name: str, where: str) -> yaml.Document:
    for root in paths.roots():
        path = root / "methodologies" / paths.TEMPLATES / f"{name}.yaml"
        if path.is_file():
            return yaml.load(path)
    known = [p.stem for root in paths.roots() for p in (root / "methodologies" / paths.TEMPLATES).rglob("*.yaml")]
    raise FileError([f"{where}: {say('template.unknown', name=name)}" + did_you_mean(name, known)])


def _merge(base: Any, own: Any) -> Any:
    """``own`` over ``base``: mappings merge, everything else replaces, null removes a key of the template."""
    if not (isinstance(base, dict) and isinstance(own, dict)):
        return own
    merged = dict(base)
    for key, value in own.items():
        if value is None and key in base:
            del merged[key]
        else:
            merged[key] = _merge(base[key], value) if key in base else value
    return merged
