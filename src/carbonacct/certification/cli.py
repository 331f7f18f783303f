"""``carbonacct score``: rubrics, scores, and green-project identification."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from carbonacct.jsonoption import Json, print_json

score_app = typer.Typer(no_args_is_help=True, help="Certification scoring and green identification. 认定评分与绿色识别。")

RubricId = Annotated[str, typer.Argument(help="Rubric id. 评分表标识。", metavar="RUBRIC")]


@score_app.command("list")
def list_(as_json: Json = False) -> None:
    """List the rubrics. 列出评分表。"""
    from carbonacct.certification.rubric import load, rubrics

    found = [load(name) for name in rubrics()]
    if as_json:
        print_json(
            [
                {
                    "id": one.id,
                    "version": one.model.version,
                    "title": {"zh": one.model.title.zh, "en": one.model.title.en},
                    "weights": one.model.weights,
                    "levels": one.levels.status if one.levels else None,
                }
                for one in found
            ]
        )
        return
    width = max((len(one.id) for one in found), default=0)
    for one in found:
        print(f"{one.id:<{width}}  weights: {one.model.weights:<12}  {one.title}")


@score_app.command()
def show(name: RubricId) -> None:
    """Show a rubric as JSON. 以 JSON 显示评分表。"""
    from carbonacct.certification.rubric import load

    print_json(load(name).describe())


@score_app.command()
def template(
    name: RubricId, output: Annotated[Path | None, typer.Option("--output", "-o", help="The file to write. 输出文件。")] = None
) -> None:
    """Write an answer file to fill in. 生成待填写的填报表。"""
    from carbonacct.certification.answerfile import template_text
    from carbonacct.certification.rubric import load

    text = template_text(load(name))
    if output is None:
        print(text, end="")
    else:
        output.write_text(text, encoding="utf-8")
        print(output, file=sys.stderr)


@score_app.command()
def run(
    source: Annotated[Path, typer.Argument(help="Answer file (YAML or JSON). 填报文件。", metavar="FILE")],
    as_json: Json = False,
    html: Annotated[Path | None, typer.Option(help="Write an HTML report. 输出 HTML 报告。")] = None,
) -> None:
    """Score an answer file. 对填报文件评分。"""
    from carbonacct.certification.answerfile import read

    result = read(source).score()
    if html is not None:
        result.to_html(html)
    print(result.to_json() if as_json else result.to_text())


@score_app.command()
def identify(
    description: Annotated[str | None, typer.Argument(help="Project description. 项目描述。", metavar="TEXT")] = None,
    code: Annotated[list[str] | None, typer.Option(help="GB/T 4754 or catalogue code, repeatable. 行业或目录代码。")] = None,
    technology: Annotated[list[str] | None, typer.Option(help="Technology used, repeatable. 所用技术。")] = None,
    met: Annotated[list[str] | None, typer.Option(help="Entry whose technical condition is met. 技术条件已满足的条目。")] = None,
    failed: Annotated[list[str] | None, typer.Option(help="Entry whose condition is not met. 技术条件不满足的条目。")] = None,
    edition: Annotated[str | None, typer.Option(help="Catalogue: gic2019 (default), gbc2021 … 目录版本。")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Project file (YAML or JSON) instead of all this. 项目文件。")
    ] = None,
    as_json: Json = False,
) -> None:
    """Identify a green project. 识别绿色项目。"""
    from carbonacct.certification.projectfile import read
    from carbonacct.certification.taxonomy import identify as identify_project
    from carbonacct.errors import InputError
    from carbonacct.messages import say

    if (file is None) == (description is None) or (file is not None and (code or technology or met or failed or edition)):
        raise InputError([say("identify.text_or_file")])
    if both := sorted({*(met or [])} & {*(failed or [])}):
        raise InputError([say("identify.met_and_failed", codes=", ".join(both))])
    if file is not None:
        found = read(file).identify()
    else:
        conditions = {**dict.fromkeys(met or [], True), **dict.fromkeys(failed or [], False)}
        found = identify_project(
            description or "", code or [], technologies=technology or [], edition=edition or "gic2019", conditions=conditions
        )
    if as_json:
        print_json(found.to_dict())
    else:
        print(found)
