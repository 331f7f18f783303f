"""Green-project identification: a description and its codes against the table of green industries, with reasons and doubts.

The table (``methodologies/certification/taxonomies/green-industries.yaml``) holds the entries with their terms and industry codes.
It does not hold the entries' technical conditions: unless the caller says that they were checked, the answer is at most
``to_be_confirmed``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal

from pydantic import Field

from carbonacct.certification.hits import Hits
from carbonacct.certification.problems import Problem
from carbonacct.certification.scoring import text
from carbonacct.errors import InputError, NotFoundError
from carbonacct.messages import say
from carbonacct.schema import rulefile
from carbonacct.schema.models import Model, Number, Sourced, Text, Title
from carbonacct.schema.rulefile import RuleFile
from carbonacct.units import did_you_mean

State = Literal["green", "not_green", "to_be_confirmed"]
TABLE = "certification/taxonomies/green-industries"
CLOSE = 0.1  # candidates within this score of each other are a doubt


class Edition(Sourced):
    """A catalogue, and which entries of the table it has."""

    title: Title
    in_force: Text | None = None
    items: Literal["all", "none"]
    removes: list[str] = Field(default_factory=list)
    adds: list[str] = Field(default_factory=list)


class Item(Model):
    """An entry: its name, the terms it is recognised by, and the GB/T 4754 codes of its trades."""

    zh: Text
    en: Text
    terms: list[Text] = Field(default_factory=list)
    industries: list[str] = Field(default_factory=list)


class Exclusion(Model):
    """What vetoes, unless an entry in ``allows`` is what the text speaks of."""

    id: str
    title: Title
    terms: list[Text]
    industries: list[str] = Field(default_factory=list)
    allows: list[str] = Field(default_factory=list)


class Match(Model):
    """The weights of the three kinds of match; they sum to 1."""

    terms: Number
    industry: Number
    technology: Number


class Taxonomy(RuleFile):
    """The table of green industries.

    negations deny what their clause names, cancellations say that it is given up or torn down, replacements (for exclusions) that
    something else takes its place; compounds are words in which none of these means that.
    """

    weights: Literal["published", "illustrative"]
    match: Match
    threshold: Number
    likeness: Number
    editions: dict[str, Edition]
    negations: list[Text]
    cancellations: list[Text]
    replacements: list[Text]
    compounds: list[Text]
    exclusions: list[Exclusion]
    climate: dict[Literal["mitigation", "adaptation"], list[str]]
    sectors: dict[str, Title]
    items: dict[str, Item]

    def entries(self, edition: Edition) -> dict[str, Item]:
        """The entries of an edition."""
        added = [code for other in self.editions.values() for code in other.adds]
        return {
            code: item
            for code, item in self.items.items()
            if edition.items == "all"
            and not _under(code, edition.removes)
            and (not _under(code, added) or _under(code, edition.adds))
        }

    def path(self, code: str) -> str:
        """Sector / group / entry, in the language in force."""
        parts = code.split(".")
        return " / ".join([text(self.sectors[".".join(parts[:length])]) for length in (1, 2)] + [self.name(code)])

    def name(self, code: str) -> str:
        """The name of an entry, in the language in force."""
        item = self.items[code]
        return text(Title(zh=item.zh, en=item.en))


@dataclass(frozen=True)
class Candidate:
    """An entry that may fit: its score from 0 to 1, the reasons, and what speaks against certainty."""

    code: str
    path: str
    score: float
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    condition: bool | None
    climate: str | None


@dataclass(frozen=True)
class Identification:
    """The answer for one project: its state, the candidates best first, the reasons and the doubts."""

    state: State
    edition: str
    candidates: tuple[Candidate, ...]
    reasons: tuple[str, ...]
    doubts: tuple[str, ...]
    weights: str

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        from dataclasses import asdict

        return asdict(self)

    def to_text(self) -> str:
        """The answer as lines of text."""
        lines = [say(f"identify.{self.state}")]
        lines += [f"  + {reason}" for reason in self.reasons] + [f"  ? {doubt}" for doubt in self.doubts]
        for candidate in self.candidates:
            lines.append(f"{candidate.code} {candidate.path} ({candidate.score:.2f})")
            lines += [f"  + {reason}" for reason in candidate.reasons] + [f"  ? {doubt}" for doubt in candidate.doubts]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.to_text()


def taxonomy(name: str = TABLE) -> Taxonomy:
    """A table by id. Raises FileError or NotFoundError."""
    return rulefile.load(name, Taxonomy)


def identify(
    description: str, codes: Iterable[str] = (), *, technologies: Iterable[str] = (), edition: str = "gic2019",
    conditions: Mapping[str, bool] | None = None, limit: int = 5,
) -> Identification:  # fmt: skip
    """Identify a project.

    description: free text, Chinese or English. codes: GB/T 4754 codes (``4416``, ``D4416``) and codes of the table (``3.2.2``). technologies:
    names of the technologies used. conditions: entry code → whether its technical condition was checked and is met. Raises InputError
    for codes that do not exist, NotFoundError for an unknown edition.
    """
    table = taxonomy()
    if edition not in table.editions:
        raise NotFoundError(say("identify.edition", edition=edition) + did_you_mean(edition, table.editions))
    catalogue = table.editions[edition]
    entries = table.entries(catalogue)
    industries, claimed = _codes(table, codes, conditions or {})
    if not entries:
        doubt = say("identify.no_entries", title=text(catalogue.title))
        return Identification("to_be_confirmed", edition, (), (), (doubt,), table.weights)
    hits = Hits(table, description)
    named = Hits(table, " ; ".join(technologies))
    found = [
        candidate
        for code, item in entries.items()
        if (candidate := _candidate(table, code, item, hits, named, industries, claimed, conditions or {})) is not None
    ]
    found.sort(key=lambda one: (-one.score, -hits.length(one.code), [int(part) for part in one.code.split(".")]))
    return _decide(table, catalogue, edition, entries, found[:limit], (hits, named), industries, claimed)


def sector_shares(codes: Iterable[str]) -> dict[str, Decimal]:
    """The share of each sector in a pool of identified entries, in percent, rounded half up to whole ones."""
    counted = Counter(code.split(".")[0] for code in codes)
    whole = sum(counted.values())
    return {
        sector: (Decimal(100 * count) / whole).quantize(Decimal(1), ROUND_HALF_UP) for sector, count in sorted(counted.items())
    }


def _codes(table: Taxonomy, codes: Iterable[str], conditions: Mapping[str, bool]) -> tuple[set[str], set[str]]:
    """Industry codes and entry codes. Raises InputError for what is neither."""
    industries, claimed, problems = set[str](), set[str](), list[str]()
    for index, code in enumerate(codes):
        trade = re.fullmatch(r"[A-T]?(\d{2,4})", str(code).strip().upper())
        if trade:
            industries.add(trade.group(1))
        elif code in table.items:
            claimed.add(code)
        else:
            problems.append(Problem(_unknown_code(table, str(code)), "codes", index))
    problems += [Problem(_unknown_code(table, code), "conditions", code) for code in conditions if code not in table.items]
    if problems:
        raise InputError(problems)
    return industries, claimed


def _unknown_code(table: Taxonomy, code: str) -> str:
    return say("identify.code", code=code) + did_you_mean(code, table.items)


def _likeness(name: str, where: str) -> float:
    """The share of a name's pairs of neighbouring Chinese characters that a text has."""
    pairs = [name[i : i + 2] for i in range(len(name) - 1) if re.fullmatch(r"[\u4e00-\u9fff]{2}", name[i : i + 2])]
    return sum(pair in where for pair in pairs) / len(pairs) if pairs else 0.0


