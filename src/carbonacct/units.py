"""The unit registry: substances are dimensions, Chinese practice units are first-class, and the list is closed.

Units are a proof, not a decoration: carbon, CO2, every other gas, CO2e and money are base dimensions of their own, so
a missing 44/12 or a CH4 added to CO2 cannot be converted away. Pint parses and converts; this module only decides
which units exist. Everything that evaluates formulas works on :class:`Unit` (an exact scale and a dimension) and on
bare floats, never on pint objects.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from threading import RLock
from typing import TYPE_CHECKING, Any

from carbonacct.errors import UnitError
from carbonacct.messages import say

if TYPE_CHECKING:
    import pint

# Substances whose mass is a dimension of its own. For the carbon-bearing gases a plain mass is never accepted: a
# bare "t" could be carbon, CO2 or the gas itself.
GREENHOUSE_SUBSTANCES = """
C CO2 CO2e CH4 CF4 C2F6 C3F8 cC3F6 cC4F8 C4F10 C4F8O C5F8 C4F6 C5F12 C6F14 C10F18 HFC23 HFC32 HFC41 HFC4310mee HFC125
HFC134 HFC134a HFC143 HFC143a HFC152 HFC152a HFC161 HFC227ea HFC236cb HFC236ea HFC236fa HFC245ca HFC245fa HFC365mfc
HCFC22 HCFC123 HCFC124 HCFC141b HCFC142b CFC11 CFC12 CFC13 CFC113 CFC114 CFC115 SF5CF3 SO2F2 Halon1211 Halon1301 R404A
R407A R407C R407F R410A R448A R449A R450A R452A R452B R454A R454B R454C R455A R466A R502 R507A R508B R513A R515A
HFO1234yf HFO1234ze HFO1336mzz CCl4 CHCl3 CH2Cl2 CH3Cl CH3CCl3 CH3Br C7F16 C8F18 Halon2402 Halon1202 Halon1201 HCFC21
HCFC225ca HCFC225cb PFPMIE R290 R600a R717 HFE125 HFE134 HFE143a HCFE235da2 HFE245cb2 HFE245fa2 HFE347mcc3 HFE347pcf2
HFE356pcc3 HFE569sf2 HFE4310pccc124 HFE236ca12 HFE338pcc13 HFE227ea HFE236ea2 HFE236fa HFE245fa1 HFE263fb2 HFE329mcc2
HFE338mcf2 HFE347mcf2 HFE356mec3 HFE356pcf2 HFE356pcf3 HFE365mcf3 HFE374pc2
R400 R401A R401B R401C R402A R402B R403A R403B R405A R406A R407B R407D R407E R407G R407H R407I R408A R409A R409B R410B
R411A R411B R412A R413A R414A R414B R415A R415B R416A R417A R417B R417C R418A R419A R419B R420A R421A R421B R422A
R422B R422C R422D R422E R423A R424A R425A R426A R427A R428A R429A R430A R431A R432A R433A R433B R433C R434A R435A
R436A R436B R436C R437A R438A R439A R440A R441A R442A R443A R444A R444B R445A R446A R447A R447B R449B R449C R451A
R451B R452C R453A R456A R457A R458A R459A R459B R460A R460B R460C R461A R462A R463A R464A R465A R500 R501 R503 R504
R505 R506 R508A R509A R510A R511A R512A R513B R514A R516A
""".split()
# Pollutants, products and gases without carbon: here the symbol says which substance is meant, so "350 mg/L" of COD is accepted.
PLAIN_SUBSTANCES = "COD BOD NH3N SO2 NOx PM VOCs TN TP Al N P S N2O SF6 NF3".split()
SUBSTANCES = frozenset(GREENHOUSE_SUBSTANCES) | frozenset(PLAIN_SUBSTANCES)

_MASS = {"ug": "1e-6", "mg": "1e-3", "g": "1", "kg": "1e3", "t": "1e6", "kt": "1e9", "Mt": "1e12", "Gt": "1e15"}
_MASS |= {"wan_t": "1e10", "yi_t": "1e14"}
_MASS_ZH = {"吨": "t", "千克": "kg", "公斤": "kg", "克": "g", "毫克": "mg", "万吨": "wan_t", "万t": "wan_t", "亿吨": "yi_t"}

_DEFINITIONS = """
gram = [mass] = g
joule = [energy] = J
second = [time] = s
month = [period]
meter = [length] = m
Nm3 = [normal_volume]
mole = [amount] = mol
degC = [temperature]
pascal = [pressure] = Pa
volt = [voltage] = V
CNY = [CNY] = 元
USD = [USD] = 美元
EUR = [EUR] = 欧元
gce = [standard_coal] = 克标准煤

