"""The state of all voices as rows of arrays, where the kernel and NumPy both find it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SLICE = 128
"""Frames that are rendered at a time; events fall between any two of them."""

LISTEN = 4
"""Slices between two looks at how loud each voice is."""

NO_CHANNEL = 16
"""Channel of a voice that no MIDI channel started."""

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Gains = NDArray[np.float32]


class Rows:
    """One row a voice. Made once: the arrays are written to, never replaced.

    Attributes:
        live: whether it sounds.
        first: frame of the pool where its sound begins. length, loop: frames, see voices.Start.
        bus, channel: where it goes, and whose pitch it follows.
        place: frame of its sound, from first. step: frames of sound a frame of output.
        age: frames since it began; negative before. attack, release: frames. end: age at which it lets go.
        gain, wish, base: (rows, 2) left and right: now, at the end of the next slice, of the voice alone.
        power: mean square of what was heard of it lately.
        slices: (1,) rendered so far.
        bend: (17,) the pitch of every channel as a factor; the last one is for voices of no channel.
    """

    def __init__(self, rows: int) -> None:
        self.count = rows
        self.live = np.zeros(rows, bool)
        self.first, self.bus, self.channel = (np.zeros(rows, np.int64) for _ in range(3))
        self.length, self.loop, self.place, self.step = (np.zeros(rows) for _ in range(4))
        self.age, self.attack, self.end, self.release = (np.zeros(rows) for _ in range(4))
        self.gain, self.wish, self.base = (np.zeros((rows, 2), np.float32) for _ in range(3))
        self.power = np.zeros(rows, np.float32)
        self.slices = np.zeros(1, np.int64)
        self.bend = np.ones(NO_CHANNEL + 1)
