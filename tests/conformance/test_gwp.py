"""GWP values against the public package globalwarmingpotentials: to the digit, for every gas both have."""

from __future__ import annotations

import globalwarmingpotentials as gwp
import pytest

from carbonacct.schema import tables

SETS = {"SAR": "SARGWP100", "TAR": "TARGWP100", "AR4": "AR4GWP100", "AR5": "AR5GWP100", "AR6": "AR6GWP100"}


@pytest.mark.parametrize("name", list(SETS))
def test_every_common_gas(name: str) -> None:
    table = tables.load("gwp/ipcc")
    public = {key.casefold().replace("-", "").replace("_", ""): value for key, value in gwp.data[SETS[name]].items()}
    compared = 0
    for key, row in table.rows.items():
        value = row.cells[name].value
        theirs = public.get(key.casefold().replace("-", ""))
        if value is None or theirs is None or theirs != theirs or "@" in key or key.startswith("R-"):
            continue
        compared += 1
        assert value == pytest.approx(float(theirs), rel=1e-12), key
    assert compared >= 20
