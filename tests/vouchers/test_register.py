"""The register: a voucher's whole life from the command line, and no faulty register read, paid from or overwritten."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from carbonacct.errors import InputError
from carbonacct.vouchers import Register, Voucher, load_rules, move, redeem
from tests.test_cli import run
from tests.vouchers.test_vouchers import RULES, application

VOUCHER: dict[str, Any] = {
    "id": "c1",
    "entity": "示例公司",
    "type": "capacity_building",
    "face_value": "4000",
    "granted": "2024-03-15",
    "valid_until": "2025-09-30",
    "history": [["granted", "2024-03-15"]],
    "paid": None,
}


def store(folder: Path, *vouchers: Any, **more: Any) -> Path:
    path = folder / "register.json"
    data = {"rules": RULES.model.id, "vouchers": vouchers, **more}
    path.write_text(json.dumps(data, ensure_ascii=False, indent=0), encoding="utf-8")
    return path


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in VOUCHER.items() if name != key}


def test_a_faulty_register_is_named_whole_and_left_as_it_is(tmp_path: Path) -> None:
    path = store(
        tmp_path,
        VOUCHER,
        {**VOUCHER, "entity": "乙"},
        {**without("entity"), "id": "c2"},
        {**VOUCHER, "id": "c3", "remark": "x"},
        5,
    )
    before = path.read_text("utf-8")
    source = tmp_path / "in.yaml"
    source.write_text("voucher: c1\nredemption: {redeem_date: 2024-05-01, base: 5}\n", encoding="utf-8")
    for command in (("redeem", source, "--register", path), ("list", path), ("expire", path, "--on", "2026-01-01")):
        done = run("voucher", *command)
        assert (done.returncode, done.stdout) == (2, "")
        problems = done.stderr.splitlines()
        assert all(line.startswith(f"{path}:") for line in problems)
        assert [line.split(": ", 1)[1] for line in problems] == [
            "vouchers[1]: a second voucher 'c1'",
            "vouchers[2].entity: not a voucher (c2): 'entity' is missing",
            "vouchers[3].remark: not a voucher (c3): unknown key 'remark'",
            "vouchers[4]: a mapping is expected here",
        ]
        assert path.read_text("utf-8") == before
    lines = before.splitlines()
    assert '"c2"' in "".join(lines[int(problems[1].split(":")[1]) - 1 :][:12])
    assert '"remark"' in lines[int(problems[2].split(":")[1]) - 1]


def test_a_register_of_another_shape(tmp_path: Path) -> None:
    done = run("voucher", "list", store(tmp_path, VOUCHER, surplus=1, parameters={"last_dy": "2025-10-01"}))
    assert (
        "surplus: unknown key" in done.stderr
        and "parameters.last_dy: no parameter 'last_dy'; did you mean 'last_day'" in done.stderr
    )
    done = run("voucher", "list", store(tmp_path, rules="labels/product-labels"))
    assert done.returncode == 2 and "rules: 'labels/product-labels' is not voucher rules" in done.stderr
    for parameters in (5, [], ""):
        done = run("voucher", "list", store(tmp_path, parameters=parameters))
        assert done.returncode == 2 and "parameters: a mapping is expected" in done.stderr


@pytest.mark.parametrize(
    ("change", "key", "message"),
    [
        ({"face_value": "90000"}, "face_value", "the face value of capacity-building voucher is 4000 CNY, not 90000"),
        ({"valid_until": "2029-09-30"}, "valid_until", "the last day that the rules allow, 2025-09-30"),
        ({"valid_until": "2024-03-14"}, "valid_until", "2024-03-14 is not between"),
        ({"granted": "2023-09-30", "history": [["granted", "2023-09-30"]]}, "granted", "outside the measures' term"),
        ({"history": [["granted", "2024-03-16"]]}, "history", "the first step is [granted, 2024-03-15]"),
        ({"history": [["used", "2024-03-15"]], "paid": "1"}, "history", "the first step is"),
        (
            {"history": [["granted", "2024-03-15"], ["used", "2024-03-14"]], "paid": "1"},
            "history",
            "2024-03-14 is before 2024-03-15",
        ),
        ({"history": [["granted", "2024-03-15"], ["settled", "2024-04-15"]]}, "history", "cannot become settled"),
        ({"history": [["granted", "2024-03-15"], ["granted", "2024-04-15"]]}, "history", "cannot become granted"),
        ({"history": [["granted", "2024-03-15"], ["lost", "2024-04-15"]]}, "history", "no state 'lost'"),
        (
            {"history": [["granted", "2024-03-15"], ["used", "2025-10-01"]], "paid": "1"},
            "history",
            "after its last day 2025-09-30",
        ),
        ({"history": [["granted", "2024-03-15"], ["expired", "2025-09-30"]]}, "history", "it has not expired on 2025-09-30"),
        ({"history": "granted"}, "history", "a list of pairs"),
        ({"history": []}, "history", "a list of pairs"),
        ({"history": [["granted", "2024-03-15"], ["used", "2024-04-15"]]}, "paid", "tells what was paid"),
        (
            {"history": [["granted", "2024-03-15"], ["used", "2024-04-15"]], "paid": "4000.01"},
            "paid",
            "at most the face value 4000",
        ),
        ({"history": [["granted", "2024-03-15"], ["used", "2024-04-15"]], "paid": "0"}, "paid", "above zero"),
        ({"history": [["granted", "2024-03-15"], ["used", "2024-04-15"]], "paid": "0.001"}, "paid", "to fen"),
        ({"paid": "5"}, "paid", "never used"),
        ({"id": "c1\u200b"}, "id", "invisible characters"),
        ({"type": ["capacity_building"]}, "type", "is none of"),
        ({"type": "capacity_bilding"}, "type", "did you mean 'capacity_building'"),
        ({"id": 7}, "id", "is not a text"),
        ({"entity": " "}, "entity", "a name is expected"),
    ],
)
def test_no_voucher_of_these_rules(change: dict[str, Any], key: str, message: str) -> None:
    assert Voucher.from_dict(VOUCHER, RULES).to_dict() == VOUCHER
    with pytest.raises(InputError) as caught:
        Voucher.from_dict({**VOUCHER, **change}, RULES)
    [problem] = caught.value.problems
    assert problem.startswith(f"{key}: not a voucher (") and message in problem


def test_nothing_above_the_face_value_is_paid(tmp_path: Path) -> None:
    source = tmp_path / "in.json"
    forged = {**VOUCHER, "face_value": "90000", "valid_until": "2029-09-30"}
    source.write_text(
        json.dumps({"voucher": forged, "redemption": {"redeem_date": "2028-06-01", "base": 88000}}), encoding="utf-8"
    )
    done = run("voucher", "redeem", source)
    assert (done.returncode, done.stdout) == (2, "") and "face_value: " in done.stderr and "valid_until: " in done.stderr
    granted = date(2024, 3, 15)
    made = Voucher(
        "c1", "甲", "capacity_building", load_rules().face_value("linked_loan"), granted, granted, (("granted", granted),)
    )
    assert redeem(RULES, made, {"redeem_date": granted, "base": 88000})[0].amount == 4000


def test_one_applicant_however_spelled(tmp_path: Path) -> None:
    register = Register()
    assert register.apply("甲（集团） 公司", application())[0].ok
    for spelling in (" 甲（集团） 公司", "甲(集团)  公司 ", "甲（集团）\u3000公司"):
        assert register.apply(spelling, application())[0].codes == ["ANNUAL_LIMIT"]
        assert register.received(spelling, "carbon_accounting", 2024) == 1
    [voucher] = register.vouchers.values()
    assert voucher.entity == "甲(集团) 公司"
    again = Register.from_dict({**register.to_dict(), "vouchers": [{**voucher.to_dict(), "entity": "甲（集团） 公司 "}]})
    assert again.received("甲(集团) 公司", "carbon_accounting", 2024) == 1
    for name in ("", "  ", "甲\u200b公司"):
        with pytest.raises(InputError, match="entity: "):
            register.apply(name, application())


def test_a_new_id_never_is_a_kept_one() -> None:
    register = Register()
    ids = [register.apply(entity, application())[1] for entity in ("甲", "乙")]
    assert ids[0] is not None and ids[1] is not None
    del register.vouchers[ids[0].id]
    _, third = register.apply("丙", application())
    assert third is not None and third.id != ids[1].id and len(register.vouchers) == 2


def test_no_folder_is_made_for_a_register(tmp_path: Path) -> None:
    source, folder = tmp_path / "in.yaml", tmp_path / "nonexist"
    source.write_text("applications: [{entity: 甲}]\n", encoding="utf-8")
    for command in (("decide", source, "--register"), ("redeem", source, "--register"), ("list",)):
        done = run("voucher", *command, folder / "r.json")
        assert done.returncode == 2 and str(folder) in done.stderr
    assert not folder.exists()
    for words in (("move", tmp_path / "r.json", "c1", "revoked"), ("expire", tmp_path / "r.json")):
        done = run("voucher", *words, "--on", "2024-05-01")
        assert done.returncode == 2 and "there is no such register" in done.stderr
    assert list(tmp_path.iterdir()) == [source]
    folder.mkdir()
    assert run("voucher", "decide", source, "--register", folder).returncode == 2
    assert sorted(tmp_path.iterdir()) == [source, folder]


def test_the_life_of_a_voucher_from_the_command_line(tmp_path: Path) -> None:
    path = store(tmp_path, VOUCHER, {**VOUCHER, "id": "c2", "entity": "乙"}, {**VOUCHER, "id": "c3", "entity": "丙"})
    source = tmp_path / "in.yaml"
    source.write_text("voucher: c1\nredemption: {redeem_date: 2024-05-01, base: 5}\n", encoding="utf-8")
    assert run("voucher", "redeem", source, "--register", path).returncode == 0
    done = run("voucher", "move", path, "c1", "settled", "--on", "2024-06-01", "--json")
    assert json.loads(done.stdout)["history"][-1] == ["settled", "2024-06-01"]
    done = run("voucher", "move", path, "c2", "已撤销", "--on", "2024-06-01")
    assert done.returncode == 0 and "revoked since 2024-06-01" in done.stdout
    assert "no voucher has run out by 2025-09-30" in run("voucher", "expire", path, "--on", "2025-09-30").stdout
    done = run("voucher", "expire", path, "--on", "2025-10-01", "--json")
    assert [one["id"] for one in json.loads(done.stdout)["expired"]] == ["c3"]
    listed = json.loads(run("voucher", "list", path, "--json").stdout)
    assert listed == json.loads(path.read_text("utf-8"))
    assert [one["history"][-1][0] for one in listed["vouchers"]] == ["settled", "revoked", "expired"]
    text = run("voucher", "list", path).stdout
    assert "c1  示例公司  capacity-building voucher  settled since 2024-06-01, valid until 2025-09-30, paid: 5.00" in text
    assert "已兑付（2024-06-01），有效期至 2025-09-30，已付：5.00" in run("--lang", "zh", "voucher", "list", path).stdout
    assert run("voucher", "list", store(tmp_path)).stdout == "no vouchers\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("c9", "revoked", "--on", "2024-06-01"), "no voucher 'c9'; did you mean 'c1'?"),
        (("c1", "revokd", "--on", "2024-06-01"), "did you mean 'revoked'?"),
        (("c1", "settled", "--on", "2024-06-01"), "is granted and cannot become settled"),
        (("c1", "used", "--on", "2024-06-01"), "by its redemption"),
        (("c1", "expired", "--on", "2024-06-01"), "has not expired on 2024-06-01"),
        (("c1", "revoked", "--on", "2024-01-01"), "2024-01-01 is before 2024-03-15"),
        (("c1", "revoked", "--on", "1.6.2024"), "--on: '1.6.2024' is not a date"),
    ],
)
def test_steps_that_are_refused(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    path = store(tmp_path, VOUCHER)
    before = path.read_text("utf-8")
    done = run("voucher", "move", path, *words)
    assert (done.returncode, done.stdout) == (2, "") and message in done.stderr
    assert path.read_text("utf-8") == before


def test_a_register_keeps_the_parameters_it_is_kept_under(tmp_path: Path) -> None:
    """A voucher granted on 2025-10-01 under another last day stays readable, and is refused under the stated one."""
    path, source = tmp_path / "register.json", tmp_path / "in.json"
    late = {**application(apply_date="2025-10-01"), "entity": "甲"}
    source.write_text(json.dumps({"applications": [late], "parameters": {"last_day": "2025-10-01"}}), encoding="utf-8")
    assert run("voucher", "decide", source, "--register", path).returncode == 0
    assert json.loads(path.read_text("utf-8"))["parameters"] == {"last_day": "2025-10-01"}
    assert "valid until 2025-10-01" in run("voucher", "list", path).stdout
    other = {"applications": [{**late, "entity": "乙"}]}
    source.write_text(json.dumps(other), encoding="utf-8")
    assert run("voucher", "decide", source, "--register", path).returncode == 0  # still under the register's own last day
    source.write_text(json.dumps({**other, "parameters": {"last_day": "2025-09-30"}}), encoding="utf-8")
    done = run("voucher", "decide", source, "--register", path)
    assert done.returncode == 2 and "2025-10-01 is outside the measures' term, 2023-10-01 to 2025-09-30" in done.stderr
    source.write_text(json.dumps({**other, "rules": "vouchers/other"}), encoding="utf-8")
    done = run("voucher", "decide", source, "--register", path)
    assert done.returncode == 2 and f"{source}:1:" in done.stderr and "not under vouchers/other" in done.stderr


def test_a_register_is_never_written_that_could_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = store(tmp_path, VOUCHER)
    before = path.read_text("utf-8")
    monkeypatch.setattr("carbonacct.schema.yaml.MAX_BYTES", len(before.encode()))
    done = run("voucher", "move", path, "c1", "revoked", "--on", "2024-06-01")
    assert (done.returncode, done.stdout) == (2, "") and "register.json" in done.stderr
    assert path.read_text("utf-8") == before and {file.name for file in tmp_path.iterdir()} <= {path.name, f"{path.name}.lock"}


def test_move_in_python() -> None:
    voucher = Voucher.from_dict(VOUCHER, RULES)
    assert move(RULES, voucher, "revoked", date(2024, 3, 15)).state == "revoked"
    with pytest.raises(InputError, match="is before 2024-03-15"):
        move(RULES, voucher, "revoked", date(2024, 3, 14))
