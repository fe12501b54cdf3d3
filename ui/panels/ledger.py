"""Where the time went: text, network, codec, the window's own share, the device; and the whole of it."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from plugin_bridge.audio.protocol import State
from ui import theme
from ui.studio import Ledger, Studio

_COLOURS = (theme.KEPT, theme.ACCENT, theme.GOOD, theme.WORKING, theme.SOFT)
_NAMES = ("text", "network", "codec", "window", "device")


class LedgerLine(QWidget):
    """A bar and its figures, of the newest draft."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._parts: tuple[float, ...] = (0.0,) * 5
        self._total = 0.0
        self.setAccessibleName("Latency")
        self.setMinimumSize(QSize(400, 18))
        studio.changed.connect(self.refresh)
        studio.audio.state.connect(lambda _: self.refresh())

    def refresh(self) -> None:
        """Show the newest draft."""
        ledger, state = self._studio.ledger, self._studio.audio.last
        parts = parts_of(ledger, state)
        if (parts, ledger.total) != (self._parts, self._total):
            self._parts, self._total = parts, ledger.total
            told = ", ".join(f"{name} {1000 * part:.0f} ms" for name, part in zip(_NAMES, parts, strict=True))
            self.setAccessibleDescription(told)
            self.setToolTip(
                f"The newest draft: {told}. From the last key to a sound: {1000 * ledger.total:.0f} ms."
            )
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: D102, N802
        if not self._total:
            return
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL))
        whole = sum(self._parts) or 1.0
        x, wide = 0.0, 56.0
        for part, name in zip(self._parts, _COLOURS, strict=True):
            width = part / whole * wide
            painter.fillRect(QRectF(x, self.height() / 2 - 2, max(width - 1, 0.5), 4), theme.colour(name))
            x += width
        x = wide + 8
        words = [
            (f"{name} {1000 * part:.0f}", tint)
            for name, part, tint in zip(_NAMES, self._parts, _COLOURS, strict=True)
        ]
        for word, name in [*words, (f"= {1000 * self._total:.0f} ms", theme.TEXT)]:
            width = painter.fontMetrics().horizontalAdvance(word)
            painter.setPen(theme.colour(name))
            painter.drawText(QRectF(x, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, word)
            x += width + 7
        painter.end()


def parts_of(ledger: Ledger, state: State) -> tuple[float, float, float, float, float]:
    """Seconds of text, network, codec, window and device."""
    device = state.latency / state.rate if state.rate else 0.0
    return ledger.text, ledger.network, ledger.codec, ledger.window, device
