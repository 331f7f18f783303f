"""Tables of a portfolio: the regulator's summary and the green-bond impact table, as data frames, HTML and Excel."""

from __future__ import annotations

import html
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from carbonacct.errors import CarbonacctError
from carbonacct.messages import say, speaking
from carbonacct.methodology import load
from carbonacct.reporting.explanation import STYLE
from carbonacct.reporting.html import PAGE, table

if TYPE_CHECKING:
    from carbonacct.portfolio import Portfolio

STATISTICS = "green_financing_statistics"
WIDE = "main{max-width:96em}th,th.n{white-space:normal;min-width:5em}td:first-child{min-width:11em}td:nth-child(2){min-width:8em}"
MWH_PER_TCE = Decimal("8.141")  # 29.3076 GJ / 3.6 GJ/MWh, to three decimals


def indicator_heads(lang: str) -> dict[str, str]:
    """Indicator → column title with unit."""
    from carbonacct.portfolio import INDICATOR_UNITS, INDICATORS

    return {name: f"{say(f'indicator.{name}', lang)} ({INDICATOR_UNITS[name]})" for name in INDICATORS}


def categories(portfolio: Portfolio) -> list[tuple[str, str]]:
    """(code, name) of each project's model in the green financing statistics; empty where the model has none."""
    found: dict[str, tuple[str, str]] = {}
    result = []
    for model in portfolio._rows["model"].to_list():
        key = str(model)
        if key not in found:
            try:
                listing = next((entry for entry in load(key).model.lists if entry.list == STATISTICS), None)
            except CarbonacctError:
                listing = None
            found[key] = (str(listing.code), str(listing.name)) if listing else ("", "")
        result.append(found[key])
    return result


def regulator_table(portfolio: Portfolio, lang: str, digits: int) -> pd.DataFrame:
    """One row per category and a total row: projects, without result, loan balance, the eleven indicators (attributed)."""
    from carbonacct.portfolio import INDICATORS

    keys = categories(portfolio)
    order = {
        key: number
        for number, key in enumerate(sorted(set(keys), key=lambda k: [int(p) if p.isdigit() else 0 for p in k[0].split(".")]))
    }
    codes = np.array([order[key] for key in keys], dtype=np.intp)
    frame = portfolio._grouped(
        codes, [{"code": code, "category": name or say("table.uncategorised", lang)} for code, name in order], digits, True
    )
    amounts = [
        Decimal(str(value)) if value is not None and value == value else Decimal(0)
        for value in portfolio._rows[portfolio.convention].to_list()
    ]
    balance = [
        sum((a for a, code in zip(amounts, codes.tolist(), strict=True) if code == number), Decimal(0))
        for number in range(len(order))
    ]
    frame.insert(4, "balance", balance)
    totals = portfolio.totals(digits)
    last = {
        "code": "",
        "category": say("table.total", lang),
        "projects": len(portfolio),
        "without_result": len(portfolio.faults),
        "balance": sum(balance, Decimal(0)),
    }
    frame = pd.concat([frame, pd.DataFrame([{**last, **{name: float(totals[name]) for name in INDICATORS}}])], ignore_index=True)
    heads = {"code": say("table.code", lang), "category": say("table.category", lang), "projects": say("table.projects", lang),
             "without_result": say("table.without_result", lang), "balance": say("table.balance", lang)}  # fmt: skip
    return frame.rename(columns={**heads, **indicator_heads(lang)})


def impact_table(portfolio: Portfolio, lang: str, digits: int) -> pd.DataFrame:
    """Per project: category, amount, share, annual energy saved (MWh), GHG avoided, water saved, air and water pollutants."""
    rows = portfolio.rows(digits)
    names = categories(portfolio)
    data: dict[str, Any] = {}
    if "project" in rows:
        data[say("table.project", lang)] = rows["project"]
    data[say("table.category", lang)] = [name for _, name in names]
    data[say("table.amount", lang)] = rows[portfolio.convention]
    data[say("table.share", lang)] = rows["share"]
    data[say("table.energy", lang)] = (rows["coal_saved"] * float(MWH_PER_TCE)).round(digits)
    heads = indicator_heads(lang)
    for name in ("co2e", "water_saved", "so2", "nox", "pm", "vocs", "cod", "nh3n", "tn", "tp"):
        data[heads[name]] = rows[name]
    data[say("table.reason", lang)] = rows["reason"]
    return pd.DataFrame(data)


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float | np.floating):
        return f"{value:,.4f}".rstrip("0").rstrip(".")
    if isinstance(value, Decimal | int | np.integer) and not isinstance(value, bool):
        return f"{value:,}"
    return html.escape(str(value))


def _html_table(frame: pd.DataFrame) -> str:
    numeric = {
        i
        for i, name in enumerate(frame.columns)
        if frame[name].dtype.kind in "fiu" or frame[name].map(lambda v: isinstance(v, Decimal)).any()
    }
    return table(
        [str(name) for name in frame.columns], [[_cell(value) for value in row] for row in frame.itertuples(index=False)], numeric
    )


def portfolio_html(portfolio: Portfolio, path: str | None, lang: str) -> str:
    """The tables of a portfolio as one self-contained page."""
    with speaking(lang):
        parts = [
            f"<h1>{say('table.portfolio')}</h1><p class=sub>{say('table.counted', count=len(portfolio), failed=len(portfolio.faults))}</p>"
        ]
        parts.append(f"<h2>{say('table.summary')}</h2><div class=card>{_html_table(regulator_table(portfolio, lang, 2))}</div>")
        parts.append(f"<h2>{say('table.impact')}</h2><div class=card>{_html_table(impact_table(portfolio, lang, 2))}</div>")
    text = f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><style>{PAGE}{STYLE}{WIDE}</style></head><body><main>{"".join(parts)}</main></body></html>'
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text


def portfolio_excel(portfolio: Portfolio, path: str, lang: str) -> None:
    """A workbook with the summary, the impact table and the rows; texts are written as texts, never as formulas."""
    try:
        import xlsxwriter
    except ImportError as error:
        raise CarbonacctError(say("workbook.extra", lang)) from error
    book = xlsxwriter.Workbook(
        path, {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "nan_inf_to_errors": True}
    )
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    number = book.add_format({"num_format": "#,##0.00"})
    sheets = {
        say("table.summary", lang): regulator_table(portfolio, lang, 2),
        say("table.impact", lang): impact_table(portfolio, lang, 2),
        say("table.rows", lang): portfolio.rows(),
    }
    for title, frame in sheets.items():
        sheet = book.add_worksheet(title[:31])
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(frame.columns):
            width = max(12, min(40, max([len(str(name)) // 2 + 6, *(len(str(v)) + 2 for v in frame[name].head(50))])))
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, str(name), head)
            for row, value in enumerate(frame[name].tolist(), start=1):
                if value is None or value != value:
                    continue
                if isinstance(value, int | float | Decimal):
                    sheet.write_number(row, column, float(value), number)
                else:
                    sheet.write_string(row, column, str(value))
    book.close()
