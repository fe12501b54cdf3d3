"""The intensity curve of the selected take on its waveform; what is drawn is asked for when the hand rests."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt6.QtCore import QObject, QPointF, Qt

from presets.errors import InvalidRequest
from presets.intensity import MOST_POINTS
from presets.schema import Recipe
from ui import intensity
from ui.deeds import Deeds
from ui.settings import Settings
from ui.studio import Studio
from ui.throttle import Pause
from ui.widgets.curve import MARGIN, CurvePad

_REST_MS = 250  # arrow keys follow each other; what they do together is one step to undo


class CurveView(QObject):
    """Joins the pad with the waveform it lies on and with the take it is for."""

    def __init__(
        self, studio: Studio, deeds: Deeds, plots: pg.GraphicsLayoutWidget, wave: pg.PlotItem, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio, self._deeds, self._plots, self._box = studio, deeds, plots, wave.getViewBox()
        self._seconds, self._there = 1.0, False
        self._of: tuple[int, Recipe | None] = (0, None)
        self.pad = CurvePad(plots.viewport())
        self.pad.hide()
        self._rest = Pause(_REST_MS, self._ask, self)
        self.pad.drawn.connect(self._drawn)
        self.pad.resting.connect(self._rest.now)
        self.pad.full.connect(lambda: studio.messages.note(f"No point fits there; a curve has {MOST_POINTS}."))
        self._box.sigResized.connect(self._lay)
        self._box.sigXRangeChanged.connect(self._lay)
        self._shown = studio.settings().curve
        studio.settings.listen(self._set)

    def bound(self, seconds: float) -> None:
        """How long the whole sound is."""
        self._seconds = seconds
        self._lay()
        self.refresh(self._there)

    def refresh(self, there: bool) -> None:
        """Show the curve of the selected take. there: whether it can be heard yet."""
        self._there = there
        self.pad.setVisible(there and self._shown)
        flow = self._studio.flow
        of = flow.selected, intensity.asked(flow, flow.selected)
        if of == self._of and (self.pad.is_dragging or self._rest.waits):
            return
        self._rest.now()
        if of[0] != self._of[0]:
            self.pad.chosen = None
        self._of = of
        if not self.pad.is_dragging:
            self.pad.put(intensity.curve(flow, flow.selected), self._seconds)

    def _drawn(self, done: bool) -> None:
        self._rest.poke()
        if done:
            self._rest.now()

    def _ask(self) -> None:
        """Want the take under what is drawn, if it is still the one that it was drawn for."""
        studio, (index, recipe) = self._studio, self._of
        if recipe is None or intensity.asked(studio.flow, index) != recipe:
            self.refresh(self._there)
            return
        try:
            changed = intensity.drawn(studio.flow, index, self.pad.points)
        except InvalidRequest as error:  # a recipe that came with a file may hold anything
            studio.messages.warn(f"{error} No curve (Shift+G) begins anew.")
            self.refresh(self._there)
            return
        if changed != studio.flow:
            studio.asked_now()
            studio.change(changed, "Intensity curve")

    def _set(self, settings: Settings) -> None:
        """Shown it has the focus, so that keys reach it at once."""
        if settings.curve == self._shown:
            return
        self._shown = settings.curve
        had = self.pad.hasFocus()
        self._lay()
        self.refresh(self._there)
        if self._shown and self._there:
            self.pad.setFocus(Qt.FocusReason.OtherFocusReason)
        elif had:
            self._deeds.do("grid")

    def _lay(self) -> None:
        """Over the waveform, from the first sample of the sound to its last."""
        ends = [
            self._plots.mapFromScene(self._box.mapViewToScene(QPointF(at, side)))
            for at, side in ((0.0, 1.0), (self._seconds, -1.0))
        ]
        (left, top), (right, bottom) = ((point.x(), point.y()) for point in ends)
        self.pad.setGeometry(left - MARGIN, top, right - left + 2 * MARGIN, bottom - top)
        self.pad.raise_()
