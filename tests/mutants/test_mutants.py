"""Mutation check over every methodology: 100 % of the single edits are noticed, or listed by name with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

import carbonacct as ca
from carbonacct.schema import yaml
from carbonacct.schema.paths import find
from tests.mutants.mutate import mutants, survives

EQUIVALENT = Path(__file__).with_name("equivalent.yaml")


def equivalent() -> dict[str, dict[str, str]]:
    """Mutants that compute the same as the original, by methodology, with the reason."""
    data = yaml.load(EQUIVALENT).data
    return {name: {entry["mutant"]: entry["reason"] for entry in entries} for name, entries in data.items()}


def largest_first() -> list[str]:
    """Every methodology, the longest work first, so that no worker is left with it at the end."""
    return sorted((entry.id for entry in ca.methodologies()), key=lambda name: -find("methodologies", name).stat().st_size)


@pytest.mark.parametrize("name", largest_first())
def test_every_single_edit_is_noticed(name: str) -> None:
    methodology = ca.load(name)
    known = equivalent().get(name, {})
    every = list(mutants(methodology))
    assert len(every) > 5
    survivors = [str(mutant) for mutant in every if survives(methodology, mutant)]
    unexpected = [text for text in survivors if text not in known]
    assert not unexpected, f"{len(unexpected)} of {len(every)} edits go unnoticed:\n" + "\n".join(unexpected)
    stale = sorted(set(known) - set(survivors))
    assert not stale, f"listed as equivalent, but noticed or gone: {stale}"


def test_reasons_are_given() -> None:
    assert all(len(reason) > 15 for entries in equivalent().values() for reason in entries.values())
