"""Where the sound goes, as sound and as files, and where MIDI comes from: choose, hear a tone, measure."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from plugin_bridge.audio.protocol import Devices, Failed, Measured, Opened, State
from ui import theme
from ui.deeds import Deeds
from ui.dialogs.handoff_choice import HandoffChoice
from ui.dialogs.midi import MidiPage
from ui.dialogs.output import OutputChoice
from ui.dialogs.parts import push_button, words_line
from ui.learning import Learning
from ui.studio import Studio
from ui.widgets.meter import Meter
from ui.widgets.room import fit

_TONE_SECONDS = 2.0
_MEASURE = "device-page"
_SILENT = -120.0


class DevicesPage(QDialog):
    """Two pages: sound, and MIDI."""

    def __init__(self, studio: Studio, deeds: Deeds, learning: Learning, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Devices – Onetake")
        fit(self, 640, 700)
        self._studio = studio
        self.output = OutputChoice(studio)
        self.handoff = HandoffChoice(studio)
        self.midi = MidiPage(studio, deeds, learning)
        self.meter = Meter("Monitor")
        self.open_label = words_line("", "soft", selectable=True)
        self.latency = words_line("Latency: not measured", "soft", selectable=True)
        self.advice = words_line("", "faint", selectable=True)
        self.tone = push_button("Test tone", "1 kHz at -20 dBFS, left and then right.")
        self.measure = push_button("Measure", "A click goes out, and its way back is timed: connect both first.")
        tabs = QTabWidget()
        tabs.addTab(_scrolled(self._sound_page()), "Sound")
        tabs.addTab(_scrolled(self.midi), "MIDI")
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.addWidget(tabs)
        self._connect()

    def _sound_page(self) -> QWidget:
        page = QWidget()
        left = QVBoxLayout()
        left.setSpacing(theme.SPACE)
        left.addWidget(self.output)
        left.addWidget(self.open_label)
        buttons = QHBoxLayout()
        buttons.addWidget(self.tone)
        buttons.addWidget(self.measure)
        buttons.addWidget(self.latency, 1)
        left.addLayout(buttons)
        left.addWidget(self.advice)
        heading = words_line("Files for the DAW", "", selectable=True)
        heading.setFont(theme.font(theme.NORMAL, heavy=True))
        left.addSpacing(theme.SPACE)
        left.addWidget(heading)
        left.addWidget(self.handoff)
        left.addStretch(1)
        row = QHBoxLayout(page)
        row.setSpacing(theme.SPACE)
        row.addLayout(left, 1)
        row.addWidget(self.meter)
        return page

    def _connect(self) -> None:
        audio = self._studio.audio
        audio.news.connect(self._hear)
        audio.state.connect(self._state)
        audio.gone.connect(self.open_label.setText)
        self.output.refresh.clicked.connect(self.look)
        self.tone.clicked.connect(lambda: audio.say(lambda client: client.test_tone(_TONE_SECONDS)))
        self.measure.clicked.connect(self._measure)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: D102, N802
        super().showEvent(event)
        self.look()
        if self._studio.audio.opened is not None:
            self.open_label.setText(told(self._studio.audio.opened))
        self.midi.watch(True)

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: D102, N802
        self.midi.watch(False)
        super().hideEvent(event)

    def look(self) -> None:
        """Ask which devices there are now."""
        self.output.looking()
        self._studio.audio.say(lambda client: client.devices())

    def _measure(self) -> None:
        self.measure.setEnabled(False)
        self.latency.setText("Measuring …")
        source = self.output.source()
        self._studio.audio.say(lambda client: client.measure(_MEASURE, source))

    def _hear(self, news: object) -> None:
        if isinstance(news, Devices):
            self.output.show_devices(news)
            self.midi.show_ports(news.midi_inputs, news.midi_outputs)
            self.advice.setText(news.advice)
            self.advice.setVisible(bool(news.advice))
        elif isinstance(news, Opened):
            self.open_label.setText(told(news))
        elif isinstance(news, Measured) and news.ticket == _MEASURE:
            self._measured(f"{1000 * news.frames / news.rate:.1f} ms ({news.frames} samples at {news.rate} Hz)")
        elif isinstance(news, Failed) and news.about == _MEASURE:
            self._measured("not measured")
            self._studio.messages.error(news.sentence)
        elif isinstance(news, Failed) and news.about in ("Open", "devices"):
            self.open_label.setText(news.sentence)

    def _measured(self, words: str) -> None:
        self.measure.setEnabled(True)
        self.latency.setText(f"Latency: {words}")

    def _state(self, state: State) -> None:
        left, right = state.peaks[-2:] if len(state.peaks) >= 2 else (_SILENT, _SILENT)
        self.meter.show_peaks(left, right)
        if state.rate and self.latency.text() == "Latency: not measured" and state.latency:
            self.latency.setToolTip(
                f"The driver tells {1000 * state.latency / state.rate:.1f} ms ({state.latency} samples)."
            )


def told(opened: Opened) -> str:
    """What is open, in a line."""
    where = "Nothing: the work goes on silently" if opened.driver == "none" else opened.device or opened.driver
    facts = f"{opened.rate / 1000:g} kHz, {opened.block} samples a block"
    late = f", {1000 * opened.latency / opened.rate:.1f} ms late" if opened.latency and opened.rate else ""
    daw = f"; to the DAW: {opened.daw}" if opened.daw else ""
    return f"Open: {where}, {facts}{late}{daw}. {opened.remark}".strip()


def _scrolled(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    page.setObjectName("ground")
    area.setWidget(page)
    return area
