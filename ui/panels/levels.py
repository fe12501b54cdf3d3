"""What reaches the ears: level, dim, mute, match, the limiter's work; how loud it plays, and the take is."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from plugin_bridge.audio.protocol import State
from ui import theme
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.panels.live_loudness import LiveLoudnessView
from ui.panels.loudness import LoudnessView
from ui.studio import Studio
from ui.widgets.knob import Knob
from ui.widgets.meter import Meter

_SILENT = -120.0
_TOGGLES = ("dim", "mute", "match")


class Levels(QWidget):
    """A narrow column."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._studio = studio
        self.meter = Meter("Monitor")
        self.live, self.loudness = LiveLoudnessView(deeds), LoudnessView(studio)
        self.level = Knob("Level", -60.0, 12.0, 0.0, "dB")
        self._limiter = QLabel("")
        self._limiter.setObjectName("faint")
        self._limiter.setFont(theme.font(theme.SMALL))
        self._limiter.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._limiter.setToolTip("What the limiter of the monitor takes away; a DAW gets the sound as it is.")
        self.buttons = {name: self._button(name, deeds) for name in _TOGGLES}
        figures = QHBoxLayout()  # side by side: one below the other is too high for small screens
        figures.addWidget(self.loudness)
        figures.addWidget(self.live)
        column = QVBoxLayout(self)
        column.setContentsMargins(7, 8, 7, 8)
        column.setSpacing(theme.GAP)
        column.addWidget(self.meter, 1)
        column.addWidget(self._limiter)
        column.addLayout(figures)
        column.addWidget(self.level)
        for button in self.buttons.values():
            column.addWidget(button)
        self.level.turned.connect(lambda number: studio.settings.change(level_db=number))
        studio.audio.state.connect(self._state)
        studio.settings.listen(lambda _: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show what is set."""
        settings = self._studio.settings()
        for name, button in self.buttons.items():
            button.setChecked(getattr(settings, name))
        if not self.level.isSliderDown():
            self.level.set(settings.level_db)

    def _button(self, name: str, deeds: Deeds) -> QPushButton:
        action = BY_ID[name]
        button = QPushButton(action.words.removesuffix(" loudness"))
        button.setCheckable(True)
        button.setAccessibleName(action.words)
        button.setToolTip(f"{action.help} ({', '.join(action.keys)})")
        button.clicked.connect(lambda: deeds.do(name))
        return button

    def _state(self, state: State) -> None:
        left, right = state.peaks[-2:] if len(state.peaks) >= 2 else (_SILENT, _SILENT)
        self.meter.show_peaks(left, right)
        self.live.show_state(state)
        taken = abs(state.reduction_db)
        self._limiter.setText(f"−{taken:.1f} dB" if taken > 0.05 else " ")
