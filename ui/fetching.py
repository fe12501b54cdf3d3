"""A model is fetched beside the window: asked for by a person, told piece by piece, and given up at once.

In a thread of its own, because it takes as long as a line takes. What was fetched stays on the disk when it is
given up, so that the next try goes on from there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from PyQt6.QtCore import QObject, pyqtSignal

from engine import lab
from presets.errors import OnetakeError
from ui.hop import Hop

_LEAVE_SECONDS = 1.0

Fetch = Callable[[str, lab.OnPart], object]
"""(name of the offer, told of every piece) -> the model; what the second raises ends it."""


class _GivenUp(Exception):
    """Nobody wants it any more."""


class Fetching(QObject):
    """One model at a time.

    Signals: `progress` (words, done, total) in kB, because models are larger than a signal's whole numbers;
    `fetched` the name of the offer; `failed` a sentence, "" where it was given up.
    """

    progress = pyqtSignal(str, int, int)
    fetched = pyqtSignal(str)
    failed = pyqtSignal(str)

    def __init__(self, fetch: Fetch | None = None, parent: QObject | None = None) -> None:
        """fetch: another way than the network, for tests."""
        super().__init__(parent)
        self._fetch = fetch or (lambda name, on_part: lab.fetch(name, None, None, on_part))
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._hop = Hop(self)
        self._hop.arrived.connect(self._arrive)

    @property
    def is_running(self) -> bool:
        """Whether something is being fetched."""
        return self._thread is not None

    def start(self, offer: str) -> None:
        """Fetch a model that is offered."""
        if self._thread is None:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, args=(offer,), name="model-fetch", daemon=True)
            self._thread.start()

    def cancel(self) -> None:
        """Give it up, at the next piece."""
        self._stop.set()

    def close(self) -> None:
        """Give it up; a line that hangs is not waited for, because its thread ends with the program."""
        self.cancel()
        self._hop.close()
        if self._thread is not None:
            self._thread.join(_LEAVE_SECONDS)
            self._thread = None

    def _run(self, offer: str) -> None:
        try:
            self._fetch(offer, self._on_part)
            self._hop(("fetched", (offer,)))
        except _GivenUp:
            self._hop(("failed", ("",)))
        except OnetakeError as error:
            self._hop(("failed", (str(error),)))
        except (OSError, MemoryError) as error:
            self._hop(("failed", (f"The system says: {error}. Try again; what was fetched is kept.",)))
        except Exception as error:  # noqa: BLE001 (a thread's border: nobody else would ever hear of it)
            self._hop(("unforeseen", (error,)))

    def _on_part(self, what: str, done: int, total: int) -> None:
        if self._stop.is_set():
            raise _GivenUp
        small = total < 1_000_000  # parts that are counted, not bytes
        self._hop(("progress", (what, done if small else done // 1000, total if small else total // 1000)))

    def _arrive(self, told: tuple[str, tuple[object, ...]]) -> None:
        word, values = told
        if word != "progress":
            self._join()
        if word == "unforeseen":
            (error,) = values
            self.failed.emit(
                f"Something went wrong ({type(error).__name__}). Try again; what was fetched is kept."
            )
            assert isinstance(error, Exception)
            raise error  # written down by whoever takes the last word (faults.py)
        {"progress": self.progress, "fetched": self.fetched, "failed": self.failed}[word].emit(*values)

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
        self._thread = None
