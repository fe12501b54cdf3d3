"""Where something begins to be heard in a sound: by spectral flux, then to the frame by its level.

Flux (how much each band of the spectrum rises from one window to the next) finds hits that lie in the tail of
the ones before them; it does not tell the frame, which the level then does. Sources: Bello et al., A Tutorial on
Onset Detection in Music Signals (2005); Dixon, Onset Detection Revisited (2006), section 2.6 on picking peaks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from presets.sound import Sound, linear

CLOSEST = 0.08
"""Seconds: two onsets are at least so far apart, else they are heard as one."""

_HOP, _WINDOW = 0.005, 0.023  # seconds
_COMPRESSION = 1000.0  # log(1 + c x): a quiet hit counts beside a loud one
_LEAST_FLUX = 0.08  # of all that the loudest window holds: what is below is the sound's own unrest
_OVER_MEDIAN, _MEDIAN_SECONDS = 2.0, 0.25
_BACK, _AHEAD = 0.040, 0.030  # seconds around a flux peak in which the level rises
_OVER_FLOOR_DB, _UNDER_PEAK_DB = 6.0, -26.0
_BLOCK = 0.001
_AT_A_TIME = 2048  # windows: bounds the memory that an hour of sound takes

Values = NDArray[np.float64]


def onsets(sound: Sound, closest: float = CLOSEST) -> list[int]:
    """The frames at which something begins, in order; empty for silence and for what only swells.

    Args:
        sound: of any length, rate and number of channels.
        closest: seconds that two onsets are apart at least; the stronger one stays.
    """
    if not sound.peak:
        return []
    hop = max(1, round(_HOP * sound.rate))
    flux = _flux(sound, hop)
    levels = _levels(sound)
    found: list[int] = []
    for at in _peaks(flux, max(1, round(closest / _HOP)), max(1, round(_MEDIAN_SECONDS / _HOP))):
        frame = _refined(sound, levels, at * hop)
        if not found or frame - found[-1] >= 0.5 * closest * sound.rate:
            found.append(frame)
    return found


def first_onset(sound: Sound) -> int:
    """The frame at which a sound begins to be heard; 0 where nothing marks it."""
    return next(iter(onsets(sound)), 0)


def _flux(sound: Sound, hop: int) -> Values:
    """How much the spectrum rises up to each hop's frame, as a share of the fullest window's."""
    size = 1 << max(4, round(np.log2(_WINDOW * sound.rate)))
    window = np.hanning(size).astype(np.float32)
    # Silence before the beginning: a sound that starts at once has an onset there.
    padded = np.pad(np.abs(sound.samples).max() ** -1 * sound.samples, ((0, 0), (size, size)))
    starts = np.arange(0, sound.frames + size // 2, hop) + size // 2
    views = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)
    flux, fullest = np.zeros(len(starts)), 1e-12
    before = np.zeros(size // 2 + 1)
    for first in range(0, len(starts), _AT_A_TIME):
        chosen = views[:, starts[first : first + _AT_A_TIME]] * window
        magnitudes = np.abs(np.fft.rfft(chosen, axis=2)).sum(axis=0) * (2.0 / size)
        heights = np.log1p(_COMPRESSION * magnitudes)
        rises = np.diff(np.vstack([before, heights]), axis=0)
        flux[first : first + len(rises)] = np.maximum(rises, 0.0).sum(axis=1)
        before, fullest = heights[-1], max(fullest, float(heights.sum(axis=1).max()))
    return flux / fullest


def _peaks(flux: Values, apart: int, around: int) -> list[int]:
    """Where the flux stands out of its surroundings, the strongest of neighbours."""
    span = np.pad(flux, around)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(span, 2 * around + 1), axis=1)
    high = np.flatnonzero((flux >= _LEAST_FLUX) & (flux >= _OVER_MEDIAN * medians))
    taken: list[int] = []
    for at in sorted(high, key=lambda at: -flux[at]):
        if all(abs(at - other) >= apart for other in taken):
            taken.append(int(at))
    return sorted(taken)


def _levels(sound: Sound) -> Values:
    """Peak of each millisecond over all channels, (blocks,)."""
    block = max(1, round(_BLOCK * sound.rate))
    loudest = np.abs(sound.samples).max(axis=0)
    padded = np.pad(loudest, (0, -len(loudest) % block))
    return padded.reshape(-1, block).max(axis=1).astype(np.float64)


def _refined(sound: Sound, levels: Values, frame: int) -> int:
    """The frame at which the level leaves what was there before, for the peak that follows."""
    block = max(1, round(_BLOCK * sound.rate))
    earliest = max(0, (frame - round(_BACK * sound.rate)) // block)
    latest = min(len(levels), (frame + round(_AHEAD * sound.rate)) // block + 1)
    part = levels[earliest:latest]
    if not len(part):
        return min(frame, sound.frames)
    top = int(np.argmax(part))
    floor = float(part[: top + 1].min())
    limit = min(max(floor * linear(_OVER_FLOOR_DB), float(part[top]) * linear(_UNDER_PEAK_DB)), float(part[top]))
    quiet = np.flatnonzero(part[:top] < limit)
    begin = (earliest + (int(quiet[-1]) + 1 if len(quiet) else 0)) * block
    inside = np.abs(sound.samples[:, begin : begin + block]).max(axis=0) >= limit
    return begin + (int(np.argmax(inside)) if inside.any() else 0)
