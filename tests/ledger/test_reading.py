"""Balances, rates, statements and results: what is asked for is understood as meant or refused."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from carbonacct.ledger import Ledger, LedgerError, from_result, neutralisation, neutrality
from carbonacct.ledger.balance import percent
from carbonacct.methodology import Methodology
from tests.ledger.conftest import A, B, code
from tests.ledger.test_cli import done, refused
from tests.ledger.test_ledger import emitted, retired
from tests.test_cli import run

# points in time ------------------------------------------------------------------------------------------------


def test_points_in_time(ledger: Ledger) -> None:
    (seq,) = ledger.append([emitted(1000)])
    for now in (seq, str(seq), np.int64(seq), "2199-01-01", "2199-01-01T00:00+08:00", date(2199, 1, 1)):
        assert ledger.balance(A, 2023, as_of=now).emission == 1000
    for before in (0, "2020-01-01", datetime.fromisoformat("2020-01-01T00:00:00Z")):
        assert ledger.balance(A, 2023, as_of=before).emission is None


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ("20200101", "expected a row number, a day such as"),
        (20200101, r"there is no row 20200101; the last one is \d"),
        (4, "there is no row 4"),
        (-1, "there is no row -1"),
        ("9" * 5000, "is not a point in time"),
        ("2024-W01-1", "is not a point in time"),
        ("2024-13-01", "is not a point in time"),
        ("yesterday", "is not a point in time"),
        ("2024-04-30T12:00", "has no zone"),
        (True, "is not a point in time"),
        (1.5, "is not a point in time"),
    ],
)
def test_points_in_time_that_are_none(ledger: Ledger, point: Any, said: str) -> None:
    for read in (ledger.balance, ledger.statement):
        with pytest.raises(LedgerError, match=said):
            read(A, 2023, as_of=point)


# what is asked for ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("years", ["2023", 2023.0, True, [], [2023, "2024"], object(), 23])
def test_years_that_are_none(ledger: Ledger, years: Any) -> None:
    for read in (ledger.balance, ledger.neutrality, ledger.statement):
        with pytest.raises(LedgerError, match=r"is not a year|no year is given"):
            read(A, years)


def test_years_of_numpy(ledger: Ledger) -> None:
    ledger.append([emitted(1000)])
    assert ledger.balance(A, np.int64(2023)).emission == 1000  # type: ignore[arg-type]
    assert ledger.balance(A, np.array([2022, 2023])).emission == 1000


def test_an_account_that_is_not_there(ledger: Ledger) -> None:
    stranger = code(31**5)
    for read in (ledger.balance, ledger.neutrality, ledger.statement, lambda account, _: ledger.account(account)):
        with pytest.raises(LedgerError, match=f"there is no account {stranger}"):
            read(stranger, 2023)


def test_arguments_of_other_types_are_refused(ledger: Ledger) -> None:
    for attempt in (
        lambda: ledger.open_account(5, "x"),  # type: ignore[arg-type]
        lambda: ledger.open_account(code(5), 5),  # type: ignore[arg-type]
        lambda: ledger.balance(A, 2023, subject=None),  # type: ignore[arg-type]
        lambda: ledger.close_period(A, 2023, reason=5),  # type: ignore[arg-type]
        lambda: ledger.close_period(A, 2023, reason="\ud800"),
        lambda: ledger.close_period(A, None),  # type: ignore[arg-type]
        lambda: ledger.consent(A, "r", evidence=float("nan")),  # type: ignore[arg-type]
        lambda: ledger.consent(A, "r", evidence=object()),  # type: ignore[arg-type]
        lambda: ledger.consent(A, "r", kinds=[["emission"]]),  # type: ignore[list-item]
        lambda: ledger.consent(A, "r", kinds=[]),
        lambda: ledger.set_state(A, ["active"], "r"),  # type: ignore[arg-type]
        lambda: ledger.result("5"),  # type: ignore[arg-type]
    ):
        before = ledger.head
        with pytest.raises(LedgerError):
            attempt()
        assert ledger.head == before
    assert ledger.consent(A, "r", kinds="emission")  # one kind as it is


# rates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", [("NaN", 1), ("abc", 1), ("inf", "inf"), (1, "nan"), (1, -1), (True, 1), (None, 1), ("1_0", 1)])
def test_amounts_that_give_no_rate(pair: Any) -> None:
    with pytest.raises(LedgerError, match="not an amount"):
        neutrality(*pair)


def test_a_rate_below_one_never_reads_as_one(tmp_path: Path) -> None:
    assert percent(neutrality(100_000, 99_999).rate) == "99.99%"
    assert percent(neutrality(3, 2).rate) == "66.66%" and percent(neutrality(1, 2).rate) == "100.00%"
    assert neutrality("999999999999999999", "999999999999999998.999999999999999999").rate < 1
    where = tmp_path / "l.db"
    with Ledger(where) as ledger:
        ledger.open_account(A, "A")
        ledger.consent(A, "c")
        ledger.append([emitted("9000000000000.000001"), retired(1, 9 * 10**12)])
        assert ledger.statement(A).balances.rate.tolist() == [0.999999999999]
    assert "neutrality rate 99.99%" in run("ledger", "rate", where, A, "2023").stdout


def test_a_rate_over_years_needs_an_emission_in_each(ledger: Ledger) -> None:
    ledger.append([emitted(100), retired(1, 100), retired(101, 150, period=2022)])
    with pytest.raises(LedgerError, match="no emission is recorded for 2021, 2022:"):
        ledger.neutrality(A, [2021, 2022, 2023])
    with pytest.raises(LedgerError, match="no emission is recorded for 2022:"):
        ledger.neutrality(A, None)
    ledger.append([emitted(100, period=2022)])
    assert ledger.neutrality(A, None).rate == Decimal("0.75")


# statements ----------------------------------------------------------------------------------------------------


def test_a_statement_leaves_nothing_out(ledger: Ledger, tmp_path: Path) -> None:
    words = {"instrument": "VCU", "series": "s", "first": 1, "last": 2, "retired": "2023-08-15"}
    (seq,) = ledger.append([neutralisation(A, 2023, subject="restoration:x", beneficiary="public interest", **words)])
    ledger.reverse(seq, "wrong case")
    ledger.withdraw(A, "end of contract")
    statement = ledger.statement(A)
    entry, back = statement.to_dict()["entries"]
    assert (entry["retirement"], entry["beneficiary"], entry["consent"], entry["reverses"]) == (
        "2023-08-15",
        "public interest",
        2,
        None,
    )
    assert (back["reverses"], back["basis"]) == (seq, "wrong case")
    assert statement.consents.event.tolist() == ["consent", "withdrawal"]
    assert [row["reason"] for row in statement.to_dict()["consents"]] == [None, "end of contract"]
    json.dumps(statement.to_dict())
    page = statement.to_html(lang="zh")
    for word in ("受益人", "public interest", "撤回授权", "end of contract", "授权书 1"):
        assert word in page
    assert f">{seq}<" in page and "NA" not in page
    assert "end of contract" in str(statement)
    statement.to_excel(tmp_path / "s.xlsx", "en")
    import openpyxl

    sheet = openpyxl.load_workbook(tmp_path / "s.xlsx")["Consents"]
    assert [cell.value for cell in sheet[5]][2:4] == ["withdrawal", None]


def test_balances_are_decimal_strings(ledger: Ledger) -> None:
    ledger.append([emitted("9000000000000.123456"), retired(1, 9 * 10**12)])
    (row,) = ledger.statement(A).to_dict()["balances"]
    assert (row["emission"], row["retired"], row["net"], row["surplus"]) == (
        "9000000000000.123456",
        "9000000000000.000000",
        "0.123456",
        "0.000000",
    )
    assert row["rate"] == "0.999999999999" and row["reduction"] == "0.000000"


def test_the_page_is_for_reading(ledger: Ledger) -> None:
    ledger.append([emitted(100_000), retired(1, 99_999)])
    page = ledger.statement(A).to_html(lang="en")
    last = ledger.head.hash
    assert f'<code title="{last}">{last[:12]}…</code>' in page and f">{last}<" not in page
    assert "99.99" in page and "100 %" not in page and "100.00" not in page.replace("100,000", "")
    assert "<th>part</th>" not in page.lower()  # a column with nothing in it


def test_a_statement_of_nothing(ledger: Ledger) -> None:
    text = str(ledger.statement(B))
    assert text.endswith("no entries") and "DataFrame" not in text
    assert ledger.statement(B).frame.empty and ledger.statement(B).consents.empty


def test_files_that_cannot_be_written(tmp_path: Path) -> None:
    where = tmp_path / "l.db"
    done("open", where, A, "A")
    for option, path in (("--excel", tmp_path / "nodir" / "s.xlsx"), ("--html", tmp_path / "nodir" / "s.html")):
        assert refused("statement", where, A, option, path).startswith(f"{path}: cannot be written: ")
    assert "s.xls: a workbook is written as .xlsx" in refused("statement", where, A, "--excel", tmp_path / "s.xls")


# results -------------------------------------------------------------------------------------------------------


def test_the_recorded_hash_is_that_of_the_record(ledger: Ledger, cement: Methodology, monkeypatch: pytest.MonkeyPatch) -> None:
    result = cement.calculate(
        {"raw_meal_nonfuel_carbon": {"Q": "1000 t", "FR0": 0.002}, "fossil_fuel_combustion": [{"fuel": "焦炭", "FC": "800 t"}]},
        period=2023,
    )
    assert any("default" in warning for warning in result.warnings)
    (seq,) = ledger.append([from_result(A, result)])
    assert ledger.result(seq).totals["E"] == result.totals["E"]

    def changed(self: Methodology, stored: Any) -> Any:
        stored["inputs"]["fossil_fuel_combustion"][0]["FC"] = 801
        return replay(self, stored)

    replay = Methodology.replay
    monkeypatch.setattr(Methodology, "replay", changed)
    with pytest.raises(LedgerError, match=rf"row {seq}: calculated again, the result is not the one recorded; .*ndrc/cement 1\."):
        ledger.result(seq)

    def gone(self: Methodology, stored: Any) -> Any:
        raise KeyError("kiln")

    monkeypatch.setattr(Methodology, "replay", gone)
    with pytest.raises(LedgerError, match="cannot be calculated again: 'kiln'"):
        ledger.result(seq)
