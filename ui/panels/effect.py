"""One effect of a take's chain: on or off, how much, its knobs, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from plugin_bridge.rack.parameter import Parameter
from plugin_bridge.rack.protocol import BuiltInCard, BuiltIns, SlotState
from presets.schema import SLOT_RATES, Slot
from ui import chains, theme
from ui.racking import Racking
from ui.widgets.knob import Knob
from ui.widgets.parameter_knob import KNOB_WIDTH, ParameterKnob
from ui.widgets.wrapping import Wrapping

_FIRST = 5
"""Knobs of an effect that are shown at once, beside its mix; two and more others follow by a button."""


class EffectCard(QWidget):
    """A slot. `open_more` when its other knobs are to be shown or hidden."""

    open_more = pyqtSignal(bool)

    def __init__(self, racking: Racking, index: int, of: int, is_open: bool) -> None:
        """index, of: where it stands, counted from 0. is_open: whether all knobs are shown."""
        super().__init__()
        self._racking, self._index, self._of, self._is_open = racking, index, of, is_open
        self._slot, self._state = racking.chain.slots[index], racking.states()[index]
        self.knobs: dict[str, ParameterKnob] = {}
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(f"Effect {index + 1} of {of}: {self.name}")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 7)
        column.setSpacing(theme.GAP)
        column.addLayout(self._head())
        self._add_trouble(column)
        self._add_files(column)
        self._add_knobs(column)

    @property
    def name(self) -> str:
        """What it is called."""
        card = self._built_in()
        return card.name if card else self._slot.effect

    def stands(self, parameter: Parameter) -> None:
        """A knob stands elsewhere."""
        knob = self.knobs.get(parameter.id)
        if knob is not None:
            knob.show_parameter(parameter)

    def follow(self, slot: Slot, state: SlotState | None) -> None:
        """The same effect stands otherwise: undone, or set by another take's hand."""
        self._slot, self._state = slot, state
        if not self._mix.isSliderDown() and not self._racking.is_turning:
            self._mix.set(100.0 * slot.mix)
        for parameter in state.parameters if state else ():
            knob = self.knobs.get(parameter.id)
            if knob is not None and knob.parameter != parameter:
                knob.show_parameter(parameter)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: D102, N802
        alt = event is not None and bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event is not None and alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._move(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif event is not None and event.key() == Qt.Key.Key_Delete:
            self._remove()
        else:
            super().keyPressEvent(event)

    # ── building ──────────────────────────────────────────────────────────────────────────────────────────────

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2)
        self.power = QPushButton(self.name)
        self.power.setCheckable(True)
        self.power.setChecked(self._slot.enabled)
        self.power.setAccessibleName(f"{self.name} on")
        self.power.setToolTip("On, or bypassed: every bit passes through.")
        self.power.clicked.connect(self._switch)
        row.addWidget(self.power)
        row.addStretch(1)
        if self._slot.format != "builtin" and not (self._state and self._state.problem):
            row.addWidget(
                self._tool(
                    "Edit", "Open the plug-in's own window", partial(self._racking.open_editor, self._index)
                )
            )
        up = self._tool("↑", "Earlier in the chain (Alt+Up)", partial(self._move, -1))
        down = self._tool("↓", "Later in the chain (Alt+Down)", partial(self._move, 1))
        up.setEnabled(self._index > 0)
        down.setEnabled(self._index < self._of - 1)
        for button in (up, down, self._tool("×", "Take it out (Delete)", self._remove)):
            row.addWidget(button)
        return row

    def _rate(self) -> QPushButton:
        """At which rate the plug-in gets the sound: its button tells, its menu chooses."""
        menu, words = QMenu(self), _rate_words(self._slot.rate)
        for rate in (None, *SLOT_RATES):
            action = menu.addAction(f"Render at {_rate_words(rate)}")
            assert action is not None
            action.setCheckable(True)
            action.setChecked(rate == self._slot.rate)
            action.triggered.connect(partial(self._use_rate, rate))
        self.rate = QPushButton(words)
        self.rate.setObjectName("plain")
        self.rate.setMenu(menu)
        self.rate.setToolTip("The rate at which the plug-in gets the sound; it comes back at its own.")
        self.rate.setAccessibleName(f"Rate of {self.name}: {words}")
        return self.rate

    def _tool(self, sign: str, words: str, act: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setText(sign)
        button.setAccessibleName(f"{words.split(' (', maxsplit=1)[0]}: {self.name}")
        button.setToolTip(words)
        button.setStyleSheet("padding: 0")
        button.setFixedSize(24 if len(sign) == 1 else 36, 24)
        button.clicked.connect(lambda _: act())
        return button

    def _add_trouble(self, column: QVBoxLayout) -> None:
        state = self._state
        if state is None:
            column.addWidget(_line("Loading …", theme.FAINT))
            return
        if state.problem:
            column.addWidget(_line(state.problem, theme.WRONG))
            column.addWidget(self._button("Reload", "Start it again, set as it was last."), 0, _LEFT)
        elif state.foreign:
            column.addWidget(
                _line(
                    "Its state came from elsewhere and waits for your consent; only its knobs are set.",
                    theme.WORKING,
                )
            )
            column.addWidget(self._button("Use its state", "Only if you trust where it came from."), 0, _LEFT)
        elif state.remark:
            column.addWidget(_line(state.remark, theme.WORKING))

    def _button(self, words: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setToolTip(tip)
        button.setAccessibleName(f"{words}: {self.name}")
        act = self._racking.reload if words == "Reload" else self._racking.allow
        button.clicked.connect(lambda: act(self._index))
        return button

    def _add_files(self, column: QVBoxLayout) -> None:
        """What it plays with: impulse responses from the user's own folder."""
        card, told = self._built_in(), self._racking.link.built_ins
        if card is None or told is None or not card.files:
            return
        for what in card.files:
            choice = QComboBox()
            choice.setAccessibleName(f"{what} of {self.name}")
            choice.addItem("Choose an impulse response …" if told.impulses else "No impulse responses yet", "")
            for impulse in told.impulses:
                choice.addItem(impulse.name, impulse.content)
            choice.setCurrentIndex(max(choice.findData(self._slot.files.get(what, "")), 0))
            choice.activated.connect(lambda _, box=choice, name=what: self._use_file(name, box.currentData()))
            column.addWidget(choice)

    def _add_knobs(self, column: QVBoxLayout) -> None:
        rows = QWidget()
        flow = Wrapping(2, rows)
        mix = Knob("Mix", 0.0, 100.0, 100.0, "%", decimals=0)
        mix.set(100.0 * self._slot.mix)
        mix.setFixedWidth(KNOB_WIDTH)
        mix.setAccessibleName(f"Mix of {self.name}")
        mix.turned.connect(lambda number: self._racking.mix(self._index, number / 100.0))
        self._mix = mix
        flow.addWidget(mix)
        parameters = self._state.parameters if self._state else ()
        many = len(parameters) > _FIRST + 1
        most = _FIRST if many and not self._is_open else len(parameters)
        for parameter in parameters[:most]:
            knob = ParameterKnob(parameter)
            knob.moved.connect(partial(self._turn, parameter))
            self.knobs[parameter.id] = knob
            flow.addWidget(knob)
        column.addWidget(rows)
        foot = QHBoxLayout()
        column.addLayout(foot)
        if many:
            words = "Fewer knobs" if self._is_open else f"{len(parameters) - _FIRST} more knobs"
            more = QPushButton(words)
            more.setObjectName("plain")
            more.clicked.connect(lambda: self.open_more.emit(not self._is_open))
            foot.addWidget(more)
        foot.addStretch(1)
        if self._slot.format != "builtin":
            foot.addWidget(self._rate())

    # ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _turn(self, parameter: Parameter, value: float) -> None:
        self._racking.turn(self._index, parameter.id, value, f"{parameter.name} of {self.name}")

    def _switch(self, on: bool) -> None:
        name = f"{self.name} {'on' if on else 'off'}"
        self._racking.edit(lambda chain: chains.changed(chain, self._index, enabled=on), name)

    def _move(self, by: int) -> None:
        self._racking.edit(lambda chain: chains.moved(chain, self._index, self._index + by), f"Move {self.name}")

    def _remove(self) -> None:
        self._racking.edit(lambda chain: chains.removed(chain, self._index), f"Remove {self.name}")

    def _use_file(self, name: str, content: str) -> None:
        files = {**self._slot.files, name: content}
        if not content:
            del files[name]
        self._racking.edit(lambda chain: chains.changed(chain, self._index, files=files), "Impulse response")

    def _use_rate(self, rate: int | None, _: bool = False) -> None:
        name = f"Rate of {self.name}"
        self._racking.edit(lambda chain: chains.changed(chain, self._index, rate=rate), name)

    def _built_in(self) -> BuiltInCard | None:
        return built_in(self._racking.link.built_ins, self._slot)


def built_in(told: BuiltIns | None, slot: Slot) -> BuiltInCard | None:
    """The card of a slot's built-in effect; None for a plug-in, or before the rack has told of any."""
    if told is None or slot.format != "builtin":
        return None
    return next((card for card in told.effects if card.effect == slot.effect), None)


def _rate_words(rate: int | None) -> str:
    return f"{rate / 1000:g} kHz" if rate else "the sound's rate"


_LEFT = Qt.AlignmentFlag.AlignLeft


def _line(text: str, colour: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setFont(theme.font(theme.SMALL))
    label.setStyleSheet(f"color: {colour}")
    return label
