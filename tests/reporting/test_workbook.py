"""The audit workbook: every live cell is recomputed by an engine that is not ours and agrees with the value stored beside it."""

from __future__ import annotations

import copy
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import carbonacct as ca
from carbonacct.checking import run_case
from carbonacct.cli import main
from carbonacct.engine.plan import Custom, Entry
from carbonacct.engine.result import Result
from carbonacct.errors import CarbonacctError, MissingExtraError
from carbonacct.messages import CATALOGUE
from carbonacct.methodology import Methodology
from carbonacct.reporting import workbook
from carbonacct.reporting.sheets.book import Book, Ref, ranges
from tests.conftest import HEAD
from tests.reporting.recompute import Cell, formula_cells, read, recomputed, stored_values

GUIDELINES = ("power-generation", "cement", "chemicals", "coal-production", "electronics", "land-transport")
CASES = [(f"ndrc/{name}", case.name) for name in GUIDELINES for case in ca.load(f"ndrc/{name}").model.cases]
CASES += [(name, ca.load(name).model.cases[0].name) for name in ("benefits/clean-energy/battery-storage", "mee/power-2022")]
CLOSE = {"rel": 1e-9, "abs": 1e-300}


def result_of(name: str, case: str) -> Result:
    methodology = ca.load(name)
    return run_case(methodology, next(c for c in methodology.model.cases if c.name == case))


def agree(path: Path) -> int:
    """Recompute a workbook and compare it cell by cell with what is stored; the number of live cells."""
    stored, computed = stored_values(path), recomputed(path)
    different = {cell: (value, computed[cell]) for cell, value in stored.items() if not same(computed[cell], value)}
    assert not different
    return len(stored)


def same(computed: float | str, stored: float | str) -> bool:
    """Equal numbers, or errors both (which one, depends on the engine)."""
    if isinstance(computed, str) or isinstance(stored, str):
        return str(computed).startswith("#") and str(stored).startswith("#")
    return computed == pytest.approx(stored, **CLOSE)


# the numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "case"), CASES)
def test_every_live_cell_recomputes_to_the_engines_value(name: str, case: str, tmp_path: Path) -> None:
    result = result_of(name, case)
    path = tmp_path / "book.xlsx"
    result.to_excel(path, "zh" if len(case) % 2 else "en")
    assert agree(path) > 20
    stored = list(stored_values(path).values())
    for value in (*result.totals.values(), *result.by_gas.values(), result.co2e):
        assert float(value) in [pytest.approx(other, **CLOSE) for other in stored if isinstance(other, float | int)]


def test_methodologies_of_every_folder_can_be_written(tmp_path: Path) -> None:
    folders: dict[str, list[str]] = {}
    for entry in ca.methodologies():
        folders.setdefault(entry.id.rpartition("/")[0], []).append(entry.id)
    for name in (name for names in folders.values() for name in names[:3]):
        methodology = ca.load(name)
        for case in methodology.model.cases[:1]:
            run_case(methodology, case).to_excel(tmp_path / "book.xlsx")
    ca.load("ndrc/cement").calculate({}).to_excel(tmp_path / "nothing.xlsx")
    assert agree(tmp_path / "nothing.xlsx") > 0


def as_inputs(result: Result) -> dict[str, list[dict[str, Any]]]:
    """The inputs of a result as bare numbers in the declared units, each line with its own place."""

    def line(entry: Entry) -> dict[str, Any]:
        found: dict[str, Any] = {"@": entry.place, **entry.values, **entry.choices}
        if entry.label:
            found["label"] = entry.label
        if item := entry.group.group.item:
            made = entry.item
            found[item] = made if not isinstance(made, Custom) else made.name if made.unit is None else vars(made)
        found.update({key: [line(sub) for sub in subs] for key, subs in entry.groups.items()})
        return found

    return {stream: [line(entry) for entry in entries] for stream, entries in result.entries.items()}


def lines_of(inputs: Any) -> Iterator[dict[str, Any]]:
    for lines in inputs.values():
        if isinstance(lines, list):
            for line in lines:
                yield line
                yield from lines_of(line)


def altered(result: Result, place: str, symbol: str, value: float) -> Result:
    """The result with one input changed, calculated by the library."""
    inputs = copy.deepcopy(as_inputs(result))
    for line in lines_of(inputs):
        if line.pop("@") == place:
            line[symbol] = value
    context = result.context
    return result.methodology.calculate(inputs, region=context.region, period=context.year, gwp=result.compiled.gwp)


