"""WAV: the file that every DAW opens, with the recipe of its sound inside.

Written are 16 and 24 bit PCM and 32 bit float, as RF64 beyond 4 GB; read is every uncompressed WAV, RF64 and
BW64, because any may be dropped onto Onetake as a reference. Sources: Microsoft, Multiple Channel Audio Data and
WAVE Files (2007); RFC 2361; EBU Tech 3306.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from presets.errors import InvalidRequest, UnreadableFile
from presets.export import riff, wav_codes
from presets.export.riff import RiffError
from presets.export.wav_codes import FLOAT, PCM, Decoder, Depth
from presets.files import write_atomically
from presets.sound import HIGHEST_RATE, MAX_CHANNELS, Samples, Sound
from presets.unread import unread

__all__ = [
    "RECIPE_CHUNK",
    "Chunks",
    "Depth",
    "WavFacts",
    "WavFile",
    "Written",
    "facts",
    "read",
    "read_chunk",
    "read_chunks",
    "write",
]

Chunks = Mapping[bytes, bytes] | Sequence[tuple[bytes, bytes]]

RECIPE_CHUNK = b"1tak"

_EXTENSIBLE = 0xFFFE
# A WAVE_FORMAT_EXTENSIBLE sub-format is the plain tag and these bytes (KSDATAFORMAT_SUBTYPE_WAVEFORMATEX).
_SUBFORMAT = bytes.fromhex("0000000010008000 00aa00389b71")
_OWN = {b"fmt ", b"fact", b"data", riff.DS64}


@dataclass(frozen=True)
class Written:
    """What became of a sound in a file.

    Attributes:
        path: the file.
        depth: bits of a sample.
        lowered_db: by how many dB the whole sound was lowered so that nothing clips; 0.0 if it was not.
    """

    path: Path
    depth: Depth
    lowered_db: float


@dataclass(frozen=True)
class WavFile:
    """What a WAV holds.

    Attributes:
        sound: the audio; integers are divided by 2**(bits - 1).
        depth: "8", "16", "24", "32" bit PCM or "32f", "64f" float.
        all_chunks: (id, body) of every chunk but fmt, fact and data, in order; LIST, for one, may come twice.
    """

    sound: Sound
    depth: str
    all_chunks: tuple[tuple[bytes, bytes], ...]

    @property
    def chunks(self) -> dict[bytes, bytes]:
        """Body of the first chunk of each id, in order."""
        return dict(reversed(self.all_chunks))


@dataclass(frozen=True)
class WavFacts:
    """What a WAV says of its sound, without reading it.

    Attributes:
        rate: Hz.
        channels: how many.
        frames: that are really there.
        depth: as in `WavFile`.
    """

    rate: int
    channels: int
    frames: int
    depth: str

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.rate


@dataclass(frozen=True)
class _Format:
    tag: int
    channels: int
    rate: int
    width: int  # bytes of one sample of one channel

    @property
    def frame(self) -> int:
        """Bytes of one sample of every channel."""
        return self.channels * self.width


def write(
    path: Path,
    sound: Sound,
    *,
    depth: Depth,
    chunks: Chunks = (),
    overwrite: bool = False,
    durable: bool = True,
    largest: int = riff.LARGEST,
) -> Written:
    """Write a sound as WAV, whole or not at all.

    Args:
        path: where; its folder must exist.
        sound: one beyond full scale survives as it is in "32f"; else all of it is lowered to -0.1 dBFS.
        depth: "16" (TPDF dither of ±1 LSB, the same each time; none on what is 16 bit already), "24" (rounded)
            or "32f" (bit-exact).
        chunks: further chunks by id, or (id, body) pairs such as `WavFile.all_chunks`.
        overwrite: whether an existing file is replaced.
        durable: whether to wait for the disk, see `presets.files.write_atomically`.
        largest: bytes from which on the file is RF64; less in tests.

    Raises:
        InvalidRequest: no such depth, a chunk that is none or that is written here anyway.
        NotWritten: see `presets.files.write_atomically`.
    """
    if depth not in wav_codes.DEPTHS:
        raise InvalidRequest(f"A WAV is written with a depth of {', '.join(wav_codes.DEPTHS)}, not {depth!r}.")
    lowered_db = wav_codes.excess_db(sound, depth)
    parts = _parts(sound.scaled(-lowered_db), depth, chunks)
    content = riff.serialised(b"WAVE", parts, frames=sound.frames, largest=largest)
    write_atomically(path, content, overwrite=overwrite, durable=durable)
    return Written(path, depth, lowered_db)


def read(path: Path) -> WavFile:
    """Read a WAV: 8 to 32 bit PCM, 32 or 64 bit float, 1 to 64 channels.

    What follows the sound and is cut off or is no chunk is left out.

    Raises:
        UnreadableFile: missing, broken, cut off, compressed or no WAV; the message says what to do.
    """
    with _opened(path) as (file, size):
        places = list(riff.walk(file, size, b"WAVE"))
        form = _parsed(riff.body(file, _first(places, b"fmt ")))
        decode, depth = _coding(form)
        sound = Sound(_samples(file, _first(places, b"data"), form, decode), form.rate)
        others = [place for place in places if place.id not in _OWN and riff.is_id(place.id)]
        table = tuple((place.id, riff.body(file, place)) for place in others if not place.missing)
    return WavFile(sound, depth, table)


def facts(path: Path) -> WavFacts:
    """Rate, channels, length and depth of a WAV without reading its audio.

    Raises:
        UnreadableFile: see `read`; a sound that is cut off is told too.
    """
    with _opened(path) as (file, size):
        places = list(riff.walk(file, size, b"WAVE"))
        form = _parsed(riff.body(file, _first(places, b"fmt ")))
        _, depth = _coding(form)
        data = _whole(_first(places, b"data"))
    return WavFacts(form.rate, form.channels, data.size // form.frame, depth)


def read_chunks(path: Path, wanted: frozenset[bytes], largest: int = 1 << 24) -> tuple[tuple[bytes, bytes], ...]:
    """(id, body) of every whole chunk of these ids in order, without reading the audio.

    Args:
        path: a WAV.
        wanted: ids.
        largest: bytes; larger chunks are left out.

    Raises:
        UnreadableFile: missing or no WAV.
    """
    with _opened(path) as (file, size):
        places = [place for place in riff.walk(file, size, b"WAVE") if place.id in wanted]
        return tuple((p.id, riff.body(file, p)) for p in places if not p.missing and p.size <= largest)


def read_chunk(path: Path, chunk_id: bytes) -> bytes | None:
    """Body of the first chunk with this id, without reading the audio; None if there is none.

    Raises:
        UnreadableFile: missing, no WAV, or cut off within this chunk.
    """
    with _opened(path) as (file, size):
        for place in riff.walk(file, size, b"WAVE"):
            if place.id == chunk_id:
                return riff.body(file, place)
    return None


def _parts(sound: Sound, depth: Depth, chunks: Chunks) -> list[riff.Part]:
    tag = FLOAT if depth == "32f" else PCM
    form = _Format(tag, sound.channels, sound.rate, wav_codes.WIDTHS[depth])
    parts = [riff.part(b"fmt ", _serialised(form))]
    if form.tag == FLOAT:
        parts.append(riff.part(b"fact", struct.pack("<I", min(sound.frames, riff.LARGEST))))
    # Before the audio: what a broken download still holds is its beginning, and the recipe alone brings the
    # sound back. It is also found without seeking through a whole file on a network drive.
    for chunk_id, body in chunks.items() if isinstance(chunks, Mapping) else chunks:
        if chunk_id in _OWN:
            raise InvalidRequest(f"The chunk {chunk_id!r} is written with every WAV and cannot be given.")
        parts.append(riff.part(chunk_id, body))
    return [*parts, riff.Part(b"data", sound.frames * form.frame, wav_codes.encoded(sound, depth))]


def _serialised(form: _Format) -> bytes:
    tag = _EXTENSIBLE if form.channels > 2 else form.tag
    bits = 8 * form.width
    plain = struct.pack("<HHIIHH", tag, form.channels, form.rate, form.rate * form.frame, form.frame, bits)
    if tag == PCM:
        return plain
    if tag == FLOAT:
        return plain + struct.pack("<H", 0)
    # Channel mask 0: no loudspeaker is meant.
    return plain + struct.pack("<HHIH14s", 22, bits, 0, form.tag, _SUBFORMAT)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The file and its real size in bytes; everything that goes wrong with it is told here."""
    try:
        if not path.exists():
            raise FileNotFoundError(errno.ENOENT, "not there")
        # A pipe would wait for its writer for ever, and a device never ends.
        if not path.is_file():
            raise RiffError("it is not a file. Choose a WAV file")
        with path.open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size
    except OSError as error:
        raise unread(path, error) from error
    except MemoryError as error:
        raise UnreadableFile(f"{path} cannot be read: it is longer than memory holds. Cut it shorter.") from error
    except RiffError as error:
        raise UnreadableFile(f"{path} cannot be read: {error}.") from error


