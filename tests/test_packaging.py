"""The wheel carries the methodologies and factors, and works away from the checkout."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

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
    count = len(list((ROOT / "methodologies").rglob("*.yaml"))) - len(list((ROOT / "methodologies/templates").rglob("*.yaml")))
    assert done.stdout.split() == [str(count), "11", "tCO2"]
