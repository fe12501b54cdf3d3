"""What an intensity curve makes of a sound: the gain of each sample, the same on every machine, to the last bit.

Only operations that IEEE 754 rounds exactly are used, one at a time, and 2 to a power is our own series, because
the last bits of a maths library differ between processors. Without points a sound stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from presets.sound import Samples

_OCTAVES_A_DB = 0.16609640474436813  # log2(10) / 20
_LN2 = 0.6931471805599453
_TERMS = 10  # the first one left out is below 2e-13 at half an octave; float32 keeps 6e-8


def gains(points: Sequence[tuple[float, float]], count: int) -> Samples:
    """What each of so many samples is multiplied with, (count,) float32; sample n lies at n / count."""
    levels = _levels(points, count) * _OCTAVES_A_DB
    whole = np.rint(levels)
    return np.ldexp(_power(levels - whole), whole.astype(np.int32)).astype(np.float32)


def followed(samples: Samples, points: Sequence[tuple[float, float]]) -> Samples:
    """Samples (C, N) under a curve; the very same ones where there is none."""
    return samples * gains(points, samples.shape[1]) if points else samples


def _levels(points: Sequence[tuple[float, float]], count: int) -> NDArray[np.float64]:
    """The dB at each sample, (count,)."""
    at, db = (np.array(one, np.float64) for one in zip(*points, strict=True))
    if len(at) == 1:
        return np.full(count, db[0])
    place = np.arange(count, dtype=np.float64) / count
    left = np.clip(np.searchsorted(at, place, side="right") - 1, 0, len(at) - 2)
    share = np.clip((place - at[left]) / (at[left + 1] - at[left]), 0.0, 1.0)
    return db[left] + share * (db[left + 1] - db[left])


def _power(octaves: NDArray[np.float64]) -> NDArray[np.float64]:
    """2 to the power of -0.5 .. 0.5, by the series of the exponential and Horner's rule; 1 at 0."""
    x, sum_ = octaves * _LN2, np.ones_like(octaves)
    for term in range(_TERMS, 0, -1):
        sum_ = sum_ * x / term + 1.0
    return sum_