def _first(places: Sequence[riff.Place], chunk_id: bytes) -> riff.Place:
    for place in places:
        if place.id == chunk_id:
            return place
    if any(place.missing for place in places):
        raise RiffError(riff.CUT_OFF)
    raise RiffError(
        f"it has no chunk {chunk_id.decode()!r}, so it was cut off or holds no sound. Copy or save it again"
    )


def _parsed(body: bytes) -> _Format:
    if len(body) < 16:
        raise RiffError("the description of its format is cut off. Save it again as WAV")
    tag, channels, rate, _, frame, bits = struct.unpack("<HHIIHH", body[:16])
    if tag == _EXTENSIBLE and len(body) >= 40 and body[26:40] == _SUBFORMAT:
        tag = int.from_bytes(body[24:26], "little")
    if not 1 <= channels <= MAX_CHANNELS:
        raise RiffError(f"it has {channels} channels, and Onetake reads 1 to {MAX_CHANNELS}. Save fewer of them")
    if not 1 <= rate <= HIGHEST_RATE:
        raise RiffError(f"its sample rate is {rate} Hz, and Onetake reads 1 to {HIGHEST_RATE}. Save it again")
    width = (bits + 7) // 8
    if frame != channels * width:
        raise RiffError("the description of its format contradicts itself. Save it again as WAV")
    return _Format(tag, channels, rate, width)


