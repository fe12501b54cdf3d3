"""The selected part of the take: on the waveform, and as a line with its ends in seconds and what can be done."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt6.QtCore import QRect, Qt, QTimer
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QWidget

from presets.schema import Edit
from ui import theme
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.panels.dragging import dragged
from ui.panels.selection import Selection, let_go
from ui.part import heard_at, native_at
from ui.shelf import edit_of
from ui.studio import Studio

_PLAYHEAD_MS = 40
_SHORT = {"part.play": "Play", "part.trim": "Trim", "part.none": "×"}
_DRAGGED = 140  # pixels


class PartLine(QWidget):
    """Begin and end, to be typed; play, trim, clear. Without a part it says how to select one."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._part, self._messages = studio.archive.part, studio.messages
        self.hint = QLabel("Drag in the upper half to select a part")
        self.hint.setObjectName("faint")
        self.hint.setFont(theme.font(theme.SMALL))
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.begin, self.end = self._entry("begins"), self._entry("ends")
        self.buttons = {name: self._button(name, deeds) for name in _SHORT}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        row.addWidget(self.hint, 1)
        for widget in (self.begin, self._dash(), self.end, *self.buttons.values()):
            row.addWidget(widget)
        row.addStretch(0)
        self.setFixedHeight(self.begin.sizeHint().height())
        self._part.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the part."""
        span = self._part.span
        self.hint.setVisible(span is None)
        for widget in (self.begin, self.dash, self.end, *self.buttons.values()):
            widget.setVisible(span is not None)
        if span is not None:
            self.begin.setText(f"{span[0]:.4f}")
            self.end.setText(f"{span[1]:.4f}")

    def _dash(self) -> QLabel:
        self.dash = QLabel("–")
        self.dash.setObjectName("soft")
        return self.dash

    def _entry(self, does: str) -> QLineEdit:
        entry = QLineEdit()
        entry.setFont(theme.font(theme.SMALL))
        entry.setFixedWidth(62)
        entry.setAlignment(Qt.AlignmentFlag.AlignRight)
        entry.setAccessibleName(f"Second at which the part {does}")
        entry.setToolTip(f"Second of what is heard at which the part {does}; it is cut at this very sample.")
        entry.editingFinished.connect(self._typed)
        return entry

    def _button(self, name: str, deeds: Deeds) -> QPushButton:
        action = BY_ID[name]
        button = QPushButton(_SHORT[name])
        button.setObjectName("plain")
        button.setFont(theme.font(theme.SMALL))
        button.setAccessibleName(action.words)
        button.setToolTip(f"{action.help} ({', '.join(action.keys)})")
        button.clicked.connect(lambda: deeds.do(name))
        return button

    def _typed(self) -> None:
        span = self._part.span
        if span is None or not (self.begin.isModified() or self.end.isModified()):
            return
        try:
            begin, end = (float(one.text().strip().replace(",", ".")) for one in (self.begin, self.end))
            if not (abs(begin) < float("inf") and abs(end) < float("inf")):
                raise ValueError
        except ValueError:
            self._messages.warn("A part begins and ends at a number of seconds; it stays as it was.")
            begin, end = span
        for one in (self.begin, self.end):
            one.setModified(False)
        self._part.select((begin, end))
        self.refresh()


class PartView(QWidget):
    """What joins the part with the waveform it is drawn on; itself it is not seen."""

    def __init__(self, studio: Studio, plots: pg.GraphicsLayoutWidget, wave: pg.PlotItem, parent: QWidget) -> None:
        super().__init__(parent)
        self.setVisible(False)
        self._studio, self._plots = studio, plots
        self._part = studio.archive.part
        self.selection = Selection(wave, self._carry, self._part.play, self)
        self.selection.chosen.connect(self._choose)
        self.selection.cleared.connect(self._part.clear)
        self._turn = QTimer(self)
        self._turn.setInterval(_PLAYHEAD_MS)
        self._turn.timeout.connect(self._follow_playing)
        self._part.changed.connect(self.refresh)
        studio.sounding.played.connect(self._follow_playing)
        studio.archive.listening.played.connect(self._follow_playing)

    def refresh(self) -> None:
        """Show the part where it lies in the native sound."""
        span, edit = self._part.span, self._edit()
        if span is None or edit is None:
            self.selection.hide()
            return
        self.selection.show(*(native_at(edit, at) for at in span))

    def _edit(self) -> Edit | None:
        studio, recipe = self._studio, self._studio.flow.chosen.recipe
        return edit_of(studio.flow, studio.shelf, recipe) if recipe is not None else None

    def _choose(self, begin: float, end: float) -> None:
        edit = self._edit()
        if edit is not None:
            self._part.select((heard_at(edit, begin), heard_at(edit, end)))
        self.refresh()

    def _follow_playing(self) -> None:
        at, edit = self._part.playhead(), self._edit()
        self.selection.at(None if at is None or edit is None else native_at(edit, at))
        if at is None:
            self._turn.stop()
        elif not self._turn.isActive():
            self._turn.start()

    def _carry(self) -> None:
        """The part is dragged out of the window."""
        carrying = self._studio.archive.carrying
        self._studio.archive.carry_grid()
        if carrying.paths():
            shown = self._plots.grab(QRect(0, 0, self._plots.width(), self._plots.height() // 2))
            small = shown.scaledToWidth(_DRAGGED, Qt.TransformationMode.SmoothTransformation)
            if dragged(self._plots, carrying.mime(), small):
                carrying.taken()
        else:
            carrying.not_yet()
        let_go(self._plots)
