"""The loudness of the selected take beside the meters: loudest 400 ms, integrated, true peak."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QLabel, QWidget

from ui import theme
from ui.measuring import Figures, Measuring
from ui.studio import Studio

_HOT = -1.0  # dBTP: what lossy codecs and inter-sample peaks need
WIDEST = "−188.8"
"""The longest figure of a level."""

_ROWS = (
    ("M", "Loudest 400 ms, LUFS"),
    ("I", "Integrated, LUFS"),
    ("TP", "True peak, dBTP"),
)


class LoudnessView(QWidget):
    """Three figures, and whose they are."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.measuring = Measuring(studio, self)
        self.setAccessibleName("Loudness of the selected take")
        self._values = [figure_label("", "soft", WIDEST) for _ in _ROWS]
        self._whose = figure_label("", "faint", "wet part")
        self._hot = False
        self._whose.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        lay_out(self, _ROWS, self._values, "of the selected take as its file will be", self._whose)
        self.measuring.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what was measured."""
        figures = self.measuring.figures
        texts = words(figures)
        for label, text in zip(self._values, texts, strict=True):
            label.setText(text)
        loudness = figures.loudness if figures else None
        hot = loudness is not None and loudness.true_peak > _HOT
        if hot != self._hot:
            self._hot = hot
            self._values[-1].setStyleSheet(f"color: {theme.WORKING}" if hot else "")
        self._whose.setText(whose(figures))
        told = ", ".join(f"{name}: {text}" for (_, name), text in zip(_ROWS, texts, strict=True))
        self.setAccessibleDescription(f"{told}, {whose(figures)}" if figures else "No take is selected.")


def words(figures: Figures | None) -> tuple[str, str, str]:
    """The three figures as they are read; "…" while they are being measured."""
    if figures is None:
        return "–", "–", "–"
    loudness = figures.loudness
    if loudness is None:
        return "…", "…", "…"
    return figure(loudness.momentary_max), figure(loudness.integrated), figure(loudness.true_peak)


def whose(figures: Figures | None) -> str:
    """Of what they are."""
    if figures is None:
        return " "
    return ("wet" if figures.wet else "dry") + (" part" if figures.part else "")


def figure(level: float) -> str:
    """A level as it is read, to a tenth."""
    if not math.isfinite(level):
        return "−∞"
    text = f"{level:.1f}"
    return "0.0" if float(text) == 0.0 else text.replace("-", "−")


def figure_label(text: str, name: str, widest: str = "") -> QLabel:
    """One of the small words and figures beside the meters.

    widest: what it may have to hold. Its width is this one's then, whatever it says: else a figure that grows by a
    digit would push the takes aside, and all of the window would be laid out and drawn anew.
    """
    label = QLabel(text)
    label.setObjectName(name)
    label.setFont(theme.font(theme.SMALL))
    if widest:
        label.setFixedWidth(label.fontMetrics().horizontalAdvance(widest) + 2)
    return label


def lay_out(
    view: QWidget, rows: Sequence[tuple[str, str]], values: Sequence[QLabel], whose: str, below: QWidget
) -> None:
    """Figures under each other in a view.

    rows: the name of each figure, and what it is. whose: of what, behind that. below: what stands under them.
    """
    grid = QGridLayout(view)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(2)
    grid.setVerticalSpacing(1)
    for row, ((name, told), value) in enumerate(zip(rows, values, strict=True)):
        label = figure_label(name, "faint")
        for one in (label, value):
            one.setToolTip(f"{told}: {whose}.")
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(label, row, 0)
        grid.addWidget(value, row, 1)
    grid.addWidget(below, len(rows), 0, 1, 2)
