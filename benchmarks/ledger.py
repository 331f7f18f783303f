"""The ledger at a million entries: append in batches, a statement, verification.

    python benchmarks/ledger.py [--entries 1000000] [--url postgresql://…]

Limits (issue 7): append ≥ 2,000 entries/s in batches of 1,000, statement ≤ 1 s, verify ≤ 30 s.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from carbonacct.ledger import Entry, Ledger, emission, neutralisation, reduction
from carbonacct.ledger.codes import ALPHABET, check_character

T = TypeVar("T")
ACCOUNTS, BATCH = 1000, 1000


def code(number: int) -> str:
    """A valid unified social credit code for a number."""
    digits = ""
    for _ in range(9):
        number, place = divmod(number, len(ALPHABET))
        digits = ALPHABET[place] + digits
    return f"91510100{digits}" + check_character(f"91510100{digits}")


CODES = [code(number) for number in range(ACCOUNTS)]


def entry(chance: random.Random, number: int) -> Entry:
    """Half emissions, a quarter reductions, a quarter retirements of ten units each."""
    account, year = chance.choice(CODES), chance.randrange(2019, 2025)
    if number % 4 < 2:
        return emission(account, year, chance.randrange(10**6), gwp="AR6", source="self_declared", part=f"plant {number % 5}")
    if number % 4 == 2:
        return reduction(account, year, chance.randrange(10**4), source="self_computed", subject=f"project:{number % 50}")
    first = number * 10
    return neutralisation(account, year, instrument="CCER", series="CN-1", first=first, last=first + 9, retired="2024-12-31")


def timed(does: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    return does(), time.perf_counter() - started


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--entries", type=int, default=1_000_000)
    options.add_argument("--url")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, Ledger(given.url or Path(folder) / "ledger.db") as ledger:
        for account in CODES:
            ledger.open_account(account, "Company")
            ledger.consent(account, "letter")
        chance = random.Random(1)
        spent, worst = 0.0, 0.0
        for start in range(0, given.entries, BATCH):
            batch = [entry(chance, number) for number in range(start, min(start + BATCH, given.entries))]
            _, seconds = timed(lambda batch=batch: ledger.append(batch))  # type: ignore[misc]
            spent, worst = spent + seconds, max(worst, seconds)
        print(f"append     {given.entries / spent:,.0f} entries/s in batches of {BATCH} (slowest batch {worst:.3f} s)")
        statement, seconds = timed(lambda: ledger.statement(CODES[0]))
        (balances, frame), more = timed(lambda: (statement.balances, statement.frame))
        print(f"statement  {seconds + more:.3f} s ({len(frame)} entries of one account, {len(balances)} balances)")
        _, seconds = timed(lambda: statement.to_html())
        print(f"  as HTML  {seconds:.3f} s")
        statistics, seconds = timed(ledger.statistics)
        print(f"statistics {seconds:.3f} s (all accounts, {statistics.entries.sum():,} entries)")
        found, seconds = timed(ledger.verify)
        assert found.ok, found.problems[:5]
        print(f"verify     {seconds:.1f} s ({found.rows:,} rows)")


if __name__ == "__main__":
    main()
