"""Pictures of a run: learning curves and contact sheets of spectrograms, where matplotlib is installed."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from engine.training.journal import read_journal
from engine.training.optional import optional
from presets.sound import Sound

CURVES = "curves.png"

_Points = tuple[list[float], list[float]]


def sheet(path: Path, rows: Sequence[tuple[str, Sound]], columns: int = 4) -> bool:
    """A contact sheet of spectrograms, 0 to 16 kHz, 80 dB below the loudest cell; False without matplotlib."""
    made = _figure(3.0 * columns, 2.2 * -(-len(rows) // columns))
    if made is None:
        return False
    for place, (title, sound) in enumerate(rows, 1):
        axis = made.add_subplot(-(-len(rows) // columns), columns, place)
        axis.imshow(
            _level(sound),
            vmin=-80,
            vmax=0,
            origin="lower",
            aspect="auto",
            cmap="magma",
            extent=(0, sound.seconds, 0, sound.rate / 2000),
        )
        axis.set_ylim(0, 16)
        axis.set_title(title, fontsize=7)
        axis.tick_params(labelsize=6)
    made.savefig(path, dpi=90)
    return True


def curves(folder: Path) -> bool:
    """RUN/curves.png: every figure of the journal over steps, one panel each; False without matplotlib."""
    panels = _panels(read_journal(folder))
    columns = 4
    made = _figure(3.4 * columns, 2.4 * max(1, -(-len(panels) // columns)))
    if made is None:
        return False
    for place, (title, lines) in enumerate(panels.items(), 1):
        axis = made.add_subplot(-(-len(panels) // columns), columns, place)
        for label, (steps, values) in lines.items():
            axis.plot(steps, values, label=label, linewidth=1, marker=".", markersize=3)
        if all(v > 0 for _, values in lines.values() for v in values):
            axis.set_yscale("log")
        axis.set_title(title, fontsize=8)
        axis.tick_params(labelsize=6, which="both")
        if len(lines) > 1:
            axis.legend(fontsize=6)
    made.savefig(folder / CURVES, dpi=110)
    return True


def _panels(lines: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, _Points]]:
    """Title to label to points. "sigma 20, right" is the line "right" of the panel "sigma 20"."""
    panels: dict[str, dict[str, _Points]] = {}
    for line in lines:
        for name, value in line.get("figures", {}).items():
            if value is None:
                continue
            title, _, label = name.partition(", ")
            points = panels.setdefault(f"{line['stage']}: {title}", {}).setdefault(label or title, ([], []))
            points[0].append(line["step"])
            points[1].append(value)
    return panels


def _level(sound: Sound) -> np.ndarray:
    """(1025, frames) in dB below the loudest cell."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound.samples[0], 1024), 2048)[::256]
    power = 20 * np.log10(np.abs(np.fft.rfft(frames * np.hanning(2048))) + 1e-9).T
    return power - power.max()


def _figure(width: float, height: float) -> Any:
    """An empty figure in inches, drawn without a screen; None without matplotlib."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns once a machine that it lists the fonts
    figure, agg = optional("matplotlib.figure"), optional("matplotlib.backends.backend_agg")
    if figure is None or agg is None:
        return None
    made = figure.Figure(figsize=(width, height))
    made.subplots_adjust(0.04, 0.06, 0.99, 0.94, 0.2, 0.45)  # an automatic layout takes longer than all the rest
    agg.FigureCanvasAgg(made)
    return made
