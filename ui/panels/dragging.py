"""Files dragged out of the window, and whether another program took them."""

from __future__ import annotations

from PyQt6.QtCore import QMimeData, Qt
from PyQt6.QtGui import QDrag, QPixmap
from PyQt6.QtWidgets import QWidget


def dragged(source: QWidget, mime: QMimeData, picture: QPixmap) -> bool:
    """Drag until the hand lets go; whether it did so over another program, which took it."""
    drag = QDrag(source)
    drag.setMimeData(mime)
    drag.setPixmap(picture)
    dropped = drag.exec(Qt.DropAction.CopyAction) != Qt.DropAction.IgnoreAction
    return dropped and drag.target() is None
