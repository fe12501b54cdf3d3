"""MIDI as the callback meets it: bytes become plain messages, and those what the channels and the clock hold.

Runs inside the audio thread: no lock, no log, no file, no exception whatever the bytes are, and nothing that
grows. Sources: MIDI 1.0 Detailed Specification 4.2 (1995); recommended practices RP-015 and RP-036.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a message is; the comment tells its a and b."""

    BROKEN = 0  # cut off, too long, or not one message
    IGNORED = 1  # whole, and nothing that Onetake follows: system exclusive, active sensing, …
    NOTE_ON = 2  # note, velocity 1..127
    NOTE_OFF = 3  # note, velocity
    NOTE_PRESSURE = 4  # note, pressure
    CONTROL = 5  # controller 0..119, value
    PROGRAM = 6  # program
    PRESSURE = 7  # pressure
    BEND = 8  # 0..16383, 8192 is the middle
    SOUND_OFF = 9  # controller 120: end whatever sounds, at once
    RESET = 10  # controller 121
    NOTES_OFF = 11  # controllers 123..127
    CLOCK = 12  # 24 a quarter note
    START = 13
    CONTINUE = 14
    STOP = 15
    SONG = 16  # song position in sixteenths, 0..16383


class Message(NamedTuple):
    """A message. channel: 0..15, 0 where it has none; a and b: see Kind."""

    kind: Kind
    channel: int = 0
    a: int = 0
    b: int = 0


BROKEN = Message(Kind.BROKEN)
IGNORED = Message(Kind.IGNORED)

SUSTAIN, VOLUME, PAN, EXPRESSION = 64, 7, 10, 11
"""Numbers of the controllers that Channels follows."""

CHANNELS = 16
CENTRE = 8192
"""Value of the bend wheel at rest."""

CLOCKS = 24
"""Of a quarter note."""

HIGHEST_TEMPO = 999.0
"""Quarter notes a minute; clocks that all come at once are no tempo."""

_MEMORY = 32  # clocks that the tempo is taken from
_PAUSE = 0.5  # seconds without a clock after which the next one begins anew; clocks of 5 beats a minute

_ANY = 0  # a message of any size

# Status: what it is and its size in bytes.
_VOICE = (
    (0x80, Kind.NOTE_OFF, 3),
    (0x90, Kind.NOTE_ON, 3),
    (0xA0, Kind.NOTE_PRESSURE, 3),
    (0xB0, Kind.CONTROL, 3),
    (0xC0, Kind.PROGRAM, 2),
    (0xD0, Kind.PRESSURE, 2),
    (0xE0, Kind.BEND, 3),
)
_SYSTEM = (
    (0xF0, Kind.IGNORED, _ANY),  # system exclusive
    (0xF1, Kind.IGNORED, 2),  # time code
    (0xF2, Kind.SONG, 3),
    (0xF3, Kind.IGNORED, 2),  # song select
    (0xF6, Kind.IGNORED, 1),  # tune request
    (0xF7, Kind.IGNORED, _ANY),  # the rest of a system exclusive
    (0xF8, Kind.CLOCK, 1),
    (0xFA, Kind.START, 1),
    (0xFB, Kind.CONTINUE, 1),
    (0xFC, Kind.STOP, 1),
    (0xFE, Kind.IGNORED, 1),  # active sensing
    (0xFF, Kind.IGNORED, 1),  # reset, which devices also send when they are switched on
)
_FORMS: dict[int, tuple[Kind, int, int]] = {
    **{status + n: (kind, n, size) for status, kind, size in _VOICE for n in range(CHANNELS)},
    **{status: (kind, 0, size) for status, kind, size in _SYSTEM},
}
_UNKNOWN = (Kind.BROKEN, 0, _ANY)

# Controllers 120..127 are channel modes; 122 is the local keyboard, which we have none of.
_MODES = (Kind.SOUND_OFF, Kind.RESET, Kind.IGNORED, *[Kind.NOTES_OFF] * 5)


