"""The first sheet: who and what, the totals, the gases, the emission sources, all live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from carbonacct import __version__
from carbonacct.engine.compile import gas_name
from carbonacct.engine.result import CO2E, SIGN
from carbonacct.expressions import to_text
from carbonacct.expressions.excel import scaled, to_excel
from carbonacct.expressions.tree import Name, Node, names
from carbonacct.messages import say
from carbonacct.reporting.explanation import title_text
from carbonacct.reporting.sheets.book import Book, Page, Ref, ranges, span
from carbonacct.reporting.sheets.factors import Factors, Key
from carbonacct.reporting.sheets.streams import Amount, own_gas, tonnes_in
from carbonacct.schema import tables

if TYPE_CHECKING:
    from carbonacct.engine.result import Result

WIDTHS = (20, 50, 20, 12, 13, 18, 20, 66)
NOWHERE = Ref("", 0, 0)
BARS = {"type": "data_bar", "bar_color": "#8CC5B4", "bar_solid": True, "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A row of the emission sources. ``here``: its amount; ``co2e``: its tCO2e, deductions negative."""

    stream: str
    amount: Amount
    here: Ref
    co2e: Ref | None


class Summary:
    """Made before the other sheets, written after the streams."""

    def __init__(self, book: Book, result: Result, factors: Factors, lang: str) -> None:
        self.result = result
        self.factors = factors
        self.lang = lang
        self.page = Page(book, say("workbook.summary"), WIDTHS)
        self.sources: list[Source] = []
        self.totals: dict[str, Ref] = {}

    def lay_out(self, amounts: dict[str, list[Amount]], sheets: dict[str, str]) -> None:
        """Write the sheet. ``amounts``: of the streams that have lines; ``sheets``: the names of their sheets."""
        page = self.page
        page.text(0, 0, say("report.title"), "title")
        page.text(1, 0, title_text(self.result.methodology.title, self.lang), "subtitle")
        page.sheet.freeze_panes(2, 0)
        totals_row = self.facts(3) + 1
        gases_row = totals_row + 4 + len(self.result.totals)
        sources_row = gases_row + 3 + len(self.result.by_gas)
        last = self.source_rows(sources_row, amounts, sheets)
        self.gas_rows(gases_row)
        self.total_rows(totals_row)
        self.colours(last + 2)

    def facts(self, row: int) -> int:
        """Who, when, where, by what; gives the next row."""
        result, document = self.result, self.result.methodology.model.source_document
        pairs = {
            "report.entity": result.meta.get("entity"),
            "report.period": result.meta.get("period"),
            "report.region": result.context.region,
            "report.gwp": ", ".join(result.compiled.gwp),
            "report.methodology": f"{result.methodology.id} {result.methodology.version}",
            "workbook.fingerprint": result.fingerprint,
            "show.document": f"{title_text(document.publisher, self.lang)}, {document.document}",
        }
        for name, value in pairs.items():
            if value:
                self.page.text(row, 0, say(name), "muted")
                self.page.text(row, 1, value)
                row += 1
        return row

    def section(self, row: int, title: str, columns: tuple[str, ...]) -> int:
        """A section's title and the head of its table; gives the next row."""
        self.page.texts(row, 0, [say(title), *[""] * (len(columns) - 1)], "section")
        self.page.texts(row + 1, 0, [say(f"column.{key}") for key in columns], "head")
        return row + 2

    def counted(self, source: Source) -> float:
        """1, for a deduction -1, for a memo item 0."""
        return SIGN[self.result.compiled.streams[source.stream].scope]

    # totals ----------------------------------------------------------------------------------------------------

    def total_rows(self, row: int) -> None:
        page = self.page
        row = self.section(
            row, "result.totals", ("symbol", "title", "value", "unit", "equation", "evidence", "source", "formula")
        )
        for key, total in self.result.compiled.totals.items():
            for name in names(total.node):
                if name.base is None and name.name in self.factors.compiled.constants:
                    self.factors.constant(name.name)
            symbol, provenance = total.symbol or key, total.provenance
            page.text(row, 0, symbol, "symbol")
            page.text(row, 1, title_text(total.title, self.lang))
            self.totals[key] = page.formula(
                row, 2, partial(self.total_formula, total.node), float(self.result.totals[key]), "big"
            )  # fmt: skip
            page.text(row, 3, total.unit.text, "muted")
            page.text(row, 4, provenance.equation)
            page.grade(row, 5, provenance.evidence)
            page.text(row, 6, self.factors.sources.mark(provenance.sources), "muted")
            page.text(row, 7, f"{symbol} = {to_text(total.source_node)}", "code")
            row += 1
        page.text(row, 0, "CO2e", "symbol")
        page.text(row, 1, say("result.co2e"))
        refs = [source.co2e for source in self.sources if source.co2e and self.counted(source)]
        page.formula(row, 2, lambda sheet: sum_of(refs, sheet), float(self.result.co2e), "big")
        page.text(row, 3, "tCO2e", "muted")
        page.texts(row, 4, [""] * 4, "muted")

    def total_formula(self, node: Node, sheet: str) -> str:
        return to_excel(node, self.label(sheet))

    def label(self, sheet: str) -> Callable[[Name], str]:
        """The cells of a total's names: outputs and tCO2e of streams, totals above, constants."""

        def label(name: Name) -> str:
            if name.base is None:
                found = self.totals.get(name.name) or self.factors.refs[("constant", name.name)]
                return found.seen_from(sheet)
            sources = [source for source in self.sources if source.stream == name.base]
            if name.name == "CO2e":
                total = sum_of([source.co2e for source in sources if source.co2e], sheet)
                return f"(-{total})" if self.counted(sources[0]) < 0 else total
            return next(s.here.seen_from(sheet) for s in sources if gas_name(s.amount.gas) == name.name)

        return label

    # gases -----------------------------------------------------------------------------------------------------

    def gas_rows(self, row: int) -> None:
        page = self.page
        row = self.section(row, "result.by_gas", ("gas", "title", "value", "unit", "gwp", "co2e"))
        known = tables.load("gwp/ipcc").rows
        for gas, value in self.result.by_gas.items():
            page.text(row, 0, gas, "symbol")
            page.text(row, 1, known[gas].title(self.lang) if gas in known else self.indicator(gas))
            amount = page.formula(row, 2, partial(self.sum_of_gas, gas), float(value), "result")
            page.text(row, 3, value.unit, "muted")
            page.texts(row, 4, ["", ""], "muted")
            if key := self.weight(gas):
                weight = self.weight_value(gas)
                ref = page.formula(row, 4, partial(self.factors.seen_from, key), weight, "factor")
                page.formula(row, 5, partial(product_of, amount, ref), float(value) * weight, "result")
            row += 1

    def indicator(self, name: str) -> str:
        """The title of an output that is not a gas."""
        symbols = [group.symbols[name] for group in self.result.compiled.streams.values() if name in group.outputs]
        return title_text(symbols[0].title, self.lang) if symbols else ""

    def sum_of_gas(self, gas: str, sheet: str) -> str:
        """The tonnes of a gas over the emission sources."""
        text = ""
        for source in self.sources:
            if source.amount.gas == gas and (sign := self.counted(source)):
                text += "-" if sign < 0 else "+" if text else ""
                text += scaled(source.here.seen_from(sheet), source.amount.tonnes)
        return text or "0"

    def weight(self, gas: str) -> Key | None:
        """The factor that tells the tCO2e of a tonne of gas; None for what has none."""
        name = f"GWP_{gas_name(gas)}"
        return self.factors.constant(name) if name in self.factors.compiled.constants else None

    def weight_value(self, gas: str) -> float:
        if gas in CO2E:
            return 1.0
        constant = self.factors.compiled.constants.get(f"GWP_{gas_name(gas)}")
        return float(constant.value or 0) if constant else 0.0

    def amounts_of(self, gas: str, sheet: str) -> str:
        """The cells with the amounts of a gas, as SUM takes them."""
        return ranges([source.here for source in self.sources if gas_name(source.amount.gas) == gas], sheet)

    # emission sources ------------------------------------------------------------------------------------------

    def source_rows(self, row: int, amounts: dict[str, list[Amount]], sheets: dict[str, str]) -> int:
        """A row for each output of each stream; gives the next row."""
        row = first = self.section(row, "workbook.sources", ("scope", "stream", "value", "unit", "gas", "co2e", "share", "note"))
        for stream, group in self.result.compiled.streams.items():
            for position, amount in enumerate(amounts.get(stream) or self.absent(stream)):
                title = title_text(group.title, self.lang) if position == 0 else ""
                self.page.text(row, 0, say(f"scope.{group.scope}"), "muted")
                if title and stream in sheets:
                    self.page.go_to(row, 1, sheets[stream], title)
                else:
                    self.page.text(row, 1, title, "muted")
                self.source_row(row, stream, amount)
                row += 1
        self.shares(first, row - 1)
        return row

    def absent(self, stream: str) -> list[Amount]:
        """The outputs of a stream without lines."""
        group = self.result.compiled.streams[stream]
        units = {name: group.symbols[name].unit.text for name in group.outputs if not own_gas(name)}
        found = [Amount(name, NOWHERE, unit, tonnes_in(unit, name), 0.0) for name, unit in units.items()]
        return found or [Amount("", NOWHERE, "", tonnes_in("1", ""), 0.0)]

    def source_row(self, row: int, stream: str, amount: Amount) -> None:
        page = self.page
        if amount.ref == NOWHERE:
            here = page.number(row, 2, 0.0, "idle")
        else:
            here = page.formula(row, 2, amount.ref.seen_from, amount.value, "result")
        page.text(row, 3, amount.unit, "muted")
        page.text(row, 4, amount.gas)
        page.texts(row, 5, ["", ""], "muted")
        page.text(row, 7, say("workbook.absent") if amount.ref == NOWHERE else "", "muted")
        source = Source(stream, amount, here, None)
        key = self.weight(amount.gas)
        if key or amount.gas in CO2E:

            def write(sheet: str) -> str:
                text = scaled(here.seen_from(sheet), amount.tonnes)
                text = f"-{text}" if self.counted(source) < 0 else text
                return f"{text}*{self.factors.seen_from(key, sheet)}" if key else text

            source = Source(stream, amount, here, page.formula(row, 5, write, self.co2e(source), "result"))
        self.sources.append(source)

    def co2e(self, source: Source) -> float:
        amount = source.amount
        return (self.counted(source) or 1.0) * amount.value * float(amount.tonnes) * self.weight_value(amount.gas) + 0.0

    def shares(self, first: int, last: int) -> None:
        """The share of each source in the sum of the amounts, all taken positive."""
        whole = sum(abs(self.co2e(source)) for source in self.sources if source.co2e)

        def write(ref: Ref, sheet: str) -> str:
            total = f"SUMPRODUCT(ABS({span(self.page.ref(first, 5), self.page.ref(last, 5), sheet)}))"
            return f"IF({total}=0,0,ABS({ref.seen_from(sheet)})/{total})"

        for source in self.sources:
            if ref := source.co2e:
                share = abs(self.co2e(source)) / whole if whole else 0.0
                self.page.formula(ref.row, 6, partial(write, ref), share, "live", "0.0%")
        self.page.sheet.conditional_format(first, 6, last, 6, BARS)

    # the rest --------------------------------------------------------------------------------------------------

    def colours(self, row: int) -> None:
        """What the colours of cells mean."""
        self.page.texts(row, 0, [say("workbook.key"), ""], "section")
        for style in ("input", "factor", "live", "idle"):
            row += 1
            self.page.text(row, 0, say(f"workbook.style_{style}"), style)
            self.page.text(row, 1, say(f"workbook.about_{style}"))
        self.page.text(row + 2, 0, say("report.made", version=__version__), "subtitle")


def sum_of(refs: list[Ref], sheet: str) -> str:
    return f"SUM({ranges(refs, sheet)})" if refs else "0"


def product_of(a: Ref, b: Ref, sheet: str) -> str:
    return f"{a.seen_from(sheet)}*{b.seen_from(sheet)}"
