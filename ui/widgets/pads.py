"""Sixteen pads: the first eight are the takes of the grid, the others hold what is dropped on them."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from ui import theme
from ui.widgets.slot_target import SlotTarget

COLUMNS, ROWS = 8, 2


class Pads(SlotTarget):
    """Two rows of eight. `pressed` (note, velocity), `dropped` (note, slot), `cleared` (note)."""

    pressed = pyqtSignal(int, int)
    cleared = pyqtSignal(int)

    def __init__(self, first: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._first, self._names = first, dict[int, str]()
        self._lit: set[int] = set()
        self._held: int | None = None
        self._chosen: int | None = None
        self.setMinimumSize(QSize(320, 70))
        self.setAccessibleName("Pads")
        self.setToolTip("Click to play. Drop a take on a pad of the upper row; a right click clears it.")

    def set(self, names: Mapping[int, str], chosen: int | None = None) -> None:
        """What lies on the pads, by note. chosen: the one that is meant."""
        if (dict(names), chosen) != (self._names, self._chosen):
            self._names, self._chosen = dict(names), chosen
            self.update()

    def light(self, note: int, on: bool) -> None:
        """Show a note that plays."""
        (self._lit.add if on else self._lit.discard)(note)
        self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if event is None:
            return
        note = self._at(event.position())
        if note is not None and event.button() == Qt.MouseButton.RightButton:
            self.cleared.emit(note)
        elif note is not None:
            self._held = note
            self.light(note, True)
            self.pressed.emit(note, 100)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if self._held is not None:
            self.light(self._held, False)
            self.pressed.emit(self._held, 0)
            self._held = None

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: D102, N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL))
        for note in range(self._first, self._first + COLUMNS * ROWS):
            box, name = self._box(note), self._names.get(note, "")
            lit = note in self._lit
            fill = theme.WORKING if lit else theme.RAISED if name else theme.PANEL
            painter.setBrush(theme.colour(fill, 0.55 if lit else 1.0))
            edge = theme.ACCENT if note == self._chosen else theme.EDGE if name else theme.LINE
            painter.setPen(QPen(theme.colour(edge), 1))
            painter.drawRoundedRect(box, theme.ROUND, theme.ROUND)
            painter.setPen(theme.colour(theme.FAINT))
            inner = box.adjusted(6, 3, -6, -3)
            painter.drawText(inner, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight, str(note))
            painter.setPen(theme.colour(theme.TEXT))
            text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(inner.width()))
            painter.drawText(inner, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()

    def _box(self, note: int) -> QRectF:
        place = note - self._first
        row, column = divmod(place, COLUMNS)
        wide, high = self.width() / COLUMNS, self.height() / ROWS
        # The first eight lie below, as on a hardware controller.
        return QRectF(column * wide, (ROWS - 1 - row) * high, wide, high).adjusted(2, 2, -2, -2)

    def _at(self, point: QPointF) -> int | None:
        notes = range(self._first, self._first + COLUMNS * ROWS)
        return next((note for note in notes if self._box(note).contains(point)), None)
