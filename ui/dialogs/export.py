"""Export: what, as what, with which wishes, where to; every wish is a row of presets/export/formats.py.

The work goes on behind it: files are written beside the window, with progress, and appear whole or not at all.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from presets.export.formats import FORMATS, Exported, Format
from presets.export.wishes import Value
from presets.index_search import Hit
from ui import creator, exports, theme
from ui.dialogs.options import OptionEditor, words
from ui.exports import Source
from ui.hop import Hop
from ui.studio import Studio

_FOLDER = "exports"
_LIST = "Spotting list…"
_LISTS = "Spotting lists (*.csv *.tsv *.txt)"
_OWN_ROWS = 5  # the dialog's own, before those of the format
_ABOUT = {
    "sfz": "A sampler instrument that nearly every sampler reads, with its sounds.",
    "decentsampler": "An instrument with a page of its own for the free DecentSampler.",
    "dawproject": "The takes on a timeline, for Bitwig, Cubase, Studio One and others.",
    "reaper": "The takes on a timeline, as a REAPER project.",
    "game": "Mono, tight at the onset, one folder a family, numbered.",
    "wav": "Plain files with everything they say of themselves.",
    "flac": "The same, half as large, without loss.",
}


class ExportDialog(QDialog):
    """One export; it remembers what was chosen."""

    def __init__(self, studio: Studio, selected: Sequence[Hit], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export – Onetake")
        self.setMinimumWidth(520)
        self._studio = studio
        self._sources: list[Source] = []
        self._list: Source | None = None
        self._editors: dict[str, OptionEditor] = {}
        self._stopped = threading.Event()
        self._steps = Hop(self)
        self._steps.arrived.connect(lambda share: self.bar.setValue(round(1000 * float(str(share)))))
        self.source, self.form = QComboBox(), QComboBox()
        self.name, self.folder = QLineEdit(), QLineEdit()
        self.overwrite = QCheckBox("Replace what has that name")
        self.drafts = QCheckBox("Make drafts of what is missing")
        self.bar = QProgressBar()
        self.told = QLabel("")
        self.go, self.stop = QPushButton("Export"), QPushButton("Close")
        self._wishes = QFormLayout()
        self._about = QLabel("")
        self._lay_out()
        self._fill(studio.settings().export_format)
        self.offer(selected)
        self.source.currentIndexChanged.connect(lambda _: self._sourced())
        self.source.activated.connect(self._picked)
        self.form.currentIndexChanged.connect(lambda _: self._formed())
        self.go.clicked.connect(self.export)
        self.stop.clicked.connect(self._stop_or_close)

    @property
    def chosen(self) -> Format:
        """The format."""
        return FORMATS[max(self.form.currentIndex(), 0)]

    @property
    def editors(self) -> dict[str, OptionEditor]:
        """The editors of its options, by name."""
        return self._editors

    @property
    def is_running(self) -> bool:
        """Whether files are being written."""
        return self.bar.isVisible()

    def offer(self, selected: Sequence[Hit]) -> None:
        """Say what there is to export now."""
        studio = self._studio
        self._sources = exports.sources(studio.flow, studio.shelf, studio.session.takes, selected)
        self._list = None
        self._fill_sources(0)

    def offer_list(self, path: Path) -> None:
        """Say that a spotting list can be exported, and choose it."""
        takes = self._studio.session.takes
        self._sources = [one for one in self._sources if one is not self._list]
        self._list = exports.of_list(path, takes)
        self._sources.append(self._list)
        self._fill_sources(len(self._sources) - 1)
        if "spotting list" not in self.chosen.takes:
            able = next(place for place, form in enumerate(FORMATS) if "spotting list" in form.takes)
            self.form.setCurrentIndex(able)

    def export(self) -> None:
        """Write the files, beside the window."""
        if self.is_running or not self._sources:
            return
        into = _place(self.folder.text().strip())
        if not into.is_absolute():  # else the files would lie wherever the program was started
            self.told.setText(f"Name the whole path of a folder, or choose one: {str(into)!r} is a part of one.")
            return
        self._remember()
        self._stopped.clear()
        source, form, name = self._sources[self.source.currentIndex()], self.chosen, self.name.text().strip()
        model = self._studio.flow.wishes.model if self.drafts.isChecked() else ""
        asked = self._asked()
        wanted = exports.Wanted(name, into, asked, self.overwrite.isChecked(), model)
        scratch = self._studio.session.heard

        def told(share: float) -> bool:
            self._steps(share)
            return not self._stopped.is_set()

        state = self._studio.settings.folder

        def job() -> Exported | None:
            if asked.get("ucs"):
                creator.remember(str(asked["creator"]), state)
            with tempfile.TemporaryDirectory(dir=scratch, prefix=".export-") as folder:
                return exports.run(form, source, wanted, Path(folder), told)

        self._show_running(True)
        self._studio.archive.exporting.do("export", job, self._done, self._refused)

    def _done(self, made: Exported | None) -> None:
        self._show_running(False)
        if made is None:
            self.told.setText("Stopped: nothing was written.")
            return
        self.told.setText(f"Written: {made.place}")
        self._studio.messages.note(f"Exported: {made.place}")
        for remark in made.remarks:
            self._studio.messages.warn(remark)

    def _refused(self, sentence: str) -> None:
        self._show_running(False)
        self.told.setText(sentence)
        self._studio.messages.error(sentence)

    def _stop_or_close(self) -> None:
        if self.is_running:
            self._stopped.set()
        else:
            self.close()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        """Whoever closes it while it writes gives the export up."""
        self._stopped.set()
        super().closeEvent(event)

    def _show_running(self, running: bool) -> None:
        self.bar.setVisible(running)
        self.bar.setValue(0)
        self.go.setEnabled(not running)
        self.stop.setText("Stop" if running else "Close")
        if running:
            self.told.setText("")

    # ── what is chosen ────────────────────────────────────────────────────────────────────────────────────────

    def _fill(self, wanted: str) -> None:
        self.form.addItems([form.name for form in FORMATS])
        ids = [form.id for form in FORMATS]
        self.form.setCurrentIndex(ids.index(wanted) if wanted in ids else ids.index("wav"))
        settings = self._studio.settings()
        self.folder.setText(settings.export_folder or str(self._studio.session.folder / _FOLDER))
        self._formed()

    def _formed(self) -> None:
        """Another format has other options."""
        form, known = self.chosen, self._studio.settings().exports.get(self.chosen.id, {})
        while self._wishes.rowCount() > _OWN_ROWS:
            self._wishes.removeRow(_OWN_ROWS)
        self._about.setText(_ABOUT.get(form.id, ""))
        known = {**known, **self._from_all()}
        self._editors = {option.name: OptionEditor(option, known.get(option.name)) for option in form.options}
        if (source := self._editors.get("source")) is not None and isinstance(source.widget, QLineEdit):
            source.widget.setPlaceholderText(self._studio.session.folder.name)
        for editor in self._editors.values():
            ticked = isinstance(editor.widget, QCheckBox)
            self._wishes.addRow("" if ticked else words(editor.option), editor.widget)
        self.adjustSize()

    def _fill_sources(self, at: int) -> None:
        with QSignalBlocker(self.source):
            self.source.clear()
            self.source.addItems([one.words for one in self._sources] or ["There is nothing to export yet"])
            self.source.addItem(_LIST)
            self.source.setCurrentIndex(at)
        self._sourced()

    def _sourced(self) -> None:
        """Another thing is exported: it has another name."""
        at = self.source.currentIndex()
        is_there = 0 <= at < len(self._sources)
        self.go.setEnabled(is_there and not self.is_running)
        self.drafts.setVisible(is_there and self._sources[at] is self._list)
        if is_there:
            self.name.setText(self._sources[at].name)

    def _picked(self, at: int) -> None:
        """The last row asks for a file; the window works on behind the question."""
        if at != self.source.count() - 1:
            return
        dialog = QFileDialog(self, "Spotting list", str(self._studio.session.folder), _LISTS)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.offer_list(Path(path)))
        dialog.rejected.connect(lambda: self.source.setCurrentIndex(0))
        dialog.open()

    def _asked(self) -> dict[str, Value]:
        """The wishes, with what is known of everyone who exports: who they are, and in which session."""
        asked = {key: editor.value for key, editor in self._editors.items()}
        if asked.get("ucs"):
            asked["source"] = asked["source"] or self._studio.session.folder.name
        return asked

    def _from_all(self) -> dict[str, Value]:
        """What was said once for every format: who makes the sounds."""
        name = creator.known(self._studio.settings.folder)
        return {"creator": name} if name else {}

    def _remember(self) -> None:
        settings = self._studio.settings
        wishes = {key: editor.value for key, editor in self._editors.items()}
        settings.change(
            export_format=self.chosen.id,
            export_folder=self.folder.text().strip(),
            exports={**settings().exports, self.chosen.id: wishes},
        )

    def _choose_folder(self) -> None:
        """The window works on behind it."""
        dialog = QFileDialog(self, "Export into", self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.folder.setText)
        dialog.open()

    # ── building ──────────────────────────────────────────────────────────────────────────────────────────────

    def _lay_out(self) -> None:
        for part, name in (
            (self.source, "What is exported"),
            (self.form, "Format"),
            (self.name, "Name"),
            (self.folder, "Folder"),
            (self.bar, "Progress"),
        ):
            part.setAccessibleName(name)
        self.drafts.setChecked(True)
        self.drafts.setToolTip("Rows of the list without a sound become takes; otherwise they are markers.")
        self.drafts.hide()
        self.go.setObjectName("first")
        self.go.setDefault(True)
        self._about.setObjectName("faint")
        self.told.setObjectName("soft")
        self.told.setWordWrap(True)
        self.told.setMinimumHeight(34)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setStyleSheet(
            f"QProgressBar {{ background: {theme.RAISED}; border: none; border-radius: 3px; }} "
            f"QProgressBar::chunk {{ background: {theme.WORKING}; border-radius: 3px; }}"
        )
        self.bar.hide()
        choose = QPushButton("…")
        choose.setAccessibleName("Choose the folder")
        choose.clicked.connect(self._choose_folder)
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(choose)
        form = self._wishes
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight)
        form.addRow("Export", self.source)
        form.addRow("As", self.form)
        form.addRow("", self._about)
        form.addRow("Name", self.name)
        form.addRow("Into", place)
        buttons = QHBoxLayout()
        buttons.addWidget(self.overwrite)
        buttons.addStretch(1)
        buttons.addWidget(self.stop)
        buttons.addWidget(self.go)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        column.setSpacing(theme.SPACE)
        column.addLayout(form)
        column.addWidget(self.drafts)
        column.addStretch(1)
        column.addWidget(self.told)
        column.addWidget(self.bar)
        column.addLayout(buttons)


def _place(text: str) -> Path:
    """A folder as it was typed; relative where it names the home of nobody."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)
