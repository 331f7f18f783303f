"""Voucher decisions: the published figures, every vector of the rules, the life of a voucher, and what never happens."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonacct.errors import FileError, InputError
from carbonacct.exact import fen
from carbonacct.messages import set_language
from carbonacct.vouchers import Register, Voucher, cases, decide, load_rules, redeem
from carbonacct.vouchers.rules import Case

RULES = load_rules()
DEFAULTS = dict(RULES.model.case_defaults)
TYPES = {"capacity_building": 4000, "footprint_certification": 30000, "carbon_accounting": 20000, "linked_loan": 50000}


def application(**facts: Any) -> dict[str, Any]:
    return {**DEFAULTS, "type": "carbon_accounting", "base": 20000, **facts}


@pytest.mark.parametrize("case", RULES.model.cases, ids=lambda case: case.name)
def test_vectors(case: Case) -> None:
    assert cases.run(RULES, case) == (2, [])
    assert decide(application(**case.facts)).ok == (case.codes == [])


def test_there_are_32_vectors() -> None:
    assert [case.name for case in RULES.model.cases] == [f"T{n:02}" for n in range(1, 33)]
    assert sum(not case.codes for case in RULES.model.cases) == 17


def test_a_case_that_does_not_hold_is_told() -> None:
    case = RULES.model.cases[0].model_copy(update={"codes": ["ZERO_BASE"], "amount": "3000.01"})
    assert cases.run(RULES, case) == (
        2, ["codes: expected ['ZERO_BASE'], found []", "amount: expected 3000.01, found 3000.00"],
    )  # fmt: skip


def test_the_four_types_with_their_face_values() -> None:
    assert {key: kind.face_value for key, kind in load_rules().model.types.items()} == TYPES


def all_four(register: Register, year: int = 2024) -> list[Voucher]:
    found = []
    for kind, face in TYPES.items():
        made, voucher = register.apply("甲", application(type=kind, base=face + 1, linked_loan=True, apply_date=f"{year}-03-15"))
        assert made.ok and voucher is not None
        found.append(voucher)
    return found


def test_one_entity_can_get_104000_in_a_year() -> None:  # P01, C04
    register = Register()
    vouchers = all_four(register)
    paid = [register.redeem(v.id, {"redeem_date": "2024-06-01", "base": 60000}).amount for v in vouchers]
    assert sum(paid) == 104000
    for kind in TYPES:
        made, voucher = register.apply("甲", application(type=kind, base=1000, linked_loan=True, apply_date="2024-12-31"))
        assert made.codes == ["ANNUAL_LIMIT"] and voucher is None
    assert len(all_four(register, 2025)) == 4  # the next calendar year
    assert register.apply("乙", application())[0].ok


def test_the_term_is_731_days() -> None:  # C20
    rules = load_rules()
    assert (rules.parameter("last_day") - rules.parameter("in_force_from")).days + 1 == 731


def test_the_first_linked_loan_of_ten_million() -> None:
    """2023-12-18, 10 million CNY at 3.75 % for 30 days on 360: 31,250 CNY of interest, all of it paid."""
    interest = Decimal(10_000_000) * Decimal("0.0375") * 30 / 360
    made = decide(application(type="linked_loan", base=interest, linked_loan=True, apply_date="2023-12-18"))
    assert made.ok and made.amount == Decimal("31250.00")


def test_reasons_name_rule_clause_values_and_evidence() -> None:
    made = decide(application(apply_date="2023-09-30", entity_type="individual_business"))
    assert [r.rule for r in made.reasons] == [f"R{n:02}" for n in range(1, 13)]
    assert made.leading is not None and made.leading.code == "NOT_IN_FORCE"
    first = made.reasons[0]
    assert first.values == {
        "in_force_from": date(2023, 10, 1),
        "apply_date": date(2023, 9, 30),
        "last_day": date(2025, 9, 30),
    }
    assert made.reasons[1].clause == "2" and made.reasons[1].evidence == "confirmed"
    assert all(reason.sources for reason in made.reasons)
    assert "✗ R01 the application falls within the measures' term (in force from = 2023-10-01" in str(made)
    set_language("zh")
    assert "✗ R02 申领主体为企业或事业单位" in str(made) and "第 2 条" in str(made)


def test_parameters_can_be_set() -> None:
    late = application(apply_date="2025-10-01")
    assert decide(late).codes == ["NOT_IN_FORCE"]
    assert decide(late, load_rules(last_day="2025-10-01")).ok
    with pytest.raises(InputError, match="no parameter 'last_dy'; did you mean 'last_day'") as caught:
        load_rules(last_dy="2025-10-01", violation_years="x")
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError, match="does not know city_budget"):
        load_rules().parameter("city_budget")


def test_all_faults_of_an_application_at_once() -> None:
    with pytest.raises(InputError) as caught:
        decide({"type": "carbon_acounting", "base": "much", "apply_date": "15.3.2024", "operatng": True, "env_credit": None})
    text = str(caught.value)
    for part in (
        "did you mean 'carbon_accounting'",
        "'much' is not a number",
        "'15.3.2024' is not a date",
        "operatng: 'operatng' is not asked for; did you mean 'operating'",
        "last_violation: not told",
        "dishonest: not told",
    ):
        assert part in text


def test_names_are_accepted_in_both_languages() -> None:
    made = decide(application(type="碳核算零碳券", entity_type="事业单位", in_chengdu="是", env_credit="bad"))
    assert made.ok  # a public institution has no environmental credit rating


def granted(kind: str = "carbon_accounting", **parameters: Any) -> tuple[Register, str]:
    register = Register(load_rules(**parameters))
    _, voucher = register.apply("甲", application(type=kind, linked_loan=True))
    assert voucher is not None
    return register, voucher.id


def test_a_voucher_is_redeemed_once() -> None:
    register, name = granted()
    first = register.redeem(name, {"redeem_date": "2024-05-01", "base": "12500.555", "documents": ["发票"]})
    assert first.ok and first.amount == Decimal("12500.56")
    assert first.documents == {"service contract": False, "invoice": True, "proof of payment": False, "accounting report": False}
    second = register.redeem(name, {"redeem_date": "2024-05-02", "base": 12500})
    assert second.codes == ["NOT_GRANTED"] and second.amount == 0
    assert register.vouchers[name].paid == Decimal("12500.56")
    assert register.move(name, "settled", date(2024, 6, 1)).state == "settled"
    assert register.move(name, "revoked", date(2024, 7, 1)).state == "revoked"
    with pytest.raises(InputError, match="is revoked and cannot become used"):
        register.move(name, "used", date(2024, 7, 2))


def test_redemption_reports_every_failure() -> None:
    register, name = granted(providers=["丙"])
    facts = {
        "redeem_date": "2025-10-01",
        "base": 0,
        "service_kind": "capacity_building",
        "provider": "丁",
        "already_subsidised": True,
    }
    made = register.redeem(name, facts)
    assert made.codes == ["NOT_VALID_THEN", "WRONG_SERVICE", "ZERO_BASE", "PROVIDER_NOT_LISTED", "DOUBLE_FUNDING"]
    assert register.vouchers[name].state == "granted"
    assert register.redeem(name, {"redeem_date": "2025-09-30", "base": 1, "provider": "丙"}).ok


def test_validity_is_the_term_or_the_days_set() -> None:
    register, name = granted()
    assert register.vouchers[name].valid_until == date(2025, 9, 30)
    register, name = granted(valid_days=90)
    assert register.vouchers[name].valid_until == date(2024, 6, 13)
    assert register.expire(date(2024, 6, 13)) == []
    assert [v.state for v in register.expire(date(2024, 6, 14))] == ["expired"]
    made, voucher = Register(load_rules(valid_days=900)).apply("甲", application())
    assert voucher is not None and voucher.valid_until == date(2026, 9, 1)
    assert any("valid until 2026-09-01, beyond the measures' last day 2025-09-30" in note.en for note in made.notes)


@pytest.mark.parametrize(
    ("facts", "effect"),
    [
        ({}, None),
        ({"intensity": "0.41"}, None),
        ({"intensity": "0.41", "base_intensity": "0.5"}, True),
        ({"intensity": "0.5", "base_intensity": "0.5"}, False),
        ({"intensity": "0.6", "base_intensity": "0.5", "project_reduction": 12}, True),
    ],
)
def test_the_effect_of_the_linked_loan_is_recorded_only(facts: dict[str, Any], effect: bool | None) -> None:
    register, name = granted("linked_loan")
    made = register.redeem(name, {"redeem_date": "2024-05-01", "base": 50000, **facts})
    assert made.ok and made.effect is effect


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "cannot be told; missing: emission intensity while the loan is used (intensity), emission intensity before"),
        ({"intensity": "0.41"}, "cannot be told; missing: emission intensity before (base_intensity) [unconfirmed]"),
        ({"intensity": "0.41", "base_intensity": "0.5"}, "effect while the loan is used: shown; recorded only [unconfirmed]"),
        ({"intensity": "0.5", "base_intensity": "0.5"}, "effect while the loan is used: not shown; recorded only [unconfirmed]"),
        ({"intensity": "0.6", "project_reduction": 12}, "shown; recorded only [unconfirmed]"),
        ({"intensity": "0.6", "project_reduction": 12}, "not used: emission intensity while the loan is used; missing: emission"),
    ],
)
def test_the_effect_is_told_in_the_text(facts: dict[str, Any], said: str) -> None:
    register, name = granted("linked_loan")
    assert said in str(register.redeem(name, {"redeem_date": "2024-05-01", "base": 50000, **facts}))
    register, name = granted()
    assert "effect" not in str(register.redeem(name, {"redeem_date": "2024-05-01", "base": 5}))


def test_a_register_survives_its_json() -> None:
    register, name = granted()
    again = Register.from_dict(register.to_dict())
    assert again.vouchers == register.vouchers
    assert again.redeem(name, {"redeem_date": "2024-05-01", "base": 5}).amount == 5
    with pytest.raises(InputError, match="did you mean"):
        again.redeem(name[:-1], {"redeem_date": "2024-05-01", "base": 5})
    with pytest.raises(InputError, match="not a voucher"):
        Voucher.from_dict({"id": 1}, register.rules)
    kept = register.vouchers[name].to_dict()
    for change in ({"history": []}, {"history": [["lost", "2024-05-01"]]}, {"type": "lottery"}, {"granted": "soon"}):
        with pytest.raises(InputError, match="not a voucher"):
            Voucher.from_dict({**kept, **change}, register.rules)
    with pytest.raises(InputError, match="kept under vouchers/other"):
        Register.from_dict({"rules": "vouchers/other", "vouchers": []}, register.rules)
    with pytest.raises(InputError, match="not a register"):
        Register.from_dict({"vouchers": 1})


@pytest.mark.parametrize(
    ("base", "codes"), [("0", ["ZERO_BASE"]), ("-5", ["ZERO_BASE"]), ("0.004", ["ZERO_BASE"]), ("0.005", [])]
)
def test_the_amount_is_above_zero_after_rounding(base: str, codes: list[str]) -> None:
    assert decide(application(base=base)).codes == codes
    register, name = granted()
    assert register.redeem(name, {"redeem_date": "2024-05-01", "base": base}).codes == codes


def test_the_readings_stand_beside_the_verdicts() -> None:
    made = decide(application())
    notes = {reason.rule: reason.note for reason in made.reasons if reason.note}
    assert {"R03", "R06", "R07", "R10", "R11"} <= set(notes)
    for lang, word in (("en", "(unconfirmed)"), ("zh", "（未证实）")):
        set_language(lang)
        lines = str(made).splitlines()
        for rule in ("R03", "R06", "R07", "R10"):
            place = next(n for n, line in enumerate(lines) if rule in line)
            assert lines[place + 1].endswith(word), lines[place]
    assert "尚缺材料 [未证实]：营业执照或事业单位法人证书、信用承诺书" in str(made)
    assert "金额四舍五入到分［未证实］" in str(made)
    assert made.to_dict()["reasons"][2]["note"].keys() == {"zh", "en"} and made.to_dict()["documents_evidence"] == "unconfirmed"
    set_language("en")
    assert "papers still to bring [unconfirmed]: business licence or public-institution certificate, credit commitment" in str(
        made
    )
    assert "the amount is rounded to fen, half up [unconfirmed]" in str(made)


def test_texts_call_things_by_their_titles() -> None:
    made = decide(application(env_credit=None))
    set_language("zh")
    text = str(made)
    for said in (
        "主体类型 = 企业",
        "在蓉 = 是",
        "环保信用评价等级 = 未评级",
        "零碳券类型 = 碳核算零碳券",
        "违法违规追溯起始日 = 2021-03-15",
    ):
        assert said in text
    for key in ("entity_type", "in_chengdu", "unrated", "enterprise", "carbon_accounting"):
        assert key not in text
    assert made.to_dict()["reasons"][1]["values"] == {"entity_type": "enterprise"}
    register, name = granted()
    assert "状态 = 已发放" in str(register.redeem(name, {"redeem_date": "2024-05-01", "base": 5}))


def test_what_is_not_confirmed_says_so() -> None:
    model = RULES.model
    assert {RULES.evidence(state) for state in model.states.values()} == {"unconfirmed"}
    assert RULES.evidence(model.documents) == RULES.evidence(model.subsidy.rounding) == "unconfirmed"
    assert list(model.states) == ["applied", "rejected", "granted", "used", "settled", "expired", "revoked"]
    assert model.states["applied"].next == ["granted", "rejected"]


def test_facts_beside_the_rules_keep_their_grades() -> None:
    known = {key: RULES.evidence(fact) for key, fact in RULES.model.background.items()}
    assert known == {
        "definition": "confirmed",
        "purpose": "crosschecked",
        "notice_date": "worked",
        "platform_operator": "confirmed",
        "first_loan_case": "confirmed",
        "across_types": "worked",
    }
    clawback = RULES.model.parameters["clawback"]
    assert clawback.value is None and RULES.evidence(clawback) == "unconfirmed" and "full repayment" in clawback.note.en  # type: ignore[union-attr]
    assert RULES.evidence(RULES.model.redemption[-1]) == "unconfirmed" and RULES.model.redemption[-1].note is not None
    made = decide(application(type="linked_loan", linked_loan=True))
    assert any("has a" not in note.en and "carbon-reduction effect" in note.en for note in made.notes)


def test_29_february_looks_back_to_the_28th() -> None:
    assert decide(application(apply_date="2024-02-29", last_violation="2021-02-28")).codes == ["VIOLATION_3Y"]
    assert decide(application(apply_date="2024-02-29", last_violation="2021-02-27")).ok


def test_every_fault_of_a_rules_file_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from carbonacct.schema import paths

    source = paths.find("rules", "vouchers/chengdu-zero-carbon-2023").read_text("utf-8")
    target = tmp_path / "methodologies" / "vouchers" / "mine.yaml"
    target.parent.mkdir(parents=True)
    text = source.replace("id: vouchers/chengdu-zero-carbon-2023", "id: vouchers/mine")
    target.write_text(
        text.replace("formula: min(base, face_value)", "formula: min(base, apply_date)").replace(
            "dishonest == 'no'", "dishonst == 'no'"
        ),
        encoding="utf-8",
    )
    monkeypatch.setenv("CARBONACCT_PATH", str(tmp_path))
    with pytest.raises(FileError) as caught:
        load_rules("vouchers/mine")
    assert len(caught.value.problems) == 2 and "did you mean 'dishonest'" in str(caught.value)


money = st.decimals(min_value=0, max_value=10**6, places=3)


@given(kind=st.sampled_from(list(TYPES)), base=money, later=money, days=st.integers(0, 500))
def test_never_more_than_face_value_or_fee_and_never_twice(kind: str, base: Decimal, later: Decimal, days: int) -> None:
    register = Register()
    made, voucher = register.apply("甲", application(type=kind, base=base, linked_loan=True))
    assert made.amount <= min(fen(Fraction(base)), TYPES[kind])
    assert (voucher is None) == (made.amount == 0) == (fen(Fraction(base)) == 0) == (not made.ok)
    if voucher is not None:
        when = voucher.granted + timedelta(days=days)
        decision, used = redeem(register.rules, voucher, {"redeem_date": when, "base": later})
        assert decision.amount == (min(fen(Fraction(later)), TYPES[kind]) if later > 0 else 0)
        again, same = redeem(register.rules, used, {"redeem_date": when, "base": later})
        assert again.amount == 0 or not decision.ok
        assert same == used or not decision.ok


@given(st.lists(st.tuples(st.sampled_from("甲乙"), st.sampled_from(list(TYPES)), st.integers(0, 730)), max_size=30))
def test_at_most_one_per_entity_type_and_year(wishes: list[tuple[str, str, int]]) -> None:
    register = Register()
    for entity, kind, days in wishes:
        when = date(2023, 10, 1) + timedelta(days=days)
        register.apply(entity, application(type=kind, base=10, linked_loan=True, apply_date=when))
    counted = [(v.entity, v.type, v.granted.year) for v in register.vouchers.values()]
    assert len(counted) == len(set(counted)) == len({(e, k, (date(2023, 10, 1) + timedelta(days=d)).year) for e, k, d in wishes})
