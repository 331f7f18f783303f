"""The amounts of a result by gas, with their places in ISO 14064-1 and the GHG Protocol."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carbonacct.engine.compile import gas_name
from carbonacct.engine.result import CO2E, SIGN, to_tonnes
from carbonacct.errors import InputError
from carbonacct.messages import language, say
from carbonacct.schema import tables

if TYPE_CHECKING:
    from carbonacct.engine.result import Result
    from carbonacct.schema.models import Category

GAS_GROUPS = ("CO2", "CH4", "N2O", "NF3", "SF6", "HFCs", "PFCs", "other", "CO2e")
_PFC = re.compile(r"(c-)?C\d*F\d+")
_NAMED = ("CO2", "CH4", "N2O", "NF3", "SF6")


@dataclass(frozen=True)
class Amount:
    """What one stream gives of one gas. ``tonnes`` of the gas, ``co2e`` in tCO2e (None for a memo amount without a GWP);
    ``iso`` is the subcategory of ISO 14064-1, ``ghgp`` the scope, ``scope3`` the scope-3 category of the GHG Protocol.
    A memo amount stands beside the total, never in it."""

    stream: str
    title: str
    iso: str
    ghgp: int
    scope3: int | None
    gas: str
    tonnes: float
    co2e: float | None
    memo: bool = False

    @property
    def category(self) -> int:
        """The ISO category, 1 to 6."""
        return iso_category(self.iso)

    @property
    def group(self) -> str:
        """The group of gases under which ISO 14064-1 reports it; ``CO2e`` where the factor does not tell the gases apart."""
        return gas_group(self.gas)


def gas_group(gas: str) -> str:
    """CO2, CH4, N2O, NF3, SF6, HFCs, PFCs, other, or CO2e."""
    if gas in CO2E:
        return "CO2e"
    if gas in _NAMED:
        return gas
    return "HFCs" if gas.startswith("HFC-") else "PFCs" if _PFC.fullmatch(gas) else "other"


def iso_category(key: str) -> int:
    """The category (1 to 6) of a subcategory of ISO 14064-1."""
    return int(tables.load("inventory/subcategories").rows[key].cells["category"].value or 0)


def iso_title(key: str, lang: str | None = None) -> str:
    """The name of a subcategory (``c1_4_fugitive``) or a category (``C1``)."""
    name = "inventory/categories" if key.startswith("C") else "inventory/subcategories"
    return tables.load(name).rows[key].title(lang or language())


def scope3_title(number: int, lang: str | None = None) -> str:
    """The name of a scope-3 category of the GHG Protocol."""
    return tables.load("inventory/scope3").rows[f"S{number}"].title(lang or language())


def amounts(result: Result) -> list[Amount]:
    """The amounts of a result, none of them zero.

    Raises InputError where a stream with emissions has no category: its place in the inventory is not guessed.
    """
    found, problems = [], []
    for stream, data in result.streams.items():
        spec = result.compiled.model.streams[stream]
        for gas, output in data["outputs"].items():
            tonnes = output["value"] * to_tonnes(output["unit"], gas)
            if not tonnes:
                continue
            if spec.category is None:
                problems.append(say("inventory.no_category", methodology=result.methodology.id, stream=stream))
                break
            found.append(_amount(result, stream, spec.category, gas, tonnes))
    if problems:
        raise InputError(problems)
    return found


def _amount(result: Result, stream: str, category: Category, gas: str, tonnes: float) -> Amount:
    spec = result.compiled.model.streams[stream]
    weight = result.compiled.constants.get(f"GWP_{gas_name(gas).partition('_')[0]}")  # CO2_biogenic and HCFC22_memo by their gas
    gwp = 1.0 if gas in CO2E else None if weight is None or weight.value is None else float(weight.value)
    memo = not SIGN[spec.scope] or (gas not in CO2E and f"GWP_{gas_name(gas)}" not in result.compiled.constants)
    sign = SIGN[spec.scope] or 1.0
    title = str(spec.title.zh if language() == "zh" else spec.title.en)
    output = spec.outputs.get(gas)
    if memo and output is not None and output.title is not None:
        title = str(output.title.zh if language() == "zh" else output.title.en)
    return Amount(
        stream,
        title,
        category.iso,
        category.ghgp,
        category.scope3,
        gas,
        sign * tonnes,
        None if gwp is None else sign * tonnes * gwp,
        memo,
    )
