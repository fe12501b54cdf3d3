"""Files that can be dragged or copied into a DAW: written when a sound is selected, not when it is dragged.

They are hand-offs, so they lie where a DAW may go on reading them; one that was neither dragged nor copied is
taken back when something else is selected. What was given once is given again as the same file.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from PyQt6.QtCore import QMimeData, QObject, QUrl, pyqtSignal
from PyQt6.QtGui import QGuiApplication

from presets import handoff
from presets.errors import NotWritten
from presets.export.wav import Depth
from presets.handoff import Given, Handoff
from ui.message import Messages
from ui.settings import SettingsFile
from ui.throttle import Pause
from ui.work import Work

SETTLE_MS = 120  # a hand that runs over a list writes no files
MOST = 500
"""Sounds that can be carried at a time."""


@dataclass(frozen=True)
class Wanted:
    """A sound that may be dragged.

    key: what it is, equal for equal files; name: what its file is called; make: the sound at a rate, Hz.
    """

    key: str
    name: str
    make: Callable[[int], Given]


class Carrying(QObject):
    """What is selected, as files of the session's hand-offs.

    Signals: `ready` when the files of what is selected are there; `given` when a DAW got some.
    """

    ready = pyqtSignal()
    given = pyqtSignal()

    def __init__(
        self, session: Path, work: Work, settings: SettingsFile, messages: Messages, parent: QObject | None = None
    ) -> None:
        """work: of one thread, so that a file is gone before another one takes its name."""
        super().__init__(parent)
        self._session, self._work, self._settings, self._messages = session, work, settings, messages
        self._plain: tuple[Wanted, ...] = ()
        self._wanted: tuple[Wanted, ...] = ()
        self._there: dict[str, Handoff] = {}
        self._leaving: dict[str, Handoff] = {}
        self._kept: set[str] = set()
        self._lent: frozenset[str] = frozenset()
        self._writing: set[str] = set()
        self._refused: set[str] = set()
        self._files: tuple[Path, ...] = ()
        self._copying = False
        self._one = Lock()
        self._settle = Pause(SETTLE_MS, self._write, self)
        settings.listen(lambda _: self._set())

    def want(self, wanted: Sequence[Wanted]) -> None:
        """Something else is selected; its files are written soon, what nobody took is taken back."""
        self._plain = tuple(wanted[:MOST])
        marked = tuple(self._marked(one) for one in self._plain)
        if not self._files and [one.key for one in marked] == [one.key for one in self._wanted]:
            return
        self._files = ()
        self._wanted = marked
        self._copying = False
        self._refused.clear()
        self._settle.poke()

    def want_files(self, paths: Sequence[Path]) -> None:
        """Files that were handed off before are selected."""
        self.want([])
        self._files = tuple(paths)

    def passing(self) -> frozenset[str]:
        """Names of files that are only ready: no DAW has them yet."""
        given = {self._there[key].name for key in self._kept if key in self._there}
        return frozenset(one.name for one in self._there.values()) - given | self._leaving.keys()

    @property
    def is_ready(self) -> bool:
        """Whether every file of what is selected is there."""
        return bool(self._wanted) and all(one.key in self._there for one in self._wanted)

    def paths(self) -> list[Path]:
        """The files of what is selected, in its order; none before all are there."""
        if self._files:
            return list(self._files)
        if not self.is_ready:
            return []
        names = [self._there[one.key].name for one in self._wanted]
        return [self._session / handoff.FOLDER / name for name in dict.fromkeys(names)]

    def mime(self) -> QMimeData:
        """What is dragged or copied: the files, as file managers and DAWs take them.

        They stay at least until others are asked for: what is selected may change in the middle of a drag.
        """
        self._lent = frozenset(one.key for one in self._wanted if one.key in self._there)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path)) for path in self.paths()])
        return data

    def taken(self) -> None:
        """What was given last was dropped or copied: these files stay for ever."""
        self._kept |= self._lent
        self.given.emit()

    def copy(self) -> None:
        """Put the files on the clipboard; those that are being written follow at once."""
        if not self._wanted and not self._files:
            self._messages.note("Select a take first; then its file is copied.")
            return
        if not self.paths():
            self._copying = True
            self._settle.now()
            return
        self._to_clipboard(self.mime())
        self.taken()
        count = len(self.paths())
        files = "Copied as a file" if count == 1 else f"Copied {count} files"
        self._messages.note(f"{files}: paste into your DAW.")

    def link(self) -> None:
        """Hand what is selected off with a link, so that changes can be sent on, and copy the files."""
        wanted, session, settings = self._wanted, self._session, self._settings()
        if not wanted:
            self._messages.note("Select a take first; then it is handed off with a link.")
            return
        rate, depth = settings.handoff_rate, settings.handoff_depth

        def done(made: list[Handoff]) -> None:
            data = QMimeData()
            data.setUrls([QUrl.fromLocalFile(str(session / handoff.FOLDER / one.name)) for one in made])
            self._to_clipboard(data)
            self._messages.note(f"{made[0].name} follows its take, and is copied: paste it into your DAW.")
            self.given.emit()

        self._work.do("link", lambda: self._give(wanted, rate, depth, linked=True), done)

    def not_yet(self) -> None:
        """Somebody drags what is not written yet."""
        self._settle.now()
        self._messages.note("Its file is just being written: drag it again in a moment.")

    def hurry(self) -> bool:
        """Write what is wanted now; whether something is on its way. `ready` tells when it is there."""
        self._settle.now()
        return bool(self._wanted)

    def close(self) -> None:
        """Take back what nobody took; the threads are closed, so this is done here."""
        self._settle.forget()
        self._lent = frozenset()
        self._take_back(keep=frozenset())
        _withdraw(self._session, list(self._leaving.values()))

    def _to_clipboard(self, data: QMimeData) -> None:
        clipboard = QGuiApplication.clipboard()
        assert clipboard is not None
        clipboard.setMimeData(data)

    def _set(self) -> None:
        """At another rate or depth, what is ready is not what is wanted any more."""
        if not self._files:
            self.want(self._plain)

    def _marked(self, one: Wanted) -> Wanted:
        settings = self._settings()
        return Wanted(f"{one.key} {settings.handoff_rate} {settings.handoff_depth}", one.name, one.make)

    def _write(self) -> None:
        self._take_back(keep=frozenset(one.key for one in self._wanted))
        busy = self._there.keys() | self._writing | self._refused
        missing = [one for one in self._wanted if one.key not in busy]
        if not missing:
            self._arrive()
            return
        self._writing |= {one.key for one in missing}
        settings = self._settings()
        rate, depth = settings.handoff_rate, settings.handoff_depth

        def refused(sentence: str) -> None:
            keys = {one.key for one in missing}
            self._writing -= keys
            self._refused |= keys
            self._copying = False
            self._messages.error(sentence)

        def written(made: list[Handoff]) -> None:
            found = {one.key: given for one, given in zip(missing, made, strict=True)}
            self._writing -= found.keys()
            self._there |= found
            self._take_back(keep=frozenset(one.key for one in self._wanted))
            self._arrive()

        self._work.do(f"carry {missing[0].key}", lambda: self._give(missing, rate, depth), written, refused)

    def _give(self, wanted: Sequence[Wanted], rate: int, depth: Depth, linked: bool = False) -> list[Handoff]:
        """Runs in a worker's thread, one at a time: two that are called alike would take the same name."""
        with self._one:
            return _given(self._session, wanted, rate, depth, linked)

    def _arrive(self) -> None:
        if not self.is_ready:
            return
        self.ready.emit()
        if self._copying:
            self._copying = False
            self.copy()

    def _take_back(self, keep: frozenset[str]) -> None:
        """Files that nobody took and nobody selects any more go."""
        given = {self._there[key].name for key in self._kept if key in self._there}
        for key in [key for key in self._there if key not in keep | self._kept | self._lent]:
            gone = self._there.pop(key)
            if gone.name not in given:
                self._let_go(gone)

    def _let_go(self, gone: Handoff) -> None:
        self._leaving[gone.name] = gone

        def left(_: object) -> None:
            self._leaving.pop(gone.name, None)

        # Before anything that is written later: it may have the same name.
        self._work.do(f"withdraw {gone.name}", lambda: _withdraw(self._session, [gone]), left, left)


def _given(
    session: Path, wanted: Sequence[Wanted], rate: int, depth: Depth, linked: bool = False
) -> list[Handoff]:
    """Write files; runs in a worker's thread.

    Raises:
        UnreadableFile, NotWritten, InvalidRequest: a sound; those before it are taken back.
    """
    made: list[Handoff] = []
    try:
        for one in wanted:
            made += [handoff.give(session, one.name, one.make(rate), rate, depth, linked)]
    except BaseException:
        _withdraw(session, made)
        raise
    return made


def _withdraw(session: Path, gone: Sequence[Handoff]) -> None:
    """Take files back; runs in a worker's thread. One that cannot go stays: a file too many harms nobody."""
    for one in gone:
        with contextlib.suppress(NotWritten):
            handoff.withdraw(session, one)
