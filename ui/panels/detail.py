"""The selected take, large: waveform and spectrogram of the whole native sound, and where it is cut.

What is dragged here is the take's Edit, which all its versions share: refining never moves it. Everything is drawn
against the untrimmed sound, so a cut can be taken back outwards. Loaded after the window stands (pyqtgraph takes a
quarter of a second).
"""

from __future__ import annotations

from functools import partial

import msgspec
import numpy as np
import pyqtgraph as pg
from msgspec.structs import replace
from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from presets.schema import Edit
from ui import flow as flows
from ui import hearing, intensity, theme
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.flow import lineage
from ui.panels.curve import CurveView
from ui.panels.handles import Handles
from ui.panels.intensity import IntensityKnob
from ui.panels.part import PartLine, PartView
from ui.panels.selection import Stage
from ui.shelf import Made, edit_of
from ui.studio import Studio
from ui.widgets.eliding import Eliding
from ui.widgets.knob import Knob
from ui.widgets.waveform import CURVE

_HERTZ = ((100, "100"), (300, "300"), (1000, "1k"), (3000, "3k"), (10_000, "10k"))
_KNOBS: tuple[tuple[str, str, float, float, str, int, float], ...] = (
    ("fade_in", "Fade in", 0.0, 500.0, "ms", 0, 1000.0),
    ("fade_out", "Fade out", 0.0, 2000.0, "ms", 0, 1000.0),
    ("gain_db", "Gain", -24.0, 24.0, "dB", 1, 1.0),
    ("pitch", "Pitch", -24.0, 24.0, "st", 1, 1.0),
)


