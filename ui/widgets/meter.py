"""A stereo level meter with peak hold and a clip lamp that stays until it is clicked."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QLinearGradient, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QWidget

from ui import theme

_BOTTOM = -60.0
_FALL, _HOLD_FALL = 1.6, 0.35  # dB a picture
_MARKS = (0, -6, -12, -24, -40)


class Meter(QWidget):
    """Two bars, left and right, in dBFS."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._levels, self._holds = name, [_BOTTOM] * 2, [_BOTTOM] * 2
        self._clipped = False
        self.setAccessibleName(f"{name}, level")
        self.setToolTip(f"{name}: peaks in dBFS. Click to clear the clip lamp.")
        self.setMinimumSize(QSize(44, 90))

    def show_peaks(self, left: float, right: float) -> None:
        """New peaks in dBFS; bars fall slowly, so that a short hit can be seen."""
        before = (tuple(self._levels), tuple(self._holds), self._clipped)
        for i, peak in enumerate((left, right)):
            self._levels[i] = max(peak, self._levels[i] - _FALL, _BOTTOM)
            self._holds[i] = max(peak, self._holds[i] - _HOLD_FALL, _BOTTOM)
        self._clipped |= max(left, right) >= 0.0
        if before != (tuple(self._levels), tuple(self._holds), self._clipped):
            self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        self._clipped = False
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: D102, N802
        painter = QPainter(self)
        painter.setFont(theme.font(theme.SMALL - 1))
        top, bottom = 12.0, self.height() - 16.0
        bar = 8.0
        left = self.width() - 2 * bar - 4
        gradient = QLinearGradient(0, bottom, 0, top)
        for at, name in ((0.0, theme.ACCENT), (0.75, theme.GOOD), (0.9, theme.WORKING), (1.0, theme.WRONG)):
            gradient.setColorAt(at, theme.colour(name))
        for i in range(2):
            x = left + i * (bar + 2)
            painter.fillRect(QRectF(x, top, bar, bottom - top), theme.colour(theme.RAISED))
            y = self._y(self._levels[i], top, bottom)
            painter.fillRect(QRectF(x, y, bar, bottom - y), gradient)
            if self._holds[i] > _BOTTOM:
                y = self._y(self._holds[i], top, bottom)
                painter.fillRect(QRectF(x, y, bar, 1.5), theme.colour(theme.TEXT))
        lamp = theme.colour(theme.WRONG if self._clipped else theme.RAISED)
        painter.fillRect(QRectF(left, 4, 2 * bar + 2, 4), lamp)
        painter.setPen(theme.colour(theme.FAINT))
        for mark in _MARKS:
            y = self._y(mark, top, bottom)
            box = QRectF(0, y - 6, left - 4, 12)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(abs(mark)))
        painter.drawText(QRectF(0, bottom + 2, self.width(), 13), Qt.AlignmentFlag.AlignRight, self._name)
        painter.end()

    @staticmethod
    def _y(level: float, top: float, bottom: float) -> float:
        return bottom - (max(level, _BOTTOM) - _BOTTOM) / -_BOTTOM * (bottom - top)
