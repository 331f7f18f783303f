"""The statement of an account: entries with their standing, and balances; as DataFrame, HTML, Excel and JSON."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carbonacct.errors import MissingExtraError
from carbonacct.ledger import balance as balances
from carbonacct.ledger.book import Account
from carbonacct.ledger.entries import tonnes
from carbonacct.ledger.errors import LedgerError
from carbonacct.ledger.rules import rules, subject_kind
from carbonacct.messages import say, speaking
from carbonacct.values import number

if TYPE_CHECKING:
    import pandas as pd

    from carbonacct.ledger.ledger import Head

ENTRY_COLUMNS = (
    "seq",
    "recorded",
    "kind",
    "period",
    "subject",
    "part",
    "amount",
    "standing",
    "source",
    "gwp",
    "units",
    "basis",
    "hash",
)
BALANCE_COLUMNS = ("period", "subject", "emission", "reduction", "retired", "rate", "net", "surplus", "gwp", "closed")
AMOUNTS = ("amount", "emission", "reduction", "retired", "net", "surplus")


class Statement:
    """An account as it stood after the row ``head``."""

    def __init__(self, code: str, account: Account, rows: Sequence[Any], head: Head) -> None:
        self.code = code
        self.account = account
        self.head = head
        self._rows = rows
        self._counted = balances.effective(balances.in_force(rows))

    @cached_property
    def _standing(self) -> dict[int, str]:
        standing = {row.seq: "superseded" for row in self._rows}
        standing |= {row.seq: "effective" for row in self._counted}
        for row in self._rows:
            if row.reverses is not None:
                standing |= {row.seq: "reversing", row.reverses: "reversed"}
        return standing

    @property
    def frame(self) -> pd.DataFrame:
        """The entries, one row each; amounts in tCO2e.

        ``standing``: effective, superseded (a more trusted or later figure counts), reversed, reversing.
        ``basis``: methodology and the hash of the result that the entry was taken from.
        """
        import pandas as pd

        return pd.DataFrame(self._columns)

    @property
    def balances(self) -> pd.DataFrame:
        """One row per year and subject, in tCO2e; ``rate``: the neutrality rate, empty where none can be stated."""
        import pandas as pd

        return pd.DataFrame(self._balances, columns=list(BALANCE_COLUMNS))

    @cached_property
    def _columns(self) -> dict[str, list[Any]]:
        """The entries by column."""
        import numpy as np

        rows, standing = self._rows, self._standing
        moments = np.array([row.at for row in rows], dtype="datetime64[us]")
        made: dict[str, list[Any]] = {
            "recorded": np.datetime_as_string(moments, timezone="UTC").tolist(),
            "amount": [row.amount / 1_000_000 for row in rows],
            "standing": [standing[row.seq] for row in rows],
            "units": [None if row.first is None else f"{row.instrument} {row.series} {row.first}-{row.last}" for row in rows],
            "basis": [_basis(row) for row in rows],
        }
        return {name: made[name] if name in made else list(map(attrgetter(name), rows)) for name in ENTRY_COLUMNS}

    @cached_property
    def _balances(self) -> list[tuple[Any, ...]]:
        groups: dict[tuple[int, str], list[Any]] = {}
        for row in self._counted:
            groups.setdefault((row.period, row.subject), []).append(row)
        return [self._balance(period, subject, groups[period, subject]) for period, subject in sorted(groups)]

    def _balance(self, period: int, subject: str, counted: list[Any]) -> tuple[Any, ...]:
        found = balances.balance(counted)
        emission, claim = None, None
        with suppress(LedgerError):  # several GWP sets, no emission or none above zero: no sum, no rate
            emission = found.emission
            claim = found.neutrality if subject_kind(subject).claim else None
        rate, net, surplus = (float(claim.rate), float(claim.net), float(claim.surplus)) if claim else (None, None, None)
        return (
            period, subject, None if emission is None else float(emission), float(found.reduction), float(found.retired),
            rate, net, surplus, ", ".join(found.gwp), period in self.account.closed,
        )  # fmt: skip

    # forms -----------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Plain data; amounts are decimal strings of tCO2e."""
        return {
            "account": self.code,
            "name": self.account.name,
            "state": self.account.state,
            "closed": sorted(self.account.closed),
            "head": str(self.head),
            "balances": [_plain(BALANCE_COLUMNS, row) for row in self._balances],
            "entries": [
                {**_plain(ENTRY_COLUMNS, entry), "amount": str(tonnes(row.amount)), "details": json.loads(row.details)}
                for row, entry in zip(self._rows, zip(*self._columns.values(), strict=True))
            ],
        }

    def to_frame(self, lang: str | None = None) -> pd.DataFrame:
        """The entries with headings and words of a language."""
        with speaking(lang):
            return self._worded(self.frame)

    def to_excel(self, path: str | Path, lang: str | None = None) -> None:
        """A workbook with the balances and the entries."""
        import pandas as pd

        try:
            import xlsxwriter  # noqa: F401
        except ImportError:  # pragma: no cover - only without the extra
            raise MissingExtraError(say("workbook.extra")) from None
        plain = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
        with speaking(lang), pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs=plain) as book:
            sheets = {"balances": self._worded(self.balances), "entries": self._worded(self.frame)}
            for name, frame in sheets.items():
                frame.to_excel(book, sheet_name=say(f"ledger.{name}"), index=False, startrow=2)
                sheet = book.sheets[say(f"ledger.{name}")]
                sheet.write_string(0, 0, self._title)
                sheet.write_string(1, 0, self._subtitle)
                sheet.freeze_panes(3, 0)
                sheet.set_column(0, len(frame.columns) - 1, 16)

    def to_html(self, path: str | Path | None = None, lang: str | None = None) -> str:
        """A self-contained page; written to ``path`` if given."""
        with speaking(lang) as chosen:
            text = self._html(chosen)
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        tables = [
            self._worded(frame).dropna(axis="columns", how="all").to_string(index=False, na_rep="")
            for frame in (self.balances, self.frame)
        ]
        return "\n\n".join([f"{self._title}\n{self._subtitle}", *tables])

    @property
    def _title(self) -> str:
        return f"{say('ledger.statement')}: {self.account.name} ({self.code}, {say(f'ledger.state.{self.account.state}')})"

    @property
    def _subtitle(self) -> str:
        return say("ledger.as_of", head=self.head)

    def _html(self, lang: str) -> str:
        from carbonacct.reporting.html import PAGE, table

        title = html.escape(self._title)
        parts = [f"<h1>{title}</h1><p class=sub>{html.escape(self._subtitle)}</p>"]
        for name, frame in (("balances", self.balances), ("entries", self.frame)):
            numeric = {place for place, column in enumerate(frame.columns) if column in (*AMOUNTS, "rate")}
            worded = self._worded(frame)
            rows = [[html.escape(_shown(value)) for value in row] for row in worded.itertuples(index=False)]
            parts.append(f"<h2>{say(f'ledger.{name}')}</h2><div class=card>{table(list(worded.columns), rows, numeric)}</div>")
        head = f'<meta charset="utf-8"><title>{title}</title><style>{PAGE}</style>'
        return f'<!doctype html><html lang="{lang}"><head>{head}</head><body><main>{"".join(parts)}</main></body></html>'

    def _worded(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Headings and words in the language in force."""
        words: dict[str, Any] = {
            "kind": lambda kind: say(f"ledger.kind.{kind}"),
            "standing": lambda standing: say(f"ledger.standing.{standing}"),
            "source": lambda source: rules().source_kinds[source].title,
            "closed": lambda closed: say("ledger.closed_period") if closed else "",
            "subject": _subject,
        }
        worded = frame.assign(
            **{name: frame[name].map(word, na_action="ignore") for name, word in words.items() if name in frame}
        )
        return worded.rename(columns={name: say(f"ledger.column.{name}") for name in frame})


def _basis(row: Any) -> str | None:
    """Where the figure comes from: the result, or the reason of a reversal."""
    if row.record is None and row.reverses is None:
        return None
    details = json.loads(row.details)
    return str(details["reason"]) if row.record is None else "{methodology} {version} {result}".format(**details)


def _subject(subject: str) -> str:
    name, colon, rest = subject.partition(":")
    return rules().subjects[name].title + colon + (" " + rest if colon else "")


def _plain(columns: Sequence[str], row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(columns, row, strict=True))


def _shown(value: Any) -> str:
    if value is None or value != value:
        return ""
    return number(value, 15) if isinstance(value, float) else str(value)
