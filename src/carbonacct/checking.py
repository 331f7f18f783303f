"""Checks of the files: the cases they carry, and the printed form of each formula against the proven one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from carbonacct.engine.compile import Compiled, Group, Route, Symbol, common_constants
from carbonacct.engine.evaluate import evaluate
from carbonacct.engine.plan import Entry
from carbonacct.engine.program import ARRAY_OPS
from carbonacct.engine.result import Result
from carbonacct.engine.trace import Tracer
from carbonacct.errors import CarbonacctError
from carbonacct.expressions import to_text
from carbonacct.expressions.tree import Is, Name, Node, walk
from carbonacct.messages import say
from carbonacct.methodology import Methodology, load, load_file
from carbonacct.schema import models, paths, tables
from carbonacct.units import parse_quantity
from carbonacct.values import Value, number

PRINTED_TOLERANCE = 1e-12
SAMPLES = 1000


@dataclass
class Report:
    """What a check found: problems, and how much was checked."""

    id: str
    kind: paths.Kind = "methodologies"
    problems: list[str] = field(default_factory=list)
    cases: int = 0
    expectations: int = 0
    printed: int = 0

    def __str__(self) -> str:
        return say(
            f"check.summary.{self.kind}",
            id=self.id,
            cases=self.cases,
            expectations=self.expectations,
            printed=self.printed,
            problems=len(self.problems),
        )


def check_all(targets: list[str]) -> list[Report]:
    """Check files or ids; with none, every factor table, methodology and file of rules on the search path."""
    if targets:
        return [check_target(target) for target in targets]
    return [CHECKS[kind](name) for kind in CHECKS for name in paths.ids(kind)]


def check_target(target: str) -> Report:
    """A file of any kind, or an id. Tables and rules are read from the search path, methodologies from anywhere."""
    path = Path(target)
    if path.suffix not in (".yaml", ".yml"):
        return check_id(target)
    for kind in ("factors", "rules"):
        name = _below(path, paths.folder(kind))
        if name is None or (kind == "rules" and paths.kind_of(name) != kind):
            continue
        if (known := paths.files(kind).get(name)) is None or not known.samefile(path):
            return Report(target, kind, [say("check.elsewhere", path=target)])
        return CHECKS[kind](name)
    try:
        return check(load_file(path))
    except CarbonacctError as error:
        return Report(target, problems=str(error).splitlines())


def _below(path: Path, folder: str) -> str | None:
    """The id that a path would have in a folder."""
    parts = path.resolve().with_suffix("").parts
    return "/".join(parts[len(parts) - parts[::-1].index(folder) :]) if folder in parts else None


def check_id(name: str) -> Report:
    """What has that id on the search path."""
    kind: paths.Kind = "factors" if name in paths.files("factors") else paths.kind_of(name)
    return CHECKS[kind](name)


def check_methodology(name: str) -> Report:
    """A methodology by id or title."""
    try:
        return check(load(name))
    except CarbonacctError as error:
        return Report(name, problems=str(error).splitlines())


def check_rules(name: str) -> Report:
    """A file of rules: it loads, its formulas are proven, its sources are listed, and a rubric's cases hold."""
    report = Report(name, "rules")
    try:
        folder = max((folder for folder in RULES if name.startswith(f"{folder}/")), key=len)
        RULES[folder](name, report)
    except CarbonacctError as error:
        report.problems.extend(str(error).splitlines())
    return report


def _with_cases(loader: str, module: str) -> Callable[[str, Report], None]:
    """A check by a loader, and by the ``run`` of the module that runs the file's cases."""

    def checked(name: str, report: Report) -> None:
        rules = _function(loader)(name)
        model = getattr(rules, "model", rules)  # some loaders give more than the file
        if model.id != name:
            report.problems.append(f"{name}: {say('file.id_mismatch', id=model.id, expected=name)}")
        for case in model.cases:
            report.cases += 1
            try:
                expectations, problems = _function(f"{module}:run")(rules, case)
            except CarbonacctError as error:
                expectations, problems = 0, str(error).splitlines()
            report.expectations += expectations
            report.problems.extend(f"{name}: {case.name}: {problem}" for problem in problems)

    return checked


def _loads(loader: str) -> Callable[[str, Report], None]:
    """A check by a loader that raises every problem of a file."""
    return lambda name, report: _function(loader)(name)


def _function(where: str) -> Callable[..., Any]:
    module, name = where.split(":")
    found: Callable[..., Any] = getattr(import_module(f"carbonacct.{module}"), name)
    return found


