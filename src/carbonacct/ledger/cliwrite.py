"""Commands that write to a ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from carbonacct.jsonoption import Json
from carbonacct.ledger.cliparts import Code, Reason, Row, Subject, Where, Year, done, ledger_app, opened


@ledger_app.command("open")
def open_(where: Where, account: Code, name: Annotated[str, typer.Argument(help="Name. 名称。")], as_json: Json = False) -> None:
    """Open an account; the ledger is created if there is none. 开立账户。"""
    from carbonacct.ledger.codes import check_code
    from carbonacct.ledger.ledger import filled

    check_code(account), filled("name", name)  # before a file is made
    with opened(where, create=True) as ledger:
        done(ledger, as_json, [ledger.open_account(account, name)])


@ledger_app.command()
def consent(
    where: Where,
    account: Code,
    reference: Annotated[str, typer.Option(help="The authorisation. 授权书编号。")],
    kind: Annotated[list[str] | None, typer.Option(help="emission, reduction, neutralisation; all by default. 类别。")] = None,
    evidence: Annotated[str | None, typer.Option(help="Such as the document's hash. 证据，如文件哈希。")] = None,
    as_json: Json = False,
) -> None:
    """Note the enterprise's consent. 登记企业授权。"""
    from carbonacct.ledger.tables import ENTRIES

    with opened(where) as ledger:
        done(ledger, as_json, [ledger.consent(account, reference, kind or ENTRIES, evidence)])


@ledger_app.command()
def withdraw(where: Where, account: Code, reason: Reason, as_json: Json = False) -> None:
    """The enterprise withdraws its consent. 企业撤回授权。"""
    with opened(where) as ledger:
        done(ledger, as_json, [ledger.withdraw(account, reason)])


@ledger_app.command()
def state(
    where: Where,
    account: Code,
    new: Annotated[str, typer.Argument(help="active, disabled, cancelled. 状态。", metavar="STATE")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Disable, reactivate or cancel an account. 变更账户状态。"""
    with opened(where) as ledger:
        done(ledger, as_json, [ledger.set_state(account, new, reason)])


@ledger_app.command()
def add(
    where: Where, source: Annotated[Path, typer.Argument(help="JSON: a list of entries. 条目列表。")], as_json: Json = False
) -> None:
    """Record entries, all or none. 登记条目，全部成功或全部不登记。"""
    from carbonacct.ledger import LedgerError
    from carbonacct.ledger.entryfile import read

    found = read(source)
    try:
        ledger = opened(where)
    except LedgerError as error:
        raise LedgerError([*error.problems, *found.refused().problems]) from error
    with ledger:
        if found.problems:
            raise found.refused(ledger.check(found.entries))
        try:
            rows = ledger.append(found.entries.values())
        except LedgerError as error:
            raise LedgerError(f"{source}: {problem}" for problem in error.problems) from error
        done(ledger, as_json, rows)


@ledger_app.command("import")
def import_(
    where: Where,
    account: Code,
    source: Annotated[Path, typer.Argument(help="Input file of `carbonacct calc`. 核算输入文件。")],
    subject: Subject = "organisation",
    part: Annotated[str, typer.Option(help="Plant, scope or category. 部分。")] = "",
    kind: Annotated[str, typer.Option("--source", help="Source kind. 数据来源。")] = "self_computed",
    evidence: Annotated[
        str | None, typer.Option(help="What shows that a third party or an authority stands for it. 核查或主管部门的证明。")
    ] = None,
    period: Annotated[int | None, typer.Option(help="Year, if not the file's. 年度。")] = None,
    as_json: Json = False,
) -> None:
    """Calculate an input file and record its result. 计算输入文件并登记结果。"""
    from carbonacct.inputfile import read
    from carbonacct.ledger import LedgerError, from_result
    from carbonacct.ledger.ledger import filled
    from carbonacct.ledger.rules import source_kind
    from carbonacct.messages import say

    if source_kind(kind).outside and evidence is None:
        raise LedgerError([say("ledger.claim", source=kind)])
    details = None if evidence is None else {"evidence": filled("evidence", evidence)}
    result = read(source).calculate()
    entry = from_result(account, result, period=period, subject=subject, part=part, source=kind, details=details)
    with opened(where) as ledger:
        done(ledger, as_json, ledger.append([entry]))


@ledger_app.command()
def reverse(where: Where, row: Row, reason: Reason, as_json: Json = False) -> None:
    """Take an entry back by a reversing one. 冲销条目。"""
    with opened(where) as ledger:
        done(ledger, as_json, [ledger.reverse(row, reason)])


@ledger_app.command()
def correct(
    where: Where,
    row: Row,
    source: Annotated[Path, typer.Argument(help="JSON: the entry in its place. 替代条目。")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Take an entry back and record another in its place, both or neither. 更正条目：冲销并重新登记。"""
    from carbonacct.ledger import LedgerError
    from carbonacct.ledger.entryfile import read
    from carbonacct.messages import say

    found = read(source)
    if found.problems:
        raise found.refused()
    if len(found.entries) != 1:
        raise LedgerError([f"{source}: {say('ledger.one_entry', number=len(found.entries))}"])
    with opened(where) as ledger:
        done(ledger, as_json, ledger.correct(row, found.entries[1], reason))


@ledger_app.command()
def close(
    where: Where,
    account: Code,
    period: Year,
    reason: Annotated[str, typer.Option(help="Why. 原因。")] = "",
    as_json: Json = False,
) -> None:
    """Close a year. 关闭年度。"""
    with opened(where) as ledger:
        done(ledger, as_json, [ledger.close_period(account, period, reason)])


@ledger_app.command()
def reopen(where: Where, account: Code, period: Year, reason: Reason, as_json: Json = False) -> None:
    """Open a closed year again. 重新开放年度。"""
    with opened(where) as ledger:
        done(ledger, as_json, [ledger.reopen_period(account, period, reason)])
