"""How loud a sound is while it plays: what the meters of EBU Tech 3341 show, from the frames as they come.

The same weighting, windows and gates as loudness.py, ten times a second instead of at the end, in memory that
never grows: a meter may run for days.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from presets.loudness import GATE, MOMENTARY, SHORT_TERM, SILENT, lufs
from presets.loudness_filters import MEMORY, Samples, k_response

STEPS = 10
"""Measurements in a second."""

_MOMENTARY, _SHORT_TERM = round(MOMENTARY * STEPS), round(SHORT_TERM * STEPS)
_LOUDEST = 40.0  # LUFS; what is louder is counted there
_FINENESS = 100  # cells in 1 LU: the relative gate falls on the border of one, blocks are added up exactly


@dataclass(frozen=True)
class LiveLoudness:
    """LUFS: of the last 400 ms, of the last 3 s, gated since the reset; -inf for silence and for nothing yet."""

    momentary: float
    short_term: float
    integrated: float


class LoudnessMeter:
    """Measures what it is told, in one thread."""

    def __init__(self, rate: int) -> None:
        """Silence came before. rate: Hz, 8,000 or more."""
        self._rate, self._step, self._memory = rate, 0, round(MEMORY * rate)
        self._size = self._memory + -(-rate // STEPS)
        self._response = k_response(rate, self._size)
        self._rest = np.zeros((2, self._memory), np.float32)
        self._powers: deque[float] = deque([0.0] * _SHORT_TERM, _SHORT_TERM)
        self._gated = _Gated()
        self._since = 0

    def reset(self) -> None:
        """Begin the integrated loudness anew, with the blocks that begin from now on."""
        self._gated = _Gated()
        self._since = 0

    def hear(self, samples: Samples) -> None:
        """What played next, (2, N) float32, of any length."""
        rest = np.concatenate((self._rest, samples), axis=1)
        while rest.shape[1] >= self._memory + (count := self._next()):
            self._measure(rest[:, : self._memory + count])
            rest = rest[:, count:]
        self._rest = rest.copy()

    def told(self) -> LiveLoudness:
        """What a meter shows now."""
        powers = np.array(self._powers)
        momentary, short_term = lufs(np.array((powers[-_MOMENTARY:].mean(), powers.mean())))
        return LiveLoudness(float(momentary), float(short_term), self._gated.loudness())

    def _next(self) -> int:
        """Frames of the next step: their borders lie at tenths of a second at any rate."""
        return (self._step + 1) * self._rate // STEPS - self._step * self._rate // STEPS

    def _measure(self, samples: Samples) -> None:
        """Take note of a step, (2, memory + frames of the step)."""
        self._step = (self._step + 1) % STEPS
        self._powers.append(self._power(samples))
        self._since += 1
        if self._since >= _MOMENTARY:
            self._gated.add(float(np.mean(list(self._powers)[-_MOMENTARY:])))

    def _power(self, samples: Samples) -> float:
        """Mean power of the weighted step over both channels; 0 where something is no number."""
        if not samples.any():  # nothing plays, most of the time
            return 0.0
        with np.errstate(all="ignore"):
            spectrum = np.fft.rfft(samples.astype(np.float64), self._size) * self._response
            weighted = np.fft.irfft(spectrum, self._size)[:, self._memory : samples.shape[1]]
            power = float(np.square(weighted).mean(axis=1).sum())
        return power if np.isfinite(power) else 0.0


class _Gated:
    """The integrated loudness of any number of blocks, in cells of hundredths of 1 LU."""

    def __init__(self) -> None:
        cells = round((_LOUDEST - SILENT) * _FINENESS)
        self._counts: NDArray[np.int64] = np.zeros(cells, np.int64)
        self._powers: NDArray[np.float64] = np.zeros(cells)

    def add(self, power: float) -> None:
        """Count a block of 400 ms."""
        level = float(lufs(np.array(power)))
        if level > SILENT:
            cell = min(int((level - SILENT) * _FINENESS), len(self._counts) - 1)
            self._counts[cell] += 1
            self._powers[cell] += power

    def loudness(self) -> float:
        """LUFS; -inf of no block."""
        if not self._counts.any():
            return -np.inf
        gate = float(lufs(self._powers.sum() / self._counts.sum())) + GATE
        first = max(0, round((gate - SILENT) * _FINENESS))
        return float(lufs(self._powers[first:].sum() / self._counts[first:].sum()))
