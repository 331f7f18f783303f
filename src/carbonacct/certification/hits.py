"""The terms of the table found in a text, each with what its clause says against it: negation, cancellation, replacement."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carbonacct.certification.taxonomy import Taxonomy

BREAK = re.compile(r"[，,。；;！!？?]|\.(?=\s|$)")  # between clauses; a full stop inside a number is none
HYPHEN = re.compile(r"(?<=[a-z])[-\u2010\u2011](?=[a-z])")
MASK = "\0"


@dataclass(frozen=True)
class Hit:
    """A term in a text. against: the words of its clause that may deny it. denied: a negation stands right before it."""

    start: int
    end: int
    owner: str
    term: str
    against: tuple[str, ...] = ()
    denied: bool = False


class Hits:
    """The terms found in a text; a term inside a longer one that was found does not count."""

    def __init__(self, table: Taxonomy, text: str) -> None:
        self.text = normal(text)
        spans = [
            Hit(start, end, owner, term)
            for owner, terms in _terms(table)
            for term in terms
            for start, end in occurrences(term, self.text)
        ]
        longest = [
            span
            for span in spans
            if not any(o.start <= span.start and span.end <= o.end and o.end - o.start > span.end - span.start for o in spans)
        ]
        self.found = list(_judged(table, self.text, longest))

    def of(self, owner: str) -> list[str]:
        """The terms of an entry or exclusion that no negation stands right before, each once."""
        return _once(hit.term for hit in self.found if hit.owner == owner and not hit.denied)

    def denied(self, owner: str) -> list[str]:
        """Those that a negation stands right before."""
        return _once(hit.term for hit in self.found if hit.owner == owner and hit.denied)

    def undoubted(self, owner: str) -> list[str]:
        """Those whose clause says nothing against them."""
        return _once(hit.term for hit in self.found if hit.owner == owner and not hit.against)

    def doubted(self, owner: str) -> tuple[list[str], list[str]]:
        """Those whose clause says something against them, and what it says."""
        hits = [hit for hit in self.found if hit.owner == owner and hit.against]
        return _once(hit.term for hit in hits), _once(word for hit in hits for word in hit.against)

    def length(self, owner: str) -> int:
        """How many characters of the text an entry's terms cover."""
        return sum(hit.end - hit.start for hit in self.found if hit.owner == owner)


def normal(text: str) -> str:
    """Text as it is searched: one case, single spaces, no hyphens between letters, one kind of apostrophe."""
    return HYPHEN.sub(" ", " ".join(text.casefold().replace("’", "'").split()))


def occurrences(term: str, where: str) -> Iterator[tuple[int, int]]:
    """Where a term stands in a normal text; words of Latin letters only as whole words, or in the plural."""
    term = normal(term)
    pattern = re.escape(term)
    if term[0].isascii() and term[-1].isascii():
        pattern = rf"(?<![a-z]){pattern}s?(?![a-z])"
    return (match.span() for match in re.finditer(pattern, where))


def _terms(table: Taxonomy) -> Iterator[tuple[str, list[str]]]:
    for code, item in table.items.items():
        yield code, [item.zh, *item.terms]
    for exclusion in table.exclusions:
        yield exclusion.id, list(exclusion.terms)


def _judged(table: Taxonomy, text: str, hits: list[Hit]) -> Iterator[Hit]:
    """The hits with what speaks against them: in their clause, or a cancellation in a clause after it that names nothing."""
    compounds = [span for word in table.compounds for span in occurrences(word, text)]
    rest = _masked(text, [*((hit.start, hit.end) for hit in hits), *compounds])
    edges = [0, *(match.end() for match in BREAK.finditer(text))]
    naming = {bisect_right(edges, hit.start) for hit in hits}
    excluded = {exclusion.id for exclusion in table.exclusions}

    def words(group: list[str], clause: int) -> Iterator[tuple[str, int]]:
        if clause <= len(edges):
            start, end = edges[clause - 1], edges[clause] if clause < len(edges) else len(text)
            yield from ((word, start + last) for word in group for _, last in occurrences(word, rest[start:end]))

    for hit in hits:
        clause = bisect_right(edges, hit.start)
        negations = list(words(table.negations, clause))
        against = [*negations, *words(table.cancellations, clause)]
        if hit.owner in excluded:
            against += words(table.replacements, clause)
        if clause + 1 not in naming:
            against += words(table.cancellations, clause + 1)
        denied = any(end <= hit.start and not text[end : hit.start].strip() for _, end in negations)
        yield Hit(hit.start, hit.end, hit.owner, hit.term, tuple(_once(word for word, _ in against)), denied)


def _masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """The text with spans blotted out, in which no word is to be looked for."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = MASK * (end - start)
    return "".join(letters)


def _once(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
