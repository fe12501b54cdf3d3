"""The words and buttons of pages and dialogs, made alike."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QPushButton


def words_line(text: str, name: str, selectable: bool = False) -> QLabel:
    """A line of words that goes on below where there is no room. name: its look in theme.py.

    selectable: with the mouse, to be copied.
    """
    label = QLabel(text)
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def push_button(words: str, tip: str = "", first: bool = False) -> QPushButton:
    """A button that Enter does not press. first: what is most likely wanted here."""
    made = QPushButton(words)
    made.setObjectName("first" if first else "")
    made.setAutoDefault(False)
    made.setToolTip(tip)
    return made
