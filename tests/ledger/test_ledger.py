"""What the ledger records and refuses, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import carbonacct as ca
from carbonacct.ledger import Entry, Ledger, LedgerError, emission, from_result, neutralisation, reduction
from carbonacct.ledger import migrations as migrations_module
from carbonacct.ledger.tables import journal
from carbonacct.methodology import Methodology
from tests.conftest import ROOT
from tests.ledger.conftest import A, B, code

AR6 = {"gwp": "AR6", "source": "self_declared"}


def emitted(amount: Any = 1000, account: str = A, period: int = 2023, **more: Any) -> Entry:
    return emission(account, period, amount, **{**AR6, **more})


def retired(first: int, last: int, account: str = A, period: int = 2023, **more: Any) -> Entry:
    given = {"instrument": "CDCER", "series": "CD-2023-01", "retired": "2024-04-30", **more}
    return neutralisation(account, period, first=first, last=last, **given)


def raw(ledger: Ledger, statement: str, **values: Any) -> None:
    """Something done to the database by other means than the ledger."""
    with ledger.database.writing() as connection:
        connection.execute(text(statement), values)


def without_guards(ledger: Ledger) -> None:
    """What a tamperer with full rights does first."""
    with ledger.database.writing() as connection:
        if ledger.database.sqlite:
            for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            for table in ("journal", "document", "head"):
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


# recording -----------------------------------------------------------------------------------------------------


def test_balances_are_exact_sums(ledger: Ledger) -> None:
    ledger.append([emitted("0.1", part="a"), emitted("0.2", part="b"), reduction(A, 2023, "0.3", source="self_computed")])
    found = ledger.balance(A, 2023)
    assert (found.emission, found.reduction, found.retired, found.gwp) == (Decimal("0.3"), Decimal("0.3"), 0, ("AR6",))


def test_a_reduction_never_changes_an_emission(ledger: Ledger) -> None:  # reference I05
    ledger.append([emitted(1000)])
    ledger.append([reduction(A, 2023, 400, source="self_computed")])
    assert ledger.balance(A, 2023).emission == 1000


def test_amounts_are_rounded_half_to_even_to_the_gram() -> None:
    assert [emitted(amount).amount for amount in (0.1, "0.0000005", "0.0000015", 1e6)] == [100_000, 0, 2, 10**12]


def test_nothing_without_consent(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="has not consented to the recording of its emission entries"):
        ledger.append([emitted(account=B)])
    ledger.consent(B, "letter", kinds=["reduction"])
    with pytest.raises(LedgerError, match="has not consented"):
        ledger.append([emitted(account=B)])
    consent = ledger.consent(B, "letter 2", kinds=["emission"])
    (seq,) = ledger.append([emitted(account=B)])
    with ledger.database.reading() as connection:
        assert connection.execute(text(f"SELECT consent FROM journal WHERE seq = {seq}")).scalar() == consent
    ledger.withdraw(B, "end of contract")
    with pytest.raises(LedgerError, match="has not consented"):
        ledger.append([emitted(account=B)])
    assert ledger.balance(B, 2023).emission == 1000  # the audit trail stays
    assert ledger.reverse(seq, "wrong meter")  # and can be corrected
    with pytest.raises(LedgerError, match="no consent is in force"):
        ledger.withdraw(B, "again")


def test_a_batch_is_recorded_as_a_whole_or_not_at_all(ledger: Ledger) -> None:
    before = ledger.head
    with pytest.raises(LedgerError) as refused:
        ledger.append([emitted(), emitted(account=B), emitted(account=code(3))])
    assert len(refused.value.problems) == 2
    assert ledger.head == before


def test_the_effective_figure_is_the_most_trusted_then_the_latest(ledger: Ledger) -> None:
    ledger.append(
        [emitted(1000), emitted(900, source="third_party_verified"), emitted(1100), emitted(950, source="third_party_verified")]
    )
    assert ledger.balance(A, 2023).emission == 950
    assert ledger.statement(A).frame.standing.tolist() == ["superseded", "superseded", "superseded", "effective"]


def test_a_whole_inventory_and_one_in_parts_compete(ledger: Ledger) -> None:
    ledger.append(
        [emitted(1000), emitted(300, part="kiln 1", source="self_computed"), emitted(500, part="kiln 2", source="utility_meter")]
    )
    assert ledger.balance(A, 2023).emission == 800
    ledger.append([emitted(810, source="government_check")])
    assert ledger.balance(A, 2023).emission == 810


def test_gwp_sets_are_not_mixed(ledger: Ledger) -> None:  # reference I10
    ledger.append([emitted(1, part="a"), emitted(1, part="b", gwp="SAR")])
    with pytest.raises(LedgerError, match="different GWP sets are not added: AR6, SAR"):
        _ = ledger.balance(A, 2023).emission
    row = ledger.statement(A).balances.iloc[0]
    assert (row.emission, row.gwp) == (None, "AR6, SAR")  # the statement still shows the rest


def test_gases_sum_to_the_total_within_a_hundredth_of_a_tonne() -> None:  # reference I02
    assert emitted("100.00", by_gas={"CO2": 90, "CH4": "10.01"}).details["by_gas"]["CO2"] == 90
    with pytest.raises(LedgerError, match=r"the gases sum to 100\.02"):
        emitted(100, by_gas={"CO2": 90, "CH4": "10.02"})


def test_everything_wrong_with_an_entry_is_said_at_once() -> None:
    with pytest.raises(LedgerError) as refused:
        neutralisation("91", 20233, -1, instrument="CDCR", series="", first=5, last=4, retired="soon", subject="evnt:x")
    said = str(refused.value)
    assert len(refused.value.problems) == 8
    assert "did you mean 'CDCER'" in said and "unified social credit code" in said


@pytest.mark.parametrize("amount", ["-1", "nan", "inf", "1e30", "x", None])
def test_amounts_that_are_none(amount: Any) -> None:  # reference I01
    with pytest.raises(LedgerError, match="not an amount in tCO2e"):
        emitted(amount)


def test_codes() -> None:
    from carbonacct.ledger.codes import check_code

    assert check_code(" 91350100m000100y43 ") == "91350100M000100Y43"  # the example of GB 32100-2015
    with pytest.raises(LedgerError, match="check character is '4', expected '3'"):
        check_code("91350100M000100Y44")
    with pytest.raises(LedgerError, match="without I, O, S, V, Z"):
        check_code("91350100I000100Y43")


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(LedgerError, match="details: expected plain data"):
        emitted(details={"x": float("nan")})
    with pytest.raises(LedgerError, match="details: expected plain data"):
        emitted(details={"x": "\ud800"})
    with pytest.raises(LedgerError, match="part: expected a line"):
        emitted(part="a\nb")
    with pytest.raises(LedgerError, match=r"unknown GWP set 'AR7'; known: SAR, .*; did you mean"):
        emitted(gwp="AR7")
    with pytest.raises(LedgerError, match="not in mysql"):
        Ledger("mysql://x")


# corrections ---------------------------------------------------------------------------------------------------


def test_a_correction_is_a_reversal_and_a_new_entry(ledger: Ledger) -> None:
    (seq,) = ledger.append([emitted(1000)])
    back = ledger.reverse(seq, "typing error")
    ledger.append([emitted(100)])
    assert ledger.balance(A, 2023).emission == 100
    assert ledger.statement(A).frame.standing.tolist() == ["reversed", "reversing", "effective"]
    with pytest.raises(LedgerError, match=f"row {seq} is reversed already by row {back}"):
        ledger.reverse(seq, "again")
    with pytest.raises(LedgerError, match="is a reversal"):
        ledger.reverse(back, "no")
    with pytest.raises(LedgerError, match="row 1 is not an entry"):
        ledger.reverse(1, "no")
    assert ledger.verify().ok


def test_reversing_the_effective_figure_brings_back_the_one_before(ledger: Ledger) -> None:
    _, seq = ledger.append([emitted(1000), emitted(900, source="national_ets")])
    ledger.reverse(seq, "withdrawn by the authority")
    assert ledger.balance(A, 2023).emission == 1000


# states and periods --------------------------------------------------------------------------------------------


def test_states(ledger: Ledger) -> None:  # reference: transitions, I12
    (seq,) = ledger.append([emitted()])
    ledger.set_state(A, "disabled", "audit")
    with pytest.raises(LedgerError, match="is disabled"):
        ledger.append([emitted()])
    ledger.reverse(seq, "corrections are allowed")
    with pytest.raises(LedgerError, match="cannot change from disabled to cancelled"):
        ledger.set_state(A, "cancelled", "no")
    ledger.set_state(A, "active", "done")
    ledger.append([emitted()])
    ledger.set_state(A, "cancelled", "company closed")
    for refused in (
        lambda: ledger.append([emitted()]),
        lambda: ledger.set_state(A, "active", "no"),
        lambda: ledger.consent(A, "x"),
    ):
        with pytest.raises(LedgerError, match="is cancelled"):
            refused()
    assert ledger.verify().ok


def test_a_closed_year_takes_nothing(ledger: Ledger) -> None:
    (seq,) = ledger.append([emitted()])
    ledger.close_period(A, 2023)
    for refused in (
        lambda: ledger.append([emitted()]),
        lambda: ledger.reverse(seq, "late"),
        lambda: ledger.append([retired(1, 2)]),
    ):
        with pytest.raises(LedgerError, match="the year 2023 is closed"):
            refused()
    ledger.append([emitted(period=2024)])
    with pytest.raises(LedgerError, match="closed already"):
        ledger.close_period(A, 2023)
    assert ledger.account(A).closed == {2023}
    ledger.reopen_period(A, 2023, "verifier's finding")
    ledger.append([emitted(900)])
    assert ledger.verify().ok


def test_the_database_itself_keeps_a_closed_year(ledger: Ledger) -> None:
    (seq,) = ledger.append([emitted()])
    ledger.close_period(A, 2023)
    with pytest.raises(DBAPIError, match="carbonacct:closed"):
        raw(ledger, _copy(ledger, seq))


# units ---------------------------------------------------------------------------------------------------------


def test_a_unit_is_retired_once_across_accounts(ledger: Ledger) -> None:  # reference D1, I06
    ledger.consent(B, "letter")
    (seq,) = ledger.append([retired(101, 200)])
    for first, last in ((101, 200), (1, 101), (200, 300), (150, 160), (1, 999)):
        with pytest.raises(LedgerError, match=f"are retired already, in row {seq}"):
            ledger.append([retired(first, last, account=B)])
    ledger.append(
        [
            retired(1, 100, account=B),
            retired(201, 300, account=B),
            retired(101, 200, series="CD-2023-02"),
            retired(101, 200, instrument="CCER"),
        ]
    )
    with pytest.raises(LedgerError, match="stand in this batch twice"):
        ledger.append([retired(1000, 1100), retired(1100, 1200)])
    assert ledger.verify().ok


def test_a_retirement_recorded_wrongly_frees_its_numbers(ledger: Ledger) -> None:
    ledger.consent(B, "letter")
    (seq,) = ledger.append([retired(1, 100)])
    ledger.reverse(seq, "belongs to B")
    ledger.append([retired(1, 60, account=B), retired(61, 100)])
    with pytest.raises(LedgerError, match="retired already"):
        ledger.append([retired(60, 60)])
    assert ledger.verify().ok


def test_what_can_be_retired() -> None:
    assert retired(1, 11186, amount="11185.20").amount == 11_185_200_000
    with pytest.raises(LedgerError, match=r"11185\.2.* tCO2e are more than the 11185 units"):
        retired(1, 11185, amount="11185.20")
    with pytest.raises(LedgerError, match="a unit of GEC is 1 MWh, not tCO2e"):
        retired(1, 2, instrument="GEC")
    with pytest.raises(LedgerError, match="before the vintage"):  # reference I15
        retired(1, 2, vintage=2025)
    with pytest.raises(LedgerError, match="day of issue"):
        retired(1, 2, issued=date(2024, 5, 1))


# append-only ---------------------------------------------------------------------------------------------------


def _copy(ledger: Ledger, row: int, /, **changes: str) -> str:
    """SQL that appends a copy of a row behind the last one."""
    last = ledger.head
    changes = {"seq": str(last.seq + 1), "previous": f"'{last.hash}'", "hash": "'x'"} | changes
    names = [column.name for column in journal.columns]
    return f"INSERT INTO journal ({', '.join(names)}) SELECT {', '.join(changes.get(name, name) for name in names)} FROM journal WHERE seq = {row}"


def test_the_database_refuses_to_change_or_delete(ledger: Ledger) -> None:
    (seq,) = ledger.append([emitted()])
    statements = [
        "UPDATE journal SET amount = 1",
        "DELETE FROM journal",
        f"DELETE FROM journal WHERE seq = {seq}",
        "DELETE FROM head",
        "INSERT INTO head (seq, hash) VALUES (1, 'x')",
        "UPDATE head SET seq = 1",
        "UPDATE head SET hash = 'x'",
        _copy(ledger, seq, seq="99"),
        _copy(ledger, seq, seq=str(seq)),
        _copy(ledger, seq, previous="'x'"),
    ]
    if ledger.database.sqlite:
        statements.append(_copy(ledger, seq, seq=str(seq)).replace("INSERT", "INSERT OR REPLACE"))
    else:
        statements += [f"TRUNCATE {table} CASCADE" for table in ("journal", "head", "document")]
    for statement in statements:
        with pytest.raises(DBAPIError, match="carbonacct:"):
            raw(ledger, statement)
    assert ledger.verify().ok


def test_the_database_refuses_a_second_retirement(ledger: Ledger) -> None:
    (seq,) = ledger.append([retired(1, 10)])
    with pytest.raises(DBAPIError, match="carbonacct:retired"):
        raw(ledger, _copy(ledger, seq))


def test_the_database_refuses_to_change_a_record(ledger: Ledger, cement: Methodology) -> None:
    ledger.append([from_result(A, cement.calculate({"raw_meal_nonfuel_carbon": {"Q": "1000 t", "FR0": 0.002}}, period=2023))])
    for statement in ("UPDATE document SET content = ''", "DELETE FROM document"):
        with pytest.raises(DBAPIError, match="carbonacct:append-only"):
            raw(ledger, statement)


# verification --------------------------------------------------------------------------------------------------


@pytest.fixture
def full(ledger: Ledger, cement: Methodology) -> Ledger:
    """A ledger with a row of every kind."""
    result = cement.calculate({"raw_meal_nonfuel_carbon": {"Q": "1000 t", "FR0": 0.002}}, period=2023)
    seqs = ledger.append(
        [from_result(A, result), emitted(10, period=2022), reduction(A, 2023, 5, source="self_computed"), retired(1, 7)]
    )
    ledger.reverse(seqs[1], "wrong year")
    ledger.close_period(A, 2022)
    ledger.reopen_period(A, 2022, "late data")
    ledger.set_state(A, "disabled", "audit")
    ledger.set_state(A, "active", "done")
    ledger.withdraw(A, "end")
    ledger.consent(A, "new contract")
    return ledger


def test_any_changed_cell_is_found(full: Ledger) -> None:
    assert full.verify().ok
    without_guards(full)
    assert any("trigger" in problem for problem in full.verify().problems)
    with full.database.reading() as connection:
        rows = [dict(row) for row in connection.execute(text("SELECT * FROM journal ORDER BY seq")).mappings()]
    if full.database.sqlite:
        raw(full, "PRAGMA ignore_check_constraints = ON")
    changes = {
        "period": "1999",
        "subject": "'event:x'",
        "part": "'x'",
        "amount": "amount + 1",
        "at": "at + 1",
        "account": f"'{code(9)}'",
        "details": "details || ' '",
        "hash": "'x'",
        "previous": "'x'",
        "source": "'national_ets'",
        "gwp": "'AR4'",
        "last": "last + 1",
    }
    for row in rows:
        for name, change in changes.items():
            if row[name] is None:
                continue
            raw(full, f"UPDATE journal SET {name} = {change} WHERE seq = {row['seq']}")
            problems = full.verify().problems
            assert any(f"row {row['seq']}" in problem for problem in problems), (row, name)
            raw(full, f"UPDATE journal SET {name} = :value WHERE seq = {row['seq']}", value=row[name])
    assert all("trigger" in problem for problem in full.verify().problems)


@pytest.mark.parametrize("where", ["sqlite"], indirect=True)
def test_any_garbage_is_found(full: Ledger) -> None:
    """SQLite keeps whatever is put into a column: other types, bytes that are no text."""
    without_guards(full)
    for value in ("x'00ff'", "'abc'", "1.5", "CAST(x'ff' AS TEXT)", "'[]'", "NULL"):
        for name in [column.name for column in journal.columns if column.name != "seq"]:
            for seq in (1, 4, 7, 9):
                with full.database.reading() as connection:
                    before = connection.execute(text(f"SELECT {name} FROM journal WHERE seq = {seq}")).scalar()
                try:
                    raw(full, f"UPDATE journal SET {name} = {value} WHERE seq = {seq}")
                except DBAPIError:
                    continue  # a constraint of the table
                changed = before is not None or value != "NULL"
                found = full.verify().problems
                assert any(f"row {seq}" in problem or "cannot be read" in problem for problem in found) == changed, (
                    name,
                    value,
                    seq,
                )
                raw(full, f"UPDATE journal SET {name} = :value WHERE seq = {seq}", value=before)


def test_rows_cut_off_moved_or_rewritten_are_found(full: Ledger) -> None:
    noted = full.head
    assert full.verify(noted).ok and full.verify(str(noted)).ok
    without_guards(full)
    raw(full, f"DELETE FROM journal WHERE seq = {noted.seq}")
    assert any("rows are missing at the end" in problem for problem in full.verify().problems)
    with full.database.reading() as connection:
        last = connection.execute(text("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")).one()
    raw(full, f"UPDATE head SET seq = {last.seq}, hash = '{last.hash}'")
    assert not any("row" in problem for problem in full.verify().problems)  # a perfect forgery but for the triggers …
    assert any("anchor names" in problem for problem in full.verify(noted).problems)  # … and the head noted elsewhere


def test_a_record_tampered_with_is_found(full: Ledger) -> None:
    without_guards(full)
    raw(full, "UPDATE document SET content = replace(content, '0.002', '0.001')")
    assert any("does not match its hash" in problem for problem in full.verify().problems)


def test_rules_are_verified_too_even_where_the_hashes_fit(ledger: Ledger) -> None:
    """Someone with full rights appends well-hashed rows that the ledger would never take."""
    from carbonacct.ledger.chain import row_hash
    from carbonacct.ledger.tables import COLUMNS

    (seq,) = ledger.append([retired(1, 10)])
    without_guards(ledger)
    with ledger.database.reading() as connection:
        row = dict(connection.execute(text(f"SELECT * FROM journal WHERE seq = {seq}")).mappings().one())
    row |= {"seq": seq + 1, "previous": row["hash"], "account": B}
    row["hash"] = row_hash([row[name] for name in COLUMNS])
    names = ", ".join(row)
    raw(ledger, f"INSERT INTO journal ({names}) VALUES ({', '.join(f':{name}' for name in row)})", **row)
    raw(ledger, "UPDATE head SET seq = :seq, hash = :hash", seq=row["seq"], hash=row["hash"])
    problems = [problem for problem in ledger.verify().problems if "trigger" not in problem]
    assert len(problems) == 2
    assert "has not consented" in problems[0] and f"rows {seq} and {seq + 1} retire the same serial numbers" in problems[1]


def test_an_anchor_must_be_readable(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="expected seq:hash"):
        ledger.verify("12")


# as of ---------------------------------------------------------------------------------------------------------


def test_as_of(where: str) -> None:
    now = datetime(2024, 4, 30, 12, tzinfo=UTC)
    with Ledger(where, clock=lambda: int(now.timestamp() * 1_000_000)) as ledger:
        ledger.open_account(A, "A")
        ledger.consent(A, "c")
        (seq,) = ledger.append([emitted(1000)])
        now += timedelta(days=1)
        ledger.reverse(seq, "wrong")
        ledger.append([emitted(900)])
        now -= timedelta(days=30)  # a clock set back does not disorder the journal
        ledger.append([emitted(800)])
        assert ledger.balance(A, 2023).emission == 800
        assert ledger.balance(A, 2023, as_of=seq).emission == 1000
        assert ledger.balance(A, 2023, as_of=date(2024, 4, 30)).emission == 1000
        assert ledger.balance(A, 2023, as_of=date(2024, 5, 1)).emission == 800
        assert ledger.balance(A, 2023, as_of=datetime(2024, 4, 30, 11, tzinfo=UTC)).emission is None
        assert ledger.statement(A, as_of=seq).frame.standing.tolist() == ["effective"]
        assert ledger.statistics(as_of=seq).entries.tolist() == [1]
        with pytest.raises(LedgerError, match="has no zone"):
            ledger.balance(A, 2023, as_of=datetime(2024, 4, 30, 12))
        assert ledger.verify().ok


# results -------------------------------------------------------------------------------------------------------


def test_a_result_is_recorded_with_its_hash_and_can_be_calculated_again(
    ledger: Ledger, cement: Methodology
) -> None:  # reference I09
    result = cement.calculate({"raw_meal_nonfuel_carbon": {"Q": "1000 t", "FR0": 0.002}}, period=2023, entity="甲")
    ca.set_language("zh")
    (seq,) = ledger.append([from_result(A, result)])
    ca.set_language("en")
    (again,) = ledger.append([from_result(A, result)])
    first, second = ledger.statement(A).to_dict()["entries"]
    assert first["amount"] == "7.333333"
    details = first["details"]
    assert (details["methodology"], details["fingerprint"]) == ("ndrc/cement", result.fingerprint)
    assert details["result"] == second["details"]["result"]  # whatever the language
    assert ledger.result(seq).totals["E"] == result.totals["E"] == ledger.result(again).totals["E"]
    assert first["gwp"] == "SAR"
    with pytest.raises(LedgerError, match="carries no record"):
        ledger.result(2)


def test_a_benefit_model_gives_a_reduction(ledger: Ledger, methodology: Any) -> None:
    model = methodology("""
