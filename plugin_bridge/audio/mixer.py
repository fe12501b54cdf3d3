"""The mixer: MIDI in, buses out, block by block. What every driver calls, and a bounce too.

Rules of the audio thread, for this file and all that it calls (player, voices, interpolate, mapping, midi,
monitor, limiter, meters):

1.  Nothing waits: no lock, no file, no socket, no log line, no print, no sleep. Other threads are heard by
    `say`, a queue whose append and popleft are single steps of the interpreter, and answered by numbers they
    come to read.
2.  Nothing grows: queues are bounded, memory is there from the start. NumPy's temporaries are of a block's size
    and are gone at its end.
3.  Nothing escapes: an exception would end the sound for good and nobody would hear of it. The block becomes
    silence and `meters.faults` counts it.
4.  Nothing is collected: the process freezes and disables the garbage collector after set-up, so no cycles are
    made here.
5.  No page is touched that the control thread has not written before.

The other threads call only what is marked for them.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from plugin_bridge.audio.driver import PAIRS, Buses, Event, Stereo
from plugin_bridge.audio.meters import Meters
from plugin_bridge.audio.monitor import MonitorPath
from plugin_bridge.audio.player import Player
from plugin_bridge.audio.protocol import Monitor
from plugin_bridge.audio.voices import AUDITION, BUSES, SLICE, Voices

MOST_FRAMES = 8192
"""The largest block a driver may ask for."""

_SEEN = 1024


class Mixer:
    """One device's worth of sound."""

    def __init__(self, rate: int, pool: Stereo, most_voices: int = 64, monitor: Monitor | None = None) -> None:
        """rate: Hz. pool: where the sounds lie. most_voices: before one is stolen. monitor: its settings."""
        self.rate = rate
        self.voices = Voices(pool, rate, most_voices)
        self.player = Player(self.voices, rate)
        self.monitor = MonitorPath(rate, MOST_FRAMES, monitor)
        self.meters = Meters()
        self.seen: deque[tuple[float, bytes]] = deque(maxlen=_SEEN)
        """What came in, by seconds of `time.perf_counter`; the control thread pops from the left."""
        self._said: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._buses = np.zeros((BUSES, MOST_FRAMES), np.complex64)
        self._nothing = np.zeros((PAIRS, MOST_FRAMES), np.complex64)
        self._pairs = 1
        self._quiet = 0  # frames since something sounded

    # ── for the control thread ────────────────────────────────────────────────────────────────────────────────

    def say(self, do: Callable[..., object], *values: Any) -> None:
        """Let the audio thread call a method of the player, the voices or the monitor before its next block."""
        self._said.append((do, values))

    def heard_all(self) -> bool:
        """Whether the audio thread has done all that was said."""
        return not self._said

    def use_pairs(self, pairs: int) -> None:
        """Render so many output pairs; the others stay silent and cost nothing."""
        self._pairs = max(1, min(pairs, PAIRS))

    # ── the audio thread ──────────────────────────────────────────────────────────────────────────────────────

    def __call__(self, frames: int, events: Sequence[Event]) -> Buses:
        """Render the next block (driver.Render)."""
        began = time.perf_counter()
        frames = min(frames, MOST_FRAMES)
        outputs, monitor = self._nothing[: self._pairs, :frames], self._nothing[0, :frames]
        try:
            if events or self._said or self._quiet < self.rate:
                outputs = self._buses[: self._pairs, :frames]
                self._render(frames, events)
                monitor = self.monitor.process(outputs, self._buses[AUDITION, :frames])
            else:  # a second of silence: the limiter has forgotten, and a laptop may sleep
                self.player.advance(frames)
        except Exception:  # noqa: BLE001 (rule 3)
            self.meters.faults += 1
            outputs, monitor = self._nothing[: self._pairs, :frames], self._nothing[0, :frames]
        share = (time.perf_counter() - began) * self.rate / max(frames, 1)
        self.meters.block(outputs, monitor, share, silent=self._quiet >= self.rate)
        return Buses(outputs, monitor)

    def _render(self, frames: int, events: Sequence[Event]) -> None:
        buses = self._buses[:, :frames]
        buses[:] = 0
        while self._said:
            do, values = self._said[0]
            do(*values)
            self._said.popleft()  # only now: an empty queue means that all is done
        due = 0
        for first in range(0, frames, SLICE):
            count = min(SLICE, frames - first)
            while due < len(events) and events[due][0] < first + count:
                offset, data = events[due]
                self.seen.append((time.perf_counter(), data))
                self.player.midi(data, max(offset - first, 0))
                due += 1
            self.voices.render(count, buses[:, first : first + count])
            self.player.advance(count)
        self._quiet = self._quiet + frames if self.voices.silent() else 0
