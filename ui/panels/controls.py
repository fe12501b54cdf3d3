"""What is asked for beside the words: length, guidance, noise, steps; and how it is heard.

Where the window is narrow its buttons say less: a small screen has to hold the rack beside it.
"""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from engine.local import SHORTEST
from ui import flow as flows
from ui import theme
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.panels.model import ModelChoice
from ui.studio import Studio
from ui.throttle import Pause
from ui.widgets.knob import Knob
from ui.widgets.segments import Segments

_AUTO = "auto"
_SHORT = {
    "seeds.lock": "Hold",
    "seeds.new": "Seeds",
    "best": "Best",
    "auto": "Auto",
    "more": "More",
}
"""What buttons say where there is little room."""

_ALL, _PLAIN, _BRIEF = range(3)
"""How much it says: everything; no names beside what has its own; short words too."""

_GAPS = {_ALL: theme.GAP, _PLAIN: 4, _BRIEF: 3}
_LETTERS = {_ALL: 9, _PLAIN: 6, _BRIEF: 4}  # of the model
_STEP = {_ALL: 30, _PLAIN: 30, _BRIEF: 23}  # pixels of a button of the steps


class Controls(QWidget):
    """One row under the prompt."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._deeds = studio, deeds
        self.buttons: dict[str, QPushButton] = {}
        self._labels: list[QLabel] = []
        self._says = _ALL
        self.model, self.length = ModelChoice(studio, deeds), self._length()
        self.omega = Knob("omega", *self._omega())
        self.nu = Knob("nu", 0.0, 4.0, 1.0, decimals=2)
        self.radius = Knob("radius", 0.02, 1.0, 0.25, decimals=2)
        self.radius.setToolTip("How far the neighbours of “more like this” are from the take: 0 alike, 1 another.")
        self.steps = Segments("Steps", flows.STEPS)
        self._turning = Pause(60, self._turned, self)
        self._lay_out()
        self._widths = self._measured()
        self.length.editingFinished.connect(self._lengthened)
        for knob in (self.omega, self.nu):
            knob.turned.connect(lambda _: self._turning.poke())
        self.radius.settled.connect(lambda number: studio.settings.change(radius=number))
        self.steps.chosen.connect(lambda steps: studio.settings.change(steps=steps))
        studio.changed.connect(self.refresh)
        studio.settings.listen(lambda _: self.refresh())
        studio.models.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what holds now."""
        wishes, settings = self._studio.flow.wishes, self._studio.settings()
        self.model.refresh()
        if not self.length.hasFocus():
            self.length.setText(_AUTO if wishes.length is None else f"{wishes.length:g}")
        if not (self.omega.isSliderDown() or self._turning.waits):
            self.omega.limit(*self._omega())
            self.omega.set(self._omega()[2] if wishes.omega is None else wishes.omega)
            self.nu.set(wishes.nu)
        if not self.radius.isSliderDown():
            self.radius.set(settings.radius)
        self.steps.set(settings.steps)
        chooses = bool(self._studio.flow.pool)
        self.buttons["best"].setText("Stop" if chooses else self._words("best"))
        self.buttons["best"].setAccessibleName("Stop choosing" if chooses else BY_ID["best"].words)
        held = {"auto": settings.auto_audition, "seeds.lock": self._studio.flow.held}
        for name, on in held.items():
            self.buttons[name].setChecked(on)

    def minimumSizeHint(self) -> QSize:  # noqa: D102, N802
        return QSize(self._widths[_BRIEF], super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: D102, N802
        super().resizeEvent(event)
        fitting = next((says for says in (_ALL, _PLAIN) if self.width() >= self._widths[says]), _BRIEF)
        if fitting != self._says:
            self._say(fitting)
            self.refresh()

    def _measured(self) -> dict[int, int]:
        """How wide it is at least, however much it says."""
        widths = {}
        for says in (_BRIEF, _PLAIN, _ALL):
            self._say(says)
            self._row.invalidate()
            widths[says] = self._row.minimumSize().width()
        return widths

    def _say(self, says: int) -> None:
        """Say less, or all."""
        self._says = says
        for label in self._labels:
            label.setVisible(says == _ALL)
        for name in _SHORT:
            self.buttons[name].setText(self._words(name))
        self.model.setMinimumContentsLength(_LETTERS[says])
        self.steps.narrow(_STEP[says])
        self._row.setSpacing(_GAPS[says])

    def _words(self, name: str) -> str:
        return _SHORT[name] if self._says == _BRIEF else BY_ID[name].words

    def _lay_out(self) -> None:
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(2, 0, 2, 0)
        row.setSpacing(theme.GAP)
        row.addWidget(self._label("Model"))
        row.addWidget(self.model)
        row.addWidget(self._label("Length"))
        row.addWidget(self.length)
        row.addSpacing(theme.SPACE)
        for knob in (self.omega, self.nu):
            row.addWidget(knob)
        row.addSpacing(theme.SPACE)
        for name in ("seeds.lock", "seeds.new", "best"):
            row.addWidget(self._button(name))
        row.addStretch(1)
        row.addWidget(self._button("auto"))
        row.addSpacing(theme.SPACE)
        row.addWidget(self.radius)
        row.addWidget(self._button("more"))
        row.addSpacing(theme.SPACE)
        row.addWidget(self._label("Steps"))
        row.addWidget(self.steps)
        row.addWidget(self._button("refine"))
        row.addWidget(self._button("keep", first=True))

    def _label(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setObjectName("soft")
        self._labels.append(label)
        return label

    def _length(self) -> QLineEdit:
        entry = QLineEdit(_AUTO)
        entry.setFixedWidth(66)
        entry.setAlignment(Qt.AlignmentFlag.AlignRight)
        entry.setAccessibleName("Length in seconds, or auto")
        entry.setToolTip(f'Seconds, exact, from {SHORTEST:g}; "auto" takes them from the words.')
        return entry

    def _button(self, name: str, first: bool = False) -> QPushButton:
        action = BY_ID[name]
        button = QPushButton(action.words)
        button.setObjectName("first" if first else "")
        button.setCheckable(name in ("auto", "seeds.lock"))
        button.setAccessibleName(action.words)
        button.setToolTip(f"{action.help} ({', '.join(action.keys)})")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self._deeds.do(name))
        self.buttons[name] = button
        return button

    def _lengthened(self) -> None:
        text = self.length.text().strip().lower().removesuffix("s").replace(",", ".").strip()
        try:
            length = None if text in ("", _AUTO) else float(text)
        except ValueError:
            self._studio.messages.warn(f'A length is a number of seconds or "auto", not {text!r}.')
            length = self._studio.flow.wishes.length
        if length != self._studio.flow.wishes.length:
            self._studio.wish(length=length)
        self.length.setText(_AUTO if length is None else f"{length:g}")

    def _turned(self) -> None:
        usual = self._omega()[2]
        omega = None if abs(self.omega.number - usual) < 0.005 else self.omega.number
        self._studio.wish(omega=omega, nu=round(self.nu.number, 2))

    def _omega(self) -> tuple[float, float, float]:
        """Lowest, highest and usual guidance of the model."""
        card = self._studio.models.card(self._studio.flow.wishes.model) or self._studio.models.cards[0]
        return (*card.omega_range, card.omega)