lb = 453.59237 g
kJ = 1e3 J
MJ = 1e6 J
GJ = 1e9 J
TJ = 1e12 J
PJ = 1e15 J
EJ = 1e18 J
kcal = 4186.8 J = 大卡 = 千卡
Mcal = 4186800 J
Gcal = 4186800000 J = 百万千卡
Btu = 1055.05585262 J
MMBtu = 1055055852.62 J
watt = J / s = W
kW = 1e3 W = 千瓦
MW = 1e6 W = 兆瓦
GW = 1e9 W = 吉瓦
wan_kW = 1e7 W = 万千瓦 = 万kW
Wh = 3600 J
kWh = 3600000 J = 千瓦时 = 度
MWh = 3600000000 J = 兆瓦时
GWh = 3.6e12 J = 吉瓦时
TWh = 3.6e15 J = 太瓦时
wan_kWh = 3.6e10 J = 万kWh = 万千瓦时 = 万度
yi_kWh = 3.6e14 J = 亿kWh = 亿千瓦时 = 亿度
minute = 60 s = min = 分钟
hour = 3600 s = h = 小时
day = 86400 s = d = 天 = 日
year = 12 month = a = yr = 年
mm = 1e-3 m
cm = 1e-2 m
km = 1e3 m = 公里 = 千米
m2 = m ** 2 = 平方米
wan_m2 = 1e4 m2 = 万平方米 = 万m2
km2 = 1e6 m2 = 平方公里
hectare = 1e4 m2 = ha = 公顷
mu = 2000 / 3 m2 = 亩
wan_mu = 2e7 / 3 m2 = 万亩
m3 = m ** 3 = 立方米
wan_m3 = 1e4 m3 = 万m3
yi_m3 = 1e8 m3 = 亿立方米 = 亿m3
liter = 1e-3 m3 = L = 升
mL = 1e-6 m3 = 毫升
US_gal = 3.785411784e-3 m3 = gal
k_Nm3 = 1e3 Nm3 = kNm3 = 千Nm3 = 千标立方米
wan_Nm3 = 1e4 Nm3 = 万Nm3 = 万立方米 = 万标立方米
yi_Nm3 = 1e8 Nm3 = 亿Nm3 = 亿标立方米
NL = 1e-3 Nm3
kmol = 1e3 mol
mmol = 1e-3 mol
kPa = 1e3 Pa
MPa = 1e6 Pa = 兆帕
bar = 1e5 Pa
kV = 1e3 V
mV = 1e-3 V
wan_CNY = 1e4 CNY = 万元
yi_CNY = 1e8 CNY = 亿元
k_CNY = 1e3 CNY = 千元
kgce = 1e3 gce = 千克标准煤 = 公斤标准煤
tce = 1e6 gce = 吨标准煤
wan_tce = 1e10 gce = 万tce = 万吨标准煤
Mtce = 1e12 gce
percent = 1 / 100
permille = 1 / 1000 = ‰
ppm = 1e-6
ppb = 1e-9
"""
# Things that are counted; each is a dimension, so a factor per head cannot meet a number of vehicles.
_COUNTED = {
    "cell": "槽", "head": "头", "person": "人", "household": "户", "vehicle": "辆", "item": "件", "unit": "台",
    "well": "口", "station": "座", "room_night": "间夜", "bed": "床", "trip": "次", "page": "页", "bird": "羽", "tree": "株",
    "connection": "接口", "flight": "航班", "passenger": "乘客", "berth": "泊位", "pair": "双", "piece": "张",
}  # fmt: skip
_LONG_PREFIXES = {
    "micro": "1e-6",
    "milli": "1e-3",
    "centi": "1e-2",
    "kilo": "1e3",
    "mega": "1e6",
    "giga": "1e9",
    "tera": "1e12",
    "peta": "1e15",
}
_LONG_NAMES = {
    "gram": "g",
    "joule": "J",
    "watt": "W",
    "watt_hour": "Wh",
    "liter": "L",
    "meter": "m",
    "pascal": "Pa",
    "mole": "mol",
    "volt": "V",
}
_SPELLINGS = {"metric_ton": "t", "watt_hour": "Wh", "dimensionless": "1", "calorie": "4.1868 J", "CO2eq": "CO2e"}

_NAME = re.compile(r"[^\W\d]\w*(?:\.unit)?|%|‰")
_SPECIES = re.compile(
    rf"({'|'.join(sorted([*_MASS, *_MASS_ZH], key=len, reverse=True))})({'|'.join(sorted(SUBSTANCES, key=len, reverse=True))})"
)
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"\s*({_NUMBER})\s*(.*?)\s*", re.DOTALL)
_UNIT_SIGN = re.compile(r"[^\W\d_]|[%‰°]")  # a letter of any script, or a sign that stands for a unit
_HYPHENATED = re.compile(
    r"(?<=HFC|CFC|HFO|HFE|CFE)-(?=\d)|(?<=Halon)-(?=\d)|(?<=[tg]c)-(?=C\d)|(?<=R)-(?=\d{3})|(?<=4310)-|(?<=NH3)-(?=N)"
)
_TYPOGRAPHY = str.maketrans({"·": "*", "×": "*", "⋅": "*", "％": "%", "／": "/", "（": "(", "）": ")", "^": "^", "₂": "2", "₃": "3", "₄": "4", "₆": "6", "²": "2", "³": "3", "℃": "degC", "µ": "u", "μ": "u", "，": ",", "\u00a0": " ", "\u3000": " "})  # fmt: skip

GENERIC = ".unit"


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: ``scale`` base units of dimension ``dims`` (exact), under the ``text`` it was written as."""

    text: str
    scale: Fraction
    dims: tuple[tuple[str, Fraction], ...]

    @property
    def dimensionless(self) -> bool:
        return not self.dims

    @property
    def generic(self) -> str | None:
        """The ``item.unit`` placeholder in this unit, if any."""
        return next((name for name, _ in self.dims if name.endswith(GENERIC)), None)

    def factor_to(self, other: Unit) -> Fraction:
        """The number of ``other`` in one of this unit; the dimensions must agree."""
        if self.dims != other.dims:
            raise UnitError(say("unit.mismatch", given=self.text, expected=other.text))
        return self.scale / other.scale

    def __str__(self) -> str:
        return self.text


