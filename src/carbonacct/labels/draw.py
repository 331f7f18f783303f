"""The picture of a label: SVG drawn once, PNG rendered from it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache
from html import escape
from pathlib import Path
from typing import Literal

from carbonacct.errors import InputError, MissingExtraError
from carbonacct.labels.label import percent, plain
from carbonacct.labels.payload import Sealed
from carbonacct.labels.rules import label_rules
from carbonacct.messages import say, speaking
from carbonacct.schema.models import Title

WIDTH, HEIGHT = 880, 540
QR_SIDE = 258
LEAST_PIXELS = 2  # of a module of the QR code, below which cameras fail
FONT_HEADS = (b"\x00\x01\x00\x00", b"OTTO", b"ttcf", b"true")
LEFT, RIGHT = 40, 546  # the column of text
FONT = "'Noto Sans CJK SC','Noto Sans SC','PingFang SC','Microsoft YaHei','Source Han Sans SC','Helvetica Neue',Arial,sans-serif"
# strong: band and lines; ink: text on the band; deep: the figure; paper; stages from dark to light
PALETTES = {
    "yellow": ("#f6bd1b", "#3b2a00", "#8a5a00", "#fffdf6", ("#8a5a00", "#c98a0a", "#f0b429", "#f7d070", "#fbe7b2")),
    "green": ("#0f7a57", "#ffffff", "#0b5d43", "#f8fcfa", ("#0b5d43", "#1f8f69", "#4fb592", "#8fd3b9", "#c8eadd")),
}
GREY, DARK, HAIR = "#68737d", "#1e2a33", "#e4e7e6"
# a sole, five toes; a leaf with its vein: in a box of 40
ICONS = {
    "footprint": '<path d="M20 15c-6 0-9 4-9 9 0 4 2 5 2 8 0 4 3 6 6 6 4 0 5-3 5-6 0-4 4-5 4-10 0-4-3-7-8-7z"/>'
    '<circle cx="29" cy="11.500" r="3.600"/><circle cx="22" cy="7.500" r="2.800"/><circle cx="16.200" cy="7.800" r="2.400"/>'
    '<circle cx="11.600" cy="10" r="2.100"/><circle cx="8.600" cy="13.600" r="1.800"/>',
    "neutrality": '<path d="M34 6C17 6 7 13 7 24c0 3 1 5 2 7 4-8 10-13 18-16-7 5-12 10-15 18 2 1 4 1 6 1 12 0 17-12 16-28z"/>',
}


def svg(sealed: Sealed, lang: Literal["zh", "en"] | None = None) -> str:
    """The label as a self-contained SVG, with the sealed payload as QR code."""
    with speaking(lang) as chosen:
        return "\n".join(_Drawing(sealed, chosen).parts())


def png(sealed: Sealed, lang: Literal["zh", "en"] | None = None, scale: float = 2.0, fonts: Sequence[str | Path] = ()) -> bytes:
    """The label as PNG. Chinese text needs a Chinese font: one of the system, or font files given.

    Raises InputError where a font file is none, Chinese characters cannot be drawn, or the QR code would be too small to read.
    """
    for font in fonts:
        if not Path(font).is_file() or Path(font).read_bytes()[:4] not in FONT_HEADS:
            raise InputError([say("label.font", file=font)])
    pixels = QR_SIDE * scale / _modules(sealed.payload)
    if pixels < LEAST_PIXELS:
        raise InputError([say("label.too_small", scale=scale, pixels=pixels, least=scale * LEAST_PIXELS / pixels)])
    drawing = svg(sealed, lang)
    if re.search("[\u4e00-\u9fff]", drawing.split("font-family", 1)[1]) and not _draws_chinese(tuple(map(str, fonts))):
        raise InputError([say("label.no_font")])
    return _render(drawing, scale, fonts)


def _render(drawing: str, scale: float, fonts: Sequence[str | Path]) -> bytes:
    try:
        import resvg_py
    except ImportError as error:
        raise MissingExtraError(say("label.extra", package="resvg-py")) from error
    return bytes(resvg_py.svg_to_bytes(svg_string=drawing, zoom=scale, font_files=[str(font) for font in fonts]))


@cache
def _draws_chinese(fonts: tuple[str, ...]) -> bool:
    """Whether two characters look different: without a font, both are nothing or the same box."""
    one, two = (
        _render(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40" font-family="{FONT}"><text y="30" font-size="30">{sign}</text></svg>',
            1,
            fonts,
        )
        for sign in "碳煤"
    )
    return one != two


class _Drawing:
    def __init__(self, sealed: Sealed, lang: str) -> None:
        self.label, self.payload, self.lang = sealed.label, sealed.payload, lang
        self.rules = label_rules()
        self.strong, self.ink, self.deep, self.paper, self.shades = PALETTES[self.rules.kinds[sealed.label.kind].colour]

        self.unit = _in(self.label.product.declared_unit, lang)
        self.short = _width(self.unit, 11) < 110  # else it gets a line of its own among the facts

    def parts(self) -> Iterator[str]:
        head = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
        yield f'<svg xmlns="http://www.w3.org/2000/svg" {head} role="img" lang="{self.lang}" font-family="{FONT}">'
        yield f"<title>{escape(f'{self.heading(self.lang)}: {_in(self.label.product.name, self.lang)}')}</title>"
        yield f'<clipPath id="card"><rect x="2" y="2" width="{WIDTH - 4}" height="{HEIGHT - 4}" rx="26"/></clipPath>'
        yield f'<g clip-path="url(#card)"><rect width="{WIDTH}" height="{HEIGHT}" fill="{self.paper}"/>'
        yield f'<rect width="{WIDTH}" height="98" fill="{self.strong}"/></g>'
        yield f'<rect x="2" y="2" width="{WIDTH - 4}" height="{HEIGHT - 4}" rx="26" fill="none" stroke="{self.strong}" stroke-width="3"/>'
        yield from self.band()
        yield from self.product()
        yield from self.figure()
        yield from self.middle()
        yield from self.facts()
        yield from self.code()
        yield "</svg>"

    def heading(self, lang: str) -> str:
        """What the label calls itself; a claim that is not complete is not called neutral."""
        if self.label.neutrality is not None and not self.label.offset.neutral:
            return say("label.partly", lang)
        return _in(self.rules.kinds[self.label.kind].title, lang)

    def band(self) -> Iterator[str]:
        yield f'<circle cx="62" cy="49" r="31" fill="{self.ink}"/>'
        yield f'<g transform="translate(40 27) scale(1.1)" fill="{self.strong}">{ICONS[self.label.kind]}</g>'
        yield _text(110, 49, self.heading(self.lang), 30, self.ink, 700)
        yield _text(110, 76, self.heading("en" if self.lang == "zh" else "zh"), 15, self.ink, opacity=0.78)
        yield _text(WIDTH - 40, 49, say("label.number"), 12, self.ink, opacity=0.78, anchor="end")
        yield _fitted(WIDTH - 40, 72, self.label.id, 16, 300, self.ink, 700, anchor="end")

    def product(self) -> Iterator[str]:
        name = _in(self.label.product.name, self.lang)
        first, rest = _broken(name, 19, (RIGHT - LEFT) * 0.95)
        if rest:
            yield _text(40, 122, first, 19, DARK, 700)
            yield _fitted(40, 144, rest, 19, RIGHT - LEFT, DARK, 700)
        else:
            yield _fitted(40, 142, name, 25, RIGHT - LEFT, DARK, 700)
        maker = self.label.manufacturer
        line = " · ".join(
            part
            for part in (_in(maker.name, self.lang), self.label.product.model, maker.place and _in(maker.place, self.lang))
            if part
        )
        yield _fitted(40, 168, line, 14.5, RIGHT - LEFT, GREY)

    def figure(self) -> Iterator[str]:
        value = _grouped(self.label.value)
        unit = say("label.per", unit=self.unit) if self.short else say("label.per_unit")
        if self.label.neutrality is None:
            size = min(76, 76 * 380 / _width(value, 76))
            left = 38 + _width(value, size) + 16
            yield _text(38, 254, value, size, self.deep, 700)
            yield _text(left, 228, "kgCO₂e", 22, self.deep, 700)
            yield _fitted(left, 253, unit, 15.5, RIGHT - left, GREY)
            return
        rate = percent(self.label.offset.rate)
        yield from _ring(92, 239, 44, float(self.label.offset.rate), self.shades[1])
        yield f'<g transform="translate(69 216) scale(1.15)" fill="{self.deep}">{ICONS["neutrality"]}</g>'
        yield _text(158, 247, rate, 58, self.deep, 700)
        caption = say("label.rate" if self.label.offset.neutral else "label.offset_rate")
        yield _text(160, 277, caption, 15.5, GREY)
        left = 180 + max(_width(rate, 58), _width(caption, 15.5))
        yield f'<path d="M{left:.1f} 202V280" stroke="{HAIR}" stroke-width="1.500"/>'
        yield _text(left + 18, 217, say("label.footprint"), 13, GREY)
        amount, room = f"{value} kgCO₂e", (RIGHT - left - 18) * 0.95
        yield _text(left + 18, 245, amount, min(20, 20 * room / _width(amount, 20)), DARK, 700)
        yield _fitted(left + 18, 269, unit, 13.5, RIGHT - left - 18, GREY)

    def middle(self) -> Iterator[str]:
        """Stages where they are disclosed, own measures on a neutrality label."""
        top = 304 if self.label.disclose != "value" else 326
        claim = self.label.neutrality
        if self.label.disclose != "value":
            yield from self.stages(top)
            top += 54
        if claim is not None and claim.measures:
            yield _text(40, top + 16, say("label.measures"), 13, GREY)
            left = 52 + _width(say("label.measures"), 13)
            for kind in dict.fromkeys(measure.kind for measure in claim.measures):
                name = _in(self.rules.measures[kind], self.lang)
                wide = _width(name, 12.5) + 20
                yield f'<rect x="{left:.1f}" y="{top}" width="{wide:.1f}" height="24" rx="12" fill="{self.shades[4]}"/>'
                yield _text(left + 10, top + 16.5, name, 12.5, self.deep, 700)
                left += wide + 8

    def stages(self, top: float) -> Iterator[str]:
        amounts = self.label.footprint.by_stage
        whole = sum(amounts.values(), Decimal(0)) or Decimal(1)
        left, legend = 40.0, 40.0
        yield f'<clipPath id="bar"><rect x="40" y="{top}" width="506" height="15" rx="7.500"/></clipPath><g clip-path="url(#bar)">'
        shades = dict(zip(amounts, self.shades, strict=False))
        for stage, amount in amounts.items():
            wide = 506 * float(amount / whole)
            yield f'<rect x="{left:.2f}" y="{top}" width="{wide:.2f}" height="15" fill="{shades[stage]}"/>'
            left += wide
        yield "</g>"
        names = {
            stage: f"{_in(self.rules.stages[stage], self.lang)} {_share(amount / whole)}" for stage, amount in amounts.items()
        }
        size = 12.5
        while sum(_width(name, size) + 30 for name in names.values()) > 516 and size > 8:
            size -= 0.25
        for stage, name in names.items():
            yield f'<circle cx="{legend + 5:.1f}" cy="{top + 32}" r="4.500" fill="{shades[stage]}"/>'
            yield _text(legend + 15, top + 36.5, name, size, DARK)
            legend += _width(name, size) + 30

    def facts(self) -> Iterator[str]:
        label = self.label
        standard = (f"{label.neutrality.standard} · " if label.neutrality else "") + label.footprint.standard
        rows = [
            ("label.boundary", _in(self.rules.boundaries[label.boundary].title, self.lang)),
            ("label.standard", standard),
            ("label.accounted", _in(label.accounted_by, self.lang)),
            ("label.approved", f"{label.approved.date}, {_in(label.approved.by, self.lang)}"),
        ]
        if label.neutrality is not None:
            schemes = say("label.and").join(sorted({credit.scheme for credit in label.neutrality.credits}))
            rows.insert(2, ("label.claim", say("label.retired", period=label.neutrality.period, schemes=schemes)))
        if not self.short:
            rows.insert(0, ("label.declared_unit", self.unit))
        yield f'<path d="M40 400H546" stroke="{HAIR}" stroke-width="1.500"/>'
        step = 100 / len(rows)
        indent = 54 + max(_width(say(key), 13) for key, _ in rows)
        for number, (key, value) in enumerate(rows):
            height = 400 + step * (number + 0.5) + 8
            yield _text(40, height, say(key), 13, GREY)
            yield _fitted(indent, height, value, 13.5, RIGHT - indent, DARK, 500)
        yield _text(40, 523, say("label.valid", start=label.valid_from, end=label.valid_until), 12.5, GREY)

    def code(self) -> Iterator[str]:
        left, top = WIDTH - QR_SIDE - 38, 132
        yield f'<rect x="{left - 14}" y="{top}" width="{QR_SIDE + 28}" height="{QR_SIDE + 92}" rx="18" fill="#fff" stroke="{HAIR}" stroke-width="1.500"/>'
        yield _qr(self.payload, left, top + 14, QR_SIDE)
        middle = left + QR_SIDE / 2
        yield _text(middle, top + QR_SIDE + 44, say("label.scan"), 16, DARK, 700, anchor="middle")
        content = say(f"label.content.{self.label.kind}")
        yield _fitted(middle, top + QR_SIDE + 68, content, 12.5, QR_SIDE + 8, GREY, anchor="middle")


def _qr(text: str, left: float, top: float, side: float) -> str:
    """A QR code as one path of module runs, with its quiet zone of four modules."""
    rows = _matrix(text)
    runs = []
    for y, row in enumerate(rows):
        start = None
        for x, dark in enumerate([*row, 0]):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                runs.append(f"M{start + 4} {y + 4}h{x - start}v1h-{x - start}z")
                start = None
    scale = side / _modules(text)
    return (
        f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="#fff"/><path transform="translate({left} {top}) '
        f'scale({scale:.6f})" shape-rendering="crispEdges" fill="#000" d="{"".join(runs)}"/>'
    )


def _matrix(text: str) -> list[list[int]]:
    """The modules of a QR code."""
    try:
        import segno
    except ImportError as error:
        raise MissingExtraError(say("label.extra", package="segno")) from error
    return [list(row) for row in segno.make(text, error="m", micro=False, boost_error=False).matrix]


def _modules(text: str) -> int:
    """How many modules a QR code with its quiet zone is wide."""
    return len(_matrix(text)) + 8


def _ring(x: float, y: float, radius: float, share: float, colour: str) -> Iterator[str]:
    yield f'<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="{HAIR}" stroke-width="11"/>'
    around = 2 * math.pi * radius
    dash = "" if share >= 1 else f' stroke-dasharray="{around * share:.2f} {around:.2f}"'
    yield f'<circle cx="{x}" cy="{y}" r="{radius}" fill="none" stroke="{colour}" stroke-width="11" transform="rotate(-90 {x} {y})"{dash}/>'


def _share(share: Decimal) -> str:
    return "<1%" if 0 < share < Decimal("0.01") else f"{share:.0%}"


def _broken(text: str, size: float, room: float) -> tuple[str, str]:
    """A text that even two thirds of its size would not fit, in two lines: broken at a space, or between Chinese characters."""
    if _width(text, size) <= room:
        return text, ""
    fits = max(end for end in range(1, len(text) + 1) if _width(text[:end], size) <= room or end == 1)
    space = text.rfind(" ", 1, fits + 1)
    cut = space if space > fits / 2 else fits
    return text[:cut].rstrip(), text[cut:].lstrip()


def _in(title: Title, lang: str) -> str:
    return str(title.zh if lang == "zh" else title.en)


def _grouped(value: Decimal) -> str:
    whole, point, rest = plain(value).partition(".")
    return f"{int(whole):,}{point}{rest}"


def _text(
    x: float, y: float, text: str, size: float, fill: str, weight: int = 400, *, anchor: str = "start", opacity: float = 1
) -> str:
    extra = ("" if anchor == "start" else f' text-anchor="{anchor}"') + ("" if opacity == 1 else f' opacity="{opacity}"')
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" fill="{fill}"{extra}>{_set(text, size)}</text>'


def _set(text: str, size: float) -> str:
    """Escaped text; the 2 of CO₂ is set smaller and lower, as fonts lack the sign."""
    drop = size * 0.14
    low = f'<tspan font-size="{size * 0.68:g}" dy="{drop:g}">2</tspan><tspan dy="-{drop:g}">'
    parts = [escape(part) for part in text.split("₂")]
    return low.join(parts) + "</tspan>" * (len(parts) - 1)


def _width(text: str, size: float) -> float:
    """About how wide a text is set: Chinese a full em, capitals and digits a little over half."""
    return size * sum(
        1.0
        if ord(c) > 0x2E7F
        else 0.3
        if c in "., :;|'il"
        else 0.92
        if c == "%"
        else 0.4
        if c in "₂tf"
        else 0.66
        if c.isupper()
        else 0.58
        for c in text
    )


def _fitted(
    x: float, y: float, text: str, size: float, room: float, fill: str, weight: int = 400, *, anchor: str = "start"
) -> str:
    """Text in its room: set smaller, down to two thirds, then clipped; the payload has all of it."""
    room *= 0.95 if weight >= 700 else 1  # bold is set wider
    smaller = max(size * 2 / 3, min(size, size * room / max(_width(text, size), 1)))
    while _width(text, smaller) > room * 1.001:
        text = text[:-2] + "…"
    return _text(x, y, text, smaller, fill, weight, anchor=anchor)
