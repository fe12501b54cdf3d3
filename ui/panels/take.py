"""One of the eight takes: waveform, what made it, how far it is, and whether it plays."""

from __future__ import annotations

from PyQt6.QtCore import QMimeData, QPoint, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PyQt6.QtWidgets import QApplication, QSizePolicy, QWidget

from ui import theme
from ui.flow import Slot
from ui.panels.dragging import dragged
from ui.panels.told import Told, tell
from ui.shelf import Heard
from ui.studio import Studio
from ui.widgets.slot_target import SLOT_MIME
from ui.widgets.waveform import picture

_TOP, _BOTTOM, _SIDE = 20, 20, 9


class TakeTile(QWidget):
    """A slot of the grid. `pressed` when it is clicked."""

    pressed = pyqtSignal(int)

    def __init__(self, studio: Studio, index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._index = studio, index
        self._told = Told()
        self._heard: Heard | None = None
        self._picture: tuple[object, QPixmap] | None = None
        self._from: QPoint | None = None
        self.setMinimumSize(QSize(118, 74))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(f"Take {index + 1}")

    @property
    def told(self) -> Told:
        """What the tile shows."""
        return self._told

    def refresh(self) -> None:
        """Show what there is now, if it is other than before."""
        told = tell(self._studio, self._index)
        heard = self._seen(self._studio.flow.slots[self._index])
        if told != self._told or heard is not self._heard or told.playing is not None:
            self._told, self._heard = told, heard
            self.setAccessibleDescription(told.sentence)
            self.setToolTip(told.sentence)
            self.update()

    def _seen(self, slot: Slot) -> Heard | None:
        """The version that is heard, a refinement on its way, or what was there until the new one is ready."""
        studio, recipe = self._studio, slot.recipe
        if recipe is None:
            return None
        preview = studio.preview(recipe)
        if preview is not None and not studio.flow.marks_of(recipe).as_draft:
            return preview
        return studio.shelf.sound(studio.flow, recipe) or self._heard

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._from = event.position().toPoint()
            self.pressed.emit(self._index)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        if event is None or self._from is None or self._told.empty:
            return
        if (event.position().toPoint() - self._from).manhattanLength() >= QApplication.startDragDistance():
            self._from = None
            self._drag()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: D102, N802
        self._from = None

    def _drag(self) -> None:
        carrying = self._studio.archive.carrying
        files = carrying.paths() if self._told.selected else []
        mime = carrying.mime() if files else QMimeData()
        if not files:
            carrying.not_yet()
        mime.setData(SLOT_MIME, str(self._index).encode())
        small = self.grab().scaledToWidth(140, Qt.TransformationMode.SmoothTransformation)
        if dragged(self, mime, small) and files:
            carrying.taken()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: D102, N802
        told = self._told
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setBrush(theme.colour(theme.RAISED if told.selected else theme.PANEL))
        edge = theme.ACCENT if told.selected else theme.LINE
        painter.setPen(QPen(theme.colour(edge, 1.0 if told.focused or not told.selected else 0.55), 1.4))
        painter.drawRoundedRect(box, theme.ROUND, theme.ROUND)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_wave(painter, told)
        self._paint_words(painter, told)
        if told.progress is not None:
            width = (box.width() - 2 * _SIDE) * told.progress
            painter.fillRect(QRectF(_SIDE, box.bottom() - 3, width, 2), theme.colour(theme.WORKING))
        elif told.waiting:
            painter.fillRect(QRectF(_SIDE, box.bottom() - 3, 18, 2), theme.colour(theme.ACCENT, 0.7))
        painter.end()

    def _paint_wave(self, painter: QPainter, told: Told) -> None:
        area = self.rect().adjusted(_SIDE, _TOP, -_SIDE, -_BOTTOM)
        heard = self._heard
        if heard is None or area.height() < 8:
            return
        strength = 0.45 if told.waiting or told.silent else 1.0
        key = (heard.name, area.size(), strength, self.devicePixelRatioF())
        if self._picture is None or self._picture[0] != key:
            made = picture(heard.peaks, heard.tint, area.size(), self.devicePixelRatioF(), strength)
            self._picture = (key, made)
        painter.drawPixmap(area.topLeft(), self._picture[1])
        if told.playing is not None:
            x = area.left() + told.playing * area.width()
            painter.fillRect(QRectF(x, area.top(), 1.5, area.height()), theme.colour(theme.TEXT, 0.9))

    def _paint_words(self, painter: QPainter, told: Told) -> None:
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        top = QRectF(_SIDE, 3, self.width() - 2 * _SIDE, _TOP - 4)
        under = QRectF(_SIDE, self.height() - _BOTTOM, self.width() - 2 * _SIDE, _BOTTOM - 4)
        painter.setFont(theme.font(theme.NORMAL, heavy=True))
        painter.setPen(theme.colour(theme.TEXT if told.selected else theme.SOFT))
        painter.drawText(top, left, str(self._index + 1))
        painter.setFont(theme.font(theme.SMALL))
        x = top.right()
        for word, name in told.badges:
            width = painter.fontMetrics().horizontalAdvance(word)
            painter.setPen(theme.colour(name))
            painter.drawText(QRectF(x - width, top.top(), width + 1, top.height()), right, word)
            x -= width + 9
        painter.setPen(theme.colour(theme.WORKING if told.progress is not None else theme.SOFT))
        state = painter.fontMetrics().horizontalAdvance(told.state)
        painter.drawText(under, right, told.state)
        painter.setPen(theme.colour(theme.FAINT))
        room = int(under.width() - state - 10)
        painter.drawText(
            under, left, painter.fontMetrics().elidedText(told.facts, Qt.TextElideMode.ElideRight, room)
        )
        if told.empty:
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, told.hint)
