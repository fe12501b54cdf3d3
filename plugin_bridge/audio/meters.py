"""What the audio thread tells of itself: numbers in preallocated arrays, read in one snapshot.

An underrun is a number that is polled, never a line that is logged: the audio thread writes, the control thread
reads and begins anew, and neither waits for the other.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio import kernel
from plugin_bridge.audio.driver import PAIRS, Stereo

CHANNELS = 2 * (PAIRS + 1)
"""Left and right of every output pair, then of the monitor."""

HOLD_SECONDS = 1.5
"""How long a peak is told."""

_LOADS = 4096


@dataclass(frozen=True)
class Snapshot:
    """Peaks (CHANNELS,) linear, held; samples clipped since the last one; p50, p99, largest share of a block."""

    peaks: NDArray[np.float32]
    clips: int
    load: tuple[float, float, float]


class Meters:
    """Counters of one mixer.

    Attributes:
        blocks, clips: (1,) rendered, and samples beyond full scale, so far.
        peaks: (2, CHANNELS) linear; side: (1,) which of the two rows the audio thread raises.
        loads: (_LOADS,) a ring of the blocks' shares of their time.
        faults: blocks that failed and became silence: none, ever, but a fault must not end the sound.
    """

    def __init__(self) -> None:
        self.faults = 0
        self.blocks, self.clips, self.side = (np.zeros(1, np.int64) for _ in range(3))
        self.peaks, self.loads = np.zeros((2, CHANNELS), np.float32), np.zeros(_LOADS, np.float32)
        self._told_clips = 0
        self._note = kernel.peaks() or _note_in_numpy
        self._held, self._held_until = np.zeros(CHANNELS, np.float32), np.zeros(CHANNELS)

    @property
    def beat(self) -> int:
        """Blocks rendered."""
        return int(self.blocks[0])

    def block(self, outputs: Stereo, monitor: Stereo, share: float, silent: bool = False) -> None:
        """Note a block, in the audio thread. outputs: the pairs in use. share: of its time that rendering took."""
        peaks = self.peaks[self.side[0]]
        if not silent:
            for pair, bus in enumerate(outputs):
                self.clips += self._note(bus, peaks[2 * pair : 2 * pair + 2])
            self.clips += self._note(monitor, peaks[-2:])
        self.loads[self.beat % _LOADS] = share
        self.blocks += 1

    def snapshot(self) -> Snapshot:
        """What happened since the last snapshot, for the control thread."""
        peaks = self.peaks[self.side[0]]
        self.side[0] = 1 - self.side[0]
        told = self._hold(peaks)
        peaks[:] = 0
        total = int(self.clips[0])
        clips, self._told_clips = total - self._told_clips, total
        return Snapshot(told, clips, self._load())

    def _load(self) -> tuple[float, float, float]:
        """p50, p99 and largest of the last _LOADS blocks."""
        blocks = min(self.beat, _LOADS)
        if not blocks:
            return (0.0, 0.0, 0.0)
        half, most = blocks // 2, min(blocks - 1, blocks * 99 // 100)
        shares = np.partition(self.loads[:blocks], (half, most))
        return float(shares[half]), float(shares[most]), float(shares[most:].max())

    def _hold(self, peaks: NDArray[np.float32]) -> NDArray[np.float32]:
        """The highest of each channel's last HOLD_SECONDS, as far as snapshots were taken."""
        now = time.monotonic()
        higher = (peaks >= self._held) | (now > self._held_until)
        self._held[higher] = peaks[higher]
        self._held_until[higher] = now + HOLD_SECONDS
        return self._held.copy()


def _note_in_numpy(bus: Stereo, peaks: NDArray[np.float32]) -> int:
    """Raise the peaks (2,) to those of a bus (frames,); returns how many of its samples exceed full scale."""
    sides = bus.view(np.float32).reshape(-1, 2)
    highest = np.maximum(sides.max(0), -sides.min(0))
    np.maximum(peaks, highest, out=peaks)
    return int(np.count_nonzero(np.abs(sides) > 1.0)) if (highest > 1.0).any() else 0
