"""Where sounds are made: in the engine's process when one runs, else in this one; both look the same here.

The process is used because its model is loaded already and other programs share it; the bytes are the same.
"""

from __future__ import annotations

import queue
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from engine.client import EngineClient, NoEngine
from engine.local import Engine, EngineError, Estimate, Made, Timing, another, correlation
from engine.protocol import Event, Failed, Progress, Ready
from presets.export import wav
from presets.schema import Edit, Recipe, with_steps
from presets.sound import Sound

OnStep = Callable[[object], None]
Told = Callable[[float], None]


class Maker(Protocol):
    """Makes sounds."""

    def render(self, recipes: Sequence[Recipe], on_step: OnStep) -> Iterator[Made]:
        """A version for each recipe, in order; `on_step` is called after every jump of theirs."""

    def make(self, recipe: Recipe, edit: Edit | None, on_step: OnStep) -> Made:
        """One version, with an edit that is known or found on the draft."""

    def stranger(self, made: Made) -> float:
        """What identity another take of the same prompt would show."""

    def estimate(self, recipe: Recipe) -> Estimate:
        """How long a recipe takes at least; nothing where that is short, or told when it begins."""


@contextmanager
def maker(model: str, device: str, local: bool) -> Iterator[Maker]:
    """The engine's process where one runs and nothing speaks against it, else this process.

    Raises:
        UnknownModel: no model of that id.
    """
    here = Engine(model, device)
    if local or device != "auto":
        yield here
        return
    with tempfile.TemporaryDirectory(prefix="onetake-") as folder:
        try:
            from ui.report import duration  # noqa: PLC0415 (a window, which comes here too, has no use for it)

            remote = RemoteEngine(Path(folder), told=duration)
        except NoEngine:
            yield here
            return
        try:
            yield remote
        finally:
            remote.close()


@contextmanager
def process() -> Iterator[Maker]:
    """The engine's process, never this one: for a window, which must not load a model itself.

    Raises:
        NoEngine: it could not be started.
    """
    with tempfile.TemporaryDirectory(prefix="onetake-") as folder:
        remote = RemoteEngine(Path(folder), start=True)
        try:
            yield remote
        finally:
            remote.close()


class RemoteEngine:
    """The engine's process, spoken to as if it were here."""

    def __init__(self, folder: Path, start: bool = False, told: Told = lambda seconds: None) -> None:
        """Connect to a running engine.

        start: whether to start one where none runs. told: how many seconds a slow sound takes at least.

        Raises:
            NoEngine: none runs, or none could be started.
        """
        self._events: queue.Queue[Event] = queue.Queue()
        self._told = told
        self._client = EngineClient(folder, self._events.put, start=start)

    def close(self) -> None:
        """Leave; what is still being made is given up."""
        self._client.close()

    def render(self, recipes: Sequence[Recipe], on_step: OnStep) -> Iterator[Made]:
        """See Maker."""
        for recipe in recipes:
            yield self.make(recipe, None, on_step)

    def make(self, recipe: Recipe, edit: Edit | None, on_step: OnStep) -> Made:
        """See Maker.

        Raises:
            EngineError: the engine cannot make it.
        """
        if recipe.steps == 1 and edit is None:
            ready = self._wait(self._client.draft("cli", recipe), on_step)
            on_step(ready)
            sound = _sound(ready)
            return _made(ready, sound, sound)
        draft = self._wait(self._client.draft("cli", with_steps(recipe, 1)), on_step)
        ready = self._wait(self._client.refine(recipe, edit or draft.version.edit), on_step)
        return _made(ready, _sound(ready), _sound(draft))

    def stranger(self, made: Made) -> float:
        """See Maker."""
        other = self._wait(self._client.refine(another(made.version.recipe)), lambda step: None)
        return correlation(made.draft, _sound(other))

    def estimate(self, recipe: Recipe) -> Estimate:
        """See Maker: the process knows the machine, and tells when it begins."""
        return Estimate()

    def _wait(self, ticket: str, on_step: OnStep) -> Ready:
        while True:
            event = self._events.get()
            if isinstance(event, Progress) and event.ticket == ticket:
                if event.done:
                    on_step(event)
                else:
                    self._told(event.seconds)
            elif isinstance(event, Failed) and event.ticket == ticket:
                raise EngineError(event.sentence)
            elif isinstance(event, Ready) and event.ticket == ticket:
                return event


def _sound(ready: Ready) -> Sound:
    return wav.read(Path(ready.path)).sound


def _made(ready: Ready, sound: Sound, draft: Sound) -> Made:
    timing = Timing(ready.text, ready.network, ready.codec)
    return Made(ready.version, sound, draft, timing, ready.remarks, ready.unfamiliar)
