"""How far something is that takes long, and a button that gives it up; hidden while there is nothing."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from ui import theme


class Stepping(QWidget):
    """Words, a bar, Stop."""

    def __init__(self, cancel: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = QLabel("")
        self._words.setObjectName("faint")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(96, 6)
        self.bar.setAccessibleName("Progress")
        self.bar.setStyleSheet(
            f"QProgressBar {{ background: {theme.RAISED}; border: none; border-radius: 3px; }} "
            f"QProgressBar::chunk {{ background: {theme.WORKING}; border-radius: 3px; }}"
        )
        stop = QPushButton("Stop")
        stop.setObjectName("plain")
        stop.setAccessibleName("Stop what runs")
        stop.clicked.connect(cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        for part in (self._words, self.bar, stop):
            row.addWidget(part)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing jumps when it comes
        self.setSizePolicy(policy)
        self.hide()

    def tell(self, what: str, done: int, total: int) -> None:
        """Show how far it is; total 0 is nothing any more."""
        self.setVisible(total > 0)
        if total > 0:
            self._words.setText(what)
            self.bar.setRange(0, total)
            self.bar.setValue(min(done, total))
            self.bar.setAccessibleDescription(f"{what}: {done} of {total}")
