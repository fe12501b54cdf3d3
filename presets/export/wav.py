"""WAV: the file that every DAW opens, with the recipe of its sound inside.

Written are 16 and 24 bit PCM and 32 bit float; read is every uncompressed WAV, because any may be dropped
onto Onetake as a reference. Sources: Microsoft, Multiple Channel Audio Data and WAVE Files (2007); RFC 2361.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

import numpy as np
import numpy.typing as npt

from presets.errors import InvalidRequest, UnreadableFile
from presets.export import riff
from presets.export.riff import RiffError
from presets.files import write_atomically
from presets.sound import HIGHEST_RATE, MAX_CHANNELS, Samples, Sound

Depth = Literal["16", "24", "32f"]
Chunks = Mapping[bytes, bytes] | Sequence[tuple[bytes, bytes]]

RECIPE_CHUNK = b"1tak"

_PCM, _FLOAT, _EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
# A WAVE_FORMAT_EXTENSIBLE sub-format is the plain tag and these bytes (KSDATAFORMAT_SUBTYPE_WAVEFORMATEX).
_SUBFORMAT = bytes.fromhex("0000000010008000 00aa00389b71")
_OWN = {b"fmt ", b"fact", b"data"}

_BLOCK = 1 << 16  # frames that are converted at a time
_LOWERED_TO = -0.1  # dBFS
_DITHER_SEED = 1


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

    Raises:
        InvalidRequest: no such depth, a chunk that is none or that is written here anyway, more than 4 GB.
        NotWritten: see `presets.files.write_atomically`.
    """
    if depth not in get_args(Depth):
        raise InvalidRequest(f"A WAV is written with a depth of {', '.join(get_args(Depth))}, not {depth!r}.")
    lowered_db = 0.0 if depth == "32f" or sound.peak <= 1.0 else sound.peak_db - _LOWERED_TO
    parts = _parts(sound.scaled(-lowered_db), depth, chunks)
    write_atomically(path, riff.serialised(b"WAVE", parts), overwrite=overwrite, durable=durable)
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
    form = _Format(
        _FLOAT if depth == "32f" else _PCM, sound.channels, sound.rate, {"16": 2, "24": 3, "32f": 4}[depth]
    )
    parts = [riff.part(b"fmt ", _serialised(form))]
    if form.tag == _FLOAT:
        parts.append(riff.part(b"fact", struct.pack("<I", min(sound.frames, riff.LARGEST))))
    # Before the audio: what a broken download still holds is its beginning, and the recipe alone brings the
    # sound back. It is also found without seeking through a whole file on a network drive.
    for chunk_id, body in chunks.items() if isinstance(chunks, Mapping) else chunks:
        if chunk_id in _OWN:
            raise InvalidRequest(f"The chunk {chunk_id!r} is written with every WAV and cannot be given.")
        parts.append(riff.part(chunk_id, body))
    return [*parts, riff.Part(b"data", sound.frames * form.frame, _encoded(sound, depth))]


def _serialised(form: _Format) -> bytes:
    tag = _EXTENSIBLE if form.channels > 2 else form.tag
    bits = 8 * form.width
    plain = struct.pack("<HHIIHH", tag, form.channels, form.rate, form.rate * form.frame, form.frame, bits)
    if tag == _PCM:
        return plain
    if tag == _FLOAT:
        return plain + struct.pack("<H", 0)
    # Channel mask 0: no loudspeaker is meant.
    return plain + struct.pack("<HHIH14s", 22, bits, 0, form.tag, _SUBFORMAT)


def _encoded(sound: Sound, depth: Depth) -> Iterator[bytes]:
    encode = _encoder_16(sound) if depth == "16" else {"24": _encoded_24, "32f": _encoded_32f}[depth]
    for start in range(0, sound.frames, _BLOCK):
        yield encode(np.ascontiguousarray(sound.samples[:, start : start + _BLOCK].T))


def _encoded_32f(block: Samples) -> bytes:
    return block.astype("<f4", copy=False).tobytes()


