"""Samples as the codes of a file and back: rounding and dither are the same whatever the file is called.

Full scale is 2**(bits - 1) steps, as every reader has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from presets.sound import Samples, Sound

Depth = Literal["16", "24", "32f"]
DEPTHS: tuple[Depth, ...] = get_args(Depth)
WIDTHS: dict[Depth, int] = {"16": 2, "24": 3, "32f": 4}
"""Bytes of a sample."""

PCM, FLOAT = 0x0001, 0x0003
"""Format tags of RFC 2361."""

BLOCK = 1 << 16
"""Frames that are converted at a time."""

LOWERED_TO = -0.1
"""dBFS to which a sound beyond full scale is lowered where codes cannot hold it."""

_DITHER_SEED = 1

Codes = npt.NDArray[np.int32]
Decoder = Callable[[bytes], npt.NDArray[Any]]


def excess_db(sound: Sound, depth: Depth) -> float:
    """By how many dB a sound has to be lowered so that nothing clips; 0.0 if it fits."""
    return 0.0 if depth == "32f" or sound.peak <= 1.0 else sound.peak_db - LOWERED_TO


def encoded(sound: Sound, depth: Depth) -> Iterator[bytes]:
    """A sound as the bytes of a `data` chunk, block by block: samples of all channels in turn, little-endian."""
    if depth == "32f":
        for block in _blocks(sound):
            yield block.astype("<f4", copy=False).tobytes()
    else:
        for codes in integers(sound, depth):
            yield codes.astype("<i2").tobytes() if depth == "16" else _three_bytes(codes)


def integers(sound: Sound, depth: Depth) -> Iterator[Codes]:
    """A sound as whole numbers, block by block, each of shape (n, C).

    Args:
        sound: within full scale; what exceeds it is clipped.
        depth: "16" (TPDF dither of ±1 step, the same each time; none on what is 16 bit already) or "24" (rounded).
    """
    return _integers_16(sound) if depth == "16" else _integers_24(sound)


def rounded(sound: Sound, depth: Depth) -> Sound:
    """The sound as a file of that depth gives it back."""
    if depth == "32f":
        return sound
    codes = (
        np.concatenate(list(integers(sound, depth))) if sound.frames else np.zeros((0, sound.channels), np.int32)
    )
    return Sound((codes.T / np.float64(2 ** (int(depth) - 1))).astype(np.float32), sound.rate)


def decoder(tag: int, width: int) -> tuple[Decoder, str] | None:
    """What makes samples of bytes and what that depth is called, by format tag and bytes of a sample."""
    return _CODINGS.get((tag, width))


def _blocks(sound: Sound) -> Iterator[Samples]:
    for start in range(0, sound.frames, BLOCK):
        yield np.ascontiguousarray(sound.samples[:, start : start + BLOCK].T)


def _integers_24(sound: Sound) -> Iterator[Codes]:
    for block in _blocks(sound):
        yield np.rint(block * np.float64(2**23)).clip(-(2**23), 2**23 - 1).astype(np.int32)


def _integers_16(sound: Sound) -> Iterator[Codes]:
    # Dither turns the error of rounding into noise: where nothing is rounded, as in a file that was 16 bit
    # already or in digital silence, it would only add that noise.
    scaled = sound.samples * np.float32(2**15)
    bits = None if np.array_equal(scaled, np.rint(scaled)) else np.random.PCG64(_DITHER_SEED)
    for block in _blocks(sound):
        codes = block * np.float64(2**15)
        if bits is not None:
            codes += _triangular(bits, block.shape)
        yield np.rint(codes).clip(-(2**15), 2**15 - 1).astype(np.int32)


def _triangular(bits: np.random.PCG64, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Noise with a triangular density from -1 to 1 (TPDF): the difference of two uniform numbers."""
    # Raw bits: numpy promises the stream of PCG64 for ever, but not what Generator makes of it (NEP 19).
    raw = bits.random_raw(int(np.prod(shape))).reshape(shape)
    first, second = raw >> np.uint64(32), raw & np.uint64(0xFFFFFFFF)
    return (first.astype(np.float64) - second.astype(np.float64)) * 2.0**-32


def _three_bytes(codes: Codes) -> bytes:
    return codes.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


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


_CODINGS: dict[tuple[int, int], tuple[Decoder, str]] = {
    (PCM, 1): (_decoded_8, "8"),
    (PCM, 2): (_decoded_16, "16"),
    (PCM, 3): (_decoded_24, "24"),
    (PCM, 4): (_decoded_32, "32"),
    (FLOAT, 4): (_decoded_32f, "32f"),
    (FLOAT, 8): (_decoded_64f, "64f"),
}
