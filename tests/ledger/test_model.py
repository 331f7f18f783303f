"""The ledger against a model of it in a few dictionaries, on SQLite in memory: any sequence of actions, the same answers."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from carbonacct.ledger import Ledger, LedgerError, emission, neutralisation, reduction
from tests.ledger.conftest import A, B

ACCOUNTS = st.sampled_from([A, B])
YEARS = st.sampled_from([2022, 2023])
TRUST = {"self_declared": 1, "third_party_verified": 4}
FULL = os.environ.get("CARBONACCT_LEDGER_FULL") == "1"


class LedgerMachine(RuleBasedStateMachine):
    """The model: entries by row number, reversed ones, consents, closed years, states."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger("sqlite://")
        self.rows = 0
        self.state: dict[str, str] = {}
        self.consent: set[str] = set()
        self.closed: set[tuple[str, int]] = set()
        self.entries: dict[int, dict[str, Any]] = {}
        self.reversed: set[int] = set()
        self.history: list[tuple[int, dict[Any, Any]]] = []
        for account in (A, B):
            self.ledger.open_account(account, "X")
            self.state[account] = "active"
            self.rows += 1

    def teardown(self) -> None:
        assert self.ledger.verify().ok
        for upto, expected in self.history[-5:]:
            assert self._found(upto) == expected
        self.ledger.close()

    def attempt(self, allowed: bool, action: Any) -> Any:
        """The action succeeds exactly if the model allows it; a refusal changes nothing."""
        before = self.ledger.head
        try:
            done = action()
        except LedgerError:
            assert not allowed
            assert self.ledger.head == before
            return None
        assert allowed
        self.rows += len(done) if isinstance(done, list) else 1
        return done

    def takes(self, account: str, year: int, correction: bool = False) -> bool:
        states = ("active", "disabled") if correction else ("active",)
        consent = correction or account in self.consent
        return self.state[account] in states and (account, year) not in self.closed and consent

    @rule(account=ACCOUNTS)
    def consents(self, account: str) -> None:
        if self.attempt(self.state[account] != "cancelled", lambda: self.ledger.consent(account, "c")):
            self.consent.add(account)

    @rule(account=ACCOUNTS)
    def withdraws(self, account: str) -> None:
        allowed = self.state[account] != "cancelled" and account in self.consent
        if self.attempt(allowed, lambda: self.ledger.withdraw(account, "w")):
            self.consent.discard(account)

    @rule(account=ACCOUNTS, state=st.sampled_from(["active", "active", "disabled", "cancelled"]))
    def changes_state(self, account: str, state: str) -> None:
        ways = {"active": ("disabled", "cancelled"), "disabled": ("active",), "cancelled": ()}
        if self.attempt(state in ways[self.state[account]], lambda: self.ledger.set_state(account, state, "r")):
            self.state[account] = state

    @rule(
        account=ACCOUNTS,
        year=YEARS,
        kinds=st.lists(
            st.tuples(st.integers(0, 9), st.sampled_from(sorted(TRUST)), st.sampled_from(["", "a", "b"])), min_size=1, max_size=3
        ),
    )
    def emits(self, account: str, year: int, kinds: list[tuple[int, str, str]]) -> None:
        batch = [emission(account, year, amount, gwp="AR6", source=source, part=part) for amount, source, part in kinds]
        done = self.attempt(self.takes(account, year), lambda: self.ledger.append(batch))
        for seq, (amount, source, part) in zip(done or [], kinds, strict=False):
            self.entries[seq] = {"account": account, "year": year, "amount": amount, "trust": TRUST[source], "part": part}

    @rule(
        account=ACCOUNTS,
        year=YEARS,
        amount=st.integers(0, 9),
        source=st.sampled_from(sorted(TRUST)),
        part=st.sampled_from(["", "a"]),
        model=st.sampled_from(["", "m"]),
    )
    def reduces(self, account: str, year: int, amount: int, source: str, part: str, model: str) -> None:
        entry = reduction(account, year, amount, source=source, part=part, model=model)
        for seq in self.attempt(self.takes(account, year), lambda: self.ledger.append([entry])) or []:
            self.entries[seq] = {"account": account, "year": year, "amount": amount, "trust": TRUST[source], "of": (part, model)}

    @rule(account=ACCOUNTS, year=YEARS, first=st.integers(0, 30), length=st.integers(1, 6))
    def retires(self, account: str, year: int, first: int, length: int) -> None:
        wanted = set(range(first, first + length))
        free = all(not (wanted & e["serials"]) for seq, e in self.entries.items() if "serials" in e and seq not in self.reversed)
        entry = neutralisation(
            account, year, instrument="VCU", series="s", first=first, last=first + length - 1, retired="2024-01-01"
        )
        done = self.attempt(free and self.takes(account, year), lambda: self.ledger.append([entry]))
        for seq in done or []:
            self.entries[seq] = {"account": account, "year": year, "amount": length, "serials": wanted}

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def reverses(self, data: st.DataObject) -> None:
        seq = data.draw(st.sampled_from(sorted(self.entries)))
        entry = self.entries[seq]
        allowed = seq not in self.reversed and self.takes(entry["account"], entry["year"], correction=True)
        if self.attempt(allowed, lambda: self.ledger.reverse(seq, "r")):
            self.reversed.add(seq)

    @precondition(lambda self: self.entries)
    @rule(data=st.data(), account=ACCOUNTS, year=YEARS, amount=st.integers(0, 9), part=st.sampled_from(["", "a"]))
    def corrects(self, data: st.DataObject, account: str, year: int, amount: int, part: str) -> None:
        seq = data.draw(st.sampled_from(sorted(self.entries)))
        old = self.entries[seq]
        same = old["account"] == account and "part" in old
        allowed = same and seq not in self.reversed
        allowed = allowed and all(self.takes(account, in_year, correction=True) for in_year in (old["year"], year))
        entry = emission(account, year, amount, gwp="AR6", source="self_declared", part=part)
        if done := self.attempt(allowed, lambda: self.ledger.correct(seq, entry, "r")):
            self.reversed.add(seq)
            self.entries[done[1]] = {"account": account, "year": year, "amount": amount, "trust": 1, "part": part}

    @rule(account=ACCOUNTS, year=YEARS, close=st.booleans())
    def closes_or_reopens(self, account: str, year: int, close: bool) -> None:
        allowed = self.state[account] != "cancelled" and ((account, year) in self.closed) != close
        action = self.ledger.close_period if close else self.ledger.reopen_period
        if self.attempt(allowed, lambda: action(account, year, "r")):
            (self.closed.add if close else self.closed.discard)((account, year))

    def _expected(self) -> dict[Any, Any]:
        found = {}
        for account in (A, B):
            for year in (2022, 2023):
                live = [
                    (seq, e)
                    for seq, e in self.entries.items()
                    if seq not in self.reversed and (e["account"], e["year"]) == (account, year)
                ]
                parts: dict[str, tuple[int, int, int]] = {}
                reduced: dict[Any, tuple[int, int, int]] = {}
                for seq, e in live:
                    if "of" in e:
                        reduced[e["of"]] = max(reduced.get(e["of"], (0, 0, 0)), (e["trust"], seq, e["amount"]))
                    if "part" in e:
                        parts[e["part"]] = max(parts.get(e["part"], (0, 0, 0)), (e["trust"], seq, e["amount"]))
                whole, pieces = parts.pop("", None), list(parts.values())
                in_parts = pieces and (whole is None or (min(p[0] for p in pieces), max(p[1] for p in pieces)) > whole[:2])
                emitted = sum(p[2] for p in pieces) if in_parts else whole[2] if whole else None
                retired = sum(e["amount"] for _, e in live if "serials" in e)
                found[account, year] = (emitted, sum(r[2] for r in reduced.values()), retired)
        return found

    def _found(self, upto: int | None = None) -> dict[Any, Any]:
        balances = {
            (account, year): self.ledger.balance(account, year, as_of=upto) for account in (A, B) for year in (2022, 2023)
        }
        return {key: (b.emission, b.reduction, b.retired) for key, b in balances.items()}

    @invariant()
    def agrees(self) -> None:
        expected = self._expected()
        assert self._found() == expected
        assert self.ledger.head.seq == self.rows
        self.history.append((self.rows, expected))


TestLedger = LedgerMachine.TestCase
TestLedger.settings = settings(max_examples=300 if FULL else 25, stateful_step_count=40, deadline=None)
