"""MIDI and OSC: what is listened to and passed on, what does what, how notes are called, what comes in."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from plugin_bridge.audio.protocol import Failed, Learned, MidiSeen
from plugin_bridge.audio.seen import line as midi_line
from ui import theme
from ui.actions import ACTIONS, BY_ID
from ui.deeds import Deeds
from ui.dialogs.osc import OscChoice
from ui.learning import Learning
from ui.settings import Settings
from ui.studio import Studio

_MOST_LINES = 300
_LEARN_SECONDS = 10
_MIDDLES = (3, 4, 5)
_USED_BY = {3: "Yamaha, Ableton Live, Logic", 4: "Science, REAPER, Bitwig", 5: "FL Studio"}


class MidiPage(QWidget):
    """A page."""

    def __init__(self, studio: Studio, deeds: Deeds, learning: Learning, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._deeds, self._learning = studio, deeds, learning
        self._ports: tuple[str, ...] = ()
        self._ways_on: tuple[str, ...] = ()
        self._watching, self._left = False, 0
        self.inputs, self.learnt = _list("MIDI inputs", 84), _list("What MIDI does", 110)
        self.every = QPushButton("Every input, also those that come later")
        self.every.setCheckable(True)
        self.thru, self.what = _box("MIDI thru"), _box("What MIDI shall do")
        self.learn, self.forget = QPushButton("Learn"), QPushButton("Forget")
        self.octave = QButtonGroup(self)
        self.osc = OscChoice(studio, learning)
        self.monitor = QPlainTextEdit()
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._tick)
        self._lay_out()
        self._connect()
        self._show(studio.settings())

    def watch(self, on: bool) -> None:
        """Write down what comes in, while somebody looks."""
        self._watching = on

    def show_ports(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
        """Which there are."""
        self._ports, self._ways_on = inputs, outputs
        self._show(self._studio.settings())

    # ── building ──────────────────────────────────────────────────────────────────────────────────────────────

    def _lay_out(self) -> None:
        for action in ACTIONS:
            if action.where != "prompt" and not action.id.startswith("hear.anywhere"):
                self.what.addItem(f"{action.group}: {action.words}", action.id)
        self.learn.setToolTip("Then press a key or move a controller within ten seconds.")
        self.monitor.setReadOnly(True)
        self.monitor.setMaximumBlockCount(_MOST_LINES)
        self.monitor.setAccessibleName("MIDI monitor")
        self.monitor.setPlaceholderText("What comes in over MIDI is written here.")
        self.monitor.setFont(theme.font(theme.SMALL))
        self.monitor.setMinimumHeight(110)
        for button in (self.every, self.learn, self.forget):
            button.setAutoDefault(False)
        form = QFormLayout()
        form.setVerticalSpacing(theme.SPACE)
        ports = QVBoxLayout()
        ports.addWidget(self.every, 0, Qt.AlignmentFlag.AlignLeft)
        ports.addWidget(self.inputs)
        form.addRow("Inputs", ports)
        self.thru.setToolTip("The MIDI output that gets everything that comes in.")
        form.addRow("Thru", self.thru)
        form.addRow("Note 60 is", self._octaves())
        does = QVBoxLayout()
        row = QHBoxLayout()
        row.addWidget(self.what, 1)
        row.addWidget(self.learn)
        row.addWidget(self.forget)
        does.addLayout(row)
        does.addWidget(self.learnt)
        form.addRow("Learn", does)
        form.addRow("Monitor", self.monitor)
        form.addRow("OSC", self.osc)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.addLayout(form)
        column.addStretch(1)

    def _octaves(self) -> QWidget:
        row = QWidget()
        inside = QHBoxLayout(row)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        for octave in _MIDDLES:
            button = QPushButton(f"C{octave}")
            button.setCheckable(True)
            button.setAutoDefault(False)
            button.setAccessibleName(f"Note 60 is C{octave}")
            button.setToolTip(_USED_BY[octave])
            self.octave.addButton(button, octave)
            inside.addWidget(button)
        inside.addStretch(1)
        return row

    def _connect(self) -> None:
        studio = self._studio
        self.every.clicked.connect(self._all_or_these)
        self.inputs.itemChanged.connect(lambda _: self._chosen())
        self.thru.activated.connect(lambda _: self._pass_on())
        self.learn.clicked.connect(self._learn)
        self.forget.clicked.connect(self._forget)
        self.octave.idClicked.connect(lambda octave: studio.settings.change(middle_c=octave))
        studio.settings.listen(self._show)
        studio.audio.news.connect(self._hear)

    def _show(self, settings: Settings) -> None:
        chosen = settings.midi_inputs
        self.every.setChecked(chosen is None)
        was = self.inputs.blockSignals(True)
        self.inputs.clear()
        missing = [name for name in chosen or () if name not in self._ports]
        for name in (*self._ports, *missing):
            item = QListWidgetItem(name if name in self._ports else f"{name} (not here now)")
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            on = chosen is None or name in chosen
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.inputs.addItem(item)
        self.inputs.setEnabled(chosen is not None)
        self.inputs.blockSignals(was)
        self._show_thru(settings.midi_thru)
        self.learnt.clear()
        for event, action in settings.learnt:
            words = BY_ID[action].words if action in BY_ID else action
            item = QListWidgetItem(f"{event.kind} {event.number}, channel {event.channel}:  {words}")
            item.setData(Qt.ItemDataRole.UserRole, action)
            self.learnt.addItem(item)
        button = self.octave.button(settings.middle_c)
        if button is not None:
            button.setChecked(True)

    def _show_thru(self, chosen: str) -> None:
        self.thru.clear()
        self.thru.addItem("None", "")
        for name in self._ways_on:
            self.thru.addItem(name, name)
        if chosen and chosen not in self._ways_on:
            self.thru.addItem(f"{chosen} (not here now)", chosen)
        self.thru.setCurrentIndex(self.thru.findData(chosen))

    # ── choosing ──────────────────────────────────────────────────────────────────────────────────────────────

    def _all_or_these(self, every: bool) -> None:
        self._listen_to(None if every else self._ports)

    def _chosen(self) -> None:
        items = [self.inputs.item(row) for row in range(self.inputs.count())]
        on = [one for one in items if one is not None and one.checkState() == Qt.CheckState.Checked]
        self._listen_to(tuple(str(one.data(Qt.ItemDataRole.UserRole)) for one in on))

    def _listen_to(self, inputs: tuple[str, ...] | None) -> None:
        self._studio.settings.change(midi_inputs=inputs)
        self._studio.sounding.use_ports()

    def _pass_on(self) -> None:
        self._studio.settings.change(midi_thru=str(self.thru.currentData()))
        self._studio.sounding.use_ports()

    def _learn(self) -> None:
        self._learning.learn(self.what.currentData())
        self._left = _LEARN_SECONDS
        self._tick()
        self._second.start()

    def _tick(self) -> None:
        self.learn.setText(f"Waiting … {self._left}" if self._left > 0 else "Learn")
        self.learn.setEnabled(self._left <= 0)
        if self._left <= 0:
            self._second.stop()
        self._left -= 1

    def _learnt(self) -> None:
        self._left = 0
        self._tick()

    def _forget(self) -> None:
        item = self.learnt.currentItem()
        if item is not None:
            self._learning.clear(str(item.data(Qt.ItemDataRole.UserRole)))

    def _hear(self, news: object) -> None:
        if isinstance(news, Learned) or (isinstance(news, Failed) and news.about.startswith("learn-")):
            self._learnt()
        elif isinstance(news, Failed) and self._watching and news.about in ("midi", *self._chosen_ports()):
            self._studio.messages.warn(news.sentence)
        elif isinstance(news, MidiSeen) and self._watching:
            middle = self._studio.settings().middle_c
            for _, data in news.events:
                self.monitor.appendPlainText(midi_line(data, middle))

    def _chosen_ports(self) -> tuple[str, ...]:
        settings = self._studio.settings()
        return (settings.midi_thru, *(settings.midi_inputs or self._ports))


def _box(name: str) -> QComboBox:
    made = QComboBox()
    made.setAccessibleName(name)
    return made


def _list(name: str, height: int) -> QListWidget:
    made = QListWidget()
    made.setAccessibleName(name)
    made.setFixedHeight(height)
    return made
