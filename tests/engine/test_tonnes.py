"""Tonnes of an output, whatever unit its file declares."""

import pytest

from carbonacct.engine.result import to_tonnes


@pytest.mark.parametrize(
    ("unit", "name", "tonnes"),
    [
        ("kgCO2e", "co2e", 1e-3),
        ("tCO2e", "co2e", 1.0),
        ("kgNOx", "nox", 1e-3),
        ("kgCH4", "CH4", 1e-3),
        ("t", "water", 1.0),
        ("tCO2", "CH4", 1.0),
    ],
)
def test_a_mass_of_the_named_substance_is_turned_into_tonnes(unit: str, name: str, tonnes: float) -> None:
    assert to_tonnes(unit, name) == tonnes
