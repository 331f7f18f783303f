"""Commands that read a ledger and leave it untouched."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from carbonacct.jsonoption import Json
from carbonacct.ledger.cliparts import AsOf, Code, Subject, Where, ledger_app, opened, show


@ledger_app.command()
def accounts(where: Where, as_json: Json = False) -> None:
    """List the accounts. 列出账户。"""
    from carbonacct.messages import say

    with opened(where, read_only=True) as ledger:
        found = ledger.accounts()
    if as_json:
        show([{"account": code, "name": name} for code, name in found.items()])
    else:
        print("\n".join(f"{code}  {name}" for code, name in found.items()) or say("ledger.no_accounts"))


@ledger_app.command()
def account(where: Where, account: Code, as_of: AsOf = None, as_json: Json = False) -> None:
    """An account's state, its consents in force and its closed years. 账户状态、有效授权与已关闭年度。"""
    from carbonacct.messages import say

    with opened(where, read_only=True) as ledger:
        found = ledger.account(account, as_of)
    closed = sorted(found.closed)
    if as_json:
        show({"account": account, "name": found.name, "state": found.state, "consents": found.consents, "closed": closed})
        return
    consents = ", ".join(f"{say(f'ledger.kind.{kind}')} ({row})" for kind, row in found.consents.items())
    print(f"{found.name} ({account})")
    print(
        say(
            "ledger.account",
            state=say(f"ledger.state.{found.state}"),
            consents=consents or say("ledger.nothing"),
            closed=", ".join(map(str, closed)) or say("ledger.nothing"),
        )
    )


@ledger_app.command()
def statement(
    where: Where,
    account: Code,
    period: Annotated[list[int] | None, typer.Option("--period", help="Only these years. 仅限这些年度。")] = None,
    as_of: AsOf = None,
    html: Annotated[Path | None, typer.Option(help="Write it as HTML. 输出 HTML。")] = None,
    excel: Annotated[Path | None, typer.Option(help="Write it as Excel. 输出 Excel。")] = None,
    as_json: Json = False,
) -> None:
    """The entries and balances of an account. 账户对账单。"""
    with opened(where, read_only=True) as ledger:
        made = ledger.statement(account, period or None, as_of)
    if html is not None:
        made.to_html(html)
    if excel is not None:
        made.to_excel(excel)
    if as_json:
        show(made.to_dict())
    else:
        print(made)


@ledger_app.command()
def rate(
    where: Where,
    account: Code,
    period: Annotated[list[int], typer.Argument(help="Year or years. 年度。", metavar="YEAR...")],
    subject: Subject = "organisation",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """The neutrality rate of a subject. 碳中和率。"""
    from carbonacct.ledger.balance import percent, plain
    from carbonacct.messages import say

    with opened(where, read_only=True) as ledger:
        found = ledger.neutrality(account, period, subject, as_of)
    amounts = {name: plain(getattr(found, name)) for name in ("footprint", "retired", "net", "surplus")}
    if as_json:
        show({**amounts, "rate": format(found.rate, "f"), "neutral": found.neutral})
    else:
        print(say("ledger.rate", rate=percent(found.rate), **amounts))


@ledger_app.command()
def verify(
    where: Where,
    anchor: Annotated[str | None, typer.Option(help="A head noted before, seq:hash. 先前记录的链首。")] = None,
    as_json: Json = False,
) -> None:
    """Check every row, the hash chain and the rules; exit status 2 if anything is wrong. 校验台账。"""
    from carbonacct.messages import say

    with opened(where, read_only=True) as ledger:
        found = ledger.verify(anchor)
    if as_json:
        show(found.to_dict())
    else:
        print(
            "\n".join([*found.problems, say("ledger.verified", rows=found.rows, problems=len(found.problems), head=found.head)])
        )
    if not found.ok:
        raise typer.Exit(2)
