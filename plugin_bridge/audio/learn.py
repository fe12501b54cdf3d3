"""MIDI learn: the next key or knob that the designer touches becomes the answer.

A small state machine for the control thread. It is fed with everything that comes in, also while nobody waits:
only who knows where a knob stood can tell that it moved, and not that a device repeated its state.
"""

from __future__ import annotations

from plugin_bridge.audio.midi import CHANNELS, Kind, Message, parse
from plugin_bridge.audio.protocol import Failed, Learn, Learned

_BANK_SELECT = (0, 32)  # they come with a program change and not from a knob
_CONTROLLERS = 120
_UNKNOWN = 255


class Learner:
    """Waits for one key or knob at a time. Times are seconds of any one clock that never goes back."""

    def __init__(self) -> None:
        self._ticket = ""
        self._until = 0.0
        self._values = bytearray([_UNKNOWN] * CHANNELS * _CONTROLLERS)

    @property
    def waiting(self) -> bool:
        """Whether somebody waits."""
        return bool(self._ticket)

    def begin(self, request: Learn, now: float) -> Failed | None:
        """Wait from now on; returns what to tell the one who waited before."""
        before = self.cancel("Something else is being learnt now. Try again when that is done.")
        self._ticket, self._until = request.ticket, now + request.seconds
        return before

    def feed(self, data: bytes) -> Learned | None:
        """Take in a raw message that came; returns the answer if it is the one waited for."""
        message = parse(data)
        touched = message.kind is Kind.NOTE_ON or self._moved(message)
        if not touched or not self._ticket:
            return None
        ticket, self._ticket = self._ticket, ""
        return Learned(
            ticket=ticket,
            kind="note" if message.kind is Kind.NOTE_ON else "controller",
            channel=message.channel + 1,
            number=message.a,
            value=message.b,
        )

    def tick(self, now: float) -> Failed | None:
        """Time goes on; returns what to tell the one who waited too long."""
        if now < self._until:
            return None
        return self.cancel("No key or knob came in. Check that its MIDI port is listened to, then try again.")

    def cancel(self, sentence: str) -> Failed | None:
        """Wait no longer; returns what to tell the one who waited, None if nobody did."""
        ticket, self._ticket = self._ticket, ""
        return Failed(about=ticket, sentence=sentence) if ticket else None

    def _moved(self, message: Message) -> bool:
        if message.kind is not Kind.CONTROL or message.a in _BANK_SELECT:
            return False
        place = message.channel * _CONTROLLERS + message.a
        before, self._values[place] = self._values[place], message.b
        return before != message.b
