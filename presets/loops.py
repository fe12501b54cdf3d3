"""Where a sound can go round for ever unheard: looked for, crossfaded, and judged before it is called a loop.

A seam is judged by ear's measure, the spectrum from one moment to the next: it may change at the seam no more than
the sound changes by itself. The crossfade is the players' (equal power); where the waves meet already, none is the
better one, so several are tried and the best is taken. A pure tone whose turn is nearly, but not quite, a whole
number of frames can be refused: no two of its frames are alike enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from presets.errors import InvalidRequest
from presets.schema import Edit
from presets.sound import Samples, Sound, decibels

SEAMLESS_DB = 3.0
"""A seam that stands out by more than this is no loop."""

STEADY_DB = 20.0
"""The most that the level of a loop may vary from one twentieth of a second to the next."""

SHORTEST = 0.25
"""Seconds of the shortest loop that is looked for."""

CROSSFADES = (0.0, 0.005, 0.020, 0.060, 0.150, 0.400)
"""Seconds of the crossfades that are tried."""

_FRAME, _HOP = 0.0232, 0.0058  # seconds of the spectra that are compared
_BANDS = 28
_FLOOR_DB = -50.0  # below the loudest band nothing is compared: what is there hides it
_QUIETEST_DB = -25.0  # a loop lies so far below the sound's loudest moment at most: no loop of a tail's noise
_GRID = 240  # moments among which begin and end are looked for
_CANDIDATES = 16
_CONTEXT = 4  # moments on both sides that must be alike too
_ALIGN = 0.025  # seconds by which an end is moved until the waves meet
_MATCH = 0.020  # seconds of wave that must meet
_UNHEARD = (0.1, 0.5)  # dB of change from one moment to the next: of the bands, and of the level
_AS_GOOD = 0.5  # dB that a seam may stand out and be as good as none: then the longer loop is the better one
_LONGER_IS_BETTER = 1.0  # dB that a loop of the whole sound may be worse than a short one

Values = NDArray[np.float64]


class Loop(NamedTuple):
    """begin, end, crossfade: seconds. seam_db: how far the seam stands out; 0 is as the sound itself changes."""

    begin: float
    end: float
    crossfade: float
    seam_db: float

    @property
    def seamless(self) -> bool:
        """Whether it may be called a loop."""
        return self.seam_db <= SEAMLESS_DB


def find(sound: Sound, shortest: float = SHORTEST) -> Loop:
    """The best loop of a sound: long, steady, and with the seam that is heard least.

    Args:
        sound: an ambience or a tone; its fades are left out of the loop by themselves, being no steady part.
        shortest: seconds that the loop lasts at least.

    Raises:
        InvalidRequest: it is too short, too unsteady, or every seam is heard; says which, and the best score.
    """
    if sound.seconds < shortest + 2 * _FRAME or not sound.peak:
        raise InvalidRequest(f"A loop lasts {shortest:g} s or more, and this sound has {sound.seconds:.3f} s.")
    loudest = float(_levels(sound, 0.0, sound.seconds).max())
    steady = [pair for pair in _candidates(sound, shortest) if _is_steady(_levels(sound, *pair), loudest)]
    if not steady:
        raise InvalidRequest(
            "No loop: nothing in this sound is steady; it is made of single hits or dies away. "
            "Choose an ambience or a tone, or give begin and end yourself."
        )
    tried = [loop for pair in steady for loop in _tried(sound, *pair)]
    best = min(tried, key=lambda loop: _cost(loop, sound))
    if not best.seamless:
        closest = min(tried, key=lambda loop: loop.seam_db)
        if not closest.seamless:
            raise InvalidRequest(
                f"No loop: the best seam stands out by {closest.seam_db:.1f} dB, and {SEAMLESS_DB:g} dB is the "
                "most that is not heard. Give begin and end yourself, or use a longer version of the sound."
            )
        best = closest
    return best


def score(sound: Sound, begin: float, end: float, crossfade: float) -> Loop:
    """A loop that somebody chose, judged.

    Raises:
        InvalidRequest: it does not lie inside of the sound, or the crossfade is longer than what there is.
    """
    if not 0.0 <= begin < end <= sound.seconds + 0.5 / sound.rate or end - begin < 2 * _FRAME:
        raise InvalidRequest(
            f"A loop lies inside of the sound ({sound.seconds:.3f} s) and lasts {2 * _FRAME:.3f} s or more; "
            f"{begin:g} to {end:g} s does not."
        )
    if not 0.0 <= crossfade <= min(begin, end - begin) + 0.5 / sound.rate:
        raise InvalidRequest(
            f"A crossfade needs as much sound before the loop as it lasts: at most "
            f"{min(begin, end - begin):.3f} s, not {crossfade:g}."
        )
    return Loop(begin, end, crossfade, _seam(sound, begin, end, crossfade, _own_change(sound, begin, end)))


def best_crossfade(sound: Sound, begin: float, end: float) -> Loop:
    """A begin and an end that somebody chose, with the crossfade that is heard least. Errors as in `score`."""
    score(sound, begin, end, 0.0)
    return min(_crossfaded(sound, begin, end), key=lambda loop: loop.seam_db)


def turned(sound: Sound, loop: Loop, turns: int) -> Sound:
    """What is heard of a loop: the sound up to its end, then so many more turns."""
    begin, end, fade = _frames(sound, loop.begin, loop.end, loop.crossfade)
    cut = _crossed(sound.samples, begin, end, fade)
    return Sound(np.concatenate([cut, *[cut[:, begin:]] * turns], axis=1), sound.rate)


def in_edit(edit: Edit, loop: Loop) -> Edit:
    """The edit with the loop in it. The loop's times are of what is heard of the edit."""
    return msgspec.structs.replace(edit, loop=(loop.begin, loop.end), crossfade=loop.crossfade)


