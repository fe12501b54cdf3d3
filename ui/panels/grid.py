"""The eight takes: two rows of four, or one row in the strip."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QFocusEvent
from PyQt6.QtWidgets import QGridLayout, QWidget

from ui import theme
from ui.deeds import Deeds
from ui.flow import SLOTS
from ui.panels.take import TakeTile
from ui.studio import Studio

_PLAYHEAD_MS = 40


class Grid(QWidget):
    """The takes; having the focus, it is the mode in which single keys act."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._deeds = studio, deeds
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Takes")
        self.setAccessibleDescription(
            "1 to 8 hear, arrows move and hear, Enter keeps, R refines, question mark helps."
        )
        self.tiles = [TakeTile(studio, i, self) for i in range(SLOTS)]
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.GAP)
        self.arrange(4)
        for tile in self.tiles:
            tile.pressed.connect(self._pressed)
        studio.changed.connect(self.refresh)
        self._playhead = QTimer(self)
        self._playhead.setInterval(_PLAYHEAD_MS)
        self._playhead.timeout.connect(self._move_playhead)
        studio.sounding.played.connect(self._follow_playing)

    def arrange(self, columns: int) -> None:
        """So many takes in a row."""
        self._deeds.columns = columns
        for i, tile in enumerate(self.tiles):
            self._layout.addWidget(tile, *divmod(i, columns))
        for row in range(SLOTS):
            self._layout.setRowStretch(row, 1 if row < SLOTS // columns else 0)
            self._layout.setColumnStretch(row, 1 if row < columns else 0)

    def refresh(self) -> None:
        """Show what there is now."""
        for tile in self.tiles:
            tile.refresh()
        self._follow_playing()

    def focusInEvent(self, event: QFocusEvent | None) -> None:  # noqa: D102, N802
        self._studio.in_grid = True
        self.refresh()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: D102, N802
        self._studio.in_grid = False
        self.refresh()

    def _pressed(self, index: int) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self._deeds.do(f"hear.{index + 1}")

    def _move_playhead(self) -> None:
        """Only what plays is other than before."""
        for tile in self.tiles:
            if tile.told.playing is not None:
                tile.refresh()
        self._follow_playing()

    def _follow_playing(self) -> None:
        playing = self._studio.sounding.is_playing
        if playing and not self._playhead.isActive():
            self._playhead.start()
        elif not playing and self._playhead.isActive():
            self._playhead.stop()
            QTimer.singleShot(0, self.refresh)
