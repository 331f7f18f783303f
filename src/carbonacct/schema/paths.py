"""Where files are: the built-in tree, third-party packs, and the index of methodologies.

A file's id is its path below ``methodologies/`` or ``factors/`` without suffix. Directories on ``CARBONACCT_PATH`` come
first, then packs registered under the entry-point group ``carbonacct.packs`` (a directory, a module or a callable that
returns a directory), then the built-in tree.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from carbonacct.errors import FileError, NotFoundError
from carbonacct.messages import say

Kind = Literal["methodologies", "factors", "rules"]
TEMPLATES = "templates"
RULES = frozenset({"certification", "labels", "ledger", "loans", "vouchers"})  # below methodologies/, in schemas of their own


@cache
def builtin_root() -> Path:
    """The directory that holds the built-in ``factors/`` and ``methodologies/``."""
    package = Path(__file__).resolve().parents[1]
    for root in (package / "data", package.parents[1]):
        if (root / "methodologies").is_dir() and (root / "factors").is_dir():
            return root
    raise FileError([say("path.no_builtin", path=str(package))])


def _pack_roots() -> Iterator[Path]:
    from importlib.metadata import entry_points

    for entry in entry_points(group="carbonacct.packs"):
        pack = entry.load()
        pack = pack() if callable(pack) else pack
        yield Path(next(iter(pack.__path__)) if hasattr(pack, "__path__") else pack)


@cache
def _roots(path_variable: str) -> tuple[Path, ...]:
    own = [Path(part) for part in path_variable.split(os.pathsep) if part]
    return (*own, *_pack_roots(), builtin_root())


def roots() -> tuple[Path, ...]:
    """All roots, first match wins."""
    return _roots(os.environ.get("CARBONACCT_PATH", ""))


def folder(kind: Kind) -> str:
    """The folder below a root that files of a kind lie in."""
    return "factors" if kind == "factors" else "methodologies"


def kind_of(name: str) -> Kind:
    """Whether an id of the folder ``methodologies/`` is one of a methodology or of rules."""
    return "rules" if name.split("/", 1)[0] in RULES else "methodologies"


def find(kind: Kind, name: str) -> Path:
    """The file of an id. Raises NotFoundError with the nearest id."""
    parts = name.split("/")
    wanted = kind == "factors" or kind_of(name) == kind
    if wanted and all(part and part not in (".", "..") and "\\" not in part for part in parts):
        for root in roots():
            path = root.joinpath(folder(kind), *parts[:-1], f"{parts[-1]}.yaml")
            if path.is_file():
                return path
    from carbonacct.units import did_you_mean

    if not wanted and name in files(kind_of(name)):
        raise NotFoundError(say(f"{kind}.other", id=name))
    raise NotFoundError(say(f"{kind}.unknown", id=name) + did_you_mean(name, ids(kind)))


def files(kind: Kind) -> dict[str, Path]:
    """All files of a kind by id; templates left out."""
    found: dict[str, Path] = {}
    for root in roots():
        base = root / folder(kind)
        for path in sorted(base.rglob("*.yaml")):
            name = path.relative_to(base).with_suffix("").as_posix()
            if kind == "factors" or (kind_of(name) == kind and not name.startswith(f"{TEMPLATES}/")):
                found.setdefault(name, path)
    return dict(sorted(found.items()))


def ids(kind: Kind) -> list[str]:
    """All ids, sorted."""
    return list(files(kind))


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index knows of a methodology without reading all of its file."""

    id: str
    version: str
    zh: str
    en: str

    @property
    def family(self) -> str:
        return self.id.split("/", 1)[0]


def _head(path: Path) -> dict[str, Any]:
    """Id, version and title, from the part of the file before its first long section."""
    from carbonacct.schema import yaml

    lines: list[str] = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.startswith(("streams:", "sources:", "constants:", "boundary:", "symbols:")):
                break
            lines.append(line)
    data = yaml.loads("".join(lines), str(path)).data
    title = data.get("title") if isinstance(data, dict) else None
    if not isinstance(title, dict):
        raise FileError([f"{path}: {say('index.no_title')}"])
    return {"version": str(data.get("version", "")), "zh": str(title.get("zh", "")), "en": str(title.get("en", ""))}


def _cache_file() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(base or Path.home() / ".cache") / "carbonacct" / "index.json"


def index() -> list[Entry]:
    """All methodologies with their titles; heads are re-read only for files that changed."""
    cache_file = _cache_file()
    try:
        known: dict[str, dict[str, Any]] = json.loads(cache_file.read_text("utf-8"))
    except (OSError, ValueError):
        known = {}
    entries, fresh, changed = [], {}, False
    for name, path in files("methodologies").items():
        status = path.stat()
        stamp = [str(path), status.st_mtime_ns, status.st_size]
        record = known.get(str(path))
        if not isinstance(record, dict) or record.get("stamp") != stamp:
            record, changed = {"stamp": stamp, **_head(path)}, True
        fresh[str(path)] = record
        entries.append(Entry(name, record["version"], record["zh"], record["en"]))
    if changed:
        _write_cache(cache_file, {**{k: v for k, v in known.items() if Path(k).exists()}, **fresh})
    return entries


def _write_cache(cache_file: Path, records: dict[str, Any]) -> None:
    """Best effort: a read-only home costs time, never correctness."""
    try:
        cache_file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=cache_file.parent, delete=False, encoding="utf-8") as file:
            json.dump(records, file, ensure_ascii=False)
        os.replace(file.name, cache_file)
    except OSError:
        return


def identify(name: str) -> str:
    """The id for an id, an English or a Chinese title. Raises NotFoundError with the nearest."""
    wanted = name.strip()
    if "/" in wanted and " " not in wanted:
        find("methodologies", wanted)
        return wanted
    entries = index()
    folded = wanted.casefold()
    exact = [e.id for e in entries if folded in (e.zh.casefold(), e.en.casefold(), e.id.split("/")[-1])]
    part = exact or [e.id for e in entries if folded and (folded in e.zh.casefold() or folded in e.en.casefold())]
    if len(part) == 1:
        return part[0]
    if part:
        raise NotFoundError(say("methodologies.ambiguous", name=name, ids=", ".join(part)))
    from carbonacct.units import did_you_mean

    raise NotFoundError(
        say("methodologies.unknown", id=name)
        + did_you_mean(wanted, [n for e in entries for n in (e.id, e.zh, e.en, e.id.split("/")[-1])])
    )
