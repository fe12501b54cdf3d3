"""What lies beyond the desk: the library, files for a DAW, exports, and the history of what was asked for.

Each has a thread of its own, so that an export of an hour keeps no take from being heard or dragged.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from presets.errors import NotWritten
from presets.schema import Recipe
from ui import given
from ui.carrying import Carrying, Wanted
from ui.kept import remember_all
from ui.library_live import LibraryLive
from ui.listening import Listening
from ui.part import Part
from ui.settings import INDEXES
from ui.shelf import Made
from ui.throttle import Throttle
from ui.work import Work

if TYPE_CHECKING:
    from ui.studio import Studio

_REMEMBER_MS = 400


class Archive(QObject):
    """Everything of a window that has to do with files that stay."""

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio, messages, session = studio, studio.messages, studio.session
        self.live = LibraryLive(session.folder, studio.settings.folder / INDEXES, messages.error, self)
        self.exporting, self._beside = Work(messages.error, self), Work(messages.error, self, threads=1)
        self.measuring = Work(messages.error, self)
        self.carrying = Carrying(session.folder, self._beside, studio.settings, messages, self)
        self.listening = Listening(studio.audio, messages.error, self)
        self.part = Part(studio, self.carrying, self.listening)
        self._from_grid = True
        self._chosen: tuple[int, Recipe | None] = (-1, None)
        self._new: list[Recipe] = []
        self._remembering = Throttle(_REMEMBER_MS, self._remember, self)
        self.live.remarked.connect(messages.warn)
        self.part.changed.connect(self.carry_grid)
        studio.making.made.connect(self._made)
        studio.changed.connect(self._follow)

    @property
    def span(self) -> given.Span | None:
        """The part of the selected take that is carried; None is the whole. Seconds of what is heard."""
        return self.part.span

    def carry_grid(self) -> None:
        """What is selected in the grid is carried, whatever was in the library."""
        self._from_grid = True
        self.carry()

    def carry(self) -> None:
        """The selected take of the grid is what may be dragged or copied."""
        flow = self._studio.flow
        recipe = flow.chosen.recipe
        wanted = given.of_take(flow, self._studio.shelf, recipe, self.span) if recipe else None
        self.carrying.want([wanted] if wanted else [])

    def close(self) -> None:
        """Leave nothing behind that nobody took."""
        self._remembering.forget()
        if self._new:
            with contextlib.suppress(NotWritten):  # the folder is gone, and that was told
                remember_all(self._studio.session, tuple(self._new))
        self._beside.close()
        self.measuring.close()
        self.exporting.close()
        self.carrying.close()
        self.live.close()

    def carry_files(self, wanted: Sequence[Wanted]) -> None:
        """Takes of the library are, until something else is selected in the grid."""
        self._from_grid = False
        self.carrying.want(wanted)

    def carry_again(self, paths: Sequence[Path]) -> None:
        """Files that were handed off before are."""
        self._from_grid = False
        self.carrying.want_files(paths)

    def _follow(self) -> None:
        chosen = (self._studio.flow.selected, self._studio.flow.chosen.recipe)
        if self._studio.in_grid or chosen != self._chosen:
            self._from_grid = True
        self._chosen = chosen
        self.part.follow()
        if self._from_grid:
            self.carry()

    def _made(self, made: Made) -> None:
        self._new.append(made.recipe)
        self._remembering.poke()

    def _remember(self) -> None:
        new, self._new = tuple(self._new), []
        session = self._studio.session
        self._beside.do(f"remember {len(new)}", lambda: remember_all(session, new), lambda _: None)
