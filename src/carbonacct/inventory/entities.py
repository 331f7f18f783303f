"""The tree of entities of an organisation and the share of each that an inventory counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

from carbonacct.errors import InputError
from carbonacct.messages import say
from carbonacct.units import did_you_mean

if TYPE_CHECKING:
    from carbonacct.engine.result import Result

Approach = Literal["equity_share", "financial_control", "operational_control"]
Control = Literal["full", "joint", "none"]
APPROACHES: tuple[str, ...] = get_args(Approach)


@dataclass(frozen=True)
class Entity:
    """A company or facility; its parent is the entity that holds it.

    equity: the parent's economic interest, 0 to 1 (over legal form where they differ). financial_control: whether the parent
    directs its financial and operating policies; ``joint`` counts at the equity share. operational_control: whether the
    parent has full authority over its operating policies. result: its own emissions at 100 %, without those of the
    entities below. Source: ISO 14064-1:2018 5.1, GHG Protocol Corporate Standard chapter 3.
    """

    name: str
    result: Result | None = None
    equity: float = 1.0
    financial_control: Control = "full"
    operational_control: bool = True
    entities: tuple[Entity, ...] = ()

    def share(self, approach: Approach) -> float:
        """What the parent counts of this entity under an approach, 0 to 1."""
        if approach == "equity_share":
            return self.equity
        if approach == "financial_control":
            return {"full": 1.0, "joint": self.equity, "none": 0.0}[self.financial_control]
        return 1.0 if self.operational_control else 0.0

    def shares(self, approach: Approach) -> Iterator[tuple[Entity, float, float]]:
        """Each entity of the tree with its share under the approach and its economic interest, both seen from the top."""
        yield from self._shares(approach, 1.0, 1.0)

    def _shares(self, approach: Approach, share: float, interest: float) -> Iterator[tuple[Entity, float, float]]:
        yield self, share, interest
        for entity in self.entities:
            yield from entity._shares(approach, share * entity.share(approach), interest * entity.equity)


def check_tree(top: Entity, approach: str) -> Approach:
    """The approach, if tree and approach are sound. Raises InputError with every fault: unknown approach, shares outside 0 to 1, a name used twice."""
    problems = []
    if approach not in APPROACHES:
        problems.append(
            say("inventory.approach", given=approach, known=", ".join(APPROACHES)) + did_you_mean(approach, APPROACHES)
        )
    seen: set[str] = set()
    for entity, _, _ in top.shares("equity_share"):
        if entity.name in seen:
            problems.append(f"{entity.name}: {say('inventory.twice')}")
        seen.add(entity.name)
        if not 0 <= entity.equity <= 1:
            problems.append(f"{entity.name}: {say('inventory.equity', value=f'{entity.equity:g}')}")
        if entity.financial_control not in get_args(Control):
            problems.append(
                f"{entity.name}: {say('inventory.control', given=entity.financial_control, known=', '.join(get_args(Control)))}"
            )
    if problems:
        raise InputError(problems)
    return cast(Approach, approach)
