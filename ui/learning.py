"""MIDI learn: any action by any note or controller, because the DAW has the focus.

A right click on a button, then a key on the controller within ten seconds. What was learnt is remembered; a note
that does something still plays what lies on it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QObject, QPoint, Qt
from PyQt6.QtWidgets import QMenu, QWidget

from plugin_bridge.audio.protocol import Failed, Learned, MidiSeen
from ui.actions import BY_ID
from ui.settings import Learnt
from ui.studio import Studio

_SECONDS = 10.0
_TICKET = "learn-"
_NOTE_ON, _CONTROLLER = 0x90, 0xB0
_DOWN = 64  # a controller acts when it comes to here from below


class Learning(QObject):
    """What MIDI does beside playing."""

    def __init__(self, studio: Studio, do: Callable[[str], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._studio, self._do = studio, do
        self._values: dict[tuple[int, int], int] = {}
        self.osc_port = 0  # where the window hears OSC, which does the same over the network; 0 nowhere
        studio.audio.news.connect(self._hear)

    def attach(self, widget: QWidget, action: str) -> None:
        """Offer to learn an action by a right click on a widget."""
        widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        widget.customContextMenuRequested.connect(partial(self._menu, widget, action))

    def learn(self, action: str) -> None:
        """Wait for a note or controller."""
        words = BY_ID[action].words
        self._studio.messages.note(f"“{words}” waits for a key or controller, {_SECONDS:.0f} s.")
        self._studio.audio.say(lambda client: client.learn(_TICKET + action, _SECONDS))

    def clear(self, action: str = "") -> None:
        """Forget what does an action; "" forgets everything."""
        kept = tuple(pair for pair in self._studio.settings().learnt if action and pair[1] != action)
        self._studio.settings.change(learnt=kept)

    def _menu(self, widget: QWidget, action: str, at: QPoint) -> None:
        menu = QMenu(widget)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for words, act in (
            ("Learn MIDI", partial(self.learn, action)),
            ("Forget MIDI", partial(self.clear, action)),
            ("Forget all MIDI", self.clear),
        ):
            entry = menu.addAction(words)
            assert entry is not None
            entry.triggered.connect(lambda _, act=act: act())
        menu.popup(widget.mapToGlobal(at))

    def _hear(self, news: object) -> None:
        if isinstance(news, Learned) and news.ticket.startswith(_TICKET):
            action = news.ticket.removeprefix(_TICKET)
            event = Learnt(news.kind, news.channel, news.number)
            others = tuple(pair for pair in self._studio.settings().learnt if pair[0] != event)
            self._studio.settings.change(learnt=(*others, (event, action)))
            where = f"{news.kind} {news.number}, channel {news.channel}"
            self._studio.messages.note(f"“{BY_ID[action].words}” is now {where}.")
        elif isinstance(news, Failed) and news.about.startswith(_TICKET):
            self._studio.messages.note("Nothing came in; nothing was learnt.")
        elif isinstance(news, MidiSeen):
            for _, data in news.events:
                self._act(data)

    def _act(self, data: bytes) -> None:
        if len(data) != 3 or data[0] & 0xF0 not in (_NOTE_ON, _CONTROLLER):
            return
        status, number, value = data
        channel = status % 16 + 1
        if status & 0xF0 == _NOTE_ON:
            event, down = Learnt("note", channel, number), value > 0
        else:
            event = Learnt("controller", channel, number)
            down = self._values.get((channel, number), 0) < _DOWN <= value
            self._values[channel, number] = value
        for learnt, action in self._studio.settings().learnt:
            if down and learnt == event and action in BY_ID:
                self._do(action)