def parse(data: bytes) -> Message:
    """One raw message, with its status byte, as a Message. Never raises: BROKEN for what is none."""
    kind, channel, size = _FORMS.get(data[0], _UNKNOWN) if data else _UNKNOWN
    if size == _ANY:
        return IGNORED if kind is Kind.IGNORED else BROKEN
    if len(data) != size:
        return BROKEN
    a = data[1] if size > 1 else 0
    b = data[2] if size > 2 else 0
    if (a | b) > 127:
        return BROKEN
    if kind is Kind.NOTE_ON and b == 0:
        kind, b = Kind.NOTE_OFF, 64  # the velocity that a keyboard without release velocity sends
    elif kind is Kind.BEND or kind is Kind.SONG:
        a, b = a | b << 7, 0
    elif kind is Kind.CONTROL and a >= 120:
        kind = _MODES[a - 120]
    return Message(kind, channel, a, b)


class Channels:
    """What the sixteen channels hold: pedal, levels, wheel, and which notes are down.

    A level is the square of its value (40 log10(value / 127) dB, as General MIDI asks for), and full until a
    controller says otherwise: who sends none hears a sound as it is.

    Attributes:
        broken: messages that were cut off or no messages; they are skipped.
        gain: by channel, volume times expression, linear, 0..1.
        pan: by channel, -1 left .. 1 right.
        bend: by channel, -1..1 of the kit's range.
    """

    __slots__ = ("_down", "_expression", "_held", "_pedal", "_volume", "bend", "broken", "gain", "pan")

    def __init__(self) -> None:
        self.broken = 0
        self.gain = [1.0] * CHANNELS
        self.pan = [0.0] * CHANNELS
        self.bend = [0.0] * CHANNELS
        self._volume = [1.0] * CHANNELS
        self._expression = [1.0] * CHANNELS
        self._pedal = [False] * CHANNELS
        # Notes as bits of a number: keys that are down, and notes that only the pedal still holds.
        self._down = [0] * CHANNELS
        self._held = [0] * CHANNELS

    def feed(self, message: Message) -> tuple[int, ...]:
        """Take a message in. Returns the notes of its channel that end by it (those whose mode listens).

        NOTES_OFF ends them whether or not the pedal is down: a DAW sends it when it stops.
        """
        kind, channel, a, b = message
        if kind is Kind.NOTE_ON:
            self._down[channel] |= 1 << a
            self._held[channel] &= ~(1 << a)
        elif kind is Kind.NOTE_OFF:
            return self._note_off(channel, a)
        elif kind is Kind.BEND:
            self.bend[channel] = _bend(a)
        elif kind is Kind.CONTROL:
            return self._control(channel, a, b)
        elif kind is Kind.NOTES_OFF or kind is Kind.SOUND_OFF:
            return self._release_all(channel)
        elif kind is Kind.RESET:
            return self._reset(channel)
        elif kind is Kind.BROKEN:
            self.broken += 1
        return ()

    def holds(self, channel: int, note: int) -> bool:
        """Whether a note is down, or held by the pedal."""
        return bool((self._down[channel] | self._held[channel]) >> note & 1)

    def pedal(self, channel: int) -> bool:
        """Whether the sustain pedal of a channel is down."""
        return self._pedal[channel]

    def panic(self) -> None:
        """Forget everything but the count of broken messages."""
        for channel in range(CHANNELS):
            self._release_all(channel)
            self._reset(channel)
            self._volume[channel] = self.gain[channel] = 1.0
            self.pan[channel] = 0.0

    def _note_off(self, channel: int, note: int) -> tuple[int, ...]:
        bit = 1 << note
        if self._pedal[channel]:
            self._held[channel] |= self._down[channel] & bit
            self._down[channel] &= ~bit
            return ()
        self._down[channel] &= ~bit
        return (note,)

    def _control(self, channel: int, number: int, value: int) -> tuple[int, ...]:
        if number == SUSTAIN:
            return self._set_pedal(channel, value >= 64)
        if number == VOLUME:
            self._volume[channel] = _level(value)
        elif number == EXPRESSION:
            self._expression[channel] = _level(value)
        elif number == PAN:
            self.pan[channel] = _pan(value)
        self.gain[channel] = self._volume[channel] * self._expression[channel]
        return ()

    def _set_pedal(self, channel: int, down: bool) -> tuple[int, ...]:
        self._pedal[channel] = down
        if down:
            return ()
        held, self._held[channel] = self._held[channel], 0
        return _notes(held)

    def _release_all(self, channel: int) -> tuple[int, ...]:
        sounding = self._down[channel] | self._held[channel]
        self._down[channel] = self._held[channel] = 0
        return _notes(sounding)

    def _reset(self, channel: int) -> tuple[int, ...]:
        # RP-015: volume and pan stay, because a mix is set with them.
        self.bend[channel] = 0.0
        self._expression[channel] = 1.0
        self.gain[channel] = self._volume[channel]
        return self._set_pedal(channel, False)


