"""``carbonacct voucher``: JSON in and out, a register on disk, faults with their line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.test_cli import run

APPLICATIONS = """applications:
  - {entity: 甲, type: 碳核算零碳券, apply_date: 2024-03-15, base: 25000, entity_type: 企业, in_chengdu: true, legal_person: true,
     operating: true, last_violation: null, env_credit: null, dishonest: false}
  - {entity: 甲, type: carbon_accounting, apply_date: 2024-09-15, base: 9000, entity_type: 企业, in_chengdu: true, legal_person: true,
     operating: true, last_violation: null, env_credit: null, dishonest: false}
"""


def test_decide_and_redeem_with_a_register(tmp_path: Path) -> None:
    source, store = tmp_path / "in.yaml", tmp_path / "register.json"
    source.write_text(APPLICATIONS, encoding="utf-8")
    done = run("voucher", "decide", source, "--register", store, "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert [d["ok"] for d in data["decisions"]] == [True, False] and data["total"] == "20000.00"
    assert data["decisions"][1]["codes"] == ["ANNUAL_LIMIT"] and data["decisions"][1]["voucher"] is None
    voucher = data["decisions"][0]["voucher"]
    again = json.loads(run("voucher", "decide", source, "--register", store, "--json").stdout)
    assert [d["ok"] for d in again["decisions"]] == [False, False]  # the register remembers

    source.write_text(f"voucher: {voucher['id']}\nredemption: {{redeem_date: 2024-05-01, base: 12500.555}}\n", encoding="utf-8")
    first = json.loads(run("voucher", "redeem", source, "--register", store, "--json").stdout)
    assert (first["amount"], first["voucher"]["history"][-1]) == ("12500.56", ["used", "2024-05-01"])
    second = json.loads(run("voucher", "redeem", source, "--register", store, "--json").stdout)
    assert second["codes"] == ["NOT_GRANTED"]

    source.write_text(json.dumps({"voucher": voucher, "redemption": {"redeem_date": "2024-05-01", "base": 1}}), encoding="utf-8")
    assert "accepted, 1.00 CNY" in run("voucher", "redeem", source).stdout


def test_processes_at_one_register_lose_nothing(tmp_path: Path) -> None:
    """Six at once: four applicants, one of them three times. One voucher each, whoever came first."""
    store = tmp_path / "register.json"
    commands = []
    for number, entity in enumerate(["甲", "乙", "丙", "丁", "甲", "甲"]):
        source = tmp_path / f"{number}.yaml"
        text = APPLICATIONS.split("  - {entity: 甲, type: carbon_accounting")[0]
        source.write_text(text.replace("entity: 甲", f"entity: {entity}"), encoding="utf-8")
        commands.append([sys.executable, "-m", "carbonacct", "voucher", "decide", source, "--register", store, "--json"])
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for command in commands]
    made = [json.loads(process.communicate()[0])["decisions"][0] for process in running]
    assert [one["ok"] for one in made[1:4]] == [True] * 3
    assert sum(one["ok"] for one in made) == 4
    kept = json.loads(store.read_text("utf-8"))["vouchers"]
    assert sorted(voucher["entity"] for voucher in kept) == sorted("甲乙丙丁")
    assert {voucher["id"] for voucher in kept} == {one["voucher"]["id"] for one in made if one["ok"]}


def test_faults_have_their_line(tmp_path: Path) -> None:
    source = tmp_path / "in.yaml"
    source.write_text("applications:\n  - entity: 甲\n    type: carbon_acounting\n    bse: 5\n", encoding="utf-8")
    done = run("voucher", "decide", source, "--json")
    assert done.returncode == 2 and done.stdout == ""
    assert f"{source}:3:5: type: 'carbon_acounting' is none of" in done.stderr
    assert f"{source}:4:5: bse: 'bse' is not asked for; did you mean 'base'?" in done.stderr
    source.write_text("applications: {}\nparameter: 1\n", encoding="utf-8")
    done = run("voucher", "decide", source)
    assert "'applications' should be a list" in done.stderr and "did you mean 'parameters'" in done.stderr


def test_rules_show_what_is_not_known() -> None:
    done = run("voucher", "rules")
    assert "valid_days                not known" in done.stdout and "? Articles 3 and following are not public" in done.stdout
    data = json.loads(run("voucher", "rules", "--json").stdout)
    assert data["parameters"]["valid_days"]["value"] is None  # what is not known is there, as null
    assert [kind["face_value"] for kind in data["types"].values()] == [4000, 30000, 20000, 50000]
    chinese = run("--lang", "zh", "voucher", "rules").stdout
    assert "成都市零碳券" in chinese and "? 第三条及以后条文未公开" in chinese and "? Articles" not in chinese
    assert "兑付材料" in chinese and "已发放 → 已使用、已过期、已撤销 [未证实]" in chinese
