"""`cue ` and `LIST`/`adtl`: named moments of a sound, such as its onset and what a picture is cut to.

Source: Microsoft, Multimedia Programming Interface and Data Specifications 1.0.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from presets.export.info_list import decoded, encoded, padded, sub_chunks
from presets.export.riff import LARGEST, RiffError

CHUNK = b"cue "
LABELS_CHUNK = b"LIST"
FORM = b"adtl"

ONSET, SYNC = "onset", "sync"
"""What the two moments of an Edit are called."""

_POINT = struct.Struct("<II4sIII")
_MOST = 10_000


@dataclass(frozen=True)
class Marker:
    """A moment.

    Attributes:
        frame: from the start of the sound.
        label: what it is called, "" for nothing.
    """

    frame: int
    label: str = ""


def to_bytes(markers: Sequence[Marker]) -> tuple[bytes, bytes]:
    """The bodies of `cue ` and of the list of labels."""
    points = [
        _POINT.pack(number, marker.frame, b"data", 0, 0, marker.frame)
        for number, marker in enumerate(markers, 1)
        if 0 <= marker.frame <= LARGEST
    ]
    labels = [
        padded(b"labl", struct.pack("<I", number) + encoded(marker.label))
        for number, marker in enumerate(markers, 1)
        if marker.label and 0 <= marker.frame <= LARGEST
    ]
    return struct.pack("<I", len(points)) + b"".join(points), FORM + b"".join(labels)


def from_bytes(cue: bytes, adtl: bytes = b"") -> tuple[Marker, ...]:
    """The markers of a file in its order.

    Args:
        cue: body of `cue `; points that it promises and does not hold are left out.
        adtl: body of the list of labels, b"" where there is none.

    Raises:
        RiffError: more than 10,000 points, or a list that is another one.
    """
    if len(cue) < 4:
        raise RiffError("its chunk 'cue ' is cut off. Save it again as WAV")
    if adtl and adtl[:4] != FORM:
        raise RiffError("its list is not that of labels. Save it again as WAV")
    count = min(struct.unpack_from("<I", cue)[0], (len(cue) - 4) // _POINT.size)
    if count > _MOST:
        raise RiffError(f"it has more than {_MOST} cue points. Save it with fewer")
    labels: dict[int, str] = {}
    for name, inner in sub_chunks(adtl[4:]):
        if name == b"labl" and len(inner) >= 4:
            labels.setdefault(struct.unpack_from("<I", inner)[0], decoded(inner[4:]))
    points = [_POINT.unpack_from(cue, 4 + index * _POINT.size) for index in range(count)]
    return tuple(Marker(point[5], labels.get(point[0], "")) for point in points)
