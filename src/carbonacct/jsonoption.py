"""The ``--json`` option of every command, and how its JSON is printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else. 仅输出 JSON。")]


def print_json(data: Any, default: Callable[[Any], Any] | None = None) -> None:
    """Indented, Chinese readable, no NaN. ``default`` turns what JSON does not know into something it does."""
    print(json.dumps(data, ensure_ascii=False, indent=2, allow_nan=False, default=default))
