"""The same inputs under two methodologies, and a bridge that says where the difference comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from carbonacct.engine.compile import Group, Symbol
from carbonacct.engine.inputs import LABEL, nest
from carbonacct.engine.result import SIGN, Result
from carbonacct.errors import InputError
from carbonacct.messages import say
from carbonacct.methodology import Methodology, load

if TYPE_CHECKING:
    import pandas as pd

KINDS = ("boundary", "factors", "formulas")


@dataclass
class Comparison:
    """Two results of one plant.

    bridge: (kind, stream, tCO2e) steps that lead from ``first.co2e`` to ``second.co2e``: *boundary* for streams that
    only one of them counts, *factors* for other default values, *formulas* for the rest of a stream's difference.
    left_out: inputs that the second methodology does not know.
    """

    first: Result
    second: Result
    bridge: list[tuple[str, str, float]]
    left_out: list[str] = field(default_factory=list)

    @property
    def difference(self) -> float:
        """second minus first, tCO2e."""
        return float(self.second.co2e) - float(self.first.co2e)

    def by_kind(self) -> dict[str, float]:
        """The bridge summed by kind."""
        return {kind: sum(step for k, _, step in self.bridge if k == kind) for kind in KINDS}

    def to_frame(self) -> pd.DataFrame:
        """The bridge as a data frame, with both ends."""
        import pandas as pd

        steps = [(say(f"compare.{kind}"), stream, step) for kind, stream, step in self.bridge]
        rows = [
            ("", self.first.methodology.id, float(self.first.co2e)),
            *steps,
            ("", self.second.methodology.id, float(self.second.co2e)),
        ]
        return pd.DataFrame(rows, columns=["kind", "stream", "tCO2e"])

    def __str__(self) -> str:
        lines = [f"{self.first.methodology.id}: {self.first.co2e}"]
        lines += [f"  {step:+,.3f}  {say(f'compare.{kind}')}: {stream}" for kind, stream, step in self.bridge]
        lines += [f"{self.second.methodology.id}: {self.second.co2e}", *self.left_out]
        return "\n".join(lines)


def compare(
    first: str | Methodology,
    second: str | Methodology,
    inputs: Mapping[str, Any],
    *,
    second_inputs: Mapping[str, Any] | None = None,
    region: str | None = None,
    period: int | str | None = None,
    gwp: str | Sequence[str] | None = None,
) -> Comparison:
    """Calculate ``inputs`` under two methodologies and attribute the difference.

    Streams are matched by key and symbols by name (or alias); ``second_inputs`` replaces streams of the second where it
    asks for other data. Raises InputError if either cannot be calculated.
    """
    a = load(first) if isinstance(first, str) else first
    b = load(second) if isinstance(second, str) else second
    left_out: list[str] = []
    one = a.calculate(inputs, region=region, period=period, gwp=gwp)
    own = {key: lines for key, lines in inputs.items() if key in b.compiled.streams}
    adapted = {key: _adapted(b, b.compiled.streams[key], key, lines, left_out) for key, lines in own.items()}
    adapted.update(second_inputs or {})
    two = b.calculate(adapted, region=region, period=period, gwp=gwp)
    return Comparison(one, two, _bridge(one, two, adapted), left_out)


def _adapted(methodology: Methodology, group: Group, place: str, lines: Any, left_out: list[str]) -> Any:
    """The lines of a stream without what the other methodology does not know."""
    if isinstance(lines, Mapping):
        return _adapted_line(methodology, group, place, lines, left_out)
    return [_adapted_line(methodology, group, f"{place}[{number}]", line, left_out) for number, line in enumerate(lines)]


def _adapted_line(
    methodology: Methodology, group: Group, place: str, line: Mapping[str, Any], left_out: list[str]
) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in nest(group, line).items():
        if key in group.groups:
            kept[key] = _adapted(methodology, group.groups[key], f"{place}.{key}", value, left_out)
        elif key in (group.item, LABEL) or (key in group.symbols and not group.symbols[key].is_output):
            kept[key] = value
        else:
            left_out.append(say("compare.left_out", place=place, name=key, methodology=methodology.id))
    return kept


def _bridge(one: Result, two: Result, inputs: Mapping[str, Any]) -> list[tuple[str, str, float]]:
    steps = []
    streams = dict.fromkeys([*one.compiled.streams, *two.compiled.streams])
    for stream in streams:
        before, after = _signed(one, stream), _signed(two, stream)
        if before == after:
            continue
        if not one.entries.get(stream) or not two.entries.get(stream):
            steps.append(("boundary", stream, after - before))
            continue
        held = _with_factors_of(one, two, stream, inputs)
        factors = 0.0 if held is None else after - held
        if factors:
            steps.append(("factors", stream, factors))
        if after - before - factors:
            steps.append(("formulas", stream, after - before - factors))
    return steps


def _signed(result: Result, stream: str) -> float:
    group = result.compiled.streams.get(stream)
    return 0.0 if group is None or not SIGN[group.scope] else float(result.by_stream[stream])


def _with_factors_of(one: Result, two: Result, stream: str, inputs: Mapping[str, Any]) -> float | None:
    """The second methodology's stream with the first one's default values; None where they cannot be put in."""
    lines = inputs[stream]
    listed = [lines] if isinstance(lines, Mapping) else list(lines)
    if len(listed) != len(one.entries[stream]):
        return None
    group = two.compiled.streams[stream]
    changed = []
    for line, entry in zip(listed, one.record()["inputs"][stream], strict=True):
        defaults = {
            k: v for k, v in entry.items() if k in group.symbols and k not in line and _takes(group.symbols[k], one, stream, k)
        }
        changed.append({**line, **defaults})
    plan_inputs = {stream: changed}
    try:
        held = two.methodology.calculate(plan_inputs, region=two.context.region, period=two.context.year, gwp=two.compiled.gwp)
    except InputError:
        return None
    return _signed(held, stream)


def _takes(symbol: Symbol, one: Result, stream: str, name: str) -> bool:
    """Whether a symbol of the second is the same kind of quantity as its namesake in the first."""
    other = one.compiled.streams[stream].symbols[name]
    return symbol.kind == other.kind == "factor" and symbol.unit.dims == other.unit.dims and symbol.unit.scale == other.unit.scale
