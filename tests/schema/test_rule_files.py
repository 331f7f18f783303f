"""Files of rules (scoring, ledger, vouchers, labels, loans): apart from the methodologies, whole, cited, and checked like them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carbonacct.checking import check_all
from carbonacct.messages import CATALOGUE
from carbonacct.schema import paths, yaml

NAMES = paths.ids("rules")
WITHOUT_CASES = {"certification/taxonomies/green-industries", "labels/product-labels", "ledger/rules"}


def cited(data: Any) -> Iterator[str]:
    if isinstance(data, list):
        for item in data:
            yield from cited(item)
    elif isinstance(data, dict):
        source = data.get("source", [])
        yield from [source] if isinstance(source, str) else source
        for key, item in data.items():
            if key not in ("source", "sources", "cases"):
                yield from cited(item)


@pytest.mark.parametrize("name", NAMES)
def test_sources_and_ids(name: str) -> None:
    data = yaml.load(paths.find("rules", name)).data
    assert data["id"] == name
    assert set(cited(data)) <= set(data["sources"])


def test_rules_are_not_methodologies() -> None:
    assert {name.split("/")[0] for name in NAMES} == paths.RULES
    assert not {name.split("/")[0] for name in paths.ids("methodologies")} & {*paths.RULES, paths.TEMPLATES}


def test_every_file_passes_its_check_and_all_that_can_carry_cases() -> None:
    reports = check_all(NAMES)
    assert [report.problems for report in reports] == [[]] * len(NAMES)
    assert {report.id for report in reports if not report.cases} == WITHOUT_CASES
    assert all(report.expectations >= report.cases for report in reports)
    assert {report.id for report in check_all([]) if report.kind == "rules"} == set(NAMES)


CHANGES = {
    "certification/carbon-four-colour": [
        ("level: light_green}", "level: red}", "light_green: level: expected red, found light_green")
    ],
    "certification/taxonomies/green-industries": [("source: [GIC2019, RULES]", "source: [GIC209]", "did you mean 'GIC2019'")],
    "labels/product-labels": [("colour: green, evidence: confirmed, source: report", "colour: green, source: reprt", "'report'")],
    "ledger/rules": [("source: seed, note: a", "source: sed, note: a", "unknown source 'sed'; did you mean 'seed'")],
    "loans/project": [('"7000000.00"', '"7000000.01"', "investment_limits: amount: expected 7000000.01, found 7000000.00")],
    "vouchers/chengdu-zero-carbon-2023": [
        ('base: 9800}, amount: "4000.00"', 'base: 9800}, amount: "9800.00"', "T03: amount: expected 9800.00, found 4000.00"),
        ("facts: {type: capacity_building, base: 4000}", "facts: {typ: capacity_building, base: 4000}", "T02: typ: "),
    ],
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_wrong_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = paths.find("rules", name).read_text("utf-8")
    for before, after, _ in CHANGES[name]:
        assert text.count(before) == 1
        text = text.replace(before, after)
    path = tmp_path / "methodologies" / f"{name}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    [report] = check_all([str(path)])
    assert report.problems and "CARBONACCT_PATH" in report.problems[0]  # never another file of that id in its place
    monkeypatch.setenv("CARBONACCT_PATH", str(tmp_path))
    [report] = check_all([str(path)])
    for *_, message in CHANGES[name]:
        assert any(message in problem for problem in report.problems), (message, report.problems)
    other = path.with_name("other.yaml")
    other.write_text(text, encoding="utf-8")
    [report] = check_all([str(other)])
    assert any(f"id is '{name}'" in problem for problem in report.problems)


def test_every_message_has_both_languages() -> None:
    for key, (english, chinese) in CATALOGUE.items():
        if key.split(".")[0] in ("voucher", "label", "loan", "exact"):
            assert english and chinese and english != chinese, key
