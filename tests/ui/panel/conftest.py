"""Windows of a test's own, with a quick engine that speaks the real protocol, or with the real processes."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import itertools
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from engine.local import Ask, plan
from engine.protocol import Failed, Judged, Progress, Ready
from plugin_bridge.audio.client import AudioClient
from plugin_bridge.audio.protocol import Loaded, Opened, Output, State
from presets import edit as edits
from presets.character import character
from presets.export.version import keep_native
from presets.schema import Edit, Recipe, Version, content_id, with_steps
from presets.sound import Sound
from tests.engine.process.conftest import module_state, own_state
from ui.app import dressed
from ui.audio_live import AudioLive
from ui.engine_live import EngineLive
from ui.message import Messages
from ui.session import Session
from ui.settings import SettingsFile
from ui.studio import Studio
from ui.window import Window

__all__ = ["module_state", "own_state"]

PATIENCE_MS = 60_000


def recipe(text: str = "a glass bell", seed: int = 1, steps: int = 1) -> Recipe:
    """A recipe of the starter."""
    return plan(Ask(text, seed=seed, steps=steps))[0]


def sound_of(made: Recipe) -> Sound:
    """A quarter of a second that depends on every field: a decaying hit whose pitch is its content's."""
    number = int(content_id(with_steps(made, 1))[:6], 16)
    at = np.arange(11025) / 44100
    hit = np.sin(2 * np.pi * (80 + number % 2000) * at) * np.exp(-20 * at) / (1 + 0.01 * made.steps)
    return Sound(hit[None].astype(np.float32), 44100)


def opinion_of(path: Path, text: str) -> tuple[float, tuple[float, ...]]:
    """What an orderly judge says: everything by the file's name."""
    angle = int(path.stem[:6], 16) / 16**6
    return angle, (float(np.cos(angle)), float(np.sin(angle)))


def version_of(made: Recipe, edit: Edit | None = None) -> Version:
    """Its version."""
    sound = sound_of(made)
    found = edit or edits.find(sound, character(made.prompt.text), made.prompt.length)
    identity = None if made.steps == 1 else 0.9
    return Version(recipe=made, edit=found, checksum=sound.checksum(), identity=identity)


class QuickEngine(EngineLive):
    """Answers on the next turn of the event loop; a refinement a step a turn. `held`: answers nothing."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.held = False
        self.asked: list[tuple[str, Recipe]] = []
        self.cancelled: set[str] = set()
        self.fails = ""
        self.judged: list[tuple[Path, str]] = []
        self.opinion: Callable[[Path, str], tuple[float, tuple[float, ...]] | str] = opinion_of
        self._to_judge: list[tuple[str, Path, str]] = []
        self._queue: list[tuple[str, str, Recipe, Edit | None, int]] = []
        self._replaced: list[str] = []
        self._folder_of = folder
        self._turn = QTimer(self)
        self._turn.timeout.connect(self._work)
        self._ready = False

    @property
    def pid(self) -> int:
        return os.getpid()

    def start(self) -> None:
        self._ready = True
        self._turn.start(0)
        self.state.emit("ready", "")

    def draft(self, slot: str, recipe: Recipe) -> str:
        return self._add(slot, recipe, None)

    def refine(self, recipe: Recipe, edit: Edit) -> str:
        return self._add("", recipe, edit)

    def judge(self, path: Path, text: str) -> str:
        if not self._ready:
            return ""
        self._to_judge.append((uuid.uuid4().hex, path, text))
        return self._to_judge[-1][0]

    def spare(self, recipe: Recipe, edit: Edit | None = None) -> str:
        return self._add("", recipe, edit)

    def cancel(self, ticket: str) -> None:
        self.cancelled.add(ticket)

    def warm(self, model: str) -> None:
        pass

    def close(self) -> None:
        self._turn.stop()

    def _add(self, slot: str, recipe: Recipe, edit: Edit | None) -> str:
        if not self._ready:
            return ""
        ticket = uuid.uuid4().hex
        self.asked.append((slot, recipe))
        for old in [job for job in self._queue if slot and job[1] == slot]:
            self._queue.remove(old)
            self._replaced.append(old[0])
        self._queue.append((ticket, slot, recipe, edit, 0))
        return ticket

    def _work(self) -> None:
        while self._replaced:
            self.news.emit(Failed(ticket=self._replaced.pop(), kind="replaced", sentence="Replaced."))
        if self.held:
            return
        if not self._queue:
            self._judge_one()
            return
        self._queue.sort(key=lambda job: job[2].steps > 1)
        ticket, slot, recipe, edit, done = self._queue.pop(0)
        if ticket in self.cancelled:
            self.news.emit(Failed(ticket=ticket, kind="cancelled", sentence="No longer wanted."))
        elif self.fails:
            self.news.emit(Failed(ticket=ticket, kind="failed", sentence=self.fails))
        elif recipe.steps > 1 and done < recipe.steps:
            self.news.emit(Progress(ticket=ticket, done=done + 1, steps=recipe.steps))
            self._queue.append((ticket, slot, recipe, edit, done + 1))
        else:
            version = version_of(recipe, edit)
            path = keep_native(self._folder_of, sound_of(recipe), version)
            self.news.emit(
                Ready(
                    ticket=ticket,
                    slot=slot,
                    path=str(path),
                    version=version,
                    silent=False,
                    text=0.01,
                    network=0.02,
                    codec=0.03,
                )
            )

    def _judge_one(self) -> None:
        if not self._to_judge:
            return
        ticket, path, text = self._to_judge.pop(0)
        if ticket in self.cancelled:
            self.news.emit(Failed(ticket=ticket, kind="cancelled", sentence="No longer wanted."))
            return
        self.judged.append((path, text))
        found = self.opinion(path, text)
        if isinstance(found, str):
            self.news.emit(Failed(ticket=ticket, kind="failed", sentence=found))
        else:
            self.news.emit(Judged(ticket=ticket, fit=found[0], mark=found[1]))


class QuickAudio(AudioLive):
    """Speaks the audio process's protocol without one: what is loaded is loaded, what is heard is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self._answers: list[object] = []
        self._turn = QTimer(self)
        self._turn.timeout.connect(self._work)

    def start(self) -> None:
        self.client = self
        self._turn.start(0)
        self.fresh.emit()

    def load(self, sound: str, path: Path) -> None:
        self._answers.append(Loaded(sound=sound, seconds=0.25, channels=1, loudness=-20.0))

    def open(self, output: Output) -> None:
        self.last = State(open=True, beat=1)
        self._answers.append(Opened(driver="none", device="", daw="", rate=48000, block=480, latency=0))

    def audition(self, sound: str, gain_db: float = 0.0) -> None:
        self.heard.append(sound)

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name not in AudioClient.__dict__:
            raise AttributeError(name)
        return lambda *_, **__: None

    def close(self) -> None:
        self._turn.stop()
        self.client = None

    def _work(self) -> None:
        while self._answers:
            self.news.emit(self._answers.pop(0))