def _frames(sound: Sound, begin: float, end: float, crossfade: float) -> tuple[int, int, int]:
    first, last = round(begin * sound.rate), min(round(end * sound.rate), sound.frames)
    return first, last, min(round(crossfade * sound.rate), first, last - first)


def _crossed(samples: Samples, begin: int, end: int, fade: int) -> Samples:
    """The samples up to the end; what is before it flows into what is before the begin, in equal power."""
    cut: Samples = samples[:, :end].copy()
    if fade:
        share = (np.arange(1, fade + 1, dtype=np.float32) / fade) * np.float32(np.pi / 2)
        cut[:, end - fade :] = cut[:, end - fade :] * np.cos(share) + samples[:, begin - fade : begin] * np.sin(
            share
        )
    return cut


def _tried(sound: Sound, begin: float, end: float) -> Iterator[Loop]:
    """The loop with every crossfade, its begin at a zero crossing and its end where the waves meet."""
    first = _zero_crossing(sound, round(begin * sound.rate))
    last = _met(sound, first, round(end * sound.rate))
    yield from _crossfaded(sound, first / sound.rate, last / sound.rate)


def _crossfaded(sound: Sound, begin: float, end: float) -> Iterator[Loop]:
    own = _own_change(sound, begin, end)
    for crossfade in CROSSFADES:
        if crossfade <= min(begin, 0.5 * (end - begin)):
            yield Loop(begin, end, crossfade, _seam(sound, begin, end, crossfade, own))


def _cost(loop: Loop, sound: Sound) -> float:
    return max(loop.seam_db, _AS_GOOD) - _LONGER_IS_BETTER * (loop.end - loop.begin) / sound.seconds


class _Own(NamedTuple):
    """How a stretch changes by itself: what one window in twenty exceeds, (2,) in dB; the power of silence."""

    usual: Values
    floor: float


def _own_change(sound: Sound, begin: float, end: float) -> _Own:
    first, last, _ = _frames(sound, begin, end, 0.0)
    size, hop = _sizes(sound)
    part = sound.samples[:, first:last]
    floor = float(_bands(part, size, size).max(initial=1e-20)) * 10 ** (_FLOOR_DB / 10)
    by_itself = _change(part, size, hop, floor)
    return _Own(np.quantile(by_itself, 0.95, axis=0) if len(by_itself) else np.zeros(2), floor)


