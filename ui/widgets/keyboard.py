"""A piano on the screen: the lower on a key the mouse presses, the louder; keys that play a take are marked."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from presets.notes import MiddleC
from presets.notes import name as note_name
from ui import theme
from ui.widgets.slot_target import SlotTarget

_BLACK = {1, 3, 6, 8, 10}
_OCTAVES = 4


class Keyboard(SlotTarget):
    """Four octaves. `pressed` (note, velocity), velocity 0 when the key comes up; `dropped` (note, slot)."""

    pressed = pyqtSignal(int, int)

    def __init__(self, lowest: int = 36, middle: MiddleC = 3, parent: QWidget | None = None) -> None:
        """lowest: a C. middle: the octave of note 60, for the names."""
        super().__init__(parent)
        self._lowest, self._middle = lowest, middle
        self._marked: frozenset[int] = frozenset()
        self._lit: set[int] = set()
        self._held: int | None = None
        self._chosen: int | None = None
        self.setMinimumHeight(70)
        self.setAccessibleName("Keyboard")
        self.setToolTip("Click low on a key for loud. Drop a take on a key to lay it there.")

    def set(self, marked: frozenset[int], lowest: int, middle: MiddleC, chosen: int | None = None) -> None:
        """marked: notes that play a take. chosen: the one that is meant."""
        if (marked, lowest, middle, chosen) != (self._marked, self._lowest, self._middle, self._chosen):
            self._marked, self._lowest, self._middle, self._chosen = marked, lowest, middle, chosen
            self.update()

    def light(self, note: int, on: bool) -> None:
        """Show a note that came in over MIDI."""
        (self._lit.add if on else self._lit.discard)(note)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102, N802
        return QSize(560, 84)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._press(event.position())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if event is not None and self._held is not None and self._at(event.position()) != self._held:
            self._release()
            self._press(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        self._release()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: D102, N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL - 1))
        for note in self._notes(black=False):
            box = self._box(note)
            painter.fillRect(box.adjusted(0, 0, -1, 0), self._colour(note, "#c9ced3"))
            self._mark(painter, note)
            if note % 12 == 0:
                painter.setPen(QPen(theme.colour(theme.GROUND)))
                under = box.adjusted(0, 0, -1, -3)
                painter.drawText(
                    under,
                    Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter,
                    note_name(note, self._middle),
                )
        for note in self._notes(black=True):
            painter.fillRect(self._box(note), self._colour(note, "#15181b"))
            self._mark(painter, note)
        painter.end()

    def _colour(self, note: int, plain: str) -> QColor:
        if note in self._lit:
            return theme.colour(theme.WORKING)
        return QColor(plain)

    def _mark(self, painter: QPainter, note: int) -> None:
        """A dot on a key that plays a take, a line along the one that is meant."""
        if note == self._chosen:
            box = self._box(note)
            line = QRectF(box.left(), box.bottom() - 3, box.width() - 1, 3)
            painter.fillRect(line, theme.colour(theme.ACCENT))
        if note in self._marked:
            box = self._box(note)
            painter.setPen(Qt.PenStyle.NoPen)
            black = note % 12 in _BLACK
            painter.setBrush(theme.colour(theme.ACCENT if black else "#2f7ba3"))
            painter.drawEllipse(QPointF(box.center().x() - 0.5, box.bottom() - (7 if black else 22)), 3, 3)

    def _notes(self, black: bool) -> list[int]:
        last = min(self._lowest + 12 * _OCTAVES + 1, 128)
        return [note for note in range(self._lowest, last) if (note % 12 in _BLACK) == black]

    def _box(self, note: int) -> QRectF:
        whites = self._notes(black=False)
        wide = self.width() / len(whites)
        if note % 12 in _BLACK:
            x = (whites.index(note - 1) + 1) * wide
            return QRectF(x - wide * 0.32, 0, wide * 0.64, self.height() * 0.6)
        return QRectF(whites.index(note) * wide, 0, wide, self.height())

    def _at(self, point: QPointF) -> int | None:
        for black in (True, False):
            for note in self._notes(black):
                if self._box(note).contains(point):
                    return note
        return None

    def _press(self, point: QPointF) -> None:
        note = self._at(point)
        if note is None:
            return
        share = point.y() / max(self._box(note).height(), 1.0)
        self._held = note
        self.light(note, True)
        self.pressed.emit(note, max(1, min(127, round(20 + 107 * share))))

    def _release(self) -> None:
        if self._held is not None:
            self.light(self._held, False)
            self.pressed.emit(self._held, 0)
            self._held = None
