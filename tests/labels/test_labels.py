"""Labels: figures, what is disclosed and what is not, the signature, the picture and its QR code."""

from __future__ import annotations

import copy
import io
import os
import xml.etree.ElementTree as ElementTree
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbonacct.errors import FileError, InputError
from carbonacct.labels import Sealed, new_key, png, read_label, seal, svg, verify
from carbonacct.labels.draw import _width
from carbonacct.labels.label import must_withdraw, percent, significant
from carbonacct.labels.payload import key_id, read_private, read_public, write_key
from carbonacct.labels.rules import label_rules
from carbonacct.ledger.balance import neutrality

KEY = new_key()
TRUSTED = [KEY.public_key()]
DAY = date(2026, 12, 1)
MAKER = "四川示例光伏有限公司"
DATA: dict[str, Any] = {
    "id": "SC-CFP-2026-00017",
    "product": {
        "name": {"zh": "单晶硅光伏组件", "en": "Monocrystalline PV module"},
        "declared_unit": {"zh": "1 块", "en": "1 module"},
    },
    "manufacturer": {"name": {"zh": MAKER, "en": "Sichuan Example PV Co., Ltd."}, "code": "91510000MA00000000"},
    "boundary": "cradle_to_gate",
    "footprint": {
        "inventory": [
            {
                "stage": "raw_materials",
                "item": {"zh": "多晶硅", "en": "polysilicon"},
                "emission": "231.5",
                "amount": "1.9",
                "unit": "kg",
            },
            {
                "stage": "production",
                "item": {"zh": "外购电力", "en": "electricity"},
                "emission": "118.21",
                "amount": 207,
                "unit": "kWh",
            },
            {"stage": "production", "item": {"zh": "天然气", "en": "natural gas"}, "emission": 26.18},
        ]
    },
    "accounted_by": {"zh": "示例认证有限公司", "en": "Example Certification"},
    "approved": {"by": "示例环境交易所", "date": "2026-10-20"},
    "valid_from": "2026-11-01",
    "valid_until": "2027-10-31",
}


def data(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(DATA), **changes}


def claim(*amounts: float | str, quantity: Any = 20000, **changes: Any) -> dict[str, Any]:
    credits = [{"scheme": "CDCER", "amount": a, "retired": "2026-09-01", "beneficiary": MAKER} for a in amounts]
    measures = [{"kind": "energy_substitution", "text": "屋顶光伏", "reduction": 120}]
    return {
        "standard": "ISO 14068-1:2023",
        "period": "2025",
        "quantity": quantity,
        "credits": credits,
        "measures": measures,
        **changes,
    }


def sealed(**changes: Any) -> Sealed:
    return seal(read_label(data(**changes)), KEY)


# figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("emissions", "retired", "rate", "neutral"),
    [
        ("1000", "1000", "1", True),
        ("1000", "650", "0.65", False),
        ("1000", "1200", "1", True),
        ("11185.20", "11185.20", "1", True),  # Xinwang Bank, C18
    ],
)
def test_neutrality_vectors(emissions: str, retired: str, rate: str, neutral: bool) -> None:
    label = read_label(data(neutrality=claim(retired, quantity=None, emissions=emissions)))
    assert label.emissions == Decimal(emissions)
    assert (label.offset.rate, label.offset.neutral) == (Decimal(rate), neutral)
    assert label.disclosed()["neutrality"]["rate"] == f"{Decimal(rate):.3f}"


@given(st.decimals("0.001", "1e9", places=3), st.decimals(0, "1e9", places=3))
def test_a_rate_is_between_0_and_1_and_never_rounded_up(emissions: Decimal, retired: Decimal) -> None:
    found = neutrality(emissions, retired)
    assert 0 <= found.rate <= 1 and found.neutral == (retired >= emissions)
    assert (percent(found.rate) == "100 %") == found.neutral


def test_the_value_has_three_significant_digits() -> None:
    label = read_label(DATA)
    assert label.footprint.total == Decimal("375.89") and label.value == Decimal("376")
    shown = {"0.0123450": "0.0123", "12345": "1.23E+4", "2.345": "2.34", "2.355": "2.36", "9996": "1.00E+4"}
    assert {text: str(significant(Decimal(text), 3)) for text in shown} == shown
    long = sealed(footprint={"value": "12345.678"})
    assert long.label.disclosed()["value"] == "12300" and ">12,300<" in svg(long)


