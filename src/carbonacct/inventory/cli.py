"""``carbonacct inventory …``: the inventory of an organisation and its report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from carbonacct.jsonoption import Json

inventory_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Inventory of an organisation (ISO 14064-1). 组织温室气体清单。"
)

Source = Annotated[Path, typer.Argument(help="Inventory file (YAML or JSON). 清单文件。", metavar="INPUT")]


@inventory_app.command()
def report(
    source: Source,
    approach: Annotated[
        str | None,
        typer.Option(help="equity_share, financial_control or operational_control; default from the file. 合并方法。"),
    ] = None,
    as_json: Json = False,
    html: Annotated[Path | None, typer.Option(help="Write the report as HTML. 输出 HTML 报告。")] = None,
    excel: Annotated[Path | None, typer.Option(help="Write the report as Excel. 输出 Excel 报告。")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write the report as Markdown. 输出 Markdown 报告。")] = None,
) -> None:
    """Consolidate an organisation and report. 合并并编制清单报告。"""
    from carbonacct.disclosure.iso14064 import inventory_report
    from carbonacct.inventory.file import calculate

    case = calculate(source, approach)
    document = inventory_report(case)
    if html is not None:
        document.to_html(html)
    if excel is not None:
        document.to_excel(excel)
    if markdown is not None:
        document.to_markdown(markdown)
    print(case.inventory.to_json() if as_json else document.to_markdown())


@inventory_app.command()
def compare(source: Source, as_json: Json = False) -> None:
    """The totals under the three consolidation approaches. 三种合并方法的总量比较。"""
    from carbonacct.inventory.entities import APPROACHES
    from carbonacct.inventory.file import calculate
    from carbonacct.messages import say

    totals = {approach: calculate(source, approach).inventory.co2e for approach in APPROACHES}
    if as_json:
        print(json.dumps({approach: {"value": float(v), "unit": v.unit} for approach, v in totals.items()}, indent=2))
        return
    for approach, value in totals.items():
        print(f"{say(f'inventory.{approach}')}: {value}")