def _level(value: int) -> float:
    return (value / 127) ** 2


def _pan(value: int) -> float:
    # RP-036: 64 is the middle, and both 0 and 1 are hard left.
    return max(-1.0, (value - 64) / 63)


def _bend(value: int) -> float:
    return (value - CENTRE) / (CENTRE if value < CENTRE else CENTRE - 1)


def _notes(bits: int) -> tuple[int, ...]:
    return tuple([note for note in range(128) if bits >> note & 1]) if bits else ()


class Transport:
    """Tempo and song position as the clock tells them, in frames of whoever feeds it.

    Clocks come late by up to a block and unevenly, so their times run through a g-h filter: over the first
    32 clocks it is the straight line of least squares, afterwards old clocks fade (growing-memory filter;
    Brookner, Tracking and Kalman Filtering Made Easy, 1998, section 1.2.10). Steady tempos come out within 0.2 %
    at blocks of 256 frames, and a new tempo is reached within 1 % after two beats.

    Attributes:
        playing: between start (or continue) and stop.
        tempo: quarter notes a minute; 0.0 until a quarter of one was heard.
        beats: quarter notes from the begin of the song to the last clock.
    """

    __slots__ = ("_clocks", "_frame", "_next", "_period", "_rate", "_rolls", "beats", "playing", "tempo")

    def __init__(self, rate: int) -> None:
        """rate: frames a second, Hz."""
        self._rate = rate
        self.playing = False
        self.tempo = 0.0
        self.beats = 0.0
        self._rolls = False  # whether the last clock moved the song
        self._next = 0  # song position of the next clock, in clocks
        self._clocks = 0  # how many the filter has seen, up to its memory
        self._frame = 0.0  # of the last clock, smoothed
        self._period = 0.0  # frames between clocks

    def feed(self, message: Message, frame: int) -> None:
        """Take a message in that came at a frame, counted from any beginning and never backwards."""
        kind = message.kind
        if kind is Kind.CLOCK:
            self._smooth(frame)
            if self.playing:
                self.beats = self._next / CLOCKS
                self._next += 1
                self._rolls = True
        elif kind is Kind.START:
            self._locate(0)
            self.playing = True
        elif kind is Kind.CONTINUE:
            self.playing = True
        elif kind is Kind.STOP:
            self.playing = self._rolls = False
        elif kind is Kind.SONG:
            self._locate(message.a * CLOCKS // 4)

    def position(self, frame: int) -> float:
        """Song position at a frame, in quarter notes; it waits for a clock that is late."""
        if not self._rolls or self._period <= 0.0:
            return self.beats
        return self.beats + min(max((frame - self._frame) / self._period, 0.0), 1.0) / CLOCKS

    def _locate(self, clocks: int) -> None:
        self._next = clocks
        self._rolls = False
        self.beats = clocks / CLOCKS

    def _smooth(self, frame: int) -> None:
        if self._clocks and frame - self._frame > _PAUSE * self._rate:
            self._clocks = 0
        n = self._clocks
        expected = self._frame + self._period if n else float(frame)
        late = frame - expected
        weight = 1.0 / ((n + 1) * (n + 2))
        self._frame = expected + late * (4 * n + 2) * weight
        self._period = self._period + late * 6 * weight if n else 0.0
        self._clocks = min(n + 1, _MEMORY)
        if self._clocks > CLOCKS // 4 and self._period > 0.0:
            self.tempo = min(60.0 * self._rate / (CLOCKS * self._period), HIGHEST_TEMPO)
