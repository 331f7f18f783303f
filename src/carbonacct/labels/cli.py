"""``carbonacct label``: keys, signed labels as SVG and PNG, verification of a scanned payload."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from carbonacct.jsonoption import Json, print_json

app = typer.Typer(no_args_is_help=True, help="Footprint and neutrality labels. 碳足迹标签与碳中和标签。")


@app.command()
def keygen(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File of the private key; <file>.pub is the public one. 私钥文件。")
    ],
    as_json: Json = False,
) -> None:
    """Make a signing key. 生成签名密钥。"""
    from carbonacct.labels.payload import key_id, new_key, write_key

    key = new_key()
    public = write_key(key, output)
    found = {"private": str(output), "public": str(public), "key": key_id(key.public_key())}
    print(json.dumps(found, ensure_ascii=False) if as_json else f"{found['key']}  {public}")


@app.command()
def make(
    source: Annotated[Path, typer.Argument(help="The label's data (YAML or JSON). 标签数据。", metavar="INPUT")],
    key: Annotated[Path, typer.Option(help="File of the private key. 私钥文件。")],
    svg: Annotated[Path | None, typer.Option(help="Write the label as SVG. 输出 SVG。")] = None,
    png: Annotated[Path | None, typer.Option(help="Write the label as PNG. 输出 PNG。")] = None,
    record: Annotated[Path | None, typer.Option(help="Write the record to keep (JSON). 输出留存记录。")] = None,
    url: Annotated[str | None, typer.Option(help="Page that a phone opens; the payload follows after #. 核验网址。")] = None,
    scale: Annotated[float, typer.Option(min=0.25, max=8, help="Size of the PNG. PNG 缩放。")] = 2.0,
    font: Annotated[list[Path] | None, typer.Option(help="Font file for the PNG; may be given again. 字体文件。")] = None,
    as_json: Json = False,
) -> None:
    """Sign a label and draw it. 签发并绘制标签。"""
    from carbonacct.labels import draw
    from carbonacct.labels.label import read_label
    from carbonacct.labels.payload import read_private, seal, write_private
    from carbonacct.messages import say
    from carbonacct.schema import yaml

    sealed = seal(read_label(yaml.load(source)), read_private(key), url)
    drawn = None if png is None else draw.png(sealed, scale=scale, fonts=font or ())
    picture = None if svg is None else draw.svg(sealed)
    if record is not None:  # first of all: a label whose record is lost can never be opened
        record.unlink(missing_ok=True)
        write_private(record, json.dumps(sealed.record, ensure_ascii=False, indent=1).encode())
    if svg is not None and picture is not None:
        svg.write_text(picture, encoding="utf-8")
    if png is not None and drawn is not None:
        png.write_bytes(drawn)
    if record is None and sealed.label.disclose != "inventory":
        print(say("label.no_record"), file=sys.stderr)
    if as_json:
        print_json({"label": sealed.label.disclosed(), "payload": sealed.payload})
    else:
        print(sealed.payload)


@app.command()
def verify(
    payload: Annotated[str, typer.Argument(help="The scanned text; - reads it from standard input. 扫描所得文本。")],
    key: Annotated[list[Path], typer.Option(help="File of a trusted public key; may be given again. 受信任公钥文件。")],
    on: Annotated[str | None, typer.Option(help="Day to verify for; today if none. 核验日期。")] = None,
    withdrawn: Annotated[
        list[str] | None, typer.Option(help="Number of a withdrawn label; may be given again. 已撤销编号。")
    ] = None,
    record: Annotated[Path | None, typer.Option(help="The record that the enterprise opens (JSON). 企业出示的记录。")] = None,
    as_json: Json = False,
) -> None:
    """Verify a scanned payload; exit status 2 where it is not valid. 核验扫描内容。"""
    from carbonacct.errors import InputError
    from carbonacct.exact import as_date
    from carbonacct.labels.payload import read_public, verify
    from carbonacct.messages import say
    from carbonacct.schema import yaml

    try:
        when = None if on is None else as_date(on)
    except ValueError as error:
        raise InputError([f"--on: {error}"]) from None
    text = sys.stdin.buffer.read().decode("utf-8", "replace") if payload == "-" else payload
    opened = None if record is None else yaml.load(record).data
    if opened is not None and not isinstance(opened, dict):
        raise InputError([f"{record}: {say('yaml.not_mapping')}"])
    found = verify(text, [read_public(path) for path in key], when, withdrawn or (), opened)
    if as_json:
        print_json(found.to_dict())
    else:
        print(found, file=sys.stdout if found.ok else sys.stderr)
        if found.label:
            print_json(found.label)
    if not found.ok:
        raise typer.Exit(2)
