"""The file of a register: one process at it at a time, its faults at its own lines, replaced in one step."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from carbonacct.errors import FileError, InputError, MissingExtraError
from carbonacct.messages import say
from carbonacct.ruleinput import RuleInput
from carbonacct.schema import yaml
from carbonacct.vouchers.register import Register
from carbonacct.vouchers.rules import DEFAULT, Rules, load_rules


@contextmanager
def opened(store: Path, given: RuleInput | None = None, *, new: bool = False) -> Iterator[Register]:
    """The register of a file, no other process at it meanwhile, written back if all went well.

    given: an input file, whose rules, parameters and providers come into force. new: the file may be missing.
    """
    _expect(store, new)
    with _lock(store):
        register = Register(in_force(given)) if given and new and not store.exists() else load(store, given)
        yield register
        _write(store, register)


def load(store: Path, given: RuleInput | None = None) -> Register:
    """The register of a file, under the rules it names and what an input file changes of them. Raises FileError."""
    document = yaml.load(store)
    located = RuleInput(document, {})
    with located.locating():
        register = Register.from_dict(document.data)
    if given is not None:
        kept = register.rules
        register.rules = in_force(given, kept)
        if register.rules.parameters != kept.parameters:  # the vouchers must be ones of these, too
            with located.locating():
                register = Register.from_dict(document.data, register.rules)
    return register


def in_force(given: RuleInput, kept: Rules | None = None) -> Rules:
    """The rules of an input file, on top of those a register is kept under; faults are collected in ``given``.

    Raises FileError where there are no rules to go on with.
    """
    wanted = given.data.get("rules", kept.model.id if kept else DEFAULT)
    with given.collecting("rules"):
        if kept is None:
            kept = load_rules(wanted)
        elif wanted != kept.model.id:
            raise InputError([say("voucher.other_rules", kept=kept.model.id, rules=wanted)])
    if kept is None:
        raise FileError(given.problems)
    found = kept
    with given.collecting("parameters"):
        found = found.having(given.data.get("parameters", {}))
    with given.collecting():
        found = found.accepting(given.data.get("providers"))
    return found  # noqa: RET504 - a fault leaves what was found before


def _expect(store: Path, new: bool) -> None:
    """Raise FileError before a lock or a folder is made for a file that cannot be."""
    if not store.parent.is_dir():
        raise FileError([say("voucher.no_folder", file=store, folder=store.parent)])
    if store.is_dir() or (not new and not store.exists()):
        raise FileError([say("voucher.no_file", file=store)])


def _lock(store: Path) -> Any:
    try:
        from filelock import FileLock
    except ImportError:  # pragma: no cover - only without the extra
        raise MissingExtraError(say("voucher.extra")) from None
    return FileLock(f"{store}.lock")


def _write(store: Path, register: Register) -> None:
    """Replace the file in one step, so that a crash leaves the old one or the new one."""
    draft = store.with_name(store.name + ".new")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(register.to_dict(), file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    if draft.stat().st_size > yaml.MAX_BYTES:  # it could not be read again
        draft.unlink()
        raise FileError([say("file.too_large", file=store, limit=yaml.MAX_BYTES)])
    draft.replace(store)
