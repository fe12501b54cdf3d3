"""Every key on one sheet, from the table of actions."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ui import theme
from ui.actions import sheet
from ui.widgets.room import fit

_HEAD = ("", "Key", "What it does", "OSC")


class HelpSheet(QDialog):
    """A table that can be searched; the work goes on behind it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("All keys – Onetake")
        fit(self, 960, 680)
        self._rows = sheet()
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search")
        self._search.setAccessibleName("Search the keys")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._filter)
        self.table = QTableWidget(len(self._rows), len(_HEAD))
        self.table.setHorizontalHeaderLabels(_HEAD)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.setAccessibleName("Keys")
        rows, columns = self.table.verticalHeader(), self.table.horizontalHeader()
        assert rows is not None
        assert columns is not None
        rows.hide()
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self._fill()
        columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        columns.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        layout = QVBoxLayout(self)
        layout.addWidget(self._search)
        layout.addWidget(self.table)

    def _fill(self) -> None:
        group = ""
        for row, told in enumerate(self._rows):
            cells = (told.group if told.group != group else "", told.keys, told.help, told.osc)
            group = told.group
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, f"{told.group} {told.keys} {told.help}".lower())
                if column != 2:
                    item.setForeground(theme.colour(theme.ACCENT if column == 1 else theme.SOFT))
                self.table.setItem(row, column, item)

    def _filter(self, text: str) -> None:
        for row in range(self.table.rowCount()):
            item = self.table.item(row, 2)
            told = str(item.data(Qt.ItemDataRole.UserRole)) if item else ""
            self.table.setRowHidden(row, text.lower() not in told)
