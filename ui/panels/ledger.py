"""Where the time went: text, network, codec, effects, the window's own share, the device; and the whole of it."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from plugin_bridge.audio.protocol import State
from ui import theme
from ui.studio import Studio
from ui.timing import Ledger

_COLOURS = (theme.KEPT, theme.ACCENT, theme.GOOD, theme.DEEP, theme.WORKING, theme.SOFT)
_BAR, _APART, _LEAST, _STEP = 56, 7, 300, 50  # pixels
_SEEN = 0.0005  # seconds; what is less is not worth its room
_NAMES = ("text", "network", "codec", "effects", "window", "device")


class LedgerLine(QWidget):
    """A bar and its figures, of the newest sound."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._parts: tuple[float, ...] = (0.0,) * len(_NAMES)
        self._total = 0.0
        self._words: list[tuple[str, str]] = []
        self.setFont(theme.font(theme.SMALL))
        self.setAccessibleName("Latency")
        self.setMinimumSize(QSize(_LEAST, 18))
        studio.changed.connect(self.refresh)
        studio.audio.state.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        """Show the newest sound."""
        ledger, state = self._studio.timing.ledger, self._studio.audio.last
        parts = parts_of(ledger, state)
        if (parts, ledger.total) != (self._parts, self._total):
            self._parts, self._total = parts, ledger.total
            self._words = self._told()
            self._fit()
            told = ", ".join(f"{name} {1000 * part:.0f} ms" for name, part in zip(_NAMES, parts, strict=True))
            self.setAccessibleDescription(told)
            self.setToolTip(
                f"The newest sound: {told}. From the last key to a sound: {1000 * ledger.total:.0f} ms."
            )
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: D102, N802
        if not self._total:
            return
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        whole = sum(self._parts) or 1.0
        x, wide = 0.0, float(_BAR)
        for part, name in zip(self._parts, _COLOURS, strict=True):
            width = part / whole * wide
            painter.fillRect(QRectF(x, self.height() / 2 - 2, max(width - 1, 0.5), 4), theme.colour(name))
            x += width
        x = wide + _APART
        for word, name in self._words:
            width = painter.fontMetrics().horizontalAdvance(word)
            painter.setPen(theme.colour(name))
            painter.drawText(QRectF(x, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, word)
            x += width + _APART
        painter.end()

    def _told(self) -> list[tuple[str, str]]:
        """What is painted: words and their colours."""
        words = [
            (f"{name} {1000 * part:.0f}", tint)
            for name, part, tint in zip(_NAMES, self._parts, _COLOURS, strict=True)
            if part >= _SEEN
        ]
        return [*words, (f"= {1000 * self._total:.0f} ms", theme.TEXT)]

    def _fit(self) -> None:
        """Room for the words, in steps, so that the line does not move with every draft."""
        metrics = self.fontMetrics()
        needed = _BAR + sum(metrics.horizontalAdvance(word) + 1 + _APART for word, _ in self._words)
        self.setMinimumWidth(max(_LEAST, -(-needed // _STEP) * _STEP))


def parts_of(ledger: Ledger, state: State) -> tuple[float, ...]:
    """Seconds of text, network, codec, effects, window and device."""
    device = state.latency / state.rate if state.rate else 0.0
    return ledger.text, ledger.network, ledger.codec, ledger.effects, ledger.window, device