def _candidate(
    table: Taxonomy, code: str, item: Item, hits: Hits, named: Hits, industries: set[str], claimed: set[str],
    conditions: Mapping[str, bool],
) -> Candidate | None:  # fmt: skip
    reasons, doubts = [], []
    terms = hits.of(code) + (hits.denied(code) if code in conditions or code in claimed else [])
    ratio = 1.0 if terms else 0.0
    if terms:
        reasons.append(say("identify.terms", terms=", ".join(terms)))
    elif (like := _likeness(item.zh, hits.text)) >= table.likeness:
        ratio = like
        reasons.append(say("identify.like", share=f"{like:.0%}"))
        doubts.append(say("identify.only_like"))
    trades = sorted(code for code in industries if code in item.industries)
    if trades:
        reasons.append(say("identify.industry", codes=", ".join(trades)))
    elif industries and item.industries:
        doubts.append(say("identify.other_industry", codes=", ".join(sorted(industries)), expected=", ".join(item.industries)))
    if code in claimed:
        reasons.append(say("identify.claimed", code=code))
        if not terms:
            doubts.append(say("identify.claim_only"))
    techniques = named.of(code)
    if techniques:
        reasons.append(say("identify.technology", names=", ".join(techniques)))
    match = table.match
    score = match.terms * ratio + match.industry * bool(trades or code in claimed) + match.technology * bool(techniques)
    if score < table.threshold:
        return None
    condition = conditions.get(code)
    if condition is None:
        doubts.append(say("identify.condition_open"))
    elif not condition:
        doubts.append(say("identify.condition_failed"))
    kind = next((kind for kind, prefixes in table.climate.items() if _under(code, prefixes)), None)
    return Candidate(code, table.path(code), round(float(score), 4), tuple(reasons), tuple(doubts), condition, kind)


