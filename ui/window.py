"""The window: prompt, takes, the selected take, levels; around them the panels of the registry.

Two modes, so that typing never fights the keys: while a text entry has the focus, letters are letters and only
keys marked "anywhere" act; else every key of the table acts. A button or knob that has the focus keeps the keys
that move it.
"""

from __future__ import annotations

import contextlib
from base64 import b64decode, b64encode
from functools import partial
from typing import TYPE_CHECKING

from PyQt6.QtCore import QByteArray, QEvent, Qt, QTimer
from PyQt6.QtGui import QAction, QCloseEvent, QKeyEvent, QKeySequence
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLineEdit,
    QMainWindow,
    QSplitter,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from presets.errors import OnetakeError
from ui import theme
from ui.actions import ACTIONS, Action
from ui.deeds import Deeds
from ui.dropping import Dropping
from ui.hop import Hop
from ui.learning import Learning
from ui.panels.controls import Controls
from ui.panels.grid import Grid
from ui.panels.help import HelpSheet
from ui.panels.keys import KeysPanel
from ui.panels.levels import Levels
from ui.panels.library import LibraryPanel
from ui.panels.prompt import PromptLine, SetLabel
from ui.panels.registry import PANELS
from ui.panels.status import Status
from ui.preset_files import PresetFiles
from ui.settings import Settings
from ui.studio import Studio
from ui.widgets.room import fit

if TYPE_CHECKING:
    from ui.dialogs.export import ExportDialog
    from ui.osc import OscServer

_ENTRIES = (QLineEdit, QAbstractSpinBox, QTextEdit)
_CONTROLS = (QAbstractButton, QAbstractSlider, QComboBox)
_OF_CONTROLS = {"Space", "Return", "Enter", "Left", "Right", "Up", "Down", "Delete", "+", "-", "="}
_IN_LIBRARY = {"undo", "redo", "prompt", "help", "copy", "handoff.link", "handoff.commit"}
"""Keys of the grid that act in the library and its history too."""

_REPEATS = ("part.begin.", "part.end.")
_USUAL = (1440, 860)
_LOWER, _LOWER_LEAST = 0.476, 240  # what the selected take gets: a share of the height, pixels
_STRIP_HEIGHT = 190
_TURN_MS = 20


