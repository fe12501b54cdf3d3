"""Reading sounds between their frames: four points, third order, exact where no frame lies between.

Catmull-Rom (Hermite with central differences): a voice at its own pitch is bit for bit what was loaded. What it
adds to a 1 kHz tone at 48 kHz, played a fifth up, lies more than 70 dB below
(tests/plugin_bridge/audio/test_voices.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio.driver import Stereo

GUARD = 4
"""Frames of silence before and after a sound in the pool, so that its ends are read without looking."""


def read(pool: Stereo, first: NDArray[np.int64], place: NDArray[np.float64], plain: bool = False) -> Stereo:
    """(voices, frames) of sound.

    Args:
        pool: (frames,), all sounds.
        first: (voices,), where each voice's sound begins in the pool.
        place: (voices, frames), frames from there; what lies outside of the pool reads its ends.
        plain: whether every voice plays at its own pitch; then whole places cost one read instead of four.
    """
    whole = np.floor(place)
    index = whole.astype(np.int64)
    x = (place - whole).astype(np.float32)
    index += first[:, None]
    if plain and not x.any():
        return pool.take(index, mode="clip")
    square = x * x
    cube = square * x
    sound = pool.take(index, mode="clip")
    sound *= 1 - 2.5 * square + 1.5 * cube
    for shift, weight in (
        (-1, square - 0.5 * (x + cube)),
        (2, 2 * square + 0.5 * x - 1.5 * cube),
        (1, 0.5 * (cube - square)),
    ):
        index += shift
        tap = pool.take(index, mode="clip")
        tap *= weight
        sound += tap
    return sound
