"""``carbonacct voucher``: the rules, decisions on applications, redemption, and the register of vouchers."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonacct.jsonoption import Json, print_json

if TYPE_CHECKING:
    from datetime import date

    from carbonacct.ruleinput import RuleInput
    from carbonacct.vouchers.register import Register

app = typer.Typer(no_args_is_help=True, help="Zero-carbon vouchers. 零碳券。")
Source = Annotated[Path, typer.Argument(help="Input file (YAML or JSON). 输入文件。", metavar="INPUT")]
Store = Annotated[Path | None, typer.Option("--register", help="Register of vouchers (JSON), read and written. 零碳券台账。")]
Kept = Annotated[Path, typer.Argument(help="Register of vouchers (JSON). 零碳券台账。", metavar="REGISTER")]
On = Annotated[str, typer.Option("--on", help="The day, as 2024-03-15. 日期。", metavar="DATE")]
OPTIONAL = {"rules": str, "parameters": dict, "providers": list}


@app.command()
def rules(name: Annotated[str | None, typer.Argument(help="Id of the rules. 规则标识。")] = None, as_json: Json = False) -> None:
    """Show the rules with their evidence. 显示规则。"""
    from carbonacct.vouchers.rules import DEFAULT, load_rules
    from carbonacct.vouchers.show import rules_text

    found = load_rules(name or DEFAULT)
    if as_json:
        print_json(found.model.model_dump(mode="json", by_alias=True, exclude_unset=True))
    else:
        print(rules_text(found))


@app.command()
def decide(source: Source, store: Store = None, as_json: Json = False) -> None:
    """Decide applications; with --register the granted vouchers are kept. 审核申领。"""
    from carbonacct.messages import say
    from carbonacct.ruleinput import sound

    given = sound(source, {"applications": list}, OPTIONAL)
    with _register(store, given, new=True) as register:
        applications, found = [], []
        for place, item in enumerate(given.data.get("applications", [])):
            with given.collecting("applications", place):
                applications.append(register.read(item))
        if given.data.get("applications") == []:
            given.problems.append(f"{given.document.where(('applications',))}: {say('voucher.no_applications')}")
        given.settle()
        for place, application in enumerate(applications):
            with given.collecting("applications", place):
                found.append((application.entity, *register.grant(application)))
        given.settle()
    if as_json:
        total = sum(decision.amount for _, decision, _ in found)
        rows = [{"entity": e, **d.to_dict(), "voucher": v and v.to_dict()} for e, d, v in found]
        print_json({"decisions": rows, "total": str(total), "currency": "CNY"})
    else:
        print("\n\n".join(say("voucher.decided", entity=entity, decision=decision) for entity, decision, _ in found))


@app.command()
def redeem(source: Source, store: Store = None, as_json: Json = False) -> None:
    """Redeem a voucher: one of the register by its id, or one given in full. 兑付。"""
    from carbonacct.ruleinput import sound
    from carbonacct.vouchers.redemption import read_redemption
    from carbonacct.vouchers.voucher import Voucher

    given = sound(source, {"voucher": dict if store is None else str, "redemption": dict}, OPTIONAL)
    with _register(store, given) as register:
        voucher = None
        if "voucher" in given.data:
            with given.collecting("voucher"):
                if store is None:
                    voucher = Voucher.from_dict(given.data["voucher"], register.rules)
                    register.vouchers[voucher.id] = voucher
                else:
                    voucher = register.voucher(given.data["voucher"])
        if "redemption" in given.data:
            with given.collecting("redemption"):
                read_redemption(register.rules, given.data["redemption"], voucher.type if voucher else None)
        given.settle()
        assert voucher is not None
        with given.locating("redemption"):
            decision = register.redeem(voucher.id, given.data["redemption"])
    if as_json:
        print_json({**decision.to_dict(), "voucher": register.vouchers[voucher.id].to_dict()})
    else:
        print(decision)


@app.command("list")
def list_(store: Kept, as_json: Json = False) -> None:
    """List the vouchers of a register. 列出台账中的零碳券。"""
    from carbonacct.vouchers.show import vouchers_text
    from carbonacct.vouchers.store import load

    register = load(store)
    if as_json:
        print_json(register.to_dict())
    else:
        print(vouchers_text(register.rules, list(register.vouchers.values())))


@app.command()
def move(
    store: Kept,
    name: Annotated[str, typer.Argument(help="Id of the voucher. 零碳券编号。", metavar="ID")],
    state: Annotated[str, typer.Argument(help="settled or revoked: key, English or Chinese name. 状态。", metavar="STATE")],
    on: On,
    as_json: Json = False,
) -> None:
    """Settle or revoke a voucher of a register. 结算或撤销零碳券。"""
    from carbonacct.vouchers.show import vouchers_text

    when = _day(on)
    with _register(store) as register:
        moved = register.move(name, state, when)
    if as_json:
        print_json(moved.to_dict())
    else:
        print(vouchers_text(register.rules, [moved]))


@app.command()
def expire(store: Kept, on: On, as_json: Json = False) -> None:
    """Mark the vouchers of a register that were not used in time. 将逾期未用的零碳券记为过期。"""
    from carbonacct.messages import say
    from carbonacct.vouchers.show import vouchers_text

    when = _day(on)
    with _register(store) as register:
        late = register.expire(when)
    if as_json:
        print_json({"expired": [voucher.to_dict() for voucher in late]})
    else:
        print(vouchers_text(register.rules, late) if late else say("voucher.none_late", date=when))


def _register(store: Path | None, given: RuleInput | None = None, new: bool = False) -> AbstractContextManager[Register]:
    """The register of a file, kept; without a file an empty one, forgotten."""
    from carbonacct.vouchers.register import Register
    from carbonacct.vouchers.store import in_force, opened

    if store is None and given is not None:
        return nullcontext(Register(in_force(given)))
    assert store is not None
    return opened(store, given, new=new)


def _day(text: str) -> date:
    from carbonacct.errors import InputError
    from carbonacct.exact import as_date

    try:
        return as_date(text)
    except ValueError as error:
        raise InputError([f"--on: {error}"]) from None
