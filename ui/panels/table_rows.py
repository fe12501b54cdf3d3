"""Rows under named columns, as Qt asks for them: what every table of the panel has in common."""

from __future__ import annotations

from abc import abstractmethod

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt


class TableRows(QAbstractTableModel):
    """A table whose columns are fixed. Subclasses tell how many rows there are, and what stands in them.

    Attributes:
        columns: the heads.
    """

    columns: tuple[str, ...] = ()

    @abstractmethod
    def count(self) -> int:
        """How many rows there are."""

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802, D102
        return 0 if parent.isValid() else self.count()

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802, D102
        return 0 if parent.isValid() else len(self.columns)

    def headerData(  # noqa: N802, D102
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section]
        return None
