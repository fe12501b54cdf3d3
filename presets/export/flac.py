"""FLAC: the same samples as the WAV in half the room, with the recipe and the texts that a library shows.

libFLAC (by soundfile) encodes; it writes no blocks of ours, so the chain of metadata blocks before the audio is
written anew here: a Vorbis comment with the texts, and an application block `1tak` with the recipe. Sources: RFC
9639; for the comment, the Vorbis I specification, section 5. Integers only: FLAC has no float.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

import numpy as np
import soundfile

from presets.errors import InvalidRequest, NoRecipe, UnreadableFile
from presets.export import info_list, metadata, wav_codes
from presets.export.metadata import About, Source
from presets.export.version import decoded_source
from presets.export.wav_codes import Depth
from presets.files import write_atomically
from presets.schema import Assembly, Version, canonical
from presets.sound import Sound
from presets.unread import unread

IntegerDepth = Literal["16", "24"]

MARK = b"fLaC"
APPLICATION = b"1tak"
HIGHEST_RATE, MOST_CHANNELS = 655_350, 8

_STREAMINFO, _PADDING, _APPLICATION, _COMMENT = 0, 1, 2, 4
_LAST = 0x80
_LARGEST_BLOCK = 2**24 - 1
_MOST_BLOCKS = 1000
_MOST_TEXTS = 1000

_FIELDS = {
    b"INAM": "TITLE",
    b"ICMT": "COMMENT",
    b"IART": "ARTIST",
    b"ICRD": "DATE",
    b"ISFT": "ENCODER",
    b"IGNR": "GENRE",
    b"IKEY": "KEYWORDS",
    b"ISBJ": "DESCRIPTION",
    b"IPRD": "ALBUM",
    b"ICOP": "COPYRIGHT",
    b"ISRC": "SOURCE",
}
"""Names of the comment's fields, by the ids of LIST/INFO."""


@dataclass(frozen=True)
class Block:
    """A metadata block: its type (0 to 126) and body."""

    type: int
    body: bytes


def write(
    path: Path,
    sound: Sound,
    source: Source,
    depth: Depth,
    overwrite: bool = False,
    *,
    about: About | None = None,
) -> None:
    """Write a sound as FLAC with what it was made from; the file appears whole or not at all.

    Args:
        path: where; its folder must exist.
        sound: rounded, dithered and, where it exceeds full scale, lowered as in `wav.write`.
        source: a version, what was cut or layered of several, or None for a recording.
        depth: "16" or "24".
        overwrite: whether an existing file is replaced.
        about: what a person said of it.

    Raises:
        InvalidRequest: float, more than 8 channels, a rate above 655,350 Hz, or an empty sound.
        NotWritten: see `presets.files.write_atomically`.
    """
    _check(sound, depth)
    encoded = _encoded(sound.scaled(-wav_codes.excess_db(sound, depth)), cast(IntegerDepth, depth))
    blocks, audio = split(encoded)
    kept = [block for block in blocks if block.type not in {_COMMENT, _PADDING}]
    write_atomically(path, [joined([*kept, *_told(source, about or About())]), audio], overwrite=overwrite)


def read_source(path: Path) -> Version | Assembly:
    """What a FLAC says it was made from.

    Raises:
        NoRecipe: a sound that Onetake did not make, or that lost its block.
        UnreadableFile: missing, no FLAC, a broken block, or one from a newer Onetake.
    """
    for block in _blocks(path):
        if block.type == _APPLICATION and block.body[:4] == APPLICATION:
            return decoded_source(block.body[4:], path.name)
    raise NoRecipe(f"{path.name} holds no recipe: it was not made by Onetake, or another program dropped it.")


def read_texts(path: Path) -> tuple[tuple[str, str], ...]:
    """The fields of a FLAC's comment, names in capitals, in order.

    Raises:
        UnreadableFile: missing, no FLAC, or a broken comment.
    """
    comment = next((block.body for block in _blocks(path) if block.type == _COMMENT), None)
    return _texts(comment, path) if comment is not None else ()


def split(content: bytes) -> tuple[list[Block], bytes]:
    """The metadata blocks of a FLAC file, and its audio.

    Raises:
        ValueError: no FLAC, or a chain of blocks that breaks off.
    """
    if content[:4] != MARK:
        raise ValueError("it is no FLAC file")
    file = io.BytesIO(content[4:])
    blocks = list(_chain(file))
    return blocks, file.read()