RULES: Mapping[str, Callable[[str, Report], None]] = {  # by folder below methodologies/
    "certification": _with_cases("certification.rubric:load", "certification.cases"),
    "certification/taxonomies": _loads("certification.taxonomy:taxonomy"),
    "labels": _loads("labels.rules:label_rules"),
    "ledger": _loads("ledger.rules:rules"),
    "loans": _with_cases("finance.worksheet:worksheet", "finance.cases"),
    "vouchers": _with_cases("vouchers.rules:load_rules", "vouchers.cases"),
}


def check_table(name: str) -> Report:
    """A factor table: it loads, every cell has a unit, and every value a citation."""
    report = Report(name, "factors")
    try:
        if name == "constants":
            common_constants()
            return report
        table = tables.load(name)
        for row in table.rows.values():
            for column, cell in row.cells.items():
                table.column_unit(column, row)
                if cell.value is not None and not cell.sources:
                    report.problems.append(f"{name}: {row.key}.{column}: {say('check.no_source')}")
    except CarbonacctError as error:
        report.problems.extend(str(error).splitlines())
    return report


def check(methodology: Methodology) -> Report:
    """Compile, run the cases, compare printed formulas on the cases and on random numbers."""
    report = Report(methodology.id)
    try:
        compiled = methodology.compiled
    except CarbonacctError as error:
        report.problems.extend(str(error).splitlines())
        return report
    for case in methodology.model.cases:
        report.cases += 1
        try:
            result = run_case(methodology, case)
        except CarbonacctError as error:
            report.problems.extend(f"{methodology.id}: {case.name}: {line}" for line in str(error).splitlines())
            continue
        for target, expected in case.expect.items():
            report.expectations += 1
            if problem := compare(result, target, expected):
                report.problems.append(f"{methodology.id}: {case.name}: {problem}")
        report.problems.extend(f"{methodology.id}: {case.name}: {problem}" for problem in printed_on_result(result))
    for group, symbol, route in printed_routes(compiled):
        report.printed += 1
        if problem := printed_on_random(compiled, group, symbol, route):
            report.problems.append(f"{methodology.id}: {group.path}.{symbol.name}: {problem}")
    return report


def run_case(methodology: Methodology, case: models.Case) -> Result:
    """Calculate a case as the file states it."""
    return methodology.calculate(case.inputs, region=case.region, period=case.period, gwp=case.gwp, tables=case.tables or None)


def tolerance(text: str) -> float:
    """Half a unit of the last printed digit."""
    exponent = Decimal(re.match(r"[\s+-]*[\d,.]+(?:[eE][+-]?\d+)?", text).group().replace(",", "")).as_tuple().exponent  # type: ignore[union-attr]
    return 0.5 * 10.0 ** int(exponent)


def expected_value(result: Result, target: str) -> Value:
    """The value an expectation speaks of."""
    if target == "co2e":
        return result.co2e
    if target.startswith("by_gas."):
        return result.by_gas[target.removeprefix("by_gas.")]
    return result.value(target)


def compare(result: Result, target: str, expected: str | int | float) -> str | None:
    """None if the result has the value to its printed digits, else what differs."""
    text = str(expected)
    wanted, unit = parse_quantity(text)
    try:
        found = expected_value(result, target)
        value = float(found.to(unit.text)) if unit else float(found)
    except CarbonacctError as error:
        return f"{target}: {error}"
    if abs(value - wanted) <= tolerance(text) * (1 + 1e-9) + 1e-12 * abs(wanted):
        return None
    return say("check.expected", target=target, expected=text, found=repr(value), unit=found.unit)


# the printed forms -----------------------------------------------------------------------------------------------


def all_groups(compiled: Compiled) -> Iterator[Group]:
    """Every stream and every kind of sub-line."""
    for stream in compiled.streams.values():
        yield stream
        for _, group in stream.descendants():
            yield group


def printed_routes(compiled: Compiled) -> Iterator[tuple[Group, Symbol, Route]]:
    """Every formula that has a printed form."""
    for group in all_groups(compiled):
        for symbol in group.symbols.values():
            for route in symbol.routes:
                if route.printed is not None and route.node is not None:
                    yield group, symbol, route


def _in_printed_unit(route: Route, symbol: Symbol, name: str) -> float:
    """The factor from a symbol's declared unit to the one its printed formula means."""
    unit = route.printed_units.get(name)
    return 1.0 if unit is None else float(symbol.unit.factor_to(unit))


def printed_on_result(result: Result) -> Iterator[str]:
    """Differences between printed and proven formulas on the lines of a result."""
    tracer = Tracer(result)
    for entries in result.entries.values():
        for entry in entries:
            yield from _printed_on_entry(tracer, entry)


