"""Entries as others write them: every wrong type and every value that could be misread is refused, all of them at once."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given as given_
from hypothesis import settings
from hypothesis import strategies as st

from carbonacct.ledger import Ledger, LedgerError, emission, from_result, neutralisation, reduction
from carbonacct.ledger.chain import canonical
from carbonacct.ledger.entries import from_dict
from carbonacct.ledger.serials import normal, overlaps
from carbonacct.methodology import Methodology
from tests.ledger.conftest import A, B, code
from tests.ledger.test_cli import done, recorded, refused

EMISSION = {"kind": "emission", "account": A, "period": 2023, "amount": "1", "gwp": "AR6", "source": "self_declared"}
RETIRED = {
    "kind": "neutralisation",
    "account": A,
    "period": 2023,
    "instrument": "CDCER",
    "series": "S",
    "first": 1,
    "last": 5,
    "retired": "2024-04-30",
}


@pytest.fixture
def filed(tmp_path: Path) -> str:
    path = str(tmp_path / "ledger.db")
    with Ledger(path) as ledger:
        ledger.open_account(A, "A")
        ledger.consent(A, "letter")
    return path


def given(tmp_path: Path, data: Any) -> Path:
    path = tmp_path / "e.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


WRONG = [
    (EMISSION, "account", [5, None, [A]]),
    (EMISSION, "subject", [5, None, [], "evnt:x", "event:", "event:x "]),
    (EMISSION, "source", [["x"], None, {}, "self_declard"]),
    (EMISSION, "gwp", [{}, None, "AR6+AR6", "AR7"]),
    (EMISSION, "part", [None, 5, "a\nb", " a"]),
    (EMISSION, "details", ["abc", [1], [], False, 0]),
    (EMISSION, "by_gas", [[1], "x", {}, [], {"CO3": 1}, {"CO2": None}, {"CO2": 2}]),
    (EMISSION, "amount", [True, None, [0, [1, 0], 0], {}, "1_000", "１２", "1,0", -1e-7, "-0.0000004", float("nan"), 10**25]),
    (EMISSION, "period", [True, "2023", 2023.0, [2023], None]),
    (RETIRED, "retired", [None, [], True, 20240430, "20240430", "2024-4-30"]),
    (RETIRED, "vintage", ["2022", -5, 2.5, [1], True, 2025]),
    (RETIRED, "issued", [5, False, "x"]),
    (RETIRED, "beneficiary", [[1], 5, " x"]),
    (RETIRED, "instrument", [[], None, "GEC"]),
    (RETIRED, "series", [5, "   ", "", None]),
    (RETIRED, "first", [True, "1", -1, 6]),
    (RETIRED, "last", [0, 10**19]),
]


@pytest.mark.parametrize(("base", "key", "value"), [(base, key, value) for base, key, values in WRONG for value in values])
def test_a_wrong_value_is_refused_with_its_place(filed: str, tmp_path: Path, base: Any, key: str, value: Any) -> None:
    said = refused("add", filed, given(tmp_path, [{**base, key: value}]))
    named = "serial numbers" if key in ("first", "last") else "retired" if value == 2025 else key
    assert said.startswith(f"{tmp_path / 'e.json'}: entry 1: {named}"), said
    with Ledger(filed) as ledger:
        assert ledger.head.seq == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (json.dumps([EMISSION]).replace('"amount": "1"', '"amount": "1", "amount": "999"'), "the key 'amount' stands twice"),
        (json.dumps([{**EMISSION, "details": {"x": 1}}]).replace('"x": 1', '"x": 1, "x": 2'), "the key 'x' stands twice"),
        ("[" * 100_000, "nested too deep"),
        ("9" * 5000, "a whole number of 5000 digits"),
        ("[]", "there is no entry in the file"),
        ("\ufeff[]", "there is no entry in the file"),
        ("null", "entry 1: expected keys with values, not 'None'"),
        ("[[]]", "entry 1: expected keys with values, not '[]'"),
        ("", "not JSON that can be read"),
        (json.dumps([{"account": A}]), "entry 1: 'kind' is missing"),
        (json.dumps([{**EMISSION, "kind": ["emission"]}]), "no kind of entry"),
        (json.dumps([{**EMISSION, "kind": {}}]), "no kind of entry"),
        (json.dumps([{**EMISSION, "\ud800": 1}]), r"unknown key '\ud800'"),
        (json.dumps([{**EMISSION, "details": {"corrects": 1}}]), "the key 'corrects' is written by the ledger itself"),
        (json.dumps([{**EMISSION, "details": {"by_gas": {}}}]), "the key 'by_gas' is written by the ledger itself"),
        (json.dumps([{**RETIRED, "details": {"retired": "1990-01-01"}}]), "the key 'retired' is written by the ledger itself"),
        (json.dumps([{**EMISSION, "details": json.loads("[" * 99 + "]" * 99)}]), "details: expected keys with values"),
        (json.dumps([{**EMISSION, "details": {"x": json.loads("[" * 99 + "]" * 99)}}]), "nested deeper than 32 levels"),
        (json.dumps([{**RETIRED, "first": 0, "last": 2**63 - 1}]), "more than a ledger can count at once"),
        (json.dumps([{**RETIRED, "retired": "2199-01-01"}]), "retired on 2199-01-01: after the day of recording"),
    ],
)
def test_files_that_are_refused(filed: str, tmp_path: Path, text: str, said: str) -> None:
    assert said in refused("add", filed, given(tmp_path, text))


def test_bytes_that_are_no_text(filed: str, tmp_path: Path) -> None:
    (tmp_path / "e.json").write_bytes(b'["\xff"]')
    assert "e.json: not UTF-8 (byte 2)" in refused("add", filed, tmp_path / "e.json")
    assert "e.json" in refused("add", filed, tmp_path / "none" / "e.json")


def test_everything_wrong_in_a_file_is_said_at_once(filed: str, tmp_path: Path) -> None:
    with Ledger(filed) as ledger:
        ledger.append([neutralisation(A, 2023, instrument="CCER", series="S", first=1, last=9, retired="2024-04-30")])
        ledger.close_period(A, 2020)
    entries = [
        {**EMISSION, "subjct": "x", "amount": "x", "gwp": "AR7"},  # keys do not hide values
        {**{k: v for k, v in EMISSION.items() if k != "amount"}, "period": "2023"},  # nor do missing keys
        {**EMISSION, "period": 2020},  # values of one entry do not hide what the ledger says of another
        {**EMISSION, "account": B},
        {**EMISSION, "account": B},  # not left out because it reads the same
        {**RETIRED, "instrument": "CCER", "first": 9, "last": 12},  # nor the serial numbers
        {**RETIRED, "instrument": "CDCER", "first": 1, "last": 2},
        {**RETIRED, "instrument": "CDCER", "first": 2, "last": 3},
        EMISSION,
    ]
    lines = refused("add", filed, given(tmp_path, entries)).splitlines()
    said = [line.removeprefix(f"{tmp_path / 'e.json'}: ") for line in lines]
    assert said == [
        "entry 1: unknown key 'subjct'; did you mean 'subject'?",
        "entry 1: amount: 'x' is not an amount in tCO2e: expected a number not below 0",
        "entry 1: gwp: unknown GWP set 'AR7'; known: SAR, TAR, AR4, AR5, AR6, NDRC_electronics; did you mean 'TAR'?",
        "entry 2: period: '2023' is not a year",
        "entry 2: 'amount' is missing",
        f"entry 3: account {A}: the year 2020 is closed",
        f"entry 4: there is no account {B}; did you mean '{A}'?",
        f"entry 5: there is no account {B}; did you mean '{A}'?",
        "entry 6: CCER S 9 to 12: serial numbers of these are retired already, in row 3",
        "entry 8: CDCER S 2 to 3: serial numbers of these stand in this batch twice, first in entry 7",
    ]
    assert len(refused("add", tmp_path / "none.db", given(tmp_path, entries)).splitlines()) == 1 + 5
    right = [entry for number, entry in enumerate(entries) if number > 1]
    assert len(refused("add", filed, given(tmp_path, right)).splitlines()) == 5


def test_the_nearest_account_is_named(ledger: Ledger) -> None:
    near = next(code(number) for number in range(3, 2000) if sum(a != b for a, b in zip(code(number), B, strict=True)) == 2)
    with pytest.raises(LedgerError, match=f"there is no account {near}; did you mean '91"):
        ledger.append([emission(near, 2023, 1, gwp="AR6", source="self_declared")])
    with pytest.raises(LedgerError, match=r"no account .* did you mean"):
        ledger.balance(near, 2023)


def test_names_nearest_to_a_mistake(filed: str) -> None:
    assert "did you mean 'emission'" in refused("consent", filed, A, "--reference", "r", "--kind", "emision")
    assert "'disable' is not a state" in (said := refused("state", filed, A, "disable", "--reason", "r"))
    assert "did you mean 'disabled'" in said


def test_details_are_kept_as_given(filed: str, tmp_path: Path) -> None:
    details = {"x": None, "y": [1, 0.5, {"z": "甲"}]}
    recorded("add", filed, given(tmp_path, "\ufeff" + json.dumps([{**RETIRED, "details": details, "vintage": 2022}])))
    (entry,) = done("statement", filed, A)["entries"]
    assert entry["details"] == {**details, "retired": "2024-04-30", "vintage": 2022}


def test_numbers_are_taken_as_written(filed: str, tmp_path: Path) -> None:
    text = json.dumps([{**EMISSION, "amount": 12.5, "details": {"x": 0.1}}]).replace("12.5", "9000000000000.123456")
    recorded("add", filed, given(tmp_path, text))
    (entry,) = done("statement", filed, A)["entries"]
    assert (entry["amount"], entry["details"]) == ("9000000000000.123456", {"x": 0.1})


def test_numbers_of_numpy() -> None:
    made = emission(A, np.int64(2023), np.int64(5), gwp="AR6", source="self_declared")  # type: ignore[arg-type]
    assert (made.amount, type(made.period), type(made.amount)) == (5_000_000, int, int)
    assert emission(A, 2023, np.float64("0.1"), gwp="AR6", source="self_declared").amount == 100_000
    assert emission(A, 2023, 1.2345678901234567e-05, gwp="AR6", source="self_declared").amount == 12


def test_groups_of_gases_are_gases_too() -> None:
    made = emission(A, 2023, 6, gwp="AR6", source="self_declared", by_gas={"CO2": 1, "HFCs": 2, "SF6": 3})
    assert made.details["by_gas"]["HFCs"] == Decimal(2)


def test_details_of_a_result_cannot_be_overwritten(cement: Methodology) -> None:
    result = cement.calculate({"raw_meal_nonfuel_carbon": {"Q": "1000 t", "FR0": 0.002}}, period=2023)
    with pytest.raises(LedgerError) as caught:
        from_result(A, result, details={"version": "mine", "result": "mine", "note": 1})
    assert len(caught.value.problems) == 2
    assert from_result(A, result, details={"note": 1}).details["note"] == 1


def test_details_are_plain_data() -> None:
    for value in (object(), {1}, b"x"):
        with pytest.raises(LedgerError, match="details: expected plain data"):
            emission(A, 2023, 1, gwp="AR6", source="self_declared", details={"x": value})
    with pytest.raises(LedgerError, match="details: expected keys"):
        reduction(A, 2023, 1, source="self_declared", details={1: 2})  # type: ignore[dict-item]


# serial numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "series", ["CN 2022-17", "cn 2022-17", " CN  2022-17 ", "ＣＮ 2022－17", "CN\u30002022–17", "Cn 2022—17"]
)
def test_a_series_is_one_however_it_is_written(ledger: Ledger, series: str) -> None:
    ledger.consent(B, "letter")
    words: dict[str, Any] = {"instrument": "CCER", "first": 1, "last": 5, "retired": "2024-04-30"}
    (seq,) = ledger.append([neutralisation(A, 2023, series="CN 2022-17", **words)])
    with pytest.raises(LedgerError, match=f"retired already, in row {seq}"):
        ledger.append([neutralisation(B, 2023, series=series, **words)])


def test_the_normal_form_is_stable() -> None:
    for series in ("straße ſ", "İx", "ǆ", "ﬁ ①", "a\u0301"):
        assert normal(normal(series)) == normal(series)


def test_overlapping_ranges() -> None:
    assert list(overlaps([(1, 5, 0), (5, 6, 1), (7, 9, 2)])) == [(0, 1)]
    assert sorted(overlaps([(1, 100, 0), (2, 3, 1), (50, 60, 2)])) == [(0, 1), (0, 2)]


# whatever comes ------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([A, "AR6", "self_declared", "2024-04-30"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = sorted({*EMISSION, *RETIRED, "by_gas", "details", "part", "model", "subject", "vintage", "issued", "beneficiary"})


@given_(
    st.sampled_from([EMISSION, RETIRED]),
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3),
    st.sets(st.sampled_from(KEYS)),
)
@settings(max_examples=200)
def test_whatever_comes_is_an_entry_or_refused(base: Any, changed: dict[str, Any], left_out: set[str]) -> None:
    data = {key: value for key, value in {**base, **changed}.items() if key not in left_out}
    try:
        entry = from_dict(data)
    except LedgerError as error:
        str(error).encode("utf-8")
        return
    assert 0 <= entry.amount < 2**63 and isinstance(entry.period, int)
    json.loads(canonical(entry.details)).keys()
    with Ledger("sqlite://") as ledger:
        ledger.open_account(A, "A")
        ledger.consent(A, "c")
        assert ledger.check({1: entry}) == []
        ledger.append([entry])
        ledger.statement(A).to_html()
        assert ledger.verify().ok
