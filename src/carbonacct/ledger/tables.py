"""The ledger's tables as SQLAlchemy sees them; their definition is in :mod:`carbonacct.ledger.migrations`.

One journal holds everything that ever happened: accounts opened, consents, entries, closings. A row is never changed, so
balances, as-of queries and the retirement of units are all read from it. ``document`` holds the records of results
(by hash), ``head`` the last row's number and hash: it orders the writers and shows if rows are cut off at the end.
"""

from __future__ import annotations

from sqlalchemy import column, table

ENTRIES = ("emission", "reduction", "neutralisation")
EVENTS = ("account", "state", "consent", "withdrawal", "close", "reopen")

COLUMNS = (
    "seq",  # 1, 2, 3, … without gaps
    "at",  # recorded at: microseconds since 1970-01-01 UTC, never decreasing
    "kind",  # one of ENTRIES or EVENTS
    "account",  # unified social credit code
    "period",  # year
    "subject",  # what the figure is about: organisation, event:…, product:…
    "part",  # the part of the subject's inventory; empty: the whole
    "model",  # of a reduction: the methodology or measure; empty: not said
    "amount",  # grams of CO2e, never negative
    "source",  # source kind of an emission or reduction
    "gwp",  # GWP set of an emission
    "instrument",  # CCER, CDCER, VCU
    "series",  # what the serial numbers count in: project, vintage, block; in its normal form (serials.normal)
    "first",  # first and last serial number retired
    "last",
    "consent",  # seq of the consent that the entry rests on
    "reverses",  # seq of the entry that this one takes back
    "record",  # hash of the result's record in `document`
    "details",  # canonical JSON
    "previous",  # hash of the row before
)

journal = table("journal", *(column(name) for name in (*COLUMNS, "hash")))
document = table("document", column("hash"), column("content"))
head = table("head", column("seq"), column("hash"))
migration = table("migration", column("version"), column("at"))
