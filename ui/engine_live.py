"""The engine's process as the window sees it: starts behind the window, answers as signals, heals by itself.

The client does the work (engine/client.py); here is the hop into the window's thread, and patience: where no
engine can be started, another try follows every few seconds, and the window goes on working with what it has.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from engine.client import EngineClient, NoEngine
from engine.protocol import Event, Metrics
from presets.schema import Edit, Recipe
from ui.hop import Hop

_AGAIN_MS = 5000
_LOOK_MS = 500
_LOST_SECONDS = 60.0  # the client's own patience, with a start of the engine, is shorter


class EngineLive(QObject):
    """One client of the user's engine.

    Signals: `news` brings the engine's events; `state` a word for the status line ("starting", "ready", "gone");
    `restarted` that another process took over, and has been asked again for what is pending.
    """

    news = pyqtSignal(object)
    state = pyqtSignal(str, str)
    restarted = pyqtSignal()

    def __init__(
        self, folder: Path, device: str = "auto", parent: QObject | None = None, sounds: Path | None = None
    ) -> None:
        """folder: where the engine writes its sounds. sounds: those it may judge; None is `folder`.

        Nothing is started before `start`.
        """
        super().__init__(parent)
        self._folder, self._device, self._sounds = folder, device, sounds
        self.client: EngineClient | None = None
        self._hop, self._begun = Hop(self), Hop(self)
        self._hop.arrived.connect(self._hear)
        self._begun.arrived.connect(self._came)
        self._thread: threading.Thread | None = None
        self._pid, self._closed, self._heard = 0, False, 0.0
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._watch)

    @property
    def pid(self) -> int:
        """The engine's process, 0 where there is none yet."""
        return self.client.pid if self.client else 0

    @property
    def is_over(self) -> bool:
        """Whether the client has given its engine up: another one is tried soon, and asked for all of it again."""
        return self.client is not None and self.client.is_over

    def start(self) -> None:
        """Reach the engine, in a thread of its own: this may take seconds."""
        if self._closed or self._thread is not None:
            return
        self.state.emit("starting", "")
        self._thread = threading.Thread(target=self._reach, name="engine-start", daemon=True)
        self._thread.start()

    def draft(self, slot: str, recipe: Recipe) -> str:
        """Ask for a draft; returns its ticket, "" where nobody can be asked yet."""
        return self.client.draft(slot, recipe) if self.client else ""

    def refine(self, recipe: Recipe, edit: Edit) -> str:
        """Ask for a refined version, with previews; returns its ticket, "" where nobody can be asked yet."""
        return self.client.refine(recipe, edit, preview=True) if self.client else ""

    def judge(self, path: Path, text: str) -> str:
        """Ask how well a sound fits words; returns the ticket, "" where nobody can be asked yet."""
        return self.client.judge(path, text) if self.client else ""

    def spare(self, recipe: Recipe, edit: Edit | None = None) -> str:
        """Ask for a version that nobody waits for: any draft goes before it. Answers as `refine`."""
        return self.client.refine(recipe, edit) if self.client else ""

    def cancel(self, ticket: str) -> None:
        """Give something up."""
        if self.client:
            self.client.cancel(ticket)

    def warm(self, model: str) -> None:
        """Let the engine load a model."""
        if self.client:
            self.client.warm(model)

    def close(self) -> None:
        """Leave; the engine stops when nobody needs it."""
        self._closed = True
        self._look.stop()
        self._hop.close()
        if self._thread is not None:
            self._thread.join()
        self._begun.close()
        if self.client:
            self.client.close()

    def _reach(self) -> None:
        try:
            found: EngineClient | NoEngine = EngineClient(
                self._folder, self._hop, self._device, sounds=self._sounds
            )
        except NoEngine as error:
            found = error
        if isinstance(found, EngineClient):
            self.client = found
        self._begun(found)

    def _came(self, found: object) -> None:
        if self._thread is not None:
            self._thread.join()
        self._thread = None
        if isinstance(found, NoEngine):
            self.state.emit("gone", str(found))
            QTimer.singleShot(_AGAIN_MS, self.start)
            return
        self._pid, self._heard = self.pid, time.monotonic()
        self._look.start()
        self.state.emit("ready", "")

    def _hear(self, news: object) -> None:
        self._heard = time.monotonic()
        if isinstance(news, Metrics):
            self._watch()
        self.news.emit(news)

    def _watch(self) -> None:
        if self.client is None:
            return
        if self.is_over or time.monotonic() - self._heard > _LOST_SECONDS:
            self._look.stop()
            self.client.close()
            self.client = None
            self.state.emit("gone", "")
            self.start()
        elif self.pid != self._pid:
            self._pid = self.pid
            self.restarted.emit()


__all__ = ["EngineLive", "Event"]