def joined(blocks: Sequence[Block]) -> bytes:
    """The head of a FLAC file: its mark and all blocks, the last one marked.

    Raises:
        InvalidRequest: a block is larger than 16 MB, the most that the format holds.
    """
    parts = [MARK]
    for number, block in enumerate(blocks, 1):
        if len(block.body) > _LARGEST_BLOCK:
            raise InvalidRequest("What is to be told is larger than the 16 MB that FLAC holds. Write it as WAV.")
        last = _LAST if number == len(blocks) else 0
        parts += [struct.pack(">I", (last | block.type) << 24 | len(block.body)), block.body]
    return b"".join(parts)


def _check(sound: Sound, depth: Depth) -> None:
    if depth not in {"16", "24"}:
        raise InvalidRequest(f"A FLAC has 16 or 24 bit, not {depth}: write a WAV where float is needed.")
    if sound.channels > MOST_CHANNELS or sound.rate > HIGHEST_RATE:
        raise InvalidRequest(f"A FLAC has up to {MOST_CHANNELS} channels and {HIGHEST_RATE} Hz: write a WAV.")
    if not sound.frames:
        raise InvalidRequest("An empty sound cannot be a FLAC: write a WAV.")


def _encoded(sound: Sound, depth: IntegerDepth) -> bytes:
    codes = np.concatenate(list(wav_codes.integers(sound, depth)))
    # libsndfile takes whole numbers left-justified in 32 bit.
    shifted = codes << (16 if depth == "16" else 8)
    memory = io.BytesIO()
    soundfile.write(memory, shifted, sound.rate, f"PCM_{depth}", format="FLAC")
    return memory.getvalue()


def _told(source: Source, about: About) -> Iterator[Block]:
    if source is not None:
        yield Block(_APPLICATION, APPLICATION + canonical(source))
    texts = [(_FIELDS[name], text) for name, text in metadata.texts(source, about) if name in _FIELDS]
    texts += [(name, text) for name, text in (("CATID", about.cat_id), ("PROJECT", about.project)) if text]
    if metadata.is_generated(source):
        texts.append(("ISGENERATED", "true"))
    yield Block(_COMMENT, _comment(texts))


def _comment(texts: Sequence[tuple[str, str]]) -> bytes:
    def counted(data: bytes) -> bytes:
        return struct.pack("<I", len(data)) + data

    lines = [counted(name.encode() + b"=" + info_list.encoded(text)[:-1]) for name, text in texts]
    return counted(b"Onetake") + struct.pack("<I", len(lines)) + b"".join(lines)


def _texts(comment: bytes, path: Path) -> tuple[tuple[str, str], ...]:
    file = io.BytesIO(comment)

    def counted() -> bytes:
        size = struct.unpack("<I", file.read(4))[0]
        data = file.read(min(size, len(comment)))
        if len(data) < size:
            raise struct.error
        return data

    try:
        counted()
        count = min(struct.unpack("<I", file.read(4))[0], _MOST_TEXTS)
        lines = [counted().decode("utf-8", "replace") for _ in range(count)]
    except struct.error as error:
        raise UnreadableFile(f"{path} cannot be read: its comment is cut off. Save it again.") from error
    pairs = (line.partition("=") for line in lines)
    return tuple((name.upper(), text) for name, mark, text in pairs if mark)


def _blocks(path: Path) -> list[Block]:
    """The blocks of a file, its audio unread."""
    try:
        if not path.is_file():
            raise UnreadableFile(f"{path} cannot be read: it is no file. Choose a FLAC file.")
        with path.open("rb") as file:
            if file.read(4) != MARK:
                raise UnreadableFile(f"{path} cannot be read: it is no FLAC file. Choose another one.")
            return list(_chain(file))
    except OSError as error:
        raise unread(path, error) from error
    except ValueError as error:
        raise UnreadableFile(f"{path} cannot be read: {error}. Copy or save it again.") from error


def _chain(file: io.BufferedIOBase) -> Iterator[Block]:
    for _ in range(_MOST_BLOCKS):
        head = file.read(4)
        if len(head) < 4:
            raise ValueError("its description is cut off")
        packed = struct.unpack(">I", head)[0]
        kind, size = packed >> 24, packed & 0xFFFFFF
        body = file.read(size)
        if len(body) < size:
            raise ValueError("its description is cut off")
        yield Block(kind & ~_LAST, body)
        if kind & _LAST:
            return
    raise ValueError(f"it has more than {_MOST_BLOCKS} blocks")