def dims_product(*factors: tuple[Iterable[tuple[str, Fraction]], Fraction | int]) -> tuple[tuple[str, Fraction], ...]:
    """The dimension of a product of powers, in canonical form."""
    total: dict[str, Fraction] = {}
    for dims, power in factors:
        for name, exponent in dims:
            total[name] = total.get(name, Fraction(0)) + exponent * power
    return tuple(sorted((name, exponent) for name, exponent in total.items() if exponent))


_LOCK = RLock()  # units are defined as they are met, and pint's registry knows no threads


def registry() -> pint.UnitRegistry[Any]:
    """The pint registry of this library; it knows no unit that this module does not define."""
    with _LOCK:
        return _registry()


@cache
def _registry() -> pint.UnitRegistry[Any]:
    import pint

    ureg: pint.UnitRegistry[Any] = pint.UnitRegistry(None, non_int_type=Fraction, cache_folder=None)
    for line in _DEFINITIONS.strip().splitlines():
        if line:
            ureg.define(line)
    for name, scale in _MASS.items():
        if name != "g":
            aliases = "".join(f" = {zh}" for zh, key in _MASS_ZH.items() if key == name)
            ureg.define(f"{name} = {scale} g{aliases}")
    for name, zh in _COUNTED.items():
        ureg.define(f"{name} = [{name}] = {zh}")
    return ureg


