"""Windows that fit the screen they open on: a page that is taller than the screen hides its own buttons."""

from __future__ import annotations

from PyQt6.QtWidgets import QWidget

_FRAME = 40  # pixels that a title bar takes


def fit(window: QWidget, width: int, height: int) -> None:
    """Give a window its usual size, or what its screen has room for."""
    screen = window.screen()
    if screen is not None:
        room = screen.availableGeometry()
        width, height = min(width, room.width()), min(height, room.height() - _FRAME)
    window.resize(width, height)
