"""Explanations: complete, the same with warm and cold caches, and true to the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

import carbonacct as ca
from carbonacct.checking import run_case
from carbonacct.engine.trace import Explanation
from carbonacct.errors import NotFoundError
from carbonacct.expressions.tree import names
from carbonacct.methodology import Methodology, load_file


def _leaves(node: Explanation) -> Iterator[Explanation]:
    for item in node.walk():
        if not item.children and item.kind not in ("absent", "repeated"):
            yield item


def test_every_leaf_is_given_or_has_evidence_and_source(power: Methodology) -> None:
    for case in power.model.cases:
        for leaf in _leaves(run_case(power, case).explain()):
            assert leaf.kind in ("given", "default", "table", "constant", "choice"), leaf.name
            if leaf.kind in ("default", "table", "constant"):
                assert leaf.provenance is not None
                assert leaf.provenance.sources, leaf.name


def test_a_cold_trace_equals_a_warm_one(power: Methodology) -> None:
    inputs = power.model.cases[0].inputs
    cold = load_file(power.path).calculate(inputs).explain().to_dict()
    power.calculate(inputs).explain()
    assert power.calculate(inputs).explain().to_dict() == cold


def test_the_alternative_taken_and_those_passed(power: Methodology) -> None:
    result = power.calculate(power.model.cases[0].inputs)
    node = result.explain("fossil_fuel_combustion[0].OF")
    assert node.formula is not None
    assert node.way_title is not None
    default = result.explain("fossil_fuel_combustion[1].OF")
    assert default.kind == "table"
    assert default.passed
    assert default.table == "fuels/power-2013.OF"


def test_equation_numbers_and_printed_forms(power: Methodology) -> None:
    node = power.calculate(power.model.cases[0].inputs).explain("fossil_fuel_combustion[0].AD")
    assert node.provenance is not None
    assert node.provenance.equation == "(3)"
    text = node.to_text("en")
    assert "AD = FC * NCV" in text
    assert "as printed: FC * NCV * 1e-6" in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_text_and_html(power: Methodology, lang: str) -> None:
    node = power.calculate(power.model.cases[0].inputs).explain()
    html = node.to_html(lang)
    assert "<math>" in html
    assert f'lang="{lang}"' in html
    assert ("化石燃料" in node.to_text(lang)) == (lang == "zh")
    assert node._repr_html_().startswith("<style>")
    import xml.etree.ElementTree as ElementTree

    ElementTree.fromstring("<x>" + html.replace("<details open>", "<details>").replace("<br>", "") + "</x>")


def test_markup_in_names_is_escaped(cement: Methodology) -> None:
    line = {"fuel": {"name": "<script>alert(1)</script>", "unit": "t"}, "FC": 1, "NCV": 20, "CC": 0.02, "OF": 1, "label": "<u>&"}
    result = cement.calculate({"fossil_fuel_combustion": [line]}, entity="<i>x</i>")
    for html in (result.to_html(), result.explain().to_html(), result._repr_html_()):
        assert "<script>" not in html
        assert "<i>x" not in html
        assert "<u>" not in html


@pytest.mark.parametrize(
    "target", ["nothing", "fossil_fuel_combustion[9]", "fossil_fuel_combustion[0].XX", "fossil_fuel_combustion[0].months", "E2"]
)
def test_unknown_targets(power: Methodology, target: str) -> None:
    with pytest.raises(NotFoundError):
        power.calculate(power.model.cases[0].inputs).explain(target)


def test_values_of_anything(power: Methodology) -> None:
    result = power.calculate(power.model.cases[0].inputs)
    assert result.value("fossil_fuel_combustion[0].months[1].C_coal") == 0.562
    assert result.value("desulphurisation.CO2") == pytest.approx(4356)
    assert result.value("fossil_fuel_combustion") == result.by_stream["fossil_fuel_combustion"]
    assert result.explain("desulphurisation[0]").kind == "line"
    assert result.explain("fossil_fuel_combustion.CO2e").value == pytest.approx(float(result.by_stream["fossil_fuel_combustion"]))


@pytest.mark.parametrize("name", [entry.id for entry in ca.methodologies()])
def test_every_trace_is_finite_and_explains_every_name_of_its_formulas(name: str) -> None:
    methodology = ca.load(name)
    for case in methodology.model.cases:
        result = run_case(methodology, case)
        for total in result.totals:
            for node in result.explain(total).walk():
                assert node.value is None or isinstance(node.value, str) or math.isfinite(node.value)
                if node.kind == "formula" and node.formula is not None and names(node.formula):
                    assert node.children, f"{node.name} = {node.formula}"


def test_audit_lists_the_weakest_first(power: Methodology) -> None:
    frame = power.calculate(power.model.cases[0].inputs).audit()
    grades = [g for g in frame["evidence"] if g != "given"]
    order = ["unconfirmed", "worked", "confirmed", "crosschecked"]
    assert [order.index(g) for g in grades] == sorted(order.index(g) for g in grades)
    used = frame[frame.kind.isin(["table", "constant", "default"])]
    assert used["source"].notna().all()
