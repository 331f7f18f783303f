"""``carbonacct ledger …``: enterprise carbon accounts on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from carbonacct.jsonoption import Json, print_json

if TYPE_CHECKING:
    from carbonacct.ledger.entries import Entry
    from carbonacct.ledger.ledger import Ledger

ledger_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Enterprise carbon accounts. 企业碳账户台账。")

Where = Annotated[str, typer.Argument(help="SQLite file or database URL. SQLite 文件或数据库 URL。", metavar="LEDGER")]
Code = Annotated[str, typer.Argument(help="Unified social credit code. 统一社会信用代码。", metavar="ACCOUNT")]
Year = Annotated[int, typer.Argument(help="Year. 年度。", metavar="YEAR")]
Reason = Annotated[str, typer.Option(help="Why. 原因。")]
Years = Annotated[list[int] | None, typer.Option("--period", help="Only these years. 仅限这些年度。")]
AsOf = Annotated[str | None, typer.Option(help="Row number, day or time with zone. 行号、日期或带时区的时间。")]
Subject = Annotated[str, typer.Option(help="organisation, event:…, product:… 对象。")]


def _open(where: str, create: bool = False) -> Ledger:
    from sqlalchemy.exc import SQLAlchemyError

    from carbonacct.ledger import Ledger, LedgerError
    from carbonacct.messages import say

    try:
        return Ledger(where, create=create)
    except (SQLAlchemyError, ImportError) as error:  # no such server, not a database, no driver
        raise LedgerError([say("ledger.cannot_open", reason=str(error).splitlines()[0])]) from None


def _done(as_json: bool, rows: list[int]) -> None:
    from carbonacct.messages import say

    if as_json:
        _print({"rows": rows})
    else:
        print(say("ledger.done", rows=", ".join(map(str, rows))))


def _print(data: Any) -> None:
    print_json(data, default=str)


def _as_of(text: str | None) -> Any:
    from datetime import date, datetime

    from carbonacct.ledger import LedgerError
    from carbonacct.messages import say

    if text is None or text.isdecimal():
        return text if text is None else int(text)
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise LedgerError([say("ledger.day", day=text)]) from None


@ledger_app.command("open")
def open_(where: Where, account: Code, name: Annotated[str, typer.Argument(help="Name. 名称。")], as_json: Json = False) -> None:
    """Open an account; the ledger is created if there is none. 开立账户。"""
    with _open(where, create=True) as ledger:
        _done(as_json, [ledger.open_account(account, name)])


@ledger_app.command()
def consent(
    where: Where,
    account: Code,
    reference: Annotated[str, typer.Option(help="The authorisation. 授权书编号。")],
    kind: Annotated[list[str] | None, typer.Option(help="emission, reduction, neutralisation; all by default. 类别。")] = None,
    as_json: Json = False,
) -> None:
    """Note the enterprise's consent. 登记企业授权。"""
    from carbonacct.ledger.tables import ENTRIES

    with _open(where) as ledger:
        _done(as_json, [ledger.consent(account, reference, kind or ENTRIES)])


@ledger_app.command()
def withdraw(where: Where, account: Code, reason: Reason, as_json: Json = False) -> None:
    """The enterprise withdraws its consent. 企业撤回授权。"""
    with _open(where) as ledger:
        _done(as_json, [ledger.withdraw(account, reason)])


