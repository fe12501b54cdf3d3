"""The results: figures by name, models side by side, as a table for eyes and JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, Literal

from rich.table import Table

from engine.evaluation.intervals import Estimate
from presets.files import write_atomically

Unit = Literal["%", "", "dB", "dBFS", "cents", "ms", "x 1000"]


@dataclass(frozen=True)
class Figure:
    """A measured value, its 95 % interval where there is one, and its unit; rates are 0 .. 1 with the unit %."""

    value: float
    unit: Unit = ""
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """As the table shows it."""
        if math.isnan(self.value):
            return "-"
        scale = {"%": 100.0, "x 1000": 1000.0}.get(self.unit, 1.0)
        digits = {"%": 1, "": 3, "x 1000": 1}.get(self.unit, 1)
        shown = f"{self.value * scale:.{digits}f}"
        if self.low is None or self.high is None:
            return shown
        return f"{shown} ({self.low * scale:.{digits}f} to {self.high * scale:.{digits}f})"


def estimated(estimate: Estimate, unit: Unit = "") -> Figure:
    """An estimate as a figure."""
    return Figure(estimate.value, unit, estimate.low, estimate.high)


@dataclass
class Column:
    """What was measured of one model, or of the real sounds.

    figures: by the row's name, in the order of the table. details: what a program may want to know besides.
    """

    name: str
    figures: dict[str, Figure] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Results:
    """Columns of one evaluation, and how it was done."""

    columns: tuple[Column, ...]
    settings: Mapping[str, Any]

    @property
    def rows(self) -> dict[str, Unit]:
        """The names of all rows in order, each with its unit."""
        return {name: figure.unit for column in self.columns for name, figure in column.figures.items()}


def table(results: Results) -> Table:
    """The results as a table, one column a model."""
    shown = Table(box=None, padding=(0, 2, 0, 0))
    shown.add_column("measure (95 % interval)", overflow="fold")
    shown.add_column("unit", style="dim")
    for column in results.columns:
        shown.add_column(column.name, justify="right", no_wrap=True)
    for name, unit in results.rows.items():
        cells = [str(column.figures[name]) if name in column.figures else "" for column in results.columns]
        shown.add_row(name, unit, *cells)
    return shown


def markdown(results: Results) -> str:
    """The same for a model card."""
    heads = ["measure (95 % interval)", "unit", *(column.name for column in results.columns)]
    lines = [heads, ["---"] * len(heads)]
    for name, unit in results.rows.items():
        lines.append([name, unit, *(str(column.figures.get(name, "")) for column in results.columns)])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def write(results: Results, path: Path) -> None:
    """Write the results as JSON.

    Raises:
        NotWritten: the file could not be written.
    """
    content = {
        "format": "onetake-evaluation",
        "version": 1,
        "made_by": f"Onetake {installed_version('onetake')}",
        "settings": dict(results.settings),
        "columns": [asdict(column) for column in results.columns],
    }
    write_atomically(path, (json.dumps(_finite(content), indent=1) + "\n").encode(), overwrite=True)


def _finite(value: Any) -> Any:
    """JSON knows no NaN: null stands for it."""
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
