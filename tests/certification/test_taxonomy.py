"""Green-project identification: entries found, vetoes, negations, conditions, editions, and never more certainty than checked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbonacct import certification
from carbonacct.certification.taxonomy import taxonomy
from carbonacct.errors import InputError, NotFoundError
from carbonacct.messages import set_language


def test_the_table_is_whole() -> None:
    table = taxonomy()
    catalogue = table.entries(table.editions["gic2019"])
    assert len(catalogue) == 211
    assert len([code for code in table.sectors if "." in code]) == 31
    assert sum((table.match.terms, table.match.industry, table.match.technology)) == 1
    assert table.weights == "illustrative"
    for code, item in table.items.items():
        assert code.rsplit(".", 1)[0] in table.sectors
        assert item.zh and item.en
        assert all(len(trade) == 4 and trade.isdigit() for trade in item.industries)
        assert set(item.model_fields_set) <= {"zh", "en", "terms", "industries"}
    named = [code for edition in table.editions.values() for code in (*edition.removes, *edition.adds)]
    named += [code for exclusion in table.exclusions for code in exclusion.allows]
    named += [code for codes in table.climate.values() for code in codes]
    assert all(code in table.items or code in table.sectors for code in named)
    for sourced in (table, *table.editions.values()):
        assert all(source in table.sources for source in sourced.source or [])


def test_no_term_belongs_to_two_entries() -> None:
    owners: dict[str, str] = {}
    for code, item in taxonomy().items.items():
        for term in item.terms:
            assert owners.setdefault(term.casefold(), code) == code, term


@pytest.mark.parametrize("code", sorted(taxonomy().entries(taxonomy().editions["gic2019"])))
def test_each_entry_is_found_by_its_own_name(code: str) -> None:
    found = certification.identify(taxonomy().items[code].zh)
    assert found.candidates[0].code == code
    assert found.state == "to_be_confirmed"  # its condition was not checked


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("某县50MW农光互补光伏发电项目", "3.2.2"),
        ("rooftop solar panels", "3.2.2"),
        ("100 MW wind farm in Ganzi", "3.2.1"),
        ("年产5GW光伏组件生产线", "3.1.2"),
        ("永磁电机生产", "1.1.8"),
        ("城市污水处理厂提标改造", "5.3.1"),
        ("工业园区污水处理厂", "2.4.3"),
        ("生活垃圾焚烧发电项目", "5.3.2"),
        ("农林生物质热电联产", "3.2.3"),
        ("钢铁厂低温余热发电", "1.5.3"),
        ("纯电动公交车购置", "5.2.7"),
        ("加氢站建设", "5.2.5"),
        ("碳汇林造林1万亩", "4.1.6"),
        ("页岩气开采装备制造", "3.1.6"),
        ("抽水蓄能电站", "3.4.7"),
        ("煤矿瓦斯发电", "3.2.6"),
        ("动力电池回收利用", "1.7.2"),
    ],
)
def test_descriptions_of_projects(text: str, code: str) -> None:
    found = certification.identify(text)
    assert found.candidates[0].code == code
    assert found.state == "to_be_confirmed"
    assert found.reasons and found.doubts


def test_score_is_the_sum_of_the_three_kinds_of_match() -> None:
    text = "屋顶光伏 5MW"
    assert certification.identify(text).candidates[0].score == 0.5
    assert certification.identify(text, ["D4416"]).candidates[0].score == 0.8
    assert certification.identify(text, ["4416"], technologies=["太阳能电池板", "光伏"]).candidates[0].score == 1.0
    assert certification.identify("某项目", ["D4416"]).candidates[0].score == 0.3


def test_green_only_when_the_condition_was_checked() -> None:
    text = "屋顶光伏 5MW"
    assert certification.identify(text, ["4416"], conditions={"3.2.2": True}).state == "green"
    failed = certification.identify(text, ["4416"], conditions={"3.2.2": False})
    assert failed.state == "not_green"
    assert "the technical condition of 3.2.2 is not met" in failed.reasons
    doubtful = certification.identify(text, ["4620"], conditions={"3.2.2": True})
    assert doubtful.state == "to_be_confirmed"
    assert "industry code 4620 is not that of the entry (4416)" in doubtful.candidates[0].doubts


@given(
    text=st.text(alphabet="光伏风电污水处理燃煤发电不涉及节能改造 abc", max_size=40),
    codes=st.lists(st.sampled_from(["4416", "4411", "D4620", "3.2.2", "5.3.1"]), max_size=3),
)
@settings(max_examples=40)
def test_never_green_without_a_checked_condition(text: str, codes: list[str]) -> None:
    found = certification.identify(text, codes)
    assert found.state != "green"
    assert all(0.25 <= one.score <= 1 for one in found.candidates)
    assert found.weights == "illustrative"


@pytest.mark.parametrize("text", ["燃煤电厂扩建项目", "2×660MW燃煤发电", "原油开采", "煤制烯烃项目", "coal mining expansion"])
def test_exclusions_veto(text: str) -> None:
    found = certification.identify(text)
    assert found.state == "not_green"
    assert any("excluded:" in reason for reason in found.reasons)


def test_an_exclusion_vetoes_even_with_a_checked_entry() -> None:
    found = certification.identify("燃煤发电项目厂房屋顶光伏", ["4416"], conditions={"3.2.2": True})
    assert found.state == "not_green"
    assert found.candidates[0].code == "3.2.2"


@pytest.mark.parametrize(
    "text", ["建设风电场，不涉及燃煤发电", "淘汰燃煤机组，改建光伏电站", "replaces coal-fired power by a wind farm"]
)
def test_what_is_denied_or_replaced_is_a_doubt_and_no_veto(text: str) -> None:
    found = certification.identify(text, conditions={"3.2.1": True, "3.2.2": True})
    assert found.state == "to_be_confirmed"
    assert any("negation or replacement" in doubt for doubt in found.doubts)


def test_a_denied_entry_is_not_found() -> None:
    found = certification.identify("写字楼，不含光伏")
    assert (found.state, found.candidates) == ("not_green", ())
    assert any(doubt.startswith("3.2.2 is named, but with a negation") for doubt in found.doubts)


@pytest.mark.parametrize(
    ("text", "met", "edition"),
    [
        ("本项目不是光伏项目，而是煤矿", "3.2.2", "gic2019"),
        ("The project does not include any solar, it is a coal mine", "3.2.2", "gic2019"),
        ("The project doesn’t include solar panels", "3.2.2", "gic2019"),
        ("无光伏，仅建设普通厂房", "3.2.2", "gic2019"),
        ("非光伏项目", "3.2.2", "gic2019"),
        ("禁止建设光伏", "3.2.2", "gic2019"),
        ("风电项目取消，改为燃气发电", "3.2.1", "gic2019"),
        ("风电项目，已取消", "3.2.1", "gic2019"),
        ("关停光伏电站", "3.2.2", "gic2019"),
        ("光伏电站拆除工程", "3.2.2", "gic2019"),
        ("不安装光伏", "3.2.2", "gic2019"),
        ("non-solar plant", "3.2.2", "gic2019"),
        ("the wind farm cannot be built", "3.2.1", "gic2019"),
        ("decommissioning of a wind farm", "3.2.1", "gic2019"),
        ("the solar park was closed", "3.2.2", "gic2019"),
        ("coal fired power plant with solar roof", "3.2.2", "gic2019"),
        ("coal-fired power plant with solar roof", "3.2.2", "gic2019"),
        ("coal fired power plant with carbon capture", "7.1.1", "gbc2021"),
        ("煤矿建设项目，屋顶光伏", "3.2.2", "gic2019"),
        ("新建火电厂，配套储能", "3.4.2", "gic2019"),
        ("新建煤电一体化项目，配套光伏", "3.2.2", "gic2019"),
    ],
)
def test_what_is_denied_cancelled_closed_or_excluded_is_never_green(text: str, met: str, edition: str) -> None:
    found = certification.identify(text, edition=edition, conditions={met: True})
    assert found.state != "green"
    assert found.state == "to_be_confirmed" or any("excluded:" in reason for reason in found.reasons)
    assert found.doubts


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("不使用煤炭的光伏电站", "3.2.2"),
        ("没有污染的风电场", "3.2.1"),
        ("Not only solar but also wind farm", "3.2.2"),
        ("利用废弃煤矿建设光伏电站", "3.2.2"),
        ("火电厂脱硫改造", "2.3.1"),
        ("煤矿电机节能改造", "1.5.2"),
    ],
)
def test_a_negation_of_something_else_is_at_most_a_doubt(text: str, met: str) -> None:
    found = certification.identify(text, conditions={met: True})
    assert found.state == "to_be_confirmed"
    assert met in [one.code for one in found.candidates]


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("非化石能源：光伏电站", "3.2.2"),
        ("光伏电站，采用无人机巡检", "3.2.2"),
        ("未利用地光伏电站", "3.2.2"),
        ("无人值守风电场", "3.2.1"),
        ("退役动力电池回收利用", "1.7.2"),
        ("农业废弃物资源化利用", "1.7.7"),
        ("不停车收费系统", "5.2.1"),
        ("装机容量不低于50MW的风电场", "3.2.1"),
        ("No. 2 wind farm", "3.2.1"),
        ("closed-loop recycling of steel", "1.7.2"),
    ],
)
def test_words_that_only_look_like_a_negation(text: str, met: str) -> None:
    assert certification.identify(text, conditions={met: True}).state == "green"


def test_a_technology_that_is_denied_is_a_doubt() -> None:
    found = certification.identify("光伏电站", technologies=["不采用光伏组件"], conditions={"3.2.2": True})
    assert found.state == "to_be_confirmed"


def test_an_excluded_trade_alone_vetoes_but_the_text_comes_first() -> None:
    assert certification.identify("扩大产能", ["4411"]).state == "not_green"
    found = certification.identify("建设光伏电站", ["4411"], conditions={"3.2.2": True})
    assert found.state == "to_be_confirmed"
    assert any("industry code 4411 is that of New coal-fired power" in doubt for doubt in found.doubts)


def test_editions_differ() -> None:
    assert certification.identify("煤炭清洁利用").candidates[0].code == "3.3.2"
    without = certification.identify("煤炭清洁利用", edition="gbc2021")
    assert without.state == "not_green"
    assert any("3.3.2 Clean use of coal is not in Green Bond" in doubt for doubt in without.doubts)
    assert certification.identify("CCUS示范项目").state == "not_green"
    assert certification.identify("CCUS示范项目", edition="gbc2021").candidates[0].code == "7.1.1"
    later = certification.identify("屋顶光伏", edition="gfc2025")
    assert (later.state, later.candidates) == ("to_be_confirmed", ())
    assert "not in the table" in later.doubts[0]


def test_nothing_fits_is_said_with_its_doubt() -> None:
    found = certification.identify("开设餐厅")
    assert (found.state, found.candidates) == ("not_green", ())
    assert found.doubts == ("the description may use other words than the table",)


def test_a_claimed_code_alone_is_doubted() -> None:
    found = certification.identify("某设备项目", ["3.2.2"])
    assert found.candidates[0].code == "3.2.2"
    assert "only the given code speaks for it, not the text" in found.candidates[0].doubts


def test_climate_classes() -> None:
    """The climate finance zone selects by classes for mitigation and adaptation."""
    assert certification.identify("风电场").candidates[0].climate == "mitigation"
    assert certification.identify("防洪工程").candidates[0].climate == "adaptation"
    assert certification.identify("噪声治理").candidates[0].climate is None


def test_bad_codes_and_editions_are_refused_together() -> None:
    with pytest.raises(InputError) as caught:
        certification.identify("光伏", ["3.2.99", "x"], conditions={"9.9.9": True})
    assert len(caught.value.problems) == 3
    assert "'3.2.99' is neither a GB/T 4754 code" in str(caught.value)
    with pytest.raises(NotFoundError, match="no catalogue 'gic2020'; did you mean 'gic2019'"):
        certification.identify("光伏", edition="gic2020")


def test_the_answer_in_both_languages() -> None:
    found: dict[str, Any] = certification.identify("屋顶光伏", ["4416"]).to_dict()
    assert found["candidates"][0]["path"] == "Clean energy / Clean energy plants / Solar energy plants"
    set_language("zh")
    text = str(certification.identify("屋顶光伏", ["4416"]))
    assert text.startswith("待确认")
    assert "清洁能源产业 / 清洁能源设施建设和运营 / 太阳能利用设施建设和运营" in text
