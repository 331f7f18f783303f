"""YAML with places: every value knows its file, line and column, and nothing surprising is constructed.

PyYAML's C parser composes the nodes; the values are built here from a closed set of scalar forms. There are no
timestamps, no ``yes`` that turns into True, no duplicate keys, no aliases (an alias bomb is refused, not expanded).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from carbonacct.errors import FileError
from carbonacct.messages import say

Key = str | int
Place = tuple[Key, ...]

_INT = re.compile(r"[+-]?\d[\d_]*")
_FLOAT = re.compile(r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_BYTES = 8_000_000
MAX_DEPTH = 40


@dataclass
class Document:
    """The plain data of a file and the place of each of its values."""

    data: Any
    file: str
    places: dict[Place, tuple[str, int, int]] = field(default_factory=dict)

    def where(self, path: Place) -> str:
        """``file:line:column`` of the value at ``path``, or of the nearest one around it; the path itself in data from no file."""
        if not self.places:
            return "".join([self.file, *(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)])
        for length in range(len(path), -1, -1):
            if found := self.places.get(path[:length]):
                return "{}:{}:{}".format(*found)
        return self.file


def load(path: Path | str) -> Document:
    """Read one YAML file. Raises FileError with all its problems (syntax, duplicate keys, aliases, tags)."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise FileError([say("file.unreadable", file=str(path), reason=error.strerror or str(error))]) from error
    if len(raw) > MAX_BYTES:
        raise FileError([say("file.too_large", file=str(path), limit=MAX_BYTES)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError([say("file.not_utf8", file=str(path), position=error.start)]) from error
    return loads(text, str(path))


def loads(text: str, file: str = "<text>") -> Document:
    """Parse YAML text; ``file`` names it in messages."""
    try:
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise FileError(
            [f"{place}: {say('yaml.syntax', reason=getattr(error, 'problem', None) or str(error).splitlines()[0])}"]
        ) from error
    document = Document(None, file)
    if node is None:
        raise FileError([f"{file}: {say('yaml.empty')}"])
    builder = _Builder(document)
    document.data = builder.build(node, ())
    if builder.problems:
        raise FileError(builder.problems)
    return document


def scalar(text: str) -> Any:
    """The value of a plain (unquoted) scalar."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INT.fullmatch(text):
        return int(text.replace("_", ""))
    if _FLOAT.fullmatch(text):
        return float(text.replace("_", ""))
    if text.lower() in (".nan", "nan"):
        return float("nan")
    return text


class _Builder:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[str] = []
        self.seen: set[int] = set()

    def problem(self, node: yaml.Node, message: str, /, **words: Any) -> None:
        mark = node.start_mark
        self.problems.append(f"{self.document.file}:{mark.line + 1}:{mark.column + 1}: {say(message, **words)}")

    def build(self, node: yaml.Node, path: Place) -> Any:
        mark = node.start_mark
        self.document.places[path] = (self.document.file, mark.line + 1, mark.column + 1)
        if len(path) > MAX_DEPTH:
            self.problem(node, "yaml.depth", limit=MAX_DEPTH)
            return None
        if not re.fullmatch(r"tag:yaml\.org,2002:\w+", node.tag):
            self.problem(node, "yaml.tag", tag=node.tag)
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.style else scalar(node.value)
        if id(node) in self.seen:
            self.problem(node, "yaml.alias")
            return None
        self.seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        assert isinstance(node, yaml.MappingNode)
        return dict(self.pairs(node, path))

    def pairs(self, node: yaml.MappingNode, path: Place) -> Iterator[tuple[str, Any]]:
        keys: set[str] = set()
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problem(key_node, "yaml.key")
                continue
            key = str(key_node.value)
            if key in keys:
                self.problem(key_node, "yaml.duplicate", key=key)
                continue
            keys.add(key)
            value = self.build(value_node, (*path, key))
            mark = key_node.start_mark
            self.document.places[(*path, key)] = (self.document.file, mark.line + 1, mark.column + 1)
            yield key, value
