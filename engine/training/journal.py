"""What a run tells: a line in its journal, progress on the screen, TensorBoard where it is wanted.

The journal is the truth (one JSON object a line, appended); the learning curves are drawn from it at the end.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from engine.training.optional import optional
from presets.errors import InvalidRequest
from presets.sound import Sound

JOURNAL = "journal.jsonl"


class Sink(Protocol):
    """Somebody who is told how the run goes."""

    def begin(self, stage: str) -> None:
        """A stage begins."""

    def figures(self, step: int, seconds: float, progress: float, values: Mapping[str, float]) -> None:
        """Named figures at a step; progress 0 .. 1."""

    def sound(self, step: int, name: str, sound: Sound) -> None:
        """A sample."""

    def say(self, sentence: str) -> None:
        """Something a person should know."""

    def end(self) -> None:
        """The stage has ended."""


class Journal:
    """Appends to RUN/journal.jsonl."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL
        self._stage = ""

    def begin(self, stage: str) -> None:
        """Remember the stage."""
        self._stage = stage

    def figures(self, step: int, seconds: float, progress: float, values: Mapping[str, float]) -> None:
        """A line of figures; what is no number is written as null."""
        finite = {name: value if math.isfinite(value) else None for name, value in values.items()}
        self._line({"step": step, "seconds": round(seconds, 2), "progress": round(progress, 4), "figures": finite})

    def sound(self, step: int, name: str, sound: Sound) -> None:
        """Sounds are files of their own."""

    def say(self, sentence: str) -> None:
        """A line of words."""
        self._line({"said": sentence})

    def end(self) -> None:
        """Nothing is held open."""

    def _line(self, values: dict[str, Any]) -> None:
        line = {"stage": self._stage, "at": round(time.time(), 1), **values}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


class Screen:
    """A progress bar with the time that is left, and the newest figures beside it."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._progress: Progress | None = None
        self._shown: dict[str, float] = {}

    def begin(self, stage: str) -> None:
        """Show a bar."""
        self._shown = {}
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
        )
        self._task = self._progress.add_task(stage, total=1.0, figures="")
        self._progress.start()

    def figures(self, step: int, seconds: float, progress: float, values: Mapping[str, float]) -> None:
        """Move the bar."""
        if self._progress is None:
            return
        self._shown.update({name: v for name, v in values.items() if "," not in name})
        told = "  ".join(f"{name} {value:.4g}" for name, value in self._shown.items())
        self._progress.update(self._task, completed=progress, figures=f"step {step}  {told}")

    def sound(self, step: int, name: str, sound: Sound) -> None:
        """Screens do not sound."""

    def say(self, sentence: str) -> None:
        """Above the bar."""
        self._console.print(sentence)

    def end(self) -> None:
        """Leave the bar as it stands."""
        if self._progress is not None:
            self._progress.stop()
        self._progress = None


class TensorBoard:
    """Curves and sounds for `tensorboard --logdir RUN/tensorboard`."""

    def __init__(self, folder: Path) -> None:
        """Raises InvalidRequest where the package is missing."""
        tensorboard = optional("torch.utils.tensorboard")
        if tensorboard is None:
            raise InvalidRequest(
                "TensorBoard is not installed: pip install 'onetake[train]', or leave --tensorboard out."
            )
        self._writer = tensorboard.SummaryWriter(str(folder / "tensorboard"))
        self._stage = ""

    def begin(self, stage: str) -> None:
        """Remember the stage."""
        self._stage = stage

    def figures(self, step: int, seconds: float, progress: float, values: Mapping[str, float]) -> None:
        """A point of every curve."""
        for name, value in values.items():
            tag = f"{self._stage}/{name}".replace(" ", "_").replace(",", "")
            self._writer.add_scalar(tag, value, step)

    def sound(self, step: int, name: str, sound: Sound) -> None:
        """A sound to listen to."""
        tag = f"{self._stage}/{name}".replace(" ", "_")
        self._writer.add_audio(tag, sound.samples[:1], step, sound.rate)

    def say(self, sentence: str) -> None:
        """A text."""
        self._writer.add_text(self._stage or "run", sentence)

    def end(self) -> None:
        """Bring everything to the disk."""
        self._writer.flush()


class Reports:
    """Everybody who is told; each is told the same."""

    def __init__(self, sinks: Sequence[Sink]) -> None:
        self._sinks = sinks

    def begin(self, stage: str) -> None:
        """A stage begins."""
        for sink in self._sinks:
            sink.begin(stage)

    def figures(self, step: int, seconds: float, progress: float, values: Mapping[str, float]) -> None:
        """Named figures at a step."""
        for sink in self._sinks:
            sink.figures(step, seconds, progress, values)

    def sound(self, step: int, name: str, sound: Sound) -> None:
        """A sample."""
        for sink in self._sinks:
            sink.sound(step, name, sound)

    def say(self, sentence: str) -> None:
        """Something a person should know."""
        for sink in self._sinks:
            sink.say(sentence)

    def end(self) -> None:
        """The stage has ended."""
        for sink in self._sinks:
            sink.end()


def read_journal(folder: Path) -> list[dict[str, Any]]:
    """The journal's lines; a last line that was cut off by a crash is left out."""
    lines = []
    path = folder / JOURNAL
    if not path.exists():
        return []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            continue
    return lines
