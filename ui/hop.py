"""The hop between threads: what is called with in any thread arrives as a signal in the window's own."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt, pyqtSignal


class Hop(QObject):
    """A callable that may be called from any thread; `arrived` is told in the thread that made it."""

    arrived = pyqtSignal(object)
    _called = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = True
        self._called.connect(self._arrive, type=Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]

    def __call__(self, news: object) -> None:
        """Let it arrive."""
        if self._open:
            self._called.emit(news)

    def close(self) -> None:
        """Nothing arrives any more, not even what is on its way."""
        self._open = False

    def _arrive(self, news: object) -> None:
        if self._open:
            self.arrived.emit(news)
