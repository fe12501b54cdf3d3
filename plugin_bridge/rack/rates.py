"""An effect at another sample rate than the sound's: there and back, to the frame where it was and as long.

Some plug-ins sound as their maker meant them at one rate only, and distortions alias less at a high one. No format
of plug-ins tells which, so the designer says it, slot by slot. Resampled with soxr's VHQ in both directions. The
sound lies in silence on the way, because a filter that meets a hard edge rings before it, which has to come back.
The silence is a whole number of frames at both rates, so nothing moves, not by a fraction of one. Measured on
what does nothing: -110 dB below 0.6 of half the lower rate (13 kHz at 44.1), -75 dB below 0.9; above that a sound
does not come through whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import soxr

from plugin_bridge.rack.errors import PluginRefused
from presets.sound import Samples

Process = Callable[[Samples, int], Samples]
"""(samples (C, N), rate in Hz) -> (C', N)."""

MOST_TIMES = 100
"""How far the two rates may lie apart: what differs more is no sound for an effect, and soxr takes minutes."""

_SILENCE = 0.02  # seconds at least, before and behind; soxr's VHQ rings for half of that at 44.1 kHz


def at_rate(process: Process, samples: Samples, rate: int, wanted: int | None) -> Samples:
    """What an effect makes of samples (C, N) at the rate that is wanted, (C', N) at their own.

    At their own rate every bit is the effect's.

    Args:
        process: the effect.
        samples: (C, N).
        rate: theirs, Hz.
        wanted: the effect's, Hz; None is theirs.

    Raises:
        PluginRefused: the rates lie too far apart.
    """
    if wanted is None or wanted == rate or not samples.shape[1]:
        return process(samples, rate)
    if max(rate, wanted) > MOST_TIMES * min(rate, wanted):
        raise PluginRefused(f"A sound of {rate} Hz cannot be rendered at {wanted} Hz. Choose a rate closer to it.")
    silence, frames = _silence(rate, wanted), samples.shape[1]
    there = _resampled(np.pad(samples, ((0, 0), (silence, silence))), rate, wanted)
    back = _resampled(process(there, wanted), wanted, rate)[:, silence : silence + frames]
    return np.ascontiguousarray(np.pad(back, ((0, 0), (0, frames - back.shape[1]))), np.float32)


def _silence(rate: int, wanted: int) -> int:
    """Frames of silence at a rate that are a whole number of frames at the other too."""
    whole = rate // math.gcd(rate, wanted)
    return whole * math.ceil(_SILENCE * rate / whole)


def _resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    made: Samples = np.ascontiguousarray(soxr.resample(samples.T, rate, wanted, quality="VHQ").T, np.float32)
    return made
