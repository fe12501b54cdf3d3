"""The bridge between two outputs that run on two clocks: what one plays, the other plays at its own pace.

Monitor and DAW may be two devices, and no two crystals agree: at 200 ppm a buffer of 20 ms is empty after 100 s.
So the second output resamples by a ratio that a slow loop steers, until as much is taken as was given.

Who calls what: `write` only the callback of clock A, `read` only the callback of clock B, each in its own thread.
They share a ring and one counter each, which only its owner sets and which never goes back, so neither waits: a
counter is set after the frames it tells of. The writer never asks for the reader; a reader that was left behind
sees it by the counters. Nothing is allocated but temporaries of a block's size, logged or raised.

    write ─► ring ─► windows of 32 frames ─► sinc at the position's fraction ─► fade ─► read
                          ▲ position += ratio ◄── loop ◄── frames in the ring
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.complex64]

_TAPS = 32  # flat to 0.43 of the rate, to 0.37 of the lower one where it is half the other
_PHASES = 256  # rows of sinc a frame; the line between two of them is wrong by -94 dB at most
_MOST_DRIFT = 0.005  # of the ratio: more is no clock but a wrong rate, and would be heard as a wrong pitch
_FADE = 0.0025  # seconds
_LOOP = 0.05  # natural frequency in rad/s: drift is corrected within a minute, blocks are not followed
_SMOOTHING = 4.0  # the fill is averaged over 1 / (4 * _LOOP) seconds: blocks make it a saw


class DriftBridge:
    """A single-producer, single-consumer ring whose reader resamples by a ratio that follows the writer's clock.

    Attributes:
        ratio: frames taken for a frame given, within 0.5 % of rate_in / rate_out. Set by the reader.
        underruns: how often the reader found too little, faded out and started again.
        overruns: how often it found too much, faded out and left frames out.

    Args:
        rate_in: clock A's frames per second, nominally.
        rate_out: clock B's.
        most_frames: the largest block of either.
        target_ms: what the ring holds on average when the reader comes. Where the blocks are so large that this
            would run dry, it is raised to a reader's block, one and a half of the writer's, and the fade.
    """

    def __init__(self, rate_in: int, rate_out: int, most_frames: int, target_ms: float) -> None:
        self.ratio = rate_in / rate_out
        self.underruns = self.overruns = 0
        self._written = self._largest = 0  # the writer's
        self._fade = _Fade(round(_FADE * rate_out))
        self._spare = math.ceil(self._fade.length * self.ratio * (1 + _MOST_DRIFT)) + _TAPS
        self._target = round(target_ms / 1000 * rate_in)
        self._most = most_frames
        self._room = self._roomy(most_frames)
        self._ring = np.zeros(2 * self._room, np.complex64)  # twice, so that no window has a seam
        floats = self._ring.view(np.float32)
        self._windows = np.lib.stride_tricks.sliding_window_view(floats, 2 * _TAPS)[::2]
        self._sinc = _sinc_rows(min(1.0, 1 / self.ratio))
        self._loop = _Loop(rate_in, rate_out)
        self._taken, self._fraction = 0, 0.0  # the reader's position: a window begins here
        self._steps = np.arange(most_frames + 1, dtype=np.float64)

    @property
    def fill(self) -> int:
        """Frames of clock A in the ring, seen from any thread."""
        return self._written - self._taken

    def write(self, block: Frames) -> None:
        """Add (frames,) complex64; only from clock A's callback. Never waits, never fails."""
        for first in range(0, len(block), self._most):
            self._write(block[first : first + self._most])

    def read(self, out: Frames) -> None:
        """Fill (frames,) complex64, with silence where there is nothing; only from clock B's callback."""
        for first in range(0, len(out), self._most):
            self._read(out[first : first + self._most])

    def _write(self, block: Frames) -> None:
        frames, room, ring = len(block), self._room, self._ring
        start = self._written % room
        ring[start : start + frames] = block
        early = max(0, min(frames, room - start))
        ring[start + room : start + room + early] = block[:early]
        ring[: frames - early] = block[early:]
        self._largest = max(self._largest, frames)
        self._written += frames

    def _read(self, out: Frames) -> None:
        fill, need = self._written - self._taken, math.ceil(len(out) * self.ratio) + 1
        goal = max(self._target, need + self._largest * 3 // 2 + self._spare)
        if self._fade.silent:
            if fill < goal:
                out[:] = 0
                return
            fill = self._start(fill, goal)
        if not self._fade.leaving:
            self._watch(fill, need, goal)
        audible = self._fade.audible(len(out))
        self._resample(out[:audible])
        self._fade.apply(out[:audible])
        out[audible:] = 0
        if not self._fade.leaving:
            self.ratio = self._loop.step(fill - goal, len(out))

    def _start(self, fill: int, goal: int) -> int:
        """Begin with exactly `goal` frames in the ring."""
        self._taken += fill - goal
        self._loop.start()
        self._fade.enter()
        return goal

    def _watch(self, fill: int, need: int, goal: int) -> None:
        """Leave while there still is enough to fade out with, or before the writer laps the reader."""
        if fill < need + self._spare:
            self.underruns += 1
            self._fade.leave()
        elif fill > self._room - 2 * self._most:  # overwritten: nothing to fade out with, the device had stopped
            self.overruns += 1
            self._fade.stop()
        elif fill > goal + self._roomy(self._largest) // 4:
            self.overruns += 1
            self._fade.leave()

    def _roomy(self, block: int) -> int:
        return 4 * (self._target + self._spare) + 16 * block

    def _resample(self, out: Frames) -> None:
        """Sinc interpolation between 256 phases: two neighbouring rows, then the line between their results."""
        position = self._steps[: len(out) + 1] * self.ratio + self._fraction
        whole = position.astype(np.intp)
        phase = (position[:-1] - whole[:-1]) * _PHASES
        row = phase.astype(np.intp)
        windows = self._windows[whole[:-1] + self._taken % self._room].reshape(-1, _TAPS, 2)
        pair = self._sinc[row] @ windows
        between = (phase - row).astype(np.float32)[:, None]
        floats = out.view(np.float32).reshape(-1, 2)
        np.subtract(pair[:, 1], pair[:, 0], out=floats)
        np.multiply(floats, between, out=floats)
        np.add(floats, pair[:, 0], out=floats)
        self._fraction = float(position[-1] - whole[-1])
        self._taken += int(whole[-1])


class _Loop:
    """A PI loop, critically damped, from the fill's error to the ratio."""

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self._nominal, self._rate_out = rate_in / rate_out, rate_out
        self._direct, self._summed = 2 * _LOOP / rate_in, _LOOP**2 / rate_in
        self._error = self._drift = 0.0

    def start(self) -> None:
        """Forget how full the ring was, not how far the clocks are apart."""
        self._error = 0.0

    def step(self, error: int, frames: int) -> float:
        """The ratio after `frames` of clock B at which the ring held `error` frames too many."""
        seconds = frames / self._rate_out
        self._error += (error - self._error) * min(1.0, seconds * _SMOOTHING * _LOOP)
        self._drift = _bounded(self._drift + self._summed * self._error * seconds)
        return self._nominal * (1 + _bounded(self._drift + self._direct * self._error))


class _Fade:
    """In and out by half a raised cosine; `at` is how many frames of it are up."""

    def __init__(self, length: int) -> None:
        self.length = max(1, length)
        self.leaving = True
        self._at = 0
        self._curve = (0.5 - 0.5 * np.cos(np.pi * np.arange(self.length + 1) / self.length)).astype(np.float32)

    @property
    def silent(self) -> bool:
        """Whether nothing is heard, and nothing will be before `enter`."""
        return self._at == 0 and self.leaving

    def enter(self) -> None:
        self.leaving = False

    def leave(self) -> None:
        self.leaving = True

    def stop(self) -> None:
        self.leaving, self._at = True, 0

    def audible(self, frames: int) -> int:
        """How many of the next frames are heard."""
        return min(frames, self._at) if self.leaving else frames

    def apply(self, out: Frames) -> None:
        if not self.leaving and self._at == self.length:
            return
        step = -1 if self.leaving else 1
        at = np.clip(self._at + step * np.arange(1, len(out) + 1), 0, self.length)
        np.multiply(out, self._curve[at], out=out)
        self._at = int(at[-1]) if len(at) else self._at


def _bounded(drift: float) -> float:
    return max(-_MOST_DRIFT, min(_MOST_DRIFT, drift))


def _sinc_rows(cutoff: float) -> NDArray[np.float32]:
    """Rows (phases, 2, taps) of a Kaiser-windowed sinc at each phase and the next, summing to 1 each.

    Args:
        cutoff: the lower of the two rates, relative to clock A's.
    """
    distance = np.arange(_TAPS) - (_TAPS // 2 - 1) - np.arange(_PHASES + 1)[:, None] / _PHASES
    window = np.i0(8.0 * np.sqrt(np.maximum(1 - (distance / (_TAPS // 2)) ** 2, 0)))
    rows = np.sinc(cutoff * distance) * window
    rows = (rows / rows.sum(axis=1, keepdims=True)).astype(np.float32)
    return np.ascontiguousarray(np.stack([rows[:-1], rows[1:]], axis=1))
