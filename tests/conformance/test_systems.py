"""Every system that the thin modules must serve has its tests."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from carbonacct.schema import yaml

SYSTEMS = yaml.load(Path(__file__).with_name("systems.yaml")).data


def test_the_list_is_whole() -> None:
    assert len({row["system"] for row in SYSTEMS}) == len(SYSTEMS) == 30
    assert {module for row in SYSTEMS for module in row["modules"]} == {"scoring", "ledger", "vouchers", "labels", "pricing"}


@pytest.mark.parametrize("row", SYSTEMS, ids=lambda row: row["system"])
def test_its_tests_are_there(row: dict[str, Any]) -> None:
    assert row["tests"]
    for name in row["tests"]:
        module, function = name.rsplit(".", 1)
        assert callable(getattr(import_module(f"tests.{module}"), function))
