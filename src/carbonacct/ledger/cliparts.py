"""What the commands of ``carbonacct ledger`` share: arguments, opening a ledger, saying what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from carbonacct.jsonoption import print_json

if TYPE_CHECKING:
    from carbonacct.ledger.ledger import Ledger

ledger_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Enterprise carbon accounts. 企业碳账户台账。")

Where = Annotated[str, typer.Argument(help="SQLite file or database URL. SQLite 文件或数据库 URL。", metavar="LEDGER")]
Code = Annotated[str, typer.Argument(help="Unified social credit code. 统一社会信用代码。", metavar="ACCOUNT")]
Year = Annotated[int, typer.Argument(help="Year. 年度。", metavar="YEAR")]
Row = Annotated[int, typer.Argument(help="Row number. 行号。", metavar="ROW")]
Reason = Annotated[str, typer.Option(help="Why. 原因。")]
AsOf = Annotated[str | None, typer.Option(help="Row number, day or time with zone. 行号、日期或带时区的时间。")]
Subject = Annotated[str, typer.Option(help="organisation, event:…, product:… 对象。")]


def opened(where: str, create: bool = False, read_only: bool = False) -> Ledger:
    """The ledger at that place. Raises LedgerError, also for one that would be gone with the command."""
    from carbonacct.ledger import Ledger, LedgerError
    from carbonacct.ledger.database import Database
    from carbonacct.messages import say

    if Database(where).in_memory:
        raise LedgerError([say("ledger.no_place")])
    return Ledger(where, create=create, read_only=read_only)


def done(ledger: Ledger, as_json: bool, rows: list[int]) -> None:
    """Say what was recorded, what counts no longer because of it, and the head, an anchor to note."""
    from carbonacct.messages import say

    if not as_json:
        print(say("ledger.done", rows=", ".join(map(str, rows))))
    superseded, head = ledger.superseded(rows), ledger.head
    if as_json:
        show({"rows": rows, "superseded": [{"row": row, "by": by} for row, by in superseded], "head": str(head)})
        return
    for row, by in superseded:
        print(say("ledger.superseded", row=row, by=", ".join(map(str, by))))
    print(say("ledger.head", head=head))


def show(data: Any) -> None:
    """Print as JSON."""
    print_json(data, default=str)
