"""`bext`: what makes a WAV a broadcast wave, above all where in the film it lies and how loud it is.

Source: EBU Tech 3285 version 2. Its texts are ASCII; what is not comes near it here, and stands as it is in iXML.
"""

from __future__ import annotations

import math
import struct
import unicodedata
from dataclasses import dataclass

from presets.export.riff import RiffError
from presets.export.wav_codes import Depth
from presets.loudness import Loudness
from presets.sound import Sound

CHUNK = b"bext"

_HEAD = struct.Struct("<256s32s32s10s8sQH64s5h180s")
_NOT_MEASURED = 0x7FFF
_LARGEST = 1 << 20
_LONGEST_HISTORY = 1 << 16  # characters
_LIKE = str.maketrans(
    {"–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "×": "x", "ß": "ss"}
)


@dataclass(frozen=True)
class Levels:
    """Loudness as the chunk holds it, in steps of 0.01; None where it was not measured or is silence.

    Attributes:
        integrated: LUFS.
        range: LU.
        true_peak: dBTP.
        momentary_max: LUFS.
        short_term_max: LUFS.
    """

    integrated: float | None = None
    range: float | None = None
    true_peak: float | None = None
    momentary_max: float | None = None
    short_term_max: float | None = None


@dataclass(frozen=True)
class Bext:
    """The chunk as a value.

    Attributes:
        description: 256 characters at most; longer text is cut.
        originator: who made it, 32.
        originator_reference: the maker's number for it, 32.
        date: "yyyy-mm-dd", "" for none.
        time: "hh:mm:ss", "" for none.
        time_reference: samples since midnight at the file's rate.
        umid: 64 bytes, all zero for none.
        levels: loudness.
        coding_history: lines such as "A=PCM,F=48000,W=24,M=stereo,T=Onetake".
        version: of the chunk; 2 is written.
    """

    description: str = ""
    originator: str = ""
    originator_reference: str = ""
    date: str = ""
    time: str = ""
    time_reference: int = 0
    umid: bytes = bytes(64)
    levels: Levels = Levels()
    coding_history: str = ""
    version: int = 2


def to_bytes(bext: Bext) -> bytes:
    """The body of the chunk, always of version 2."""
    levels = bext.levels
    figures = (levels.integrated, levels.range, levels.true_peak, levels.momentary_max, levels.short_term_max)
    head = _HEAD.pack(
        _ascii(bext.description),
        _ascii(bext.originator),
        _ascii(bext.originator_reference),
        _ascii(bext.date),
        _ascii(bext.time),
        min(max(bext.time_reference, 0), 2**64 - 1),
        2,
        bext.umid,
        *map(_hundredths, figures),
        b"",
    )
    lines = [line for line in bext.coding_history[:_LONGEST_HISTORY].splitlines() if line]
    return head + b"".join(_ascii(line) + b"\r\n" for line in lines)


def from_bytes(body: bytes) -> Bext:
    """The value of a chunk of any version.

    Raises:
        RiffError: cut off, or too large for text.
    """
    if not _HEAD.size - 180 <= len(body) <= _LARGEST:
        raise RiffError("its chunk 'bext' is cut off or far too large. Save it again as broadcast wave")
    fields = _HEAD.unpack(body[: _HEAD.size].ljust(_HEAD.size, b"\0"))
    description, originator, reference, date, time = (_text(field) for field in fields[:5])
    time_reference, version, umid, *figures, _ = fields[5:]
    return Bext(
        description=description,
        originator=originator,
        originator_reference=reference,
        date=date,
        time=time,
        time_reference=time_reference,
        umid=umid if version >= 1 else bytes(64),
        levels=Levels(*map(_level, figures)) if version >= 2 else Levels(),
        coding_history="\n".join(_text(body[_HEAD.size :])[:_LONGEST_HISTORY].splitlines()),
        version=version,
    )


def levels(measured: Loudness | None) -> Levels:
    """What a measurement says; nothing for None."""
    if measured is None:
        return Levels()
    return Levels(
        _finite(measured.integrated),
        measured.range,
        _finite(measured.true_peak),
        _finite(measured.momentary_max),
        _finite(measured.short_term_max),
    )


def coding_history(sound: Sound, depth: Depth, maker: str) -> str:
    """One line of history: what the file was coded as, and by what (EBU R 98)."""
    mode = {1: "mono", 2: "stereo"}.get(sound.channels, "multitrack")
    width = "32" if depth == "32f" else depth
    return f"A=PCM,F={sound.rate},W={width},M={mode},T={maker.replace(',', ' ')}"


def _ascii(text: str) -> bytes:
    """The nearest ASCII: "é" is "e", what has nothing near it is "?"."""
    plain = unicodedata.normalize("NFKD", text.translate(_LIKE))
    kept = "".join(c if c.isprintable() else " " for c in plain if not unicodedata.combining(c))
    return kept.encode("ascii", "replace")


def _text(field: bytes) -> str:
    """Others write UTF-8 or Latin-1 where ASCII is asked for."""
    until = field.split(b"\0", 1)[0]
    try:
        return until.decode("utf-8")
    except UnicodeDecodeError:
        return until.decode("latin-1")


def _finite(level: float) -> float | None:
    return level if math.isfinite(level) else None


def _hundredths(level: float | None) -> int:
    """In the chunk's steps; 0x7FFF, outside -99.99 to 99.99, says that there is none."""
    if level is None or not math.isfinite(level):
        return _NOT_MEASURED
    return min(max(round(level * 100), -9999), 9999)


def _level(hundredths: int) -> float | None:
    return hundredths / 100 if -9999 <= hundredths <= 9999 else None
