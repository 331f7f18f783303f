"""The command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, no_args_is_help=True)

@app.callback()
def callback() -> None:
    pass

@app.command()
def check(files: Annotated[list[Path] | None, typer.Argument()] = None) -> None:
    """Check methodology files."""
    from carbonacct.checking import check as run
    from carbonacct.errors import CarbonacctError
    from carbonacct.methodology import load, load_file
    from carbonacct.schema.paths import ids
    bad = 0
    for target in files or ids("methodologies"):
        try:
            m = load_file(target) if isinstance(target, Path) else load(target)
            report = run(m)
        except CarbonacctError as error:
            print(error, file=sys.stderr); bad += 1
            continue
        for p in report.problems:
            print(p, file=sys.stderr)
        bad += bool(report.problems)
        print(f"{report.id}: {report.cases} cases, {report.expectations} expectations, {report.printed} printed formulas, {len(report.problems)} problems")
    raise typer.Exit(2 if bad else 0)

def main() -> None:
    app()
