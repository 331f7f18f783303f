"""Unified social credit codes, the keys of accounts (GB 32100-2015)."""

from __future__ import annotations

from carbonacct.ledger.checks import shown
from carbonacct.ledger.errors import LedgerError
from carbonacct.messages import say

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015, 4: no I, O, S, V, Z
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
LENGTH = 18


def check_character(first17: str) -> str:
    """The 18th character of a code: 31 minus the sum of weights 3^i mod 31, mod 31 (GB 32100-2015, 5)."""
    total = sum(_VALUE[character] * pow(3, place, 31) for place, character in enumerate(first17))
    return ALPHABET[-total % 31]


def check_code(code: str) -> str:
    """The code in capitals. Raises LedgerError if it is not a unified social credit code."""
    text = code.strip().upper() if isinstance(code, str) else ""
    if len(text) != LENGTH or any(character not in _VALUE for character in text):
        raise LedgerError([say("ledger.code", code=shown(code))])
    if (expected := check_character(text[:-1])) != text[-1]:
        raise LedgerError([say("ledger.code_check", code=shown(code), given=text[-1], expected=expected)])
    return text
