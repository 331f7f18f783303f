"""What may follow what: the state of the accounts, folded over the rows of the journal.

The ledger folds the events of the accounts concerned before it appends; ``verify`` folds the whole journal. Both therefore
apply the same rules.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from carbonacct.ledger.asof import day_of
from carbonacct.ledger.checks import CORRECTS
from carbonacct.ledger.tables import ENTRIES
from carbonacct.messages import say

STATES: Mapping[str, tuple[str, ...]] = {"active": ("disabled", "cancelled"), "disabled": ("active",), "cancelled": ()}


@dataclass
class Account:
    """An account as the rows so far have made it."""

    name: str
    state: str = "active"
    consents: dict[str, int] = field(default_factory=dict)  # entry kind → seq of the consent in force
    closed: set[int] = field(default_factory=set)


class Book:
    """The accounts by code."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self._taken_back: Mapping[str, Any] | None = None  # the row before, if it is a reversal

    def apply(self, row: Mapping[str, Any]) -> str | None:
        """Take in the next row; the reason why it must not stand, if there is one (the state is then unchanged)."""
        before, self._taken_back = self._taken_back, row if row.get("reverses") is not None else None
        account = self.accounts.get(row["account"])
        if row["kind"] == "account":
            return self._open(row)
        if account is None:
            return say("ledger.no_account", account=row["account"])
        return self._entry(account, row, before) if row["kind"] in ENTRIES else self._event(account, row)

    def consent(self, account: str, kind: str) -> int | None:
        """The consent in force for entries of that kind."""
        known = self.accounts.get(account)
        return known.consents.get(kind) if known else None

    def _open(self, row: Mapping[str, Any]) -> str | None:
        if row["account"] in self.accounts:
            return say("ledger.open_twice", account=row["account"])
        self.accounts[row["account"]] = Account(json.loads(row["details"])["name"])
        return None

    def _entry(self, account: Account, row: Mapping[str, Any], before: Mapping[str, Any] | None) -> str | None:
        code, kind, reversal = row["account"], row["kind"], row["reverses"] is not None
        replaces = not reversal and _replaces(row)
        if replaces and not _follows(row, before):
            return say("ledger.correction")
        if account.state == "cancelled" or (account.state == "disabled" and not (reversal or replaces)):
            return say("ledger.state_forbids", account=code, state=say(f"ledger.state.{account.state}"))
        if row["period"] in account.closed:
            return say("ledger.closed", account=code, period=row["period"])
        if reversal:
            return None
        if not replaces and (row["consent"] is None or account.consents.get(kind) != row["consent"]):
            return say("ledger.no_consent", account=code, kind=say(f"ledger.kind.{kind}"))
        if kind == "neutralisation" and (day := json.loads(row["details"])["retired"]) > (today := day_of(row["at"])):
            return say("ledger.retired_late", day=day, today=today)
        return None

    def _event(self, account: Account, row: Mapping[str, Any]) -> str | None:
        code, kind = row["account"], row["kind"]
        if account.state == "cancelled":
            return say("ledger.state_forbids", account=code, state=say("ledger.state.cancelled"))
        details = json.loads(row["details"])
        if kind == "state":
            if details["state"] not in STATES[account.state]:
                words = [say(f"ledger.state.{state}") for state in (account.state, details["state"])]
                return say("ledger.transition", account=code, before=words[0], after=words[1])
            account.state = details["state"]
        elif kind == "consent":
            account.consents.update(dict.fromkeys(details["kinds"], row["seq"]))
        elif kind == "withdrawal":
            if not account.consents:
                return say("ledger.nothing_to_withdraw", account=code)
            account.consents.clear()
        elif (row["period"] in account.closed) == (kind == "close"):
            return say(f"ledger.already.{kind}", account=code, period=row["period"])
        else:
            (account.closed.add if kind == "close" else account.closed.remove)(row["period"])
        return None


def _replaces(row: Mapping[str, Any]) -> bool:
    """Whether the row says that it stands in place of another."""
    return f'"{CORRECTS}"' in row["details"] and CORRECTS in json.loads(row["details"])


def _follows(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    """Whether the row before takes back what this one says to replace: of the same account and kind, on the same consent."""
    return (
        before is not None
        and before["seq"] == row["seq"] - 1
        and before["reverses"] == json.loads(row["details"])[CORRECTS]
        and all(before[name] == row[name] for name in ("account", "kind", "consent"))
    )
