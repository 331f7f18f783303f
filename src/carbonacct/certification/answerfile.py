"""Answer files: ``rubric:``, ``entity:``, ``answers:``, ``weights:``, ``efforts:``; each problem at its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from carbonacct.certification.rubric import YES_NO, Rubric
from carbonacct.certification.scoring import Score, score, text
from carbonacct.errors import FileError, InputError
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
            return score(data.rubric, data.answers, weights=data.weights, efforts=data.efforts, entity=data.entity)
        except InputError as error:
            raise FileError([self._located(problem) for problem in error.problems]) from None

    def _located(self, problem: str) -> str:
        """A problem with the line of the answer, weight or effort it names."""
        for section in ("answers", "weights", "efforts"):
            for key in getattr(self.data, section):
                if problem.startswith(f"{key}:") or f"'{key}'" in problem or f"“{key}”" in problem:
                    return f"{self.document.where((section, key))}: {problem}"
        return f"{self.document.where(('answers',))}: {problem}"


def read(path: Path) -> AnswerFile:
    """Read an answer file. Raises FileError with all its problems."""
    document = yaml.load(path)
    return AnswerFile(document, files.validate(document, Answers))


def template_text(rubric: Rubric) -> str:
    """An answer file to fill in: every question with its title, unit or options, and the default where there is one."""
    lines = [f"# {say('score.template', id=rubric.title)}", f"rubric: {rubric.id}", "entity:", "answers:"]
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
