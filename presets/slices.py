"""One take of six footsteps becomes six footsteps: cut at its onsets, each a sound that says where it came from.

Nothing is rescaled, so that the steps keep the levels they had beside each other; what is nearly silent is no
hit and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from presets import edit as edits
from presets.assemblies import Assembled, assembled
from presets.errors import InvalidRequest
from presets.onsets import CLOSEST, onsets
from presets.schema import Edit, Kit, Piece, Version, Zone
from presets.sound import Sound, decibels, linear

QUIETEST_DB = -30.0
"""A slice whose peak is this far below the loudest one's is left out."""

MOST = 128
"""The most slices of a sound: as many as take turns on a note."""

_PRE_ROLL = 0.002  # seconds before the onset: the attack's first movement
_FADE_IN, _FADE_OUT = 0.0005, 0.010
_TAIL_DB = -60.0  # below the slice's own peak nothing of it is heard
_REST = 0.100  # seconds of silence that end a slice
_SHORTEST = 0.020


def cut(
    sound: Sound,
    source: Version | None = None,
    name: str = "",
    quietest_db: float = QUIETEST_DB,
    closest: float = CLOSEST,
) -> list[Assembled]:
    """The hits of a sound, in order.

    Args:
        sound: what is heard of a take.
        source: the version it is, None for a recording.
        name: what the sound is called.
        quietest_db: below the loudest slice's peak; quieter ones are left out.
        closest: seconds that two onsets are apart at least.

    Returns:
        At least one; each keeps the recipe of the whole and where in it it lay.

    Raises:
        InvalidRequest: nothing begins in this sound, or more than 128 times.
    """
    ends = _stretches(sound, closest)
    peaks = [float(np.abs(sound.samples[:, begin:end]).max()) for begin, end in ends]
    limit = max(peaks, default=0.0) * linear(quietest_db)
    heard = [stretch for stretch, peak in zip(ends, peaks, strict=True) if peak >= limit]
    if not heard:
        raise InvalidRequest(f"Nothing begins in {name or 'this sound'}, so there is nothing to cut it at.")
    if len(heard) > MOST:
        raise InvalidRequest(
            f"{name or 'This sound'} begins {len(heard)} times, and at most {MOST} slices take turns on a note. "
            "Set the least distance higher, or cut it in two."
        )
    return [_slice(sound, begin, end, source, name) for begin, end in heard]


def round_robin(takes: Sequence[str], note: int, name: str) -> Kit:
    """A kit that plays the slices in turn on one note.

    Args:
        takes: names of the slices' files.
        note: 0 to 127.
        name: of the kit.

    Raises:
        InvalidRequest: no slice, more than 128, or no such note.
    """
    if not 1 <= len(takes) <= MOST:
        raise InvalidRequest(f"1 to {MOST} slices take turns on a note, not {len(takes)}.")
    check_note(note)
    zones = [Zone(take=take, low=note, high=note, root=note, round_robin=n) for n, take in enumerate(takes, 1)]
    return Kit(name=name[:200] or "Slices", zones=tuple(zones))


def check_note(note: int) -> None:
    """Whether there is such a note.

    Raises:
        InvalidRequest: there is not.
    """
    if not 0 <= note <= 127:
        raise InvalidRequest(f"A note is a number from 0 to 127, not {note}.")


def _stretches(sound: Sound, closest: float) -> list[tuple[int, int]]:
    """First frame and end of every hit with its own tail."""
    lead = round(_PRE_ROLL * sound.rate)
    begins = [max(0, onset - lead) for onset in onsets(sound, closest)]
    limits = [*begins[1:], sound.frames]
    return [(begin, _end(sound, begin, limit)) for begin, limit in zip(begins, limits, strict=bool(begins))]


def _end(sound: Sound, begin: int, limit: int) -> int:
    """Where the tail is no longer heard for a while, before the next hit begins."""
    levels = np.abs(sound.samples[:, begin:limit]).max(axis=0)
    if not levels.size:
        return limit
    heard = np.flatnonzero(levels >= levels.max() * linear(_TAIL_DB))
    rests = np.flatnonzero(np.diff(heard) > _REST * sound.rate)
    rests = rests[heard[rests] >= np.argmax(levels)]
    last = begin + int(heard[rests[0]] if len(rests) else heard[-1]) + 1 + round(_FADE_OUT * sound.rate)
    return min(limit, max(last, begin + round(_SHORTEST * sound.rate)))


def _slice(sound: Sound, begin: int, end: int, source: Version | None, name: str) -> Assembled:
    first, last = begin / sound.rate, end / sound.rate
    fade_out = min(_FADE_OUT, (last - first) / 4)
    shape = Edit(start=first, length=last - first, fade_in=min(_FADE_IN, first), fade_out=fade_out)
    heard = edits.apply(sound, shape)
    return assembled(heard, [Piece(source=source, name=name[:200], begin=first, end=last)])


def told(made: Sequence[Assembled]) -> list[tuple[float, float, float]]:
    """Begin and end in seconds and peak in dBFS of each slice, for a table."""
    return [(one.assembly.pieces[0].begin, one.assembly.pieces[0].end, decibels(one.sound.peak)) for one in made]
