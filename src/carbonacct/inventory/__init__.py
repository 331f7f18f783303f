"""Inventories of organisations (ISO 14064-1, GHG Protocol): consolidation, base year, significance, uncertainty.

Everything is imported on first use, so that the command line stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonacct.lazy import exports

if TYPE_CHECKING:
    from carbonacct.inventory.base_year import BaseYear as BaseYear
    from carbonacct.inventory.base_year import Change as Change
    from carbonacct.inventory.base_year import Recalculation as Recalculation
    from carbonacct.inventory.classification import Amount as Amount
    from carbonacct.inventory.classification import amounts as amounts
    from carbonacct.inventory.entities import APPROACHES as APPROACHES
    from carbonacct.inventory.entities import Entity as Entity
    from carbonacct.inventory.file import calculate as calculate
    from carbonacct.inventory.inventory import Inventory as Inventory
    from carbonacct.inventory.inventory import consolidate as consolidate
    from carbonacct.inventory.quality import level as level
    from carbonacct.inventory.quality import score as score
    from carbonacct.inventory.quality import weighted_score as weighted_score
    from carbonacct.inventory.significance import Screened as Screened
    from carbonacct.inventory.significance import Screening as Screening
    from carbonacct.inventory.significance import screen as screen
    from carbonacct.inventory.uncertainty import of_product as of_product
    from carbonacct.inventory.uncertainty import of_sum as of_sum

_WHERE = {
    "BaseYear": "base_year",
    "Change": "base_year",
    "Recalculation": "base_year",
    "Amount": "classification",
    "amounts": "classification",
    "APPROACHES": "entities",
    "Entity": "entities",
    "Inventory": "inventory",
    "consolidate": "inventory",
    "calculate": "file",
    "level": "quality",
    "score": "quality",
    "weighted_score": "quality",
    "Screened": "significance",
    "Screening": "significance",
    "screen": "significance",
    "of_product": "uncertainty",
    "of_sum": "uncertainty",
}

__all__ = sorted(_WHERE)
__getattr__, __dir__ = exports(__name__, _WHERE)
