"""A methodology as users hold it: load, calculate, explain, fill in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carbonacct.engine.compile import Compiled, compile_methodology
from carbonacct.engine.inputs import read_inputs
from carbonacct.engine.plan import Context, Plan
from carbonacct.engine.result import Result
from carbonacct.errors import FileError, InputError
from carbonacct.messages import say
from carbonacct.schema import files, models, paths, yaml

if TYPE_CHECKING:
    from carbonacct.engine.frames import FrameResult
    from carbonacct.engine.uncertainty import Sample


class Methodology:
    """A published methodology, compiled and proven.

    id, version, title and model (the validated file) describe it; :meth:`calculate` runs it on one entity,
    :meth:`calculate_frame` on many.
    """

    def __init__(self, model: models.Methodology, document: yaml.Document, path: Path) -> None:
        self.model = model
        self.path = path
        self._document = document
        self._plans: dict[Any, Plan] = {}

    @property
    def id(self) -> str:
        return self.model.id

    @property
    def version(self) -> str:
        return self.model.version

    @property
    def title(self) -> models.Title:
        return self.model.title

    @cached_property
    def compiled(self) -> Compiled:
        """The compiled form with the GWP set and the tables that the text prescribes."""
        return self.plan().compiled

    def plan(
        self,
        gwp: str | Sequence[str] | None = None,
        tables: Mapping[str, str] | None = None,
        constants: Mapping[str, str] | None = None,
    ) -> Plan:
        """The plan under a GWP set, table replacements and constants held at given values (as exact fractions in text).

        Raises FileError with every fault of the file.
        """
        sets = tuple(self.model.gwp) if gwp is None else (gwp,) if isinstance(gwp, str) else tuple(gwp)
        key = (sets, tuple(sorted((tables or {}).items())), tuple(sorted((constants or {}).items())))
        if key not in self._plans:
            compiled = compile_methodology(self.model, self._document, sets, dict(tables or {}), dict(constants or {}))
            self._plans[key] = Plan(compiled)
        return self._plans[key]

    def calculate(
        self,
        inputs: Mapping[str, Any],
        *,
        region: str | None = None,
        period: int | str | None = None,
        gwp: str | Sequence[str] | None = None,
        tables: Mapping[str, str] | None = None,
        entity: str | None = None,
    ) -> Result:
        """Calculate one entity.

        inputs: stream → list of lines (mappings of symbols), or one mapping for a stream without items. A quantity is a
        number in the symbol's declared unit, ``"120000 t"``, ``(value, unit)`` or a pint quantity of any registry.
        region: ISO 3166-2 code or name (``CN-SC``); period: year or date; both select keyed factors.
        gwp: a GWP set or several in order of preference; tables: replacements of factor tables by id.
        Raises InputError with all the problems of the inputs at once.
        """
        return self._run(self.plan(gwp, tables), inputs, region, period, entity)

    def _run(
        self, plan: Plan, inputs: Mapping[str, Any], region: str | None, period: int | str | None, entity: str | None
    ) -> Result:
        problems: list[str] = []
        context = make_context(region, period, problems)
        entries = read_inputs(plan, inputs, problems)
        if not problems:
            for stream, lines in entries.items():
                for entry in lines:
                    plan.streams[stream].run_entry(entry, context, problems)
        if problems:
            raise InputError(list(dict.fromkeys(problems)))
        return Result(self, plan.compiled, context, entries, {"entity": entity, "period": period})

    def calculate_frame(
        self,
        frames: Mapping[str, Any],
        by: Sequence[str] = ("entity",),
        *,
        region: str | None = None,
        period: int | str | None = None,
        gwp: str | Sequence[str] | None = None,
        tables: Mapping[str, str] | None = None,
    ) -> FrameResult:
        """Calculate many entities from data frames of any library that narwhals knows.

        frames: stream → frame with one row per line; columns are the ``by`` columns, the item, symbols, and optionally
        ``region`` and ``period``. Sub-lines come as ``"stream.months"`` with a column ``line``: the row number of their line.
        Empty cells (NaN, null) are values not given. Raises InputError with the rows concerned.
        """
        from carbonacct.engine.frames import calculate_frame

        return calculate_frame(self, self.plan(gwp, tables), frames, tuple(by), region, period, tables or {})

    def replay(self, record: Mapping[str, Any]) -> Result:
        """Calculate a stored record (:meth:`Result.record`) again, with the factors it was made with.

        Gives the stored totals to the last bit, whatever the factor tables say today; ``result.changed`` tells whether
        the methodology or a factor has changed since.
        """
        from carbonacct.engine.record import replay

        return replay(self, record)

    def sample(
        self,
        inputs: Mapping[str, Any],
        uncertain: Mapping[str, Any],
        *,
        n: int = 10_000,
        seed: int = 0,
        region: str | None = None,
        period: int | str | None = None,
        gwp: str | Sequence[str] | None = None,
    ) -> Sample:
        """Monte-Carlo: calculate ``n`` times with some quantities drawn at random.

        uncertain: target (``fossil_fuel_combustion[0].NCV``) → distribution: ``("normal", 0.05)`` (relative standard
        deviation), ``("uniform", low, high)`` or ``("triangular", low, mode, high)`` (in the symbol's unit). The draws of a
        target depend on the seed and its name only.
        """
        from carbonacct.engine.uncertainty import sample

        return sample(self, self.calculate(inputs, region=region, period=period, gwp=gwp), uncertain, n, seed)

    def template(self, path: str | Path, lang: str | None = None) -> Path:
        """Write an input form to fill in (YAML)."""
        from carbonacct.reporting.forms import write_form

        return write_form(self, Path(path), lang)

    def describe(self) -> dict[str, Any]:
        """The JSON form of ``carbonacct show``."""
        from carbonacct.reporting.describe import describe

        return describe(self)

    def __repr__(self) -> str:
        return f"<Methodology {self.id} {self.version}: {self.title.en}>"


def make_context(region: str | None, period: int | str | None, problems: list[str]) -> Context:
    """The context of a calculation; regions by code or name, periods by the year they begin with."""
    return Context(find_region(region, problems), find_year(period, problems))


def find_year(period: Any, problems: list[str]) -> int | None:
    if period is None:
        return None
    match = re.match(r"\s*(\d{4})(?!\d)", str(period))
    if not match:
        problems.append(say("input.period", value=period))
        return None
    return int(match.group(1))


def find_region(region: str | None, problems: list[str]) -> str | None:
    if region is None:
        return None
    from carbonacct.schema import tables

    known = tables.load("regions/cn")
    if found := known.find(str(region)):
        return found
    rows = [row for name in ("grid/regional", "grid/national") for row in tables.load(name).rows.values()]
    if any(region == row.keys.get("region") or region in row.members for row in rows):
        return region
    hint = known.suggestion(str(region))
    problems.append(say("input.region", value=region) + (say("hint.nearest", name=hint) if hint else ""))
    return None


@lru_cache(maxsize=256)
def _load(name: str, path: Path, stamp: tuple[int, int]) -> Methodology:  # noqa: ARG001
    model, document = files.read(path, models.Methodology)
    if model.id != name:
        raise FileError([f"{document.where(('id',))}: {say('file.id_mismatch', id=model.id, expected=name)}"])
    return Methodology(model, document, path)


def load(name: str) -> Methodology:
    """Load a methodology by id, English title or Chinese title. Raises NotFoundError or FileError."""
    identity = paths.identify(name)
    path = paths.find("methodologies", identity)
    status = path.stat()
    return _load(identity, path, (status.st_mtime_ns, status.st_size))


def load_file(path: str | Path) -> Methodology:
    """Load a methodology from a file outside the search path; its id is not checked against the path."""
    model, document = files.read(Path(path), models.Methodology)
    return Methodology(model, document, Path(path))