def _coding(form: _Format) -> tuple[Decoder, str]:
    coding = wav_codes.decoder(form.tag, form.width)
    if coding is None:
        raise RiffError(
            f"its audio is compressed or of an unknown kind (format 0x{form.tag:04X}, {8 * form.width} bit). "
            "Save it as a WAV with 16, 24 or 32 bit"
        )
    return coding


def _whole(data: riff.Place) -> riff.Place:
    if data.missing:
        raise RiffError(riff.CUT_OFF)
    return data


def _samples(file: BinaryIO, data: riff.Place, form: _Format, decode: Decoder) -> Samples:
    """Samples of shape (C, N), converted block by block: beside the result only one block is in memory."""
    frames = _whole(data).size // form.frame
    samples = np.empty((form.channels, frames), np.float32)
    file.seek(data.start)
    for start in range(0, frames, wav_codes.BLOCK):
        count = min(wav_codes.BLOCK, frames - start)
        block = file.read(count * form.frame)
        if len(block) < count * form.frame:
            raise RiffError(riff.CUT_OFF)
        samples[:, start : start + count] = decode(block).reshape(count, form.channels).T
    if not np.isfinite(samples).all():
        raise RiffError("it holds samples that are infinite or not numbers. Render or save it again")
    samples.flags.writeable = False
    return samples
