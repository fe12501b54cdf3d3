"""A curve that is drawn by hand over a picture: its points dragged, or chosen and moved by keys.

It takes only what is meant for it: a press near a point and a double click. Everything else goes to what lies
beneath, so that the handles there still work.
"""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QWidget

from presets.intensity import HIGHEST_DB, LOWEST_DB, Points
from ui import points as hand
from ui import theme

MARGIN = 7
"""Pixels around the curve's own field, so that points at its ends are whole."""

_NEAR, _RADIUS = 9.0, 4.0  # pixels
_FINE = 0.2
_ARROWS = {
    Qt.Key.Key_Left: (-0.01, 0.0),
    Qt.Key.Key_Right: (0.01, 0.0),
    Qt.Key.Key_Up: (0.0, 1.0),
    Qt.Key.Key_Down: (0.0, -1.0),
}
_ADD = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Insert)
_REMOVE = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_KEYS = {*_ARROWS, *_ADD, *_REMOVE, Qt.Key.Key_Home, Qt.Key.Key_End}
_HELD = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta)
_HINT = "Double-click to draw how strong the take is along its length"
_LEFT = Qt.MouseButton.LeftButton
_SHIFT, _CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


class CurvePad(QWidget):
    """Points over the length of a sound, in dB.

    Signals: `drawn` (done) after every change by keys, and by the mouse when it lets go; done is False where the
    next key may go on with it. `resting` when the hand turns to something else. `full` where no point fits.
    """

    drawn = pyqtSignal(bool)
    resting = pyqtSignal()
    full = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.points: Points = ()
        self.chosen: int | None = None
        self._seconds = 1.0
        self._held: tuple[QPointF, float, float] | None = None
        self._before: Points = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Intensity curve")
        self._describe()

    @property
    def is_dragging(self) -> bool:
        """Whether a hand holds a point."""
        return self._held is not None

    def put(self, points: Points, seconds: float) -> None:
        """Show a curve over a sound of so many seconds; the chosen point stays chosen while there is one."""
        self.points, self._seconds = points, seconds
        if self.chosen is not None and self.chosen >= len(points):
            self.chosen = len(points) - 1 if points else None
        self._describe()

    def place_of(self, at: float, db: float) -> QPointF:
        """Where a point is drawn, in pixels of the pad."""
        field = self._field()
        down = (HIGHEST_DB - db) / (HIGHEST_DB - LOWEST_DB)
        return QPointF(field.left() + at * field.width(), field.top() + down * field.height())

    # ── the mouse ─────────────────────────────────────────────────────────────────────────────────────────────

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if event is None:
            return
        near = self._near(event.position()) if event.button() == _LEFT else None
        if near is None:
            event.ignore()
            return
        self._hold(near, event.position())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if event is None:
            return
        if self._held is not None and not event.buttons() & _LEFT:
            self._let_go()  # the release went elsewhere
        if self._held is None or self.chosen is None:
            self._show_grip(event.position())
            event.ignore()
            return
        last, at, db = self._held
        share = _FINE if event.modifiers() & _SHIFT else 1.0
        field, way = self._field(), (event.position() - last) * share
        at += way.x() / field.width()
        db -= way.y() / field.height() * (HIGHEST_DB - LOWEST_DB)
        self._held = event.position(), at, db
        self._set(hand.moved(self.points, self.chosen, at, db))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if event is None:
            return
        if self._held is None:
            event.ignore()
            return
        self._let_go()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if event is None or event.button() != _LEFT:
            return
        near = self._near(event.position())
        if near is not None:
            self._hold(near, event.position())
            return
        before = self.points
        field, place = self._field(), event.position()
        at = (place.x() - field.left()) / field.width()
        db = HIGHEST_DB - (place.y() - field.top()) / field.height() * (HIGHEST_DB - LOWEST_DB)
        if self._add(at, db) and self.chosen is not None:
            self._hold(self.chosen, place)
            self._before = before

    def _hold(self, index: int, place: QPointF) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.chosen, self._before = index, self.points
        self._held = place, *self.points[index]
        self._describe()

    def _let_go(self) -> None:
        self._held = None
        if self.points != self._before:
            self.drawn.emit(True)
        self.update()

    def _show_grip(self, place: QPointF) -> None:
        if self._near(place) is not None:
            self.setCursor(Qt.CursorShape.SizeAllCursor)
        else:
            self.unsetCursor()

    def _near(self, place: QPointF) -> int | None:
        ways = [(self.place_of(*point) - place).manhattanLength() for point in self.points]
        nearest = min(range(len(ways)), key=ways.__getitem__, default=None)
        return nearest if nearest is not None and ways[nearest] <= _NEAR else None

    # ── keys ──────────────────────────────────────────────────────────────────────────────────────────────────

    def event(self, event: QEvent | None) -> bool:
        """Its keys are its own while it has the focus; before any other acts, what was drawn is told."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if event.key() in _KEYS:
                event.accept()
                return True
            if event.key() not in _HELD:
                self.resting.emit()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: D102, N802
        if event is None:
            return
        key = Qt.Key(event.key())
        if key in _ADD:
            if self._add(*hand.behind(self.points, self.chosen)):
                self.drawn.emit(True)
        elif key not in _KEYS:
            super().keyPressEvent(event)
        elif self.points:
            self._act(key, event.modifiers())

    def focusInEvent(self, event: QFocusEvent | None) -> None:  # noqa: D102, N802
        if self.chosen is None and self.points:
            self.chosen = 0
        self._describe()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: D102, N802
        self.resting.emit()
        self._describe()
        super().focusOutEvent(event)

    def _act(self, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        """What a key does to the chosen point, or which it chooses."""
        index, last = self.chosen or 0, len(self.points) - 1
        if key in _REMOVE:
            self.chosen = min(index, last - 1) if last else None
            self._set(hand.removed(self.points, index))
            self.drawn.emit(True)
            return
        across, up = _ARROWS.get(key, (0.0, 0.0))
        if key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.chosen = 0 if key == Qt.Key.Key_Home else last
        elif across and modifiers & _CTRL:
            self.chosen = min(max(index + (1 if across > 0 else -1), 0), last)
        else:
            share, (at, db) = 0.1 if modifiers & _SHIFT else 1.0, self.points[index]
            self.chosen = index
            self._set(hand.moved(self.points, index, at + share * across, db + share * up))
            self.drawn.emit(False)
            return
        self._describe()

    def _add(self, at: float, db: float) -> bool:
        points, index = hand.added(self.points, at, db)
        if index is None:
            self.full.emit()
            return False
        self.chosen = index
        self._set(points)
        return True

    def _set(self, points: Points) -> None:
        self.points = points
        self._describe()

    # ── how it looks ──────────────────────────────────────────────────────────────────────────────────────────

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: D102, N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(theme.SMALL))
        self._paint_levels(painter)
        self._paint_curve(painter)
        self._paint_words(painter)
        painter.end()

    def _paint_levels(self, painter: QPainter) -> None:
        field = self._field()
        painter.setPen(QPen(theme.colour(theme.SOFT, 0.6), 1, Qt.PenStyle.DotLine))
        zero = self.place_of(0.0, 0.0).y()
        painter.drawLine(QPointF(field.left(), zero), QPointF(field.right(), zero))
        _write(painter, QPointF(field.left() + field.width() / 4, zero - 4), "0 dB", theme.SOFT)

    def _paint_curve(self, painter: QPainter) -> None:
        colour = theme.colour(theme.WORKING, 1.0 if self.hasFocus() else 0.8)
        line = [(0.0, hand.level(self.points, 0.0)), *self.points, (1.0, hand.level(self.points, 1.0))]
        places = QPolygonF([self.place_of(*point) for point in line])
        for pen in (QPen(theme.colour(theme.PANEL, 0.6), 5), QPen(colour, 2)):
            painter.setPen(pen)
            painter.drawPolyline(places)
        for i, point in enumerate(self.points):
            is_chosen = i == self.chosen and (self.hasFocus() or self.is_dragging)
            painter.setPen(QPen(theme.colour(theme.TEXT) if is_chosen else colour, 1.5))
            painter.setBrush(colour if is_chosen else theme.colour(theme.PANEL))
            radius = _RADIUS + is_chosen
            painter.drawEllipse(self.place_of(*point), radius, radius)

    def _paint_words(self, painter: QPainter) -> None:
        """What the chosen point stands at; without points, how to begin."""
        if not self.points:
            left = (self.width() - painter.fontMetrics().horizontalAdvance(_HINT)) / 2
            _write(painter, QPointF(left, self.height() - 2 * MARGIN), _HINT, theme.TEXT)
        elif self.chosen is not None and (self.hasFocus() or self.is_dragging):
            words = self._words(self.chosen)
            width = painter.fontMetrics().horizontalAdvance(words)
            place = self.place_of(*self.points[self.chosen])
            left = min(max(place.x() + 9, 2), self.width() - width - 2)
            above = place.y() - 8 if place.y() > self.height() / 3 else place.y() + 18
            _write(painter, QPointF(left, above), words, theme.TEXT)

    def _words(self, index: int) -> str:
        at, db = self.points[index]
        return f"{at * self._seconds:.3f} s, {db:+.1f} dB"

    def _describe(self) -> None:
        count = len(self.points)
        chosen = "" if self.chosen is None else f"Point {self.chosen + 1} of {count}: {self._words(self.chosen)}. "
        none = "" if self.points else "There is no curve yet. "
        self.setAccessibleDescription(
            f"{none}{chosen}Return puts a point, arrows move it, Shift with arrows finely, Control with left and "
            "right choose another, Delete takes it away."
        )
        self.update()

    def _field(self) -> QRectF:
        return QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)


def _write(painter: QPainter, place: QPointF, words: str, colour: str) -> None:
    """Words that can be read on a waveform. place: where their line begins."""
    metrics = painter.fontMetrics()
    ground = QRectF(
        place.x() - 3, place.y() - metrics.ascent() - 1, metrics.horizontalAdvance(words) + 6, metrics.height() + 1
    )
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour(theme.PANEL, 0.75))
    painter.drawRoundedRect(ground, 3, 3)
    painter.setPen(theme.colour(colour))
    painter.drawText(place, words)
