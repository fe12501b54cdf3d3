"""What rings on behind a sound: silence is appended until what comes out is silent too.

Echoes leave gaps, so a moment of silence proves nothing: the output must be silent for as long as its effects may
be between two sounds. The length is found on the draft and inherited by its refined versions, so that they stay
equally long; the silence that is appended follows from the length alone, so both ways give the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from presets.errors import InvalidRequest
from presets.sound import Samples, linear

SILENT_DB = -80.0
"""dBFS; what stays below it is silence."""

LONGEST = 30.0
"""Seconds that a tail may last."""

_CUT_FADE = 0.5  # seconds at the end of a tail that would go on


class Rung(NamedTuple):
    """A sound with its tail. seconds: the tail's; cut: whether it would have gone on."""

    samples: Samples
    seconds: float
    cut: bool


def ring_out(
    process: Callable[[Samples], Samples], samples: Samples, rate: int, quiet: float, seconds: float | None = None
) -> Rung:
    """Process a sound and all that rings on behind it.

    Args:
        process: (C, N) -> (C', N).
        samples: (C, N).
        rate: Hz.
        quiet: the longest silence that may lie inside the tail, seconds; 0 where nothing rings on.
        seconds: the tail's length where it is known; None finds it.

    Raises:
        InvalidRequest: a tail that is longer than tails are.
    """
    if seconds is not None and not 0.0 <= seconds <= LONGEST:
        raise InvalidRequest(f"A tail lasts 0 to {LONGEST:g} seconds, not {seconds}.")
    known = None if seconds is None else round(seconds * rate)
    if not quiet and not known:
        return Rung(process(samples), 0.0, False)
    gap, most, frames = math.ceil(quiet * rate), round(LONGEST * rate), samples.shape[1]
    silence = min(max(2 * gap, 1), most)
    while known is not None and silence < min(known + gap, most):
        silence = min(2 * silence, most)
    made, ends = _with_silence(process, samples, silence)
    while known is None and ends > frames + silence - gap and silence < most:
        silence = min(2 * silence, most)
        made, ends = _with_silence(process, samples, silence)
    cut = silence == most and ends > frames + silence - min(gap, rate // 10)
    tail = known if known is not None else silence if cut else max(0, ends - frames)
    kept = made[:, : frames + tail]
    return Rung(_faded(kept, round(_CUT_FADE * rate)) if cut and tail == most else kept, tail / rate, cut)


def _with_silence(process: Callable[[Samples], Samples], samples: Samples, silence: int) -> tuple[Samples, int]:
    """What comes of a sound with so many frames of silence behind it, and the frame behind its last loud one."""
    made = process(np.pad(samples, ((0, 0), (0, silence))))
    return made, _last_loud(made)


def _last_loud(samples: Samples) -> int:
    """The frame behind the last one that is heard."""
    loud = np.flatnonzero((np.abs(samples) >= linear(SILENT_DB)).any(axis=0))
    return int(loud[-1]) + 1 if len(loud) else 0


def _faded(samples: Samples, frames: int) -> Samples:
    fade = (0.5 + 0.5 * np.cos(np.pi * (np.arange(frames) + 1) / frames)).astype(np.float32)
    made = samples.copy()
    made[:, samples.shape[1] - frames :] *= fade
    return made