def test_withdrawal_beyond_a_set_threshold() -> None:
    assert not must_withdraw(Decimal(100), Decimal(105), Decimal("0.05"))
    assert must_withdraw(Decimal(100), Decimal("105.01"), Decimal("0.05"))
    assert must_withdraw(Decimal(100), Decimal("94.9"), Decimal("0.05"))


# disclosure ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", ["value", "stages", "inventory"])
def test_only_what_the_enterprise_chose_is_disclosed(level: str) -> None:
    made = sealed(disclose=level)
    told = verify(made.payload, TRUSTED, DAY).label
    assert told["value"] == "376" and told["unit"] == "kgCO2e" and told["boundary"] == "cradle_to_gate"
    assert told["manufacturer"]["name"]["zh"] == MAKER and told["product"]["declared_unit"] == {"zh": "1 块", "en": "1 module"}
    assert ("stages" in told, "inventory" in told) == (level != "value", level == "inventory")
    assert ("polysilicon" in str(told)) == (level == "inventory")
    if level != "value":
        assert told["stages"] == {"raw_materials": "231.5", "production": "144.39"}
    picture = svg(made)
    assert ("raw materials 62%" in picture) == (level != "value")
    assert "375.89" not in str(told) and "375.89" not in picture


def test_the_record_opens_what_was_not_disclosed() -> None:
    made = sealed()
    opened = verify(made.payload, TRUSTED, DAY, record=made.record)
    assert opened.ok and opened.opened and "is the one that was sealed" in str(opened)
    assert not verify(made.payload, TRUSTED, DAY).opened
    other = copy.deepcopy(made.record)
    other["label"]["footprint"]["inventory"][0]["emission"] = "131.5"
    assert verify(made.payload, TRUSTED, DAY, record=other).status == "record_differs"
    assert verify(made.payload, TRUSTED, DAY, record={}).status == "record_differs"
    assert sealed().payload != made.payload  # salted: equal data cannot be told from the hash


def test_a_neutrality_label_discloses_claim_and_own_measures() -> None:
    told = verify(sealed(neutrality=claim(5000)).payload, TRUSTED, DAY).label
    assert told["kind"] == "neutrality"
    expected = {"rate": "0.665", "neutral": False, "schemes": ["CDCER"], "standard": "ISO 14068-1:2023", "period": "2025"}
    assert told["neutrality"] == {
        **expected,
        "measures": [{"kind": "energy_substitution", "text": "屋顶光伏"}],
    }
    told = verify(sealed(neutrality=claim(5000), disclose="inventory").payload, TRUSTED, DAY).label
    assert told["neutrality"]["measures"][0]["reduction"] == "120"


# text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_label_says_neutral_only_at_full_rate(lang: Any) -> None:
    partly = svg(sealed(neutrality=claim("7517.7")), lang)  # 20,000 x 375.89 kg = 7,517.8 t
    assert "99.9 %" in partly and "中和" not in partly and "neutral" not in partly.lower()
    full = svg(sealed(neutrality=claim("5000", "2517.8")), lang)
    assert "100 %" in full and "碳中和标签" in full and "Carbon neutrality label" in full


def test_colours_and_titles() -> None:
    assert {key: (kind.colour, kind.title.zh) for key, kind in label_rules().kinds.items()} == {
        "footprint": ("yellow", "碳足迹标签"),
        "neutrality": ("green", "碳中和标签"),
    }
    assert [title.zh for title in label_rules().measures.values()] == ["能源替代", "节能减排", "技术改造"]


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip() and text.isprintable()))
def test_any_name_gives_well_formed_svg(name: str) -> None:
    ElementTree.fromstring(svg(sealed(product={"name": name, "declared_unit": '1 <t> & "x"'})))


