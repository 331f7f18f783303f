"""Bad input: every problem with its place, what was expected, and the nearest name."""

from __future__ import annotations

import pytest

from carbonacct.errors import InputError
from carbonacct.methodology import Methodology


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"fossil_fuel": []}, "unknown stream 'fossil_fuel'; did you mean 'fossil_fuel_combustion'?"),
        ({"fossil_fuel_combustion": "coal"}, "expected a list of lines"),
        ({"fossil_fuel_combustion": [3]}, "fossil_fuel_combustion[0]: a line is a mapping"),
        ({"fossil_fuel_combustion": [{}]}, "fossil_fuel_combustion[0]: the line is empty"),
        ({"fossil_fuel_combustion": [{"FC": 1}]}, "fossil_fuel_combustion[0]: 'fuel' is missing"),
        ({"fossil_fuel_combustion": [{"fuel": "dieesel", "FC": 1}]}, "'dieesel' is not in table fuels/cement-2013; did you mean 'diesel'?"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": -1}]}, "fossil_fuel_combustion[0]: FC = -1 t is outside 0 to ∞"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": float("nan")}]}, "fossil_fuel_combustion[0].FC: 'nan' is not a finite number"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": float("inf")}]}, "'inf' is not a finite number"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": None}]}, "fossil_fuel_combustion[0].FC: None is not a quantity"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": True}]}, "True is not a quantity"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": "many"}]}, "'many' is not a number with a unit"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": "5 MWh"}]}, "FC was given as 5 MWh, but is expected in t"),
        ({"fossil_fuel_combustion": [{"fuel": "natural_gas", "FC": "5 t"}]}, "FC was given as 5 t, but is expected in wan_Nm3"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": "5 tCO2"}]}, "FC was given as 5 tCO2"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": "5 tonn"}]}, "unknown unit 'tonn'"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": 1, "NVC": 40}]}, "unknown symbol 'NVC'; did you mean 'NCV'?"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": 1, "OF": 98}]}, "OF = 98 is outside 0 to 1; for a percentage write '98 %'"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "NCV": 40}]}, "or FC (Net consumption, t)"),
        ({"raw_meal_nonfuel_carbon": {"Q": 1, "high_carbon_mix": "maybe"}}, "'maybe' is not an option (there are yes, no)"),
        ({"carbonate_decomposition": {"Q": 1, "Q_ckd": 0, "FR1": 0.6, "FR2": 0.01, "FR10": 0.7, "FR20": 0}}, "FR10 = 0.7 is outside 0 to 0.6"),
        ({"fossil_fuel_combustion": [{"fuel": "diesel", "FC": 1, "CO2": 5}]}, "unknown symbol 'CO2'"),
        ({"fossil_fuel_combustion": [{"fuel": {"nam": "x"}, "FC": 1}]}, "an item of your own is written {name: …, unit: …}"),
        ({"fossil_fuel_combustion": [{"fuel": {"name": "x"}, "FC": "1 t"}]}, "the unit of the item must be known"),
        ([], "inputs must be a mapping"),
    ],
)  # fmt: skip
def test_one_problem(cement: Methodology, inputs: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        cement.calculate(inputs)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_all_problems_at_once(cement: Methodology) -> None:
    inputs = {
        "fossil_fuel_combustion": [
            {"fuel": "x", "FC": 1},
            {"fuel": "diesel", "FC": -2},
            {"fuel": "diesel", "FC": "3 GJ", "OF": 2},
        ],
        "purchased_heat": {"AD_heat": "3 t"},
        "nothing": {},
    }
    with pytest.raises(InputError) as caught:
        cement.calculate(inputs)
    assert len(caught.value.problems) == 6
    assert "fossil_fuel_combustion[2]" in str(caught.value)


def test_a_division_by_zero_is_the_inputs_fault(power: Methodology) -> None:
    months = [{"FC_coal": 0, "NCV_coal": 20500, "C_coal": 0.5}]
    with pytest.raises(InputError, match=r"fossil_fuel_combustion\[0\].*division by zero"):
        power.calculate({"fossil_fuel_combustion": [{"fuel": "coal", "months": months}]})


def test_problems_in_sub_lines_name_the_sub_line(power: Methodology) -> None:
    months = [{"FC_coal": 10, "NCV_coal": 20500, "C_coal": 0.5}, {"FC_coal": "x", "NCV_coal": 1, "C_coal": 5}]
    with pytest.raises(InputError) as caught:
        power.calculate({"fossil_fuel_combustion": [{"fuel": "coal", "months": months}]})
    assert "fossil_fuel_combustion[0].months[1].FC_coal" in str(caught.value)
    assert "fossil_fuel_combustion[0].months[1]: C_coal = 5" in str(caught.value)


def test_messages_in_chinese(cement: Methodology) -> None:
    from carbonacct.messages import set_language

    set_language("zh")
    with pytest.raises(InputError, match="未知排放源“fossil”"):
        cement.calculate({"fossil": []})


def test_the_catalogue_is_complete_in_both_languages() -> None:
    import string

    from carbonacct.messages import CATALOGUE

    for key, (english, chinese) in CATALOGUE.items():
        fields = [{f for _, f, _, _ in string.Formatter().parse(text) if f is not None} for text in (english, chinese)]
        assert fields[0] == fields[1], key
        assert english.strip(), key
        assert chinese.strip(), key
