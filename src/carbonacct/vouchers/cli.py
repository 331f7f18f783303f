"""``carbonacct voucher``: the rules, decisions on applications, redemption."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from carbonacct.jsonoption import Json, print_json

if TYPE_CHECKING:
    from carbonacct.vouchers.register import Register
    from carbonacct.vouchers.rules import Rules

app = typer.Typer(no_args_is_help=True, help="Zero-carbon vouchers. 零碳券。")
Source = Annotated[Path, typer.Argument(help="Input file (YAML or JSON). 输入文件。", metavar="INPUT")]
Store = Annotated[Path | None, typer.Option("--register", help="Register of vouchers (JSON), read and written. 零碳券台账。")]


@app.command()
def rules(name: Annotated[str | None, typer.Argument(help="Id of the rules. 规则标识。")] = None, as_json: Json = False) -> None:
    """Show the rules with their evidence. 显示规则。"""
    from carbonacct.vouchers.rules import DEFAULT, load_rules
    from carbonacct.vouchers.show import rules_text

    found = load_rules(name or DEFAULT)
    if as_json:
        print_json(found.model.model_dump(mode="json", by_alias=True, exclude_none=True))
    else:
        print(rules_text(found))


@app.command()
def decide(source: Source, store: Store = None, as_json: Json = False) -> None:
    """Decide applications; with --register the granted vouchers are kept. 审核申领。"""
    from carbonacct.ruleinput import read

    given = read(source, {"applications": list}, ("rules", "parameters", "providers"))
    with given.locating(), _register(store, _rules(given.data)) as register:
        found = []
        for place, application in enumerate(given.data["applications"]):
            with given.locating("applications", place):
                entity, facts = given.split(application, "entity")
                decision, voucher = register.apply(entity, facts)
                found.append((entity, decision, voucher))
    if as_json:
        total = sum(decision.amount for _, decision, _ in found)
        rows = [{"entity": e, **d.to_dict(), "voucher": v and v.to_dict()} for e, d, v in found]
        print_json({"decisions": rows, "total": str(total), "currency": "CNY"})
    else:
        print("\n\n".join(f"{entity}: {decision}" for entity, decision, _ in found))


@app.command()
def redeem(source: Source, store: Store = None, as_json: Json = False) -> None:
    """Redeem a voucher: one of the register by its id, or one given in full. 兑付。"""
    from carbonacct.ruleinput import read
    from carbonacct.vouchers.register import Voucher

    given = read(source, {"voucher": dict if store is None else str, "redemption": dict}, ("rules", "parameters", "providers"))
    with given.locating(), _register(store, _rules(given.data)) as register:
        name = given.data["voucher"]
        if store is None:
            voucher = Voucher.from_dict(name, register.rules)
            name = voucher.id
            register.vouchers[name] = voucher
        with given.locating("redemption"):
            decision = register.redeem(name, given.data["redemption"])
    if as_json:
        print_json({**decision.to_dict(), "voucher": register.vouchers[name].to_dict()})
    else:
        print(decision)


def _rules(data: dict[str, Any]) -> Rules:
    from carbonacct.vouchers.rules import DEFAULT, load_rules

    return load_rules(data.get("rules") or DEFAULT, providers=data.get("providers"), **(data.get("parameters") or {}))


@contextmanager
def _register(store: Path | None, found: Rules) -> Iterator[Register]:
    """The register kept in a file, no other process at it meanwhile, written back if all went well; without a file, an empty one."""
    from carbonacct.schema import yaml
    from carbonacct.vouchers.register import Register

    if store is None:
        yield Register(found)
        return
    with _lock(store):
        register = Register.from_dict(yaml.load(store).data, found) if store.exists() else Register(found)
        yield register
        _write(store, register)


def _lock(store: Path) -> Any:
    try:
        from filelock import FileLock
    except ImportError:  # pragma: no cover - only without the extra
        from carbonacct.errors import MissingExtraError
        from carbonacct.messages import say

        raise MissingExtraError(say("voucher.extra")) from None
    return FileLock(f"{store}.lock")


def _write(store: Path, register: Register) -> None:
    """Replace the file in one step, so that a crash leaves the old one or the new one."""
    draft = store.with_name(store.name + ".new")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(register.to_dict(), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(store)
