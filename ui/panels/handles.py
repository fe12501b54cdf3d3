"""The handles on a waveform: trim, fades, sync point and loop, as lines that can be dragged.

They show an Edit and make another one; native seconds on the screen, the Edit's own seconds in the value.
"""

from __future__ import annotations

from collections.abc import Callable

import pyqtgraph as pg
from msgspec.structs import replace
from PyQt6.QtCore import Qt

from presets.schema import Edit
from ui import theme
from ui.panels.selection import Body

_SHORTEST = 0.02


class Handles:
    """Draggable lines over two plots that share their time."""

    def __init__(self, wave: pg.PlotItem, picture: pg.PlotItem, changed: Callable[[Edit], None]) -> None:
        """changed: told the new Edit when a handle is let go."""
        self._changed, self._edit = changed, Edit(length=1.0)
        self._quiet, self._seconds = False, 1.0
        self._shown: tuple[Edit, float] | None = None
        self.trim = self._region(wave, theme.TEXT, 14)
        self.loop = self._region(wave, theme.GOOD, 26)
        self.fade_in = self._line(wave, theme.SOFT, "fade", 0.93)
        self.fade_out = self._line(wave, theme.SOFT, "fade", 0.93)
        self.sync = self._line(wave, theme.KEPT, "sync", 0.06)
        self._shadow = [self._shade(wave), self._shade(picture), self._shade(wave), self._shade(picture)]

    def bound(self, seconds: float) -> None:
        """How long the whole sound is."""
        self._seconds = seconds
        self.show(self._edit)

    def show(self, edit: Edit) -> None:
        """Put every handle where the Edit says."""
        if (edit, self._seconds) == self._shown:
            return
        self._shown = (edit, self._seconds)
        self._edit, self._quiet = edit, True
        ratio = _ratio(edit)
        start, end = edit.start, edit.start + edit.length * ratio
        bounds = (min(0.0, start), max(self._seconds, end))  # an edit may put silence around a sound
        for item in (self.trim, self.loop, self.fade_in, self.fade_out, self.sync):
            item.setBounds(bounds)
        self.trim.setRegion((start, end))
        self.fade_in.setValue(start + edit.fade_in * ratio)
        self.fade_out.setValue(end - edit.fade_out * ratio)
        self.sync.setVisible(edit.sync is not None)
        self.sync.setValue(start + (edit.sync or 0.0) * ratio)
        self.loop.setVisible(edit.loop is not None)
        if edit.loop is not None:
            self.loop.setRegion((start + edit.loop[0] * ratio, start + edit.loop[1] * ratio))
        for shade in self._shadow[:2]:
            shade.setRegion((bounds[0] - 1.0, start))
        for shade in self._shadow[2:]:
            shade.setRegion((end, bounds[1] + 1.0))
        self._quiet = False

    def _moved(self) -> None:
        """A handle was let go: the Edit that the handles show now."""
        if self._quiet:
            return
        self._shown = None  # a handle stands elsewhere than the Edit says, until that is taken
        ratio = _ratio(self._edit)
        start, end = self.trim.getRegion()
        length = max((end - start) / ratio, _SHORTEST)
        moved = start - self._edit.start

        def within(native: float) -> float:
            return min(max((native - start) / ratio, 0.0), length)

        loop = None
        if self._edit.loop is not None:
            first, last = (within(at) for at in self.loop.getRegion())
            loop = (first, max(last, first + _SHORTEST))
        self._changed(
            replace(
                self._edit,
                start=start,
                length=length,
                onset=min(max(self._edit.onset - moved / ratio, 0.0), length),
                sync=None if self._edit.sync is None else within(self.sync.value()),
                fade_in=self._fade(self.fade_in.value() - self._edit.start, self._edit.fade_in, ratio, length),
                fade_out=self._fade(self._old_end() - self.fade_out.value(), self._edit.fade_out, ratio, length),
                loop=loop,
            )
        )

    def _old_end(self) -> float:
        return self._edit.start + self._edit.length * _ratio(self._edit)

    @staticmethod
    def _fade(span: float, before: float, ratio: float, length: float) -> float:
        """A fade's seconds from where its handle stands; to a millisecond, so that what was not moved stays."""
        seconds = min(max(span / ratio, 0.0), length)
        return before if abs(seconds - before) < 0.0005 else seconds

    def _region(self, plot: pg.PlotItem, colour: str, alpha: int) -> pg.LinearRegionItem:
        brush = theme.colour(colour, alpha / 255)
        item = Body(
            brush=brush,
            hoverBrush=theme.colour(colour, (alpha + 8) / 255),
            pen=pg.mkPen(colour, width=1.5),
            hoverPen=pg.mkPen(theme.ACCENT, width=3),
            swapMode="block",
        )
        item.sigRegionChangeFinished.connect(lambda _: self._moved())
        plot.addItem(item)
        return item

    def _line(self, plot: pg.PlotItem, colour: str, label: str, position: float) -> pg.InfiniteLine:
        item = pg.InfiniteLine(
            movable=True,
            pen=pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine),
            hoverPen=pg.mkPen(theme.ACCENT, width=3),
            label=label,
            labelOpts={"position": position, "color": colour, "movable": False},
        )
        item.label.setFont(theme.font(theme.SMALL))
        item.sigPositionChangeFinished.connect(lambda _: self._moved())
        plot.addItem(item)
        return item

    @staticmethod
    def _shade(plot: pg.PlotItem) -> pg.LinearRegionItem:
        item = pg.LinearRegionItem(movable=False, brush=theme.colour(theme.GROUND, 0.62), pen=pg.mkPen(None))
        item.setZValue(20)
        plot.addItem(item, ignoreBounds=True)
        return item


def _ratio(edit: Edit) -> float:
    """Native seconds for each second that is heard."""
    return float(2.0 ** (edit.pitch / 12))
