"""The report of a score as JSON data, text and HTML, in the language in force."""

from __future__ import annotations

import html
import re
from decimal import Decimal
from typing import Any

from carbonacct import __version__
from carbonacct.certification import models
from carbonacct.certification.advice import Advice, Step
from carbonacct.certification.rubric import YES_NO, Rubric
from carbonacct.certification.scoring import Held, Mark, Score, cents, text, words
from carbonacct.messages import say
from carbonacct.values import number

STATES = {True: "true", False: "false", None: "open"}
VETOES = {True: "true", False: "false", None: "unknown"}


# JSON ------------------------------------------------------------------------------------------------------------


def to_dict(score: Score) -> dict[str, Any]:
    """Plain data: numbers of points are rounded half up to 2 decimals, as in the other reports."""
    rubric = score.rubric
    model = rubric.model
    return {
        "rubric": rubric.id,
        "version": model.version,
        "title": {"zh": model.title.zh, "en": model.title.en},
        "entity": score.entity,
        "weights": score.weights,
        "levels": rubric.levels.status if rubric.levels else None,
        "score": None if score.score is None else float(score.score),
        "full_mark": model.full_mark,
        "bonus": float(cents(score.bonus_counted)),
        "level": _band(score.level),
        "level_by_marks": _band(score.level_by_marks),
        "eligible": score.eligible,
        "vetoes": [_held(held) for held in score.vetoes],
        "values": {
            key: {
                "value": score.values[key],
                "unit": value.unit,
                "title": {"zh": value.title.zh, "en": value.title.en},
                "level": _band(score.grades.get(key)),
                "levels": value.levels.status if value.levels else None,
            }
            for key, value in model.values.items()
        },
        "criteria": [_mark(score, mark) for mark in score.marks],
        "missing": {name: float(points) for name, points in score.missing.items()},
        "raise": _advice(score.advice),
        "answers": {name: score.answers.shown(name) for name in model.questions if name in score.answers},
        "expert_marks": {name: [float(one) for one in raw] for name, raw in score.answers.marks.items()},
        "evidence": model.evidence,
        "open_questions": [q if isinstance(q, str) else {"zh": q.zh, "en": q.en} for q in model.open_questions],
        "warnings": score.warnings,
    }


def _band(band: models.Band | None) -> dict[str, str] | None:
    return None if band is None else {"key": band.key, "zh": str(band.title.zh), "en": str(band.title.en)}


def _held(held: Held) -> dict[str, Any]:
    title = {"zh": held.rule.title.zh, "en": held.rule.title.en}
    return {"id": held.rule.id, "title": title, "veto": held.holds, "missing": list(held.missing)}


def _mark(score: Score, mark: Mark) -> dict[str, Any]:
    criterion = mark.criterion
    return {
        "id": criterion.id,
        "title": {"zh": criterion.title.zh, "en": criterion.title.en},
        "weight": float(mark.weight),
        "mark": float(cents(mark.mark)),
        "points": float(cents(mark.points)),
        "of": float(cents(full_points(score, mark))),
        "rule": criterion.mark,
        "answers": {name: score.answers.shown(name) for name in mark.questions},
        "missing": list(mark.missing),
        "reason": reason(score, mark),
        "evidence": criterion.evidence or score.rubric.model.evidence,
        "children": [_mark(score, child) for child in mark.children],
    }


def _advice(advice: Advice | None) -> dict[str, Any] | None:
    if advice is None:
        return None
    return {
        "level": _band(advice.level),
        "gap": None if advice.gap is None else float(advice.gap),
        "reachable": advice.reachable,
        "effort": advice.effort,
        "steps": [_step(step) for step in advice.steps],
        "alone": [_step(step) for step in advice.alone],
        "clear_vetoes": [held.rule.id for held in advice.vetoes],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "changes": {name: {"from": before, "to": after} for name, (before, after) in step.changes.items()},
        "criteria": [
            {"id": move.criterion.id, "from": float(cents(move.before)), "to": float(cents(move.after))} for move in step.moves
        ],
        "points": None if step.points is None else float(cents(step.points)),
        "effort": step.effort,
    }


# words -----------------------------------------------------------------------------------------------------------


def full_points(score: Score, mark: Mark) -> Any:
    """The points of the total that a criterion can give at most."""
    return mark.share * models.fraction(str(score.rubric.model.full_mark))


def unit_name(unit: str) -> str:
    """A unit in the language in force: 万元 or 10^4 CNY for ``wan_CNY``."""

    def name(match: re.Match[str]) -> str:
        times, base = match.groups()
        return f"{say(f'score.unit_{times}')}{say('score.unit_CNY') if base == 'CNY' else base}"

    return re.sub(r"\b(wan|yi|k)_(\w+)", name, unit)


