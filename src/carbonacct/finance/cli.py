"""``carbonacct loan``: rates of linked loans, loan amounts, weighted reductions, product matching."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from carbonacct.jsonoption import Json, print_json

app = typer.Typer(no_args_is_help=True, help="Carbon-linked loans. 碳减排挂钩贷款。")
Source = Annotated[Path, typer.Argument(help="Input file (YAML or JSON). 输入文件。", metavar="INPUT")]


def _print(as_json: bool, data: Any, text: str) -> None:
    if as_json:
        print_json(data)
    else:
        print(text)


@app.command()
def price(source: Source, as_json: Json = False) -> None:
    """The rate that each year's performance leads to. 挂钩利率。"""
    from carbonacct.finance.pricing import read_loan, reprice
    from carbonacct.schema import yaml

    loan = read_loan(yaml.load(source))
    found = reprice(loan)
    data = {
        "borrower": loan.borrower,
        "principal": str(loan.principal),
        "currency": "CNY",
        "repricings": [r.to_dict() for r in found],
    }
    _print(as_json, data, "\n".join(map(str, found)))


@app.command()
def estimate(source: Source, as_json: Json = False) -> None:
    """The amount of a loan, with every step and assumption. 贷款额度测算。"""
    from carbonacct.finance.worksheet import estimate, worksheet
    from carbonacct.ruleinput import read

    given = read(source, {"method": str, "inputs": dict})
    with given.locating("method"):
        worksheet(given.data["method"])
    with given.locating("inputs"):
        found = estimate(given.data["method"], given.data["inputs"])
    _print(as_json, found.to_dict(), str(found))


@app.command()
def methods(as_json: Json = False) -> None:
    """List the methods of estimating a loan. 列出额度测算方法。"""
    from carbonacct.finance.worksheet import methods, worksheet

    sheets = [worksheet(name) for name in methods()]
    data = [
        {"id": s.id, "title": s.title.model_dump(), "symbols": list(s.symbols), "lines": {k: list(v) for k, v in s.lines.items()}}
        for s in sheets
    ]
    _print(as_json, data, "\n".join(f"{sheet.id:<34} {sheet.title.zh} / {sheet.title.en}" for sheet in sheets))


@app.command()
def reductions(source: Source, as_json: Json = False) -> None:
    """Reductions weighted by the financed share. 按融资占比折算减排量。"""
    from carbonacct.finance.reductions import weighted_reductions
    from carbonacct.ruleinput import read

    given = read(source, {"projects": list})
    with given.locating():
        found = weighted_reductions(given.data["projects"])
    _print(as_json, found.to_dict(), str(found))


@app.command()
def match(source: Source, as_json: Json = False) -> None:
    """Loan products that fit a demand, cheapest first. 匹配贷款产品。"""
    from carbonacct.finance.products import match_products, read_match
    from carbonacct.schema import yaml

    given = read_match(yaml.load(source))
    found = match_products(given.demand, given.products)
    data = [
        {"product": m.product.name, "rate_pct": str(m.product.rate_pct), "fits": not m.reasons, "reasons": m.reasons}
        for m in found
    ]
    rows = [
        f"{'✗' if m.reasons else '✓'} {m.product.rate_pct} %  {m.product.name}  {'; '.join(m.reasons)}".rstrip() for m in found
    ]
    _print(as_json, data, "\n".join(rows))