@ledger_app.command()
def state(
    where: Where,
    account: Code,
    new: Annotated[str, typer.Argument(help="active, disabled, cancelled. 状态。", metavar="STATE")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Disable, reactivate or cancel an account. 变更账户状态。"""
    with _open(where) as ledger:
        _done(as_json, [ledger.set_state(account, new, reason)])


@ledger_app.command()
def add(
    where: Where, source: Annotated[Path, typer.Argument(help="JSON: a list of entries. 条目列表。")], as_json: Json = False
) -> None:
    """Record entries, all or none. 登记条目，全部成功或全部不登记。"""
    from carbonacct.ledger import LedgerError
    from carbonacct.ledger.entries import from_dict
    from carbonacct.messages import say

    try:
        data = json.loads(source.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LedgerError([f"{source}: {error}"]) from None
    listed = data if isinstance(data, list) else [data]
    entries: list[Entry] = []
    problems: list[str] = []
    for number, item in enumerate(listed, 1):
        try:
            entries.append(from_dict(item))
        except LedgerError as error:
            problems.extend(f"{source}: {say('ledger.entry', number=number)}: {problem}" for problem in error.problems)
    if problems:
        raise LedgerError(problems)
    with _open(where) as ledger:
        _done(as_json, ledger.append(entries))


@ledger_app.command("import")
def import_(
    where: Where,
    account: Code,
    source: Annotated[Path, typer.Argument(help="Input file of `carbonacct calc`. 核算输入文件。")],
    subject: Subject = "organisation",
    part: Annotated[str, typer.Option(help="Plant, scope or category. 部分。")] = "",
    kind: Annotated[str, typer.Option("--source", help="Source kind. 数据来源。")] = "self_computed",
    period: Annotated[int | None, typer.Option(help="Year, if not the file's. 年度。")] = None,
    as_json: Json = False,
) -> None:
    """Calculate an input file and record its result. 计算输入文件并登记结果。"""
    from carbonacct.inputfile import read
    from carbonacct.ledger import from_result

    entry = from_result(account, read(source).calculate(), period=period, subject=subject, part=part, source=kind)
    with _open(where) as ledger:
        _done(as_json, ledger.append([entry]))


@ledger_app.command()
def reverse(
    where: Where, row: Annotated[int, typer.Argument(help="Row number. 行号。")], reason: Reason, as_json: Json = False
) -> None:
    """Take an entry back by a reversing one. 冲销条目。"""
    with _open(where) as ledger:
        _done(as_json, [ledger.reverse(row, reason)])


@ledger_app.command()
def close(where: Where, account: Code, period: Year, as_json: Json = False) -> None:
    """Close a year. 关闭年度。"""
    with _open(where) as ledger:
        _done(as_json, [ledger.close_period(account, period)])


@ledger_app.command()
def reopen(where: Where, account: Code, period: Year, reason: Reason, as_json: Json = False) -> None:
    """Open a closed year again. 重新开放年度。"""
    with _open(where) as ledger:
        _done(as_json, [ledger.reopen_period(account, period, reason)])


@ledger_app.command()
def statement(
    where: Where,
    account: Code,
    period: Years = None,
    as_of: AsOf = None,
    html: Annotated[Path | None, typer.Option(help="Write it as HTML. 输出 HTML。")] = None,
    excel: Annotated[Path | None, typer.Option(help="Write it as Excel. 输出 Excel。")] = None,
    as_json: Json = False,
) -> None:
    """The entries and balances of an account. 账户对账单。"""
    with _open(where) as ledger:
        made = ledger.statement(account, period, _as_of(as_of))
    if html is not None:
        made.to_html(html)
    if excel is not None:
        made.to_excel(excel)
    if as_json:
        _print(made.to_dict())
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
    from dataclasses import asdict

    from carbonacct.messages import say

    with _open(where) as ledger:
        found = ledger.neutrality(account, period, subject, _as_of(as_of))
    if as_json:
        _print({**asdict(found), "neutral": found.neutral})
    else:
        print(say("ledger.rate", rate=f"{found.rate:.2%}", footprint=found.footprint, retired=found.retired, net=found.net))


@ledger_app.command()
def verify(
    where: Where,
    anchor: Annotated[str | None, typer.Option(help="A head noted before, seq:hash. 先前记录的链首。")] = None,
    as_json: Json = False,
) -> None:
    """Check every row, the hash chain and the rules; exit status 2 if anything is wrong. 校验台账。"""
    from carbonacct.messages import say

    with _open(where) as ledger:
        found = ledger.verify(anchor)
    if as_json:
        _print(found.to_dict())
    else:
        print(
            "\n".join([*found.problems, say("ledger.verified", rows=found.rows, problems=len(found.problems), head=found.head)])
        )
    if not found.ok:
        raise typer.Exit(2)