def _seam(sound: Sound, begin: float, end: float, crossfade: float, own: _Own) -> float:
    """How far the spectrum's change at the seam exceeds the sound's own, in dB; below 0 it is less.

    Compared are windows one window apart, so that none hides the seam: the largest change of those that touch the
    crossfade or the jump. Bands and level are judged apart, and the worse counts.
    """
    first, last, fade = _frames(sound, begin, end, crossfade)
    size, hop = _sizes(sound)
    cut = _crossed(sound.samples, first, last, fade)
    around = 3 * size
    ahead = np.concatenate([cut[:, first:], cut[:, first:]], axis=1)[:, :around]
    seam = np.concatenate([cut[:, max(0, last - fade - around) :], ahead], axis=1)
    at_seam = _change(seam, size, hop, own.floor).max(axis=0)
    # A steady tone hardly changes: what is not heard counts as nothing, whatever it is compared with.
    return max(map(decibels, np.maximum(at_seam, _UNHEARD) / np.maximum(own.usual, _UNHEARD)))


def _sizes(sound: Sound) -> tuple[int, int]:
    return max(32, round(_FRAME * sound.rate)), max(8, round(_HOP * sound.rate))


def _change(samples: Samples, size: int, hop: int, floor: float) -> Values:
    """How windows that meet without overlapping differ, (windows, 2) in dB.

    First the root of the mean square difference of their bands, then the difference of their levels.
    """
    bands = np.maximum(_bands(samples, size, hop), floor)
    apart = max(1, size // hop)
    if len(bands) <= apart:
        return np.zeros((0, 2))
    steps = _steps(bands, apart)
    levels = _steps(bands.sum(axis=1, keepdims=True), apart)
    return np.stack([np.sqrt(np.mean(np.square(steps), axis=1)), np.abs(levels[:, 0])], axis=1)


def _steps(power: Values, apart: int) -> Values:
    decibel: Values = 10 * np.log10(power)
    return decibel[apart:] - decibel[:-apart]


def _bands(samples: Samples, size: int, hop: int) -> Values:
    """Power in bands of about a third of an octave, (windows, bands)."""
    if samples.shape[1] < size:
        samples = np.pad(samples, ((0, 0), (0, size - samples.shape[1])))
    views = np.lib.stride_tricks.sliding_window_view(samples, size, axis=1)[:, ::hop]
    window = np.hanning(size).astype(np.float32)
    edges = np.unique(np.geomspace(2, size // 2 + 1, _BANDS + 1).astype(int))
    rows = []
    for first in range(0, views.shape[1], 1024):
        power = np.square(np.abs(np.fft.rfft(views[:, first : first + 1024] * window, axis=2))).mean(axis=0)
        rows.append(np.add.reduceat(power, edges[:-1], axis=1) / np.diff(edges))
    return np.concatenate(rows)


def _levels(sound: Sound, begin: float, end: float) -> Values:
    """Level of each twentieth second of a stretch in dB, (blocks,); at least one."""
    first, last, _ = _frames(sound, begin, end, 0.0)
    block = max(1, min(round(0.050 * sound.rate), last - first))
    part = sound.samples[:, first : first + (last - first) // block * block]
    power = np.square(part, dtype=np.float64).mean(axis=0).reshape(-1, block).mean(axis=1)
    levels: Values = 10 * np.log10(np.maximum(power, 1e-12))
    return levels


def _is_steady(levels: Values, loudest: float) -> bool:
    """Whether a stretch neither swings nor lies in what is left of a sound that has died away."""
    low, high = np.quantile(levels, (0.02, 0.98))
    return bool(high - low <= STEADY_DB and high >= loudest + _QUIETEST_DB)


def _candidates(sound: Sound, shortest: float) -> list[tuple[float, float]]:
    """Pairs of moments that sound alike with all that is around them, the best first, none twice."""
    size, _ = _sizes(sound)
    step = max(size // 2, sound.frames // _GRID)
    levels = _bands(sound.samples, size, step)
    shape = 10 * np.log10(np.maximum(levels, max(float(levels.max()), 1e-20) * 10 ** (_FLOOR_DB / 10)))
    count = len(shape)
    apart = np.sqrt(np.mean(np.square(shape[:, None, :] - shape[None, :, :]), axis=2))
    alike = _along_diagonals(apart, _CONTEXT)
    moments = np.arange(count) * step / sound.rate
    length = moments[None, :] - moments[:, None]
    cost = alike - _LONGER_IS_BETTER * length / sound.seconds
    cost[length < shortest] = np.inf
    cost[:_CONTEXT, :] = cost[:, count - _CONTEXT :] = np.inf
    # Short ones too: a tone whose turn is nearly a whole number of frames meets itself only over few turns.
    longest = max(float(length.max()), shortest)
    bands = [np.where(length <= longest / part, cost, np.inf) for part in (1, 2, 4) if longest / part >= shortest]
    pairs = dict.fromkeys(pair for band in bands for pair in _lowest(band, _CANDIDATES // len(bands) + 1))
    centre = size / 2 / sound.rate
    return [(moments[b] + centre, moments[e] + centre) for b, e in pairs]


def _lowest(cost: Values, most: int) -> list[tuple[int, int]]:
    """The places of the lowest values that are not beside each other."""
    pairs: list[tuple[int, int]] = []
    for place in np.argsort(cost, axis=None)[: 200 * most]:
        begin, end = divmod(int(place), len(cost))
        if not np.isfinite(cost[begin, end]) or len(pairs) == most:
            break
        if all(abs(begin - b) + abs(end - e) > _CONTEXT for b, e in pairs):
            pairs.append((begin, end))
    return pairs


def _along_diagonals(values: Values, around: int) -> Values:
    """Mean over the neighbours that follow both moments alike."""
    total, weight = np.zeros_like(values), np.zeros_like(values)
    count = len(values)
    for shift in range(-around, around + 1):
        here = slice(max(0, -shift), min(count, count - shift))
        there = slice(max(0, shift), min(count, count + shift))
        total[here, here] += values[there, there]
        weight[here, here] += 1
    mean: Values = total / np.maximum(weight, 1)
    return mean


def _zero_crossing(sound: Sound, frame: int) -> int:
    """The frame nearest to one at which the sum of all channels rises through zero."""
    reach = round(_ALIGN * sound.rate)
    first = max(1, frame - reach)
    mono = sound.samples[:, first - 1 : frame + reach].sum(axis=0)
    rising = np.flatnonzero((mono[:-1] < 0) & (mono[1:] >= 0)) + first
    return int(rising[np.argmin(np.abs(rising - frame))]) if len(rising) else frame


def _met(sound: Sound, begin: int, end: int) -> int:
    """The end moved to where the wave around it is most like the wave around the begin."""
    half = min(round(_MATCH * sound.rate), begin)
    reach = min(round(_ALIGN * sound.rate), sound.frames - half - end, end - half - begin)
    if half < 8 or reach < 1:
        return min(end, sound.frames)
    wanted = sound.samples[:, begin - half : begin + half].astype(np.float64)
    field = sound.samples[:, end - half - reach : end + half + reach].astype(np.float64)
    scores = np.zeros(2 * reach + 1)
    power = np.zeros(2 * reach + 1)
    for own, other in zip(wanted, field, strict=True):
        scores += _correlated(other, own)
        power += np.convolve(np.square(other), np.ones(2 * half), mode="valid")[: 2 * reach + 1]
    return end - reach + int(np.argmax(scores / np.sqrt(np.maximum(power, 1e-20))))


def _correlated(field: Values, wanted: Values) -> Values:
    """Sum of products at every place at which `wanted` lies inside of `field`, (places,)."""
    size = 1 << (len(field) + len(wanted)).bit_length()
    product = np.fft.rfft(field, size) * np.conj(np.fft.rfft(wanted, size))
    places: Values = np.fft.irfft(product, size)[: len(field) - len(wanted) + 1]
    return places
