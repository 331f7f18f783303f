"""Packages whose public names are imported on first use, so that importing them costs next to nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def exports(
    package: str, where: Mapping[str, str], extras: Mapping[str, str] | None = None
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of a package (PEP 562).

    ``where`` gives the submodule of each public name; ``extras`` gives, for a third-party module that may be missing, the
    key of the message that says how to install it (raised as MissingExtraError).
    """

    def getattribute(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        try:
            module = import_module(f"{package}.{where[name]}")
        except ModuleNotFoundError as error:
            if error.name not in (extras or {}):
                raise
            from carbonacct.errors import MissingExtraError
            from carbonacct.messages import say

            raise MissingExtraError(say((extras or {})[str(error.name)])) from None
        value = getattr(module, name)
        setattr(sys.modules[package], name, value)
        return value

    return getattribute, lambda: sorted(where)