class Detail(QWidget):
    """Waveform over spectrogram, with handles; versions and knobs above."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("card")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("The selected take")
        self._studio, self._deeds = studio, deeds
        self._made: Made | None = None
        self._asked: Made | None = None
        self._seconds = 1.0
        self._title, self._facts = Eliding(), Eliding()
        self._title.setFont(theme.font(theme.NORMAL, heavy=True))
        self._facts.setObjectName("soft")
        self._versions = QHBoxLayout()
        self._versions.setSpacing(4)
        self._buttons: dict[int, QPushButton] = {}
        self.knobs = {row[0]: self._knob(*row) for row in _KNOBS}
        self.intensity = IntensityKnob(studio)
        self._loop = self._tool("Loop", "Play a part of it again and again: drag where it begins and ends.", True)
        self._loop.clicked.connect(self._toggle_loop)
        self._reset = self._tool(BY_ID["edit.reset"].words, BY_ID["edit.reset"].help)
        self._reset.clicked.connect(lambda: deeds.do("edit.reset"))
        self._drawing, self._straight = (self._of_action(name) for name in ("curve", "curve.reset"))
        self._drawing.setCheckable(True)
        self._build_plots()
        self.curve = CurveView(studio, deeds, self._plots, self._wave, self)
        self.part_line = PartLine(studio, deeds)
        self.part = PartView(studio, self._plots, self._wave, self)
        self._lay_out()
        studio.changed.connect(self.refresh)
        studio.settings.listen(lambda settings: self._drawing.setChecked(settings.curve))
        self.refresh()

    def refresh(self) -> None:
        """Show the selected take as it is now."""
        flow, shelf = self._studio.flow, self._studio.shelf
        recipe = flow.chosen.recipe
        made = shelf.shown(flow, recipe)
        self.setEnabled(made is not None)
        tools = self._loop, self._reset, self._drawing, self._straight
        for part in (self._plots, self.intensity, *self.knobs.values(), *tools, self.part_line):
            part.setVisible(made is not None)
        self.curve.refresh(made is not None)
        if made is None or recipe is None:
            self._title.setText("")
            self._facts.setText("The selected take comes here: where it is cut, and how it sounds.")
            return
        self._title.setText(recipe.prompt.text)
        identity = made.version.identity
        alike = "" if identity is None else f" · {identity:.3f} like its draft"
        steps = "draft" if made.recipe.steps == 1 else f"refined in {made.recipe.steps} steps"
        wet = shelf.is_wet(flow, made)
        effects = "wet, drawn dry" if wet else "dry"
        curve = " · intensity drawn" if recipe.prompt.intensity else ""
        self._facts.setText(f"{recipe.model} · seed {recipe.seed} · {steps}{alike} · {effects}{curve}")
        self._drawing.setChecked(self._studio.settings().curve)
        self._straight.setEnabled(bool(intensity.curve(flow, flow.selected)))
        self._show_versions(made)
        self._show_edit(edit_of(flow, shelf, recipe))
        if made is not self._asked:
            self._asked = made
            self._studio.work.do("detail", partial(look, made), partial(self._arrived, made), lambda _: None)

    def _show_versions(self, made: Made) -> None:
        there = [one.recipe.steps for one in self._studio.shelf.versions(made.recipe)]
        if list(self._buttons) != there:
            for button in self._buttons.values():
                button.deleteLater()
            self._buttons = {steps: self._version(steps) for steps in there}
        for steps, button in self._buttons.items():
            button.setChecked(steps == made.recipe.steps)

    def _version(self, steps: int) -> QPushButton:
        button = QPushButton("draft" if steps == 1 else str(steps))
        button.setCheckable(True)
        button.setAccessibleName("Hear the draft" if steps == 1 else f"Hear the version of {steps} steps")
        button.clicked.connect(partial(self._choose, steps))
        self._versions.addWidget(button)
        return button

    def _choose(self, steps: int) -> None:
        flow = self._studio.flow
        self._studio.change(flows.refine(flow, flow.selected, steps), f"Version of {steps} steps")
        self._studio.sounding.hear(flow.selected)
        self.refresh()

    # ── pictures ──────────────────────────────────────────────────────────────────────────────────────────────

    def _build_plots(self) -> None:
        self._plots = pg.GraphicsLayoutWidget()
        self._plots.setBackground(theme.PANEL)
        policy = self._plots.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._plots.setSizePolicy(policy)
        self._plots.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plots.ci.setSpacing(2)
        self._plots.ci.setContentsMargins(0, 0, 0, 0)
        self._wave = self._plots.addPlot(0, 0, viewBox=Stage())
        self._picture = self._plots.addPlot(1, 0)
        self._picture.setXLink(self._wave)
        self._plots.ci.layout.setRowStretchFactor(0, 3)
        self._plots.ci.layout.setRowStretchFactor(1, 3)
        for plot in (self._wave, self._picture):
            plot.setMenuEnabled(False)
            plot.hideButtons()
            plot.setMouseEnabled(x=False, y=False)
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(theme.LINE)
                axis.setTextPen(theme.FAINT)
                axis.setStyle(tickFont=theme.font(theme.SMALL), tickLength=-4)
            plot.getAxis("left").setWidth(34)
        self._wave.getAxis("bottom").setStyle(showValues=False)
        self._wave.getAxis("left").setTicks([[]])
        self._wave.setYRange(-1, 1, padding=0)
        self._picture.setYRange(0, 1, padding=0)
        self._curve = pg.PlotCurveItem(pen=pg.mkPen(theme.ACCENT, width=1), connect="pairs")
        self._wave.addItem(self._curve)
        self._image = pg.ImageItem()
        stops = np.linspace(0, 1, len(theme.HEAT))
        self._image.setColorMap(pg.ColorMap(stops, list(theme.HEAT)))
        self._picture.addItem(self._image)
        self.handles = Handles(self._wave, self._picture, self._edited)

    def _arrived(self, made: Made, seen: Look) -> None:
        self._made, self._seconds = made, seen.seconds
        columns = seen.peaks.shape[1]
        x = np.repeat(np.linspace(0, seen.seconds, columns), 2)
        loudest = max(float(np.abs(seen.peaks).max()), 1e-4)
        shape = seen.peaks.T.reshape(-1) / loudest
        self._curve.setData(x, np.sign(shape) * np.abs(shape) ** CURVE)
        self._image.setImage(seen.picture, autoLevels=False, levels=(0, 1))
        self._image.setRect(QRectF(0, 0, seen.seconds, 1))
        top = seen.rate / 2 * 0.98
        ticks = [(float(np.log(hz / 40) / np.log(top / 40)), text) for hz, text in _HERTZ if hz < top]
        self._picture.getAxis("left").setTicks([ticks])
        self._wave.setXRange(0, seen.seconds, padding=0.01)
        self.part.refresh()
        self.handles.bound(seen.seconds)
        self.curve.bound(seen.seconds)
        self.refresh()

    # ── editing ───────────────────────────────────────────────────────────────────────────────────────────────

    def _show_edit(self, edit: Edit) -> None:
        self.handles.show(edit)
        self.part.refresh()
        for field, *_, scale in _KNOBS:
            knob = self.knobs[field]
            if not knob.isSliderDown():
                knob.set(getattr(edit, field) * scale)
        self._loop.setChecked(edit.loop is not None)
        self._reset.setEnabled(self._studio.flow.marks_of(self._studio.flow.chosen.recipe).edit is not None)

    def _edited(self, edit: Edit) -> None:
        """A handle was let go."""
        self._change(edit, "Cut")

    def _change(self, edit: Edit, name: str) -> None:
        flow = self._studio.flow
        if flow.chosen.recipe is None or self._made is None:
            return
        if lineage(self._made.recipe) != lineage(flow.chosen.recipe):
            return  # the picture of another take is still on its way
        try:
            checked = msgspec.convert(msgspec.to_builtins(edit), Edit)
        except msgspec.ValidationError:
            self._studio.messages.warn("A cut lies within the sound; it stays as it was.")
            self.refresh()
            return
        self._studio.change(flows.edit(flow, flow.selected, checked), name)

    def _turned(self, field: str, scale: float, value: float) -> None:
        recipe = self._studio.flow.chosen.recipe
        if recipe is not None:
            edit = edit_of(self._studio.flow, self._studio.shelf, recipe)
            self._change(replace(edit, **{field: value / scale}), self.knobs[field].accessibleName())

    def _toggle_loop(self) -> None:
        recipe = self._studio.flow.chosen.recipe
        if recipe is None:
            return
        edit = edit_of(self._studio.flow, self._studio.shelf, recipe)
        loop = None if edit.loop else (0.25 * edit.length, 0.75 * edit.length)
        self._change(replace(edit, loop=loop, crossfade=0.02 if loop else 0.0), "Loop")

    # ── laying out ────────────────────────────────────────────────────────────────────────────────────────────

    def _knob(
        self, field: str, name: str, low: float, high: float, unit: str, decimals: int, scale: float
    ) -> Knob:
        knob = Knob(name, low, high, 0.0, unit, decimals)
        knob.settled.connect(partial(self._turned, field, scale))
        return knob

    def _tool(self, words: str, tip: str, checkable: bool = False) -> QPushButton:
        button = QPushButton(words)
        button.setCheckable(checkable)
        button.setToolTip(tip)
        return button

    def _of_action(self, name: str) -> QPushButton:
        action = BY_ID[name]
        button = self._tool(action.words, f"{action.help} ({', '.join(action.keys)})")
        button.clicked.connect(lambda: self._deeds.do(name))
        return button

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._facts)
        words.addWidget(self.part_line)
        words.addStretch(1)
        top = QHBoxLayout()
        top.addLayout(words, 1)
        top.addLayout(self._versions)
        top.addSpacing(theme.SPACE)
        for knob in (self.intensity, *self.knobs.values()):
            top.addWidget(knob)
        tools = QGridLayout()
        tools.setSpacing(theme.GAP // 2)
        for at, tool in enumerate((self._loop, self._reset, self._drawing, self._straight)):
            tools.addWidget(tool, at // 2, at % 2)
        top.addLayout(tools)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.GAP, theme.SPACE, theme.GAP)
        column.addLayout(top)
        column.setAlignment(top, Qt.AlignmentFlag.AlignTop)
        column.addWidget(self._plots, 1)


class Look(msgspec.Struct, frozen=True):
    """How a whole native sound looks. peaks: (2, columns); picture: (columns, bands), 0 .. 1."""

    seconds: float
    rate: int
    peaks: np.ndarray
    picture: np.ndarray


def look(made: Made) -> Look:
    """Read and measure a sound; runs in a worker's thread.

    Raises:
        UnreadableFile: its file is gone or broken.
    """
    sound = hearing.whole(made)
    return Look(sound.seconds, sound.rate, hearing.peaks(sound, 1400)[0], hearing.spectrogram(sound))
