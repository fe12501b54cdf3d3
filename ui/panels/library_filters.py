"""What is looked for in the library: words, and a row of what narrows it down."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from presets.contents import Kind
from presets.index_search import ORDERS, Query
from presets.index_ways import Order
from ui import theme
from ui.panels.library_rows import SORTED

_WHAT: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("Everything", ()),
    ("Drafts", ("draft",)),
    ("Refined", ("refined",)),
    ("Cut or layered", ("assembled",)),
    ("Not generated", ("imported",)),
)
_STARS = ("Any stars", "★ or more", "★★ or more", "★★★ or more", "★★★★ or more", "★★★★★")
_LENGTHS: tuple[tuple[str, float | None, float | None], ...] = (
    ("Any length", None, None),
    ("Up to 1 s", None, 1.0),
    ("1 to 4 s", 1.0, 4.0),
    ("Over 4 s", 4.0, None),
)
_WORDS: dict[Order, str] = {
    "best": "Best first",
    "newest": "Newest first",
    "oldest": "Oldest first",
    "rating": "Most stars first",
    "name": "By name",
    "longest": "Longest first",
    "shortest": "Shortest first",
}
_MARK = "#"
_ANY_MODEL = "Any model"


class SearchLine(QLineEdit):
    """Words; Down goes on to the takes."""

    left = pyqtSignal()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: D102, N802
        if event is not None and event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class Filters(QWidget):
    """Signals: `changed` when something else is looked for; `left` when the hand goes on to the takes."""

    changed = pyqtSignal()
    left = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = SearchLine()
        self.words.setPlaceholderText(f"Search words, tags with {_MARK}")
        self.words.setAccessibleName("Search the library")
        self.words.setToolTip(
            f"Name, prompt, tags, notes and category; {_MARK}tag asks for a tag, cat:DOOR for UCS."
        )
        self.words.setClearButtonEnabled(True)
        self.what = self._combo("What", [words for words, _ in _WHAT])
        self.stars = self._combo("Stars", _STARS)
        self.models = self._combo("Model", [_ANY_MODEL])
        self.empty = QPushButton("Empty …")
        self.empty.setToolTip("Delete what is in the trash for ever; asked once more.")
        self.empty.hide()
        self.lengths = self._combo("Length", [words for words, *_ in _LENGTHS])
        self.orders = self._combo("Order", [_WORDS[order] for order in ORDERS])
        self.trash = QPushButton("Trash")
        self.trash.setCheckable(True)
        self.trash.setToolTip("Show what is in the trash; Delete takes it out again.")
        self._told = QLabel("")
        self._told.setObjectName("soft")
        self._told.hide()
        self.words.textChanged.connect(self._change)
        self.words.left.connect(self.left)
        self.trash.toggled.connect(self._change)
        self.trash.toggled.connect(self.empty.setVisible)
        self._lay_out()

    @property
    def order(self) -> Order:
        """Which come first."""
        return ORDERS[self.orders.currentIndex()]

    def query(self) -> Query:
        """What is looked for."""
        parts = self.words.text().split()
        tags = tuple(part[1:] for part in parts if part.startswith(_MARK) and len(part) > 1)
        categories = [part[4:] for part in parts if part.lower().startswith("cat:")]
        words = [part for part in parts if not part.startswith(_MARK) and not part.lower().startswith("cat:")]
        _, shortest, longest = _LENGTHS[self.lengths.currentIndex()]
        return Query(
            text=" ".join(words),
            tags=tags,
            category=categories[-1] if categories else "",
            model=self.models.currentText() if self.models.currentIndex() > 0 else "",
            kinds=_WHAT[self.what.currentIndex()][1],
            rating=self.stars.currentIndex(),
            shortest=shortest,
            longest=longest,
            trashed=self.trash.isChecked(),
            order=self.order,
        )

    def show_models(self, names: Sequence[str]) -> None:
        """Which models there are to choose from; the chosen one stays as long as it is among them."""
        rows, chosen = [_ANY_MODEL, *names], self.models.currentText()
        if [self.models.itemText(i) for i in range(self.models.count())] == rows:
            return
        before = self.query()
        was = self.models.blockSignals(True)
        self.models.clear()
        self.models.addItems(rows)
        self.models.setCurrentIndex(rows.index(chosen) if chosen in rows else 0)
        self.models.blockSignals(was)
        if self.query() != before:
            self.changed.emit()

    def sort(self, column: int) -> None:
        """A column's head was clicked: by it, and the other way round when it is clicked again."""
        if column in SORTED:
            first, second = SORTED[column]
            order = second if self.order == first else first
            self.orders.setCurrentIndex(ORDERS.index(order))

    def told(self, words: str) -> None:
        """What is shown is no search; the next change of one of these is one again."""
        self._told.setText(words)
        self._told.setVisible(bool(words))

    def _change(self) -> None:
        self.told("")
        self.changed.emit()

    def _combo(self, name: str, rows: list[str] | tuple[str, ...]) -> QComboBox:
        combo = QComboBox()
        combo.addItems(list(rows))
        combo.setAccessibleName(name)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        combo.setMinimumContentsLength(7)
        combo.currentIndexChanged.connect(self._change)
        return combo

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.words, 1)
        top.addWidget(self.trash)
        top.addWidget(self.empty)
        rows = QGridLayout()
        for place, part in enumerate((self.what, self.stars, self.models, self.lengths)):
            rows.addWidget(part, *divmod(place, 3))
        rows.addWidget(self.orders, 1, 1, 1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP)
        column.addLayout(top)
        column.addLayout(rows)
        column.addWidget(self._told)
