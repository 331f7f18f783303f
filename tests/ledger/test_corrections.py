"""Corrections in one step, what a new figure supersedes, and reductions that count side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from carbonacct.ledger import Ledger, LedgerError, from_result, reduction
from carbonacct.ledger.chain import canonical, row_hash
from carbonacct.ledger.tables import COLUMNS
from tests.ledger.conftest import A, B
from tests.ledger.test_cli import ENTRIES, INPUT, done, refused
from tests.ledger.test_ledger import emitted, raw, retired, without_guards

# corrections ---------------------------------------------------------------------------------------------------


def test_a_correction_is_one_step(ledger: Ledger) -> None:
    (seq,) = ledger.append([emitted(1000)])
    assert ledger.correct(seq, emitted(900), "typing error") == [seq + 1, seq + 2]
    assert ledger.balance(A, 2023).emission == 900
    old, back, new = ledger.statement(A).to_dict()["entries"]
    assert (old["standing"], back["reverses"], back["basis"]) == ("reversed", seq, "typing error")
    assert new["details"] == {"corrects": seq} and new["consent"] == old["consent"]
    with pytest.raises(LedgerError, match=f"row {seq} is reversed already by row {seq + 1}"):
        ledger.correct(seq, emitted(1), "again")
    assert ledger.correct(seq + 2, emitted(800), "once more")
    assert ledger.verify().ok


def test_a_correction_is_possible_when_nothing_else_is(ledger: Ledger) -> None:  # reference I12
    first, second, third = ledger.append([emitted(1000), emitted(10, part="a", period=2022), emitted(5, period=2021)])
    ledger.set_state(A, "disabled", "audit")
    ledger.correct(first, emitted(900), "found by the audit")
    with pytest.raises(LedgerError, match="is disabled"):
        ledger.append([emitted(1)])
    ledger.set_state(A, "active", "done")
    ledger.withdraw(A, "end of contract")
    ledger.correct(second, emitted(9, period=2022), "found later")
    assert ledger.verify().ok
    ledger.close_period(A, 2021)
    for year in (2021, 2020):
        with pytest.raises(LedgerError, match="the year 2021 is closed"):
            ledger.correct(third, emitted(1, period=year), "no")
    ledger.set_state(A, "cancelled", "over")
    with pytest.raises(LedgerError, match="is cancelled"):
        ledger.correct(first + 5, emitted(1), "no")


def test_a_correction_is_both_or_neither(ledger: Ledger) -> None:
    (seq,) = ledger.append([retired(1, 10)])
    (other,) = ledger.append([retired(20, 30)])
    before = ledger.head
    with pytest.raises(LedgerError) as refused_:
        ledger.correct(seq, retired(5, 20), "no")
    assert refused_.value.problems == [f"CDCER CD-2023-01 5 to 20: serial numbers of these are retired already, in row {other}"]
    for entry in (emitted(1), retired(1, 2, account=B)):
        with pytest.raises(LedgerError, match="only be corrected by an entry of the same account and kind"):
            ledger.correct(seq, entry, "no")
    with pytest.raises(LedgerError, match="reason must not be empty"):
        ledger.correct(seq, retired(1, 2), " ")
    assert ledger.head == before
    ledger.correct(seq, retired(5, 12), "numbers misread")
    assert ledger.balance(A, 2023).retired == 8 + 11
    assert ledger.verify().ok


def test_a_correction_that_takes_nothing_back_is_found(ledger: Ledger) -> None:
    """Someone with full rights appends an entry without consent that says it was a correction."""
    (seq,) = ledger.append([emitted(1000)])
    ledger.withdraw(A, "end")
    without_guards(ledger)
    from sqlalchemy import text

    with ledger.database.reading() as connection:
        row = dict(connection.execute(text(f"SELECT * FROM journal WHERE seq = {seq}")).mappings().one())
    last = ledger.head
    row |= {"seq": last.seq + 1, "previous": last.hash, "details": canonical({"corrects": seq})}
    row["at"] += 10**6
    row["hash"] = row_hash([row[name] for name in COLUMNS])
    raw(ledger, f"INSERT INTO journal ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})", **row)
    raw(ledger, "UPDATE head SET seq = :seq, hash = :hash", seq=row["seq"], hash=row["hash"])
    assert any("the row before does not take back" in problem for problem in ledger.verify().problems)


@pytest.mark.parametrize("seq", [True, "5", 0, -1, 10**30, 1, 99, None])
def test_rows_that_cannot_be_corrected(ledger: Ledger, seq: Any) -> None:
    for attempt in (lambda: ledger.correct(seq, emitted(1), "r"), lambda: ledger.reverse(seq, "r")):
        with pytest.raises(LedgerError, match="is not an entry"):
            attempt()


# reductions ----------------------------------------------------------------------------------------------------


def test_reductions_of_different_parts_or_models_count_side_by_side(ledger: Ledger, methodology: Any) -> None:
    def reduced(amount: int, **more: Any) -> Any:
        return reduction(A, 2023, amount, **{"source": "self_computed", **more})

    ledger.append([reduced(100, part="boiler"), reduced(200, part="lamps"), reduced(5), reduced(7, model="m1")])
    assert ledger.balance(A, 2023).reduction == 312
    ledger.append([reduced(50, part="boiler"), reduced(6, source="self_declared")])  # a later and a less trusted figure
    assert ledger.balance(A, 2023).reduction == 262
    made = methodology("""
