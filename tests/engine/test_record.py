"""Records replay bit by bit after a factor release; the fingerprint tells that something changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import carbonacct as ca
from carbonacct.checking import run_case
from carbonacct.schema import tables
from tests.conftest import ROOT


@pytest.mark.parametrize("name", [entry.id for entry in ca.methodologies()])
def test_every_case_replays_to_the_last_bit(name: str) -> None:
    methodology = ca.load(name)
    for case in methodology.model.cases:
        if case.tables:
            continue
        result = run_case(methodology, case)
        again = methodology.replay(json.loads(json.dumps(result.record())))
        assert dict(again.totals) == dict(result.totals)
        assert not again.changed


def test_a_stored_result_survives_a_factor_release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = {"fossil_fuel_combustion": [{"fuel": "coke", "FC": 10}, {"fuel": "natural_gas", "FC": 3}]}
    before = ca.load("ndrc/cement").calculate(inputs)
    stored = json.loads(json.dumps(before.record()))
    target = tmp_path / "factors/fuels/cement-2013.yaml"
    target.parent.mkdir(parents=True)
    (tmp_path / "methodologies/ndrc").mkdir(parents=True)
    text = (ROOT / "factors/fuels/cement-2013.yaml").read_text("utf-8")
    target.write_text(text + "  coke: {NCV: 29}\n" if "\n  coke:" not in text else text.replace("28.435", "29"), encoding="utf-8")
    (tmp_path / "methodologies/ndrc/cement.yaml").write_text(
        (ROOT / "methodologies/ndrc/cement.yaml").read_text("utf-8"), encoding="utf-8"
    )
    monkeypatch.setenv("CARBONACCT_PATH", str(tmp_path))
    tables.load.cache_clear()
    released = ca.load("ndrc/cement")
    after = released.calculate(inputs)
    assert after.totals["E"] != before.totals["E"]
    assert after.fingerprint != before.fingerprint
    replayed = released.replay(stored)
    assert dict(replayed.totals) == dict(before.totals)
    assert replayed.changed
    monkeypatch.undo()
    tables.load.cache_clear()


def test_words_do_not_change_the_fingerprint(cement: ca.Methodology) -> None:
    assert (
        cement.calculate({"purchased_heat": {"AD_heat": 1}}).fingerprint
        == cement.calculate({"purchased_heat": {"AD_heat": 2}}).fingerprint
    )
    assert (
        cement.calculate({"purchased_heat": {"AD_heat": 1}}, gwp="AR6").fingerprint
        != cement.calculate({"purchased_heat": {"AD_heat": 1}}).fingerprint
    )
