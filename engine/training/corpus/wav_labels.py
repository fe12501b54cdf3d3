"""What a WAV says about itself: bext Description, LIST/INFO and iXML, as libraries and recorders write them.

Sources: EBU Tech 3285 (bext); Microsoft, RIFF 1.0 (INFO); gallery.co.uk/ixml (iXML). The iXML is searched, not
parsed: a caption needs four of its elements, and a foreign file should not reach an XML parser.
"""

from __future__ import annotations

import html
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from presets.export import riff
from presets.export.riff import RiffError

_LARGEST = 1 << 20
"""Bytes of a chunk that are read; text is never longer."""
_INFO = (b"INAM", b"ISBJ", b"ICMT", b"IKEY")
_ELEMENT = re.compile(r"<(DESCRIPTION|FXNAME|NOTE|KEYWORDS)>([^<]{1,1000})</\1>", re.IGNORECASE)
_LONGEST = 300


def labels(path: Path) -> list[str]:
    """The descriptions inside a WAV, the fullest source first; none where it has none or is broken."""
    found: dict[bytes, list[str]] = {}
    try:
        with path.open("rb") as file:
            for place in riff.walk(file, path.stat().st_size, b"WAVE"):
                if place.id in _READERS and place.size <= _LARGEST:
                    found.setdefault(place.id, []).extend(_READERS[place.id](riff.body(file, place)))
    except (OSError, RiffError):
        return []  # whether it holds a sound is asked by who reads the sound
    ordered = [text for chunk_id in (b"bext", b"iXML", b"LIST") for text in found.get(chunk_id, [])]
    return list(dict.fromkeys(filter(None, map(_cleaned, ordered))))


def _bext(body: bytes) -> list[str]:
    return [_decoded(body[:256])]


def _ixml(body: bytes) -> list[str]:
    return [html.unescape(text) for _, text in _ELEMENT.findall(_decoded(body))]


def _info(body: bytes) -> list[str]:
    if body[:4] != b"INFO":
        return []
    fields = dict(_sub_chunks(body[4:]))
    return [_decoded(fields[name]) for name in _INFO if name in fields]


def _sub_chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + 8 <= len(body):
        name, size = struct.unpack_from("<4sI", body, position)
        yield name, body[position + 8 : position + 8 + size]
        position += 8 + size + size % 2


_READERS = {b"bext": _bext, b"LIST": _info, b"iXML": _ixml}


def _decoded(body: bytes) -> str:
    text = body.split(b"\0", 1)[0]
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _cleaned(text: str) -> str:
    """One line of printable words, without recorders' "sSPEED=…" lines; empty where there is no word."""
    lines = [line for line in text.splitlines() if not re.match(r"^\w+=", line)]
    text = " ".join("".join(c if c.isprintable() else " " for c in " ".join(lines)).split())[:_LONGEST]
    return text if re.search(r"[^\W\d_]{2}", text) else ""
