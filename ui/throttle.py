"""Many calls become few: what follows a pause (typing), and what comes at most so often (saving, repainting)."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer


class Pause:
    """Calls once after the last `poke`, when nothing came for a while."""

    def __init__(self, milliseconds: int, call: Callable[[], None], parent: QObject) -> None:
        self._call = call
        self._timer = QTimer(parent)
        self._timer.setSingleShot(True)
        self._timer.setInterval(milliseconds)
        self._timer.timeout.connect(call)

    def poke(self) -> None:
        """Begin the pause again."""
        self._timer.start()

    @property
    def waits(self) -> bool:
        """Whether a call is on its way."""
        return self._timer.isActive()

    def now(self) -> None:
        """Do at once what waits, if something does."""
        if self._timer.isActive():
            self._timer.stop()
            self._call()

    def forget(self) -> None:
        """Do not do what waits."""
        self._timer.stop()


class Throttle(Pause):
    """Calls at most once in so many milliseconds, and always after the last `poke`."""

    def poke(self) -> None:
        """Call soon; what is soon already stays."""
        if not self._timer.isActive():
            self._timer.start()
