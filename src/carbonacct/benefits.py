"""Finding the benefit model for a project: by name, alias, category and list code, best first, with reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from carbonacct.messages import language
from carbonacct.schema import files, models, paths

FAMILIES = ("benefits",)
_NUMBER = re.compile(
    r"\d+(?:\.\d+)?\s*(?:MW|GW|kW|兆瓦|万千瓦|千瓦|吨/日|t/d|万吨|亿元|万元|%|km|公里|亩|辆|台|MWp|kWp)?", re.IGNORECASE
)
_CODE = re.compile(r"(?<![\d.])\d+(?:\.\d+){1,3}(?![\d.])")


@dataclass(frozen=True)
class Match:
    """A candidate model with its score (higher is better) and the reasons for it."""

    id: str
    title: str
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Entry:
    id: str
    zh: str
    en: str
    aliases: tuple[str, ...]
    listings: tuple[models.Listing, ...]
    note: str


@lru_cache(maxsize=4)
def _entries(stamp: tuple[tuple[str, int], ...]) -> tuple[_Entry, ...]:  # noqa: ARG001
    found = []
    for name, path in paths.files("methodologies").items():
        if name.split("/", 1)[0] in FAMILIES:
            model, _ = files.read(path, models.Methodology)
            note = model.note.zh if isinstance(model.note, models.Title) else model.note or ""
            found.append(
                _Entry(name, str(model.title.zh), str(model.title.en), tuple(model.aliases), tuple(model.lists), str(note))
            )
    return tuple(found)


def _stamp() -> tuple[tuple[str, int], ...]:
    return tuple(
        (str(p), p.stat().st_mtime_ns) for n, p in paths.files("methodologies").items() if n.split("/", 1)[0] in FAMILIES
    )


def match(text: str, limit: int = 10) -> list[Match]:
    """Candidate models for a description such as ``屋顶光伏 5MW`` or ``rooftop solar``, best first.

    Considered are names in both languages, aliases, categories and list codes; sizes and units are ignored.
    """
    codes = set(_CODE.findall(text))
    words = _NUMBER.sub(" ", _CODE.sub(" ", text)).strip()
    found = [candidate for entry in _entries(_stamp()) if (candidate := _score(entry, words.casefold(), codes))]
    return sorted(found, key=lambda m: (-m.score, m.id))[:limit]


def _score(entry: _Entry, words: str, codes: set[str]) -> Match | None:
    score, reasons = 0.0, []
    for listing in entry.listings:
        if listing.code in codes:
            score += 3
            reasons.append(f"{listing.list} {listing.code} {listing.name}")
    if words:
        for kind, weight, names in (
            ("name", 2.0, (entry.zh, entry.en, entry.id.rsplit("/", 1)[-1].replace("-", " "))),
            ("alias", 2.0, entry.aliases),
            ("category", 1.0, tuple(listing.name for listing in entry.listings)),
            ("note", 0.4, (entry.note,)),
        ):
            best = max(((_likeness(words, name.casefold()), name) for name in names if name), default=(0.0, ""))
            if best[0] > 0.34:
                score += weight * best[0]
                reasons.append(f"{kind}: {best[1][:60]}")
    if not reasons:
        return None
    return Match(entry.id, entry.zh if language() == "zh" else entry.en, round(score, 4), tuple(reasons))


def _likeness(query: str, name: str) -> float:
    """The share of the query's pieces found in a name; 1 for a name that is the query, a little more for a shorter name."""
    if query == name:
        return 1.5
    pieces = list(_pieces(query))
    if not pieces:
        return 0.0
    hit = sum(len(piece) for piece in pieces if piece in name)
    share = hit / sum(len(piece) for piece in pieces)
    return share + 0.1 * share * min(1.0, len(query) / max(len(name), 1))


def _pieces(text: str) -> Iterable[str]:
    """Latin words, and pairs of neighbouring Chinese characters."""
    for word in re.findall(r"[a-z]{3,}|[\u4e00-\u9fff]+", text):
        if word.isascii():
            yield word.rstrip("s")
        elif len(word) == 1:
            yield word
        else:
            yield from (word[i : i + 2] for i in range(len(word) - 1))


__all__ = ["Match", "match"]