streams:
  s:
    title: {zh: 减排, en: reduction}
    scope: benefit
    symbols:
      W: {title: {zh: 电量, en: power}, unit: MWh, kind: activity}
      EF: {title: {zh: 因子, en: factor}, unit: tCO2/MWh, kind: factor}
    outputs:
      CO2: {unit: tCO2, formula: W * EF}
""")
    result = model.calculate({"s": {"W": 1000, "EF": 0.5}}, period=2023)
    entry = from_result(A, result, subject="project:pv 1")
    assert (entry.kind, entry.amount, entry.period) == ("reduction", 500_000_000, 2023)
    ledger.append([entry])
    assert ledger.balance(A, 2023, "project:pv 1").reduction == 500


def test_a_result_needs_a_year(cement: Methodology) -> None:
    result = cement.calculate({"raw_meal_nonfuel_carbon": {"Q": "1000 t", "FR0": 0.002}})
    with pytest.raises(LedgerError, match="give the year as period"):
        from_result(A, result)
    assert from_result(A, result, period=2020).period == 2020


# neutrality ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("footprint", "units", "rate", "net", "surplus", "neutral"),
    [  # reference: neutrality.test_vectors
        (1000, 1000, 1, 0, 0, True),
        (1000, 650, "0.65", 350, 0, False),
        (1000, 1200, 1, 0, 200, True),
        ("11185.20", "11185.20", 1, 0, 0, True),
    ],
)
def test_neutrality(ledger: Ledger, footprint: Any, units: Any, rate: Any, net: Any, surplus: Any, neutral: bool) -> None:
    ledger.append([emitted(footprint), retired(1, 20000, amount=units)])
    found = ledger.neutrality(A, 2023)
    assert (found.rate, found.net, found.surplus, found.neutral) == (Decimal(rate), net, surplus, neutral)


def test_no_rate_of_nothing(ledger: Ledger) -> None:
    ledger.append([retired(1, 10)])
    with pytest.raises(LedgerError, match="no emission is recorded"):
        ledger.neutrality(A, 2023)
    ledger.append([emitted(0)])  # reference: F = 0, C = 10
    with pytest.raises(LedgerError, match="not above zero"):
        ledger.neutrality(A, 2023)


def test_almost_neutral_is_not_neutral(ledger: Ledger) -> None:
    ledger.append([emitted("1000.000001"), retired(1, 1000)])
    assert not ledger.neutrality(A, 2023).neutral


# forms ---------------------------------------------------------------------------------------------------------


def test_statement_in_both_languages(full: Ledger, tmp_path: Path) -> None:
    statement = full.statement(A)
    assert statement.frame.kind.tolist() == ["emission", "emission", "reduction", "neutralisation", "emission"]
    row = statement.balances.query("period == 2023").iloc[0]
    assert (row.emission, row.reduction, row.retired) == (7.333333, 5.0, 7.0)
    assert row.rate == pytest.approx(7 / 7.333333, abs=1e-12)
    assert "碳中和率" in statement.to_html(tmp_path / "s.html", "zh") and "neutrality rate" in statement.to_html(lang="en")
    assert "http" not in statement.to_html() and "甲公司" in (tmp_path / "s.html").read_text("utf-8")
    assert "数量（tCO2e）" in statement.to_frame("zh").columns
    assert "碳排放" in statement.to_frame("zh")["类别"].tolist()
    assert "Carbon account" in str(statement)
    for lang, sheets in (("zh", ["余额", "条目", "授权"]), ("en", ["Balances", "Entries", "Consents"])):
        path = tmp_path / f"{lang}.xlsx"
        statement.to_excel(path, lang)
        import openpyxl

        book = openpyxl.load_workbook(path)
        assert book.sheetnames == sheets
        assert [cell.value for cell in book[sheets[1]][4]][6] == 7.333333


def test_a_statement_shows_nothing_as_markup_or_formula(ledger: Ledger, tmp_path: Path) -> None:
    import openpyxl

    ledger.append([emitted(subject="event:<b>=1+1</b>"), emitted(subject="event:x", part="=1+1")])
    statement = ledger.statement(A)
    assert "<b>=1" not in statement.to_html()
    statement.to_excel(tmp_path / "s.xlsx", "en")
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "s.xlsx")["Entries"] for cell in row]
    assert all(cell.data_type != "f" for cell in cells)


# migrations ----------------------------------------------------------------------------------------------------


def test_an_older_database_is_migrated_when_opened(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations_module, "MIGRATIONS", migrations_module.MIGRATIONS[:1])
        with Ledger(where) as ledger:
            ledger.open_account(A, "A")
            ledger.consent(A, "c")
            ledger.append([emitted()])
            assert any("trigger journal_update is missing" in problem for problem in ledger.verify().problems)
    with Ledger(where) as ledger:
        assert ledger.verify().ok
        assert ledger.balance(A, 2023).emission == 1000
        ledger.append([emitted(900)])
        raw(ledger, "INSERT INTO migration (version, at) VALUES (99, 0)")
    with pytest.raises(LedgerError, match="is of version 99"):
        Ledger(where)


def test_several_open_a_new_ledger_at_once(where: str) -> None:
    def opened(_: int) -> bool:
        with Ledger(where) as ledger:
            return ledger.verify().ok

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(opened, range(8))) == [True] * 8


def test_a_new_ledger_is_durable(ledger: Ledger) -> None:
    with ledger.database.reading() as connection:
        if ledger.database.sqlite:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
        else:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
            assert connection.exec_driver_sql("SHOW fsync").scalar() == "on"


def test_the_examples_of_the_documentation_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import doctest
    import re

    import carbonacct.ledger

    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "ledger.md").read_text("utf-8"), re.DOTALL)
    exec(compile(block, "ledger.md", "exec"), {})
    assert capsys.readouterr().out.startswith("0.6818182")
    assert doctest.testmod(carbonacct.ledger).failed == 0
