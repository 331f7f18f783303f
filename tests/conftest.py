"""Shared fixtures: English messages, a small pack of files to test on, and the loaded guidelines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

import carbonacct as ca
from carbonacct.messages import set_language
from carbonacct.methodology import Methodology, load_file

settings.register_profile("quick", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("quick")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    set_language("en")
    yield
    set_language(None)


@pytest.fixture
def cement() -> Methodology:
    return ca.load("ndrc/cement")


@pytest.fixture
def power() -> Methodology:
    return ca.load("ndrc/power-generation")


HEAD = """
id: test/example
version: 1.0.0
title: {zh: 示例, en: Example}
source_document: {publisher: {zh: 测试, en: test}, document: none, year: 2026}
gwp: SAR
evidence: worked
source: here
sources:
  here: {title: this test, kind: derivation}
"""


@pytest.fixture
def methodology(tmp_path: Path) -> Callable[[str], Methodology]:
    """Make a methodology from the part of a file that follows its head."""

    def make(body: str, head: str = HEAD) -> Methodology:
        path = tmp_path / "example.yaml"
        path.write_text(head + body, encoding="utf-8")
        return load_file(path)

    return make


@pytest.fixture
def one_formula(methodology: Callable[[str], Methodology]) -> Callable[..., Methodology]:
    """A stream with a few symbols and one output formula."""

    def make(formula: str, unit: str = "tCO2", symbols: dict[str, str] | None = None, extra: str = "") -> Methodology:
        given = {"FC": "t", "NCV": "GJ/t", "CC": "tC/GJ", "OF": '"1"'} if symbols is None else symbols
        lines = "\n".join(f"      {n}: {{title: {{zh: {n}, en: {n}}}, unit: {u}, kind: factor}}" for n, u in given.items())
        return methodology(
            f"""
streams:
  s:
    title: {{zh: 源, en: source}}
    scope: direct
    symbols:
{lines}
{extra}
    outputs:
      CO2: {{unit: {unit}, formula: "{formula}"}}
totals:
  E: {{title: {{zh: 合计, en: total}}, unit: {unit}, formula: s.CO2}}
"""
        )

    return make


def calculate_one(methodology: Methodology, **values: Any) -> float:
    return float(methodology.calculate({"s": values}).totals["E"])
