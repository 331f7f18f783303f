"""What the database itself refuses, whoever writes: changing or deleting rows, breaking the chain, retiring a unit twice,
entries in a closed period.

A row must carry the next number, and the number is the primary key: of two writers at once one fails or waits. So a
check against the rows before it cannot be overtaken by another transaction.
"""

from __future__ import annotations

from sqlalchemy import Connection

MARK = "carbonacct:"  # the messages below begin with it; ledger.py puts them into words

_CHECKS = {
    "chain": """NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM journal)
        OR NEW.previous <> coalesce((SELECT hash FROM journal WHERE seq = NEW.seq - 1), '')""",
    "closed": """NEW.kind IN ('emission', 'reduction', 'neutralisation') AND (SELECT kind FROM journal
        WHERE account = NEW.account AND kind IN ('close', 'reopen') AND period = NEW.period
        ORDER BY seq DESC LIMIT 1) = 'close'""",
    # ranges in force do not overlap, so only the one that begins nearest below can reach into the new one
    "retired": """NEW.first IS NOT NULL AND NEW.reverses IS NULL AND NEW.first <= (SELECT j.last FROM journal j
        WHERE j.instrument = NEW.instrument AND j.series = NEW.series AND j.first IS NOT NULL AND j.first <= NEW.last
            AND j.reverses IS NULL AND NOT EXISTS (SELECT 1 FROM journal r WHERE r.reverses = j.seq)
        ORDER BY j.first DESC LIMIT 1)""",
}
_HEAD = "NEW.seq < OLD.seq OR NOT EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq AND hash = NEW.hash)"
_FIXED = [
    (table, event)
    for table in ("journal", "document", "head")
    for event in ("UPDATE", "DELETE")
    if (table, event) != ("head", "UPDATE")
]


def create_guards(connection: Connection) -> None:
    """Create the triggers."""
    for statement in statements(connection.dialect.name):
        connection.exec_driver_sql(statement)


def statements(dialect: str) -> list[str]:
    """The SQL that creates the triggers."""
    return _sqlite() if dialect == "sqlite" else _postgresql()


def _name(table: str, event: str) -> str:
    return f"{table}_{event.lower()}"


def _sqlite() -> list[str]:
    def trigger(table: str, event: str, checks: dict[str, str]) -> str:
        body = " ".join(f"SELECT RAISE(ABORT, '{MARK}{mark}') WHERE {condition};" for mark, condition in checks.items())
        return f"CREATE TRIGGER {_name(table, event)} BEFORE {event} ON {table} BEGIN {body} END"

    return [
        *(trigger(table, event, {"append-only": "1"}) for table, event in [*_FIXED, ("head", "INSERT")]),
        trigger("journal", "INSERT", _CHECKS),
        trigger("head", "UPDATE", {"append-only": _HEAD}),
    ]


def _postgresql() -> list[str]:
    def function(name: str, checks: dict[str, str]) -> str:
        body = " ".join(f"IF {condition} THEN RAISE EXCEPTION '{MARK}{mark}'; END IF;" for mark, condition in checks.items())
        return f"CREATE FUNCTION carbonacct_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NEW; END $$"

    def trigger(table: str, event: str, does: str) -> str:
        each = "STATEMENT" if event == "TRUNCATE" else "ROW"
        name = _name(table, event)
        return f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {each} EXECUTE FUNCTION carbonacct_{does}()"

    fixed = [*_FIXED, ("head", "INSERT"), *((table, "TRUNCATE") for table in ("journal", "document", "head"))]
    return [
        function("fixed", {"append-only": "true"}),
        function("insert", _CHECKS),
        function("head", {"append-only": _HEAD}),
        *(trigger(table, event, "fixed") for table, event in fixed),
        trigger("journal", "INSERT", "insert"),
        trigger("head", "UPDATE", "head"),
    ]
