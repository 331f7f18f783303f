"""The consolidated inventory of an organisation."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from carbonacct.errors import InputError
from carbonacct.inventory.classification import GAS_GROUPS, Amount, amounts, gas_group
from carbonacct.inventory.entities import Entity, check_tree
from carbonacct.inventory.uncertainty import of_sum
from carbonacct.messages import say
from carbonacct.units import nearest
from carbonacct.values import Value

if TYPE_CHECKING:
    import pandas as pd

K = TypeVar("K", int, str)


@dataclass(frozen=True)
class Part:
    """An entity in the inventory: the share counted, the economic interest, its emissions at 100 % and as counted (tCO2e)."""

    entity: Entity
    share: float
    interest: float
    full: float
    counted: float


class Inventory:
    """The emissions of an organisation under one consolidation approach, in tCO2e unless said otherwise.

    Totals are gross: removals, biogenic CO2, market-based electricity, gases of the Montreal Protocol and instruments stand
    in :attr:`memo` and never reduce them.
    """

    def __init__(self, top: Entity, approach: str) -> None:
        self.top, self.approach = top, check_tree(top, approach)
        self.parts: list[Part] = []
        self.amounts: list[tuple[str, Amount]] = []
        problems: list[str] = []
        sets: dict[tuple[str, ...], str] = {}
        for entity, share, interest in top.shares(self.approach):
            full = 0.0
            if entity.result is not None:
                sets.setdefault(entity.result.compiled.gwp, entity.name)
                try:
                    own = amounts(entity.result)
                except InputError as error:
                    problems.extend(f"{entity.name}: {problem}" for problem in error.problems)
                    own = []
                full = sum(amount.co2e or 0.0 for amount in own if not amount.memo)
                if share:
                    self.amounts.extend((entity.name, _times(amount, share)) for amount in own)
            self.parts.append(Part(entity, share, interest, full, share * full))
        if len(sets) > 1:
            problems.append(say("inventory.gwp", sets="; ".join(f"{name}: {', '.join(gwp)}" for gwp, name in sets.items())))
        if problems:
            raise InputError(problems)
        self.gwp = next(iter(sets), ())

    # numbers ---------------------------------------------------------------------------------------------------

    def _sum(self, key: Callable[[Amount], K | None], memo: bool = False) -> dict[K, float]:
        found: dict[K, float] = {}
        for _, amount in self.amounts:
            name = key(amount)
            if amount.memo == memo and name is not None and amount.co2e is not None:
                found[name] = found.get(name, 0.0) + amount.co2e
        return found

    @property
    def co2e(self) -> Value:
        """The total of all categories (electricity location-based)."""
        return Value(sum(self.by_category.values()), "tCO2e")

    @cached_property
    def by_category(self) -> dict[int, float]:
        """ISO 14064-1 categories 1 to 6."""
        return {number: self._sum(lambda a: a.category).get(number, 0.0) for number in range(1, 7)}

    @cached_property
    def by_subcategory(self) -> dict[str, float]:
        """Subcategories of ISO 14064-1 that have emissions."""
        return dict(sorted(self._sum(lambda a: a.iso).items()))

    @cached_property
    def by_scope(self) -> dict[int, float]:
        """GHG Protocol scopes 1, 2, 3."""
        return {scope: self._sum(lambda a: a.ghgp).get(scope, 0.0) for scope in (1, 2, 3)}

    @cached_property
    def by_scope3(self) -> dict[int, float]:
        """The 15 scope-3 categories of the GHG Protocol; what has no category of its own is in scope 3 only."""
        return {number: self._sum(lambda a: a.scope3).get(number, 0.0) for number in range(1, 16)}

    @cached_property
    def by_stream(self) -> dict[str, float]:
        return self._sum(lambda a: a.stream)

    @cached_property
    def by_entity(self) -> dict[str, float]:
        """As counted, by entity; 0 for entities outside the boundary."""
        return {part.entity.name: part.counted for part in self.parts}

    @cached_property
    def by_gas(self) -> dict[str, tuple[float, float]]:
        """Gas → (tonnes of the gas, tCO2e); ``CO2e`` for factors that do not tell the gases apart."""
        found: dict[str, tuple[float, float]] = {}
        for _, amount in self.amounts:
            if not amount.memo:
                tonnes, co2e = found.get(amount.gas, (0.0, 0.0))
                found[amount.gas] = (tonnes + amount.tonnes, co2e + (amount.co2e or 0.0))
        return dict(sorted(found.items(), key=lambda item: (GAS_GROUPS.index(gas_group(item[0])), item[0])))

    @cached_property
    def memo(self) -> dict[tuple[str, str], tuple[str, float, float | None]]:
        """Amounts beside the total: (stream, output) → (title, tonnes, tCO2e where a GWP says so)."""
        found: dict[tuple[str, str], tuple[str, float, float | None]] = {}
        for _, amount in self.amounts:
            if amount.memo:
                _, tonnes, co2e = found.get((amount.stream, amount.gas), ("", 0.0, 0.0))
                weighted = None if amount.co2e is None or co2e is None else co2e + amount.co2e
                found[amount.stream, amount.gas] = (amount.title, tonnes + amount.tonnes, weighted)
        return found

    @property
    def outside(self) -> list[Part]:
        """Entities outside the boundary in which the organisation has an interest: candidates for scope 3, category 15."""
        return [part for part in self.parts if part.share == 0 and part.interest > 0]

    def uncertainty(self, by_stream: Mapping[str, float]) -> tuple[float, float]:
        """The combined uncertainty of the streams given, and the share of the total that they are.

        by_stream: stream → half-width of its 95 % interval as a share of its emissions. Raises InputError for a stream
        without emissions in the inventory.
        """
        problems = [
            f"{stream}: {say('inventory.no_emissions')}" + (say("hint.nearest", name=hint) if hint else "")
            for stream in by_stream
            if not self.by_stream.get(stream) and [hint := nearest(stream, self.by_stream)]
        ]
        if problems:
            raise InputError(problems)
        terms = [(self.by_stream[stream], half_width) for stream, half_width in by_stream.items()]
        return of_sum(terms), sum(value for value, _ in terms) / float(self.co2e)

    # forms -----------------------------------------------------------------------------------------------------

    def to_frame(self) -> pd.DataFrame:
        """One row per entity, stream and gas, as counted: entity, stream, iso, category, ghgp, scope3, gas, tonnes, tCO2e, memo."""
        import pandas as pd

        rows = [
            (name, a.stream, a.iso, a.category, a.ghgp, a.scope3, a.gas, a.tonnes, a.co2e, a.memo) for name, a in self.amounts
        ]
        columns = ["entity", "stream", "iso", "category", "ghgp", "scope3", "gas", "tonnes", "tCO2e", "memo"]
        return pd.DataFrame(rows, columns=columns).astype({"scope3": "Int64", "tCO2e": "float64"})

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "organisation": self.top.name,
            "approach": self.approach,
            "gwp": list(self.gwp),
            "co2e": {"value": float(self.co2e), "unit": "tCO2e"},
            "iso": {f"C{number}": value for number, value in self.by_category.items()},
            "iso_subcategories": self.by_subcategory,
            "ghgp": {f"scope_{scope}": value for scope, value in self.by_scope.items()},
            "scope3": {str(number): value for number, value in self.by_scope3.items()},
            "gases": {gas: {"tonnes": tonnes, "co2e": co2e} for gas, (tonnes, co2e) in self.by_gas.items()},
            "memo": [
                {"stream": stream, "output": gas, "title": title, "tonnes": tonnes, "co2e": co2e}
                for (stream, gas), (title, tonnes, co2e) in self.memo.items()
            ],
            "entities": [
                {"name": p.entity.name, "share": p.share, "interest": p.interest, "full": p.full, "counted": p.counted}
                for p in self.parts
            ],
            "warnings": self.warnings,
        }

    def to_json(self, indent: int | None = 2) -> str:
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent, allow_nan=False)

    @property
    def warnings(self) -> list[str]:
        """What the results of the entities inside the boundary assumed, and the interests left outside."""
        found = [
            f"{part.entity.name}: {warning}"
            for part in self.parts
            if part.share and part.entity.result is not None
            for warning in part.entity.result.warnings
            if warning not in _absences(part.entity.result)
        ]
        found += [
            say("inventory.outside", entity=part.entity.name, interest=f"{part.interest:.4g}", amount=f"{part.full:.6g}")
            for part in self.outside
        ]
        return found

    def __repr__(self) -> str:
        return f"<Inventory {self.top.name} ({self.approach}): {self.co2e}>"


def _times(amount: Amount, share: float) -> Amount:
    return replace(amount, tonnes=share * amount.tonnes, co2e=None if amount.co2e is None else share * amount.co2e)


def _absences(result: Any) -> set[str]:
    """An organisation has few of the many possible sources; those it does not have are no news."""
    return {say("warning.absent", stream=stream) for stream in result.compiled.streams}


def consolidate(top: Entity, approach: str) -> Inventory:
    """The inventory of an organisation under one approach, applied to all its entities. Raises InputError."""
    return Inventory(top, approach)
