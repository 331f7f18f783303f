"""Files: every error with its place, all at once; nothing surprising is constructed from YAML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from carbonacct.errors import FileError
from carbonacct.methodology import Methodology, load_file
from carbonacct.schema import paths, tables, yaml


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "x.yaml: the file is empty"),
        ("a: 1\na: 2\n", "x.yaml:2:1: duplicate key 'a'"),
        ("a: [1, 2\n", "x.yaml:2:1: YAML syntax"),
        ("a: &x 1\nb: *x\n", ""),
        ("a: &x [1]\nb: *x\n", "x.yaml:1:4: anchors and aliases are not allowed"),
        ("a: !!python/object/apply:os.system ['x']\n", "tag tag:yaml.org,2002:python/object/apply:os.system is not allowed"),
        ("a: !thing 3\n", "x.yaml:1:4: tag !thing is not allowed"),
        ("? [1]\n: 2\n", "x.yaml:1:3: a key must be a plain text"),
        ("a: " + "[" * 60 + "]" * 60, "nested deeper than"),
        ("a: \x07", "YAML syntax"),
    ],
)
def test_yaml_that_is_refused(text: str, message: str) -> None:
    if not message:
        assert yaml.loads(text).data == {"a": 1, "b": 1}  # an alias of a number cannot grow
        return
    with pytest.raises(FileError) as caught:
        yaml.loads(text, "x.yaml")
    assert message in str(caught.value)


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    with pytest.raises(FileError, match="aliases"):
        yaml.loads("\n".join(lines))


def test_scalars_are_what_they_look_like() -> None:
    data = yaml.loads("a: 1e-6\nb: yes\nc: 2015-01-01\nd: 012\ne: '5'\nf: ~\ng: 1_000\nh: no\ni: true\nj: .5").data
    assert data == {
        "a": 1e-6,
        "b": "yes",
        "c": "2015-01-01",
        "d": 12,
        "e": "5",
        "f": None,
        "g": 1000,
        "h": "no",
        "i": True,
        "j": 0.5,
    }


def test_files_that_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"a: \xff\xfe")
    with pytest.raises(FileError, match="not UTF-8"):
        yaml.load(path)
    with pytest.raises(FileError, match="cannot be read"):
        yaml.load(tmp_path / "missing.yaml")


BODY = """
streams:
  s:
    title: {zh: 源, en: source}
    scope: direct
    symbols:
      FC: {title: {zh: a, en: a}, unit: t, kind: activity}
    outputs:
      CO2: {unit: tCO2, formula: FC * k}
constants:
  k: {value: 2, unit: tCO2/t, title: {zh: k, en: k}}
totals:
  E: {title: {zh: e, en: e}, unit: tCO2, formula: s.CO2}
"""


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("kind: activity", "kind: activitty", "symbols.FC.kind", "did you mean 'activity'"),
        ("scope: direct", "scoope: direct", "streams.s.scoope", "unknown key 'scoope'; did you mean 'scope'?"),
        ("    scope: direct\n", "", "streams.s", "'scope' is missing"),
        ("unit: tCO2/t, title", "unit: 5, title", "constants.k.unit", "a text is expected"),
        ("value: 2,", "value: true,", "constants.k.value", ""),
        ("zh: 源, en: source", "zh: 源", "streams.s.title", "'en' is missing"),
        ("unit: t, kind", "unit: tonnes_of, kind", "symbols.FC.unit", "unknown unit 'tonnes_of'"),
        ("formula: s.CO2", "formula: s.CO3", "totals.E.formula", "did you mean 's.CO2'?"),
        ("formula: s.CO2", "formula: t.CO2", "totals.E.formula", "unknown name 't'"),
        ("kind: activity}", "kind: activity, any_of: [{name: x}]}", "any_of.0", "either a formula or a default"),
        ("kind: activity}", "kind: choice}", "symbols.FC", "a choice has options"),
        ("kind: activity}", "kind: activity, range: [1]}", "symbols.FC", "range is"),
        ("kind: activity}", "kind: activity, range: [0, XX]}", "symbols.FC.range", "unknown name 'XX'"),
        ("kind: activity}", "kind: activity, source: [nowhere]}", "", "unknown source 'nowhere'"),
        ("kind: activity}", "kind: activity, default: fuels/cement-2013.NCV}", "symbols.FC.default", "nothing selects the row"),
        ("kind: activity}", "kind: activity, default: 5 GJ}", "symbols.FC.default", "not a unit of the same kind"),
        ("kind: activity}", "kind: activity, default: items.NCV}", "symbols.FC.default", "no items table"),
        ("FC: {title", "k: {title", "symbols.k", "is the name of a constant"),
        ("title: {zh: 源", "template: nothing\n    title: {zh: 源", "", "no template 'nothing'"),
        ("      CO2: {unit", "      '{gas}': {unit", "outputs.{gas}", "must name the item"),
    ],
)
def test_errors_name_file_line_column_and_path(
    methodology: Callable[..., Methodology], old: str, new: str, place: str, message: str
) -> None:
    assert old in BODY
    with pytest.raises(FileError) as caught:
        _ = methodology(BODY.replace(old, new, 1)).compiled
    text = str(caught.value)
    assert message in text
    assert place in text
    assert ".yaml:" in text.splitlines()[0]


def test_the_unchanged_body_is_fine(methodology: Callable[..., Methodology]) -> None:
    assert methodology(BODY).calculate({"s": {"FC": 3}}).totals["E"] == 6


def test_all_errors_of_a_file_together(methodology: Callable[..., Methodology]) -> None:
    with pytest.raises(FileError) as caught:
        methodology(BODY.replace("scope: direct", "scope: sideways").replace("kind: activity", "kind: x") + "extra: 1\n")
    assert len(caught.value.problems) == 3


TABLE = """
id: t
title: {zh: 表, en: table}
reviewed: 2026-11-24
columns:
  NCV: {title: {zh: a, en: a}, unit: GJ/item.unit}