def _define(name: str) -> bool:
    """Define a unit that follows from a pattern (substances, placeholders, long SI names); say whether it exists now."""
    ureg = registry()
    if name in ureg:
        return True
    if match := _SPECIES.fullmatch(name):
        species = match.group(2)
        ureg.define(f"g{species} = [{species}]")
        for mass, scale in _MASS.items():
            aliases = "".join(f" = {zh}{species}" for zh, key in _MASS_ZH.items() if key == mass)
            ureg.define(f"{mass}{species} = {scale} g{species}{aliases}" if mass != "g" else f"@alias g{species}{aliases}")
        return True
    for prefix, scale in _LONG_PREFIXES.items():
        if name.startswith(prefix) and name[len(prefix) :] in _LONG_NAMES:
            ureg.define(f"{name} = {scale} {_LONG_NAMES[name[len(prefix) :]]}")
            return True
    return False


def known_units() -> list[str]:
    """Names of the units without substances, for suggestions."""
    return sorted({*(str(name) for name in registry()), *(f"t{s}" for s in SUBSTANCES), *(f"kg{s}" for s in SUBSTANCES)})


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The valid name closest to ``name``, or None where nothing resembles it."""
    found = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return found[0] if found else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """The end of a message on an unknown name: the valid one closest to it, or nothing."""
    found = nearest(name, names)
    return say("hint.nearest", name=found) if found else ""


def _resolve_name(match: re.Match[str], whole: str) -> str:
    name = match.group()
    if name == "%":
        return "percent"
    if name == "‰":
        return "permille"
    if name.endswith(GENERIC):
        placeholder = name.replace(".", "__")
        if placeholder not in registry():
            registry().define(f"{placeholder} = [{placeholder}]")
        return placeholder
    name = _SPELLINGS.get(name, name)
    if name[0].isdigit() or _define(name):
        return f"({name})" if " " in name else name
    raise UnitError(say("unit.unknown", unit=name, text=whole) + did_you_mean(name, known_units()))


@lru_cache(maxsize=4096)
def parse_unit(text: str) -> Unit:
    """Parse a unit such as ``GJ/wan_Nm3``, ``kgCF4/tAl``, ``10^4 Nm3``, ``%`` or ``GJ/fuel.unit``.

    Raises UnitError for a name that is not in the closed list, with the nearest one that is.
    """
    with _LOCK:
        return _parse_unit(text)


def _parse_unit(text: str) -> Unit:
    import tokenize

    import pint

    clean = _HYPHENATED.sub("", str(text).translate(_TYPOGRAPHY).replace("CO2-eq", "CO2e").replace("CO2eq", "CO2e")).strip()
    if clean in ("", "1", "-"):
        return Unit("1", Fraction(1), ())
    if len(clean) > 200 or not re.fullmatch(r"[\w\s.%‰*/^()+-]+", clean) or re.search(r"\^\s*\d{2,}|\*\*\s*\d{3,}", clean):
        raise UnitError(say("unit.unreadable", text=str(text)[:80]))
    clean = re.sub(r"\b10\s*(?:\^|\*\*)\s*([1-9])\b", r"1e\1", clean)
    expression = _NAME.sub(
        lambda m: m.group() if re.fullmatch(r"e\d+", m.group()) else _resolve_name(m, str(text)), _protect(clean)
    )
    try:
        quantity = registry().parse_expression(expression)
    except (
        pint.PintError,
        ValueError,
        TypeError,
        ArithmeticError,
        tokenize.TokenError,
        SyntaxError,
        AttributeError,
        AssertionError,
    ) as error:
        raise UnitError(say("unit.unreadable", text=str(text))) from error
    if not isinstance(quantity, registry().Quantity):
        return Unit(str(text), Fraction(str(quantity)), ())
    factor, base = registry().get_base_units(quantity.units)
    dims = {name.strip("[]").replace("__unit", GENERIC): Fraction(str(power)) for name, power in base.dimensionality.items()}
    return Unit(str(text), Fraction(str(quantity.magnitude)) * Fraction(str(factor)), tuple(sorted(dims.items())))


def _protect(text: str) -> str:
    """Write powers of ten as plain integers, so that no ``e4`` is mistaken for a name."""
    return re.sub(
        r"(?<![\w.])(\d+(?:\.\d+)?)e([+-]?\d+)",
        lambda m: str(Fraction(m.group())) if Fraction(m.group()).denominator == 1 else f"({Fraction(m.group())})",
        text,
    )


@lru_cache(maxsize=4096)
def parse_quantity(text: str) -> tuple[float, Unit | None]:
    """Read ``"350 万Nm3"``, ``"1.2e4 吨"``, ``"85 %"`` or ``"120,000"``; the unit is None where none is written.

    Raises UnitError, for what follows the number without being a unit too: the rest of a date, a second number.
    """
    number, unit = split_quantity(text)
    return float(number), unit


def split_quantity(text: str) -> tuple[str, Unit | None]:
    """As :func:`parse_quantity`, with the number as it is written."""
    match = _QUANTITY.fullmatch(text.translate(_TYPOGRAPHY))
    if not match:
        raise UnitError(say("quantity.unreadable", text=text[:80]))
    number, written = match.groups()
    unit = parse_unit(written) if written == "1" or _UNIT_SIGN.search(written) else None
    if written and (unit is None or unit.scale <= 0):
        raise UnitError(say("quantity.unreadable", text=text[:80]))
    return number.replace(",", ""), unit


def foreign_unit(units: Any) -> Unit:
    """The unit of a pint quantity from any registry, by its names."""
    parts = [f"{name}**{Fraction(power).limit_denominator(1000)}" for name, power in dict(units._units).items()]
    return parse_unit("*".join(parts).replace("**1*", "*").removesuffix("**1") or "1")


def conversion(given: Unit, expected: Unit, lenient: bool = False) -> Fraction | None:
    """The factor from ``given`` to ``expected``, or None where the dimensions differ.

    A plain mass is taken as the mass of the substance where the expected unit leaves no doubt (pollutants, products), and
    a share or percentage as a mass fraction where a content is expected (``54.8 %`` for tC/t). ``lenient``: the item says
    which gas is meant, so that a plain mass will do for it.
    """
    if given.dims == expected.dims:
        return given.scale / expected.scale
    if (
        given.dimensionless
        and len(expected.dims) == 2
        and dict(expected.dims).get("mass") == -1
        and SUBSTANCES & dict(expected.dims).keys()
    ):
        return given.scale / expected.scale
    plain = SUBSTANCES if lenient else PLAIN_SUBSTANCES
    if given.dims == dims_product((tuple(("mass" if name in plain else name, power) for name, power in expected.dims), 1)):
        return given.scale / expected.scale
    return None


def substitute(unit: Unit, placeholder: str, concrete: Unit) -> Unit:
    """``unit`` with the placeholder dimension (``fuel.unit``) replaced by a concrete unit."""
    power = dict(unit.dims).get(placeholder)
    if power is None:
        return unit
    rest = tuple(item for item in unit.dims if item[0] != placeholder)
    scale = unit.scale * (
        concrete.scale**power.numerator if power.denominator == 1 else Fraction(float(concrete.scale) ** float(power))
    )
    return Unit(unit.text.replace(placeholder, concrete.text), scale, dims_product((rest, 1), (concrete.dims, power)))


def dimension_text(dims: Mapping[str, Fraction] | Iterable[tuple[str, Fraction]]) -> str:
    """A dimension for people: ``energy/mass``."""
    pairs = list(dims.items()) if isinstance(dims, Mapping) else list(dims)
    top = [name if power == 1 else f"{name}^{power}" for name, power in pairs if power > 0]
    bottom = [name if power == -1 else f"{name}^{-power}" for name, power in pairs if power < 0]
    return ("*".join(top) or "1") + ("".join(f"/{name}" for name in bottom))
