"""Inventory files: an organisation with its entities, their inputs, and what the report states besides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from carbonacct.errors import CarbonacctError, FileError, InputError
from carbonacct.inventory.base_year import BaseYear, Change, Kind, Recalculation
from carbonacct.inventory.entities import Approach, Control, Entity
from carbonacct.inventory.inventory import Inventory
from carbonacct.inventory.significance import Screening, screen
from carbonacct.methodology import load
from carbonacct.schema import files, yaml
from carbonacct.schema.models import Model, Number, StrList


class EntityFile(Model):
    """An entity with its inputs; region and methodology are those of its parent, or of the file, unless it has its own."""

    name: str
    equity: Number = 1
    financial_control: Control = "full"
    operational_control: bool = True
    methodology: str | None = None
    region: str | None = None
    inputs: dict[str, Any] | None = None
    entities: list[EntityFile] = Field(default_factory=list)


class ChangeFile(Model):
    """A change of the base year."""

    name: str
    kind: Kind
    effect: Number
    since: int | None = None


class BaseYearFile(Model):
    """The base year, and the changes since."""

    year: int
    total: Number
    threshold: Number | None = None
    changes: list[ChangeFile] = Field(default_factory=list)


class ScreeningFile(Model):
    """What :func:`carbonacct.inventory.screen` asks for."""

    magnitude: Number
    estimates: dict[str, Number]
    scores: dict[str, dict[str, Number]] = Field(default_factory=dict)
    weights: dict[str, Number] = Field(default_factory=dict)
    cut_off: Number | None = None
    exclusions: dict[str, str] = Field(default_factory=dict)


class Indicator(Model):
    """What emissions are divided by: employees, floor area, revenue."""

    name: str
    value: Number
    unit: str


class Instrument(Model):
    """An offset, allowance or certificate: listed apart, never deducted."""

    name: str
    amount: Number
    unit: str = "tCO2e"


class InventoryFile(Model):
    """An inventory file."""

    methodology: str
    organisation: EntityFile
    approach: Approach
    period: int | str
    region: str | None = None
    gwp: StrList = Field(default_factory=list)
    responsible: str | None = None
    purpose: str | None = None
    verification: str | None = None
    uncertainty: str | None = None
    uncertainties: dict[str, Number] = Field(default_factory=dict)
    changes: str | None = None
    exclusions: dict[str, str] = Field(default_factory=dict)
    base_year: BaseYearFile | None = None
    screening: ScreeningFile | None = None
    indicators: list[Indicator] = Field(default_factory=list)
    instruments: list[Instrument] = Field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """A file read and calculated: the inventory and what the report says with it."""

    file: InventoryFile
    inventory: Inventory
    screening: Screening | None
    recalculation: Recalculation | None
    uncertainty: tuple[float, float] | None = None


def calculate(path: Path, approach: str | None = None) -> Case:
    """Read an inventory file and consolidate it, under another approach if one is given.

    Raises FileError with every fault of the file or of an entity's inputs, each with its place.
    """
    document = yaml.load(path)
    file = files.validate(document, InventoryFile)
    problems: list[str] = []
    top = _entity(file.organisation, file, file.region, file.methodology, document, ("organisation",), problems)
    if problems:
        raise FileError(problems)
    screening = _located(document, ("screening",), lambda: _screening(file.screening), problems)
    recalculation = _located(document, ("base_year",), lambda: _recalculation(file.base_year), problems)
    inventory = _located(document, ("organisation",), lambda: Inventory(top, approach or file.approach), problems)
    if problems:
        raise FileError(problems)
    uncertainty = None
    if file.uncertainties:
        half_widths = {stream: float(value) for stream, value in file.uncertainties.items()}
        uncertainty = _located(document, ("uncertainties",), lambda: inventory.uncertainty(half_widths), problems)
    if problems:
        raise FileError(problems)
    return Case(file, inventory, screening, recalculation, uncertainty)


def _entity(
    spec: EntityFile, file: InventoryFile, region: str | None, methodology: str,
    document: yaml.Document, place: yaml.Place, problems: list[str],
) -> Entity:  # fmt: skip
    region, methodology = spec.region or region, spec.methodology or methodology
    below = tuple(
        _entity(sub, file, region, methodology, document, (*place, "entities", number), problems)
        for number, sub in enumerate(spec.entities)
    )
    result = None
    if spec.inputs is not None:
        result = _located(
            document,
            (*place, "inputs"),
            lambda: load(methodology).calculate(
                spec.inputs or {}, region=region, period=file.period, gwp=file.gwp or None, entity=spec.name
            ),
            problems,
        )
    return Entity(spec.name, result, float(spec.equity), spec.financial_control, spec.operational_control, below)


def _located(document: yaml.Document, place: yaml.Place, action: Any, problems: list[str]) -> Any:
    try:
        return action()
    except InputError as error:
        problems.extend(f"{document.where(place)}: {problem}" for problem in error.problems)
    except CarbonacctError as error:
        problems.append(f"{document.where(place)}: {error}")
    return None


def _screening(spec: ScreeningFile | None) -> Screening | None:
    if spec is None:
        return None
    return screen(
        spec.estimates,
        magnitude=float(spec.magnitude),
        scores=spec.scores,
        weights=spec.weights,
        cut_off=None if spec.cut_off is None else float(spec.cut_off),
        exclusions=spec.exclusions,
    )


def _recalculation(spec: BaseYearFile | None) -> Recalculation | None:
    if spec is None:
        return None
    own = {} if spec.threshold is None else {"threshold": float(spec.threshold)}
    base = BaseYear(spec.year, float(spec.total), **own)
    return base.recalculated([Change(c.name, c.kind, float(c.effect), c.since) for c in spec.changes])
