"""The levels that files get: one-shots by their peaks, beds by their loudness, a family all alike.

A one-shot is never made as loud as another: a tap beside a slam has to stay a tap. A bed lies under a scene, so
it has the loudness that broadcasters mix to (EBU R 128). Found on the draft and kept for every version of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from presets.loudness import measure
from presets.sound import Sound

PEAK_DB = -3.0
"""dBFS that the loudest one-shot of a family peaks at."""

TRUE_PEAK_DB = -1.0
"""dBTP that nothing exceeds."""

BED_LUFS = -23.0
"""Integrated loudness of the loudest bed of a family."""

_FILE_RATE = 48_000  # Hz; resampling moves peaks, by up to 2 dB in noise
_MOST_CHANNELS = 2  # whose places are known, and so their loudness


def wanted_gain(sound: Sound, bed: bool = False) -> float:
    """The gain in dB that brings one sound to its level; it must not be silent."""
    peak = max(sound.peak_db, sound.resampled(_FILE_RATE).peak_db)
    if sound.channels > _MOST_CHANNELS:
        return PEAK_DB - peak
    loudness = measure(sound)
    room = TRUE_PEAK_DB - loudness.true_peak
    if bed and np.isfinite(loudness.integrated):
        return float(min(BED_LUFS - loudness.integrated, room))
    return float(min(PEAK_DB - peak, room))


def family_gain(wanted: Iterable[float | None]) -> float:
    """The one gain of a family, from what each member would want alone; None is silent and says nothing."""
    return min((gain for gain in wanted if gain is not None), default=0.0)