def _printed_on_entry(tracer: Tracer, entry: Entry) -> Iterator[str]:
    group = entry.group.group
    assert entry.program is not None
    for name, index in entry.program.program.resolution.route.items():
        symbol = group.symbols[name]
        if index < 0 or symbol.kind == "choice" or (route := symbol.routes[index]).printed is None:
            continue

        def leaf(item: Name, route: Route = route, entry: Entry = entry) -> float:
            if item.name in entry.group.group.symbols:
                return tracer.symbol_value(entry, item.name) * _in_printed_unit(
                    route, entry.group.group.symbols[item.name], item.name
                )
            return float(tracer.compiled.constants[item.name].value or 0)

        def lines(key: str, route: Route = route, entry: Entry = entry) -> list[Any]:
            subs = entry.groups[key]
            return [
                lambda n, s=s: tracer.symbol_value(s, n.name) * _in_printed_unit(route, s.group.group.symbols[n.name], n.name)
                for s in subs
            ]

        proven = tracer.symbol_value(entry, name) * _in_printed_unit(route, symbol, "result")

        def option(item: Name, entry: Entry = entry) -> str:
            return tracer.option(entry, item.name)

        printed = evaluate(route.printed, leaf, lines, option, lambda t: tracer.compiled.tables[t])
        if abs(printed - proven) > PRINTED_TOLERANCE * max(abs(printed), abs(proven)) * 10:
            yield say(
                "check.printed",
                place=f"{entry.place}.{name}",
                printed=to_text(route.printed),
                first=number(printed, 15),
                second=number(proven, 15),
            )
    for subs in entry.groups.values():
        for sub in subs:
            yield from _printed_on_entry(tracer, sub)


def printed_on_random(compiled: Compiled, group: Group, symbol: Symbol, route: Route, seed: int = 20131015) -> str | None:
    """None if printed and proven formula agree to 1e-12 on random numbers, for every combination of options."""
    assert route.node is not None and route.printed is not None
    generator = np.random.default_rng(seed)
    values: dict[tuple[str, str], Any] = {}

    def draw(holder: str, owner: Group, name: str) -> Any:
        key = (holder, name)
        if key not in values:
            share = owner.symbols[name].unit.dimensionless
            values[key] = generator.uniform(0.05, 0.95, SAMPLES) if share else np.exp(generator.uniform(-1, 5, SAMPLES))
        return values[key]

    def run(node: Node, printed: bool, options: dict[str, str]) -> Any:
        def factor(owner: Group, name: str) -> float:
            return _in_printed_unit(route, owner.symbols[name], name) if printed else 1.0

        def leaf(item: Name) -> Any:
            if item.name in group.symbols:
                return draw("", group, item.name) * factor(group, item.name)
            constant = compiled.constants.get(item.name)
            if constant is None or constant.value is None:
                raise CarbonacctError(say("compile.unknown_name", name=str(item)))
            return float(constant.value)

        def lines(key: str) -> list[Any]:
            owner = group.groups[key]
            return [lambda n, i=i: draw(f"{key}{i}", owner, n.name) * factor(owner, n.name) for i in range(3)]

        return evaluate(node, leaf, lines, lambda n: options[n.name], lambda t: compiled.tables[t], ARRAY_OPS)

    try:
        for options in _option_sets(group, route):
            proven = run(route.node, False, options) * _in_printed_unit(route, symbol, "result")
            printed = run(route.printed, True, options)
            with np.errstate(all="ignore"):
                error = np.abs(printed - proven) / np.maximum(np.abs(printed), np.abs(proven))
            # a difference of nearly equal numbers amplifies the rounding of both forms alike; 1e-12 holds off that set
            worst = float(np.nanmax(error)) if np.ndim(error) else float(error)
            if float(np.nanquantile(error, 0.99)) > PRINTED_TOLERANCE or worst > 1e-9:
                return say(
                    "check.printed_random",
                    printed=to_text(route.printed),
                    formula=to_text(route.source_node or route.node),
                    error=worst,
                )
    except (CarbonacctError, KeyError) as error:
        return f"{to_text(route.printed)}: {error}"
    return None


def _option_sets(group: Group, route: Route) -> Iterator[dict[str, str]]:
    """Every combination of the options that a formula asks for."""
    import itertools

    assert route.node is not None
    asked = sorted({n.choice.name for n in walk(route.node) if isinstance(n, Is)})
    for combination in itertools.product(*(list(group.symbols[name].options) for name in asked)):
        yield dict(zip(asked, combination, strict=True))


CHECKS: Mapping[paths.Kind, Callable[[str], Report]] = {
    "factors": check_table,
    "methodologies": check_methodology,
    "rules": check_rules,
}
