"""The examples of docs/vouchers-labels-loans.md run as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.test_cli import run

TEXT = (ROOT / "docs/vouchers-labels-loans.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```\n```console\n(.*?)```", TEXT, re.DOTALL)


def test_there_are_examples_of_all_three() -> None:
    assert len(EXAMPLES) == TEXT.count("```yaml") == 6


@pytest.mark.parametrize(("given", "commands"), EXAMPLES, ids=[commands.split()[3] for _, commands in EXAMPLES])
def test_examples(given: str, commands: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.yaml").write_text(given, encoding="utf-8")
    for command in commands.splitlines():
        words = shlex.split(command.removeprefix("$ "))
        done = run(*words[1:])
        assert done.returncode == 0 and done.stdout, done.stderr
