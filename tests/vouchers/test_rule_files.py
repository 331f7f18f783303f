"""Rule files (vouchers, labels, loans): they stand apart from the methodologies, and every value has a known source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carbonacct.messages import CATALOGUE
from carbonacct.schema import paths, yaml
from tests.conftest import ROOT

FILES = [path for folder in ("vouchers", "labels", "loans") for path in sorted((ROOT / "methodologies" / folder).glob("*.yaml"))]


def cited(data: Any) -> Iterator[str]:
    if isinstance(data, list):
        for item in data:
            yield from cited(item)
    elif isinstance(data, dict):
        source = data.get("source", [])
        yield from [source] if isinstance(source, str) else source
        for key, item in data.items():
            if key not in ("source", "sources"):
                yield from cited(item)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_sources_and_ids(path: Path) -> None:
    data = yaml.load(path).data
    assert data["id"] == f"{path.parent.name}/{path.stem}"
    assert set(cited(data)) == set(data["sources"])


def test_rules_are_not_methodologies() -> None:
    assert len(FILES) == 5
    assert not {name.split("/")[0] for name in paths.ids("methodologies")} & {"vouchers", "labels", "loans", "templates"}


def test_every_message_has_both_languages() -> None:
    for key, (english, chinese) in CATALOGUE.items():
        if key.split(".")[0] in ("voucher", "label", "loan", "exact"):
            assert english and chinese and english != chinese, key