def written(result: Result, path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], Ref]:
    """Write a workbook; the cell of each line's symbol."""
    found: dict[tuple[str, str], Ref] = {}
    places = workbook.places

    def noted(result: Result, cells: Any) -> dict[tuple[str, str], Ref]:
        for entries in result.entries.values():
            stack = list(entries)
            while stack:
                entry = stack.pop()
                stack.extend(sub for subs in entry.groups.values() for sub in subs)
                found.update({(entry.place, s): cells.refs[(id(entry), s)] for s in entry.values})
        return places(result, cells)

    monkeypatch.setattr(workbook, "places", noted)
    result.to_excel(path, "en")
    return found


def total_cells(path: Path, result: Result) -> dict[str, Cell]:
    """The cells of the summary that hold the totals."""
    sheet = read(path)["Summary"]
    named = {total.symbol or key: key for key, total in result.compiled.totals.items()}
    found: dict[str, Cell] = {}
    for row in range(1, sheet.max_row + 1):
        key = named.get(sheet.cell(row, 1).value)
        if key and key not in found:
            found[key] = ("Summary", f"C{row}")
    return found


INPUTS = {
    "power-generation": [("fossil_fuel_combustion[0].months[1]", "C_coal"), ("desulphurisation[0].months[0]", "B")],
    "cement": [("fossil_fuel_combustion[0]", "FC"), ("carbonate_decomposition[0]", "Q")],
    "chemicals": [("purchased_heat[0].flows[0]", None), ("feedstock_carbon_balance[0].raw_materials[0]", "AD_r")],
    "coal-production": [("underground_ch4[0].mines[0].months[0]", "D"), ("purchased_electricity[0]", None)],
    "electronics": [("process_feed_gas[0]", "FC"), ("process_by_product[1]", None)],
    "land-transport": [("road_vehicle_ch4_n2o[1]", None), ("purchased_electricity[0]", None)],
}


