"""The statement of an account: entries with their standing, and balances; as DataFrame, HTML, Excel and JSON."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from contextlib import suppress
from decimal import ROUND_DOWN, Decimal
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carbonacct.errors import MissingExtraError
from carbonacct.ledger import balance as balances
from carbonacct.ledger.book import Account
from carbonacct.ledger.checks import tonnes
from carbonacct.ledger.errors import LedgerError
from carbonacct.ledger.rules import rules, subject_kind
from carbonacct.messages import say, speaking
from carbonacct.values import number

if TYPE_CHECKING:
    import pandas as pd

    from carbonacct.ledger.reader import Head

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
    "model",
    "units",
    "retirement",
    "beneficiary",
    "reverses",
    "consent",
    "basis",
    "hash",
)
BALANCE_COLUMNS = ("period", "subject", "emission", "reduction", "retired", "rate", "net", "surplus", "gwp", "closed")
CONSENT_COLUMNS = ("seq", "recorded", "event", "kinds", "reference", "evidence", "reason")
ROWS = ("reverses", "consent")  # columns of row numbers, empty for some
WIDE = "main{max-width:none} td,th{white-space:nowrap}"
HASH = re.compile(r"\b[0-9a-f]{64}\b")
AMOUNTS = ("amount", "emission", "reduction", "retired", "net", "surplus")


class Statement:
    """An account as it stood after the row ``head``."""

    def __init__(self, code: str, account: Account, rows: Sequence[Any], events: Sequence[Any], head: Head) -> None:
        self.code = code
        self.account = account
        self.head = head
        self._rows = rows
        self._events = events
        self._counted = balances.effective(balances.in_force(rows))
        self._details: list[dict[str, Any]] = [json.loads(row.details) for row in rows]
        self._columns = self._read()
        self._balances = self._sums()
        self._consents = self._agreed()

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
        ``basis``: methodology and the hash of the result that the entry was taken from, or why it was reversed.
        """
        import pandas as pd

        return pd.DataFrame(self._columns).astype(dict.fromkeys(ROWS, "Int64"))

    @property
    def balances(self) -> pd.DataFrame:
        """One row per year and subject, in tCO2e; ``rate``: the neutrality rate, empty where none can be stated."""
        import pandas as pd

        rows = [[float(value) if isinstance(value, Decimal) else value for value in row] for row in self._balances]
        return pd.DataFrame(rows, columns=list(BALANCE_COLUMNS))

    @property
    def consents(self) -> pd.DataFrame:
        """What the enterprise has consented to and withdrawn, one row each."""
        import pandas as pd

        return pd.DataFrame(self._consents, columns=list(CONSENT_COLUMNS))

    def _read(self) -> dict[str, list[Any]]:
        """The entries by column."""
        rows, standing = self._rows, self._standing
        details = self._details
        made: dict[str, list[Any]] = {
            "recorded": _times(rows),
            "amount": [row.amount / 1_000_000 for row in rows],
            "standing": [standing[row.seq] for row in rows],
            "units": [None if row.first is None else f"{row.instrument} {row.series} {row.first}-{row.last}" for row in rows],
            "retirement": [known.get("retired") for known in details],
            "beneficiary": [known.get("beneficiary") for known in details],
            "basis": [_basis(row, known) for row, known in zip(rows, details)],
        }
        return {name: made[name] if name in made else list(map(attrgetter(name), rows)) for name in ENTRY_COLUMNS}

    def _agreed(self) -> list[tuple[Any, ...]]:
        rows = [row for row in self._events if row.kind in ("consent", "withdrawal")]
        known = [json.loads(row.details) for row in rows]
        more = [[", ".join(one.get("kinds", ())), *map(one.get, CONSENT_COLUMNS[4:])] for one in known]
        return [(row.seq, at, row.kind, *rest) for row, at, rest in zip(rows, _times(rows), more)]

    def _sums(self) -> list[tuple[Any, ...]]:
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
        rate, net, surplus = (_cut(claim.rate), claim.net, claim.surplus) if claim else (None, None, None)
        return (
            period, subject, emission, found.reduction, found.retired, rate, net, surplus, ", ".join(found.gwp),
            period in self.account.closed,
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
            "balances": [
                {name: _text(name, value) for name, value in zip(BALANCE_COLUMNS, row, strict=True)} for row in self._balances
            ],
            "consents": [dict(zip(CONSENT_COLUMNS, row, strict=True)) for row in self._consents],
            "entries": [
                {**dict(zip(ENTRY_COLUMNS, entry, strict=True)), "amount": str(tonnes(row.amount)), "details": details}
                for row, entry, details in zip(
                    self._rows,
                    zip(*self._columns.values(), strict=True),
                    self._details,
                    strict=True,
                )
            ],
        }

    def to_frame(self, lang: str | None = None) -> pd.DataFrame:
        """The entries with headings and words of a language."""
        with speaking(lang):
            return self._worded(self.frame)

    def to_excel(self, path: str | Path, lang: str | None = None) -> None:
        """A workbook (.xlsx) with the balances, the entries and the consents. Raises LedgerError if it cannot be written."""
        import pandas as pd

        if Path(path).suffix.lower() != ".xlsx":
            raise LedgerError([say("ledger.xlsx", path=path)])
        try:
            from xlsxwriter.exceptions import XlsxFileError
        except ImportError:  # pragma: no cover - only without the extra
            raise MissingExtraError(say("workbook.extra")) from None
        plain = {"options": {"strings_to_formulas": False, "strings_to_urls": False}}
        try:
            with speaking(lang), pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs=plain) as book:
                for name, frame in self._tables.items():
                    self._worded(frame).to_excel(book, sheet_name=say(f"ledger.{name}"), index=False, startrow=2)
                    sheet = book.sheets[say(f"ledger.{name}")]
                    sheet.write_string(0, 0, self._title)
                    sheet.write_string(1, 0, self._subtitle)
                    sheet.freeze_panes(3, 0)
                    sheet.set_column(0, len(frame.columns) - 1, 16)
        except (OSError, XlsxFileError) as error:
            raise LedgerError([say("ledger.unwritten", path=path, reason=_reason(error))]) from None

    def to_html(self, path: str | Path | None = None, lang: str | None = None) -> str:
        """A self-contained page; written to ``path`` if given. Raises LedgerError if it cannot be written."""
        with speaking(lang) as chosen:
            text = self._html(chosen)
        if path is not None:
            try:
                Path(path).write_text(text, encoding="utf-8")
            except OSError as error:
                raise LedgerError([say("ledger.unwritten", path=path, reason=_reason(error))]) from None
        return text

    def _repr_html_(self) -> str:
        return self.to_html()

    def __str__(self) -> str:
        tables = [
            say("ledger.no_entries")
            if name == "entries" and frame.empty
            else self._worded(frame).dropna(axis="columns", how="all").to_string(index=False, na_rep="")
            for name, frame in self._tables.items()
            if name == "entries" or not frame.empty
        ]
        return "\n\n".join([f"{self._title}\n{self._subtitle}", *tables])

    @property
    def _tables(self) -> dict[str, pd.DataFrame]:
        return {"balances": self.balances, "entries": self.frame, "consents": self.consents}

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
        for name, frame in self._tables.items():
            worded = self._worded(frame)
            cells = [[_cell(column, value) for value in worded.iloc[:, place]] for place, column in enumerate(frame.columns)]
            told = [place for place, column in enumerate(cells) if any(column)]
            numeric = {place for place, of in enumerate(told) if frame.columns[of] in (*AMOUNTS, "rate")}
            rows = [list(row) for row in zip(*(cells[place] for place in told), strict=True)]
            shown = table([str(worded.columns[place]) for place in told], rows, numeric)
            shown = shown if rows else f"<p>{html.escape(say('ledger.no_entries'))}</p>"
            parts.append(f"<h2>{say(f'ledger.{name}')}</h2><div class=card>{shown}</div>")
        head = f'<meta charset="utf-8"><title>{title}</title><style>{PAGE}{WIDE}</style>'
        return f'<!doctype html><html lang="{lang}"><head>{head}</head><body><main>{"".join(parts)}</main></body></html>'

    def _worded(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Headings and words in the language in force."""
        words: dict[str, Any] = {
            "kind": lambda kind: say(f"ledger.kind.{kind}"),
            "kinds": lambda kinds: ", ".join(say(f"ledger.kind.{kind}") for kind in kinds.split(", ") if kind),
            "event": lambda event: say(f"ledger.event.{event}"),
            "standing": lambda standing: say(f"ledger.standing.{standing}"),
            "source": lambda source: rules().source_kinds[source].title,
            "closed": lambda closed: say("ledger.closed_period") if closed else "",
            "subject": _subject,
        }
        worded = frame.assign(
            **{name: frame[name].map(word, na_action="ignore") for name, word in words.items() if name in frame}
        )
        return worded.rename(columns={name: say(f"ledger.column.{name}") for name in frame})


def _basis(row: Any, details: dict[str, Any]) -> str | None:
    """Where the figure comes from: the result, or the reason of a reversal."""
    if row.record is None and row.reverses is None:
        return None
    return str(details["reason"]) if row.record is None else "{methodology} {version} {result}".format(**details)


def _times(rows: Sequence[Any]) -> list[str]:
    import numpy as np

    moments = np.array([row.at for row in rows], dtype="datetime64[us]")
    return np.datetime_as_string(moments, timezone="UTC").tolist()  # type: ignore[no-any-return]


def _subject(subject: str) -> str:
    name, colon, rest = subject.partition(":")
    return rules().subjects[name].title + colon + (" " + rest if colon else "")


def _text(name: str, value: Any) -> Any:
    if not isinstance(value, Decimal):
        return value
    return format(value, "f") if name == "rate" else balances.plain(value)


def _cut(rate: Decimal) -> Decimal:
    """To twelve places, cut off: what is below 1 stays so as a float too."""
    return rate.quantize(Decimal("1e-12"), ROUND_DOWN).normalize()


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _shown(value: Any) -> str:
    if value is None or value is _na() or value != value:
        return ""
    return number(value, 15) if isinstance(value, float) else str(value)


def _cell(column: str, value: Any) -> str:
    """A cell of the page: rates in per cent, cut off; times to the second; of a hash the beginning, the whole of it as its title."""
    text = _shown(value)
    if column == "rate" and text:
        text = balances.percent(Decimal(str(value)))
    if column == "recorded":
        text = text[:19].replace("T", " ")
    return HASH.sub(lambda match: f'<code title="{match[0]}">{match[0][:12]}…</code>', html.escape(text))


def _na() -> Any:
    import pandas as pd

    return pd.NA