rows:
  coal: {zh: 煤, en: coal, unit: t, NCV: 20.5, alternatives: {high: {NCV: 25, evidence: confirmed}}}
  gas: {zh: 气, en: gas, aliases: [煤气], unit: wan_Nm3, NCV: null}
"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "factors").mkdir()
    (tmp_path / "methodologies").mkdir()
    monkeypatch.setenv("CARBONACCT_PATH", str(tmp_path))
    tables.load.cache_clear()
    yield tmp_path
    tables.load.cache_clear()


def test_tables_inherit_and_have_alternatives(pack: Path) -> None:
    (pack / "factors/t.yaml").write_text(TABLE, encoding="utf-8")
    (pack / "factors/u.yaml").write_text(
        "id: u\ntitle: {zh: 乙, en: second}\nreviewed: 2026-11-24\ninherits: t\nomit: [gas]\nevidence: confirmed\n"
        "rows:\n  coal: {NCV: 21}\n  oil: {zh: 油, en: oil, unit: t, NCV: {value: 42, note: as printed}}\n",
        encoding="utf-8",
    )
    table = tables.load("u")
    assert list(table.rows) == ["coal", "coal@high", "oil"]
    assert table.rows["coal"].cells["NCV"].value == 21
    assert table.rows["coal"].cells["NCV"].evidence == "confirmed"
    assert table.rows["coal@high"].cells["NCV"].value == 25
    assert table.rows["oil"].cells["NCV"].note == "as printed"
    assert tables.load("t").find("煤气") == "gas"
    assert tables.load("t").find("煤@high") == "coal@high"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("NCV: 20.5", "NCV: many", "'many' is not a number"),
        ("NCV: 20.5", "NVC: 20.5", "unknown key 'NVC'; did you mean 'NCV'?"),
        ("unit: t,", "unit: tonn,", "unknown unit 'tonn'"),
        ("zh: 煤, en: coal", "zh: 煤", "'en' is missing"),
        ("evidence: confirmed", "evidence: sure", "evidence is one of"),
        ("NCV: 20.5", "NCV: 20.5, source: x", "unknown source 'x'"),
        ("id: t", "id: other", "id is 'other'"),
        ("rows:", "omit: [nothing]\nrows:", ""),
    ],
)
def test_table_errors(pack: Path, old: str, new: str, message: str) -> None:
    (pack / "factors/t.yaml").write_text(TABLE.replace(old, new, 1), encoding="utf-8")
    if not message:
        assert tables.load("t").rows
        return
    with pytest.raises(FileError) as caught:
        tables.load("t")
    assert message in str(caught.value)
    assert "t.yaml:" in str(caught.value)


def test_packs_come_before_the_built_in_tree(pack: Path) -> None:
    (pack / "methodologies/own").mkdir()
    path = pack / "methodologies/own/one.yaml"
    from tests.conftest import HEAD

    path.write_text(HEAD.replace("test/example", "own/one") + BODY, encoding="utf-8")
    import carbonacct as ca

    assert ca.load("own/one").calculate({"s": {"FC": 1}}).totals["E"] == 2
    assert ca.load("示例").id == "own/one"
    assert "own/one" in [e.id for e in ca.methodologies()]
    assert load_file(path).id == "own/one"


def test_every_yaml_file_loads_and_every_factor_has_source_and_review() -> None:
    for name in paths.ids("factors"):
        if name == "constants":
            continue
        table = tables.load(name)
        assert table.reviewed.startswith("20"), name
        for row in table.rows.values():
            for column, cell in row.cells.items():
                assert cell.value is None or cell.sources, f"{name}: {row.key}.{column} has no source"


def test_ids_cannot_leave_the_tree() -> None:
    from carbonacct.errors import NotFoundError

    for name in ("../pyproject", "ndrc/../../x", "/etc/passwd", "", "ndrc/", "a\\b"):
        with pytest.raises(NotFoundError):
            paths.find("methodologies", name)
