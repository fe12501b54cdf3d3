"""The monitor view: the last MIDI events that came in, and how one of them reads as a line.

For the control thread. Clock and active sensing are left out: at a hundred a second they would push out whatever
a person looks for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from plugin_bridge.audio.midi import CENTRE, SUSTAIN, Kind, Message, parse
from presets import notes
from presets.notes import MiddleC

KEPT = 256
"""Events that are remembered."""

_LONGEST = 32  # bytes that are kept of an event: a system exclusive may have thousands
_SILENT = (0xF8, 0xFE)


class Seen:
    """The last events, oldest first, as (seconds, bytes)."""

    def __init__(self, most: int = KEPT) -> None:
        """Nothing came yet. most: events that are remembered."""
        self._events: deque[tuple[float, bytes]] = deque(maxlen=most)

    def add(self, when: float, data: bytes) -> None:
        """An event came. when: seconds; data: the raw message."""
        if data and data[0] not in _SILENT:
            self._events.append((when, data[:_LONGEST]))

    def take(self) -> tuple[tuple[float, bytes], ...]:
        """What came since it was last taken, at most as many as are remembered."""
        events = tuple(self._events)
        self._events.clear()
        return events


def line(data: bytes, middle: MiddleC = 3) -> str:
    """One raw message as a line to read: "ch 1  note on  C3 (60)  100"."""
    message = parse(data)
    describe = _WORDS.get(message.kind)
    if describe is None:
        return f"{_names(data, message)}  {data[:_LONGEST].hex(' ')}".rstrip()
    return describe(message, middle)


def _names(data: bytes, message: Message) -> str:
    if message.kind is Kind.BROKEN:
        return "broken"
    return "system exclusive" if data[0] in (0xF0, 0xF7) else "system"


def _voice(words: str) -> Callable[[Message, MiddleC], str]:
    return lambda m, _: f"ch {m.channel + 1}  {words}"


def _note(words: str) -> Callable[[Message, MiddleC], str]:
    return lambda m, middle: f"ch {m.channel + 1}  {words}  {notes.name(m.a, middle)} ({m.a})  {m.b}"


def _system(words: str) -> Callable[[Message, MiddleC], str]:
    return lambda m, _: words


def _control(message: Message, _: MiddleC) -> str:
    name = " (sustain)" if message.a == SUSTAIN else ""
    return f"ch {message.channel + 1}  controller  {message.a}{name}  {message.b}"


# How each kind reads.
_WORDS: dict[Kind, Callable[[Message, MiddleC], str]] = {
    Kind.NOTE_ON: _note("note on"),
    Kind.NOTE_OFF: _note("note off"),
    Kind.NOTE_PRESSURE: _note("pressure"),
    Kind.CONTROL: _control,
    Kind.PROGRAM: lambda m, _: f"ch {m.channel + 1}  program  {m.a}",
    Kind.PRESSURE: lambda m, _: f"ch {m.channel + 1}  pressure  {m.a}",
    Kind.BEND: lambda m, _: f"ch {m.channel + 1}  bend  {m.a - CENTRE:+d}",
    Kind.SOUND_OFF: _voice("all sound off"),
    Kind.RESET: _voice("reset controllers"),
    Kind.NOTES_OFF: _voice("all notes off"),
    Kind.CLOCK: _system("clock"),
    Kind.START: _system("start"),
    Kind.CONTINUE: _system("continue"),
    Kind.STOP: _system("stop"),
    Kind.SONG: lambda m, _: f"song position  {m.a / 4:g} beats",
}
