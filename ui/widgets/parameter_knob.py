"""A knob of an effect: what it stands at is told by the effect itself, in its own words and unit.

The effect alone knows which place means "-12 dB". So typing a value asks it: the knob is turned to a place, the
effect says what that means, and half of the way is left out each time, until the text is there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtGui import QFontMetrics
from PyQt6.QtWidgets import QLineEdit, QWidget

from plugin_bridge.rack.parameter import Parameter
from ui import theme
from ui.widgets.knob import Knob

KNOB_WIDTH = 70
_TRIES = 14
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")


@dataclass
class _Search:
    """A text that is looked for between two places. falling: whether higher places are lower numbers."""

    text: str
    low: float = 0.0
    high: float = 1.0
    falling: bool | None = None
    first: float | None = None
    tries: int = 0


class ParameterKnob(Knob):
    """A Parameter. `moved` (0 to 1) whenever it shall stand elsewhere."""

    moved = pyqtSignal(float)

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        self._stands = parameter
        self._search: _Search | None = None
        metrics = QFontMetrics(theme.font(theme.SMALL))
        short = parameter.name
        while len(short) > 1 and metrics.horizontalAdvance(short) > KNOB_WIDTH - 2:
            short = short.rstrip("…")[:-1].rstrip() + "…"
        super().__init__(short, 0.0, 1.0, parameter.value, decimals=3, parent=parent)
        self.setAccessibleName(parameter.name)
        self._tell()
        self.turned.connect(self._turned)

    @property
    def parameter(self) -> Parameter:
        """What it shows."""
        return self._stands

    def show_parameter(self, parameter: Parameter) -> None:
        """Show where the effect says it stands; a hand that is on it is not moved."""
        self._stands = parameter
        if self._search is not None:
            self._next(self._search)
        if not self.isSliderDown():
            self.set(parameter.value)
        self._tell()
        self.update()

    def look_for(self, text: str) -> None:
        """Find the place that the effect calls so: a number in its unit, or the begin of a word."""
        search = _Search(text.strip())
        if not search.text:
            return
        self._search = search
        self._next(search)

    def sizeHint(self) -> QSize:  # noqa: D102, N802
        return QSize(KNOB_WIDTH, 62)

    def _turned(self, number: float) -> None:
        self._search = None
        steps = self._stands.steps
        self.moved.emit(round(number * (steps - 1)) / (steps - 1) if steps > 1 else min(max(number, 0.0), 1.0))

    def _tell(self) -> None:
        told = self._text(0.0)
        self.setAccessibleDescription(told)
        self.setToolTip(f"{self._stands.name}: {told}. Drag or turn the wheel; Enter to type; Delete: as it was.")

    def _text(self, number: float) -> str:
        stands = self._stands
        text = stands.text or f"{stands.value:.2f}"
        return f"{text} {stands.unit}".strip() if stands.unit and not text.endswith(stands.unit) else text

    def _type(self) -> None:
        super()._type()
        if self._entry is not None:
            self._entry.setText(self._stands.text)
            self._entry.selectAll()

    def _typed(self, entry: QLineEdit) -> None:
        if self._entry is not entry:
            return
        self._entry = None
        text = entry.text()
        entry.deleteLater()
        self.setFocus()
        if text.strip() != self._stands.text:
            self.look_for(text)

    # ── looking for a text ────────────────────────────────────────────────────────────────────────────────────

    def _next(self, search: _Search) -> None:
        wanted = _number(search.text)
        place = self._by_word(search) if wanted is None else self._by_number(search, wanted)
        search.tries += 1
        if place is None or search.tries > _TRIES + self._stands.steps:
            self._search = None
            return
        self.set(place)
        self.moved.emit(place)

    def _by_word(self, search: _Search) -> float | None:
        """Every place of a stepped knob, one after the other."""
        if search.tries and self._stands.text.lower().startswith(search.text.lower()):
            return None
        steps = self._stands.steps
        return search.tries / (steps - 1) if steps > 1 and search.tries < steps else None

    def _by_number(self, search: _Search, wanted: float) -> float | None:
        """Both ends tell which way it goes, then half of what is left is left out each time."""
        if search.tries == 0:
            return 0.0
        stands = _number(self._stands.text)
        if search.tries == 1:
            search.first = stands
            return 1.0
        if search.falling is None:
            ends = search.first, stands
            search.falling = ends[0] is not None and ends[1] is not None and ends[0] > ends[1]
        elif stands is not None:
            if abs(stands - wanted) < 1e-9:
                return None
            if (stands < wanted) != search.falling:
                search.low = self._stands.value
            else:
                search.high = self._stands.value
        return None if search.high - search.low < 1e-4 else (search.low + search.high) / 2


def _number(text: str) -> float | None:
    """The first number in a text, "1.2 k" as 1200; None where there is none."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    number = float(found.group().replace(",", "."))
    return number * 1000 if text[found.end() :].strip().lower().startswith("k") else number
