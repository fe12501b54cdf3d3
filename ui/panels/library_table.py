"""The table of takes: rows that are dragged out as files, heard when they are chosen."""

from __future__ import annotations

from PyQt6.QtCore import QItemSelection, Qt, pyqtSignal
from PyQt6.QtGui import QDrag, QResizeEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from ui import theme
from ui.carrying import Carrying
from ui.panels.library_rows import TakeRows

_ROW = 24
_WIDTHS = (0, 60, 88, 44, 96)
_TAGS, _ROOM_FOR_TAGS = 4, 440


class FileTable(QTableView):
    """A calm table whose selected rows are dragged out as the files that are ready."""

    def __init__(self, name: str, carrying: Carrying, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._carrying = carrying
        self.setAccessibleName(name)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setStyleSheet(
            f"QTableView {{ background: {theme.PANEL}; border: 1px solid {theme.LINE}; "
            f"border-radius: {theme.ROUND}px; selection-background-color: #28414f; "
            f"selection-color: {theme.TEXT}; }} "
            f"QTableView:focus {{ border-color: {theme.ACCENT}; }}"
        )
        heads, sides = self.horizontalHeader(), self.verticalHeader()
        assert heads is not None
        assert sides is not None
        sides.hide()
        sides.setDefaultSectionSize(_ROW)
        sides.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setHighlightSections(False)

    def fit(self, widths: tuple[int, ...]) -> None:
        """The first column takes what the others leave."""
        heads = self.horizontalHeader()
        assert heads is not None
        heads.setMinimumSectionSize(40)
        for column, width in enumerate(widths):
            stretch = QHeaderView.ResizeMode.Stretch if not column else QHeaderView.ResizeMode.Interactive
            heads.setSectionResizeMode(column, stretch)
            if column:
                self.setColumnWidth(column, width)

    def startDrag(self, supported: Qt.DropAction) -> None:  # noqa: D102, N802
        if not self._carrying.paths():
            self._carrying.not_yet()
            return
        drag = QDrag(self)
        drag.setMimeData(self._carrying.mime())
        if drag.exec(Qt.DropAction.CopyAction) != Qt.DropAction.IgnoreAction:
            self._carrying.taken()


class TakeTable(FileTable):
    """Signals: `chosen` when other rows are selected; `opened` by a double click; `sorted` (column) by its head.

    quiet: the selection changes because rows came, not because a person chose.
    """

    chosen = pyqtSignal()
    opened = pyqtSignal()
    sorted = pyqtSignal(int)

    def __init__(self, rows: TakeRows, carrying: Carrying, parent: QWidget | None = None) -> None:
        super().__init__("Takes of the library", carrying, parent)
        self.quiet = False
        self.setModel(rows)
        self.fit(_WIDTHS)
        heads = self.horizontalHeader()
        assert heads is not None
        heads.setSectionsClickable(True)
        heads.sectionClicked.connect(self.sorted)
        self.doubleClicked.connect(self.opened)
        rows.modelAboutToBeReset.connect(lambda: self._hush(True))
        rows.modelReset.connect(lambda: self._hush(False))

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: D102, N802
        super().resizeEvent(event)
        self.setColumnHidden(_TAGS, self.width() < _ROOM_FOR_TAGS)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: D102, N802
        super().selectionChanged(selected, deselected)
        if not self.quiet:
            self.chosen.emit()

    def _hush(self, quiet: bool) -> None:
        self.quiet = quiet
