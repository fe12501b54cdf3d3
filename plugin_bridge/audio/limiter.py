"""The limiter of the monitor path: no take hurts, and what is below the ceiling passes untouched.

It runs in the audio callback, whose rules hold for everything here after `__init__`: nothing waits, nothing is
logged, read or raised; memory is allocated beforehand but for temporaries of a block's size; and the work is the
same whatever is heard, because a callback is judged by its worst block.

    in ─┬─► delay ───────────────────────────────────────────────────────────────► x ──► out
        └─► points between samples ─► level ─► sliding minimum ─► release ─► mean ─┘

Levels are whole numbers of 2^-24 octaves, held in float64, so that sums are exact and the output never depends on
where one block ends and the next begins. A level of 0 is a gain of exactly 1: the output is the input, delayed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from plugin_bridge.audio import kernel
from presets.loudness_filters import TAPS, interpolator

Frames = NDArray[np.complex64]
Levels = NDArray[np.float64]

_LOOK_AHEAD = 0.0015  # seconds
_RELEASE = 40.0  # dB a second: 20 dB come back in half a second, a 50 Hz tone is bent by 0.4 dB
_FLAT = 4  # frames around a peak in which the gain has arrived: a slope there would make new peaks
_OCTAVE = float(1 << 24)
_FAULT = 1e6  # 120 dB above full scale: no sound
_NEARLY_NOTHING = np.float32(1e-20)  # keeps the taps from denormal numbers, which take 20 times as long


class Told:
    """Numbers (1,) that the audio thread writes. least: the last block's smallest gain; faults: frames so far."""

    def __init__(self) -> None:
        self.least, self.faults = np.ones(1), np.zeros(1, np.int64)


