"""``carbonacct label``: from a key to a label to its verification."""

from __future__ import annotations

import json
from pathlib import Path

from tests.labels.test_labels import claim, data
from tests.test_cli import run


def test_keygen_make_verify(tmp_path: Path) -> None:
    key, source = tmp_path / "issuer.pem", tmp_path / "label.json"
    made = json.loads(run("label", "keygen", "-o", key, "--json").stdout)
    source.write_text(json.dumps(data(disclose="stages", neutrality=claim(7518))), encoding="utf-8")
    files = {name: tmp_path / f"label.{name}" for name in ("svg", "png", "record")}
    done = run("label", "make", source, "--key", key, *(part for n, p in files.items() for part in (f"--{n}", p)), "--json")
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert shown["label"]["neutrality"]["neutral"] is True
    assert files["svg"].read_text("utf-8").startswith("<svg") and files["png"].read_bytes().startswith(b"\x89PNG")

    trusted = ("--key", made["public"], "--on", "2026-12-01")
    done = run("label", "verify", shown["payload"], *trusted, "--record", files["record"], "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["status"] == "valid"
    done = run("label", "verify", shown["payload"], *trusted, "--withdrawn", "SC-CFP-2026-00017", "--json")
    assert done.returncode == 2 and json.loads(done.stdout)["status"] == "withdrawn"
    done = run("label", "verify", shown["payload"].replace("CA1.", "CA1.A"), *trusted)
    assert done.returncode == 2 and done.stdout == "" and "not a label payload" in done.stderr


def test_faults_have_their_line(tmp_path: Path) -> None:
    key, source = tmp_path / "issuer.pem", tmp_path / "label.yaml"
    assert run("label", "keygen", "-o", key).returncode == 0
    source.write_text(json.dumps(data(boundary="gate", valid_until="2026-31-10"), indent=1), encoding="utf-8")
    done = run("label", "make", source, "--key", key)
    assert done.returncode == 2 and "'2026-31-10' is not a date" in done.stderr and f"{source}:" in done.stderr
    assert run("label", "keygen", "-o", key).returncode == 2  # a key is never overwritten
    done = run("label", "verify", "x", "--key", source, "--on", "2026-01-01")
    assert done.returncode == 2 and "not an Ed25519 key" in done.stderr
