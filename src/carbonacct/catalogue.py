"""What there is: the list of methodologies."""

from __future__ import annotations

from carbonacct.schema.paths import Entry, index


def methodologies() -> list[Entry]:
    """All methodologies on the search path, with id, version and titles; reads no whole file."""
    return index()
