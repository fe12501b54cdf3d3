"""The prompt line: letters type, Tab, Down and Escape go to the takes, everything else is the window's."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from ui import theme

_TO_GRID = {Qt.Key.Key_Down, Qt.Key.Key_Escape}
_ENTER = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


class PromptLine(QLineEdit):
    """Where the sound is described. `left` when the hand goes on to the takes."""

    left = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("prompt")
        self.setFont(theme.font(theme.LARGE))
        self.setPlaceholderText("Describe a sound, such as: huge metal door slam in a cathedral")
        self.setAccessibleName("Prompt")
        self.setAccessibleDescription("The sound in words. Eight drafts follow while you type.")
        self.setMaxLength(2000)

    def show_text(self, text: str) -> None:
        """Other words came from elsewhere (an earlier set, undo); what is typed already stays under the hand."""
        if text != self.text():
            self.setText(text)

    def event(self, event: QEvent | None) -> bool:
        """Tab is ours before Qt moves the focus with it."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
            if plain and event.key() in {Qt.Key.Key_Tab, *_TO_GRID, *_ENTER}:
                self.left.emit()
                return True
        return super().event(event)


class SetLabel(QLabel):
    """Which set is in the slots, of how many; stands in the prompt line's right end."""

    def __init__(self, line: QLineEdit) -> None:
        super().__init__(line)
        self.setObjectName("faint")
        self.setFont(theme.font(theme.SMALL))
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setToolTip("Alt+Left and Alt+Right page through the sets.")
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 14, 0)
        row.addWidget(self, 0, Qt.AlignmentFlag.AlignRight)

    def show_sets(self, model: str, at: int, of: int, doing: str = "") -> None:
        """model: what makes the sounds. at, of: counted from 1. doing: what is going on, instead of the set."""
        where = doing or (f"set {at} of {of}" if of > 1 else "")
        self.setText(f"{model}   {where}" if where else model)
        self.setAccessibleName(f"Set: {self.text()}")
