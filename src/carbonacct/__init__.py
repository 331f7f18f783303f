"""carbonacct: carbon accounting for China, with published methodologies as data.

>>> import carbonacct as ca
>>> m = ca.load("ndrc/cement")
>>> r = m.calculate({"raw_meal_nonfuel_carbon": {"Q": "1000 t", "FR0": 0.002}})
>>> round(r.totals["E"], 3)
7.333

Everything is imported on first use: importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from carbonacct import benefits as benefits
    from carbonacct import certification as certification
    from carbonacct import disclosure as disclosure
    from carbonacct import factors as factors
    from carbonacct import finance as finance
    from carbonacct import financed as financed
    from carbonacct import inventory as inventory
    from carbonacct import labels as labels
    from carbonacct import ledger as ledger
    from carbonacct import vouchers as vouchers
    from carbonacct.catalogue import methodologies as methodologies
    from carbonacct.comparison import compare as compare
    from carbonacct.engine.result import Result as Result
    from carbonacct.errors import CarbonacctError as CarbonacctError
    from carbonacct.errors import FileError as FileError
    from carbonacct.errors import InputError as InputError
    from carbonacct.errors import NotFoundError as NotFoundError
    from carbonacct.errors import UnitError as UnitError
    from carbonacct.financed import FinancedEmissions as FinancedEmissions
    from carbonacct.messages import set_language as set_language
    from carbonacct.methodology import Methodology as Methodology
    from carbonacct.methodology import load as load
    from carbonacct.portfolio import Portfolio as Portfolio
    from carbonacct.values import Value as Value

__version__ = "0.1.0"

_WHERE = {
    "compare": "carbonacct.comparison",
    "methodologies": "carbonacct.catalogue",
    "Result": "carbonacct.engine.result",
    "CarbonacctError": "carbonacct.errors",
    "FileError": "carbonacct.errors",
    "InputError": "carbonacct.errors",
    "NotFoundError": "carbonacct.errors",
    "UnitError": "carbonacct.errors",
    "FinancedEmissions": "carbonacct.financed",
    "set_language": "carbonacct.messages",
    "Methodology": "carbonacct.methodology",
    "load": "carbonacct.methodology",
    "Portfolio": "carbonacct.portfolio",
    "Value": "carbonacct.values",
}
_MODULES = {
    "benefits",
    "certification",
    "disclosure",
    "factors",
    "financed",
    "finance",
    "inventory",
    "labels",
    "ledger",
    "vouchers",
}

__all__ = ["__version__", *sorted(_WHERE), *sorted(_MODULES)]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _WHERE:
        value = getattr(import_module(_WHERE[name]), name)
    elif name in _MODULES:
        value = import_module(f"carbonacct.{name}")
    else:
        raise AttributeError(f"module 'carbonacct' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
