"""``carbonacct ledger …``: enterprise carbon accounts on the command line."""

from __future__ import annotations

from carbonacct.ledger import cliread, cliwrite  # noqa: F401 - they add their commands
from carbonacct.ledger.cliparts import ledger_app as ledger_app
