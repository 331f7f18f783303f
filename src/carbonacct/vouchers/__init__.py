"""Zero-carbon vouchers: published rules as data, decisions with reasons and clauses.

>>> from carbonacct.vouchers import decide
>>> made = decide({"type": "能力建设零碳券", "apply_date": "2024-03-15", "base": 9800, "entity_type": "企业", "in_chengdu": True,
...                "legal_person": True, "operating": True, "last_violation": None, "env_credit": None, "dishonest": False})
>>> made.ok, made.amount
(True, Decimal('4000.00'))

Everything is imported on first use, so that the command line stays light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from carbonacct.lazy import exports

if TYPE_CHECKING:
    from carbonacct.vouchers.decision import Decision as Decision
    from carbonacct.vouchers.decision import Reason as Reason
    from carbonacct.vouchers.decision import decide as decide
    from carbonacct.vouchers.redemption import redeem as redeem
    from carbonacct.vouchers.register import Register as Register
    from carbonacct.vouchers.rules import Rules as Rules
    from carbonacct.vouchers.rules import load_rules as load_rules
    from carbonacct.vouchers.voucher import Voucher as Voucher
    from carbonacct.vouchers.voucher import move as move

_WHERE = {
    "decide": "decision",
    "Decision": "decision",
    "Reason": "decision",
    "redeem": "redemption",
    "Register": "register",
    "load_rules": "rules",
    "Rules": "rules",
    "move": "voucher",
    "Voucher": "voucher",
}

__all__ = sorted(_WHERE)
__getattr__, __dir__ = exports(__name__, _WHERE)