# what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"boundary": "cradle_to_gat"}, "did you mean 'cradle_to_gate'"),
        ({"footprint": {"stages": {"use": 1}}}, "stage 'use' does not belong to the boundary cradle_to_gate"),
        ({"footprint": {"stages": {"raw_material": 1, "production": 1}}}, "did you mean 'raw_materials'"),
        ({"footprint": {"stages": {"production": 1}}}, "nothing is told: raw_materials"),
        ({"boundary": "cradle_to_grave", "footprint": {"stages": {"raw_materials": 1, "production": 1, "use": 0}}}, "distribution, end_of_life"),
        ({"footprint": {}}, "give value, stages or inventory"),
        ({"footprint": {"value": 5, "stages": {"production": 4, "raw_materials": 0}}}, "value is 5, but the parts sum to 4"),
        ({"footprint": {"value": 5}, "disclose": "stages"}, "there is no 'stages' to disclose"),
        ({"valid_until": "2026-10-31"}, "valid_until is before valid_from"),
        ({"approved": {"by": "x", "date": "2026-11-02"}}, "must be approved before"),
        ({"accounted_by": "a\nb"}, "on one line"),
        ({"accounted_by": "a\u007fb"}, "on one line"),
        ({"accounted_by": "a\u202eb"}, "on one line"),
        ({"accounted_by": "\ud800"}, "on one line"),
        ({"disclose": "stage"}, "did you mean 'stages'"),
        ({"neutrality": claim(1, standard="PAS 2060:2014")}, "PAS 2060:2014 is for claims until 2025-11-30 only"),
        ({"neutrality": claim(1, quantity=0)}, "the emissions of the claim are zero"),
        ({"neutrality": claim(1, emissions=3)}, "give either the emissions"),
        ({"neutrality": claim(1, quantity=None, emissions="0.3")}, "less than one declared unit of 375.89"),
        ({"neutrality": claim()}, "at least 1 is needed"),
        ({"neutrality": claim(1, measures=[{"kind": "energy_savin", "text": "x"}])}, "did you mean 'energy_saving'"),
        ({"neutrality": claim(1, credits=[{"scheme": "VCU", "amount": 1, "retired": "2026-11-02", "beneficiary": MAKER}])}, "after the label begins"),
        ({"neutrality": claim(1, credits=[{"scheme": "VCU", "amount": 1, "retired": "2026-01-02", "beneficiary": "丁"}])}, "for '丁', not for the manufacturer"),
    ],
)  # fmt: skip
def test_faults_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(FileError, match=message):
        read_label(data(**changes))


def test_credits_are_not_counted_twice_and_pas_2060_wants_them_fresh() -> None:
    unit = {"scheme": "VCU", "amount": 5, "retired": "2025-09-01", "beneficiary": MAKER, "series": "A"}
    credits = [{**unit, "serials": [1, 5]}, {**unit, "serials": [5, 9]}, {**unit, "series": "B", "serials": [1, 5]}]
    with pytest.raises(FileError) as caught:
        read_label(data(neutrality=claim(credits=credits)))
    assert caught.value.problems == ["label.neutrality.credits[1].serials: these serials are already in credits[0]"]
    dates = {"valid_from": "2025-11-30", "approved": {"by": "x", "date": "2025-10-20"}}
    for retired, fits in (("2024-11-30", True), ("2024-11-29", False)):
        held = claim(credits=[{**unit, "retired": retired}], standard="PAS 2060:2014")
        if fits:
            assert read_label(data(neutrality=held, **dates)).kind == "neutrality"
        else:
            with pytest.raises(FileError, match="more than 12 months before"):
                read_label(data(neutrality=held, **dates))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([{"scheme": "GEC"}], "GEC"),  # a green certificate is no offset
        ([{"scheme": "CCRE"}], "did you mean 'CCER'"),
        ([{"scheme": "VCUs"}], "did you mean 'VCU'"),
        ([{"serials": [1, 4]}], "4 serials cannot carry 5 tCO2e"),
        ([{"serials": [-3, 4]}], "from 0 up"),
        ([{"serials": [1]}], "'1' is missing"),
        ([{}, {}], r"already in credits\[0\]"),  # twice the same
        ([{"serials": [1, 5]}, {"serials": [3, 7], "series": None}], r"already in credits\[0\]"),
    ],
)
def test_credits_that_do_not_count(changes: list[dict[str, Any]], message: str) -> None:
    unit = {"scheme": "VCU", "amount": 5, "retired": "2026-09-01", "beneficiary": MAKER, "series": "A"}
    with pytest.raises(FileError, match=message):
        read_label(data(neutrality=claim(credits=[{**unit, **change} for change in changes])))


