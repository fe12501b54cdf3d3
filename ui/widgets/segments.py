"""One of few: buttons that stand together, such as 1-2-4-8-16."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget


class Segments(QWidget):
    """Buttons of which one is down. `chosen` tells the number of the one that was pressed."""

    chosen = pyqtSignal(int)

    def __init__(self, name: str, numbers: Sequence[int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        for number in numbers:
            button = QPushButton(str(number))
            button.setObjectName("step")
            button.setCheckable(True)
            button.setMinimumWidth(30)
            button.setAccessibleName(f"{name} {number}")
            self._group.addButton(button, number)
            row.addWidget(button)
        self._group.idClicked.connect(self.chosen)

    def narrow(self, pixels: int) -> None:
        """How wide a button is at least."""
        for button in self._group.buttons():
            button.setMinimumWidth(pixels)

    def set(self, number: int) -> None:
        """Show which one holds."""
        button = self._group.button(number)
        if button is not None:
            button.setChecked(True)
