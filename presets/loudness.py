"""How loud a sound is, as broadcasters measure it: ITU-R BS.1770-5, EBU Tech 3341 and 3342.

Auditioning matches takes by their momentary maximum, files carry the figures in their `bext` chunk, and a limiter
or a person must know the true peak. Other packages refuse what is shorter than 400 ms; most of our sounds are.

A sound is measured as by a meter that heard silence before it and hears silence behind it. Mono counts as one
channel: played by two loudspeakers, it is 3 LU louder than told here. Silence is -inf.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from presets.errors import InvalidRequest
from presets.loudness_filters import BINS, k_energy, true_peak
from presets.sound import Sound, decibels

LOWEST_RATE = 8000
"""Hz. The bilinear transform bends the shelf: 1 kHz measures 0.05 LU too low at 16 kHz, 0.2 LU at 8 kHz."""

MOMENTARY, SHORT_TERM = 0.4, 3.0
"""Seconds of the two windows."""

SILENT, GATE = -70.0, -10.0
"""What is not above is not counted in the integrated loudness: LUFS; LU below what is left of it."""

_STEP = BINS // 10  # gating blocks and loudness range go by 100 ms
_RANGE_GATE = -20.0  # as GATE, for the loudness range

Levels = NDArray[np.float64]


@dataclass(frozen=True)
class Loudness:
    """What a loudness meter says at the end of a sound.

    Attributes:
        integrated: LUFS over the gated blocks of 400 ms; -inf where none is above -70 LUFS.
        momentary_max: the loudest 400 ms, LUFS; -inf for silence.
        short_term_max: the loudest 3 s, LUFS, silence behind a shorter sound counted in; -inf for silence.
        range: LU (EBU Tech 3342); None where no 3 s of the sound are above -70 LUFS, or it is shorter.
        true_peak: dBTP, the larger of the channels; -inf for silence.
    """

    integrated: float
    momentary_max: float
    short_term_max: float
    range: float | None
    true_peak: float


def measure(sound: Sound) -> Loudness:
    """All figures of a sound.

    Args:
        sound: mono or stereo, of any length, 8 kHz or more.

    Raises:
        InvalidRequest: the sound has more than two channels (their places are not known), or a lower rate.
    """
    energy = _energy(sound)
    return Loudness(
        integrated=_integrated(sound, energy),
        momentary_max=float(_levels(energy, MOMENTARY, sound.rate).max()),
        short_term_max=float(_levels(energy, SHORT_TERM, sound.rate).max()),
        range=_range(sound, energy),
        true_peak=decibels(true_peak(sound.samples)),
    )


def momentary(sound: Sound) -> Levels:
    """Loudness of each 400 ms in LUFS, every 10 ms: (max(ceil(100 * seconds), 40) - 39,).

    The first value is that of the sound's first 400 ms; a shorter sound is padded to 400 ms.

    Raises:
        InvalidRequest: see `measure`.
    """
    return _levels(_energy(sound), MOMENTARY, sound.rate)


def short_term(sound: Sound) -> Levels:
    """Loudness of each 3 s in LUFS, every 10 ms: (max(ceil(100 * seconds), 300) - 299,); else as `momentary`."""
    return _levels(_energy(sound), SHORT_TERM, sound.rate)


def lufs(power: Levels) -> Levels:
    """Loudness of the mean power of K-weighted sound, summed over its channels (BS.1770-5, equation 2)."""
    with np.errstate(divide="ignore"):
        levels: Levels = -0.691 + 10 * np.log10(power)
    return levels


def _energy(sound: Sound) -> Levels:
    if sound.channels > 2:
        raise InvalidRequest(f"Loudness is measured of mono and stereo, not of {sound.channels} channels.")
    if sound.rate < LOWEST_RATE:
        raise InvalidRequest(
            f"Loudness is measured from {LOWEST_RATE} Hz, not at {sound.rate} Hz: resample first."
        )
    return k_energy(sound.samples, sound.rate)


def _levels(energy: Levels, seconds: float, rate: int) -> Levels:
    """Loudness of every window (BS.1770-5, equation 2), one a bin; energy is padded to at least one window."""
    window = round(seconds * BINS)
    padded = np.pad(energy, (0, max(0, window - len(energy))))
    return lufs(np.convolve(padded, np.ones(window), "valid") / (seconds * rate))


def _mean(levels: Levels) -> float:
    """Loudness of the mean power of blocks; -inf of none."""
    return -0.691 + 10 * math.log10(np.mean(10 ** ((levels + 0.691) / 10))) if len(levels) else -math.inf


def _whole_blocks(sound: Sound, energy: Levels, seconds: float) -> Levels:
    """Levels every 100 ms of the blocks that end within the sound: an incomplete last one is not used."""
    count = int(max(sound.frames * 10 // sound.rate - round(seconds * 10), 0)) + 1
    return _levels(energy, seconds, sound.rate)[::_STEP][:count]


def _gated(levels: Levels, gate: float) -> Levels:
    """What is above -70 LUFS and above the gate, LU relative to the mean of those (BS.1770-5, equations 4-7)."""
    heard = levels[levels > SILENT]
    return heard[heard > _mean(heard) + gate]


def _integrated(sound: Sound, energy: Levels) -> float:
    return _mean(_gated(_whole_blocks(sound, energy, MOMENTARY), GATE))


def _range(sound: Sound, energy: Levels) -> float | None:
    """From the 10th to the 95th percentile of the short-term loudness above both gates."""
    if sound.seconds < SHORT_TERM:
        return None
    levels = _gated(_whole_blocks(sound, energy, SHORT_TERM), _RANGE_GATE)
    if not len(levels):
        return None
    low, high = np.percentile(levels, (10, 95))
    return float(high - low)