def test_too_much_for_a_qr_code() -> None:
    flows = [{"stage": "raw_materials", "item": "x", "emission": 0}]
    flows += [{"stage": "production", "item": os.urandom(60).hex(), "emission": 1} for _ in range(60)]
    with pytest.raises(InputError, match="disclose less"):
        sealed(footprint={"inventory": flows}, disclose="inventory")


# the signature ---------------------------------------------------------------------------------------------------


def test_states_of_a_payload() -> None:
    made = seal(read_label(DATA), KEY, "https://label.example.org/v")
    assert made.payload.startswith("https://label.example.org/v#CA1.")
    assert verify(f" {made.payload}\n", TRUSTED, DAY).status == "valid"
    assert verify(made.payload, [], DAY).status == "unknown_key"
    assert verify(made.payload, [new_key().public_key()], DAY).label == {}
    assert verify(made.payload, TRUSTED, date(2026, 10, 31)).status == "not_yet_valid"
    assert verify(made.payload, TRUSTED, date(2027, 10, 31)).status == "valid"
    assert verify(made.payload, TRUSTED, date(2027, 11, 1)).status == "expired"
    assert verify(made.payload, TRUSTED, DAY, withdrawn={"SC-CFP-2026-00017"}).status == "withdrawn"
    swapped = made.payload.rpartition(".")[0] + "." + sealed().payload.rpartition(".")[2]
    assert verify(swapped, TRUSTED, DAY).status == "forged"


PAYLOAD = sealed(disclose="inventory").payload


@given(st.integers(0, len(PAYLOAD) - 1), st.sampled_from("ABCxyz019-_.#"))
def test_any_changed_character_is_noticed(place: int, character: str) -> None:
    changed = PAYLOAD[:place] + character + PAYLOAD[place + 1 :]
    found = verify(changed, TRUSTED, DAY)
    assert found.ok == (changed == PAYLOAD)
    assert found.ok or found.label == {}


@given(st.text(max_size=200))
def test_anything_may_be_scanned(text: str) -> None:
    assert verify(text, TRUSTED, DAY).status == "unreadable"


def test_an_inflation_bomb_is_refused() -> None:
    import zlib

    from carbonacct.labels.payload import _encode

    worker = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = worker.compress(b"0" * 50_000_000) + worker.flush()
    assert verify(f"CA1.{_encode(bomb)}.{_encode(bytes(64))}", TRUSTED, DAY).status == "unreadable"


def test_keys_are_kept_in_files(tmp_path: Path) -> None:
    path = tmp_path / "issuer.pem"
    public = write_key(KEY, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_private(path).private_bytes_raw() == KEY.private_bytes_raw()
    assert key_id(read_public(public)) == key_id(KEY.public_key())
    for name in ("issuer.pem", "issuer.pem.pub"):
        (tmp_path / name).rename(tmp_path / "kept")
        with pytest.raises(FileExistsError):
            write_key(new_key(), path)
        (tmp_path / "kept").rename(tmp_path / name)
    assert read_public(public).public_bytes_raw() == KEY.public_key().public_bytes_raw()
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec

    other = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "other.pem").write_bytes(other.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
    with pytest.raises(InputError, match="not an Ed25519 key"):
        read_private(tmp_path / "other.pem")
    with pytest.raises(InputError, match="not an Ed25519 key"):
        read_public(path)


@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip() and text.isprintable()), st.decimals(0, "1e9", places=4))
def test_a_payload_tells_exactly_what_is_disclosed(name: str, value: Decimal) -> None:
    made = sealed(product={"name": name, "declared_unit": "1 t"}, footprint={"value": value})
    told = verify(made.payload, TRUSTED, DAY).label
    assert {key: item for key, item in told.items() if key not in ("key", "commitment")} == made.label.disclosed()


# the picture -----------------------------------------------------------------------------------------------------


