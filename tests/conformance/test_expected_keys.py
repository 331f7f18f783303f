"""Every stream, symbol, default row, default value and constant of the 24 guidelines is there under its own name."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import carbonacct as ca
from carbonacct.engine.compile import Group
from carbonacct.schema import tables, yaml

EXPECTED: dict[str, Any] = yaml.load(Path(__file__).with_name("expected_keys.yaml")).data


def groups(stream: Group) -> Iterator[Group]:
    yield stream
    for _, group in stream.descendants():
        yield group


def names(stream: Group) -> set[str]:
    return {name for group in groups(stream) for name in (*group.symbols, *group.aliases)}


def test_all_24_guidelines_are_expected() -> None:
    assert len(EXPECTED) == 24
    assert set(EXPECTED) == {entry.id for entry in ca.methodologies() if entry.family == "ndrc"}


@pytest.mark.parametrize("name", list(EXPECTED))
def test_streams_and_symbols(name: str) -> None:
    compiled = ca.load(name).compiled
    expected = EXPECTED[name]
    assert set(expected["streams"]) <= set(compiled.streams)
    everywhere = (
        {n for stream in compiled.streams.values() for n in names(stream)} | set(compiled.constants) | set(compiled.totals)
    )
    for stream, symbols in expected["streams"].items():
        lacking = set(symbols) - names(compiled.streams[stream]) - everywhere
        assert not lacking, f"{name}.{stream}: {sorted(lacking)}"
    assert not set(expected["folded"]) - everywhere


@pytest.mark.parametrize("name", list(EXPECTED))
def test_rows_defaults_and_constants(name: str) -> None:
    compiled = ca.load(name).compiled
    expected = EXPECTED[name]
    for table, rows in expected["rows"].items():
        assert not set(rows) - set(tables.load(table).rows), table
    for path, value in expected["defaults"].items():
        stream, symbol = path.split(".")
        values = [route.value for route in compiled.streams[stream].symbols[symbol].routes if route.value is not None]
        assert values == [value], path
    for constant, text in expected["constants"].items():
        assert compiled.constants[constant].value == Fraction(text), constant


@pytest.mark.parametrize("name", list(EXPECTED))
def test_at_least_two_cases_that_touch_every_stream(name: str) -> None:
    methodology = ca.load(name)
    assert len(methodology.model.cases) >= 2
    touched = {stream for case in methodology.model.cases for stream in case.inputs}
    assert touched >= set(methodology.compiled.streams), set(methodology.compiled.streams) - touched
