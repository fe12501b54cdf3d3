"""What was handed to the DAW: which files follow their take, which wait for a newer version, and sending it on."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from presets import handoff
from presets.handoff import Handoff, Outcome
from ui import theme, updating
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.panels.library_table import FileTable
from ui.panels.table_rows import TableRows
from ui.studio import Studio
from ui.throttle import Pause
from ui.updating import Row
from ui.widgets.stepping import Stepping

_WIDTHS = (0, 128, 60, 40)
_COLOURS = {
    "linked": theme.GOOD,
    "newer version waiting": theme.WORKING,
    "held open": theme.WORKING,
    "missing": theme.WRONG,
}
_LOOK_MS = 400
_ACTIONS = ("handoff.link", "handoff.update", "handoff.commit")


class HandoffRows(TableRows):
    """Hand-offs as rows."""

    columns = ("File", "State", "Version", "s")

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Row] = []

    def set(self, rows: list[Row]) -> None:
        """Show these."""
        if rows != self.rows:
            self.beginResetModel()
            self.rows = rows
            self.endResetModel()

    def count(self) -> int:  # noqa: D102
        return len(self.rows)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            steps = row.handoff.shown.steps
            version = "" if not steps else "draft" if steps == 1 else f"{steps} steps"
            seconds = f"{row.handoff.frames / row.handoff.rate:.2f}"
            return (row.handoff.name, row.state, version, seconds)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            one = row.handoff
            return f"{row.path}\n{one.rate} Hz, {one.depth} bit, {one.channels} channels"
        if role == Qt.ItemDataRole.ForegroundRole:
            name = _COLOURS.get(row.state, theme.SOFT) if index.column() == 1 else theme.TEXT
            return theme.colour(name if index.column() < 2 else theme.SOFT)
        return None


class HandoffList(QWidget):
    """The list and what can be done with it."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio, self._live = studio, studio.archive.live
        self.rows = HandoffRows()
        self.table = FileTable("Files in the DAW", studio.archive.carrying)
        self.table.setModel(self.rows)
        self.table.fit(_WIDTHS)
        self._hint = QLabel(
            "Drag a take into your DAW: its file appears here. Handed off with a link, it can be updated there."
        )
        self._hint.setObjectName("faint")
        self._hint.setWordWrap(True)
        self.stepping = Stepping(self._live.cancel)
        self.buttons = {
            name: self._button(name, deeds) for name in ("handoff.link", "handoff.update", "handoff.commit")
        }
        self.buttons["handoff.update"].setObjectName("first")
        self._look = Pause(_LOOK_MS, self.refresh, self)
        self._told: set[str] = set()
        self._lay_out()
        model = self.table.selectionModel()
        assert model is not None
        model.selectionChanged.connect(lambda *_: self._carry())
        self._live.progress.connect(self.stepping.tell)
        self._live.changed.connect(self._look.poke)
        studio.archive.carrying.given.connect(self._look.poke)
        studio.changed.connect(self._changed)
        deeds.add({"handoff.update": self.update_all, "handoff.commit": self.commit, "handoff.link": self.link})

    def refresh(self) -> None:
        """Look again."""
        desk = updating.desk_of(self._studio.flow, self._studio.shelf)
        passing = self._studio.archive.carrying.passing()
        self._live.do("handoffs", lambda library: updating.rows(library, desk, passing), self._show)

    def selected(self) -> list[Handoff]:
        """The hand-offs that are selected."""
        model = self.table.selectionModel()
        assert model is not None
        return [self.rows.rows[index.row()].handoff for index in model.selectedRows()]

    def link(self) -> None:
        """Hand the selected takes off with a link, and put their files on the clipboard."""
        self._studio.archive.carrying.link()

    def update_all(self) -> None:
        """Bring every linked file to what its take is now."""
        desk = updating.desk_of(self._studio.flow, self._studio.shelf)
        told = self._live.telling("Updating")

        def done(outcomes: list[Outcome]) -> None:
            said, sentences = updating.told(outcomes)
            self._studio.messages.note(said)
            for sentence in sentences:
                self._studio.messages.warn(sentence)

        self._live.alter(lambda library: updating.update(library, desk, told), done)

    def commit(self) -> None:
        """End the link of what is selected, or of everything."""
        names = [one.name for one in self.selected()] or None
        session = self._studio.session.folder

        def done(ended: list[Handoff]) -> None:
            count = "1 file is" if len(ended) == 1 else f"{len(ended)} files are"
            self._studio.messages.note(f"{count} frozen now." if ended else "Nothing of these was linked.")

        self._live.alter(lambda _: handoff.commit(session, names), done)

    def showEvent(self, event: object) -> None:  # noqa: D102, N802
        self.refresh()

    def _changed(self) -> None:
        if self.isVisible():
            self._look.poke()

    def _show(self, told: tuple[list[Row], list[str]]) -> None:
        rows, unread = told
        self.rows.set(rows)
        self._hint.setVisible(not rows)
        waiting = any(row.state == "newer version waiting" for row in rows)
        self.buttons["handoff.update"].setText("Update in DAW •" if waiting else BY_ID["handoff.update"].words)
        for sentence in unread:
            if sentence not in self._told:
                self._told.add(sentence)
                self._studio.messages.warn(sentence)

    def _carry(self) -> None:
        model = self.table.selectionModel()
        assert model is not None
        rows = [self.rows.rows[index.row()] for index in model.selectedRows()]
        self._studio.archive.carry_again([row.path for row in rows if row.state != "missing"])

    def _button(self, name: str, deeds: Deeds) -> QPushButton:
        row = BY_ID[name]
        button = QPushButton(row.words)
        button.setToolTip(f"{row.help} ({', '.join(row.keys)})" if row.keys else row.help)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: deeds.do(name))
        return button

    def _lay_out(self) -> None:
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        for button in self.buttons.values():
            line.addWidget(button, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP)
        column.addWidget(self._hint)
        column.addWidget(self.table, 1)
        column.addWidget(self.stepping, 0, Qt.AlignmentFlag.AlignRight)
        column.addLayout(line)
