"""The unit registry: what exists, what does not, and what may be converted into what."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pint
import pytest

from carbonacct.errors import UnitError
from carbonacct.units import conversion, foreign_unit, parse_quantity, parse_unit, substitute


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("350 wan_Nm3", 350, "wan_Nm3"),
        ("350 万Nm3", 350, "wan_Nm3"),
        ("350 万立方米", 350, "wan_Nm3"),
        ("1.2e4 吨", 12000, "t"),
        ("85 %", 85, "%"),
        ("85％", 85, "%"),
        ("120,000 t", 120000, "t"),
        ("-3.5 MWh", -3.5, "MWh"),
        ("3 万千瓦时", 3, "wan_kWh"),
        ("2 万元", 2, "wan_CNY"),
        ("7 亩", 7, "mu"),
        ("5 吨标准煤", 5, "tce"),
        ("4 kgCO2e/m2", 4, "kgCO2e/m2"),
    ],
)
def test_quantities_of_chinese_practice(text: str, number: float, unit: str) -> None:
    value, parsed = parse_quantity(text)
    expected = parse_unit(unit)
    assert value == number
    assert parsed is not None
    assert (parsed.scale, parsed.dims) == (expected.scale, expected.dims)


@pytest.mark.parametrize(
    ("one", "many", "factor"),
    [
        ("wan_Nm3", "Nm3", 10_000),
        ("10^4 Nm3", "wan_Nm3", 1),
        ("1e4 Nm3", "wan_Nm3", 1),
        ("k_Nm3", "Nm3", 1000),
        ("tce", "kgce", 1000),
        ("gce/kWh", "kgce/MWh", 1),
        ("yi_CNY", "wan_CNY", 10_000),
        ("MWh", "GJ", Fraction(36, 10)),
        ("GJ/t", "kJ/kg", 1000),
        ("tC/TJ", "tC/GJ", Fraction(1, 1000)),
        ("hectare", "mu", 15),
        ("wan_kWh", "MWh", 10),
        ("kt", "t", 1000),
        ("万tCO2", "tCO2", 10_000),
        ("kJ/(kg degC)", "kJ/kg/degC", 1),
        ("%", "1", Fraction(1, 100)),
        ("year", "month", 12),
    ],
)
def test_exact_factors(one: str, many: str, factor: Fraction) -> None:
    assert parse_unit(one).factor_to(parse_unit(many)) == factor


def test_kt_is_mass_not_knot() -> None:
    assert parse_unit("kt").dims == parse_unit("t").dims


@pytest.mark.parametrize(
    "text",
    [
        "1 Nm^3",
        "1 C",
        "3 furlongs",
        "2 knot",
        "5 ppt",
        "1 Tt",
        "12 t t t t/",
        "5 t); import os",
        "7 __import__('os')",
        "1 t**999",
        "2024-01-01",
        "2024/06",
        "1.2 3",
        "12 -",
        "5 0 t",
        "5 -t",
    ],
)
def test_what_is_not_a_unit_is_refused(text: str) -> None:
    with pytest.raises(UnitError):
        parse_quantity(text)


def test_unknown_unit_names_the_nearest() -> None:
    with pytest.raises(UnitError, match=r"unknown unit 'wan_Nm'.*did you mean 'wan_Nm3'"):
        parse_unit("GJ/wan_Nm")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("tC", "tCO2"),
        ("tCH4", "tCO2e"),
        ("t", "tCO2"),
        ("t", "wan_Nm3"),
        ("m3", "Nm3"),
        ("tce", "GJ"),
        ("t", "t/t"),
        ("kWh", "kW"),
        ("CNY", "USD"),
        ("day", "month"),
    ],
)
def test_unlike_things_never_convert(given: str, expected: str) -> None:
    assert conversion(parse_unit(given), parse_unit(expected)) is None


@pytest.mark.parametrize(("given", "expected", "factor"), [("mg/L", "kgCOD/m3", Fraction(1, 1000)), ("kt", "tAl", 1000)])
def test_plain_mass_stands_for_a_pollutant_or_product(given: str, expected: str, factor: Fraction) -> None:
    assert conversion(parse_unit(given), parse_unit(expected)) == factor


def test_quantities_of_a_callers_registry() -> None:
    ureg = pint.UnitRegistry()
    assert conversion(foreign_unit((1 * ureg.metric_ton).units), parse_unit("t")) == 1
    assert conversion(foreign_unit((1 * ureg.kilowatt_hour).units), parse_unit("MWh")) == Fraction(1, 1000)
    assert conversion(foreign_unit((1 * ureg.gigajoule / ureg.kilogram).units), parse_unit("GJ/t")) == 1000


def test_the_placeholder_takes_the_items_unit() -> None:
    generic = parse_unit("GJ/fuel.unit")
    assert generic.generic == "fuel.unit"
    concrete = substitute(generic, "fuel.unit", parse_unit("wan_Nm3"))
    assert (concrete.scale, concrete.dims) == (parse_unit("GJ/wan_Nm3").scale, parse_unit("GJ/wan_Nm3").dims)


def test_refrigerants_are_written_with_or_without_hyphen() -> None:
    assert parse_unit("tHFC-134a").dims == parse_unit("tHFC134a").dims
    assert parse_unit("kgHFC-23").factor_to(parse_unit("tHFC23")) == Fraction(1, 1000)


def test_units_met_by_several_threads_at_once() -> None:
    """Substances are defined when they are first met; in a process of its own, as here all are known already."""
    code = """if True:
        import sys, threading
        from carbonacct.schema import paths, tables
        sys.setswitchinterval(1e-6)
        names, faults = [name for name in paths.ids("factors") if name != "constants"], []
        def work(start):
            for name in names[start:] + names[:start]:
                try:
                    tables.load(name)
                except Exception as error:
                    faults.append(f"{name}: {error}")
        threads = [threading.Thread(target=work, args=(9 * n,)) for n in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print(faults)
    """
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
