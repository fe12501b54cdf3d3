"""How loud the selected take is, as its file will be: measured beside the window once a hand rests on it.

Peak meters tell what passes; a designer has to deliver figures. They are those of the sound that is handed off:
cut, with its effects, at the gain of its set; of the selected part, where one is selected.
"""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QObject, pyqtSignal

from presets.loudness import Loudness, measure
from ui import given
from ui.carrying import Wanted
from ui.chains import chain_of, sounds
from ui.hearing import KEPT_RATE
from ui.studio import Studio
from ui.throttle import Pause

_REST_MS = 250  # drafts that arrive are measured when all are there
_MOST = 200


@dataclass(frozen=True)
class Figures:
    """What is told. loudness: None while it is being measured; wet: with effects; part: of the selected part."""

    loudness: Loudness | None
    wet: bool
    part: bool


class Measuring(QObject):
    """The figures of the selected take. Signal: `changed` when `figures` did; None is no take."""

    changed = pyqtSignal()

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.figures: Figures | None = None
        self._known: dict[str, Loudness] = {}
        self._wanted: Wanted | None = None
        self._rest = Pause(_REST_MS, self._measure, self)
        studio.changed.connect(self.follow)
        studio.archive.part.changed.connect(self.follow)

    def follow(self) -> None:
        """Another take, cut, chain or part may be selected."""
        studio, recipe = self._studio, self._studio.flow.chosen.recipe
        if recipe is None or studio.shelf.shown(studio.flow, recipe) is None:
            self._wanted = None
            self._tell(None)
            return
        span = studio.archive.span
        wanted = given.of_take(studio.flow, studio.shelf, recipe, span)
        known = self._known.get(wanted.key) if wanted else None
        if known is None and wanted is not None and (self._wanted is None or wanted.key != self._wanted.key):
            self._rest.poke()
        self._wanted = wanted
        self._tell(Figures(known, sounds(chain_of(studio.flow, recipe)), span is not None))

    def _measure(self) -> None:
        wanted = self._wanted
        if wanted is None or wanted.key in self._known:
            return

        def measured(loudness: Loudness) -> None:
            self._known[wanted.key] = loudness
            while len(self._known) > _MOST:
                self._known.pop(next(iter(self._known)))
            self.follow()

        job = self._studio.archive.measuring
        job.do("loudness", lambda: measure(wanted.make(KEPT_RATE).sound), measured, lambda _: None)

    def _tell(self, figures: Figures | None) -> None:
        if figures != self.figures:
            self.figures = figures
            self.changed.emit()
