"""The mixer: MIDI in, buses out, block by block. What every driver calls, and a bounce too.

Rules of the audio thread, for this file and all that it calls (player, voices, interpolate, mapping, midi,
monitor, limiter, meters, heard):

1.  Nothing waits: no lock, no file, no socket, no log line, no print, no sleep. Other threads are heard by
    `say`, a queue whose append and popleft are single steps of the interpreter, and answered by numbers they
    come to read. The interpreter's own lock is one too: a block without news does without it (plain.py).
2.  Nothing grows: memory is there from the start, and what was said is emptied with every block. NumPy's
    temporaries are of a block's size and are gone at its end.
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
from plugin_bridge.audio.heard import Heard
from plugin_bridge.audio.meters import Meters
from plugin_bridge.audio.monitor import MonitorPath
from plugin_bridge.audio.plain import MADE, NEWS, SILENCE, plain
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
        self.meters, self.heard = Meters(), Heard(rate, MOST_FRAMES)
        self.seen: deque[tuple[float, bytes]] = deque(maxlen=_SEEN)
        """What came in, by seconds of `time.perf_counter`; the control thread pops from the left."""
        self._said: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._buses = np.zeros((BUSES, MOST_FRAMES), np.complex64)
        self._nothing = np.zeros((PAIRS, MOST_FRAMES), np.complex64)
        self._pairs, self._news, self._quiet = np.ones(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64)
        numbers = {"news": self._news, "pairs": self._pairs, "quiet": self._quiet}
        parts = (self.voices, self.player, self.monitor, self.meters, self.heard)
        self.plain = plain(rate, parts, self._buses, numbers)

    # ── for the control thread ────────────────────────────────────────────────────────────────────────────────

    def say(self, do: Callable[..., object], *values: Any) -> None:
        """Let the audio thread call a method of the player, the voices or the monitor before its next block."""
        self._said.append((do, values))
        self._news[0] = 1

    def heard_all(self) -> bool:
        """Whether the audio thread has done all that was said."""
        return not self._said

    def use_pairs(self, pairs: int) -> None:
        """Render so many output pairs; the others stay silent and cost nothing."""
        self._pairs[0] = max(1, min(pairs, PAIRS))

    # ── the audio thread ──────────────────────────────────────────────────────────────────────────────────────

    def __call__(self, frames: int, events: Sequence[Event]) -> Buses:
        """Render the next block (driver.Render)."""
        frames = min(frames, MOST_FRAMES)
        pairs = int(self._pairs[0])
        made = NEWS if events or self.plain is None else self.plain(frames)
        if made == MADE:
            return Buses(self._buses[:pairs, :frames], self.monitor.mix[:frames])
        nothing = Buses(self._nothing[:pairs, :frames], self._nothing[0, :frames])
        return nothing if made == SILENCE else self._with_news(frames, events, pairs, nothing)

    def _with_news(self, frames: int, events: Sequence[Event], pairs: int, nothing: Buses) -> Buses:
        """The block in Python, and one without news where nothing is compiled; block.c does the same."""
        began, made = time.perf_counter(), nothing
        try:
            if events or self._said or self._quiet[0] < self.rate:
                outputs = self._buses[:pairs, :frames]
                self._render(frames, events)
                made = Buses(outputs, self.monitor.process(outputs, self._buses[AUDITION, :frames]))
            else:  # a second of silence: the limiter has forgotten, and a laptop may sleep
                self._news[0] = 0
                self.player.advance(frames)
        except Exception:  # noqa: BLE001 (rule 3)
            self.meters.faults += 1
            made = nothing
        share = (time.perf_counter() - began) * self.rate / max(frames, 1)
        self.meters.block(made.outputs, made.monitor, share, silent=bool(self._quiet[0] >= self.rate))
        self.heard.block(made.outputs if self.monitor.in_daw else made.monitor[None])
        return made

    def _render(self, frames: int, events: Sequence[Event]) -> None:
        buses = self._buses[:, :frames]
        buses[:] = 0
        self._news[0] = 0  # before the queue is emptied: what is said meanwhile is the next block's
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
        self._quiet[0] = self._quiet[0] + frames if self.voices.silent() else 0
