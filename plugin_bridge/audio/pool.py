"""One preallocated block of memory for all sounds, so that the audio thread touches no file and no new page.

The control thread copies sounds in before anything refers to them. Memory that was never written costs nothing:
the system hands out pages at the first write, which happens here and never in the audio thread.
"""

from __future__ import annotations

import ctypes
import sys

import numpy as np

from plugin_bridge.audio.driver import Stereo
from plugin_bridge.audio.errors import NotLoaded
from plugin_bridge.audio.interpolate import GUARD

BYTES_PER_FRAME = 8


class Pool:
    """Sounds side by side, with silence between them. For the control thread; only `samples` is read elsewhere."""

    def __init__(self, megabytes: int = 512) -> None:
        """An empty pool. megabytes: about 2.7 minutes of stereo at 48 kHz for every 64."""
        frames = megabytes * 2**20 // BYTES_PER_FRAME
        self.samples: Stereo = np.zeros(frames, np.complex64)
        self._free = [(GUARD, frames - GUARD)]  # (first frame, end), by rising first frame

    @property
    def size(self) -> int:
        """Bytes of the pool."""
        return self.samples.nbytes

    @property
    def used(self) -> int:
        """Bytes that sounds take, their silence included."""
        return self.size - sum(end - first for first, end in self._free) * BYTES_PER_FRAME

    def take(self, frames: int) -> int:
        """Room for a sound: the frame where it begins, silence around it.

        Raises:
            NotLoaded: no gap is large enough.
        """
        room = frames + 2 * GUARD
        for number, (first, end) in enumerate(self._free):
            if end - first >= room:
                self._free[number : number + 1] = [(first + room, end)] if end - first > room else []
                self.samples[first : first + room] = 0
                return first + GUARD
        raise NotLoaded(
            f"The sounds in use fill the pool of {self.size >> 20} MB. Unload some, or split the kit in two."
        )

    def give(self, first: int, frames: int) -> None:
        """Take a sound's room back; nothing may play it any more."""
        gap = (first - GUARD, first + frames + GUARD)
        merged: list[tuple[int, int]] = []
        for begin, end in sorted([*self._free, gap]):
            if merged and merged[-1][1] == begin:
                merged[-1] = (merged[-1][0], end)
            else:
                merged.append((begin, end))
        self._free = merged


def lock_pages() -> bool:
    """Ask the system never to swap this process out; False where it says no (no right, no such call)."""
    if sys.platform == "win32":
        return False
    current, future = 1, 2
    if sys.platform == "linux":
        future |= 4  # MCL_ONFAULT: pages that were never written stay free
    try:
        return ctypes.CDLL(None).mlockall(current | future) == 0
    except (OSError, AttributeError):
        return False
