"""The UCS category of the selected takes: typed with the list's help, for all at once; "auto" where proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QCompleter, QHBoxLayout, QLabel, QLineEdit, QWidget

from presets.export.ucs import Category
from presets.index_search import Hit
from ui import theme
from ui.filing import AUTO, Filing

_SHOWN = 12


class CategoryEntry(QWidget):
    """An entry and a mark."""

    def __init__(self, filing: Filing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filing, self._files, self._shown, self._is_read = filing, list[str](), "", False
        self.entry, self.mark = QLineEdit(), QLabel(AUTO)
        self.entry.setAccessibleName("UCS category of the takes")
        self.entry.setToolTip(f'A CatID such as DOORMetl, or words of it; "{AUTO}" proposes from the prompts.')
        self.entry.setClearButtonEnabled(True)
        self.entry.editingFinished.connect(self._written)
        self.mark.setObjectName("faint")
        self.mark.setToolTip("Proposed from the words; nobody has looked at it yet.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP)
        row.addWidget(self.entry, 1)
        row.addWidget(self.mark)

    def show_takes(self, hits: Sequence[Hit]) -> None:
        """What these have in common."""
        self._files = [hit.file for hit in hits]
        found = {hit.category for hit in hits}
        automatic = bool(hits) and all(hit.category_automatic for hit in hits) and "" not in found
        self.mark.setVisible(automatic)
        self.entry.setAccessibleDescription("Proposed from the words." if automatic else "")
        self.entry.setPlaceholderText("several categories" if len(found) > 1 else "none")
        self._shown = found.pop() if len(found) == 1 else ""
        if not self.entry.hasFocus():
            self.entry.setText(self._shown)

    def begin(self) -> None:
        """Begin to type."""
        if self.isEnabled():
            self.entry.setFocus(Qt.FocusReason.OtherFocusReason)
            self.entry.selectAll()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: D102, N802
        super().showEvent(event)
        if not self._is_read:
            self._is_read = True
            self._filing.categories(self._read)

    def _read(self, categories: Mapping[str, Category]) -> None:
        rows = [AUTO, *(f"{one.cat_id}  {one.full}" for one in categories.values())]
        completer = QCompleter(rows, self.entry)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(_SHOWN)
        self.entry.setCompleter(completer)

    def _written(self) -> None:
        """The first word counts: what is chosen from the list has the category's name behind it."""
        text = next(iter(self.entry.text().split()), "")
        if text == self._shown or not self._files or not self._filing.categorise(self._files, text):
            self.entry.setText(self._shown)
