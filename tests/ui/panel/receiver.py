"""Another program that takes files: a window that tells what was dropped on it, one JSON line a drop."""

from __future__ import annotations

import json
import sys

from PyQt6.QtGui import QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QWidget


class Receiver(QWidget):
    """Takes copies of files, as a DAW's timeline does."""

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setGeometry(1800, 60, 320, 240)
        self.setWindowTitle("receiver")

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        if event is not None and event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        if event is not None:
            event.acceptProposedAction()
            tell([url.toLocalFile() for url in event.mimeData().urls()])


def tell(told: object) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    app = QApplication(sys.argv)
    window = Receiver()
    window.show()
    tell("ready")
    app.exec()
