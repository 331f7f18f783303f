"""Monte-Carlo on the batch engine: a sample is an entity, so a million draws are one more axis of the same plan."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import narwhals as nw
import numpy as np

from carbonacct.engine.arrays import Batch
from carbonacct.engine.compile import ITEM
from carbonacct.engine.frames import FrameResult, StreamLines
from carbonacct.engine.plan import Custom, Entry, GroupPlan
from carbonacct.errors import InputError
from carbonacct.messages import say
from carbonacct.values import Value

if TYPE_CHECKING:
    from carbonacct.engine.result import Result
    from carbonacct.methodology import Methodology

Column: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


@dataclass
class Sample:
    """Draws of every total: ``totals[key]`` is an array of n values in the total's unit; ``best`` the undisturbed result."""

    best: Result
    totals: Mapping[str, Column]

    def mean(self, key: str = "E") -> Value:
        return Value(float(np.mean(self.totals[key])), self.best.totals[key].unit)

    def interval(self, key: str = "E", share: float = 0.95) -> tuple[Value, Value]:
        """The central interval that holds ``share`` of the draws."""
        low, high = np.quantile(self.totals[key], [(1 - share) / 2, (1 + share) / 2])
        unit = self.best.totals[key].unit
        return Value(float(low), unit), Value(float(high), unit)


def sample(methodology: Methodology, result: Result, uncertain: Mapping[str, Any], n: int, seed: int) -> Sample:
    """Draw and calculate. Raises InputError for a target that takes no part or a distribution that is none."""
    drawn: dict[int, dict[str, Column]] = {}
    for target, distribution in uncertain.items():
        entry, name, _ = result._tracer.find(target)
        if entry is None or name is None:
            raise InputError([say("sample.target", target=target)])
        drawn.setdefault(id(entry), {})[name] = draw(target, result.value(target), distribution, n, seed)
    plan = methodology.plan(result.compiled.gwp)
    nothing = nw.from_dict({"sample": []}, backend="pandas")
    streams = {}
    for stream, entries in result.entries.items():
        batch = _batch(plan.streams[stream], entries, drawn, n)
        contexts = ([result.context], np.zeros(batch.n, dtype=np.intp))
        outputs = plan.streams[stream].run_batch(batch, contexts, lambda group, row: f"{group.path}[{row}]")
        streams[stream] = StreamLines(plan.streams[stream], batch, np.repeat(np.arange(n), len(entries)), outputs, nothing)
    frame = FrameResult(methodology, plan, ("sample",), {"sample": list(range(n))}, streams, {})
    return Sample(result, frame.total_columns)


def draw(target: str, value: float, distribution: Sequence[Any], n: int, seed: int) -> Column:
    """The draws of one target; they depend on the seed and the target's name only, not on threads or other targets."""
    generator = np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(target.encode())]))
    match distribution:
        case ("normal", float() | int() as relative):
            return generator.normal(value, abs(value) * relative, n)
        case ("uniform", float() | int() as low, float() | int() as high) if low <= high:
            return generator.uniform(low, high, n)
        case ("triangular", float() | int() as low, float() | int() as mode, float() | int() as high) if (
            low <= mode <= high and low < high
        ):
            return generator.triangular(low, mode, high, n)
    raise InputError([say("sample.distribution", target=target, got=repr(distribution))])


def _batch(plan: GroupPlan, entries: Sequence[Entry], drawn: Mapping[int, Mapping[str, Column]], n: int) -> Batch:
    """n copies of the lines, sample by sample, with the drawn symbols as measured values."""
    names = {name for entry in entries for name in (*entry.values, *drawn.get(id(entry), ()))}
    values = {}
    for name in names:
        columns = [drawn.get(id(entry), {}).get(name, np.full(n, entry.values.get(name, np.nan))) for entry in entries]
        values[name] = np.stack(columns, axis=1).reshape(-1)
    codes: dict[str, Any] = {}
    if plan.group.items is not None:
        if any(isinstance(entry.item, Custom) for entry in entries):
            raise InputError([say("sample.custom", place=entries[0].place)])
        codes[ITEM] = np.tile([plan.codes[ITEM][str(entry.item)] for entry in entries], n)
    for name, symbol in plan.group.symbols.items():
        if symbol.kind == "choice" and any(name in entry.choices for entry in entries):
            options = [entry.choices.get(name, symbol.default_option) for entry in entries]
            codes[name] = np.tile([plan.codes[name][option] if option else -1 for option in options], n)
    groups = {}
    for name, sub in plan.subs.items():
        owners = [(number, item) for number, entry in enumerate(entries) for item in entry.groups.get(name, ())]
        if owners:
            inner = _batch(sub, [item for _, item in owners], drawn, n)
            parents = np.array([number for number, _ in owners])
            inner.parent = (np.arange(n)[:, None] * len(entries) + parents).reshape(-1)
            groups[name] = inner
    return Batch(n * len(entries), values, codes, groups)
