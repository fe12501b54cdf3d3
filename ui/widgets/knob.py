"""A knob with name, value and unit: drag, wheel, arrow keys, double click to type, Delete for the usual value."""

from __future__ import annotations

import math

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QDial, QLineEdit, QWidget

from ui import theme

_STEPS = 1000
_PIXELS = 220  # of dragging from one end to the other
_SWEEP = 270.0


class Knob(QDial):
    """A number between two ends. `turned` tells while it moves, `settled` when the hand is off it."""

    turned = pyqtSignal(float)
    settled = pyqtSignal(float)

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        usual: float,
        unit: str = "",
        decimals: int = 1,
        logarithmic: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """usual: what Delete brings back. logarithmic: equal ways are equal ratios; both ends above 0."""
        super().__init__(parent)
        self._low, self._high, self._usual = low, high, usual
        self._unit, self._decimals, self._logarithmic = unit, decimals, logarithmic
        self._name, self._from = name, (0.0, 0)
        self.setAccessibleName(name)
        self.setRange(0, _STEPS)
        self.setPageStep(_STEPS // 10)
        self.setSingleStep(_STEPS // 100)
        self._explain()
        self.set(usual)
        self.valueChanged.connect(lambda _: self.turned.emit(self.number))
        self.sliderReleased.connect(lambda: self.settled.emit(self.number))
        self._entry: QLineEdit | None = None

    def limit(self, low: float, high: float, usual: float) -> None:
        """Other ends and another usual value; what it stands at is kept as far as it can be."""
        if (low, high, usual) == (self._low, self._high, self._usual):
            return
        number = self.number
        self._low, self._high, self._usual = low, high, usual
        self._explain()
        self.set(number)
        self.update()

    def _explain(self) -> None:
        usual = self._text(self._usual)
        self.setToolTip(f"{self._name}. Drag or turn the wheel; double click to type; Delete for {usual}.")

    @property
    def number(self) -> float:
        """The value."""
        share = self.value() / _STEPS
        if self._logarithmic:
            value = self._low * (self._high / self._low) ** share
        else:
            value = self._low + (self._high - self._low) * share
        return round(value, self._decimals + 1)

    def set(self, number: float) -> None:
        """Show a value without telling that it was turned."""
        number = min(max(number, self._low), self._high)
        if self._logarithmic:
            share = math.log(number / self._low) / math.log(self._high / self._low)
        else:
            share = (number - self._low) / (self._high - self._low)
        place = round(share * _STEPS)
        if place == self.value():
            return
        was = self.blockSignals(True)
        self.setValue(place)
        self.blockSignals(was)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: D102, N802
        return QSize(58, 62)

    def minimumSizeHint(self) -> QSize:  # noqa: D102, N802
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._from = (event.position().y(), self.value())
            self.setSliderDown(True)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if event is not None and self.isSliderDown():
            fine = 0.2 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
            start, value = self._from
            self.setValue(value + round((start - event.position().y()) / _PIXELS * _STEPS * fine))

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if self.isSliderDown():
            self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        self._type()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: D102, N802
        if event is None:
            return
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._change(self._usual)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._type()
        else:
            super().keyPressEvent(event)
            self.settled.emit(self.number)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: D102, N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = self.width()
        side = 30.0
        box = QRectF((width - side) / 2, 15, side, side)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour(theme.SOFT))
        painter.drawText(QRectF(0, 0, width, 13), Qt.AlignmentFlag.AlignCenter, self._name)
        painter.end()
        self._paint_value(self.value() / _STEPS, box)

    def _paint_value(self, share: float, box: QRectF) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = theme.colour(theme.ACCENT if self.isEnabled() else theme.FAINT)
        start = 225.0
        painter.setPen(QPen(theme.colour(theme.EDGE), 3, cap=Qt.PenCapStyle.RoundCap))
        painter.drawArc(box, int(start * 16), int(-_SWEEP * 16))
        painter.setPen(QPen(on, 3, cap=Qt.PenCapStyle.RoundCap))
        zero = -self._low / (self._high - self._low) if self._low < 0 < self._high else 0.0
        painter.drawArc(box, int((start - _SWEEP * zero) * 16), int(-_SWEEP * (share - zero) * 16))
        angle = math.radians(start - _SWEEP * share)
        middle, reach = box.center(), box.width() / 2
        painter.setPen(QPen(theme.colour(theme.TEXT), 2, cap=Qt.PenCapStyle.RoundCap))
        tip = QPointF(math.cos(angle), -math.sin(angle))
        painter.drawLine(middle + tip * reach * 0.35, middle + tip * reach * 0.75)
        painter.setFont(theme.font(theme.SMALL))
        painter.setPen(theme.colour(theme.ACCENT if self.hasFocus() else theme.TEXT))
        text = QRectF(0, box.bottom() + 1, self.width(), 14)
        painter.drawText(text, Qt.AlignmentFlag.AlignCenter, self._text(self.number))
        painter.end()

    def _text(self, number: float) -> str:
        figures = f"{number:.{self._decimals}f}"
        if float(figures) == 0.0:
            figures = figures.removeprefix("-")
        return f"{figures}{' ' if self._unit else ''}{self._unit}"

    def _change(self, number: float) -> None:
        before = self.number
        self.set(number)
        if self.number != before:
            self.turned.emit(self.number)
            self.settled.emit(self.number)

    def _type(self) -> None:
        entry = QLineEdit(f"{self.number:.{self._decimals}f}", self)
        entry.setAccessibleName(f"{self._name} in {self._unit}" if self._unit else self._name)
        entry.setGeometry(0, self.height() - 22, self.width(), 22)
        entry.setFont(theme.font(theme.SMALL))
        entry.selectAll()
        entry.editingFinished.connect(lambda: self._typed(entry))
        entry.show()
        entry.setFocus()
        self._entry = entry

    def _typed(self, entry: QLineEdit) -> None:
        if self._entry is not entry:
            return
        self._entry = None
        try:
            number = float(entry.text().replace(",", ".").split()[0])
        except (ValueError, IndexError):
            number = self.number
        entry.deleteLater()
        if math.isfinite(number):
            self._change(number)
        self.setFocus()