class Panel:
    """A window, and what a test waits for."""

    def __init__(self, folder: Path, qtbot, quick: bool) -> None:
        self.qtbot, self.folder = qtbot, folder
        settings = SettingsFile(folder / "settings")
        settings.change(output=Output(driver="none"))
        self.session, self.messages = Session(folder / "session"), Messages()
        engine = QuickEngine(self.session.drafts) if quick else None
        audio = QuickAudio() if quick else None
        self.studio = Studio(self.session, settings, self.messages, engine=engine, audio=audio)
        self.window = Window(self.studio)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitExposed(self.window)
        self.window.finish()
        self.studio.start()
        self.until(lambda: self.studio.audio.client is not None and self.studio.audio.last.open)

    @property
    def flow(self):
        return self.studio.flow

    @property
    def engine(self) -> QuickEngine:
        return self.studio.engine

    @property
    def sentences(self) -> list[str]:
        return [message.sentence for message in self.messages.all]

    def until(self, holds: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(holds, timeout=PATIENCE_MS)

    def write(self, text: str) -> None:
        """Type words into the prompt, key by key."""
        self.window.to_prompt()
        self.qtbot.keyClicks(self.window.prompt, text)

    def settled(self) -> None:
        """Until everything that was asked for is there and can be played."""

        def holds() -> bool:
            slots = self.flow.slots
            full = all(slot.recipe for slot in slots) and self.flow.complete and not self.studio._typing.waits
            right = full and all(
                s.recipe.prompt.text == self.flow.wishes.text.strip() for s in slots if not s.pinned
            )
            shown = [self.studio.shelf.sound(self.flow, s.recipe) for s in slots]
            keys = set(self.studio.sounding.on_keys().values())
            return bool(right) and all(s is not None and s.name in keys for s in shown)

        self.until(holds)

    def press(self, key, modifier=None) -> None:
        """A key on whatever has the focus."""
        widget = QApplication.focusWidget() or self.window
        args = (widget, key) if modifier is None else (widget, key, modifier)
        self.qtbot.keyClick(*args)

    def close(self) -> None:
        if self.window.isVisible() or self.studio.audio.client is not None:
            self.window.close()


@pytest.fixture
def open_panel(qtbot, qapp, tmp_path) -> Iterator[Callable[..., Panel]]:
    """Opens windows of this test's own; they are closed, and no thread of theirs is left."""
    dressed()
    opened: list[Panel] = []
    before = set(threading.enumerate())

    def make(folder: Path | None = None, quick: bool = True) -> Panel:
        panel = Panel(folder or tmp_path, qtbot, quick)
        opened.append(panel)
        return panel

    yield make
    for panel in opened:
        panel.close()
        panel.window.deleteLater()
        panel.studio.deleteLater()
    qtbot.waitUntil(lambda: not left_over(before), timeout=PATIENCE_MS)


def left_over(before: set[threading.Thread]) -> list[threading.Thread]:
    """Threads that were not there before."""
    return [thread for thread in threading.enumerate() if thread not in before and thread.is_alive()]


@pytest.fixture
def panel(open_panel) -> Panel:
    """A window with the quick engine."""
    return open_panel()


@pytest.fixture
def draw() -> Callable[[], int]:
    """Seeds from 100 upwards."""
    count = itertools.count(100)
    return lambda: next(count)
