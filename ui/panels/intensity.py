"""The knob of how hard the selected take is: three stops, because three words are what a model tells apart."""

from __future__ import annotations

from PyQt6.QtWidgets import QWidget

from ui import intensity
from ui.studio import Studio
from ui.throttle import Pause
from ui.widgets.knob import Knob

_REST_MS = 150  # a wheel that is turned passes the middle


class IntensityKnob(Knob):
    """Soft, as the words say, hard. Follows the selected take, and asks for it otherwise when the hand rests."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__("Intensity", -1.0, 1.0, 0.0, decimals=0, parent=parent)
        self._studio = studio
        stop = (self.maximum() - self.minimum()) // 2
        self.setSingleStep(stop)
        self.setPageStep(stop)
        self.setToolTip("How hard the take is, said in words, in the same noise: soft, as the words say, hard.")
        self._rest = Pause(_REST_MS, self._ask, self)
        self.turned.connect(lambda _: self._rest.poke())
        self.settled.connect(lambda _: self._rest.poke())
        studio.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what the selected take is asked for."""
        flow = self._studio.flow
        if not (self.isSliderDown() or self._rest.waits):
            self.set(intensity.intensity(flow, flow.selected))
            self.setAccessibleDescription(self._text(self.number))

    def _text(self, number: float) -> str:
        return next(words for at, words in intensity.WORDS.items() if at == round(number))

    def _ask(self) -> None:
        if self.isSliderDown():
            self._rest.poke()
            return
        studio, flow = self._studio, self._studio.flow
        wanted = next(at for at in intensity.WORDS if at == round(self.number))
        changed = intensity.put(flow, flow.selected, wanted)
        if changed != flow:
            studio.asked_now()
            studio.change(changed, "Intensity")
        self.refresh()
