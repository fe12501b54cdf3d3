"""The row above the keys: which key is meant, what is built on it, and how far that is."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QValidator
from PyQt6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from presets.errors import InvalidRequest
from presets.kits import FIRST_NOTE, HIGHEST_NOTE
from presets.notes import name as note_name
from presets.notes import number as note_number
from ui import theme
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.family import MOST_INTENSITIES, MOST_TURNS
from ui.studio import Studio

_BUTTONS = ("keys.robin", "keys.layers", "keys.family", "keys.stop", "keys.clear")


class KeyBox(QSpinBox):
    """A key by name and number: typed, or up and down."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setRange(0, HIGHEST_NOTE)
        self.setValue(FIRST_NOTE)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        _named(self, "Key that is meant")
        self.setToolTip("The key that is meant: click one, or type its name or number.")
        self.setFixedWidth(88)

    def textFromValue(self, value: int) -> str:  # noqa: D102, N802
        return f"{note_name(value, self._studio.settings().middle_c)} ({value})"

    def valueFromText(self, text: str | None) -> int:  # noqa: D102, N802
        try:
            return note_number((text or "").split("(")[0].strip(), self._studio.settings().middle_c)
        except InvalidRequest:
            return self.value()

    def validate(self, text: str | None, pos: int) -> tuple[QValidator.State, str, int]:  # noqa: D102
        try:
            note_number((text or "").split("(")[0].strip(), self._studio.settings().middle_c)
        except InvalidRequest:
            return QValidator.State.Intermediate, text or "", pos
        return QValidator.State.Acceptable, text or "", pos


class FamilyRow(QWidget):
    """Key, buttons, sizes and progress."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.key = KeyBox(studio)
        self.key.valueChanged.connect(studio.keying.choose)
        self.buttons = {name: self._button(name, deeds) for name in _BUTTONS}
        self.intensities = self._count("Intensities of a family", MOST_INTENSITIES, self._set_intensities)
        self.turns = self._count("Turns of a family", MOST_TURNS, self._set_turns)
        self.told = QLabel("")
        self.told.setObjectName("faint")
        self.told.setFont(theme.font(theme.SMALL))
        self._lay_out()
        studio.keying.changed.connect(self.refresh)
        studio.changed.connect(self.refresh)
        studio.settings.listen(lambda _: self.refresh())
        self.refresh()

    def refresh(self) -> None:
        """Show the key that is meant, and how far its family is."""
        studio, settings = self._studio, self._studio.settings()
        keying, flow = studio.keying, studio.flow
        for box, number in ((self.intensities, settings.family_intensities), (self.turns, settings.family_turns)):
            _show(box, number)
        if keying.chosen is not None:
            _show(self.key, keying.chosen)
        working = keying.progress
        self.buttons["keys.stop"].setEnabled(working is not None)
        laid = keying.chosen in flow.pads or keying.chosen in flow.families
        self.buttons["keys.clear"].setEnabled(laid)
        words = f"{keying.name(working.note)}: {working}" if working else ""
        if words != self.told.text():
            self.told.setText(words)

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        row.addWidget(self.key)
        for name in _BUTTONS[:3]:
            row.addWidget(self.buttons[name])
        by = QLabel("×")
        by.setObjectName("soft")
        for part in (self.intensities, by, self.turns):
            row.addWidget(part)
        for name in _BUTTONS[3:]:
            row.addWidget(self.buttons[name])
        row.addWidget(self.told, 1)

    def _button(self, name: str, deeds: Deeds) -> QPushButton:
        action = BY_ID[name]
        button = QPushButton(action.words)
        button.setToolTip(f"{action.help} ({', '.join(action.keys)})")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: deeds.do(name))
        return button

    def _count(self, name: str, most: int, changed: Callable[[int], None]) -> QSpinBox:
        box = QSpinBox()
        box.setRange(1, most)
        box.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        _named(box, name)
        box.setToolTip(f"{name}, 1 to {most}.")
        box.setFixedWidth(40)
        box.valueChanged.connect(changed)
        return box

    def _set_intensities(self, number: int) -> None:
        self._studio.remember(family_intensities=number)

    def _set_turns(self, number: int) -> None:
        self._studio.remember(family_turns=number)


def _named(box: QSpinBox, name: str) -> None:
    """Its entry has the focus, so it has the name too."""
    box.setObjectName("small")
    box.setAccessibleName(name)
    entry = box.lineEdit()
    if entry is not None:
        entry.setAccessibleName(name)


def _show(box: QSpinBox, number: int) -> None:
    """Show a number without telling that it was changed; what is being typed stays."""
    if box.value() != number:
        was = box.blockSignals(True)
        box.setValue(number)
        box.blockSignals(was)
