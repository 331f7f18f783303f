"""Portfolios: thousands of financed projects, each by its own benefit model, attributed to the bank and summed.

A project that cannot be calculated is never dropped: it stays in the rows with its reason and is counted apart. Shown
totals are sums of the shown rows, so they reconcile to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import narwhals as nw
import numpy as np
import pandas as pd

from carbonacct.engine.arrays import Batch
from carbonacct.engine.compile import ITEM, Symbol
from carbonacct.engine.frames import factorize, factorize_rows
from carbonacct.engine.inputs import quantity
from carbonacct.engine.plan import Context, Faults, GroupPlan, out_of_range
from carbonacct.errors import CarbonacctError, InputError, UnitError
from carbonacct.messages import language, say
from carbonacct.methodology import find_region, find_year, load
from carbonacct.units import did_you_mean

if TYPE_CHECKING:
    from carbonacct.engine.result import Result

Column: TypeAlias = "np.ndarray[Any, Any]"
Convention = Literal["balance", "commitment"]

# The eleven indicators of Chinese green finance statistics, in the order of the regulator's form.
INDICATORS = ("coal_saved", "co2e", "cod", "nh3n", "so2", "nox", "pm", "vocs", "tn", "tp", "water_saved")
INDICATOR_UNITS = {"coal_saved": "tce", "co2e": "tCO2e", "water_saved": "m3"} | dict.fromkeys(
    ("cod", "nh3n", "so2", "nox", "pm", "vocs", "tn", "tp"), "t"
)
RESERVED = ("project", "model", "investment", "balance", "commitment", "region", "period", "inputs")


@dataclass
class Portfolio:
    """A bank's projects.

    frame: one row per project, of any library that narwhals knows. Columns: ``model`` (a methodology's id), ``investment``
    (total investment, CNY), ``balance`` (drawn loan balance, CNY) and, for the other convention, ``commitment`` (loan
    contracted); optionally ``project``, ``region``, ``period``. Inputs are further columns named by the models' symbols
    (empty where a model has none), or one column ``inputs`` of mappings. Other columns are kept for grouping.
    convention: which amount is divided by the investment; the share is capped at 1.
    """

    frame: Any
    convention: Convention = "balance"
    period: int | str | None = None
    region: str | None = None
    _rows: nw.DataFrame[Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        rows = nw.from_native(self.frame)
        self._rows = rows.collect() if isinstance(rows, nw.LazyFrame) else rows
        needed = ["model", "investment", self.convention]
        missing = [name for name in needed if name not in self._rows.columns]
        if missing:
            raise InputError([say("frame.no_column", column=name) for name in missing])

    def __len__(self) -> int:
        return len(self._rows)

    # calculation -----------------------------------------------------------------------------------------------

    @cached_property
    def _result(self) -> tuple[dict[str, Column], dict[int, str]]:
        """The project's own indicators (NaN where a model does not give one) and the reason of each row without result."""
        size = len(self)
        values = {name: np.full(size, np.nan) for name in INDICATORS}
        reasons: dict[int, str] = {}
        codes, models = factorize(self._rows["model"])
        order = np.argsort(codes, kind="stable")
        bounds = np.searchsorted(codes[order], np.arange(len(models) + 1))
        contexts, context_codes = self._contexts(reasons)
        inputs = self._rows["inputs"].to_list() if "inputs" in self._rows.columns else None
        for number, model in enumerate(models):
            index = order[bounds[number] : bounds[number + 1]]
            if not len(index):
                continue
            try:
                methodology = load(str(model))
                plan = methodology.plan().streams
            except CarbonacctError as error:
                reasons.update(dict.fromkeys(index.tolist(), str(error)))
                continue
            if len(plan) != 1:
                reasons.update(dict.fromkeys(index.tolist(), say("portfolio.not_a_model", model=model)))
                continue
            group = next(iter(plan.values()))
            _ModelRun(group, self._rows, index, inputs, (contexts, context_codes[index])).run(values, reasons)
        return values, reasons

    def _contexts(self, reasons: dict[int, str]) -> tuple[list[Context], Column]:
        names = [name for name in ("region", "period") if name in self._rows.columns]
        problems: list[str] = []
        default = Context(find_region(self.region, problems), find_year(self.period, problems))
        if problems:
            raise InputError(problems)
        if not names:
            return [default], np.zeros(len(self), dtype=np.intp)
        codes, keys = factorize_rows([self._rows[name] for name in names])
        contexts = []
        for number, key in enumerate(keys):
            given = dict(zip(names, key, strict=True))
            faults: list[str] = []
            region = find_region(given["region"], faults) if given.get("region") else default.region
            year = find_year(given["period"], faults) if given.get("period") else default.year
            contexts.append(Context(region, year))
            if faults:
                reasons.update(dict.fromkeys(np.flatnonzero(codes == number).tolist(), "; ".join(faults)))
        return contexts, codes

    @cached_property
    def share(self) -> Column:
        """The financed share of each project, at most 1; NaN where it cannot be told."""
        return financed_share(self._rows[self.convention], self._rows["investment"])

    @cached_property
    def faults(self) -> dict[int, str]:
        """Row number → why the project has no result (its inputs, its model, or its amounts)."""
        reasons = dict(self._result[1])
        for row in np.flatnonzero(np.isnan(self.share)).tolist():
            text = say("portfolio.no_share", amount=self.convention)
            reasons[row] = f"{reasons[row]}; {text}" if row in reasons else text
        return dict(sorted(reasons.items()))

    def indicator(self, name: str, attributed: bool = True) -> Column:
        """An indicator of every project: NaN where the project has no result, 0 where its model does not give it."""
        column = self._result[0][name]
        column = np.where(np.isnan(column), 0.0, column)
        if attributed:
            column = column * self.share
        if self.faults:
            column[list(self.faults)] = np.nan
        return column

    def project(self, row: int) -> Result:
        """One project calculated on its own (not attributed), to explain or audit. Raises InputError where it has no result."""
        methodology = load(str(self._rows["model"][row]))
        (stream, group), *_ = methodology.compiled.streams.items()
        if "inputs" in self._rows.columns:
            line = dict(self._rows["inputs"][row] or {})
        else:
            cells = {
                name: self._rows[name][row]
                for name in (*group.symbols, group.item)
                if name in self._rows.columns and name not in RESERVED
            }
            line = {name: value for name, value in cells.items() if value is not None and value == value}
        given = {name: self._rows[name][row] if name in self._rows.columns else None for name in ("region", "period")}
        return methodology.calculate({stream: line}, region=given["region"] or self.region, period=given["period"] or self.period)

    # tables ----------------------------------------------------------------------------------------------------

    def rows(self, digits: int = 2, attributed: bool = True) -> pd.DataFrame:
        """One row per project: its keys, share, indicators rounded half to even, the reason where there is none, and the
        indicators that are negative (the project side exceeds the baseline)."""
        keep = [
            name for name in self._rows.columns if name in ("project", "model", "region", "period", "investment", self.convention)
        ]
        data: dict[str, Any] = {name: self._rows[name].to_list() for name in keep}
        data["share"] = self.share
        for name in INDICATORS:
            data[name] = _rounded(self.indicator(name, attributed), digits)
        reasons = np.full(len(self), None, dtype=object)
        for row, text in self.faults.items():
            reasons[row] = text
        data["reason"] = reasons
        negative = np.full(len(self), None, dtype=object)
        for name in INDICATORS:
            for row in np.flatnonzero(np.nan_to_num(self._result[0][name]) < 0).tolist():
                negative[row] = name if negative[row] is None else f"{negative[row]}, {name}"
        data["negative"] = negative
        return pd.DataFrame(data)

    def totals(self, digits: int = 2, attributed: bool = True) -> dict[str, Decimal]:
        """The sum of the shown rows, exactly."""
        return {name: _exact_sum(self.indicator(name, attributed), digits) for name in INDICATORS}

    def by(self, *columns: str, digits: int = 2, attributed: bool = True) -> pd.DataFrame:
        """Sums of the shown rows grouped by any columns, with the number of projects and of those without result."""
        unknown = [name for name in columns if name not in self._rows.columns]
        if unknown:
            raise InputError([say("frame.unknown_column", column=unknown[0]) + did_you_mean(unknown[0], self._rows.columns)])
        codes, keys = factorize_rows([self._rows[name] for name in columns])
        return self._grouped(codes, [dict(zip(columns, key, strict=True)) for key in keys], digits, attributed)

    def _grouped(self, codes: Column, keys: Sequence[Mapping[str, Any]], digits: int, attributed: bool) -> pd.DataFrame:
        data: dict[str, Any] = {name: [key[name] for key in keys] for name in (keys[0] if keys else ())}
        size = len(keys)
        data["projects"] = np.bincount(codes, minlength=size)
        failed = np.zeros(len(self), dtype=bool)
        failed[list(self.faults)] = True
        data["without_result"] = np.bincount(codes, failed, minlength=size).astype(int)
        scale = 10.0**digits
        for name in INDICATORS:
            shown = np.nan_to_num(np.rint(self.indicator(name, attributed) * scale))
            data[name] = np.bincount(codes, shown, minlength=size) / scale
        return pd.DataFrame(data)

    def summary(self, lang: str | None = None, digits: int = 2) -> pd.DataFrame:
        """The regulator's table: per category of the models' official list, projects, loan balance and the 11 indicators."""
        from carbonacct.reporting.benefit_tables import regulator_table

        return regulator_table(self, lang or language(), digits)

    def impact(self, lang: str | None = None, digits: int = 2) -> pd.DataFrame:
        """The green-bond impact table: per project, amount, share and annual impact."""
        from carbonacct.reporting.benefit_tables import impact_table

        return impact_table(self, lang or language(), digits)

    def to_html(self, path: str | None = None, lang: str | None = None) -> str:
        """Both tables, the totals and the projects without result as one HTML page."""
        from carbonacct.reporting.benefit_tables import portfolio_html

        return portfolio_html(self, path, lang or language())

    def to_excel(self, path: str, lang: str | None = None) -> None:
        """Both tables, the rows and the projects without result as a workbook."""
        from carbonacct.reporting.benefit_tables import portfolio_excel

        portfolio_excel(self, path, lang or language())


def financed_share(amount: Any, investment: Any) -> Column:
    """amount / investment, capped at 1; NaN for missing, negative or zero amounts. Decimals are divided exactly."""
    top, bottom = _money(amount), _money(investment)
    if top.dtype == object or bottom.dtype == object:
        return np.array([_exact_share(a, b) for a, b in zip(top.tolist(), bottom.tolist(), strict=True)], dtype=np.float64)
    with np.errstate(all="ignore"):
        share = np.minimum(top / bottom, 1.0)
    share[~((bottom > 0) & (top >= 0))] = np.nan
    return share


def _money(series: Any) -> Column:
    if series.dtype.is_numeric() and not series.dtype.is_decimal():
        return np.asarray(series.to_numpy(), dtype=np.float64)
    return np.array([_decimal(value) for value in series.to_list()], dtype=object)


def _decimal(value: Any) -> Decimal | None:
    if value is None or value != value:
        return None
    try:
        return Decimal(str(value).replace(",", ""))
    except InvalidOperation:
        return None


def _exact_share(amount: Any, investment: Any) -> float:
    a, b = _decimal(amount), _decimal(investment)
    if a is None or b is None or b <= 0 or a < 0:
        return float("nan")
    return float(min(a / b, Decimal(1)))


def _rounded(column: Column, digits: int) -> Column:
    scale = 10.0**digits
    return np.asarray(np.rint(column * scale) / scale)


def _exact_sum(column: Column, digits: int) -> Decimal:
    shown = np.nan_to_num(np.rint(column * 10.0**digits))
    largest = float(np.abs(shown).max(initial=0.0))
    total = int(shown.astype(np.int64).sum()) if largest * len(shown) < 2.0**62 else sum(int(part) for part in shown.tolist())
    return Decimal(total).scaleb(-digits)


class _ModelRun:
    """The rows of one model: columns read, faults noted, outputs written."""

    def __init__(
        self,
        plan: GroupPlan,
        rows: nw.DataFrame[Any],
        index: Column,
        inputs: list[Any] | None,
        contexts: tuple[list[Context], Column],
    ) -> None:
        self.plan = plan
        self.group = plan.group
        self.rows = rows
        self.index = index
        self.inputs = inputs
        self.contexts = contexts
        self.faults = Faults()

    def run(self, values: Mapping[str, Column], reasons: dict[int, str]) -> None:
        batch = self.batch()
        outputs = self.plan.run_batch(batch, self.contexts, lambda group, row: f"{group.path}[{row}]", self.faults)
        for row, text in self.faults.by_row().items():
            place = int(self.index[row])
            reasons[place] = f"{reasons[place]}; {text}" if place in reasons else text
        for name, column in outputs.items():
            if name in values:
                values[name][self.index] = column

    def batch(self) -> Batch:
        size = len(self.index)
        columns: dict[str, Column] = {}
        codes: dict[str, Column] = {}
        for name, symbol in self.group.symbols.items():
            if symbol.is_output:
                continue
            raw = self.raw(name)
            if raw is None:
                continue
            if symbol.kind == "choice":
                codes[name] = self.options(symbol, raw)
            else:
                columns[name] = self.numbers(symbol, raw)
        if self.group.item is not None and self.group.items is not None:
            raw = self.raw(self.group.item)
            found = [
                self.group.items.find(str(value)) if value is not None else None
                for value in (raw.tolist() if raw is not None else [None] * size)
            ]
            bad = np.array([row for row, key in enumerate(found) if key is None], dtype=np.intp)
            self.faults.add(bad, [say("portfolio.no_item", item=self.group.item)] * len(bad))
            codes[ITEM] = np.array([self.plan.codes[ITEM].get(key or "", 0) for key in found], dtype=np.intp)
        return Batch(size, columns, codes, {})

    def raw(self, name: str) -> Column | None:
        """A symbol's cells for the rows of this model; None where no row has one."""
        if self.inputs is not None:
            cells = [(self.inputs[row] or {}).get(name) for row in self.index.tolist()]
            return None if all(cell is None for cell in cells) else np.array(cells, dtype=object)
        if name not in self.rows.columns or name in RESERVED:
            return None
        column: Column = self.rows[name].to_numpy()[self.index]
        return column

    def numbers(self, symbol: Symbol, raw: Column) -> Column:
        if raw.dtype.kind in "fiu":
            column = raw.astype(np.float64, copy=False)
        else:
            column = np.full(len(raw), np.nan)
            for row, value in enumerate(raw.tolist()):
                if value is None or value != value:
                    continue
                try:
                    column[row] = quantity(value, symbol, self.group.placeholder, None)
                except UnitError as error:
                    self.faults.add(np.array([row]), [f"{symbol.name}: {error}"])
        low = symbol.low if isinstance(symbol.low, float) else -np.inf
        high = symbol.high if isinstance(symbol.high, float) else np.inf
        with np.errstate(all="ignore"):
            outside = np.flatnonzero((column < low) | (column > high) | np.isinf(column))
        if len(outside):
            lowest, highest = (None if np.isinf(bound) else float(bound) for bound in (low, high))
            self.faults.add(outside, [out_of_range(symbol, float(column[row]), lowest, highest) for row in outside.tolist()])
        return column

    def options(self, symbol: Symbol, raw: Column) -> Column:
        codes = np.full(len(raw), -1, dtype=np.intp)
        for row, value in enumerate(raw.tolist()):
            if value is None or value != value:
                value = symbol.default_option
            key = symbol.option(str(value)) if value is not None else None
            if key is None and value is not None:
                self.faults.add(
                    np.array([row]),
                    [f"{symbol.name}: {say('input.unknown_option', name=value, options=', '.join(symbol.options))}"],
                )
            codes[row] = self.plan.codes[symbol.name][key] if key else -1
        return codes
