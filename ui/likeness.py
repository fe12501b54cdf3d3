"""How a sound sounds, as a vector: what "sounds like this" compares.

Its spectrum in bands evenly spaced in octaves, how much each band moves, and how the whole grows and dies: made of
the samples alone, so that recordings are found beside generated takes, without a model. It knows nothing of
meaning: a bell and a glass are alike where their sound is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from presets.export import wav
from presets.sound import Sound

SPACE = "spectrum-1"
"""Raised whenever the numbers change, so that old vectors are not compared with new ones."""

COMPARES = "Compares how sounds are: their spectrum, how it moves, and how they grow and die; not what they mean."

_RATE = 32_000  # Hz, at which sounds are compared
_WINDOW, _HOP = 1024, 512
_BANDS, _LOWEST = 40, 50.0
_SLICES = 16
_FLOOR_DB, _LONGEST = -80.0, 30.0  # dB below the loudest; seconds
_AT_ONCE = 64  # frames; a transform keeps Python's lock, and the window waits for it
_LENGTH_WEIGHT = 0.6


def of_file(path: Path) -> NDArray[np.float32]:
    """The vector of a WAV.

    Raises:
        UnreadableFile: it cannot be read.
    """
    return vector(wav.read(path).sound)


def vector(sound: Sound) -> NDArray[np.float32]:
    """A sound as a vector, shape (2 * 40 + 16 + 1,), never all zero."""
    levels = _levels(sound.resampled(_RATE) if sound.rate != _RATE else sound)
    mean = levels.mean(axis=0)
    colour = mean - mean.mean()
    motion = levels.std(axis=0)
    course = np.array([part.mean() for part in np.array_split(levels.max(axis=1), _SLICES)])
    length = np.log2(max(sound.seconds, 0.05)) * _LENGTH_WEIGHT
    parts = (_even(colour), _even(motion - motion.mean()), _even(course - course.mean()), np.array([length]))
    return np.concatenate(parts).astype(np.float32) + 1e-6


def _levels(sound: Sound) -> NDArray[np.float32]:
    """(frames, bands) in units of 20 dB above the floor."""
    mono = sound.samples.mean(axis=0)[: round(_LONGEST * sound.rate)]
    mono = np.pad(mono, (0, max(0, _SLICES * _HOP + _WINDOW - mono.size)))
    frames = np.lib.stride_tricks.sliding_window_view(mono, _WINDOW)[::_HOP]
    weights, window = _weights(), np.hanning(_WINDOW).astype(np.float32)
    parts = [
        np.abs(np.fft.rfft(frames[first : first + _AT_ONCE] * window)).astype(np.float32) ** 2 @ weights
        for first in range(0, len(frames), _AT_ONCE)
    ]
    power = np.concatenate(parts)
    level = 10 * np.log10(np.maximum(power / max(float(power.max()), 1e-12), 1e-12))
    found: NDArray[np.float32] = ((np.maximum(level, _FLOOR_DB) - _FLOOR_DB) / 20).astype(np.float32)
    return found


def _weights() -> NDArray[np.float32]:
    """(513, 40): which frequencies a band holds; every band at least the nearest."""
    edges = np.geomspace(_LOWEST, _RATE / 2, _BANDS + 1) * _WINDOW / _RATE
    weights = np.zeros((_WINDOW // 2 + 1, _BANDS), np.float32)
    for band in range(_BANDS):
        low = min(round(edges[band]), _WINDOW // 2)
        weights[low : max(round(edges[band + 1]), low + 1), band] = 1.0
    return weights / weights.sum(axis=0)


def _even(part: NDArray[np.float32]) -> NDArray[np.float32]:
    """A part that counts as much as the others, whatever its length; one without any shape counts nothing."""
    size = float(np.linalg.norm(part))
    return part / size if size > 1e-3 else np.zeros_like(part)