class Limiter:
    """A linked stereo look-ahead limiter for true peaks (4x oversampled as in ITU-R BS.1770-5, annex 2).

    Attributes:
        latency: frames by which the output is later than the input, about 1.5 ms.
        told: what it tells of itself.
        kernel: what limits a block; None where it was not compiled.

    Args:
        rate: Hz.
        most_frames: the largest block worked on at once; a larger one is cut.
        ceiling_db: dBTP that the output does not exceed.
    """

    def __init__(self, rate: int, most_frames: int, ceiling_db: float = -1.0) -> None:
        self.latency = max(round(_LOOK_AHEAD * rate), TAPS // 2 + 2 * _FLAT)
        self.told = Told()
        self._most = most_frames
        self._detector = _Detector(most_frames)
        self._gain = _Gain(rate, most_frames, self.latency - TAPS // 2, 10 ** (ceiling_db / 20))
        self._delay = np.zeros(self.latency + most_frames, np.complex64)
        self.kernel = kernel.limiter(self._gain.shape(self.latency, most_frames))
        self._limit = self.kernel or self._limit_in_numpy

    @property
    def least_gain(self) -> float:
        """The smallest gain of the last block, linear; 1.0 where nothing was limited."""
        return float(self.told.least[0])

    @property
    def faults(self) -> int:
        """Frames so far that were not a number, infinite or above 120 dBFS; they became silence."""
        return int(self.told.faults[0])

    @property
    def reduction_db(self) -> float:
        """The most that was taken away in the last block, dB, 0.0 or more."""
        return -20 * math.log10(self.least_gain)

    def process(self, block: Frames) -> None:
        """Limit a block in place: (frames,) complex64, C-contiguous, left = real, right = imaginary."""
        for first in range(0, len(block), self._most):
            self._piece(block[first : first + self._most])

    def _piece(self, block: Frames) -> None:
        least = self._limit(block)
        if least < 0:
            self._silence_faults(block)
            least = self._limit(block)
        self.told.least[0] = least

    def _limit_in_numpy(self, block: Frames) -> float:
        """Limit a block in place; returns its smallest gain, or -1.0, with nothing done, where one is a fault."""
        frames, floats = len(block), block.view(np.float32)
        if not (
            np.maximum.reduce(floats) < _FAULT and np.minimum.reduce(floats) > -_FAULT
        ):  # true for NaN as well
            return -1.0
        gains = self._gain.of(self._detector.peaks(floats))
        delay = self._delay
        delay[self.latency : self.latency + frames] = block
        heard = delay[:frames].view(np.float32).reshape(-1, 2)
        np.multiply(heard, gains[:, None], out=floats.reshape(-1, 2))
        delay[: self.latency] = delay[frames : frames + self.latency]
        return float(np.minimum.reduce(gains))

    def _silence_faults(self, block: Frames) -> None:
        sound = (np.abs(block.real) < _FAULT) & (np.abs(block.imag) < _FAULT)  # false for what is no number
        block[~sound] = 0
        self.told.faults += len(block) - int(np.count_nonzero(sound))


class _Cut(NamedTuple):
    """The detector's memory for blocks of so many frames.

    row: left, then right, each behind its past, then silence, so that one correlation serves both; both: the
    same as (2, TAPS + frames); points, steps (5, count), slopes, bends (4, count): rows as long as both channels.
    """

    frames: int
    row: NDArray[np.float32]
    both: NDArray[np.float32]
    points: NDArray[np.float32]
    steps: NDArray[np.float32]
    slopes: NDArray[np.float32]
    bends: NDArray[np.float32]


class _Detector:
    """The highest point near each frame, over both channels, half the taps later.

    A parabola through every point and its neighbours finds what 4x oversampling misses: 0.17 dB at a quarter of
    the rate, 0.5 dB above. Measured: 0.005 and 0.07 dB are left.
    """

    def __init__(self, most: int) -> None:
        self._taps = interpolator()
        self._past = np.zeros((2, TAPS), np.float32)
        self._memory = np.zeros(19 * 2 * (TAPS + most) + TAPS - 1, np.float32)
        self._cut = self._cut_for(0)

    def peaks(self, floats: NDArray[np.float32]) -> NDArray[np.float32]:
        """Magnitudes of (frames,) points at or within a frame after each sample, linear, from (2 * frames,)."""
        frames = len(floats) // 2
        if frames != self._cut.frames:
            self._cut = self._cut_for(frames)
        both = self._cut.both
        both[:, :TAPS] = self._past
        np.add(floats.reshape(frames, 2).T, _NEARLY_NOTHING, out=both[:, TAPS:])
        self._past[:] = both[:, frames:]
        self._interpolate()
        heights = self._heights().reshape(both.shape)
        highest: NDArray[np.float32] = np.maximum.reduce(heights[:, 1 : frames + 1], axis=0)
        return highest

    def _cut_for(self, frames: int) -> _Cut:
        """Views of the memory for a block's size: contiguous, which saves a fifth of the time."""
        count = 2 * (TAPS + frames)
        row, rest = self._memory[: count + TAPS - 1], self._memory[count + TAPS - 1 :]
        row[count:] = 0
        rows = rest[: 18 * count].reshape(18, count)
        points, steps = rows[:5], rows[5:10]
        return _Cut(frames, row, row[:count].reshape(2, -1), points, steps, rows[10:14], rows[14:18])

    def _interpolate(self) -> None:
        """Rows of points: the samples, three between, and the next samples."""
        row, points = self._cut.row, self._cut.points
        points[0] = row[TAPS // 2 - 1 : TAPS // 2 - 1 + points.shape[1]]
        points[4, :-1] = points[0, 1:]
        for point, taps in zip(points[1:4], self._taps, strict=True):
            point[:] = np.correlate(row, taps, "valid")

    def _heights(self) -> NDArray[np.float32]:
        """The vertex of the highest parabola of each frame; meaningless across the channels' seam."""
        _, _, _, points, steps, slopes, bends = self._cut
        np.subtract(points[1:], points[:-1], out=steps[1:])
        steps[0, 1:] = steps[4, :-1]
        np.add(steps[1:], steps[:-1], out=slopes)
        np.subtract(steps[1:], steps[:-1], out=bends)
        np.abs(slopes, out=slopes)
        np.abs(bends, out=bends)
        # height = |point| + slope² / 8 bend; where the slope is the larger, a neighbour's parabola is the one.
        np.maximum(bends, slopes, out=bends)
        np.add(bends, np.float32(1e-30), out=bends)
        np.divide(slopes, bends, out=bends)
        np.multiply(bends, slopes, out=slopes)
        np.multiply(slopes, np.float32(0.125), out=slopes)
        heights = np.abs(points[:4], out=bends)
        np.add(heights, slopes, out=heights)
        highest: NDArray[np.float32] = np.maximum.reduce(heights, axis=0)
        return highest


class _Gain:
    """From peaks to gains, so much later that every gain has fallen when its peak comes."""

    def __init__(self, rate: int, most: int, ahead: int, ceiling: float) -> None:
        self._per_ceiling = 1 / ceiling
        self._hold, self._mean = ahead + _FLAT + 1, ahead - _FLAT + 2
        self._shifts = _doubling(self._hold)
        self._levels = np.zeros(self._hold - 1 + most)
        self._least = np.zeros((2, self._hold - 1 + most))
        self._slope = max(1.0, round(_RELEASE / (20 * math.log10(2)) * _OCTAVE / rate))
        self._ramp = self._slope * np.arange(most)
        self._released = np.zeros(self._mean - 1 + most)
        self._sums = np.zeros(self._mean + most)
        self._gains = np.zeros(most, np.float32)

    def shape(self, latency: int, most: int) -> kernel.Shape:
        """The same for the kernel."""
        return kernel.Shape(
            latency, self._hold, self._mean, most, interpolator(), self._per_ceiling, self._slope, _FAULT
        )

    def of(self, peaks: NDArray[np.float32]) -> NDArray[np.float32]:
        """Gains (frames,), 1.0 at the most, from peaks (frames,), both linear."""
        frames = len(peaks)
        self._append_levels(peaks)
        least = self._sliding_minimum(frames)
        self._append_released(least)
        means = self._sliding_mean(frames)
        gains = self._gains[:frames]
        gains[:] = np.exp2(means, out=means)
        return gains

    def _append_levels(self, peaks: NDArray[np.float32]) -> None:
        """What must be taken away, as whole numbers: 0 up to the ceiling, negative above."""
        levels = self._levels[self._hold - 1 : self._hold - 1 + len(peaks)]
        np.multiply(peaks, self._per_ceiling, out=levels, dtype=np.float64)
        np.maximum(levels, 1.0, out=levels)
        np.log2(levels, out=levels)
        np.multiply(levels, -_OCTAVE, out=levels)
        np.floor(levels, out=levels)

    def _sliding_minimum(self, frames: int) -> Levels:
        """The least of every `hold` levels, by windows of 2, 4, 8 … frames."""
        count, here, scratch = self._hold - 1 + frames, self._levels, self._least
        for turn, shift in enumerate(self._shifts):
            count -= shift
            here = np.minimum(here[:count], here[shift : shift + count], out=scratch[turn % 2, :count])
        self._levels[: self._hold - 1] = self._levels[frames : frames + self._hold - 1]
        return here

    def _append_released(self, least: Levels) -> None:
        """Down at once, up at `slope` a frame: r[i] = min(m[i], r[i-1] + slope), as one running minimum."""
        frames, ramp = len(least), self._ramp[: len(least)]
        past = self._mean - 1
        released = self._released[past : past + frames]
        least[0] = min(least[0], self._released[past - 1] + self._slope)
        np.subtract(least, ramp, out=least)
        np.minimum.accumulate(least, out=released)
        np.add(released, ramp, out=released)

    def _sliding_mean(self, frames: int) -> Levels:
        """The mean of every `mean` released levels, in octaves: the attack, a straight line in dB."""
        sums, past = self._sums, self._mean - 1
        np.add.accumulate(self._released[: past + frames], out=sums[1 : past + frames + 1])
        means = np.subtract(sums[self._mean : self._mean + frames], sums[:frames], out=self._least[0, :frames])
        self._released[:past] = self._released[frames : frames + past]
        return np.multiply(means, 1 / (self._mean * _OCTAVE), out=means)


def _doubling(window: int) -> list[int]:
    """Shifts by which windows of 1, 2, 4 … frames grow to the window."""
    shifts, width = [], 1
    while width < window:
        shifts.append(min(width, window - width))
        width += shifts[-1]
    return shifts
