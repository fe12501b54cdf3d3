"""The library: what was kept, found while it is typed, heard when it is selected, and brought back to the desk.

Everything that is read or written happens in the library's own thread (ui/library_live.py); here is what is seen.
What changes a take can be undone with the rest of the work.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PyQt6.QtCore import QItemSelectionModel, Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QTabWidget, QVBoxLayout, QWidget

from presets.index_search import Hit, Query
from presets.index_ways import Order
from ui import given, theme
from ui.deeds import Deeds
from ui.emptying import Emptying
from ui.filing import Filing
from ui.panels.handoffs import HandoffList
from ui.panels.history import HistoryList
from ui.panels.library_filters import Filters
from ui.panels.library_rows import PAGE, TakeRows
from ui.panels.library_table import TakeTable
from ui.panels.library_words import TakeWords
from ui.studio import Studio
from ui.throttle import Pause
from ui.widgets.stepping import Stepping

_SEARCH_MS = 60
_MANY = PAGE


class LibraryPanel(QWidget):
    """Search, filters, takes, what is said of those that are selected; and beside them the hand-offs."""

    def __init__(self, studio: Studio, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("where", "library")
        self._studio, self._live = studio, studio.archive.live
        self.rows = TakeRows(self._live)
        self.filters, self.table = Filters(), TakeTable(self.rows, studio.archive.carrying)
        self.filing, self.emptying = Filing(studio), Emptying(studio, self)
        self.words = TakeWords(self.filing, deeds)
        self.handoffs, self.history = HandoffList(studio, deeds), HistoryList(studio, deeds)
        self._count = QLabel("")
        self._count.setObjectName("faint")
        self._count.setAccessibleName("How many takes")
        self.stepping = Stepping(self._live.cancel)
        self._looking = Pause(_SEARCH_MS, self.search, self)
        self._selected: list[str] = []
        self._kept = 0
        self._lay_out()
        self._connect(deeds)

    # ── what is shown ─────────────────────────────────────────────────────────────────────────────────────────

    def search(self) -> None:
        """Look again for what is wished."""
        self._looking.forget()
        top = self.table.rowAt(0)
        self.rows.ask(self._query(), max(top, 0))
        self._live.do("models", lambda library: library.models(), self._show_models)

    def selected(self) -> list[Hit]:
        """The takes that are selected, in their order."""
        model = self.table.selectionModel()
        assert model is not None
        found = [self.rows.hit(index.row()) for index in sorted(model.selectedRows(), key=lambda one: one.row())]
        return [hit for hit in found if hit is not None]

    def to_export(self) -> list[Hit]:
        """What is selected, where it is seen."""
        return self.selected() if self.isVisible() else []

    def to_search(self) -> None:
        """Begin to type."""
        self.pages.setCurrentIndex(0)
        self.filters.words.setFocus(Qt.FocusReason.OtherFocusReason)
        self.filters.words.selectAll()

    def to_history(self) -> None:
        """What was asked for before, ready to be searched."""
        self.pages.setCurrentWidget(self.history)
        self.history.to_search()

    def refresh(self) -> None:
        """Read what changed on the disk, also by others."""
        self._live.do(
            "refresh",
            lambda library: library.refresh(self._live.telling("Reading takes")),
            lambda _: self.search(),
        )

    def _show_models(self, told: list[tuple[str, int]]) -> None:
        self.filters.show_models([model for model, _ in told])

    def _query(self) -> Query:
        return replace(self.filters.query(), order=self._order())

    def _order(self) -> Order:
        return self.filters.order

    def _renewing(self) -> None:
        self._selected = [hit.file for hit in self.selected()] or self._selected

    def _filled(self) -> None:
        total = self.rows.rowCount()
        self._count.setText("1 take" if total == 1 else f"{total:,} takes".replace(",", " "))
        model = self.table.selectionModel()
        assert model is not None
        rows = [self.rows.row_of(file) for file in self._selected[:_MANY]]
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        self.table.quiet = True
        for row in rows:
            if row is not None and not model.isRowSelected(row):
                model.select(self.rows.index(row, 0), flags)
                if row == rows[0]:
                    model.setCurrentIndex(self.rows.index(row, 0), QItemSelectionModel.SelectionFlag.NoUpdate)
        self.table.quiet = False
        self._select()

    # ── what is done ──────────────────────────────────────────────────────────────────────────────────────────

    def _select(self) -> None:
        hits = self.selected()
        if hits:
            self._selected = [hit.file for hit in hits]
        self.words.show_takes(hits)
        if self.table.hasFocus():
            takes = self._studio.session.takes
            files = [given.of_file(takes / hit.wav, hit.file) for hit in hits if hit.wav]
            self._studio.archive.carry_files(files)

    def _play(self) -> None:
        """Hear the one that is selected."""
        hits = self.selected()
        if len(hits) == 1 and hits[0].wav:
            self._studio.archive.listening.play(self._studio.session.takes / hits[0].wav)

    def _play_or_stop(self) -> None:
        if self._studio.archive.listening.wanted:
            self._studio.archive.listening.stop()
        else:
            self._play()

    def _chosen(self) -> None:
        """A person went to another row."""
        self._select()
        if self._studio.settings().library_play and not self.table.quiet:
            self._play()

    def _open(self) -> None:
        for hit in self.selected()[:1]:
            self.filing.open(hit.file)

    def _trash(self) -> None:
        hits = self.selected()
        self.filing.trash([hit.file for hit in hits], away=not all(hit.trashed is not None for hit in hits))

    def _like(self) -> None:
        for hit in self.selected()[:1]:
            self.filing.like(hit.file, self._query(), self._show_like)

    def _show_like(self, found: list[tuple[Hit, float]]) -> None:
        self.filters.told(f"Like {found[0][0].name}" if found else "Nothing else sounds like it yet")
        self.rows.show([hit for hit, _ in found], {hit.file: f"{100 * share:.0f} % alike" for hit, share in found})

    def _duplicates(self) -> None:
        def there(groups: list[list[Hit]]) -> None:
            told = {hit.file: f"the same {n}" for n, group in enumerate(groups, 1) for hit in group}
            self.filters.told(
                f"{len(groups)} sounds are here more than once" if groups else "Nothing is here twice"
            )
            self.rows.show([hit for group in groups for hit in group], told)

        self._live.do("duplicates", lambda library: library.duplicates(self._live.telling("Comparing")), there)

    def _used(self) -> None:
        for hit in self.selected()[:1]:
            self.filing.used_in(hit.file, hit.name)

    def _rate(self, stars: int) -> None:
        self.filing.rate([hit.file for hit in self.selected()], stars)

    def _follow(self) -> None:
        """Something was kept since we looked."""
        if len(self._studio.shelf.kept) != self._kept:
            self._kept = len(self._studio.shelf.kept)
            names = [name.rsplit(".", 1)[0] for name in self._studio.shelf.kept.values()][-_MANY:]
            self._live.do("note", lambda library: library.index.note(names), lambda _: self._looking.poke())

    def _shown(self, shown: bool) -> None:
        if shown:
            self.refresh()

    def showEvent(self, event: object) -> None:  # noqa: D102, N802
        self._shown(True)

    # ── building ──────────────────────────────────────────────────────────────────────────────────────────────

    def _connect(self, deeds: Deeds) -> None:
        self.filters.changed.connect(self._looking.poke)
        self.filters.left.connect(self._to_takes)
        self.filters.empty.clicked.connect(lambda: deeds.do("library.empty"))
        self.rows.renewing.connect(self._renewing)
        self.rows.filled.connect(self._filled)
        self.table.chosen.connect(self._chosen)
        self.table.opened.connect(self._open)
        self.table.sorted.connect(self.filters.sort)
        self._live.changed.connect(self._looking.poke)
        self._live.progress.connect(self.stepping.tell)
        self._studio.changed.connect(self._follow)
        deeds.add(
            {
                "copy": self._studio.archive.carrying.copy,
                "library.open": self._open,
                "library.play": self._play_or_stop,
                "library.trash": self._trash,
                "library.rename": self.words.to_name,
                "library.tag": self.words.to_tags,
                "library.category": self.words.to_category,
                "library.empty": self.emptying.ask,
                "library.like": self._like,
                "library.duplicates": self._duplicates,
                "library.used": self._used,
                "library.renew": self.refresh,
                **{f"library.rate.{stars}": partial(self._rate, stars) for stars in range(6)},
            }
        )

    def _to_takes(self) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        if self.rows.rowCount() and not self.selected():
            self.table.selectRow(0)

    def _lay_out(self) -> None:
        takes = QWidget()
        column = QVBoxLayout(takes)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP)
        column.addWidget(self.filters)
        column.addWidget(self.table, 1)
        line = QHBoxLayout()
        line.addWidget(self._count)
        line.addStretch(1)
        line.addWidget(self.stepping)
        column.addLayout(line)
        column.addWidget(self.words)
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        bar = self.pages.tabBar()
        assert bar is not None
        bar.setDrawBase(False)
        self.pages.addTab(takes, "Takes")
        self.pages.addTab(self.handoffs, "In the DAW")
        self.pages.addTab(self.history, "Asked for")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.pages)
        self.setMinimumWidth(360)
