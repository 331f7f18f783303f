"""Input forms to fill in: a commented YAML file with every stream, symbol, unit and option."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from carbonacct.engine.compile import Group, Symbol
from carbonacct.errors import FileError
from carbonacct.messages import language, say
from carbonacct.reporting.explanation import title_text

if TYPE_CHECKING:
    from carbonacct.methodology import Methodology


def write_form(methodology: Methodology, path: Path, lang: str | None = None) -> Path:
    """Write a form; the kind follows from the suffix. Raises FileError for one that is not known."""
    if path.suffix.lower() in (".yaml", ".yml"):
        path.write_text(yaml_form(methodology, lang or language()), encoding="utf-8")
        return path
    raise FileError([say("form.suffix", suffix=path.suffix or path.name)])


def yaml_form(methodology: Methodology, lang: str) -> str:
    """Every line is commented out: what stays so is not given. Required streams are the reader's to choose."""
    lines = [
        f"# {title_text(methodology.title, lang)}",
        f"# {say('form.how', lang)}",
        f"methodology: {methodology.id}",
        "entity: ",
        "period: ",
        "# region: CN-SC",
        f"# gwp: {methodology.model.gwp[0]}",
        "inputs:",
    ]
    for key, group in methodology.compiled.streams.items():
        lines.append(f"  # {title_text(group.title, lang)}")
        lines.append(f"  # {key}:")
        lines.extend(_group(group, lang, "  # ", listed=group.item is not None))
    return "\n".join(lines) + "\n"


def _group(group: Group, lang: str, prefix: str, listed: bool) -> list[str]:
    lines = []
    first = f"{prefix}  - " if listed else f"{prefix}  "
    rest = f"{prefix}    " if listed else f"{prefix}  "
    if group.item:
        choices = (
            ", ".join(list(group.items.rows)[:6]) + (", …" if len(group.items.rows) > 6 else "")
            if group.items
            else say("form.free", lang)
        )
        lines.append(f"{first}{group.item}: ''  # {choices}")
        first = rest
    for symbol in group.symbols.values():
        if symbol.is_output or (symbol.kind == "derived" and not _optional(symbol)):
            continue
        lines.append(f"{first}{symbol.name}: {_remark(symbol, lang)}")
        first = rest
    for name, sub in group.groups.items():
        lines.append(f"{first}{name}:  # {title_text(sub.title, lang)}")
        first = rest
        lines.extend(_group(sub, lang, rest, listed=True))
    return lines


def _optional(symbol: Symbol) -> bool:
    return symbol.kind != "derived"


def _remark(symbol: Symbol, lang: str) -> str:
    title = title_text(symbol.title, lang)
    if symbol.options:
        return f"''  # {title}: {', '.join(symbol.options)}"
    unit = "" if symbol.unit_text == "1" else f" [{symbol.unit_text}]"
    ways = [say("form.default", lang) if r.node is None else title_text(r.title, lang) or r.name for r in symbol.routes]
    return f" # {title}{unit}" + (f" ({say('form.else', lang)} {' / '.join(ways)})" if ways else "")
