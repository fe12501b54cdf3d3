"""The list of effects: built-in ones first, then plug-ins, favourites before others; search, scan, blocked.

Nothing is loaded here. What a scan asks about a plug-in that takes long stands in the page, with three answers.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from plugin_bridge.rack.catalogue import Catalogue, Known, Unusable
from plugin_bridge.rack.protocol import BuiltInCard, BuiltIns
from plugin_bridge.rack.store import Store
from presets.schema import Slot
from ui import theme
from ui.dialogs.parts import push_button
from ui.scanning import Scanning
from ui.studio import Studio
from ui.widgets.room import fit

_STAR, _NO_STAR = "★", "☆"
_WHAT = Qt.ItemDataRole.UserRole
_WORDS = Qt.ItemDataRole.UserRole + 1
_ANSWERS = (
    ("wait", "Wait", "Up to two minutes in all."),
    ("skip", "Skip", "Leave it out this time; the next scan asks again."),
    ("never", "Never", "Block it; you can try it again under Blocked."),
)


class Picker(QDialog):
    """Choose an effect. `chosen` (slot, name)."""

    chosen = pyqtSignal(object, str)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Effects – Onetake")
        fit(self, 680, 560)
        self._studio, self._known = studio, tuple[Known, ...]()
        self.scanning = Scanning(studio.settings.folder, self)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search effects")
        self.search.setAccessibleName("Search effects")
        self.search.setClearButtonEnabled(True)
        self.list = _tree("Effects", ("", "Effect", "Maker", "What it does"))
        self.blocked = _tree("Blocked plug-ins", ("Plug-in", "Why"))
        self._build()
        self._connect()

    def open_now(self) -> None:
        """Show it, with what is known by now."""
        self._studio.racking.link.start()
        self.refresh()
        self.show()
        self.raise_()
        self.search.setFocus()
        self.search.selectAll()

    def refresh(self) -> None:
        """Read the catalogue, beside the window."""
        self._studio.work.do("catalogue", partial(_read, self._studio.settings.folder), self._show)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: D102, N802
        key = event.key() if event is not None else None
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up) and self.search.hasFocus():
            self.list.setFocus()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.tabs.currentIndex() == 0:
            self._take()
        elif key == Qt.Key.Key_F and self.list.hasFocus():
            self._like()
        else:
            super().keyPressEvent(event)

    # ── building ──────────────────────────────────────────────────────────────────────────────────────────────

    def _build(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.addTab(self.list, "Effects")
        self.tabs.addTab(self._blocked_page(), "Blocked")
        self.add = push_button("Add", "Put it at the end of the chain (Enter).", first=True)
        self.like = push_button("Favourite", "Let it stand before the others, or not any more (F).")
        self.file = push_button("Load a file …", "Use one .vst3 or .component without a scan.")
        self.scan = push_button("Scan", "Look for plug-ins that are new or changed, each in a process of its own.")
        self.place = push_button("Scan a folder …", "Look in a folder of your own too.")
        buttons = QHBoxLayout()
        for button in (self.scan, self.place, self.file):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.like)
        buttons.addWidget(self.add)
        column = QVBoxLayout(self)
        column.setSpacing(theme.SPACE - 2)
        column.addWidget(self.search)
        column.addWidget(self.tabs, 1)
        column.addWidget(self._progress())
        column.addWidget(self._question())
        column.addLayout(buttons)

    def _blocked_page(self) -> QWidget:
        page = QWidget()
        self.again = push_button("Try again", "Look at it once more, in a process of its own.")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.blocked, 1)
        column.addWidget(self.again, 0, Qt.AlignmentFlag.AlignRight)
        return page

    def _progress(self) -> QWidget:
        self.working = QWidget()
        self.words, self.bar, stop = QLabel(""), QProgressBar(), push_button("Stop", "What was found stays.")
        self.words.setObjectName("soft")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName("Progress of the scan")
        stop.clicked.connect(self.scanning.cancel)
        row = QHBoxLayout(self.working)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.words)
        row.addWidget(self.bar, 1)
        row.addWidget(stop)
        self.working.hide()
        return self.working

    def _question(self) -> QWidget:
        self.question = QWidget()
        self.asked = QLabel("")
        self.asked.setWordWrap(True)
        row = QHBoxLayout(self.question)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.asked, 1)
        self.answers = {}
        for answer, words, tip in _ANSWERS:
            button = push_button(words, tip)
            button.clicked.connect(partial(self._answer, answer))
            self.answers[answer] = button
            row.addWidget(button)
        self.question.hide()
        return self.question

    def _connect(self) -> None:
        self.search.textChanged.connect(self._filter)
        self.list.itemDoubleClicked.connect(lambda item, column: self._like() if column == 0 else self._take())
        for button, act in (
            (self.add, self._take),
            (self.like, self._like),
            (self.scan, self._scan),
            (self.place, self._ask_folder),
            (self.file, self._ask_file),
            (self.again, self._try_again),
        ):
            button.clicked.connect(act)
        scanning, messages = self.scanning, self._studio.messages
        scanning.progress.connect(self._show_progress)
        scanning.asked.connect(self._ask)
        scanning.remarked.connect(messages.warn)
        scanning.finished.connect(self._over)
        scanning.failed.connect(lambda sentence: self._over(sentence, wrong=True))
        self._studio.racking.link.news.connect(
            lambda news: self._fill() if type(news).__name__ == "BuiltIns" else None
        )
        self._studio.racking.closing.connect(scanning.close)

    def _told(self, news: object) -> None:
        if isinstance(news, BuiltIns):
            self._fill()

    # ── what there is ─────────────────────────────────────────────────────────────────────────────────────────

    def _show(self, found: tuple[tuple[Known, ...], tuple[Unusable, ...]]) -> None:
        self._known, unusable = found
        self.blocked.clear()
        for one in unusable:
            item = QTreeWidgetItem([one.path.stem, one.reason])
            item.setToolTip(1, "\n".join((str(one.path), one.reason, *one.printed[-3:])))
            item.setData(0, _WHAT, one.path)
            self.blocked.addTopLevelItem(item)
        self.tabs.setTabText(1, f"Blocked ({len(unusable)})" if unusable else "Blocked")
        self._fill()

    def _fill(self) -> None:
        told = self._studio.racking.link.built_ins
        self.list.clear()
        for card in told.effects if told else ():
            self._add_row("", card.name, "built in", card.does, card, f"{card.category} {card.effect}")
        for one in self._known:
            if one.effect:
                remark = "slow to load" if one.slow else ""
                about = " · ".join(
                    word for word in (one.category, one.format.upper(), one.version, remark) if word
                )
                self._add_row(_STAR if one.favourite else _NO_STAR, one.name, one.maker, about, one, one.format)
        self._filter(self.search.text())

    def _add_row(self, star: str, name: str, maker: str, about: str, what: object, words: str) -> None:
        item = QTreeWidgetItem([star, name, maker, about])
        item.setData(0, _WHAT, what)
        item.setData(0, _WORDS, f"{name} {maker} {about} {words}".casefold())
        item.setForeground(0, theme.colour(theme.WORKING))
        item.setForeground(2, theme.colour(theme.SOFT))
        item.setForeground(3, theme.colour(theme.SOFT))
        item.setToolTip(3, about)
        self.list.addTopLevelItem(item)

    def _filter(self, text: str) -> None:
        wanted, first = text.casefold().split(), None
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            assert item is not None
            fits = all(word in item.data(0, _WORDS) for word in wanted)
            item.setHidden(not fits)
            first = item if fits and first is None else first
        self.list.setCurrentItem(first)

    # ── doing ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _chosen(self) -> BuiltInCard | Known | None:
        item = self.list.currentItem()
        found: BuiltInCard | Known | None = (
            item.data(0, _WHAT) if item is not None and not item.isHidden() else None
        )
        return found

    def _take(self) -> None:
        one = self._chosen()
        if one is not None:
            self.chosen.emit(slot_of(one), one.name)

    def _like(self) -> None:
        one = self._chosen()
        if isinstance(one, Known):
            job = partial(_like, self._studio.settings.folder, one)
            self._studio.work.do("like", job, lambda _: self.refresh())

    def _scan(self) -> None:
        self._begin("Looking for plug-ins …")
        self.scanning.scan()

    def scan_folder(self, folder: Path) -> None:
        """Look in a folder, now and by every later scan."""
        self._begin(f"Looking in {folder.name} …")
        self.scanning.scan((folder,))

    def load_file(self, path: Path) -> None:
        """Use one file without a scan."""
        self._begin(f"Looking at {path.stem} …")
        self.scanning.look_at(path)

    def _try_again(self) -> None:
        item = self.blocked.currentItem()
        if item is not None:
            self.load_file(item.data(0, _WHAT))

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, "A folder with plug-ins")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self.scan_folder(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _ask_file(self) -> None:
        """A bundle is a folder on most systems, a file on some."""
        dialog = QFileDialog(self, "A plug-in", "", "Plug-ins (*.vst3 *.component)")
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, False)
        dialog.fileSelected.connect(lambda path: self.load_file(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # ── a scan ────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, words: str) -> None:
        self._show_progress(words, 0, 0)
        for button in (self.scan, self.place, self.file, self.again):
            button.setEnabled(False)

    def _show_progress(self, words: str, done: int, total: int) -> None:
        self.words.setText(words)
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.working.show()

    def _ask(self, name: str, seconds: float) -> None:
        self.asked.setText(f"{name} is still loading after {seconds:.0f} s.")
        self.question.show()
        self.answers["wait"].setFocus()

    def _answer(self, answer: str) -> None:
        self.question.hide()
        self.scanning.answer(answer)  # type: ignore[arg-type]  # the table's words are its answers

    def _over(self, sentence: str, wrong: bool = False) -> None:
        self.working.hide()
        self.question.hide()
        for button in (self.scan, self.place, self.file, self.again):
            button.setEnabled(True)
        if sentence:
            (self._studio.messages.error if wrong else self._studio.messages.note)(sentence)
        self.refresh()


def slot_of(one: BuiltInCard | Known) -> Slot:
    """A new slot with an effect as it stands at first."""
    if isinstance(one, BuiltInCard):
        return Slot(effect=one.effect, parameters={p.id: p.value for p in one.parameters}, mix=one.mix)
    return Slot(effect=one.name, format=one.format, maker=one.maker, effect_version=one.version)


def _read(folder: Path) -> tuple[tuple[Known, ...], tuple[Unusable, ...]]:
    catalogue = Catalogue(Store(folder))
    return catalogue.known, (*catalogue.blocked, *catalogue.broken)


def _like(folder: Path, one: Known) -> None:
    Catalogue(Store(folder)).like(one.name, not one.favourite)


def _tree(name: str, head: tuple[str, ...]) -> QTreeWidget:
    tree = QTreeWidget()
    tree.setAccessibleName(name)
    tree.setHeaderLabels(list(head))
    tree.setRootIsDecorated(False)
    tree.setUniformRowHeights(True)
    tree.setAlternatingRowColors(True)
    for column, width in enumerate((28, 150, 150) if not head[0] else (150,)):
        tree.setColumnWidth(column, width)
    return tree
