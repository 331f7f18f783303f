"""The first sheet: who and what, the totals, the gases, the emission sources, all live."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from carbonacct import __version__
from carbonacct.engine.compile import gas_name
from carbonacct.engine.result import SIGN, to_tonnes
from carbonacct.expressions import to_text
from carbonacct.expressions.excel import to_excel
from carbonacct.expressions.render import number_text
from carbonacct.expressions.tree import Name, names
from carbonacct.messages import say
from carbonacct.reporting.explanation import title_text
from carbonacct.reporting.sheets.book import Book, Page, Ref, ranges, span
from carbonacct.reporting.sheets.factors import Factors
from carbonacct.reporting.sheets.streams import Amount
from carbonacct.schema import tables

if TYPE_CHECKING:
    from carbonacct.engine.result import Result

WIDTHS = (20, 50, 20, 12, 13, 18, 20, 66)


@dataclass(frozen=True)
class Source:
    """A row of the emission sources: the amount of one output, and its tCO2e, deductions negative."""

    stream: str
    gas: str
    tonnes: Fraction
    amount: Ref
    co2e: Ref | None


class Summary:
    """Written after the streams, shown before them."""

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
        row = self.facts(3) + 1
        totals_row = row
        row += 4 + len(self.result.totals)
        gases_row = row
        row += 3 + len(self.result.by_gas)
        last = self.source_rows(row, amounts, sheets)
        self.gas_rows(gases_row)
        self.total_rows(totals_row)
        self.key(last + 2)
        page.sheet.freeze_panes(2, 0)
        page.sheet.activate()

    def facts(self, row: int) -> int:
        result, document = self.result, self.result.methodology.model.source_document
        pairs = [
            ("report.entity", result.meta.get("entity")),
            ("report.period", result.meta.get("period")),
            ("report.region", result.context.region),
            ("report.gwp", ", ".join(result.compiled.gwp)),
            ("report.methodology", f"{result.methodology.id} {result.methodology.version}"),
            ("workbook.fingerprint", result.fingerprint),
            ("show.document", f"{title_text(document.publisher, self.lang)}, {document.document}"),
        ]
        for name, value in pairs:
            if value is not None and value != "":
                self.page.text(row, 0, say(name), "muted")
                self.page.text(row, 1, value)
                row += 1
        return row

    # totals ----------------------------------------------------------------------------------------------------

    def total_rows(self, row: int) -> None:
        page = self.page
        self.section(row, "result.totals", ("symbol", "title", "value", "unit", "equation", "evidence", "source", "formula"))
        row += 2
        for key, total in self.result.compiled.totals.items():
            page.text(row, 0, total.symbol or key, "symbol")
            page.text(row, 1, title_text(total.title, self.lang))
            for name in names(total.node):
                if name.base is None and name.name in self.factors.compiled.constants:
                    self.factors.constant(name.name)
            self.totals[key] = page.formula(
                row, 2, lambda sheet, node=total.node: to_excel(node, self.label(sheet)), float(self.result.totals[key]), "big"  # type: ignore[misc]
            )  # fmt: skip
            page.text(row, 3, total.unit.text, "muted")
            page.text(row, 4, total.provenance.equation)
            page.grade(row, 5, total.provenance.evidence)
            page.text(row, 6, self.factors.sources.mark(total.provenance.sources), "muted")
            page.text(row, 7, f"{total.symbol or key} = {to_text(total.source_node)}", "code")
            row += 1
        page.text(row, 0, "CO2e", "symbol")
        page.text(row, 1, say("result.co2e"))
        counted = [source.co2e for source in self.sources if source.co2e and SIGN[self.scope(source.stream)]]
        page.formula(row, 2, lambda sheet: f"SUM({ranges(counted, sheet)})" if counted else "0", float(self.result.co2e), "big")
        page.text(row, 3, "tCO2e", "muted")
        page.texts(row, 4, [""] * 4, "muted")

    def scope(self, stream: str) -> str:
        return self.result.compiled.streams[stream].scope

    def label(self, sheet: str) -> Callable[[Name], str]:
        """The cells of a total's names: outputs and tCO2e of streams, totals above, constants."""

        def label(name: Name) -> str:
            if name.base is None:
                if name.name in self.totals:
                    return self.totals[name.name].seen_from(sheet)
                return self.factors.refs[("constant", name.name)].seen_from(sheet)
            if name.name == "CO2e":
                refs = [source.co2e for source in self.sources if source.stream == name.base and source.co2e]
                text = f"SUM({ranges(refs, sheet)})" if refs else "0"
                return f"(-{text})" if self.scope(name.base) == "deduction" else text
            return next(
                source.amount.seen_from(sheet)
                for source in self.sources
                if source.stream == name.base and gas_name(source.gas) == name.name
            )

        return label

    # gases -----------------------------------------------------------------------------------------------------

    def gas_rows(self, row: int) -> None:
        page = self.page
        self.section(row, "result.by_gas", ("gas", "title", "value", "unit", "gwp", "co2e"))
        row += 2
        for gas, value in self.result.by_gas.items():
            page.text(row, 0, gas, "symbol")
            parts = [source for source in self.sources if source.gas == gas and SIGN[self.scope(source.stream)]]
            page.text(row, 1, self.gas_name(gas))
            amount = page.formula(row, 2, self.amount_sum(parts), float(value), "result")
            page.text(row, 3, value.unit, "muted")
            weight = self.weight(gas)
            if weight is None:
                page.texts(row, 4, ["", ""], "muted")
            else:
                write, number = weight
                page.formula(row, 4, write, number, "factor")
                page.formula(
                    row, 5, lambda sheet, a=amount, w=page.ref(row, 4): f"{a.seen_from(sheet)}*{w.seen_from(sheet)}", float(value) * number, "result"  # type: ignore[misc]
                )  # fmt: skip
            row += 1

    def gas_name(self, gas: str) -> str:
        row = tables.load("gwp/ipcc").rows.get(gas)
        return row.title(self.lang) if row else ""

    def amount_sum(self, parts: list[Source]) -> Callable[[str], str]:
        def write(sheet: str) -> str:
            text = ""
            for source in parts:
                sign = "-" if SIGN[self.scope(source.stream)] < 0 else "+" if text else ""
                factor = "" if source.tonnes == 1 else f"*{number_text(source.tonnes).upper()}"
                text += f"{sign}{source.amount.seen_from(sheet)}{factor}"
            return text or "0"

        return write

    def weight(self, gas: str) -> tuple[Callable[[str], str], float] | None:
        """The tCO2e of a tonne of gas: its cell and its value; None for what has no warming potential."""
        if gas == "CO2e":
            return (lambda _: "1"), 1.0
        name = f"GWP_{gas_name(gas)}"
        constant = self.factors.compiled.constants.get(name)
        if constant is None:
            return None
        key = self.factors.constant(name)
        return (lambda sheet: self.factors.refs[key].seen_from(sheet)), float(constant.value or 0)

    def amounts_of(self, gas: str, sheet: str) -> str:
        """The cells with the amounts of a gas, as SUM takes them."""
        return ranges([source.amount for source in self.sources if gas_name(source.gas) == gas], sheet)

    # emission sources ------------------------------------------------------------------------------------------

    def source_rows(self, row: int, amounts: dict[str, list[Amount]], sheets: dict[str, str]) -> int:
        page = self.page
        self.section(row, "workbook.sources", ("scope", "stream", "value", "unit", "gas", "co2e", "share", "note"))
        row += 2
        first = row
        whole = sum(abs(float(value)) for value in self.result.by_stream.values()) or 1.0
        for stream, group in self.result.compiled.streams.items():
            found = amounts.get(stream) or self.absent(stream)
            for position, amount in enumerate(found):
                page.text(row, 0, say(f"scope.{group.scope}") if not position else "", "muted")
                title = title_text(group.title, self.lang)
                if stream in sheets:
                    if position:
                        page.text(row, 1, "")
                    else:
                        page.go_to(row, 1, sheets[stream], title)
                    here = page.formula(
                        row, 2, lambda sheet, ref=amount.ref: ref.seen_from(sheet), amount.value, "result"  # type: ignore[misc]
                    )  # fmt: skip
                else:
                    page.text(row, 1, title, "muted")
                    here = page.number(row, 2, 0.0, "idle")
                page.text(row, 3, amount.unit, "muted")
                page.text(row, 4, amount.gas)
                sign = -1 if group.scope == "deduction" else 1
                co2e = self.co2e(row, here, amount, sign)
                self.sources.append(Source(stream, amount.gas, amount.tonnes, here, co2e))
                self.share(row, co2e, amount, sign, whole, first)
                page.text(row, 7, "" if stream in sheets else say("workbook.absent"), "muted")
                row += 1
        bars = {"type": "data_bar", "bar_color": "#8CC5B4", "bar_solid": True, "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 1}  # fmt: skip
        page.sheet.conditional_format(first, 6, max(first, row - 1), 6, bars)
        self.last = row - 1
        return row

    def absent(self, stream: str) -> list[Amount]:
        """The outputs of a stream without lines: zero."""
        group, nowhere = self.result.compiled.streams[stream], Ref("", 0, 0)
        found = []
        for name in group.outputs:
            if "{" not in name:
                symbol = group.symbols[name]
                tonnes = Fraction(to_tonnes(symbol.unit.text, name)).limit_denominator(10**9)
                found.append(Amount(name, "", nowhere, symbol.unit.text, tonnes, 0.0))
        return found or [Amount("", "", nowhere, "", Fraction(1), 0.0)]

    def co2e(self, row: int, here: Ref, amount: Amount, sign: int) -> Ref | None:
        weight = self.weight(amount.gas) if amount.gas else None
        if weight is None:
            self.page.text(row, 5, "", "muted")
            return None
        write, number = weight
        factor = "" if amount.tonnes == 1 else f"*{number_text(amount.tonnes).upper()}"
        minus = "-" if sign < 0 else ""
        return self.page.formula(
            row,
            5,
            lambda sheet: f"{minus}{here.seen_from(sheet)}{factor}*{write(sheet)}",
            self.co2e_value(amount, sign),
            "result",
        )

    def co2e_value(self, amount: Amount, sign: int) -> float:
        weight = self.weight(amount.gas)
        return 0.0 if weight is None else sign * amount.value * float(amount.tonnes) * weight[1] + 0.0

    def share(self, row: int, co2e: Ref | None, amount: Amount, sign: int, whole: float, first: int) -> None:
        if co2e is None:
            self.page.text(row, 6, "", "muted")
            return

        def write(sheet: str) -> str:
            total = f"SUMPRODUCT(ABS({span(Ref(co2e.sheet, first, 5), Ref(co2e.sheet, self.last, 5), sheet)}))"
            return f"IF({total}=0,0,ABS({co2e.seen_from(sheet)})/{total})"

        self.page.formula(row, 6, write, abs(self.co2e_value(amount, sign)) / whole, "live", "0.0%")

    # the rest --------------------------------------------------------------------------------------------------

    def section(self, row: int, title: str, columns: tuple[str, ...]) -> None:
        self.page.texts(row, 0, [say(title), *[""] * (len(columns) - 1)], "section")
        self.page.texts(row + 1, 0, [say(f"column.{key}") if key else "" for key in columns], "head")

    def key(self, row: int) -> None:
        """What the colours mean."""
        self.page.texts(row, 0, [say("workbook.key"), ""], "section")
        for style in ("input", "factor", "live", "idle"):
            row += 1
            self.page.text(row, 0, say(f"workbook.style_{style}"), style)
            self.page.text(row, 1, say(f"workbook.about_{style}"))
        self.page.text(row + 2, 0, say("report.made", version=__version__), "subtitle")
