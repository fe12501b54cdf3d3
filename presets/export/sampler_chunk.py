"""`smpl`: the note at which a sound has its own pitch, and its loops, as samplers read them.

Source: MIDI Manufacturers Association and Microsoft, Standard Multimedia File Format Update 3.0 (1994).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from presets.export.riff import LARGEST, RiffError

CHUNK = b"smpl"

_HEAD = struct.Struct("<9I")
_LOOP = struct.Struct("<6I")
_MOST = 1000
_FORWARD = 0
_RATES = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176_400, 192_000)


@dataclass(frozen=True)
class Loop:
    """A loop that goes forward for ever.

    Attributes:
        begin: its first frame.
        end: the frame behind its last one.
    """

    begin: int
    end: int


@dataclass(frozen=True)
class Sampler:
    """The chunk as a value.

    Attributes:
        rate: Hz of the file; the chunk holds its period in nanoseconds.
        unity_note: MIDI note at which the sound has its own pitch.
        cents: by which it is sharp of that note, 0 to 99.
        loops: in order.
    """

    rate: int
    unity_note: int = 60
    cents: float = 0.0
    loops: tuple[Loop, ...] = ()


def to_bytes(sampler: Sampler) -> bytes:
    """The body of the chunk; loops that hold nothing or lie beyond 32 bits are left out."""
    loops = [loop for loop in sampler.loops if 0 <= loop.begin < loop.end <= LARGEST]
    fraction = round(sampler.cents / 100 * 2**32) % 2**32
    note = min(max(sampler.unity_note, 0), 127)
    head = _HEAD.pack(0, 0, round(1e9 / sampler.rate), note, fraction, 0, 0, len(loops), 0)
    # The last frame of a loop is played too.
    bodies = [_LOOP.pack(n, _FORWARD, loop.begin, loop.end - 1, 0, 0) for n, loop in enumerate(loops)]
    return head + b"".join(bodies)


def from_bytes(body: bytes) -> Sampler:
    """The value of a chunk; loops that it promises and does not hold, or that are empty, are left out.

    Raises:
        RiffError: cut off, or more than 1,000 loops.
    """
    if len(body) < _HEAD.size:
        raise RiffError("its chunk 'smpl' is cut off. Save it again as WAV")
    _, _, period, note, fraction, _, _, promised, _ = _HEAD.unpack_from(body)
    count = min(promised, (len(body) - _HEAD.size) // _LOOP.size)
    if count > _MOST:
        raise RiffError(f"it has more than {_MOST} loops. Save it with fewer")
    found = [_LOOP.unpack_from(body, _HEAD.size + index * _LOOP.size) for index in range(count)]
    loops = tuple(Loop(begin, end + 1) for _, _, begin, end, _, _ in found if begin <= end < LARGEST)
    return Sampler(_rate(period), min(note, 127), fraction / 2**32 * 100, loops)


def _rate(period: int) -> int:
    """Hz of a period in nanoseconds, which is too coarse to tell 48,000 from 48,001; 0 for none."""
    if period == 0:
        return 0
    exact = 1e9 / period
    return next((rate for rate in _RATES if abs(period - 1e9 / rate) < 1), round(exact))
