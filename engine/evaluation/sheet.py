"""A contact sheet of spectrograms: what the figures are about, at a glance.

Above prompts from held-out captions with the real sound, below prompts in free words; draft and refined take of
every model under each other. Drawn with matplotlib, which is loaded only here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.evaluation.ground import FIRST_TAKE, Ground
from engine.evaluation.subject import Subject
from engine.evaluation.watch import Watch
from engine.plain import FRAME_RATE, levels
from presets.errors import NotWritten
from presets.sound import Sound

_ACROSS = 8
_SHOWN_DB = -70


@dataclass(frozen=True)
class Strip:
    """A row of spectrograms: what it is, and a sound or nothing below each title; titles for a heading row."""

    name: str
    titles: tuple[str, ...]
    sounds: tuple[Sound | None, ...]


def strips(subjects: Sequence[Subject], there: Ground, watch: Watch) -> list[Strip]:
    """The rows of the sheet: two groups of eight prompts each."""
    free = there.prompts[:: max(1, len(there.prompts) // _ACROSS)][:_ACROSS]
    titles = there.captions[:_ACROSS]
    rows = [Strip("real", titles, there.some[:_ACROSS])]
    rows += _models(subjects, titles, there, watch)
    return rows + _models(subjects, tuple(prompt for prompt, _ in free), there, watch)


def write(rows: Sequence[Strip], path: Path) -> None:
    """Draw the sheet as PNG.

    Raises:
        NotWritten: matplotlib is not installed, or the file could not be written.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 (only a sheet needs it)
    except ImportError as error:
        raise NotWritten(f"{path.name} needs the Python package matplotlib: pip install matplotlib.") from error
    figure = Figure(figsize=(2.2 * _ACROSS, 1.7 * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), _ACROSS, squeeze=False)
    for axes, row in zip(grid, rows, strict=True):
        for place in axes:
            place.set_axis_off()
        for place, title, sound in zip(axes, row.titles, row.sounds, strict=False):
            place.set_title("\n".join(textwrap.wrap(f"{row.name}: {title}", 34)[:2]), fontsize=6)
            if sound is not None:
                heard = levels(sound)
                extent = (0.0, heard.shape[1] / FRAME_RATE, 0.0, 1.0)
                place.imshow(heard, origin="lower", aspect="auto", vmin=_SHOWN_DB, vmax=0, extent=extent)
    try:
        figure.savefig(path, dpi=110)
    except OSError as error:
        raise NotWritten(f"{path} could not be written: {error.strerror}.") from error


def _models(subjects: Sequence[Subject], prompts: Sequence[str], there: Ground, watch: Watch) -> list[Strip]:
    rows = []
    for subject in subjects:
        for steps in (1, there.size.steps):
            sounds = []
            for i, prompt in enumerate(prompts):
                sounds.append(subject.render(prompt, FIRST_TAKE + i, steps, there.size.seconds))
                watch("contact sheet", len(sounds), len(prompts))
            rows.append(Strip(f"{subject.name}, {steps}", tuple(prompts), tuple(sounds)))
    return rows
