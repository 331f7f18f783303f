"""Names of applicants and providers, spelled one way, so that two spellings never count as two."""

from __future__ import annotations

import unicodedata
from typing import Any

from carbonacct.messages import say


def spelled(name: Any) -> str:
    """A name in Unicode form NFKC, trimmed, inner whitespace one blank. Raises ValueError where it is no visible text."""
    if not isinstance(name, str):
        raise ValueError(say("voucher.not_text", value=name))
    found = " ".join(unicodedata.normalize("NFKC", name).split())
    if not found:
        raise ValueError(say("voucher.empty"))
    if not found.isprintable():  # a zero-width character would make a second applicant of the first
        raise ValueError(say("voucher.invisible", value=found))
    return found
