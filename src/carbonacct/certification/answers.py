"""The answers of an applicant, read into the units of the questions; every problem at once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from carbonacct.certification.models import Question, Rubric
from carbonacct.certification.rubric import YES_NO
from carbonacct.errors import InputError, UnitError
from carbonacct.messages import say
from carbonacct.units import conversion, foreign_unit, nearest, parse_quantity, parse_unit

TRIM_FROM = 5


@dataclass
class Answers:
    """Numbers in the questions' units, options of choices, and the experts' raw marks."""

    numbers: dict[str, float] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    marks: dict[str, list[float]] = field(default_factory=dict)
    defaults: list[str] = field(default_factory=list)

    def __contains__(self, name: str) -> bool:
        return name in self.numbers or name in self.options

    def shown(self, name: str) -> float | str | None:
        """An answer as it stands, None if there is none."""
        return self.numbers.get(name, self.options.get(name))


def read_answers(rubric: Rubric, given: Mapping[str, Any]) -> Answers:
    """Read answers; None counts as no answer. Raises InputError with every problem, each with its question."""
    answers, problems = Answers(), []
    for name in given:
        if name not in rubric.questions:
            hint = nearest(str(name), rubric.questions)
            problems.append(say("score.unknown_question", name=name) + (say("hint.nearest", name=hint) if hint else ""))
    for name, question in rubric.questions.items():
        value = given.get(name)
        if value is None and question.default is not None:
            value = question.default
            answers.defaults.append(name)
        if value is None:
            continue
        try:
            _read(answers, name, question, value, float(rubric.full_mark))
        except (UnitError, ValueError) as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise InputError(problems)
    return answers


def _read(answers: Answers, name: str, question: Question, value: Any, full_mark: float) -> None:
    if question.kind in ("yes_no", "choice"):
        answers.options[name] = _option(question, value)
    elif question.kind == "marks":
        raw = [_number(question, one, 0.0, full_mark) for one in (value if isinstance(value, list | tuple) else [value])]
        if raw:
            answers.marks[name] = raw
            answers.numbers[name] = mean_mark(raw)
    else:
        low, high = question.range
        answers.numbers[name] = _number(question, value, low, high)


def mean_mark(raw: list[float]) -> float:
    """The mean of experts' marks, the highest and the lowest dropped where there are five or more."""
    kept = sorted(raw)[1:-1] if len(raw) >= TRIM_FROM else raw
    return math.fsum(kept) / len(kept)


def _option(question: Question, value: Any) -> str:
    options = question.options or dict.fromkeys(YES_NO)
    text = {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    for key in options:
        title = (question.options or {}).get(key)
        if text.casefold() in (key, *((title.zh, title.en.casefold()) if title else {"yes": ("是",), "no": ("否",)}[key])):
            return key
    hint = nearest(text, options)
    raise ValueError(
        say("score.option", value=text, options=", ".join(options)) + (say("hint.nearest", name=hint) if hint else "")
    )


def _number(question: Question, value: Any, low: float | None, high: float | None) -> float:
    expected = parse_unit(question.unit)
    unit = None
    if isinstance(value, bool):
        raise ValueError(say("score.number", value=value, unit=question.unit))
    if isinstance(value, str):
        number, unit = parse_quantity(value)
    elif hasattr(value, "magnitude") and hasattr(value, "_units"):
        number, unit = float(value.magnitude), foreign_unit(value.units)
    else:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise ValueError(say("score.number", value=str(value)[:60], unit=question.unit)) from None
        if isinstance(getattr(value, "unit", None), str):
            unit = parse_unit(value.unit)
    if unit is not None:
        factor = conversion(unit, expected)
        if factor is None:
            raise UnitError(say("unit.mismatch", given=unit.text, expected=question.unit))
        number *= float(factor)
    if not math.isfinite(number) or (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(
            say(
                "score.range",
                value=f"{number:g}",
                low="−∞" if low is None else f"{low:g}",
                high="∞" if high is None else f"{high:g}",
            )
        )
    return number
