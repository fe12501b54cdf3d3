"""At which rate and depth files are handed to the DAW: its session's, so that it converts nothing.

What is chosen holds from then on: a take that lies ready to be dragged is written anew. Files that a DAW has keep
what they had.
"""

from __future__ import annotations

from PyQt6.QtWidgets import QComboBox, QFormLayout, QLabel, QWidget

from engine.local import EngineError, find
from presets.errors import OnetakeError
from presets.schema import FILE_RATES
from ui import theme
from ui.studio import Studio

_DEPTHS = (("16", "16 bit, dithered"), ("24", "24 bit"), ("32f", "32 bit float: never lowered"))

_NEARLY = 1.1  # 48 kHz is 44.1 kHz to the ear: nothing to be told


class HandoffChoice(QWidget):
    """Two choices and what they mean for the model that is chosen."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.rate, self.bits = _box("Rate of files for the DAW"), _box("Depth of files for the DAW")
        for rate in FILE_RATES:
            self.rate.addItem(f"{rate / 1000:g} kHz", rate)
        for depth, words in _DEPTHS:
            self.bits.addItem(words, depth)
        self.note = QLabel("")
        self.note.setObjectName("faint")
        self.note.setWordWrap(True)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(theme.SPACE)
        label = QLabel("Rate")
        label.setMinimumWidth(label.fontMetrics().horizontalAdvance("ReaStream"))  # as in the form above
        form.addRow(label, self.rate)
        form.addRow("Depth", self.bits)
        form.addRow(self.note)
        self.rate.activated.connect(lambda _: self._choose())
        self.bits.activated.connect(lambda _: self._choose())
        studio.settings.listen(lambda _: self.refresh())
        studio.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what holds."""
        settings = self._studio.settings()
        self.rate.setCurrentIndex(self.rate.findData(settings.handoff_rate))
        self.bits.setCurrentIndex(self.bits.findData(settings.handoff_depth))
        self.note.setText(note(self._studio.flow.wishes.model, settings.handoff_rate))

    def _choose(self) -> None:
        self._studio.settings.change(handoff_rate=self.rate.currentData(), handoff_depth=self.bits.currentData())


def note(model: str, rate: int) -> str:
    """What a rate means for the sounds of a model, whose content ends at half of its own rate."""
    holds = "Dragged, copied and linked files; choose what your DAW's session has."
    try:
        native = find(model).rate
    except (EngineError, OnetakeError):
        return holds
    if rate > native * _NEARLY:
        return f"{holds} No content above {native / 2000:g} kHz: {model} makes none, only effects may."
    if rate < native:
        return f"{holds} {model} makes {native / 1000:g} kHz: what lies above {rate / 2000:g} kHz is cut off."
    return holds


def _box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    return box
