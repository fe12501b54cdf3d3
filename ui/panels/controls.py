"""What is asked for beside the words: length, guidance, noise, steps; and how it is heard."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from engine.local import SHORTEST, EngineError, find
from presets.errors import OnetakeError
from ui import flow as flows
from ui import theme
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.studio import Studio
from ui.throttle import Pause
from ui.widgets.knob import Knob
from ui.widgets.segments import Segments

_AUTO = "auto"


class Controls(QWidget):
    """One row under the prompt."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._deeds = studio, deeds
        self.buttons: dict[str, QPushButton] = {}
        low, high, usual = _omega(studio.flow.wishes.model)
        self.length = self._length()
        self.omega = Knob("omega", low, high, usual)
        self.nu = Knob("nu", 0.0, 4.0, 1.0, decimals=2)
        self.radius = Knob("radius", 0.02, 1.0, 0.25, decimals=2)
        self.radius.setToolTip("How far the neighbours of “more like this” are from the take: 0 alike, 1 another.")
        self.steps = Segments("Steps", flows.STEPS)
        self._turning = Pause(60, self._turned, self)
        self._lay_out()
        self.length.editingFinished.connect(self._lengthened)
        for knob in (self.omega, self.nu):
            knob.turned.connect(lambda _: self._turning.poke())
        self.radius.settled.connect(lambda number: studio.settings.change(radius=number))
        self.steps.chosen.connect(lambda steps: studio.settings.change(steps=steps))
        studio.changed.connect(self.refresh)
        studio.settings.listen(lambda _: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show what holds now."""
        wishes, settings = self._studio.flow.wishes, self._studio.settings()
        if not self.length.hasFocus():
            self.length.setText(_AUTO if wishes.length is None else f"{wishes.length:g}")
        if not (self.omega.isSliderDown() or self._turning.waits):
            self.omega.set(_omega(wishes.model)[2] if wishes.omega is None else wishes.omega)
            self.nu.set(wishes.nu)
        if not self.radius.isSliderDown():
            self.radius.set(settings.radius)
        self.steps.set(settings.steps)
        held = {"auto": settings.auto_audition, "seeds.lock": self._studio.flow.held}
        for name, on in held.items():
            self.buttons[name].setChecked(on)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(2, 0, 2, 0)
        row.setSpacing(theme.GAP)
        row.addWidget(_label("Length"))
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
        row.addWidget(_label("Steps"))
        row.addWidget(self.steps)
        row.addWidget(self._button("refine"))
        row.addWidget(self._button("keep", first=True))

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
        usual = _omega(self._studio.flow.wishes.model)[2]
        omega = None if abs(self.omega.number - usual) < 0.005 else self.omega.number
        self._studio.wish(omega=omega, nu=round(self.nu.number, 2))


def _omega(model: str) -> tuple[float, float, float]:
    """Lowest, highest and usual guidance of a model."""
    try:
        card = find(model)
    except (EngineError, OnetakeError):
        return 1.0, 6.0, 3.0
    return (*card.omega_range, card.omega)


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("soft")
    return label
