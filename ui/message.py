"""The one door for telling the user something: a calm line, and the lines before it.

Nothing opens a box over the work. A person reads one sentence that says what happened and what to do next; the
newest stands in the status bar, the rest can be read again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from PyQt6.QtCore import QObject, pyqtSignal

Level = Literal["note", "warning", "error"]

_KEPT = 200


@dataclass(frozen=True)
class Message:
    """A sentence, how grave it is, and when it was said.

    action: what can be done about it, by its id, "" for nothing; words: what its button says.
    """

    level: Level
    sentence: str
    when: datetime
    action: str = ""
    words: str = ""


class Messages(QObject):
    """What was told."""

    told = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.all: deque[Message] = deque(maxlen=_KEPT)

    def note(self, sentence: str, action: str = "", words: str = "") -> None:
        """Something a person may like to know, and what may follow from it."""
        self._tell("note", sentence, action, words)

    def warn(self, sentence: str, action: str = "", words: str = "") -> None:
        """Something that is not as they wished, and heals or can be changed: by an action, where one is given."""
        self._tell("warning", sentence, action, words)

    def error(self, sentence: str) -> None:
        """Something that they asked for and will not come."""
        self._tell("error", sentence)

    def _tell(self, level: Level, sentence: str, action: str = "", words: str = "") -> None:
        message = Message(level, " ".join(sentence.split()), datetime.now(), action, words)
        if self.all and (self.all[-1].level, self.all[-1].sentence) == (level, message.sentence):
            self.all.pop()  # said twice is said once, now
        self.all.append(message)
        self.told.emit(message)
