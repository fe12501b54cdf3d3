"""RIFF: a file as a list of chunks, because no library writes all the chunks that sound designers need.

A RIFF file is "RIFF", its size, a form ("WAVE"), then chunks: id, size, body, and a zero byte where the size
is odd (Microsoft, Multimedia Programming Interface and Data Specifications 1.0, 1991). All numbers are
little-endian. Sizes in a file are claims: none is believed beyond the bytes that are really there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from presets.errors import InvalidRequest

HEADER = 12
LARGEST = 2**32 - 1
CUT_OFF = "it ends too early, as after a download or a copy that was cut off. Copy it again"

# Who writes into a pipe cannot fill in the size later: ffmpeg leaves 0xFFFFFFFF, sox 0x7FFFF000 less a block.
_OPEN_ENDED = (range(0xFFFF0000, 2**32), range(0x7FFF0000, 2**31))
# A whole file of empty chunks would take a hundred times its size in memory.
_MOST_CHUNKS = 10_000


class RiffError(Exception):
    """What is wrong with a file and what to do, to be told with its name by whoever opened it."""


@dataclass(frozen=True)
class Part:
    """A chunk to be written.

    Attributes:
        id: four bytes.
        size: of the body, in bytes.
        pieces: the body in order, `size` bytes together.
    """

    id: bytes
    size: int
    pieces: Iterable[bytes]


@dataclass(frozen=True)
class Place:
    """Where a chunk lies in a file.

    Attributes:
        id: four bytes.
        start: of the body, in bytes from the start of the file.
        size: of the body, in bytes that are really there.
        missing: bytes that its size promises and the file does not hold; 0 when it is whole.
    """

    id: bytes
    start: int
    size: int
    missing: int


def is_id(name: bytes) -> bool:
    """Whether this is the id of a chunk: four printable ASCII characters."""
    return len(name) == 4 and all(0x20 <= byte < 0x7F for byte in name)


def part(chunk_id: bytes, body: bytes) -> Part:
    """A chunk whose body is at hand."""
    return Part(chunk_id, len(body), (body,))


def serialised(form: bytes, parts: Sequence[Part]) -> Iterator[bytes]:
    """The bytes of a whole RIFF file, in pieces.

    Args:
        form: four bytes, such as b"WAVE".
        parts: the chunks in order.

    Raises:
        InvalidRequest: at once, not on the way: an id is no id, or the file would exceed 4 GB.
    """
    for each in parts:
        if not is_id(each.id):
            raise InvalidRequest(f"The id of a chunk is four ASCII characters, not {each.id!r}.")
    size = len(form) + sum(8 + each.size + each.size % 2 for each in parts)
    if size > LARGEST:
        raise InvalidRequest("The file would be larger than 4 GB, the most a WAV holds: write a shorter sound.")
    return _pieces(struct.pack("<4sI4s", b"RIFF", size, form), parts)


def walk(file: BinaryIO, size: int, form: bytes) -> Iterator[Place]:
    """The chunks of a RIFF file in order, found by their sizes without reading their bodies.

    The last one may be cut short. What begins behind the end that the header states is no chunk.

    Args:
        file: at any position.
        size: of the whole file, in bytes.
        form: four bytes that the file must be, such as b"WAVE".

    Raises:
        RiffError: this is no such file, or one with more than 10,000 chunks.
    """
    end = _end(_read_at(file, 0, HEADER), form)
    limit = end if HEADER <= end <= size else size
    position = HEADER
    for _ in range(_MOST_CHUNKS):
        if position + 8 > limit:
            return
        place = _place(_read_at(file, position, 8), position + 8, end=end, size=size)
        yield place
        position = place.start + place.size + place.size % 2
    raise RiffError(f"it has more than {_MOST_CHUNKS} chunks, which no sound file has. Save it again as WAV")


def body(file: BinaryIO, place: Place) -> bytes:
    """The body of a chunk.

    Raises:
        RiffError: the file ends within it.
    """
    content = _read_at(file, place.start, place.size)
    if place.missing or len(content) < place.size:
        raise RiffError(CUT_OFF)
    return content


def _pieces(header: bytes, parts: Sequence[Part]) -> Iterator[bytes]:
    yield header
    for each in parts:
        yield struct.pack("<4sI", each.id, each.size)
        yield from each.pieces
        if each.size % 2:
            yield b"\0"


def _end(header: bytes, form: bytes) -> int:
    """Where the header says that the file ends; 0 where it does not say."""
    kind, size, found = struct.unpack("<4sI4s", header.ljust(HEADER, b"\0"))
    if kind in {b"RF64", b"BW64", b"riff"}:
        raise RiffError("it is a 64-bit WAV. Save it as a plain WAV below 4 GB")
    if kind == b"RIFX":
        raise RiffError("it is a big-endian WAV. Save it as a plain WAV")
    if kind != b"RIFF" or found != form:
        raise RiffError("it is not a WAV file. Save it as WAV in another program")
    return 0 if size == 0 or _is_open_ended(size) else 8 + size


def _place(head: bytes, start: int, *, end: int, size: int) -> Place:
    chunk_id, declared = struct.unpack("<4sI", head.ljust(8, b"\0"))
    rest = size - start
    if chunk_id == b"data":
        never_filled_in = declared == 0 and end in {0, start}
        if never_filled_in or (declared > rest and _is_open_ended(declared)):
            declared = rest
    there = min(declared, rest)
    return Place(chunk_id, start, there, declared - there)


def _is_open_ended(size: int) -> bool:
    return any(size in sizes for sizes in _OPEN_ENDED)


def _read_at(file: BinaryIO, position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(size)
