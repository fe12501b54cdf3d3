"""Where a take can be dropped on a note: what keyboard and pads do alike, and what a dragged take carries."""

from __future__ import annotations

from abc import abstractmethod

from PyQt6.QtCore import QMimeData, QPointF, pyqtSignal
from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QWidget

SLOT_MIME = "application/x-onetake-slot"
"""What a dragged take carries: the number of its slot."""


class SlotTarget(QWidget):
    """A picture of notes. `dropped` (note, slot)."""

    dropped = pyqtSignal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: D102, N802
        if event is not None and _carries_slot(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: D102, N802
        slot = _dropped_slot(event)
        note = self._at(event.position()) if event is not None else None
        if slot is not None and note is not None:
            self.dropped.emit(note, slot)

    @abstractmethod
    def _at(self, point: QPointF) -> int | None:
        """The note at a place of the widget; None beside them."""


def _carries_slot(mime: QMimeData | None) -> bool:
    """Whether what is dragged is one of our takes."""
    return mime is not None and mime.hasFormat(SLOT_MIME)


def _dropped_slot(event: QDropEvent | None) -> int | None:
    """The slot that was dropped; None where something else was."""
    mime = event.mimeData() if event is not None else None
    if event is None or mime is None or not _carries_slot(mime):
        return None
    text = bytes(mime.data(SLOT_MIME).data())
    event.acceptProposedAction()
    return int(text) if text.isdigit() and int(text) < 8 else None