def answer(rubric: Rubric, name: str, value: float | str | None) -> str:
    """An answer for people."""
    question = rubric.model.questions[name]
    if value is None:
        return say("score.no_answer")
    if isinstance(value, str):
        return text(question.options[value]) if question.options else say(f"score.{YES_NO[YES_NO.index(value)]}")
    return number(value) if question.unit == "1" else f"{number(value)} {unit_name(question.unit)}"


def reason(score: Score, mark: Mark) -> str:
    """Why a criterion has its mark: its answers, the missing ones, the arithmetic."""
    points, of = cents(mark.points), cents(full_points(score, mark))
    arithmetic = say(
        "score.arithmetic",
        mark=number(float(cents(mark.mark))),
        share=f"{float(mark.share):.4%}".rstrip("0%").rstrip(".") + "%",
        points=points,
        of=of,
    )
    if mark.children:
        return arithmetic
    rubric = score.rubric
    if mark.missing:
        names = say("score.list").join(text(rubric.model.questions[name].title) for name in mark.missing)
        return say("score.missing_mark", names=names, of=of)
    given = say("score.list").join(
        f"{text(rubric.model.questions[name].title)} = {answer(rubric, name, score.answers.shown(name))}"
        for name in mark.questions
    )
    return say("score.reason", given=given, rule=mark.criterion.mark, arithmetic=arithmetic)


def step_text(score: Score, step: Step) -> str:
    """A step for people."""
    rubric = score.rubric
    changes = say("score.list").join(
        say(
            "score.change",
            title=text(rubric.model.questions[name].title),
            before=answer(rubric, name, before),
            after=answer(rubric, name, after),
        )
        for name, (before, after) in step.changes.items()
    )
    if step.points is None:
        return changes
    return say(
        "score.step",
        criteria="".join(f" [{say('score.list').join(text(move.criterion.title) for move in step.moves)}]" if step.moves else ""),
        changes=changes,
        points=cents(step.points),
        effort=number(step.effort, 3),
    )


def advice_lines(score: Score) -> list[str]:
    """What would raise the level, in sentences."""
    advice = score.advice
    if advice is None:
        return [say("score.no_advice")]
    lines = [say("score.clear", title=text(held.rule.title)) for held in advice.vetoes]
    level = text(advice.level.title)
    lines.append(
        say("score.next", level=level) if advice.gap is None else say("score.gap", level=level, gap=number(float(advice.gap), 4))
    )
    lines += [step_text(score, step) for step in advice.steps]
    if not advice.reachable:
        lines.append(say("score.unreachable"))
    others = [step for step in advice.alone if step.changes not in [one.changes for one in advice.steps]]
    lines += [say("score.alone", step=step_text(score, step)) for step in others]
    return lines


def headline(score: Score) -> list[tuple[str, str]]:
    """What the reader looks for first: score, level, eligibility, and how far weights and levels can be trusted."""
    rubric = score.rubric
    pairs = [(say("report.entity"), score.entity or "")]
    if score.score is not None:
        pairs.append((say("score.score"), say("score.of", score=score.score, full=rubric.model.full_mark)))
    if score.rubric.model.bonus:
        pairs.append((say("score.bonus"), say("score.bonus_points", points=cents(score.bonus_counted))))
    pairs.append((say("score.level"), text(score.level.title) if score.level else say("score.no_level")))
    if score.vetoes:
        pairs.append((say("score.eligible"), say(f"score.eligible_{STATES[score.eligible]}")))
    if score.marks or score.weights == "illustrative":
        pairs.append(("weights", say("score.noted", text=score.weights, note=say(f"score.weights_{score.weights}"))))
    if rubric.levels:
        status = rubric.levels.status
        pairs.append(("levels", say("score.noted", text=status, note=say(f"score.levels_{status}"))))
    return [(name, value) for name, value in pairs if value]


def value_rows(score: Score) -> list[list[str]]:
    """Title, value, unit and level of each value; "not reported" for those whose answers are missing."""
    rows = []
    for key, quantity in score.rubric.model.values.items():
        value, band = score.values[key], score.grades.get(key)
        shown = say("score.not_reported") if value is None else number(value)
        unit = "" if quantity.unit == "1" or value is None else unit_name(quantity.unit)
        rows.append([text(quantity.title), shown, unit, text(band.title) if band else ""])
    return rows


def missing_rows(score: Score) -> list[list[str]]:
    """Title and points held back of each unanswered question."""
    return [[score.title_of(name), str(points)] for name, points in score.missing.items()]


