"""The hash chain: every row of the journal carries the hash of the row before it and of itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

GENESIS = ""  # what the first row names as its predecessor


def _foreign(value: object) -> dict[str, str]:
    """A value of a type that is never recorded (bytes, put in by tampering): like nothing that is."""
    return {type(value).__name__: repr(value)}


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_foreign).encode


def row_hash(values: Sequence[Any]) -> str:
    """SHA-256 of a row's values (all columns but its own hash, in the order of ``tables.COLUMNS``)."""
    return hashlib.sha256(_encode(list(values)).encode("utf-8")).hexdigest()


def canonical(data: Any) -> str:
    """JSON with sorted keys and no spaces: equal data, equal text. Decimals and dates become strings.

    Raises ValueError (NaN, a list within itself), TypeError (what is no plain data) or RecursionError.
    """
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, Decimal | date):
        return str(value)
    raise TypeError(type(value).__name__)


def text_hash(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