@pytest.mark.parametrize("name", GUIDELINES)
def test_a_changed_input_gives_the_total_that_the_library_calculates(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = result_of(f"ndrc/{name}", ca.load(f"ndrc/{name}").model.cases[0].name)
    path = tmp_path / "book.xlsx"
    cells = written(result, path, monkeypatch)
    for place, symbol in INPUTS[name]:
        key = next(key for key in cells if key[0] == place and symbol in (key[1], None))
        ref = cells[key]
        cell = (ref.sheet, ref.seen_from(ref.sheet))
        before = read(path)[cell[0]][cell[1]].value
        after = altered(result, *key, before * 0.75)
        assert after.totals["E"] != result.totals["E"], key
        computed = recomputed(path, {cell: before * 0.75})
        totals = total_cells(path, result)
        assert set(totals) == set(result.totals)
        for total, where in totals.items():
            assert computed[where] == pytest.approx(after.totals[total], **CLOSE), (key, total)


# everything the language can say ---------------------------------------------------------------------------------

LANGUAGE = """
constants:
  k: {value: 7/3, unit: "1", title: {zh: 系数, en: coefficient}}
streams:
  s:
    title: {zh: 源, en: source}
    scope: direct
    item: unit
    symbols:
      a: {title: {zh: 甲, en: a}, unit: "1", kind: activity}
      b: {title: {zh: 乙, en: b}, unit: "1", kind: factor, range: [-5, b_top], default: 0.125}
      b_top: {title: {zh: 上限, en: top}, unit: "1", kind: factor, default: 9}
      p: {title: {zh: 压力, en: pressure}, unit: MPa, kind: factor, default: 0.5}
      T: {title: {zh: 温度, en: temperature}, unit: degC, kind: factor, default: 200}
      way: {title: {zh: 方法, en: way}, kind: choice, default: one, options: {one: {zh: 一, en: one}, two: {zh: 二, en: two}}}
      f: {title: {zh: 函数, en: functions}, unit: "1", formula: "min(a, b, 3) + max(a, -b) + clip(a, 1, 2) + exp(-b) + log(a) + sqrt(a) + a ** 2 + k"}
      g: {title: {zh: 分支, en: branches}, unit: "1", formula: "round(a if a > b and not b == 2 else -a, 2) if way == 'one' else round(a * 10)"}
      h: {title: {zh: 焓, en: enthalpy}, unit: kJ/kg, formula: "interpolate(steam/superheated.h, p, T)"}
      u: {title: {zh: 未用, en: never computed}, unit: "1", formula: "a / (b - b)"}
      v: {title: {zh: 惰性, en: lazy}, unit: "1", formula: "u if a < 0 else 1"}
    sublines:
      parts:
        title: {zh: 部分, en: parts}
        symbols:
          x: {title: {zh: 壹, en: x}, unit: "1", kind: factor, range: [null, null]}
          y: {title: {zh: 贰, en: y}, unit: "1", kind: factor, default: 2}
    outputs:
      CO2: {unit: kgCO2, formula: "(f + g + v + sum(max(p.x, a) * p.y for p in parts) + sum(p.x * p.y for p in parts)) * h / h * one_kg"}
  d:
    title: {zh: 扣除, en: removed}
    scope: deduction
    symbols:
      q: {title: {zh: 量, en: amount}, unit: tCO2, kind: activity}
    outputs:
      CO2: {unit: tCO2, formula: q}
  m:
    title: {zh: 备查, en: memo}
    scope: memo
    symbols:
      q: {title: {zh: 量, en: amount}, unit: tCH4, kind: activity}
    outputs:
      CH4: {unit: tCH4, formula: q}
  i:
    title: {zh: 指标, en: indicator}
    scope: direct
    symbols:
      w: {title: {zh: 水, en: water}, unit: t, kind: activity}
    outputs:
      water: {unit: t, formula: w}
      SF6: {unit: kgSF6, formula: w * share}
totals:
  all: {title: {zh: 全部, en: all}, unit: tCO2e, formula: s.CO2e - d.CO2e + i.CO2e}
  E: {title: {zh: 合计, en: total}, unit: tCO2, symbol: E_CO2, formula: s.CO2 - d.CO2}
""".replace("  k: {", '  one_kg: {value: 1, unit: kgCO2, title: {zh: 壹, en: one}}\n  share: {value: 1, unit: gSF6/t, title: {zh: 率, en: rate}}\n  k: {')  # fmt: skip


@pytest.fixture
def everything(methodology: Callable[..., Methodology]) -> Methodology:
    return methodology(LANGUAGE, HEAD)


def one_unit(**values: Any) -> dict[str, Any]:
    return {"unit": "A", "a": 2.675, "parts": [{"x": 1.5}, {"x": 4, "y": -1}], **values}


@pytest.mark.parametrize(
    "values",
    [{}, {"a": 0.5, "b": -3}, {"a": 2, "b": 2}, {"way": "two", "a": 0.25}, {"p": 0.75, "T": 210}, {"p": 1, "T": 600}, {"p": 30, "T": 20}],
)  # fmt: skip
def test_every_construct_of_the_language_is_live(everything: Methodology, values: dict[str, Any], tmp_path: Path) -> None:
    inputs = {"s": [one_unit(**values), one_unit()], "d": {"q": 0.01}, "m": {"q": 5}, "i": {"w": 3}}
    result = everything.calculate(inputs)
    path = tmp_path / "book.xlsx"
    result.to_excel(path)
    agree(path)
    errors = [cell for cell, value in stored_values(path).items() if isinstance(value, str)]
    assert len(errors) == 2  # u of two lines, which nothing needs
    assert everything.calculate({**inputs, "m": {"q": 9}}).co2e == result.co2e


def test_a_step_without_a_value_on_a_branch_not_taken_is_explained_all_the_same(everything: Methodology) -> None:
    (step,) = [s for s in everything.calculate({"s": [one_unit()]}).explain("s[0].v").walk() if s.name == "u"]
    assert step.value is None and step.formula is not None


def test_the_audit_list_tells_the_sub_lines_of_different_lines_apart(everything: Methodology) -> None:
    audit = everything.calculate({"s": [one_unit(), one_unit(unit="B")]}).audit()
    places = audit[audit["symbol"] == "x"]["place"]
    assert sorted(places) == ["s[0].parts[0]", "s[0].parts[1]", "s[1].parts[0]", "s[1].parts[1]"]


def test_a_point_outside_a_grid_table_is_an_error_not_a_guess(everything: Methodology, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    everything.calculate({"s": [one_unit(p=0.5)]}).to_excel(path)
    sheet = read(path)["source"]
    cell = next(c for row in sheet for c in row if sheet.cell(c.row, 1).value == "p" and c.column == 3 and c.data_type == "n")
    assert cell.value == 0.5
    for wrong in (0.001, 31):
        assert recomputed(path, {("source", cell.coordinate): wrong})[total_cells(path, everything.calculate({"s": [one_unit()]}))["E"]].startswith("#")  # type: ignore[union-attr]  # fmt: skip


def test_many_lines_become_tables_and_still_sum(everything: Methodology, tmp_path: Path) -> None:
    lines = [one_unit(unit=f"unit {n}", a=1 + n / 7, **({"b": 0.5} if n % 3 else {})) for n in range(15)]
    result = everything.calculate({"s": [*lines, one_unit(unit="odd", T=210)]})
    path = tmp_path / "book.xlsx"
    result.to_excel(path)
    agree(path)
    rows = [[cell.value for cell in row] for row in read(path)["source"]]
    assert sum(row[0] == "f" for row in rows) == 1  # one list of what the columns mean, for all lines
    assert sum(row[1] == "unit 7" for row in rows) == 2  # in the list of results and in the table
    assert ["[7][1]", None, 4, -1] in [row[:4] for row in rows]  # the second part of the eighth line


def test_a_formula_too_long_for_excel_is_a_number_and_says_so(everything: Methodology, tmp_path: Path) -> None:
    result = everything.calculate({"s": [one_unit(parts=[{"x": n, "y": 1} for n in range(900)])]})
    path = tmp_path / "book.xlsx"
    result.to_excel(path)
    comments = [c for row in read(path)["source"] for c in row if c.comment]
    assert len(comments) == 1 and "longer than Excel allows" in comments[0].comment.text
    assert comments[0].value == pytest.approx(result.totals["E"] * 1000)
    assert all(len(text) < 8192 for text in formula_cells(path).values())


def test_a_gas_without_a_warming_potential_counts_nothing_until_there_is_some(
    methodology: Callable[..., Methodology], tmp_path: Path
) -> None:
    rules = methodology(
        """
streams:
  s:
    title: {zh: 源, en: source}
    scope: direct
    symbols:
      q: {title: {zh: 量, en: amount}, unit: tNF3, kind: activity}
    outputs:
      NF3: {unit: tNF3, formula: q}
totals:
  E: {title: {zh: 合计, en: total}, unit: tCO2e, formula: s.NF3 * GWP_NF3}
"""
    )
    result = rules.calculate({"s": {"q": 0}}, gwp="SAR")
    path = tmp_path / "book.xlsx"
    result.to_excel(path)
    total = total_cells(path, result)["E"]
    assert stored_values(path)[total] == recomputed(path)[total] == 0
    sheet = read(path)["source"]
    (cell,) = [("source", c.coordinate) for row in sheet for c in row if c.data_type == "n" and c.value == 0]
    assert recomputed(path, {cell: 3.0})[total] == "#N/A"


# what stands in the sheets ---------------------------------------------------------------------------------------

EVIL = [
    "=1+1",
    "+SUM(1,2)",
    "-2+3",
    "@SUM(1)",
    '=HYPERLINK("http://x","y")',
    "http://example.org/",
    "\t=1",
    "{=1}",
    "&A",
    "\ud800",
]


@pytest.mark.parametrize("text", EVIL)
def test_what_users_write_stays_text(text: str, methodology: Callable[..., Methodology], tmp_path: Path) -> None:
    rules = methodology(LANGUAGE.replace("title: {zh: 部分, en: parts}", "title: {zh: 部分, en: parts}\n        item: part"))
    line = one_unit(unit=text, label=text, parts=[{"part": text, "label": text, "x": 1.0}])
    result = rules.calculate({"s": [line, one_unit(unit=text)]}, entity=text, period=2023)
    path = tmp_path / "book.xlsx"
    result.to_excel(path)
    shown = text.encode("utf-8", "replace").decode()
    found = 0
    for sheet in read(path):
        for row in sheet:
            for cell in row:
                if cell.value is not None and shown in str(cell.value) and cell.data_type != "f":
                    assert cell.data_type == "s"
                    assert cell.hyperlink is None
                    found += 1
    assert found >= 5
    known = {formula for formula in formula_cells(path).values() if shown in formula}
    assert not known - {f for f in known if shown in ("=1+1", "&A", "-2+3")}
    with zipfile.ZipFile(path) as parts:
        links = [parts.read(name).decode() for name in parts.namelist() if name.endswith(".rels")]
    assert not any("example.org" in link or 'TargetMode="External"' in link for link in links)


def test_values_carry_their_unit_way_equation_evidence_and_source(power: Methodology, tmp_path: Path) -> None:
    result = result_of("ndrc/power-generation", "worked_example")
    path = tmp_path / "book.xlsx"
    result.to_excel(path, "en")
    book = read(path)
    sheet = next(s for s in book if s["A2"].value and s["A2"].value.startswith("fossil_fuel_combustion"))
    rows = {row[0].value: [c.value for c in row] for row in sheet.iter_rows(min_row=10, max_row=32) if row[0].value}
    assert rows["OF"][3:6] == [None, "formula\nfrom the carbon in slag and fly ash", "(6)"]
    assert rows["AD"][3:8] == ["TJ", "formula", "(3)", "crosschecked", "AD = FC * NCV\nas printed: FC * NCV * 1e-6"]
    marks = re.findall(r"\[(\d+)\]", rows["AD"][11])
    sources = {row[0].value: row[1].value for row in book["Sources"].iter_rows(min_row=2)}
    assert [sources[f"[{mark}]"] for mark in marks] == list(result.explain("fossil_fuel_combustion[0].AD").provenance.sources)  # type: ignore[union-attr]
    factors = {(row[0].value, row[1].value, row[2].value): row[3].value for row in book["Factors"].iter_rows(min_row=2)}
    assert factors[("fuels/power-2013\ntable 2-1", "diesel", "NCV  Mean lower heating value")] == 42652
    assert {text for text in formula_cells(path).values() if "Factors" in text}
    assert [row[1].value for row in book["Assumptions"].iter_rows(min_row=2, max_row=1 + len(result.warnings))] == result.warnings
    grades = [row[6].value for row in book["Audit list"].iter_rows(min_row=2)]
    order = ["unconfirmed", "worked", "confirmed", "crosschecked", "given"]
    assert grades == sorted(grades, key=order.index)
    assert len(grades) == len(result.audit())


def test_inputs_refuse_what_the_engine_refuses(everything: Methodology, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    everything.calculate({"s": [one_unit(b=1, b_top=2)]}).to_excel(path)
    rules = {str(v.sqref): (v.operator, v.formula1, v.formula2) for v in read(path)["source"].data_validations.dataValidation}
    sheet = read(path)["source"]
    place = {sheet.cell(row, 1).value: f"C{row}" for row in range(1, 40)}
    assert rules[place["a"]][:2] == ("greaterThanOrEqual", "0.0")
    assert rules[place["b"]] == (None, "-5.0", place["b_top"])


@pytest.mark.parametrize(("lang", "index"), [("en", 0), ("zh", 1)])
def test_both_languages(lang: str, index: int, tmp_path: Path) -> None:
    result = result_of("ndrc/electronics", "worked_example")
    path = tmp_path / "book.xlsx"
    result.to_excel(path, lang)
    book = read(path)
    keys = ("summary", "factors", "assumptions", "audit", "references")
    assert {CATALOGUE[f"workbook.{key}"][index] for key in keys} <= set(book.sheetnames)
    assert book[book.sheetnames[0]]["A1"].value == CATALOGUE["report.title"][index]
    chinese = [c for sheet in book for row in sheet for c in row if re.search("[一-鿿]", str(c.value)) and c.data_type == "s"]
    assert (len(chinese) > 100) == (lang == "zh")


def test_sheet_names_are_those_that_excel_accepts() -> None:
    book = Book("en", "")
    assert book.sheet_name("CO2 of [fuel]: combustion/furnaces and kilns") == "CO2 of  fuel   combustion"
    assert book.sheet_name("'quoted'") == "quoted"
    assert book.sheet_name("QUOTED") == "QUOTED 2"
    assert book.sheet_name("?*") == "-"
    assert book.sheet_name("x" * 40) == "x" * 31
    assert book.sheet_name("x" * 40) == "x" * 29 + " 2"


def test_references_are_short_where_they_can_be() -> None:
    cells = [Ref("it's", row, 27) for row in (0, 1, 2, 5)]
    assert ranges(cells, "it's") == "AB1:AB3,AB6"
    assert ranges(cells, "other") == "'it''s'!$AB$1:$AB$3,'it''s'!$AB$6"


def test_the_command_line_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "power.xlsx"
    root = Path(__file__).resolve().parents[2]
    with pytest.raises(SystemExit) as exit_:
        main(["calc", str(root / "examples/power-plant.yaml"), "--excel", str(path), "--lang", "zh"])
    assert not exit_.value.code
    assert read(path).sheetnames[0] == "汇总"
    assert "示例发电有限公司" in [cell.value for row in read(path)["汇总"] for cell in row]


def test_without_xlsxwriter_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(MissingExtraError, match=r"pip install carbonacct\[excel\]") as error:
        result_of("ndrc/cement", "worked_example").to_excel(tmp_path / "book.xlsx")
    assert isinstance(error.value, CarbonacctError)
    assert not list(tmp_path.iterdir())