def _decide(
    table: Taxonomy, catalogue: Edition, edition: str, entries: dict[str, Item], found: list[Candidate], texts: tuple[Hits, Hits],
    industries: set[str], claimed: set[str],
) -> Identification:  # fmt: skip
    reasons: list[str] = []
    doubts: list[str] = []
    vetoed = False
    hits = texts[0]
    recognised = [one for one in found if hits.of(one.code)]
    for exclusion in table.exclusions:
        title = text(exclusion.title)
        terms, (off, words) = hits.undoubted(exclusion.id), hits.doubted(exclusion.id)
        trades = sorted(industries & set(exclusion.industries))
        allowed = [one.code for one in recognised if one.code in exclusion.allows]
        if terms and allowed:
            doubts.append(say("identify.allowed", title=title, codes=", ".join(allowed)))
        elif terms:
            vetoed = True
            reasons.append(say("identify.excluded", title=title, terms=", ".join(terms)))
        elif off:
            doubts.append(say("identify.excluded_negated", title=title, terms=", ".join(off), words=", ".join(words)))
        if trades and not terms:
            (doubts if recognised else reasons).append(say("identify.excluded_trade", title=title, codes=", ".join(trades)))
            vetoed = vetoed or not recognised
    for code in entries:
        for hit in texts:
            off, words = hit.doubted(code)
            if off:
                doubts.append(say("identify.negated", code=code, terms=", ".join(off), words=", ".join(words)))
    for code in table.items:
        if code not in entries and _under(code, catalogue.removes) and (hits.of(code) or code in claimed):
            doubts.append(say("identify.removed", code=code, name=table.name(code), title=text(catalogue.title)))
    if not found:
        reasons.append(say("identify.nothing", title=text(catalogue.title)))
        doubts.append(say("identify.nothing_doubt"))
        return Identification("not_green", edition, (), tuple(reasons), tuple(doubts), table.weights)
    certain = not doubts
    viable = [one for one in found if one.condition is not False]
    best = (viable or found)[0]
    rivals = [one.code for one in viable if one is not best and best.score - one.score <= CLOSE]
    if rivals:
        doubts.append(say("identify.rivals", codes=", ".join([best.code, *rivals])))
    state: State = "to_be_confirmed"
    if vetoed or not viable:
        state = "not_green"
        if not viable:
            reasons.append(say("identify.failed", code=best.code))
    elif certain and best.condition and best.score >= table.match.terms and not best.doubts:
        state = "green"
        reasons.append(say("identify.fits", path=best.path))
    else:
        reasons.append(say("identify.may_fit", path=best.path))
    doubts.append(say("identify.table_unconfirmed", weights=table.weights))
    return Identification(state, edition, tuple(found), tuple(reasons), tuple(doubts), table.weights)


def _under(code: str, prefixes: Iterable[str]) -> bool:
    return any(code == prefix or code.startswith(prefix + ".") for prefix in prefixes)
