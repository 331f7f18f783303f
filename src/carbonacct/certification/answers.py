"""The answers of an applicant, read into the units of the questions; every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from carbonacct.certification.models import Question, Rubric
from carbonacct.certification.problems import Problem, as_typed
from carbonacct.certification.rubric import YES_NO
from carbonacct.errors import InputError, UnitError
from carbonacct.messages import say
from carbonacct.schema.models import Title
from carbonacct.units import Unit, conversion, did_you_mean, foreign_unit, parse_unit, split_quantity

TRIM_FROM = 5
MAX_DIGITS = 330  # of an answer, and its power of ten: all that floats have; beyond it there is only work for the processor
MOST = 10**300
YES_NO_TITLES = dict(zip(YES_NO, (Title(zh="是", en="yes"), Title(zh="否", en="no")), strict=True))


@dataclass
class Answers:
    """Numbers in the questions' units, exact as written; options of choices; and the experts' raw marks."""

    numbers: dict[str, Fraction] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    marks: dict[str, list[Fraction]] = field(default_factory=dict)
    defaults: list[str] = field(default_factory=list)

    def __contains__(self, name: str) -> bool:
        return name in self.numbers or name in self.options

    def shown(self, name: str) -> float | str | None:
        """An answer as it stands, None if there is none."""
        return float(self.numbers[name]) if name in self.numbers else self.options.get(name)


def read_answers(rubric: Rubric, given: Mapping[str, Any]) -> Answers:
    """Read answers; None counts as no answer. Raises InputError with every problem, each with its question."""
    answers, problems = Answers(), list[str]()
    for name in given:
        if name not in rubric.questions:
            message = say("score.unknown_question", name=name) + did_you_mean(str(name), rubric.questions)
            problems.append(Problem(message, "answers", name))
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
            problems.append(Problem(f"{name}: {error}", "answers", name))
    if problems:
        raise InputError(problems)
    return answers


def _read(answers: Answers, name: str, question: Question, value: Any, full_mark: float) -> None:
    if question.kind in ("yes_no", "choice"):
        answers.options[name] = _option(question, value)
    elif question.kind == "marks":
        raw = [_number(question, one, 0, full_mark) for one in (value if isinstance(value, list | tuple) else [value])]
        if raw:
            answers.marks[name] = raw
            answers.numbers[name] = mean_mark(raw)
    else:
        low, high = question.range
        answers.numbers[name] = _number(question, value, low, high)


def mean_mark(raw: list[Fraction]) -> Fraction:
    """The mean of experts' marks, the highest and the lowest dropped where there are five or more."""
    kept = sorted(raw)[1:-1] if len(raw) >= TRIM_FROM else raw
    return sum(kept, Fraction(0)) / len(kept)


def _option(question: Question, value: Any) -> str:
    """The key of an option given by its key or a title, in whatever case."""
    options = question.options or YES_NO_TITLES
    text = {True: "yes", False: "no"}[value] if isinstance(value, bool) else as_typed(value).strip()
    if text in options:
        return text
    for key, title in options.items():
        if text.casefold() in {name.casefold() for name in (key, title.zh, title.en)}:
            return key
    raise ValueError(say("score.option", value=text, options=", ".join(options)) + did_you_mean(text, options))


def as_written(value: Any) -> Fraction:
    """A number as the decimal it is written as. Raises ValueError for what is none, or beyond all measure."""
    number = value if isinstance(value, str | Decimal) else repr(float(value))
    found = Decimal(number)
    if not found.is_finite() or abs(found.adjusted()) > MAX_DIGITS or len(found.as_tuple().digits) > MAX_DIGITS:
        raise ValueError
    return Fraction(found)


def _given(question: Question, value: Any) -> tuple[Fraction, Unit | None]:
    """The number and its unit, None where it comes without. Raises UnitError, ValueError."""
    unit = None
    try:
        if isinstance(value, bool):
            raise ValueError
        if isinstance(value, str):
            number, unit = split_quantity(value)
            return as_written(number), unit
        if hasattr(value, "magnitude") and hasattr(value, "_units"):
            return as_written(value.magnitude), foreign_unit(value.units)
        if isinstance(getattr(value, "unit", None), str):
            unit = parse_unit(value.unit)
        return (Fraction(value) if isinstance(value, int | Fraction) else as_written(value)), unit
    except UnitError:
        raise
    except (TypeError, ValueError, ArithmeticError):
        raise ValueError(say("score.number", value=as_typed(value), unit=question.unit)) from None


def _number(question: Question, value: Any, low: float | None, high: float | None) -> Fraction:
    number, unit = _given(question, value)
    if unit is not None:
        factor = conversion(unit, parse_unit(question.unit))
        if factor is None:
            raise UnitError(say("unit.mismatch", given=unit.text, expected=question.unit))
        number *= factor
    if abs(number) > MOST:
        raise ValueError(say("score.number", value=as_typed(value), unit=question.unit))
    least, most = (None if bound is None else Fraction(str(bound)) for bound in (low, high))
    if (least is not None and number < least) or (most is not None and number > most):
        raise ValueError(
            say(
                "score.range",
                value=f"{float(number):g}",
                low="−∞" if low is None else f"{low:g}",
                high="∞" if high is None else f"{high:g}",
            )
        )
    return number
