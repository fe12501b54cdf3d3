"""The history of what was asked for, read beside the window; and one of its rows back in the slots.

It reaches further back than the sets that are paged through: to the first day of the session. Nothing of it needs
a file: a recipe makes the very same sound.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace
from PyQt6.QtCore import QObject, pyqtSignal

from presets.prompts import Words, prompts
from ui import flow as flows
from ui.flow import MOST_PAGES, SLOTS, Wishes
from ui.hop import Hop
from ui.work import Work

if TYPE_CHECKING:
    from ui.studio import Studio

_TELL_SECONDS = 0.05
_READING = "Reading the history"


class Remembered(QObject):
    """What a session has asked for.

    Signals: `found` its rows, the newest first; `progress` (what, done, total) while they are read, total 0 when
    it is over.
    """

    found = pyqtSignal(object)
    progress = pyqtSignal(str, int, int)

    def __init__(self, studio: Studio, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._work, self._steps = Work(studio.messages.error, self), Hop(self)
        self._stop, self._told = threading.Event(), 0.0
        self._steps.arrived.connect(lambda step: self.progress.emit(_READING, *step))
        studio.racking.closing.connect(self.close)

    @property
    def is_reading(self) -> bool:
        """Whether it is being read."""
        return self._work.running > 0

    def look(self) -> None:
        """Read it again."""
        self._stop.clear()
        self._work.do("history", partial(prompts, self._studio.session.folder, self._going), self._read)

    def cancel(self) -> None:
        """Go no further; what was read is shown."""
        self._stop.set()

    def close(self) -> None:
        """Leave."""
        self.cancel()
        self._steps.close()
        self._work.close()

    def bring_back(self, words: Words) -> None:
        """The takes of a row in the slots that are not pinned, eight a page; they are made again where need be."""
        studio, card = self._studio, self._studio.models.card(words.model)
        if card is None:
            studio.messages.warn(
                f"They were made with {words.model}, which is not here. Shift+F12 fetches others."
            )
            return
        if all(slot.pinned for slot in studio.flow.slots):
            studio.messages.note("Every slot is pinned. Let one go with P, so that something can come back.")
            return
        recipes = words.recipes[: MOST_PAGES * SLOTS]
        last = recipes[-1]
        omega = None if last.omega == card.omega else last.omega
        wishes = Wishes(text=words.prompt, length=last.prompt.length, model=words.model, omega=omega, nu=last.nu)
        studio.asked_now()
        wished = replace(studio.flow, wishes=wishes, pool=recipes)
        studio.change(flows.ranked(wished, range(len(recipes))), "Bring back")
        more = f", {SLOTS} a page: Alt+Right" if len(recipes) > SLOTS else ""
        count = "1 take" if len(recipes) == 1 else f"{len(recipes)} takes"
        studio.messages.note(f"“{words.prompt}” is back: {count}{more}.")

    def _read(self, rows: list[Words]) -> None:
        self.progress.emit("", 0, 0)
        if self._stop.is_set():
            self._studio.messages.note("Stopped: the history is shown as far as it was read.")
        self.found.emit(rows)

    def _going(self, done: int, total: int) -> bool:
        now = time.monotonic()
        if now - self._told > _TELL_SECONDS:
            self._told = now
            self._steps((done // 1000, max(total // 1000, 1)))  # kB: a signal's whole numbers are small
        return not self._stop.is_set()
