"""The command line. Exit status: 0 done, 2 the input is at fault (message on stderr), 1 a defect of ours."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from carbonacct.certification.cli import score_app
from carbonacct.finance.cli import app as loan_app
from carbonacct.inventory.cli import inventory_app
from carbonacct.jsonoption import Json, print_json
from carbonacct.labels.cli import app as label_app
from carbonacct.ledger.cli import ledger_app
from carbonacct.vouchers.cli import app as voucher_app

app = typer.Typer(
    name="carbonacct",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Carbon accounting for China. 中国碳核算。",
)

MethodologyId = Annotated[str, typer.Argument(help="Id, English or Chinese title. 标识、英文或中文名称。", metavar="METHODOLOGY")]
InputPath = Annotated[Path, typer.Argument(help="Input file (YAML or JSON). 输入文件。", metavar="INPUT")]


@app.callback()
def _options(
    lang: Annotated[str | None, typer.Option("--lang", help="zh or en; default from the locale. 语言。")] = None,
) -> None:
    if lang is not None:
        from carbonacct.messages import set_language

        if lang not in ("zh", "en"):
            raise typer.BadParameter("zh | en", param_hint="--lang")
        set_language(lang)


def _table(headers: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in headers:
        table.add_column(header, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 200)
    console.print(table)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the methodologies. 列出方法学。"""
    from carbonacct.catalogue import methodologies
    from carbonacct.messages import language

    entries = methodologies()
    if as_json:
        print_json([{"id": e.id, "title": {"zh": e.zh, "en": e.en}, "version": e.version, "family": e.family} for e in entries])
        return
    width = max((len(e.id) for e in entries), default=0)
    for entry in entries:
        print(f"{entry.id:<{width}}  {entry.zh if language() == 'zh' else entry.en}")


@app.command()
def show(name: MethodologyId, as_json: Json = False) -> None:
    """Show a methodology: streams, symbols, factors, open questions. 显示方法学内容。"""
    from carbonacct.methodology import load
    from carbonacct.reporting.show import show_text

    methodology = load(name)
    if as_json:
        print_json(methodology.describe())
    else:
        print(show_text(methodology))


@app.command()
def template(
    name: MethodologyId, output: Annotated[Path, typer.Option("--output", "-o", help="The form to write (.yaml). 输出文件。")]
) -> None:
    """Write an input form to fill in. 生成待填写的输入表。"""
    from carbonacct.methodology import load

    load(name).template(output)
    print(output, file=sys.stderr)


@app.command()
def calc(
    source: InputPath,
    as_json: Json = False,
    html: Annotated[Path | None, typer.Option(help="Write an HTML report. 输出 HTML 报告。")] = None,
    excel: Annotated[Path | None, typer.Option(help="Write the audit workbook. 输出审计工作簿。")] = None,
) -> None:
    """Calculate an input file. 计算输入文件。"""
    from carbonacct.inputfile import read
    from carbonacct.reporting.show import result_text

    result = read(source).calculate()
    if html is not None:
        result.to_html(html)
    if excel is not None:
        result.to_excel(excel)
    if as_json:
        print(result.to_json())
    else:
        print(result_text(result))


@app.command()
def explain(
    source: InputPath,
    target: Annotated[
        str, typer.Argument(help="Total, stream, line or symbol: E, kiln, kiln[0].AD. 合计项、排放源、行或符号。")
    ] = "E",
    as_json: Json = False,
    html: Annotated[Path | None, typer.Option(help="Write the tree as HTML. 输出 HTML。")] = None,
) -> None:
    """Explain a number of a calculation. 解释某个计算结果。"""
    from carbonacct.inputfile import read

    explanation = read(source).calculate().explain(target)
    if html is not None:
        html.write_text(f"<!doctype html><meta charset='utf-8'>{explanation.to_html()}", encoding="utf-8")
    if as_json:
        print_json(explanation.to_dict())
    elif html is None:
        print(explanation)


@app.command()
def check(
    targets: Annotated[
        list[str] | None, typer.Argument(help="Files or ids; all if none. 文件或标识，缺省为全部。", metavar="[FILE|ID]...")
    ] = None,
    coverage: Annotated[bool, typer.Option(help="Print what each file covers. 输出覆盖情况。")] = False,
) -> None:
    """Check methodologies, factor tables and rules: schema, unit proof, cases, printed formulas. 检查方法学、因子表与规则文件。"""
    from carbonacct.checking import check_all
    from carbonacct.reporting.show import coverage_text

    reports = check_all(targets or [])
    for report in reports:
        for problem in report.problems:
            print(problem, file=sys.stderr)
    for report in reports:
        print(report)
    if coverage:
        print(coverage_text([report.id for report in reports if report.kind == "methodologies"]))
    if any(report.problems for report in reports):
        raise typer.Exit(2)


@app.command()
def factors(
    text: Annotated[str, typer.Argument(help="Fuel, gas, region, table … 燃料、气体、地区、表……")],
    year: Annotated[int | None, typer.Option(help="Latest figures not after this year. 不晚于该年的最新数值。")] = None,
    region: Annotated[str | None, typer.Option(help="Region code or name. 地区。")] = None,
    table: Annotated[str | None, typer.Option(help="Only tables whose id begins so. 仅限以此开头的表。")] = None,
    as_json: Json = False,
) -> None:
    """Search the factor tables. 检索排放因子。"""
    from carbonacct.errors import NotFoundError
    from carbonacct.factors import find_factors
    from carbonacct.messages import language, say

    found = find_factors(text, year=year, region=region, table=table)
    if as_json:
        print_json([factor.to_dict() for factor in found])
        return
    if not found:
        raise NotFoundError(say("factors.nothing", text=text))
    zh = language() == "zh"
    rows = [
        [
            f.table,
            (f.zh if zh else f.en) + (f" {f.year}" if f.year else ""),
            f.column,
            "—" if f.value is None else f"{f.value:g}",
            f.unit,
            say(f"evidence.{f.evidence}"),
            "; ".join(f.sources)[:60],
        ]
        for f in found
    ]
    _table([say(f"column.{name}") for name in ("table", "row", "column", "value", "unit", "evidence", "source")], rows)


app.add_typer(ledger_app, name="ledger")
app.add_typer(inventory_app, name="inventory")
app.add_typer(score_app, name="score")
app.add_typer(voucher_app, name="voucher")
app.add_typer(label_app, name="label")
app.add_typer(loan_app, name="loan")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit."""
    from carbonacct.errors import CarbonacctError

    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal without Chinese gets escapes instead of a traceback
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        app(args=_language_first(list(sys.argv[1:] if arguments is None else arguments)))
    except CarbonacctError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        print(f"{error.filename or ''}: {error.strerror or error}", file=sys.stderr)
        sys.exit(2)


def _language_first(arguments: list[str]) -> list[str]:
    """``--lang`` is accepted anywhere on the line."""
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            return ["--lang", arguments[position + 1], *arguments[:position], *arguments[position + 2 :]]
        if argument.startswith("--lang="):
            return ["--lang", argument.removeprefix("--lang="), *arguments[:position], *arguments[position + 1 :]]
        if argument == "--":
            break
    return arguments
