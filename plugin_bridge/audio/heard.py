"""How loud it is what plays now: the audio thread lays it down, another thread listens to it a little later.

Weighting and gating cost more than a whole block, so the audio thread only copies, under the rules at the top of
mixer.py; block.c does the same. What is laid down is what the ears get: the monitor, or the outputs where the
sound is heard through the DAW.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio.driver import Stereo
from presets.loudness_live import LiveLoudness, LoudnessMeter

RING_SECONDS = 2.0
"""What is kept for who listens: it is asked ten times a second, and may be late."""


class Heard:
    """What one mixer made lately.

    Attributes:
        ring: (frames,) the newest, in a circle. written: (1,) how many frames so far.
    """

    def __init__(self, rate: int, most_frames: int) -> None:
        """rate: Hz. most_frames: the largest block."""
        self.ring = np.zeros(round(RING_SECONDS * rate) + 2 * most_frames, np.complex64)
        self.ring[:] = 0  # touches every page, before the audio thread does
        self.written: NDArray[np.int64] = np.zeros(1, np.int64)
        self._most, self._read = most_frames, 0
        self._meter = LoudnessMeter(rate)
        self._anew = False

    def block(self, buses: Stereo) -> None:
        """Lay down the sum of buses (n, frames), in the audio thread."""
        at, frames = int(self.written[0]) % self.ring.size, buses.shape[1]
        whole = min(frames, self.ring.size - at)
        np.sum(buses[:, :whole], axis=0, out=self.ring[at : at + whole])
        np.sum(buses[:, whole:], axis=0, out=self.ring[: frames - whole])
        self.written += frames

    def reset(self) -> None:
        """Begin the integrated loudness anew; from any thread."""
        self._anew = True

    def loudness(self) -> LiveLoudness:
        """What a meter shows now, in the one thread that listens. What it comes too late for is left out."""
        written = int(self.written[0])
        first = max(self._read, written - self.ring.size + self._most)
        frames = self._between(first, written)
        self._read = written
        if int(self.written[0]) - first <= self.ring.size - self._most:  # nothing was laid over it meanwhile
            self._meter.hear(frames.view(np.float32).reshape(-1, 2).T)
        if self._anew:
            self._anew = False
            self._meter.reset()
        return self._meter.told()

    def _between(self, first: int, end: int) -> Stereo:
        """A copy of the frames from one to another."""
        size = self.ring.size
        begin, behind = first % size, end - first
        return np.concatenate((self.ring[begin : begin + behind], self.ring[: max(0, begin + behind - size)]))