def _encoded_24(block: Samples) -> bytes:
    codes = np.rint(block * np.float64(2**23)).clip(-(2**23), 2**23 - 1).astype("<i4")
    return codes.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def _encoder_16(sound: Sound) -> Callable[[Samples], bytes]:
    # Dither turns the error of rounding into noise: where nothing is rounded, as in a file that was 16 bit
    # already or in digital silence, it would only add that noise.
    scaled = sound.samples * np.float32(2**15)
    bits = None if np.array_equal(scaled, np.rint(scaled)) else np.random.PCG64(_DITHER_SEED)

    def encode(block: Samples) -> bytes:
        codes = block * np.float64(2**15)
        if bits is not None:
            codes += _triangular(bits, block.shape)
        return np.rint(codes).clip(-(2**15), 2**15 - 1).astype("<i2").tobytes()

    return encode


def _triangular(bits: np.random.PCG64, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Noise with a triangular density from -1 to 1 (TPDF): the difference of two uniform numbers."""
    # Raw bits: numpy promises the stream of PCG64 for ever, but not what Generator makes of it (NEP 19).
    raw = bits.random_raw(int(np.prod(shape))).reshape(shape)
    first, second = raw >> np.uint64(32), raw & np.uint64(0xFFFFFFFF)
    return (first.astype(np.float64) - second.astype(np.float64)) * 2.0**-32


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """The file and its real size in bytes; everything that goes wrong with it is told here."""
    try:
        if not path.exists():
            raise RiffError("it does not exist. Look where it was moved to")
        # A pipe would wait for its writer for ever, and a device never ends.
        if not path.is_file():
            raise RiffError("it is not a file. Choose a WAV file")
        with path.open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be read: the system says: {error.strerror or error}.") from error
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


def _coding(form: _Format) -> tuple[_Decoder, str]:
    coding = _CODINGS.get((form.tag, form.width))
    if coding is None:
        raise RiffError(
            f"its audio is compressed or of an unknown kind (format 0x{form.tag:04X}, {8 * form.width} bit). "
            "Save it as a WAV with 16, 24 or 32 bit"
        )
    return coding


def _samples(file: BinaryIO, data: riff.Place, form: _Format, decode: _Decoder) -> Samples:
    """Samples of shape (C, N), converted block by block: beside the result only one block is in memory."""
    if data.missing:
        raise RiffError(riff.CUT_OFF)
    frames = data.size // form.frame
    samples = np.empty((form.channels, frames), np.float32)
    file.seek(data.start)
    for start in range(0, frames, _BLOCK):
        count = min(_BLOCK, frames - start)
        block = file.read(count * form.frame)
        if len(block) < count * form.frame:
            raise RiffError(riff.CUT_OFF)
        samples[:, start : start + count] = decode(block).reshape(count, form.channels).T
    if not np.isfinite(samples).all():
        raise RiffError("it holds samples that are infinite or not numbers. Render or save it again")
    samples.flags.writeable = False
    return samples


_Decoder = Callable[[bytes], npt.NDArray[Any]]


def _decoded_8(block: bytes) -> Samples:
    return (np.frombuffer(block, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)


def _decoded_16(block: bytes) -> Samples:
    return np.frombuffer(block, "<i2").astype(np.float32) / np.float32(2**15)


def _decoded_24(block: bytes) -> Samples:
    padded = np.zeros((len(block) // 3, 4), np.uint8)
    padded[:, 1:] = np.frombuffer(block, np.uint8).reshape(-1, 3)
    return padded.view("<i4")[:, 0].astype(np.float32) / np.float32(2**31)


def _decoded_32(block: bytes) -> Samples:
    return (np.frombuffer(block, "<i4") / np.float64(2**31)).astype(np.float32)


def _decoded_32f(block: bytes) -> Samples:
    return np.frombuffer(block, "<f4").astype(np.float32, copy=False)


def _decoded_64f(block: bytes) -> Samples:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.frombuffer(block, "<f8").astype(np.float32)


# (format tag, bytes of a sample): how to decode it and what its depth is called.
_CODINGS: dict[tuple[int, int], tuple[_Decoder, str]] = {
    (_PCM, 1): (_decoded_8, "8"),
    (_PCM, 2): (_decoded_16, "16"),
    (_PCM, 3): (_decoded_24, "24"),
    (_PCM, 4): (_decoded_32, "32"),
    (_FLOAT, 4): (_decoded_32f, "32f"),
    (_FLOAT, 8): (_decoded_64f, "64f"),
}