class Window(QMainWindow):
    """The one window. The larger parts come after it stands: `finish`."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self.studio = studio
        self.setWindowTitle(f"{studio.session.folder.name} – Onetake")
        self.deeds = Deeds(studio)
        self.prompt, self.grid = PromptLine(), Grid(studio, self.deeds)
        self.sets = SetLabel(self.prompt)
        self.controls, self.levels = Controls(studio, self.deeds), Levels(studio, self.deeds)
        self.status = Status(studio, self.deeds)
        self.learning = Learning(studio, self.deeds.do, self)
        self.detail: QWidget | None = None
        self.help: HelpSheet | None = None
        self.export: ExportDialog | None = None
        self.docks: dict[str, QDockWidget] = {}
        self.pages: dict[str, QWidget] = {}
        self._actions: list[tuple[Action, QAction]] = []
        self._osc: OscServer | None = None
        self._osc_wanted = 0
        self._full = self.size()
        self._by_osc = Hop(self)
        self._by_osc.arrived.connect(lambda action: self.deeds.do(str(action)))
        self._lay_out()
        self._add_panels()
        self._add_actions()
        self._connect()
        self.dropping = Dropping(self, studio)
        self.presets = PresetFiles(studio, self.dropping, self)
        self.deeds.add({"preset.save": self.presets.ask_save, "preset.open": self.presets.ask_open})
        self._restore()

    def finish(self) -> None:
        """What may come a moment after the window stands."""
        from ui.panels.detail import Detail  # noqa: PLC0415 (pyqtgraph takes a quarter of a second)

        self.detail = Detail(self.studio, self.deeds)
        self._left.addWidget(self.detail)
        whole = self._left.height()
        lower = max(round(_LOWER * whole), _LOWER_LEAST)
        self._left.setSizes([max(whole - lower, 0), lower])
        self.detail.setVisible(not self.studio.settings().strip)

    # ── building ──────────────────────────────────────────────────────────────────────────────────────────────

    def _lay_out(self) -> None:
        ground = QWidget()
        ground.setObjectName("ground")
        self._left = QSplitter(Qt.Orientation.Vertical)
        self._left.setChildrenCollapsible(False)
        self._left.addWidget(self.grid)
        middle = QHBoxLayout()
        middle.setSpacing(theme.GAP)
        middle.addWidget(self._left, 1)
        middle.addWidget(self.levels)
        column = QVBoxLayout(ground)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.GAP)
        column.setSpacing(theme.SPACE - 2)
        column.addWidget(self.prompt)
        column.addWidget(self.controls)
        column.addLayout(middle, 1)
        self.setCentralWidget(ground)
        bar = self.statusBar()
        assert bar is not None
        bar.setSizeGripEnabled(False)
        bar.addWidget(self.status, 1)
        fit(self, *_USUAL)

    def _add_panels(self) -> None:
        self.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks)
        for panel in PANELS:
            dock = QDockWidget(panel.title, self)
            dock.setObjectName(panel.id)
            dock.setWidget(panel.make(self.studio, self.deeds))
            self.addDockWidget(panel.area, dock)
            dock.setVisible(panel.shown)
            beside = [self.docks[one.id] for one in PANELS[: PANELS.index(panel)] if one.area == panel.area]
            if beside:
                self.tabifyDockWidget(beside[-1], dock)
            self.docks[panel.id] = dock

    def _add_actions(self) -> None:
        self.deeds.add(
            {
                "grid": self.to_grid,
                "prompt": self.to_prompt,
                "strip": self._toggle_strip,
                "keys": lambda: self.docks["keys"].setVisible(not self.docks["keys"].isVisible()),
                "library": self._toggle_library,
                "library.find": self._find,
                "history": self._history,
                "export": self._export,
                "rack": lambda: self.docks["rack"].setVisible(not self.docks["rack"].isVisible()),
                "devices": partial(self.show_page, "devices"),
                "welcome": partial(self.show_page, "welcome"),
                "help": self._show_help,
                "quit": self._quit,
            }
        )
        for action in ACTIONS:
            if action.where == "prompt":
                continue  # the prompt's own keys: Tab moves the focus before any shortcut sees it
            made = QAction(action.words, self)
            made.setShortcuts([QKeySequence(key) for key in action.keys])
            made.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            made.setAutoRepeat(action.group == "Move" or action.id.startswith(_REPEATS))
            made.triggered.connect(lambda _, name=action.id: self.deeds.do(name))
            self.addAction(made)
            self._actions.append((action, made))
        keys = self.docks["keys"].widget()
        assert isinstance(keys, KeysPanel)
        for name, button in {**self.controls.buttons, **self.levels.buttons, **keys.families.buttons}.items():
            self.learning.attach(button, name)
        for i, tile in enumerate(self.grid.tiles):
            self.learning.attach(tile, f"hear.{i + 1}")

    def _connect(self) -> None:
        self.prompt.textEdited.connect(self.studio.type)
        self.prompt.left.connect(self.to_grid)
        self.studio.changed.connect(self._show_words)
        self.studio.settings.listen(self._set)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._focus_changed)

    # ── modes ─────────────────────────────────────────────────────────────────────────────────────────────────

    def to_grid(self) -> None:
        """From the words to the takes; what was typed last is asked for at once."""
        self.grid.setFocus(Qt.FocusReason.OtherFocusReason)

    def to_prompt(self) -> None:
        """Back to the words."""
        self.prompt.setFocus(Qt.FocusReason.OtherFocusReason)
        self.prompt.selectAll()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: D102, N802
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.to_grid()
        else:
            super().keyPressEvent(event)

    def _focus_changed(self, _: QWidget | None, focus: QWidget | None) -> None:
        typing, control = isinstance(focus, _ENTRIES), isinstance(focus, _CONTROLS)
        place = _where(focus)
        for action, made in self._actions:
            own = control and bool(_OF_CONTROLS & set(action.keys))
            here = action.where == (place or "grid") or (action.id in _IN_LIBRARY and action.where == "grid")
            made.setEnabled(action.where == "anywhere" or (here and not (typing or own)))

    # ── state ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _show_words(self) -> None:
        flow = self.studio.flow
        self.prompt.show_text(flow.wishes.text)
        at = len(flow.back) + 1
        doing = str(self.studio.choosing.progress or "")
        self.sets.show_sets(flow.wishes.model, at, at + len(flow.ahead), doing)

    def _restore(self) -> None:
        settings = self.studio.settings()
        self._show_words()
        for text, put in ((settings.geometry, self.restoreGeometry), (settings.layout, self.restoreState)):
            with contextlib.suppress(ValueError):  # a hand-edited file; the window stands where it stands
                if text:
                    put(QByteArray(b64decode(text)))
        if settings.strip:
            self._set_strip(True)
        self._set(settings)
        self.prompt.setFocus()

    def _set(self, settings: Settings) -> None:
        """OSC listens where it is switched on; a port that another program has is told once."""
        wanted = settings.osc_port if settings.osc else 0
        if wanted == self._osc_wanted:
            return
        self._osc_wanted = wanted
        self._end_osc()
        if wanted:
            from ui.osc import OscServer  # noqa: PLC0415 (few use it, and it brings asyncio)

            try:
                self._osc = OscServer(wanted, self._by_osc)
            except OnetakeError as error:
                self.studio.messages.warn(str(error))
        self.learning.osc_port = self._osc.port if self._osc is not None else 0

    def _end_osc(self) -> None:
        if self._osc is not None:
            self._osc.close()
            self._osc = None

    def _toggle_strip(self) -> None:
        strip = not self.studio.settings().strip
        if strip:
            self._remember()
        self.studio.settings.change(strip=strip)
        self._set_strip(strip)

    def _set_strip(self, strip: bool) -> None:
        """Words and takes only, above every other window; or everything again."""
        visible = self.isVisible()
        if strip:
            self._full = self.size()
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint, strip)
        for part in (self.controls, self.levels, self.detail):
            if part is not None:
                part.setVisible(not strip)
        for dock in self.docks.values():
            dock.setVisible(not strip)
        self.grid.arrange(8 if strip else 4)
        if strip:
            QTimer.singleShot(0, self._shrink)  # when the layout knows what is hidden
        else:
            self._restore_places()
        if visible:
            self.show()
            if not strip:
                self._see_rows()
                self.resize(self._full)
            self.to_grid()

    def _see_rows(self) -> None:
        """Eight takes in a row no longer count: every layout around them looks again, from the inside out."""
        self._left.refresh()
        for part in (self.grid, self._left.parentWidget(), self):
            layout = part.layout() if part is not None else None
            if layout is not None:
                layout.invalidate()
                layout.activate()
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)

    def _shrink(self, tries: int = 20) -> None:
        """The layout learns in a few turns that docks are hidden; before, it does not let the window be small."""
        if self.studio.settings().strip:
            self.resize(max(self.width(), 1100), _STRIP_HEIGHT)
            if tries and self.height() > _STRIP_HEIGHT:
                again = QTimer(self)  # goes with the window
                again.setSingleShot(True)
                again.timeout.connect(partial(self._shrink, tries - 1))
                again.timeout.connect(again.deleteLater)
                again.start(_TURN_MS)

    def _restore_places(self) -> None:
        settings = self.studio.settings()
        if settings.geometry:
            self.restoreGeometry(QByteArray(b64decode(settings.geometry)))
        self.resize(self._full)
        if settings.layout:
            self.restoreState(QByteArray(b64decode(settings.layout)))

    def _remember(self) -> None:
        geometry, layout = (b64encode(bytes(b.data())).decode() for b in (self.saveGeometry(), self.saveState()))
        self.studio.settings.change(geometry=geometry, layout=layout)

    def _quit(self) -> None:
        self.close()

    def show_page(self, name: str) -> None:
        """Show a page of the table of dialogs; it is made when it is first wanted."""
        from ui.dialogs.registry import DIALOGS  # noqa: PLC0415 (nobody waits for pages at the start)

        if name not in self.pages:
            self.pages[name] = DIALOGS[name](self.studio, self.deeds, self.learning, self)
        self.pages[name].show()
        self.pages[name].raise_()

    def _toggle_library(self) -> None:
        library = self.docks["library"]
        library.setVisible(library.visibleRegion().isEmpty())  # one that lies behind another comes to the front
        library.raise_()

    def _find(self) -> None:
        """The library, its search under the hand."""
        library = self.docks["library"]
        library.show()
        library.raise_()
        self._library().to_search()

    def _history(self) -> None:
        """What was asked for before, its search under the hand."""
        library = self.docks["library"]
        library.show()
        library.raise_()
        self._library().to_history()

    def _export(self) -> None:
        from ui.dialogs.export import ExportDialog  # noqa: PLC0415 (seldom, and it reads every format)

        if self.export is None or not self.export.is_running:
            self.export = ExportDialog(self.studio, self._library().to_export(), self)
        self.export.show()
        self.export.raise_()

    def _library(self) -> LibraryPanel:
        panel = self.docks["library"].widget()
        assert isinstance(panel, LibraryPanel)
        return panel

    def _show_help(self) -> None:
        if self.help is None:
            self.help = HelpSheet(self)
        self.help.show()
        self.help.raise_()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        """Everything is kept; the processes are left."""
        try:
            if not self.studio.settings().strip:
                self._remember()
        except OnetakeError as error:
            self.studio.messages.error(str(error))
        self._end_osc()
        self._by_osc.close()
        self.studio.close()
        super().closeEvent(event)


def _where(focus: QWidget | None) -> str:
    """The place with keys of its own that a widget stands in, "" for none."""
    while focus is not None:
        place = focus.property("where")
        if place:
            return str(place)
        focus = focus.parentWidget()
    return ""
