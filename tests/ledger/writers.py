"""Writers as processes of their own, to be killed: ``python -m tests.ledger.writers URL FOLDER``.

This process has everything imported and forks a writer for each line ``NUMBER ENTRIES`` on its standard input (0: no end),
answering with the writer's process id. A writer notes each batch in its file after the ledger has confirmed it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import carbonacct.ledger.ledger
import carbonacct.ledger.verify  # noqa: F401 - imported before the fork
from carbonacct.ledger import Entry, Ledger, LedgerError, emission, neutralisation
from carbonacct.ledger.errors import StorageError
from tests.ledger.conftest import A, B

SERIALS = 20_000  # few enough that the writers often want the same ones


def entry(chance: random.Random, token: str) -> Entry:
    """An emission or the retirement of a few serial numbers."""
    account = chance.choice((A, B))
    if chance.random() < 0.6:
        return emission(account, 2023, chance.randrange(1000), gwp="AR6", source="self_declared", details={"token": token})
    first = chance.randrange(SERIALS)
    return neutralisation(
        account,
        2023,
        instrument="CDCER",
        series="s",
        first=first,
        last=first + chance.randrange(3),
        retired="2024-01-01",
        details={"token": token},
    )


def write(where: str, folder: Path, number: int, wanted: int) -> None:
    """Append batches until ``wanted`` entries are in, or for ever."""
    chance = random.Random(number)
    done = 0
    with Ledger(where) as ledger, (folder / f"{number}.log").open("a") as log:
        for batch in range(10**9):
            size = min(chance.randrange(1, 12), (wanted or 10**9) - done)
            if size <= 0:
                return
            entries = [entry(chance, f"{number}/{batch}/{size}") for _ in range(size)]
            if wanted:
                entries = [
                    e if e.kind == "emission" else emission(e.account, 2023, 1, gwp="AR6", source="self_declared")
                    for e in entries
                ]
            try:
                rows = ledger.append(entries)
            except StorageError:
                raise
            except LedgerError:
                continue  # a serial number was taken by another
            print(json.dumps([f"{number}/{batch}/{size}", rows]), file=log, flush=True)
            done += size
            if not wanted:
                time.sleep(chance.uniform(0, 0.004))  # lets the others in


def main() -> None:
    where, folder = sys.argv[1], Path(sys.argv[2])
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        number, wanted = map(int, line.split())
        if (pid := os.fork()) == 0:
            devnull = os.open(os.devnull, os.O_RDONLY)
            os.dup2(devnull, 0)
            status = 1
            try:
                write(where, folder, number, wanted)
                status = 0
            except Exception as error:
                (folder / f"{number}.err").write_text(repr(error))
            finally:
                os._exit(status)
        print(pid, flush=True)


class Writers:
    """The test's side of it."""

    def __init__(self, where: str, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.ledger.writers", where, str(folder)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.folder = folder
        self.count = 0
        self.pids: dict[int, int] = {}  # process id → number of the writer
        assert self._read() == "ready"

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def start(self, wanted: int = 0) -> None:
        assert self.process.stdin is not None
        print(self.count, wanted, file=self.process.stdin, flush=True)
        self.pids[int(self._read())] = self.count
        self.count += 1

    def running(self) -> list[int]:
        """The writers still there."""
        self.pids = {pid: number for pid, number in self.pids.items() if _is_running(pid)}
        return list(self.pids)

    def at_work(self, pid: int) -> bool:
        """Wait until a writer has recorded something; False if it ends before."""
        log = self.folder / f"{self.pids[pid]}.log"
        while not (log.exists() and log.stat().st_size):
            if not _is_running(pid):
                return False
            time.sleep(0.002)
        return True

    def kill(self, pid: int) -> None:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        while _is_running(pid):
            time.sleep(0.001)

    def confirmed(self) -> dict[str, list[int]]:
        """Row numbers of each batch that a writer was told is recorded."""
        found: dict[str, list[int]] = {}
        for path in self.folder.glob("*.log"):
            for line in path.read_text().splitlines():
                if line.endswith("]]"):  # the last line may be cut short by the kill
                    token, rows = json.loads(line)
                    found[token] = rows
        return found

    def stop(self) -> None:
        for pid in self.running():
            self.kill(pid)
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
