"""What nobody foresaw: written down with its place, told in a sentence, and the work goes on.

Without this, an exception in an answer to a key or an event ends the whole window, with the sounds in it.
"""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from presets.errors import OnetakeError
from ui.message import Messages

log = logging.getLogger("onetake.panel")
NAME = "panel.log"


class Faults:
    """Takes the place of the interpreter's last word until closed. all: what came, for tests."""

    def __init__(self, folder: Path, messages: Messages) -> None:
        self.all: list[BaseException] = []
        self._messages = messages
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / NAME
        self._file = RotatingFileHandler(self._path, maxBytes=1_000_000, backupCount=2, delay=True)
        self._file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(self._file)
        self._before, sys.excepthook = sys.excepthook, self._take

    def close(self) -> None:
        """Give the last word back."""
        sys.excepthook = self._before
        log.removeHandler(self._file)
        self._file.close()

    def _take(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before(kind, error, trace)
            return
        if isinstance(error, OnetakeError):  # foreseen, but by nobody on the way: its sentence is for the person
            self._messages.error(str(error))
            return
        self.all.append(error)
        log.error("unforeseen", exc_info=(kind, error, trace))
        self._messages.error(f"Something went wrong ({kind.__name__}); your work is kept. Details: {self._path}.")