streams:
  s:
    title: {zh: 减排, en: reduction}
    scope: benefit
    symbols:
      W: {title: {zh: 电量, en: power}, unit: MWh, kind: activity}
      EF: {title: {zh: 因子, en: factor}, unit: tCO2/MWh, kind: factor}
    outputs:
      CO2: {unit: tCO2, formula: W * EF}
""").calculate({"s": {"W": 1000, "EF": 0.5}}, period=2023)
    ledger.append([from_result(A, made)])
    assert ledger.balance(A, 2023).reduction == 762
    assert ledger.statement(A).frame.model.tolist()[-1] == "test/example"
    assert ledger.verify().ok


# superseded ----------------------------------------------------------------------------------------------------


def test_what_a_new_entry_supersedes(ledger: Ledger) -> None:
    first = ledger.append([emitted(1000), emitted(5, period=2022)])
    assert ledger.superseded(first) == []
    assert ledger.superseded(new := ledger.append([emitted(10, part="scope 1")])) == [(first[0], new)]
    assert ledger.superseded(more := ledger.append([emitted(20, part="scope 2")])) == []  # a further part
    whole = ledger.append([emitted(1, source="government_check")])
    assert ledger.superseded(whole) == [(new[0], whole), (more[0], whole)]
    late = ledger.append([emitted(2)])  # less trusted: it is the new one that does not count
    assert ledger.superseded(late) == [(late[0], whole)]
    assert ledger.superseded([ledger.reverse(whole[0], "wrong")]) == []
    assert ledger.superseded([]) == []


def test_the_command_line_says_what_is_superseded(tmp_path: Path) -> None:
    where, source = tmp_path / "l.db", tmp_path / "in.yaml"
    source.write_text(INPUT, encoding="utf-8")
    done("open", where, A, "A")
    done("consent", where, A, "--reference", "r")
    done("import", where, A, source)
    assert done("import", where, A, source)["superseded"] == [{"row": 3, "by": [4]}]  # a second plant, part forgotten
    from tests.test_cli import run

    said = run("ledger", "import", where, A, source).stdout.splitlines()
    assert said[:2] == ["recorded: row 5", "row 4 does not count: row 5 stands in its place"]
    assert said[2].startswith("head 5:")


def test_corrections_on_the_command_line(tmp_path: Path) -> None:
    where, source = tmp_path / "l.db", tmp_path / "e.json"
    done("open", where, A, "A")
    done("consent", where, A, "--reference", "r", "--evidence", "sha256:1")
    source.write_text(json.dumps(ENTRIES), encoding="utf-8")
    done("add", where, source)
    assert "expected one entry, found 2" in refused("correct", where, 3, source, "--reason", "r")
    source.write_text(json.dumps({**ENTRIES[0], "amount": "x"}), encoding="utf-8")
    assert "entry 1: amount" in refused("correct", where, 3, source, "--reason", "r")
    source.write_text(json.dumps({**ENTRIES[0], "amount": 7}), encoding="utf-8")
    assert done("correct", where, 3, source, "--reason", "typing error")["rows"] == [5, 6]
    assert done("rate", where, A, 2023)["footprint"] == "7.000000"


def test_a_calculation_of_ones_own_claims_no_more_than_it_is(tmp_path: Path) -> None:
    where, source = tmp_path / "l.db", tmp_path / "in.yaml"
    source.write_text(INPUT, encoding="utf-8")
    done("open", where, A, "A")
    done("consent", where, A, "--reference", "r")
    for claimed in ("government_check", "national_ets", "third_party_verified"):
        assert "expected --evidence" in refused("import", where, A, source, "--source", claimed)
    assert "evidence must not be empty" in refused("import", where, A, source, "--source", "national_ets", "--evidence", " ")
    done("import", where, A, source, "--source", "national_ets", "--evidence", "notice 2024-7")
    (entry,) = done("statement", where, A)["entries"]
    assert (entry["source"], entry["details"]["evidence"]) == ("national_ets", "notice 2024-7")
