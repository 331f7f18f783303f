"""The README's examples run; the numbers it shows are those that come out."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line[2:]
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("$ ")
]


def test_python_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(BLOCKS) == 4
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {}
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), namespace)
    printed = capsys.readouterr().out
    shown = re.search(r'print\(r\.totals\["E"\]\)\s+# (.*)', README)
    assert shown
    assert printed.splitlines()[0] == shown.group(1)
    assert (tmp_path / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize("command", COMMANDS)
def test_command_line_examples(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)
    assert words[0] == "carbonacct"
    target = None
    if ">" in words:
        target = tmp_path / words[words.index(">") + 1]
        words = words[: words.index(">")]
    words = [str(ROOT / w) if w.startswith("examples/") else w for w in words]
    done = subprocess.run(
        [sys.executable, "-m", *words],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "CARBONACCT_LANG": "en"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if target:
        target.write_text(done.stdout)
        assert '"totals"' in done.stdout


def test_the_modules_named_in_the_architecture_exist() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    for name in re.findall(r"`((?:schema|engine|expressions|reporting)/\w+\.py|\w+\.py)`", text):
        assert (ROOT / "src/carbonacct" / name).exists() or list((ROOT / "src/carbonacct").rglob(name)), name


def test_the_doctest_of_the_package() -> None:
    import doctest

    import carbonacct

    assert doctest.testmod(carbonacct).failed == 0


def test_no_special_case_by_methodology_in_the_source() -> None:
    for path in (ROOT / "src").rglob("*.py"):
        code = re.sub(r'""".*?"""', "", path.read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r"[\"'](ndrc|mee|benefits|iso14064|finance)/[a-z0-9-]+[\"']", code), path


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.yaml")), ids=lambda p: p.name)
def test_example_inputs_calculate(path: Path) -> None:
    from carbonacct.inputfile import read

    assert read(path).calculate().totals["E"] > 0
