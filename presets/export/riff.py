"""RIFF: a file as a list of chunks, because no library writes all the chunks that sound designers need.

A RIFF file is "RIFF", its size, a form ("WAVE"), then chunks: id, size, body, and a zero byte where the size
is odd (Microsoft, Multimedia Programming Interface and Data Specifications 1.0, 1991). All numbers are
little-endian. Beyond 4 GB it is RF64 (EBU Tech 3306): sizes that 32 bits do not hold stand in a chunk `ds64`;
BW64 (ITU-R BS.2088) is the same under another name. Sizes in a file are claims: none is believed beyond the
bytes that are really there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from presets.errors import InvalidRequest

HEADER = 12
LARGEST = 2**32 - 1
"""Bytes behind its first eight that a RIFF file can have; also what stands for a size that ds64 tells."""
DS64 = b"ds64"

_SIXTY_FOUR = {b"RF64", b"BW64"}
CUT_OFF = "it ends too early, as after a download or a copy that was cut off. Copy it again"

# Who writes into a pipe cannot fill in the size later: ffmpeg leaves 0xFFFFFFFF, sox 0x7FFFF000 less a block.
_OPEN_ENDED = (range(0xFFFF0000, 2**32), range(0x7FFF0000, 2**31))
# A whole file of empty chunks would take a hundred times its size in memory.
_MOST_CHUNKS = 10_000
_DS64 = struct.Struct("<QQQI")  # size of the file, of its data, frames, entries of the table that follows
_ENTRY = struct.Struct("<4sQ")
_LARGEST_DS64 = _DS64.size + 1000 * _ENTRY.size


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


def serialised(form: bytes, parts: Sequence[Part], *, frames: int = 0, largest: int = LARGEST) -> Iterator[bytes]:
    """The bytes of a whole file, in pieces: RIFF, or RF64 where it is too large for that.

    Args:
        form: four bytes, such as b"WAVE".
        parts: the chunks in order.
        frames: of the sound, which ds64 repeats.
        largest: size from which on a file is RF64, and a chunk's size stands in ds64; less in tests.

    Raises:
        InvalidRequest: at once, not on the way: an id is no id.
    """
    for each in parts:
        if not is_id(each.id):
            raise InvalidRequest(f"The id of a chunk is four ASCII characters, not {each.id!r}.")
    size = len(form) + sum(_room(each.size) for each in parts)
    if size <= largest:
        return _pieces(struct.pack("<4sI4s", b"RIFF", size, form), parts, largest)
    all_parts = [_ds64(size, parts, frames, largest), *parts]
    return _pieces(struct.pack("<4sI4s", b"RF64", LARGEST, form), all_parts, largest)


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
    head = _head(file, size, form)
    limit = head.end if HEADER <= head.end <= size else size
    position = HEADER
    for _ in range(_MOST_CHUNKS):
        if position + 8 > limit:
            return
        place = _place(_read_at(file, position, 8), position + 8, head, size)
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


@dataclass(frozen=True)
class _Head:
    """What a file says of its sizes: where it ends (0: not told), and those of chunks that ds64 tells."""

    end: int
    sizes: dict[bytes, int]


def _room(size: int) -> int:
    """Bytes that a chunk with such a body takes."""
    return 8 + size + size % 2


def _ds64(size: int, parts: Sequence[Part], frames: int, largest: int) -> Part:
    data = next((each.size for each in parts if each.id == b"data"), 0)
    table = [_ENTRY.pack(each.id, each.size) for each in parts if each.size > largest and each.id != b"data"]
    length = _DS64.size + len(table) * _ENTRY.size
    return part(DS64, _DS64.pack(size + _room(length), data, frames, len(table)) + b"".join(table))


def _pieces(header: bytes, parts: Sequence[Part], largest: int) -> Iterator[bytes]:
    """Sizes beyond the largest, and in RF64 that of the sound, are left to ds64."""
    yield header
    told = {b"data"} if header[:4] == b"RF64" else set()
    for each in parts:
        yield struct.pack("<4sI", each.id, LARGEST if each.id in told or each.size > largest else each.size)
        yield from each.pieces
        if each.size % 2:
            yield b"\0"


def _head(file: BinaryIO, size: int, form: bytes) -> _Head:
    kind, declared, found = struct.unpack("<4sI4s", _read_at(file, 0, HEADER).ljust(HEADER, b"\0"))
    if kind == b"riff":
        raise RiffError("it is a Wave64 file. Save it as WAV or RF64")
    if kind == b"RIFX":
        raise RiffError("it is a big-endian WAV. Save it as a plain WAV")
    if kind not in {b"RIFF", *_SIXTY_FOUR} or found != form:
        raise RiffError("it is not a WAV file. Save it as WAV in another program")
    told = _sizes(file, size) if kind in _SIXTY_FOUR else None
    if told is not None and declared == LARGEST:
        return _Head(0 if told[b"RIFF"] in {0, 2**64 - 1} else 8 + told[b"RIFF"], told)
    return _Head(0 if declared == 0 or _is_open_ended(declared) else 8 + declared, told or {})


def _sizes(file: BinaryIO, size: int) -> dict[bytes, int]:
    """Sizes that ds64 tells, by id; the whole file's as RIFF."""
    chunk_id, length = struct.unpack("<4sI", _read_at(file, HEADER, 8).ljust(8, b"\0"))
    body = _read_at(file, HEADER + 8, min(length, size, _LARGEST_DS64))
    if chunk_id != DS64 or len(body) < _DS64.size - 4:
        raise RiffError("it is a 64-bit WAV without the chunk that tells its sizes. Save it again as WAV")
    whole, data, _, count = _DS64.unpack(body[: _DS64.size].ljust(_DS64.size, b"\0"))
    table = body[_DS64.size :][: count * _ENTRY.size]
    entries = _ENTRY.iter_unpack(table[: len(table) // _ENTRY.size * _ENTRY.size])
    return {**dict(entries), b"data": data, b"RIFF": whole}


def _place(head: bytes, start: int, file: _Head, size: int) -> Place:
    chunk_id, declared = struct.unpack("<4sI", head.ljust(8, b"\0"))
    rest = size - start
    if declared == LARGEST and chunk_id in file.sizes:
        declared = file.sizes[chunk_id]
        open_ended = declared in {LARGEST, 2**64 - 1}
    else:
        open_ended = _is_open_ended(declared)
    if chunk_id == b"data":
        never_filled_in = declared == 0 and file.end in {0, start}
        if never_filled_in or (declared > rest and open_ended):
            declared = rest
    there = min(declared, rest)
    return Place(chunk_id, start, there, declared - there)


def _is_open_ended(size: int) -> bool:
    return any(size in sizes for sizes in _OPEN_ENDED)


def _read_at(file: BinaryIO, position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(size)
