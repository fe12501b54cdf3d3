"""The loudness of what plays now: of the last 400 ms, of the last 3 s, and integrated since the reset."""

from __future__ import annotations

import math

from PyQt6.QtWidgets import QPushButton, QWidget

from plugin_bridge.audio.protocol import State
from ui import theme
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.panels.loudness import WIDEST, figure, figure_label, lay_out

_ROWS = (
    ("M", "Momentary, the last 400 ms, LUFS"),
    ("S", "Short-term, the last 3 s, LUFS"),
    ("I", "Integrated since the reset, LUFS"),
)
_SILENT = -100.0  # what is told as lower is no sound


class LiveLoudnessView(QWidget):
    """Three figures, and the button that begins the third anew."""

    def __init__(self, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Loudness of what plays now")
        self.values = [figure_label("−∞", "soft", WIDEST) for _ in _ROWS]
        self.reset = _reset_button(deeds)
        lay_out(self, _ROWS, self.values, "of what your ears get now", self.reset)

    def show_state(self, state: State) -> None:
        """Show what the audio process tells."""
        texts = [figure(level if level > _SILENT else -math.inf) for level in state.loudness]
        if texts == [value.text() for value in self.values]:
            return
        for value, text in zip(self.values, texts, strict=True):
            value.setText(text)
        self.setAccessibleDescription(
            ", ".join(f"{told}: {text}" for (_, told), text in zip(_ROWS, texts, strict=True))
        )


def _reset_button(deeds: Deeds) -> QPushButton:
    action = BY_ID["loudness.reset"]
    button = QPushButton("now")
    button.setObjectName("plain")
    button.setStyleSheet("padding: 0")  # no higher than the words beside it
    button.setFont(theme.font(theme.SMALL))
    button.setAccessibleName(action.words)
    button.setToolTip(f"{action.help} ({', '.join(action.keys)})")
    button.clicked.connect(lambda: deeds.do(action.id))
    return button
