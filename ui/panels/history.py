"""What was asked for before, as a list: words, day and number of takes; searched as it is typed, brought back."""

from __future__ import annotations

from datetime import datetime

from PyQt6.QtCore import QModelIndex, Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from presets.prompts import Words
from ui import theme
from ui.actions import BY_ID
from ui.deeds import Deeds
from ui.panels.library_filters import SearchLine
from ui.panels.library_table import FileTable
from ui.panels.table_rows import TableRows
from ui.remembered import Remembered
from ui.studio import Studio
from ui.throttle import Pause
from ui.widgets.stepping import Stepping

_WIDTHS = (0, 84, 50)
_SEARCH_MS = 60


class HistoryRows(TableRows):
    """Rows of the history. Words that were only on the way to longer ones are shown when they are looked for."""

    columns = ("Words", "Day", "Takes")

    def __init__(self) -> None:
        super().__init__()
        self._all: list[Words] = []
        self._texts: list[str] = []
        self.rows: list[Words] = []
        self._looked_for: list[str] = []

    def set(self, rows: list[Words]) -> None:
        """Show these."""
        self._all = rows
        self._texts = [f"{one.prompt} {one.model} {one.day.isoformat()}".casefold() for one in rows]
        self.search(" ".join(self._looked_for))

    def search(self, text: str) -> None:
        """Show those with all of these words, in any order; they may be of the day and the model."""
        self._looked_for = text.casefold().split()
        self.beginResetModel()
        self.rows = [
            one
            for one, told in zip(self._all, self._texts, strict=True)
            if all(word in told for word in self._looked_for) and (self._looked_for or not one.is_partial)
        ]
        self.endResetModel()

    def count(self) -> int:  # noqa: D102
        return len(self.rows)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        one = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (one.prompt, one.day.isoformat(), str(len(one.recipes)))[index.column()]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
            first, last = (f"{datetime.fromtimestamp(at).astimezone():%H:%M}" for at in (one.first, one.last))
            when = first if first == last else f"{first} to {last}"
            return f"{one.prompt} · {one.model} · {one.day.isoformat()}, {when} · {len(one.recipes)} takes"
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.colour(theme.SOFT if index.column() or one.is_partial else theme.TEXT)
        return None


class HistoryList(QWidget):
    """The list and what can be done with it."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("where", "history")
        self.remembered, self.rows = Remembered(studio, self), HistoryRows()
        self.words = SearchLine()
        self.words.setPlaceholderText("Search words, days and models")
        self.words.setAccessibleName("Search the history")
        self.words.setClearButtonEnabled(True)
        self.table = FileTable("What was asked for", studio.archive.carrying)
        self.table.setDragEnabled(False)
        self.table.setSelectionMode(FileTable.SelectionMode.SingleSelection)
        self.table.setModel(self.rows)
        self.table.fit(_WIDTHS)
        self.count, self.stepping = QLabel(""), Stepping(self.remembered.cancel)
        self.count.setObjectName("faint")
        self.count.setAccessibleName("How many")
        self.open = QPushButton(BY_ID["history.open"].words)
        self._searching = Pause(_SEARCH_MS, self.search, self)
        self._lay_out()
        self._connect(deeds)

    def search(self) -> None:
        """Show what is looked for."""
        self.rows.search(self.words.text())
        self._shown()

    def to_search(self) -> None:
        """Begin to type."""
        self.words.setFocus(Qt.FocusReason.OtherFocusReason)
        self.words.selectAll()

    def bring_back(self) -> None:
        """The takes of the selected row in the slots again."""
        model = self.table.selectionModel()
        assert model is not None
        for index in model.selectedRows():
            self.remembered.bring_back(self.rows.rows[index.row()])

    def showEvent(self, event: object) -> None:  # noqa: D102, N802
        self.remembered.look()

    def _found(self, rows: list[Words]) -> None:
        self.rows.set(rows)
        self._shown()

    def _shown(self) -> None:
        count = len(self.rows.rows)
        self.count.setText("Nothing was asked for" if not count else "1 row" if count == 1 else f"{count} rows")
        self.open.setEnabled(bool(count))

    def _to_rows(self) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.rows.rows:
            self.table.selectRow(0)

    def _connect(self, deeds: Deeds) -> None:
        self.words.textChanged.connect(self._searching.poke)
        self.words.left.connect(self._to_rows)
        self.table.doubleClicked.connect(self.bring_back)
        self.open.clicked.connect(lambda: deeds.do("history.open"))
        self.remembered.found.connect(self._found)
        self.remembered.progress.connect(self.stepping.tell)
        deeds.add({"history.open": self.bring_back, "history.renew": self.remembered.look})

    def _lay_out(self) -> None:
        action = BY_ID["history.open"]
        self.open.setToolTip(f"{action.help} ({', '.join(action.keys)})")
        self.open.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        line = QHBoxLayout()
        line.addWidget(self.count)
        line.addStretch(1)
        line.addWidget(self.stepping)
        line.addWidget(self.open)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP)
        column.addWidget(self.words)
        column.addWidget(self.table, 1)
        column.addLayout(line)
