"""What is wrong with an input file: all of it at once, each at its line, exit status 2, nothing decided and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_cli import Done, run

GOOD = (
    "{entity: 甲公司, type: 碳核算零碳券, apply_date: 2024-03-15, base: 25000, entity_type: 企业, in_chengdu: true, "
    "legal_person: true, operating: true, last_violation: null, env_credit: null, dishonest: false}"
)


def decide(folder: Path, text: str, *options: str | Path) -> Done:
    source = folder / "in.yaml"
    source.write_text(text, encoding="utf-8")
    return run("voucher", "decide", source, *options)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("parameters: 5", ":2:1: 'parameters' should be a mapping"),
        ("parameters: [1]", ":2:1: 'parameters' should be a mapping"),
        ("parameters: {name: 2}", ":2:14: name: no parameter 'name'"),
        ("parameters: {providers: [x]}", ":2:14: providers: no parameter 'providers'"),
        ("parameters: {violation_years: 3000}", ":2:14: violation_years: 3000 is not within 0 and 100"),
        ("parameters: {valid_days: 99999999}", ":2:14: valid_days: 99999999 is not within 1 and 3650"),
        ("parameters: {clawback: 5}", ":2:14: clawback: '5' is not a text"),
        ("providers: 5", ":2:1: 'providers' should be a list"),
        ("providers: 示例核查", ":2:1: 'providers' should be a list"),
        ("providers: [示例核查, 5]", ":2:19: providers[1]: '5' is not a text"),
        ("rules: 5", ":2:1: 'rules' should be text"),
        ("rules: vouchers/chengdu", ":2:1: 'vouchers/chengdu' is not voucher rules"),
        (
            "rules: certification/green-issuer",
            ":2:1: 'certification/green-issuer' is not voucher rules (there are vouchers/chengdu-zero-carbon-2023)",
        ),
    ],
)
def test_what_comes_into_force(line: str, message: str, tmp_path: Path) -> None:
    done = decide(tmp_path, f"applications: [{GOOD}]\n{line}\n")
    assert (done.returncode, done.stdout) == (2, "") and message in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("before", "after", "messages"),
    [
        ("2024-03-15", "0002-03-15", ["apply_date: 3 years before 0002-03-15 is before the calendar's first day"]),
        ("entity:", "documents: 5, entity:", ["documents: 'documents' should be a list"]),
        ("entity:", "documents: 发票, entity:", ["documents: 'documents' should be a list"]),
        ("entity:", "documents: [信用承诺, 信用承诺书], entity:", ["documents[0]: '信用承诺' is none of", "mean '信用承诺书'?"]),
        ("entity:", "²: 1, entity:", ["²: '²' is not asked for"]),
        ("last_violation: null", "last_violation: 2024-03-16", ["2024-03-16 is after 2024-03-15 (date of application)"]),
        ("甲公司", '"  "', ["entity: a name is expected"]),
        ("甲公司", '"甲\\u200b公司"', ["invisible characters"]),
        ("甲公司", "915101", ["entity: '915101' is not a text"]),
        ("entity: 甲公司, ", "", ["entity: 'entity' is missing"]),
        ("碳核算零碳券", "carbon_acounting", ["type: 'carbon_acounting' is none of"]),
    ],
)
def test_a_fault_of_an_application(before: str, after: str, messages: list[str], tmp_path: Path) -> None:
    done = decide(tmp_path, f"applications:\n  - {GOOD}\n  - {GOOD.replace(before, after)}\n")
    assert (done.returncode, done.stdout) == (2, "")
    [problem] = done.stderr.splitlines()  # one fault, one message
    assert problem.startswith(f"{tmp_path}/in.yaml:3:") and all(message in problem for message in messages)


def test_the_invoice_is_not_misspelled(tmp_path: Path) -> None:
    source = tmp_path / "in.yaml"
    voucher = (
        "{id: c1, entity: 甲, type: carbon_accounting, face_value: '20000', granted: 2024-03-15, valid_until: 2025-09-30, "
        "history: [[granted, 2024-03-15]]}"
    )
    source.write_text(
        f"voucher: {voucher}\nredemption: {{redeem_date: 2024-05-01, base: 5, documents: [发飘]}}\n", encoding="utf-8"
    )
    done = run("voucher", "redeem", source)
    assert done.returncode == 2 and "documents[0]: '发飘' is none of" in done.stderr and "did you mean '发票'?" in done.stderr


def test_all_faults_of_a_file_at_once(tmp_path: Path) -> None:
    store = tmp_path / "register.json"
    text = "\n".join(
        [
            "applications:",
            f"  - {GOOD.replace('碳核算零碳券', 'nope')}",
            f"  - {GOOD}",
            f"  - {GOOD.replace('25000', 'much').replace('甲公司', '[]')}",
            "  - 5",
            "parameters:",
            "  valid_day: 3",
            "  last_day: foo",
            "provider: []",
        ]
    )
    done = decide(tmp_path, text, "--register", store)
    assert (done.returncode, done.stdout) == (2, "")
    place = f"{tmp_path}/in.yaml"
    for at, message in [
        (":2:19", "type: 'nope' is none of"),
        (":4:6", "entity: '[]' is not a text"),
        (":4:", "base: 'much' is not a number"),
        (":5:5", "a mapping is expected here"),
        (":7:3", "valid_day: no parameter 'valid_day'; did you mean 'valid_days'?"),
        (":8:3", "last_day: 'foo' is not a date"),
        (":9:1", "unknown key 'provider' in the input file; did you mean 'providers'?"),
    ]:
        assert any(line.startswith(place + at) and message in line for line in done.stderr.splitlines()), (message, done.stderr)
    assert len(done.stderr.splitlines()) == 7
    assert not store.exists()


def test_a_fault_while_deciding_grants_nothing(tmp_path: Path) -> None:
    store = tmp_path / "register.json"
    assert decide(tmp_path, f"applications: [{GOOD.replace('甲公司', '乙公司')}]", "--register", store).returncode == 0
    before = store.read_text("utf-8")
    early, late = GOOD.replace("2024-03-15", "0002-03-15"), GOOD.replace("2024-03-15", "0003-03-15")
    done = decide(tmp_path, f"applications:\n  - {GOOD}\n  - {early}\n  - {late}\n", "--register", store)
    assert done.returncode == 2
    assert [line.split(": ")[0].split(":")[-2] for line in done.stderr.splitlines()] == ["3", "4"]
    assert store.read_text("utf-8") == before


def test_no_application_is_a_fault(tmp_path: Path) -> None:
    done = decide(tmp_path, "applications: []\n")
    assert done.returncode == 2 and f"{tmp_path}/in.yaml:1:1: a list with at least one application is expected" in done.stderr
    assert run("voucher", "rules", "certification/green-issuer").returncode == 2
