"""`LIST`/`INFO`: name, comment and maker of a sound, the oldest texts of a WAV, which even file managers show.

Source: Microsoft, Multimedia Programming Interface and Data Specifications 1.0. It names no encoding; UTF-8 is
written, as most programs do today, and Latin-1 read where it is none.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from presets.export.riff import RiffError, is_id

CHUNK = b"LIST"
FORM = b"INFO"

NAMES = {
    "name": b"INAM",
    "comment": b"ICMT",
    "artist": b"IART",
    "date": b"ICRD",
    "software": b"ISFT",
    "genre": b"IGNR",
    "keywords": b"IKEY",
    "subject": b"ISBJ",
    "product": b"IPRD",
    "copyright": b"ICOP",
    "engineer": b"IENG",
    "source": b"ISRC",
}
"""What the fields mean, and their ids."""

Texts = tuple[tuple[bytes, str], ...]
_MOST = 1000
_LONGEST = 1 << 16  # bytes of one text


def texts(**fields: str) -> Texts:
    """Fields by their meaning (see `NAMES`), empty ones left out, in the order given."""
    return tuple((NAMES[name], text) for name, text in fields.items() if text)


def to_bytes(fields: Texts) -> bytes:
    """The body of the chunk. A NUL ends a text, so none of its own survives."""
    return FORM + b"".join(_sub_chunk(name, text) for name, text in fields)


def from_bytes(body: bytes) -> Texts:
    """The texts of a chunk in order; a last one that is cut off is left out.

    Raises:
        RiffError: it is another list than INFO, or has more than 1,000 texts.
    """
    if body[:4] != FORM:
        raise RiffError("its list is not INFO. Save it again as WAV")
    found = tuple((name, decoded(text)) for name, text in sub_chunks(body[4:]))
    return tuple((name, text) for name, text in found if text)


def sub_chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(id, body) of the chunks inside a list.

    Raises:
        RiffError: there are more than 1,000.
    """
    position = 0
    for _ in range(_MOST):
        if position + 8 > len(body):
            return
        name, size = struct.unpack_from("<4sI", body, position)
        inner = body[position + 8 : position + 8 + size]
        if not is_id(name) or len(inner) < size:
            return
        yield name, inner
        position += 8 + size + size % 2
    raise RiffError(f"a list in it has more than {_MOST} entries. Save it again as WAV")


def decoded(text: bytes) -> str:
    """A text of a chunk, up to its NUL."""
    until = text.split(b"\0", 1)[0]
    try:
        return until.decode("utf-8")
    except UnicodeDecodeError:
        return until.decode("latin-1")


def padded(name: bytes, inner: bytes) -> bytes:
    """A chunk inside a list."""
    return struct.pack("<4sI", name, len(inner)) + inner + b"\0" * (len(inner) % 2)


def encoded(text: str) -> bytes:
    """A text as UTF-8 with its NUL, at most 64 KB, cut between characters; lone surrogates are replaced."""
    plain = text.replace("\0", " ").encode("utf-8", "replace")[:_LONGEST]
    return plain.decode("utf-8", "ignore").encode() + b"\0"


def _sub_chunk(name: bytes, text: str) -> bytes:
    return padded(name, encoded(text))
