"""Plays files that lie on no key: takes of the library, as soon as they are selected.

The audio process plays what it has loaded; a few files stay there, so that going up and down a list is instant.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from plugin_bridge.audio.protocol import Failed, Loaded
from ui.audio_live import AudioLive

_STAY = 12


class Listening(QObject):
    """What was loaded for listening, and what is to be heard. Signal: `played` when a file begins to be heard.

    began: time.monotonic() when it was sent, None while nothing was or it was stopped.
    """

    played = pyqtSignal()

    def __init__(self, audio: AudioLive, refused: Callable[[str], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._audio, self._refused = audio, refused
        self._loaded: dict[str, bool] = {}
        self.wanted = ""
        self.began: float | None = None
        audio.news.connect(self._hear)
        audio.fresh.connect(self._loaded.clear)

    def play(self, path: Path, anew: bool = False) -> None:
        """Hear a file; what was wanted before it is not played any more. anew: it may hold another sound now."""
        self.wanted, self.began = name_of(path), None
        there = self._loaded.pop(self.wanted, None)
        if anew:
            there = None
        if there is None:
            self._audio.say(lambda client: client.load(name_of(path), path))
        self._loaded[self.wanted] = bool(there)
        if there:
            self._audition()
        for old in list(self._loaded)[:-_STAY]:
            del self._loaded[old]
            self._audio.say(lambda client, old=old: client.unload(old))  # type: ignore[misc]

    def hears(self, path: Path) -> bool:
        """Whether it is this file that is, or was last, to be heard."""
        return self.wanted == name_of(path)

    def stop(self) -> None:
        """End what plays."""
        self.wanted, self.began = "", None
        self._audio.say(lambda client: client.stop())

    def _audition(self) -> None:
        self.began = time.monotonic()
        self._audio.say(lambda client: client.audition(self.wanted))
        self.played.emit()

    def _hear(self, news: object) -> None:
        if isinstance(news, Loaded) and news.sound in self._loaded:
            self._loaded[news.sound] = True
            if news.sound == self.wanted:
                self._audition()
        elif isinstance(news, Failed) and news.about in self._loaded:
            del self._loaded[news.about]
            self._refused(news.sentence)


def name_of(path: Path) -> str:
    """What a file is called in the audio process."""
    return f"file-{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()[:24]}"
