"""Answer files: ``rubric:``, ``entity:``, ``answers:``, ``weights:``, ``efforts:``; each problem at its line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from carbonacct.certification.problems import located
from carbonacct.certification.rubric import YES_NO, Rubric, load, rubric_files
from carbonacct.certification.scoring import Score, score, text
from carbonacct.errors import FileError, InputError, NotFoundError
from carbonacct.messages import say
from carbonacct.schema import files, yaml
from carbonacct.schema.models import Model, Number, Text


class Answers(Model):
    """The shape of an answer file."""

    rubric: str
    entity: Text | None = None
    answers: dict[str, Any]
    weights: dict[str, Text] = Field(default_factory=dict)
    efforts: dict[str, Number] = Field(default_factory=dict)


@dataclass(frozen=True)
class AnswerFile:
    """A read answer file; :meth:`score` scores it."""

    document: yaml.Document
    data: Answers

    def score(self) -> Score:
        """The score. Raises FileError with file:line:column for each problem."""
        data = self.data
        try:
            rubric = load(self._rubric())
        except NotFoundError as error:
            raise located(self.document, error, "rubric") from None
        try:
            return score(rubric, data.answers, weights=data.weights, efforts=data.efforts, entity=data.entity)
        except InputError as error:
            raise located(self.document, error, "answers") from None

    def _rubric(self) -> str | Path:
        """An id, or a file beside this one. Raises FileError where there is no such file."""
        name = self.data.rubric
        if not name.endswith((".yaml", ".yml")):
            return name
        path = Path(self.document.file).parent / name
        if not path.is_file():
            raise FileError([f"{self.document.where(('rubric',))}: {say('score.no_file', path=str(path))}"])
        return path


def read(path: Path) -> AnswerFile:
    """Read an answer file. Raises FileError with all its problems."""
    document = yaml.load(path)
    return AnswerFile(document, files.validate(document, Answers))


def template_text(rubric: Rubric) -> str:
    """An answer file to fill in: every question with its title, unit or options, and the default where there is one."""
    known = rubric_files().get(rubric.id)
    by_id = known is not None and known.resolve() == rubric.file.resolve()
    name = rubric.id if by_id else json.dumps(str(rubric.file.resolve()), ensure_ascii=False)
    lines = [f"# {say('score.template', id=rubric.title)}", f"rubric: {name}", "entity:", "answers:"]
    for name, question in rubric.model.questions.items():
        if question.kind == "number":
            hint = question.unit
        elif question.kind == "marks":
            hint = f"0–{rubric.model.full_mark}"
        else:
            hint = " | ".join(question.options or YES_NO)
        default = "" if question.default is None else f" {question.default}"
        lines.append(f"  {name}:{default}  # {text(question.title)} ({hint})")
    return "\n".join(lines) + "\n"
