"""The takes of a library as rows: only those that are looked at are read, so 10,000 of them cost what 100 do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PyQt6.QtCore import QModelIndex, Qt, pyqtSignal

from presets.index_search import Hit, Query
from presets.index_ways import Order
from presets.library import Library
from ui import theme
from ui.library_live import LibraryLive
from ui.panels.table_rows import TableRows

PAGE = 100
_MOST_PAGES = 40

COLUMNS = ("Name", "Stars", "What", "s", "Tags")
_NAME, _STARS, _WHAT, _SECONDS, _TAGS = range(len(COLUMNS))
SORTED: dict[int, tuple[Order, Order]] = {
    _NAME: ("name", "name"),
    _STARS: ("rating", "rating"),
    _SECONDS: ("longest", "shortest"),
}
"""Orders that a click on a column's head wishes, and a second click."""

Found = tuple[int, int, list[Hit]]
"""How many there are, where the page begins, and the page."""


class TakeRows(TableRows):
    """What a query finds. `filled` when rows are there; `renewing` before all of them become others."""

    columns = COLUMNS
    filled = pyqtSignal()
    renewing = pyqtSignal()

    def __init__(self, live: LibraryLive) -> None:
        super().__init__(live)
        self._live = live
        self.query: Query | None = None
        self._pages: dict[int, list[Hit]] = {}
        self._asked: set[int] = set()
        self._total, self._number = 0, 0
        self._remarks: dict[str, str] = {}

    def ask(self, query: Query, first: int = 0) -> None:
        """Show what a query finds. first: the row that is looked at."""
        self.query, begin = query, first // PAGE * PAGE

        def search(library: Library) -> Found:
            total = library.count(query)
            at = min(begin, max(total - 1, 0) // PAGE * PAGE)
            return total, at, library.find(replace(query, limit=PAGE, offset=at))

        self._live.do("find", search, self._found)

    def show(self, hits: Sequence[Hit], remarks: dict[str, str] | None = None) -> None:
        """Show these takes. remarks: what is said of a take instead of what it is, by the name of its files."""
        self.query = None
        self._live.do("find", lambda _: None)  # a search that is on its way is overtaken
        self._set(
            len(hits), {n // PAGE: list(hits[n : n + PAGE]) for n in range(0, len(hits), PAGE)}, remarks or {}
        )

    def hit(self, row: int) -> Hit | None:
        """The take of a row; None where it has not been read yet."""
        page = self._pages.get(row // PAGE)
        return page[row % PAGE] if page is not None and row % PAGE < len(page) else None

    def row_of(self, file: str) -> int | None:
        """The row of a take, among those that were read."""
        for number, page in self._pages.items():
            for i, hit in enumerate(page):
                if hit.file == file:
                    return number * PAGE + i
        return None

    def count(self) -> int:  # noqa: D102
        return self._total

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: D102
        if not index.isValid():
            return None
        hit = self.hit(index.row())
        if hit is None:
            self._fetch(index.row() // PAGE)
            return "…" if role == Qt.ItemDataRole.DisplayRole and index.column() == _NAME else None
        return _told(hit, index.column(), role, self._remarks.get(hit.file, ""))

    def _fetch(self, page: int) -> None:
        query, number = self.query, self._number
        if query is None or page in self._asked:
            return
        self._asked.add(page)
        part = replace(query, limit=PAGE, offset=page * PAGE)

        def there(hits: list[Hit]) -> None:
            if number != self._number:
                return
            self._asked.discard(page)
            self._pages[page] = hits
            while len(self._pages) > _MOST_PAGES:
                self._pages.pop(next(iter(self._pages)))
            last = min((page + 1) * PAGE, self._total) - 1
            self.dataChanged.emit(self.index(page * PAGE, 0), self.index(last, len(COLUMNS) - 1))
            self.filled.emit()

        self._live.do(f"page {page}", lambda library: library.find(part), there)

    def _found(self, found: Found | None) -> None:
        if found is not None:
            total, begin, hits = found
            self._set(total, {begin // PAGE: hits}, {})

    def _set(self, total: int, pages: dict[int, list[Hit]], remarks: dict[str, str]) -> None:
        self.renewing.emit()
        self.beginResetModel()
        self._total, self._pages, self._remarks = total, pages, remarks
        self._asked.clear()
        self._number += 1
        self.endResetModel()
        self.filled.emit()


def what(hit: Hit) -> str:
    """What a take is, in a word or two."""
    words = {"refined": f"{hit.steps} steps", "imported": "not generated", "assembled": "cut or layered"}
    return words.get(hit.kind, "draft")


_TEXTS: tuple[Callable[[Hit], str], ...] = (
    lambda hit: hit.name,
    lambda hit: "★" * hit.rating,
    what,
    lambda hit: f"{hit.seconds:.2f}" if hit.seconds else "",
    lambda hit: ", ".join(hit.tags),
)


def _told(hit: Hit, column: int, role: int, remark: str) -> object:
    if role == Qt.ItemDataRole.DisplayRole:
        return remark if remark and column == _WHAT else _TEXTS[column](hit)
    if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleDescriptionRole):
        return about(hit)
    if role == Qt.ItemDataRole.ForegroundRole:
        if hit.problem:
            return theme.colour(theme.WRONG)
        return theme.colour({_NAME: theme.TEXT, _STARS: theme.WORKING}.get(column, theme.SOFT))
    if role == Qt.ItemDataRole.TextAlignmentRole and column == _SECONDS:
        return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return None


def about(hit: Hit) -> str:
    """A take in a sentence."""
    auto = " (auto)" if hit.category_automatic else ""
    category = f"{hit.category}{auto}" if hit.category else ""
    parts = [hit.prompt or hit.name, what(hit), hit.model, category, f"{hit.seconds:.2f} s", hit.problem]
    return " · ".join(filter(None, parts))
