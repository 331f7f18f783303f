"""The wheel carries the methodologies and factors, and works away from the checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import carbonacct as ca
from tests.conftest import ROOT


def test_the_wheel_works_on_its_own(tmp_path: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--disable-pip-version-check",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(unpacked)
    assert "carbonacct/py.typed" in names
    code = (
        "import carbonacct as ca; assert 'site' in ca.__file__, ca.__file__; "
        "print(len(ca.methodologies()), ca.load('ndrc/cement').calculate({'purchased_heat': {'AD_heat': 100}}).totals['E'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(unpacked), "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    for folder in ("factors", "methodologies"):
        files = {f"carbonacct/data/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / folder).rglob("*.yaml")}
        assert files and files <= set(names)
    assert done.stdout.split() == [str(len(ca.methodologies())), "11", "tCO2"]