# text ------------------------------------------------------------------------------------------------------------


def to_text(score: Score) -> str:
    """The report as lines of text."""
    lines = [score.rubric.title, *(pair(name, value) for name, value in headline(score))]

    def section(key: str, items: list[str]) -> None:
        if items:
            lines.extend(["", say(key), *(f"  - {item}" for item in items)])

    section("score.vetoes", veto_lines(score))
    section("score.values", [f"{title} = {value} {unit} {level}".rstrip() for title, value, unit, level in value_rows(score)])
    if score.marks:
        lines += ["", say("score.criteria")]
        lines += [
            f"  {'  ' * depth}- {pair(text(mark.criterion.title), reason(score, mark))}" for depth, mark in _walk(score.marks)
        ]
    section("score.missing", [_held_back(score, name, points) for name, points in score.missing.items()])
    section("score.raise", advice_lines(score))
    section("result.warnings", score.warnings)
    return "\n".join(lines)


def pair(name: str, value: str) -> str:
    """A name and what is said of it."""
    return say("score.pair", name=name, value=value)


def veto_lines(score: Score) -> list[str]:
    """Each veto and whether it holds."""
    return [pair(text(held.rule.title), say(f"score.veto_{VETOES[held.holds]}")) for held in score.vetoes]


def _held_back(score: Score, name: str, points: Decimal) -> str:
    title = score.title_of(name)
    return say("score.held_back", title=title, points=points) if points else title


def _walk(marks: Any, depth: int = 0) -> list[tuple[int, Mark]]:
    return [pair for mark in marks for pair in [(depth, mark), *_walk(mark.children, depth + 1)]]


# HTML ------------------------------------------------------------------------------------------------------------


def to_html(score: Score, lang: str) -> str:
    """The report as one self-contained page."""
    from carbonacct.reporting.html import PAGE, table

    rubric = score.rubric
    document = rubric.model.source_document
    title = html.escape(rubric.title)
    big = score.level or (score.score is not None and score.score)
    facts = "".join(
        f"<div><span>{html.escape(name)}</span><b>{html.escape(str(value))}</b></div>" for name, value in headline(score)
    )
    head = html.escape(text(big.title) if isinstance(big, models.Band) else str(big or "—"))
    parts = [
        f"<h1>{title}</h1><p class=sub>{html.escape(text(document.publisher))}, {html.escape(words(document.document))}</p>",
        f'<div class="card"><div class="big">{head}</div><div class="facts">{facts}</div></div>',
    ]

    def section(key: str, body: str) -> None:
        if body:
            parts.append(f"<h2>{html.escape(say(key))}</h2><div class=card>{body}</div>")

    def listed(items: list[str]) -> str:
        return f"<ul>{''.join(f'<li>{html.escape(item)}</li>' for item in items)}</ul>" if items else ""

    section("result.warnings", listed(score.warnings))
    section("score.vetoes", listed(veto_lines(score)))
    if rows := [[html.escape(cell) for cell in row] for row in value_rows(score)]:
        section(
            "score.values", table([say("column.title"), say("column.value"), say("column.unit"), say("score.level")], rows, {1})
        )
    if score.marks:
        rows = [_html_row(score, depth, mark) for depth, mark in _walk(score.marks)]
        headers = [say(f"score.{key}") for key in ("criterion", "weight", "mark", "points", "why")]
        section("score.criteria", table([*headers, say("column.evidence")], rows, {1, 2, 3}))
    if rows := [[html.escape(cell) for cell in row] for row in missing_rows(score)]:
        section("score.missing", table([say("score.question"), say("score.points")], rows, {1}))
    section("score.raise", listed(advice_lines(score)))
    section("show.questions", listed([words(question) for question in rubric.model.open_questions]))
    parts.append(f"<p class=small>{html.escape(say('report.made', version=__version__))}</p>")
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title><style>{PAGE}</style></head>'
        f"<body><main>{''.join(parts)}</main></body></html>"
    )


def _html_row(score: Score, depth: int, mark: Mark) -> list[str]:
    criterion = mark.criterion
    evidence = criterion.evidence or score.rubric.model.evidence
    return [
        f'<span style="display:inline-block;min-width:9em;padding-left:{depth * 1.2:.1f}em">{html.escape(text(criterion.title))}</span>',
        f"{float(mark.weight):.4g}",
        str(cents(mark.mark)),
        f"{cents(mark.points)} / {cents(full_points(score, mark))}",
        html.escape(reason(score, mark)),
        f'<span style="white-space:nowrap">{html.escape(say(f"evidence.{evidence}"))}</span>' if evidence else "",
    ]