def texts(picture: str) -> list[tuple[float, float, float, str]]:
    """x, y, size and text of what a picture says."""
    found = ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")
    return [(float(t.attrib["x"]), float(t.attrib["y"]), float(t.attrib["font-size"]), "".join(t.itertext())) for t in found]


def test_long_texts_are_clipped_in_the_picture_only() -> None:
    name = "超" * 160
    made = sealed(product={"name": name, "declared_unit": "1 t"})
    shown = [text for *_, text in texts(svg(made)) if "超" in text]
    assert len(shown) == 2 and "…" in shown[1] and len(shown[0]) < 40  # two lines, the second clipped
    assert verify(made.payload, TRUSTED, DAY).label["product"]["name"] == name


def test_a_name_of_two_lines_is_whole() -> None:
    name = "580 W bifacial monocrystalline N-type TOPCon double-glass photovoltaic module"
    shown = [text for *_, text in texts(svg(sealed(product={"name": name, "declared_unit": "1 t"}), "en"))]
    place = next(number for number, text in enumerate(shown) if text.startswith("580 W"))
    assert f"{shown[place]} {shown[place + 1]}" == name


@pytest.mark.parametrize(
    ("value", "shown"), [("123456789012345", "123,000,000,000,000"), ("0.0000000123", "0.0000000123"), ("5", "5")]
)
def test_a_figure_is_never_clipped(value: str, shown: str) -> None:
    assert shown in [text for *_, text in texts(svg(sealed(footprint={"value": value}), "en"))]
    made = sealed(footprint={"value": value}, neutrality=claim(7518, quantity=None, emissions="2e14"))
    assert f"{shown} kgCO2e" in [text for *_, text in texts(svg(made, "en"))]


@pytest.mark.parametrize("retired", ["1", "4886.57", "7518"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_rate_does_not_reach_into_the_footprint(retired: str, lang: Any) -> None:
    picture = svg(sealed(neutrality=claim(retired)), lang)
    (divider,) = (float(line.split('d="M')[1].split(" ")[0]) for line in picture.splitlines() if "V280" in line)
    left = [(x, size, text) for x, y, size, text in texts(picture) if 200 < y < 281 and x < divider]
    assert len(left) == 2
    assert all(x + _width(text, size) < divider for x, size, text in left)


def test_facts_that_matter_are_not_cut() -> None:
    long = "A very long name of an approving body, with its department and its branch office in the province"
    changes = {"approved": {"by": long, "date": "2026-10-20"}, "footprint": {"value": 5, "standard": long}}
    picture = svg(sealed(**changes, neutrality=claim(7518)), "en")
    assert "2026-10-20, A very" in picture and "ISO 14068-1:2023 · A very" in picture and "2025, CDCER retired" in picture


def test_a_small_share_is_not_nothing() -> None:
    made = sealed(footprint={"stages": {"raw_materials": "999.5", "production": "0.5"}}, disclose="stages")
    assert "production &lt;1%" in svg(made, "en")


def test_pictures_that_nobody_can_read_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="pixels per module"):
        png(sealed(), scale=0.4)
    (tmp_path / "font.ttf").write_text("no font")
    for name in ("font.ttf", "none.ttf"):
        with pytest.raises(InputError, match="not a font file"):
            png(sealed(), fonts=[tmp_path / name])
    monkeypatch.setattr("carbonacct.labels.draw._draws_chinese", lambda fonts: False)
    with pytest.raises(InputError, match="no font with Chinese characters"):
        png(sealed(), "zh")


@pytest.mark.parametrize("changes", [{"disclose": "stages"}, {"neutrality": claim(7518), "disclose": "inventory"}])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_qr_code_of_the_png_scans_and_verifies(changes: dict[str, Any], lang: Any) -> None:
    image = pytest.importorskip("PIL.Image")
    zxing = pytest.importorskip("zxingcpp")
    made = seal(read_label(data(**changes)), KEY, "https://label.example.org/v")
    picture = image.open(io.BytesIO(png(made, lang)))
    assert picture.size == (1760, 1080)
    (code,) = zxing.read_barcodes(picture)
    assert code.text == made.payload and verify(code.text, TRUSTED, DAY).ok
