"""The audio process as the window sees it: commands go out, events come as signals, and it heals by itself.

The client restarts a process that dies; where it gives up (a device that takes it down again and again), this link
waits a little and begins anew, so that a cable that is plugged in again is enough. What has to be said to the new
process is said by whoever listens to `fresh`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from plugin_bridge.audio.client import AudioClient
from plugin_bridge.audio.errors import NoAudio
from plugin_bridge.audio.protocol import Failed, Opened, State, Welcome
from ui.hop import Hop

_AGAIN_MS = 8000


class AudioLive(QObject):
    """The audio process of one window.

    Signals: `news` brings its events but State, which has its own; `fresh` that a new client is there and has to
    be told everything; `restarted` that the process died and was told everything again; `gone` a sentence.
    """

    news = pyqtSignal(object)
    state = pyqtSignal(object)
    fresh = pyqtSignal()
    restarted = pyqtSignal()
    gone = pyqtSignal(str)

    def __init__(self, log: Path | None = None, parent: QObject | None = None) -> None:
        """log: takes what the process prints. Nothing is started before `start`."""
        super().__init__(parent)
        self._log, self._closed, self._welcomes = log, False, 0
        self.client: AudioClient | None = None
        self.last = State(open=False, beat=0)
        self.opened: Opened | None = None
        self._hop, self._begun = Hop(self), Hop(self)
        self._hop.arrived.connect(self._hear)
        self._begun.arrived.connect(self._came)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the process, beside the window: a fork takes longer than a frame."""
        if self._closed or self._thread is not None:
            return
        self._thread = threading.Thread(target=self._reach, name="audio-start", daemon=True)
        self._thread.start()

    def say(self, what: Callable[[AudioClient], None]) -> None:
        """Tell the process something, if there is one."""
        if self.client is not None:
            what(self.client)

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._hop.close()
        if self._thread is not None:
            self._thread.join()
        self._begun.close()
        if self.client is not None:
            self.client.close()
            self.client = None

    def _reach(self) -> None:
        try:
            self.client = AudioClient(self._hop, self._log)
            self._begun("")
        except NoAudio as error:
            self._begun(str(error))

    def _came(self, sentence: object) -> None:
        if self._thread is not None:
            self._thread.join()
        self._thread = None
        if sentence:
            self._give_up(str(sentence))
            return
        self._welcomes = 0
        self.fresh.emit()

    def _hear(self, news: object) -> None:
        if isinstance(news, State):
            self.last = news
            self.state.emit(news)
            return
        if isinstance(news, Welcome):
            self._welcomes += 1
            if self._welcomes > 1:
                self.restarted.emit()
        elif isinstance(news, Opened):
            self.opened = news
        elif isinstance(news, Failed) and news.about == "audio":
            self._give_up(news.sentence)
            return
        self.news.emit(news)

    def _give_up(self, sentence: str) -> None:
        if self.client is not None:
            self.client.close()
            self.client = None
        self.gone.emit(sentence)
        QTimer.singleShot(_AGAIN_MS, self.start)
