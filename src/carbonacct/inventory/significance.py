"""Screening of indirect emissions for significance (ISO 14064-1:2018 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from carbonacct.errors import InputError
from carbonacct.messages import say
from carbonacct.schema import tables
from carbonacct.units import did_you_mean

ALWAYS = (1, 2)  # categories that are in every inventory


@dataclass(frozen=True)
class Screened:
    """A subcategory: its estimate (tCO2e), its share of all estimates, its weighted score (None where not scored), whether it is
    significant, whether the inventory includes it, and why not."""

    subcategory: str
    estimate: float
    share: float
    score: float | None
    significant: bool
    included: bool
    reason: str | None


@dataclass(frozen=True)
class Screening:
    """The outcome of a screening with the criteria it rests on."""

    rows: tuple[Screened, ...]
    magnitude: float
    weights: Mapping[str, float]
    cut_off: float | None

    @property
    def included(self) -> list[str]:
        return [row.subcategory for row in self.rows if row.included]

    @property
    def exclusions(self) -> dict[str, str]:
        """Subcategories left out, with the reason."""
        return {row.subcategory: row.reason or "" for row in self.rows if not row.included}

    @property
    def coverage(self) -> float:
        """The share of the estimates that the inventory includes."""
        return sum(row.share for row in self.rows if row.included)


def screen(
    estimates: Mapping[str, float],
    *,
    magnitude: float,
    scores: Mapping[str, Mapping[str, float]] | None = None,
    weights: Mapping[str, float] | None = None,
    cut_off: float | None = None,
    exclusions: Mapping[str, str] | None = None,
) -> Screening:
    """Decide which subcategories an inventory includes.

    estimates: subcategory → rough tCO2e. A subcategory is significant when its share of the estimates reaches ``magnitude``, or
    when the mean of its ``scores`` by criterion, weighted by ``weights`` (1 each by default), reaches ``cut_off``. Categories 1
    and 2 are always in. exclusions: subcategory → reason; a significant one may be left out only with a reason, and one that
    reaches ``magnitude`` not at all: criteria must not hide large sources. Raises InputError with every fault.
    """
    places = tables.load("inventory/subcategories").rows
    criteria = tables.load("inventory/significance-criteria").rows
    scores, weights, exclusions = scores or {}, weights or {}, exclusions or {}
    problems = [
        f"{name}: {say('inventory.subcategory')}" + _hint(name, places)
        for name in dict.fromkeys((*estimates, *scores, *exclusions))
        if name not in places
    ]
    problems += [
        f"{name}: {say('inventory.criterion', known=', '.join(criteria))}" + _hint(name, criteria)
        for name in dict.fromkeys((*weights, *(c for row in scores.values() for c in row)))
        if name not in criteria
    ]
    problems += [
        f"{name}: {say('inventory.no_estimate')}" for name in dict.fromkeys((*scores, *exclusions)) if name not in estimates
    ]
    if scores and cut_off is None:
        problems.append(say("inventory.cut_off"))
    whole = sum(abs(value) for value in estimates.values())
    rows = []
    for name in sorted(estimates):
        if name not in places:
            continue
        share = abs(estimates[name]) / whole if whole else 0.0
        score = _mean(scores[name], weights) if scores.get(name) else None
        required = int(places[name].cells["category"].value or 0) in ALWAYS
        large = required or share >= magnitude
        significant = large or (score is not None and cut_off is not None and score >= cut_off)
        reason = exclusions.get(name)
        if large and reason is not None:
            problems.append(f"{name}: {say('inventory.too_large', share=f'{share:.1%}')}")
        included = significant and reason is None
        rows.append(
            Screened(
                name,
                estimates[name],
                share,
                score,
                significant,
                included,
                None if included else reason or say("inventory.not_significant"),
            )
        )
    if problems:
        raise InputError(problems)
    return Screening(tuple(rows), magnitude, dict(weights), cut_off)


def _mean(scores: Mapping[str, float], weights: Mapping[str, float]) -> float:
    total = sum(weights.get(criterion, 1.0) for criterion in scores)
    return sum(weights.get(criterion, 1.0) * value for criterion, value in scores.items()) / total if total else 0.0


def _hint(name: str, known: Mapping[str, object]) -> str:
    return did_you_mean(name, known)
