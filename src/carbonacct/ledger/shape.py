"""Whether tables, indexes and triggers are still as the ledger made them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import Connection, text

from carbonacct.ledger import guards, migrations
from carbonacct.messages import say

_CREATE = re.compile(r"CREATE (?:UNIQUE )?(TABLE|INDEX|TRIGGER|FUNCTION) (\w+)")
_BODY = re.compile(r"\$\$(.*)\$\$", re.DOTALL)
_CALLS = re.compile(r"EXECUTE FUNCTION (\w+)")
_INDEXES = {  # PostgreSQL's own words for the unique ones
    "document_pkey": "UNIQUE INDEX document_pkey USING btree (hash)",
    "journal_pkey": "UNIQUE INDEX journal_pkey USING btree (seq)",
    "journal_reverses_key": "UNIQUE INDEX journal_reverses_key USING btree (reverses)",
    "journal_opened": "UNIQUE INDEX journal_opened USING btree (account) WHERE (kind = 'account'::text)",
}


def changes(connection: Connection) -> Iterator[str]:
    """What is missing, changed or added."""
    return _sqlite(connection) if connection.dialect.name == "sqlite" else _postgresql(connection)


def _named(statements: list[str]) -> dict[tuple[str, str], str]:
    """Statements by kind and name of what they create."""
    return {(match[1].lower(), match[2]): statement for statement in statements if (match := _CREATE.match(statement))}


def _sqlite(connection: Connection) -> Iterator[str]:
    wanted = _named([*migrations.statements("sqlite"), *guards.statements("sqlite")])
    rows = connection.execute(text("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
    found = {(kind, name): sql for kind, name, sql in rows}
    for (kind, name), statement in sorted(wanted.items()):
        if (kind, name) not in found:
            yield say(f"ledger.verify.{kind}_missing", name=name)
        elif found[kind, name] != statement:
            yield say(f"ledger.verify.{kind}_changed", name=name)
    for kind, name in sorted(found.keys() - wanted.keys()):
        if kind == "trigger":
            yield say("ledger.verify.trigger_added", name=name)


def _postgresql(connection: Connection) -> Iterator[str]:
    for table in sorted(migrations.OURS):
        if connection.scalar(text("SELECT to_regclass(:name)"), {"name": table}) is None:
            yield say("ledger.verify.table_missing", name=table)
    yield from _constraints(connection)
    yield from _indexes(connection)
    yield from _triggers(connection)


def _constraints(connection: Connection) -> Iterator[str]:
    """Whether as many hold as there should be: PostgreSQL words them in its own way."""
    (journal,) = (statement for statement in migrations.statements("postgresql") if "TABLE journal" in statement)
    query = text("""
        SELECT count(*) FROM pg_constraint
        WHERE conrelid = to_regclass('journal') AND contype IN ('c', 'f') AND convalidated""")
    if connection.scalar(query) != journal.count("CHECK (") + journal.count("REFERENCES "):
        yield say("ledger.verify.table_changed", name="journal")


def _indexes(connection: Connection) -> Iterator[str]:
    query = text("""
        SELECT relname, pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
        WHERE indisvalid AND indrelid IN (to_regclass('journal'), to_regclass('document'))""")
    found = {name: re.sub(r" ON \S+ USING", " USING", definition) for name, definition in connection.execute(query)}
    for name, definition in _INDEXES.items():
        if name not in found:
            yield say("ledger.verify.index_missing", name=name)
        elif found[name] != f"CREATE {definition}":
            yield say("ledger.verify.index_changed", name=name)


def _triggers(connection: Connection) -> Iterator[str]:
    """Those switched off, and those that do something else, by their definition or by the function that they call."""
    wanted = _named(guards.statements("postgresql"))
    query = text("""
        SELECT tgname, tgenabled::text, pg_get_triggerdef(t.oid, true), prosrc, lanname
        FROM pg_trigger t JOIN pg_proc p ON p.oid = tgfoid JOIN pg_language l ON l.oid = prolang
        WHERE NOT tgisinternal AND tgrelid IN (to_regclass('journal'), to_regclass('document'), to_regclass('head'))""")
    found = {name: (enabled, rest) for name, enabled, *rest in connection.execute(query)}
    names = [name for kind, name in wanted if kind == "trigger"]
    for name in sorted(names):
        statement = wanted["trigger", name]
        enabled, rest = found.get(name, ("", []))
        if enabled not in ("O", "A"):
            yield say("ledger.verify.trigger_missing", name=name)
        elif rest != [statement, _source(statement, wanted), "plpgsql"]:
            yield say("ledger.verify.trigger_changed", name=name)
    for name in sorted(found.keys() - names):
        yield say("ledger.verify.trigger_added", name=name)


def _source(trigger: str, wanted: dict[tuple[str, str], str]) -> str:
    """The source of the function that a trigger calls."""
    called = _CALLS.search(trigger)
    body = _BODY.search(wanted["function", called[1]]) if called else None
    return body[1] if body else ""
