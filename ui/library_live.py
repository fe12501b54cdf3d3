"""The library as the window sees it: one thread owns it, and answers questions and changes as calls in the window.

An index belongs to the thread that opened it, and 10,000 takes may take a moment to read; so all of it happens
here, one job after the other. A question that was overtaken while it waited (a quick hand types) is never asked.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from PyQt6.QtCore import QObject, pyqtSignal

from presets.errors import OnetakeError
from presets.library import Library
from presets.session import Progress
from ui.hop import Hop

_TELL_SECONDS = 0.05
_OPENING = "Reading takes"


class _Job(NamedTuple):
    key: str
    number: int
    run: Callable[[Library], Any]
    then: Callable[[Any], None]
    refused: Callable[[str], None]


class LibraryLive(QObject):
    """The library of one session.

    Signals: `changed` when takes were added or altered; `progress` (what, done, total) of what takes long, total 0
    when it is over; `remarked` what a person should know of the index.
    """

    changed = pyqtSignal()
    progress = pyqtSignal(str, int, int)
    remarked = pyqtSignal(str)

    def __init__(
        self, folder: Path, indexes: Path, refused: Callable[[str], None], parent: QObject | None = None
    ) -> None:
        """folder: of the session; indexes: where indexes lie; refused: told the sentence of what failed.

        Nothing is opened before the first job.
        """
        super().__init__(parent)
        self._folder, self._indexes, self._refused = folder, indexes, refused
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._newest: dict[str, int] = {}
        self._count, self._told = 0, 0.0
        self._cancelled = threading.Event()
        self._hop, self._steps = Hop(self), Hop(self)
        self._hop.arrived.connect(self._arrive)
        self._steps.arrived.connect(lambda step: self.progress.emit(*step))
        self._thread: threading.Thread | None = None
        self._closed = False
        self.running = 0

    def do(
        self,
        key: str,
        job: Callable[[Library], Any],
        then: Callable[[Any], None] = lambda _: None,
        refused: Callable[[str], None] | None = None,
    ) -> None:
        """Ask the library something and call `then` with the answer here; a newer job of that key replaces it."""
        if self._closed:
            return
        self._count += 1
        self.running += 1
        self._newest[key] = self._count
        self._jobs.put(_Job(key, self._count, job, then, refused or self._refused))
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="panel-library", daemon=True)
            self._thread.start()

    def alter(self, job: Callable[[Library], Any], then: Callable[[Any], None] = lambda _: None) -> None:
        """Change something; whoever listens to `changed` looks again, whether it went well or not."""

        def done(result: Any) -> None:
            then(result)
            self.changed.emit()

        def failed(sentence: str) -> None:
            self._refused(sentence)
            self.changed.emit()

        self.begin()
        self.do(f"alter {self._count}", job, done, failed)

    def telling(self, what: str) -> Progress:
        """What a long job calls with done and total: shown in the window, and False once it was cancelled."""

        def tell(done: int, total: int) -> bool:
            now = time.monotonic()
            if now - self._told > _TELL_SECONDS:
                self._told = now
                self._steps((what, done, max(total, 1)))
            return not (self._cancelled.is_set() or self._closed)

        return tell

    def begin(self) -> None:
        """Something new is wished: what was cancelled before is another matter."""
        self._cancelled.clear()

    @property
    def is_cancelled(self) -> bool:
        """Whether a person gave up what runs."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Give up what runs; what was done until then stays."""
        self._cancelled.set()

    def close(self) -> None:
        """Give up what runs and waits, and let the index go."""
        self._closed = True
        self._hop.close()
        self._steps.close()
        self._jobs.put(None)
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        library: Library | None = None
        try:
            while (job := self._jobs.get()) is not None:
                if self._closed or self._newest.get(job.key) != job.number:
                    self._hop((job, None, None))
                    continue
                try:
                    if library is None:
                        library = self._opened()
                    result, call = job.run(library), job.then
                except OnetakeError as error:
                    result, call = str(error), job.refused
                except (OSError, MemoryError) as error:
                    result, call = f"The system says: {error}. Try again.", job.refused
                self._hop((job, call, result))
        finally:
            if library is not None:
                library.close()

    def _opened(self) -> Library:
        library = Library(self._folder, self._indexes, self.telling(_OPENING))
        if library.remark:
            self._hop((None, self.remarked.emit, library.remark))
        return library

    def _arrive(self, done: tuple[_Job | None, Callable[[Any], None] | None, Any]) -> None:
        job, call, result = done
        if job is None:
            assert call is not None
            call(result)
            return
        self.running -= 1
        if not self.running:
            self.progress.emit("", 0, 0)
        if call is not None and self._newest.get(job.key) == job.number:
            del self._newest[job.key]
            call(result)
