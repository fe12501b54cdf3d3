"""Plain measures of a sound: how long, how high, whether it rises, how fast it moves.

They are what a prompt's adjectives ask for, so attribute truth is measured with them; the judge hears them
beside its network. All of them are read from the log-mel levels that identity is measured on, so that one
analysis serves every measure.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.identity import log_mel
from presets.edit import is_silent
from presets.sound import Sound

Floats = NDArray[np.float32]

RATE = 44100
"""Hz at which everything is judged; other sounds are resampled first."""

FRAME_RATE = RATE / 512
"""Frames of levels a second."""

BANDS = 64
FLOOR_DB = -80.0

_ACTIVE_DB = 40.0  # a frame is active within so many dB of the loudest one
_SLOWEST, _FASTEST = 0.5, 20.0  # Hz: movements between a swell and a roughness
_FEWEST, _MODULATION_SIZE = 8, 512  # frames in pairs


class Plain(NamedTuple):
    """What can be said of a sound in numbers; all 0 for silence.

    duration: active seconds. height: where its power lies, octaves above 1 Hz. spread: standard deviation of
    that, octaves. rise: octaves that its centre moves from the first active frame to the last. pace: centre of
    the modulation spectrum, octaves above 1 Hz. attack: seconds from the first active frame to the loudest.
    fall: dB that its level changes over its active frames, negative where it decays. peakiness: dB between the
    loudest band and the mean one, high for tones.
    """

    duration: float
    height: float
    spread: float
    rise: float
    pace: float
    attack: float
    fall: float
    peakiness: float


SILENCE = Plain(*[0.0] * len(Plain._fields))


def levels(sound: Sound) -> Floats:
    """(64, frames) mel levels at 44.1 kHz, dB below the loudest cell, cut at -80; all -80 for silence."""
    heard = sound.resampled(RATE)
    if is_silent(heard):
        return np.full((BANDS, 1 + heard.frames // 512), FLOOR_DB, np.float32)
    return log_mel(heard)


def plain(decibels: Floats) -> Plain:
    """The plain measures of levels (64, frames)."""
    if decibels.max() <= FLOOR_DB:
        return SILENCE
    power = np.power(10.0, decibels.astype(np.float64) / 10)
    level = 10 * np.log10(power.sum(axis=0))
    active = np.flatnonzero(level > level.max() - _ACTIVE_DB)
    seconds = active / FRAME_RATE
    heard = power[:, active]
    centre = (_octaves() @ heard) / heard.sum(axis=0)
    spectrum = heard.mean(axis=1)
    height = float(_octaves() @ spectrum / spectrum.sum())
    variance = float((_octaves() - height) ** 2 @ spectrum / spectrum.sum())
    extent = float(seconds[-1] - seconds[0])
    weight = np.sqrt(heard.sum(axis=0))
    bands = decibels[:, active].mean(axis=1)
    return Plain(
        duration=len(active) / FRAME_RATE,
        height=height,
        spread=variance**0.5,
        rise=_slope(seconds, centre, weight) * extent,
        pace=_pace(decibels, active),
        attack=float((int(level.argmax()) - active[0]) / FRAME_RATE),
        fall=_slope(seconds, level[active], np.ones(len(active))) * extent,
        peakiness=float(bands.max() - bands.mean()),
    )


def in_pairs(decibels: Floats) -> Floats:
    """Levels (64, T) to (64, T // 2): the means of every two frames, 43 a second."""
    paired: Floats = decibels[:, : decibels.shape[1] // 2 * 2].reshape(BANDS, -1, 2).mean(axis=2)
    return paired


def band_hertz() -> Floats:
    """(64,) centres of the bands in Hz: evenly spaced on O'Shaughnessy's mel scale up to half the rate."""
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    hertz: Floats = (700 * (10 ** (np.linspace(0, top, BANDS + 2)[1:-1] / 2595) - 1)).astype(np.float32)
    return hertz


@cache
def _octaves() -> NDArray[np.float64]:
    return np.log2(band_hertz().astype(np.float64))


def _slope(x: NDArray[np.float64], y: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Slope of the weighted line of least squares; 0 for a single point."""
    weight = weight / weight.sum()
    x, y = x - weight @ x, y - weight @ y
    variance = float(weight @ (x * x))
    return float(weight @ (x * y)) / variance if variance > 1e-12 else 0.0


def _pace(decibels: Floats, active: NDArray[np.int64]) -> float:
    """Centre of the modulation spectrum between 0.5 and 20 Hz, octaves above 1 Hz.

    The levels of each band, cut at 40 dB below the loudest, move as the sound moves: the power of that movement
    is averaged over the bands (modulation spectrum; Houtgast and Steeneken 1985), an octave counting as much as
    any other. From the first active frame to the last and without the slow course of the whole (a cubic): five
    quick steps and the silence after them would be slower than five slow ones.
    """
    span = in_pairs(decibels[:, active[0] : active[-1] + 1])
    count = span.shape[1]
    if count < _FEWEST:
        return 0.0
    moving = np.maximum(span, -_ACTIVE_DB).astype(np.float64)
    course, _ = np.linalg.qr(np.vander(np.linspace(-1, 1, count), 4))
    moving -= (moving @ course) @ course.T
    power = (np.abs(np.fft.rfft(moving * np.hanning(count), _MODULATION_SIZE)) ** 2).sum(axis=0)
    hertz = np.fft.rfftfreq(_MODULATION_SIZE, 2 / FRAME_RATE)
    inside = (hertz >= _SLOWEST) & (hertz <= _FASTEST)
    octaves, weight = np.log2(hertz[inside]), power[inside] / hertz[inside]
    total = float(weight.sum())
    return float(octaves @ weight) / total if total > 1e-9 else 0.0
