"""The upper half of the waveform, where a drag selects a part; the lower half is for the handles of the cut.

With Shift a drag selects anywhere. What is selected can be resized at its borders and dragged out of the window
from its middle; a click on it plays it, one beside it clears it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PyQt6.QtCore import QObject, QRectF, Qt, QTimer, pyqtSignal

from ui import theme

_LEFT = Qt.MouseButton.LeftButton


class Stage(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph tells no types
    """Where the waveform lies. Signals: `swept` (from, to, done) seconds, by a drag; `clicked` seconds."""

    swept = pyqtSignal(float, float, bool)
    clicked = pyqtSignal(float)

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: D102, N802
        if ev.button() != _LEFT:
            return
        ev.accept()
        begin, at = (self.mapSceneToView(point).x() for point in (ev.buttonDownScenePos(), ev.scenePos()))
        self.swept.emit(begin, at, ev.isFinish())

    def mouseClickEvent(self, ev: Any) -> None:  # noqa: D102, N802
        if ev.button() == _LEFT and upper(self, ev):
            ev.accept()
            self.clicked.emit(self.mapSceneToView(ev.scenePos()).x())

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: D102, N802
        ev.ignore()


class Body(pg.LinearRegionItem):  # type: ignore[misc]
    """A stretch of the cut, which is moved as a whole from the lower half; the upper one selects."""

    _sweeps = False

    def mouseDragEvent(self, ev: Any) -> None:  # noqa: D102, N802
        stage = self.getViewBox()
        if ev.isStart():
            self._sweeps = ev.button() == _LEFT and isinstance(stage, Stage) and selects(stage, ev)
        if self._sweeps:
            stage.mouseDragEvent(ev)
        else:
            super().mouseDragEvent(ev)

    def hoverEvent(self, ev: Any) -> None:  # noqa: D102, N802
        stage = self.getViewBox()
        if not ev.isExit() and isinstance(stage, Stage) and selects(stage, ev):
            ev.acceptDrags(_LEFT)
            self.setMouseHover(False)
            self.setCursor(Qt.CursorShape.IBeamCursor)
        else:
            self.unsetCursor()
            super().hoverEvent(ev)


class Chosen(pg.LinearRegionItem):  # type: ignore[misc]
    """What is selected, in the upper half. Dragged by its middle it leaves the window; clicked, it is heard."""

    def __init__(self, carried: Callable[[], None], heard: Callable[[], None]) -> None:
        super().__init__(
            brush=theme.colour(theme.ACCENT, 0.24),
            hoverBrush=theme.colour(theme.ACCENT, 0.34),
            pen=pg.mkPen(theme.ACCENT, width=1.5),
            hoverPen=pg.mkPen(theme.ACCENT, width=3),
            span=(0.5, 1.0),
            swapMode="sort",
        )
        self._carried, self._heard, self._sweeps = carried, heard, False
        self.setZValue(30)
        self.setVisible(False)

    def mouseDragEvent(self, ev: Any) -> None:  # noqa: D102, N802
        stage = self.getViewBox()
        if ev.isStart():
            self._sweeps = bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if not self._sweeps and ev.button() == _LEFT:
                QTimer.singleShot(0, self._carried)  # a drag out runs a loop of its own: not inside of this event
        ev.accept()
        if self._sweeps:
            stage.mouseDragEvent(ev)

    def mouseClickEvent(self, ev: Any) -> None:  # noqa: D102, N802
        if ev.button() == _LEFT:
            ev.accept()
            self._heard()

    def hoverEvent(self, ev: Any) -> None:  # noqa: D102, N802
        if not ev.isExit():
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        super().hoverEvent(ev)


class Selection(QObject):
    """The selected part on the plot of the waveform, in native seconds.

    Signal: `chosen` (begin, end) when a hand is off it; `cleared` by a click beside it.
    """

    chosen = pyqtSignal(float, float)
    cleared = pyqtSignal()

    def __init__(
        self, plot: pg.PlotItem, carried: Callable[[], None], heard: Callable[[], None], parent: QObject
    ) -> None:
        """carried: begins a drag out of the window; heard: plays the part."""
        super().__init__(parent)
        self._quiet = False
        self.item = Chosen(carried, heard)
        plot.addItem(self.item, ignoreBounds=True)
        self.playhead = pg.InfiniteLine(pen=pg.mkPen(theme.TEXT, width=1))
        self.playhead.setZValue(40)
        self.playhead.setVisible(False)
        plot.addItem(self.playhead, ignoreBounds=True)
        stage = plot.getViewBox()
        stage.swept.connect(self._swept)
        stage.clicked.connect(lambda _: self.cleared.emit())
        self.item.sigRegionChangeFinished.connect(lambda _: self._resized())

    def show(self, begin: float, end: float) -> None:
        """Put it there."""
        self._quiet = True
        self.item.setRegion((begin, end))
        self.item.setVisible(True)
        self._quiet = False

    def hide(self) -> None:
        """Nothing is selected."""
        self.item.setVisible(False)

    def at(self, native: float | None) -> None:
        """Where it plays; None is nowhere."""
        self.playhead.setVisible(native is not None)
        if native is not None:
            self.playhead.setValue(native)

    def _swept(self, begin: float, at: float, done: bool) -> None:
        self.show(min(begin, at), max(begin, at))
        if done:
            self.chosen.emit(begin, at)

    def _resized(self) -> None:
        if not self._quiet:
            self.chosen.emit(*self.item.getRegion())


def selects(stage: Stage, ev: Any) -> bool:
    """Whether a drag that begins there selects: with Shift, or in the upper half."""
    return bool(ev.modifiers() & Qt.KeyboardModifier.ShiftModifier) or upper(stage, ev)


def upper(stage: Stage, ev: Any) -> bool:
    """Whether it is in the upper half of the waveform; a drag counts from where it began."""
    at = ev.buttonDownScenePos() if hasattr(ev, "buttonDownScenePos") else ev.scenePos()
    box: QRectF = stage.sceneBoundingRect()
    return bool(at.y() < box.center().y())


def let_go(plots: pg.GraphicsLayoutWidget) -> None:
    """The hand was let go outside of the window: the scene saw no release, and would go on dragging."""
    scene = plots.scene()
    scene.dragItem, scene.lastDrag = None, None
    scene.dragButtons, scene.clickEvents = [], []
