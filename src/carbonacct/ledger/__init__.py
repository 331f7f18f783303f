"""Enterprise carbon accounts: an append-only, hash-chained ledger of emissions, reductions and neutralisations.

>>> from carbonacct.ledger import Ledger, emission
>>> with Ledger("sqlite://") as ledger:
...     ledger.open_account("91350100M000100Y43", "Example Co.")
...     ledger.consent("91350100M000100Y43", reference="contract 7")
...     ledger.append([emission("91350100M000100Y43", 2023, "1000", gwp="AR6", source="self_declared")])
...     ledger.balance("91350100M000100Y43", 2023).emission
1
2
[3]
Decimal('1000.000000')

Everything is imported on first use, so that the command line stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonacct.lazy import exports

if TYPE_CHECKING:
    from carbonacct.ledger.balance import Balance as Balance
    from carbonacct.ledger.balance import neutrality as neutrality
    from carbonacct.ledger.entries import Entry as Entry
    from carbonacct.ledger.entries import emission as emission
    from carbonacct.ledger.entries import from_result as from_result
    from carbonacct.ledger.entries import neutralisation as neutralisation
    from carbonacct.ledger.entries import reduction as reduction
    from carbonacct.ledger.errors import LedgerError as LedgerError
    from carbonacct.ledger.errors import StorageError as StorageError
    from carbonacct.ledger.ledger import Ledger as Ledger
    from carbonacct.ledger.statement import Statement as Statement
    from carbonacct.ledger.verify import Verification as Verification

_WHERE = {
    "Balance": "balance",
    "neutrality": "balance",
    "Entry": "entries",
    "emission": "entries",
    "from_result": "entries",
    "neutralisation": "entries",
    "reduction": "entries",
    "LedgerError": "errors",
    "Ledger": "ledger",
    "Statement": "statement",
    "StorageError": "errors",
    "Verification": "verify",
}

__all__ = sorted(_WHERE)
__getattr__, __dir__ = exports(__name__, _WHERE, {"sqlalchemy": "ledger.extra"})
