"""Emptying the trash: asked once more, done beside the window, and never undone; the desk learns what is gone.

A take that lies on the desk and whose files are deleted counts as not kept any more, so that Enter keeps it anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace
from PyQt6.QtWidgets import QMessageBox, QWidget

from presets.index_search import EVERY, Hit, Query
from presets.library import Library
from presets.session import Cancelled, Progress
from ui.flow import Flow, Marks

if TYPE_CHECKING:
    from ui.studio import Studio

_ALL = Query(trashed=True, order="oldest", limit=EVERY)


class Emptied(NamedTuple):
    """gone: takes whose files are deleted; left: lineages that have others still; sentence: where it stopped."""

    gone: list[Hit]
    left: frozenset[str]
    sentence: str


class Emptying:
    """What the library's panel does with its trash."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        self._studio, self._live, self._parent = studio, studio.archive.live, parent
        self.question: QMessageBox | None = None

    def ask(self) -> None:
        """Ask whether what lies in the trash shall be deleted."""
        self._live.do("trash", lambda library: library.count(_ALL), self._ask)

    def empty(self) -> None:
        """Delete what lies in the trash, for ever."""
        self._live.alter(lambda library: emptied(library, self._live.telling("Deleting")), self._done)

    def _ask(self, count: int) -> None:
        if not count:
            self._studio.messages.note("The trash is empty.")
            return
        takes = "1 take" if count == 1 else f"{count} takes"
        question = self.question = QMessageBox(self._parent)
        question.setWindowTitle("Empty the trash")
        question.setText(f"Delete {takes} for ever?")
        question.setInformativeText("Their files and all that was said of them go. This cannot be undone.")
        delete = question.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        keep = question.addButton("Keep them", QMessageBox.ButtonRole.RejectRole)
        question.setDefaultButton(keep)
        question.setEscapeButton(keep)
        assert delete is not None
        delete.clicked.connect(self.empty)
        question.finished.connect(lambda _: self._answered(question))
        question.open()

    def _answered(self, question: QMessageBox) -> None:
        if self.question is question:
            self.question = None
        question.deleteLater()

    def _done(self, what: Emptied) -> None:
        studio = self._studio
        lost = {hit.lineage for hit in what.gone} - what.left
        studio.change(not_kept(studio.flow, lost))
        for hit in what.gone:
            if hit.lineage in lost:
                studio.shelf.kept.pop(hit.content, None)
        takes = "1 take was" if len(what.gone) == 1 else f"{len(what.gone)} takes were"
        if what.sentence:
            studio.messages.warn(what.sentence)
        else:
            studio.messages.note(f"{takes} deleted; the trash is empty.")


def emptied(library: Library, progress: Progress) -> Emptied:
    """Delete what lies in the trash; who stops it keeps the rest."""
    before, sentence = library.find(_ALL), ""
    try:
        library.empty_trash([hit.file for hit in before], progress)
    except Cancelled as error:
        sentence = str(error)
    there = {hit.file for hit in library.find(_ALL)}
    gone = [hit for hit in before if hit.file not in there]
    lineages = {hit.lineage for hit in gone if hit.lineage}
    left = {one for one in lineages if library.count(Query(lineage=one, trashed=None))}
    return Emptied(gone, frozenset(left), sentence)


def not_kept(flow: Flow, lineages: set[str]) -> Flow:
    """The Flow without the marks that said that these takes are kept."""
    marks = {
        take: replace(mark, kept=False, levelling=False) if take in lineages else mark
        for take, mark in flow.marks.items()
    }
    return replace(flow, marks={take: mark for take, mark in marks.items() if mark != Marks()})
