"""Serial numbers: the normal form of what they count in, and ranges that overlap."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−", "-"))


def normal(series: str) -> str:
    """One form for all ways to write a series: width, case, kind of dash and spaces do not tell two series apart."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", series).casefold()).upper()
    return " ".join(text.translate(_DASHES).split())


def overlaps(ranges: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """The names of each two of ``(first, last, name)`` that share a number."""
    reaching: list[tuple[int, int, int]] = []
    for first, last, name in sorted(ranges):
        reaching = [other for other in reaching if other[1] >= first]
        yield from ((other[2], name) for other in reaching)
        reaching.append((first, last, name))
