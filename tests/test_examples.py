"""The example notebooks run from top to bottom, and their numbers reconcile."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import matplotlib as mpl
import pytest

from carbonacct.portfolio import INDICATORS, Portfolio
from tests.conftest import ROOT

mpl.use("Agg")


@pytest.mark.parametrize("name", [path.name for path in sorted((ROOT / "examples").glob("*.ipynb"))])
@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:matplotlib")
def test_notebook_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    cells = json.loads((ROOT / "examples" / name).read_text("utf-8"))["cells"]
    namespace: dict[str, object] = {}
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{name}[{number}]", "exec"), namespace)
    portfolio = namespace["portfolio"]
    assert isinstance(portfolio, Portfolio)
    assert len(portfolio) == 60
    assert list(portfolio.faults) == [17, 41]
    rows = portfolio.rows()
    for indicator in INDICATORS:
        shown = sum((Decimal(f"{value:.2f}") for value in rows[indicator].dropna()), Decimal(0))
        assert portfolio.totals()[indicator] == shown
        assert shown > 0
    assert (tmp_path / "portfolio.xlsx").stat().st_size > 5000
    assert (tmp_path / "portfolio.png").stat().st_size > 20_000
