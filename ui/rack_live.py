"""The rack process as the window sees it: commands go out, events come as signals, and it heals by itself.

It is started when the first effect is wanted, because most sessions begin without one. The client brings a process
back that dies, with the same chains; where it gives up (a plug-in that takes it down again and again), this link
waits a little and begins anew. What has to be said to the new process is said by whoever listens to `fresh`.
"""

from __future__ import annotations

import threading
from pathlib import Path

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from plugin_bridge.rack.client import RackClient
from plugin_bridge.rack.protocol import BuiltIns, Failed, State, Welcome
from presets.errors import OnetakeError
from ui.hop import Hop

_AGAIN_MS = 8000


class RackLive(QObject):
    """The rack process of one window.

    Signals: `news` brings its events but State; `fresh` that a new client is there and has to be told every chain;
    `restarted` that the process died and was told everything again; `gone` a sentence.
    """

    news = pyqtSignal(object)
    fresh = pyqtSignal()
    restarted = pyqtSignal()
    gone = pyqtSignal(str)

    def __init__(self, state: Path, log: Path | None = None, parent: QObject | None = None) -> None:
        """state: the user's own folder. log: takes what is printed. Nothing is started before `start`."""
        super().__init__(parent)
        self._state, self._log, self._closed, self._welcomes = state, log, False, 0
        self._resting = False
        self.client: RackClient | None = None
        self.built_ins: BuiltIns | None = None
        self._hop, self._begun = Hop(self), Hop(self)
        self._hop.arrived.connect(self._hear)
        self._begun.arrived.connect(self._came)
        self._thread: threading.Thread | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._rested)
        self._found: RackClient | None = None

    def start(self) -> None:
        """Start the process beside the window, if it is not there; told by `fresh`."""
        if self._closed or self._resting or self.client is not None or self._thread is not None:
            return
        self._thread = threading.Thread(target=self._reach, name="rack-start", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the process."""
        self._closed = True
        self._hop.close()
        if self._thread is not None:
            self._thread.join()
        self._begun.close()
        client, self.client, self._found = self.client or self._found, None, None
        if client is not None:
            client.close()

    def _reach(self) -> None:
        try:
            self._found = RackClient(self._hop, self._state, log=self._log)
            self._begun("")
        except (OnetakeError, OSError) as error:  # no process, or no temporary folder
            self._begun(str(error))

    def _came(self, sentence: object) -> None:
        if self._thread is not None:
            self._thread.join()
        self._thread = None
        if sentence or self._found is None:
            self._give_up(str(sentence))
            return
        self.client, self._found = self._found, None
        self._welcomes = 0
        self.client.built_ins()
        self.fresh.emit()

    def _hear(self, news: object) -> None:
        if isinstance(news, State):
            return
        if isinstance(news, BuiltIns):
            self.built_ins = news
        elif isinstance(news, Welcome):
            self._welcomes += 1
            if self._welcomes > 1:
                self.restarted.emit()
        elif isinstance(news, Failed) and news.about == "rack":
            self._give_up(news.sentence)
            return
        self.news.emit(news)

    def _give_up(self, sentence: str) -> None:
        client, self.client = self.client, None
        if client is not None:
            client.close()
        self._resting = True
        self.gone.emit(sentence)
        self._again.start(_AGAIN_MS)

    def _rested(self) -> None:
        self._resting = False
        self.start()
