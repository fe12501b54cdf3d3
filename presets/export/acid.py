"""`acid`: tempo and beats of a loop, by which sequencers stretch it to the song.

The chunk was never published; its layout is the one that its readers agree on (libsndfile, wavemetatools): flags,
root note, two unknown fields, beats, meter, tempo.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from presets.export.riff import RiffError

CHUNK = b"acid"

_BODY = struct.Struct("<IHHfIHHf")
_ONE_SHOT, _ROOT, _STRETCH = 0x01, 0x02, 0x04
_UNKNOWN = 0x8000  # what every writer puts into the third field


@dataclass(frozen=True)
class Acid:
    """The chunk as a value.

    Attributes:
        tempo: beats a minute, 0 for a one-shot.
        beats: of the whole file.
        root: MIDI note, None where it has none.
        meter: beats of a bar, and the note value of a beat.
        one_shot: plays at its own speed.
    """

    tempo: float
    beats: int
    root: int | None = None
    meter: tuple[int, int] = (4, 4)
    one_shot: bool = False


def for_tempo(tempo: float, seconds: float, root: int | None = None) -> Acid:
    """The chunk of a loop of that many seconds at a tempo: as many beats as come nearest, one at least."""
    return Acid(tempo, max(1, round(seconds * tempo / 60)), root)


def to_bytes(acid: Acid) -> bytes:
    """The body of the chunk."""
    flags = (_ONE_SHOT if acid.one_shot else _STRETCH) | (_ROOT if acid.root is not None else 0)
    root = 60 if acid.root is None else min(max(acid.root, 0), 127)
    beats, value = acid.meter
    return _BODY.pack(flags, root, _UNKNOWN, 0.0, acid.beats, value, beats, acid.tempo)


def from_bytes(body: bytes) -> Acid:
    """The value of a chunk.

    Raises:
        RiffError: cut off, or a tempo that is none.
    """
    if len(body) < _BODY.size:
        raise RiffError("its chunk 'acid' is cut off. Save it again as WAV")
    flags, root, _, _, beats, value, per_bar, tempo = _BODY.unpack_from(body)
    if not (math.isfinite(tempo) and 0 <= tempo <= 10_000):
        raise RiffError("its chunk 'acid' tells a tempo that is none. Save it again as WAV")
    known = min(root, 127) if flags & _ROOT else None
    return Acid(tempo, beats, known, (per_bar, value), bool(flags & _ONE_SHOT))
