"""Input files: what ``carbonacct calc`` reads, with each problem at its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carbonacct.engine.result import Result
from carbonacct.errors import FileError, InputError
from carbonacct.messages import say
from carbonacct.methodology import load
from carbonacct.ruleinput import key_problems
from carbonacct.schema import yaml

KEYS = ("methodology", "entity", "period", "region", "gwp", "tables", "inputs")
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


@dataclass(frozen=True)
class InputFile:
    """A read input file; :meth:`calculate` runs it."""

    document: yaml.Document
    data: dict[str, Any]

    def calculate(self) -> Result:
        """Run the file. Raises FileError with file:line:column for each problem of the inputs."""
        data = self.data
        methodology = load(data["methodology"])
        try:
            return methodology.calculate(
                data["inputs"],
                region=data.get("region"),
                period=data.get("period"),
                gwp=data.get("gwp"),
                tables=data.get("tables"),
                entity=data.get("entity"),
            )
        except InputError as error:
            raise FileError([self.located(problem) for problem in error.problems]) from None

    def located(self, problem: str) -> str:
        """A problem with the line of the value it speaks of."""
        place = problem.split(": ", 1)[0]
        path: yaml.Place = ("inputs",)
        inside: Any = self.data["inputs"]
        for index, key in _STEP.findall(place):
            step: Any = int(index) if index else key
            if isinstance(inside, dict) and isinstance(step, int):
                continue
            try:
                inside = inside[step]
            except (KeyError, IndexError, TypeError):
                break
            path = (*path, step)
        return f"{self.document.where(path)}: {problem}"


def read(path: Path) -> InputFile:
    """Read an input file. Raises FileError with all its problems."""
    document = yaml.load(path)
    data = document.data
    if not isinstance(data, dict):
        raise FileError([f"{document.where(())}: {say('yaml.not_mapping')}"])
    problems = key_problems(document, data, {"methodology": str, "inputs": dict}, KEYS)
    for key in ("entity", "region"):
        if data.get(key) is not None and not isinstance(data[key], str | int):
            problems.append(f"{document.where((key,))}: {say('input.file_type', key=key, expected=say('type.str'))}")
    if data.get("tables") is not None and not (
        isinstance(data["tables"], dict) and all(isinstance(v, str) for v in data["tables"].values())
    ):
        problems.append(f"{document.where(('tables',))}: {say('input.file_type', key='tables', expected=say('type.dict'))}")
    if not isinstance(data.get("gwp"), list | str | None):
        problems.append(f"{document.where(('gwp',))}: {say('input.file_type', key='gwp', expected=say('type.str'))}")
    if problems:
        raise FileError(problems)
    return InputFile(document, data)
