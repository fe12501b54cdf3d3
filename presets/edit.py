"""The Edit: found once on a draft, applied alike to every version of the take.

Because refined takes inherit it, refining never moves an onset, changes a length or rescales anything: what
was placed in a timeline stays right. Levels here are relative to the sound's own peak.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import soxr
from numpy.typing import NDArray

from presets import levels
from presets.character import Character
from presets.schema import Edit
from presets.sound import Sound, decibels, linear

SILENT_DB = -66.0
"""A native sound whose peak is below this is reported as silent and never raised."""

_PRE_ROLL = 0.002  # a hit starts this long before its onset
_ATTACK = 0.030  # an onset is looked for this far before the first loud moment
_LOUD_DB, _ONSET_DB, _RUN_UP_DB, _TAIL_DB = -20.0, -40.0, -50.0, -60.0
_ATTACK_FADE, _SLOW_FADE = 0.0005, 0.005  # in: so short that no attack is softened; for what swells
_SHORT_FADE, _LONG_FADE = 0.010, 0.080  # out: behind a tail; for a sound that goes on
_SHORTEST = 0.050
_MOST_MATCH_DB = 40.0


def is_silent(sound: Sound) -> bool:
    """Whether there is nothing to hear."""
    return sound.peak_db < SILENT_DB


def find(sound: Sound, character: Character, length: float | None) -> Edit:
    """The edit of a draft, its gain still 0 dB.

    Args:
        sound: the untrimmed native draft.
        character: what kind of sound it is meant to be.
        length: seconds that were asked for and will be exact; None cuts at the real tail.
    """
    if is_silent(sound):
        return Edit(length=length or sound.seconds)
    envelope = _envelope(sound)
    onset = _onset(envelope, character)
    start = 0.0 if character.kind == "ambience" else onset - _PRE_ROLL
    tail = _last_above(envelope, _TAIL_DB) + _SHORT_FADE
    heard = length or _auto_length(sound, character, start, tail)
    ends_naturally = tail <= min(start + heard, sound.seconds)
    fade_out = _SHORT_FADE if ends_naturally else _LONG_FADE
    return Edit(
        start=start,
        length=heard,
        onset=max(0.0, onset - start),
        sync=_sync(envelope, character, onset, start + heard) - start,
        fade_in=_SLOW_FADE if character.keeps_run_up else _ATTACK_FADE,
        fade_out=min(fade_out, heard / 10),
    )


def link(edits: Sequence[Edit], drafts: Sequence[Sound], bed: bool = False) -> list[Edit]:
    """The same gain for a whole family: see `presets.levels`; its silent members stay silent.

    bed: whether they are beds, which are set by their loudness, not by their peaks.
    """
    heard = [apply(draft, edit) for edit, draft in zip(edits, drafts, strict=True)]
    gain = levels.family_gain([own_gain(sound, bed) for sound in heard])
    return [
        msgspec.structs.replace(edit, gain_db=0.0 if is_silent(draft) else gain)
        for edit, draft in zip(edits, drafts, strict=True)
    ]


def own_gain(heard: Sound, bed: bool = False) -> float | None:
    """What would bring a sound alone to its level in a file, in dB; None for silence."""
    return None if is_silent(heard) else levels.wanted_gain(heard, bed)


def match_db(draft: Sound, version: Sound, edit: Edit) -> float:
    """The gain that brings a version to its draft's level over what the edit lets be heard, in dB.

    Models may refine a sound to another level than its draft had; a designer who has balanced the draft must
    not have to do it again. At most 40 dB either way; 0 where either is silent.
    """
    if is_silent(draft) or is_silent(version):
        return 0.0
    plain = msgspec.structs.replace(edit, gain_db=0.0)  # whatever the gain, the same match to the last bit
    wanted, got = apply(draft, plain).rms, apply(version, plain).rms
    if wanted == 0.0 or got == 0.0:
        return 0.0
    return float(np.clip(decibels(wanted / got), -_MOST_MATCH_DB, _MOST_MATCH_DB))


def apply(sound: Sound, edit: Edit, match_db: float = 0.0) -> Sound:
    """Edit(Sound) at the sound's own rate: pitch, cut, fades, gain. Silence stands where the sound has nothing."""
    ratio = 2.0 ** (edit.pitch / 12)
    first, count = round(edit.start / ratio * sound.rate), round(edit.length * sound.rate)
    sound = _as_tape(sound, ratio)
    there = sound.samples[:, max(first, 0) : max(first + count, 0)]
    heard = np.pad(there, ((0, 0), (max(-first, 0), 0)))[:, :count]
    heard *= np.float32(linear(edit.gain_db + match_db))
    rise = _ramp(min(round(edit.fade_in * sound.rate), heard.shape[1]))
    fall = _ramp(min(round(edit.fade_out * sound.rate), heard.shape[1]))
    heard[:, : len(rise)] *= rise
    heard[:, heard.shape[1] - len(fall) :] *= fall[::-1]
    return Sound(heard, sound.rate).fitted(count)


def _as_tape(sound: Sound, ratio: float) -> Sound:
    """The sound played so many times faster, and higher; itself at 1."""
    if ratio == 1.0:
        return sound
    return Sound(soxr.resample(sound.samples.T, sound.rate * ratio, sound.rate, quality="VHQ").T, sound.rate)


def _auto_length(sound: Sound, character: Character, start: float, tail: float) -> float:
    end = min(tail, sound.seconds)
    if character.length is not None:
        end = min(end, start + character.length)
    return max(end - start, _SHORTEST)


class _Envelope(NamedTuple):
    """Peak level of each block in dB below the sound's peak, (blocks,), and a block's seconds: about 1 ms."""

    levels: NDArray[np.float64]
    block: float


def _envelope(sound: Sound) -> _Envelope:
    block = max(1, round(0.001 * sound.rate))
    loudest = np.abs(sound.samples).max(axis=0)
    peaks = np.pad(loudest, (0, -len(loudest) % block)).reshape(-1, block).max(axis=1).astype(np.float64)
    return _Envelope(20 * np.log10(np.maximum(peaks / sound.peak, 1e-9)), block / sound.rate)


def _onset(envelope: _Envelope, character: Character) -> float:
    """Seconds at which the sound begins to be heard."""
    levels, block = envelope
    if character.keeps_run_up:
        return int(np.argmax(levels >= _RUN_UP_DB)) * block
    loud = int(np.argmax(levels >= _LOUD_DB))
    earliest = max(0, loud - round(_ATTACK / block))
    quiet = np.flatnonzero(levels[earliest:loud] < _ONSET_DB)
    return (earliest + int(quiet[-1]) + 1 if len(quiet) else earliest) * block


def _sync(envelope: _Envelope, character: Character, onset: float, end: float) -> float:
    """Seconds of the moment to cut to, before the end: the loudest 50 ms of a whoosh, else the onset."""
    if character.kind != "whoosh":
        return onset
    span = round(0.050 / envelope.block)
    before_end = envelope.levels[: max(1, int(end / envelope.block))]
    power = np.convolve(10 ** (before_end / 10), np.ones(span), mode="same")[: len(before_end)]
    return max(onset, int(np.argmax(power)) * envelope.block)


def _last_above(envelope: _Envelope, level_db: float) -> float:
    return (int(np.flatnonzero(envelope.levels >= level_db)[-1]) + 1) * envelope.block


def _ramp(count: int) -> NDArray[np.float32]:
    """Half a raised cosine from 0 towards 1, (count,)."""
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(count) + 0.5) / max(count, 1))).astype(np.float32)
