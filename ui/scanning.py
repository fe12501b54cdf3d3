"""A look for plug-ins beside the window: a scan of folders, one file, or one that was blocked.

In a thread of its own, because it takes minutes and the workers have other things to do. What it asks (wait, skip
or never) arrives as a signal, and it waits for `answer`; cancelling it is an answer too.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from plugin_bridge.rack.catalogue import Catalogue
from plugin_bridge.rack.scan import Answer, Began, Event, Finished, Scan, Trouble
from plugin_bridge.rack.store import Store
from presets.errors import OnetakeError
from ui.hop import Hop

_Told = tuple[str, object, object, object]


class Scanning(QObject):
    """One look at a time.

    Signals: `progress` (words, done, total; total 0 where nobody knows); `asked` (name, seconds); `remarked` a
    sentence; `finished` a sentence, "" where it was cancelled; `failed` a sentence.
    """

    progress = pyqtSignal(str, int, int)
    asked = pyqtSignal(str, float)
    remarked = pyqtSignal(str)
    finished = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        """folder: the user's own, where what is found is kept."""
        super().__init__(parent)
        self._folder = folder
        self._thread: threading.Thread | None = None
        self._cancel: Callable[[], None] | None = None
        self._cancelled = False
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._hop = Hop(self)
        self._hop.arrived.connect(self._arrive)

    @property
    def is_running(self) -> bool:
        """Whether a look goes on."""
        return self._thread is not None

    def scan(self, places: tuple[Path, ...] | None = None) -> None:
        """Look at what is new or changed. places: folders, None is the system's and the user's own."""
        self._start(lambda: self._scan(places))

    def look_at(self, path: Path) -> None:
        """Look at one file without a scan, or once more at one that was blocked."""
        self._start(lambda: self._look_at(path))

    def answer(self, answer: Answer) -> None:
        """What to do about a plug-in that takes long."""
        self._answers.put(answer)

    def cancel(self) -> None:
        """Stop; what was found stays."""
        self._cancelled = True
        self._answers.put("skip")
        if self._cancel is not None:
            self._cancel()

    def close(self) -> None:
        """Stop, and wait until nothing runs."""
        self.cancel()
        self._hop.close()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _start(self, work: Callable[[], str]) -> None:
        if self._thread is not None:
            return
        self._cancelled, self._cancel = False, None
        self._answers = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(work,), name="plug-in-scan", daemon=True)
        self._thread.start()

    # ── in its thread ─────────────────────────────────────────────────────────────────────────────────────────

    def _run(self, work: Callable[[], str]) -> None:
        try:
            self._hop(("finished", work(), 0, 0))
        except OnetakeError as error:
            self._hop(("failed", "" if self._cancelled else str(error), 0, 0))
        except OSError as error:
            self._hop(("failed", f"The system says: {error}. Try again.", 0, 0))

    def _scan(self, places: tuple[Path, ...] | None) -> str:
        scan = Scan(Store(self._folder), places, tell=self._tell, ask=self._ask)
        self._cancel = scan.cancel
        if self._cancelled:
            return ""
        summary = scan.run()
        if summary.cancelled:
            return "The scan was stopped; what was found stays."
        usable = summary.outcomes.get("known", 0) + summary.outcomes.get("slow", 0)
        blocked = f", {summary.blocked} blocked" if summary.blocked else ""
        return f"{summary.total} plug-in files: {usable} can be used{blocked}."

    def _look_at(self, path: Path) -> str:
        self._hop(("progress", f"Looking at {path.stem}", 0, 0))
        found = Catalogue(Store(self._folder)).load_directly(path, began=lambda look: self._may_end(look.cancel))
        return f"{path.stem} can be used: {', '.join(one.name for one in found)}."

    def _may_end(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        if self._cancelled:
            cancel()

    def _tell(self, event: Event) -> None:
        match event:
            case Began():
                self._hop(("progress", f"Looking at {event.path.stem}", event.done, event.total))
            case Finished():
                self._hop(("progress", "Plug-ins looked at", event.done, event.total))
                if event.result.fresh and event.result.outcome not in ("known", "slow"):
                    self._hop(("remarked", f"{event.result.path.stem}: {event.result.reason}", 0, 0))
            case Trouble():
                self._hop(("remarked", f"{event.path}: {event.sentence}", 0, 0))

    def _ask(self, path: Path, seconds: float) -> Answer:
        self._hop(("asked", path.stem, seconds, 0))
        return self._answers.get()

    # ── in the window's ───────────────────────────────────────────────────────────────────────────────────────

    def _arrive(self, told: _Told) -> None:
        word, *fields = told
        if word in ("finished", "failed"):
            if self._thread is not None:
                self._thread.join()
            self._thread = None
        signal = getattr(self, word)
        signal.emit(*fields[: {"progress": 3, "asked": 2}.get(word, 1)])
