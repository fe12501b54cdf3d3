"""A sound brought into a file that is there already: as long, begun at the same frame, with as many channels.

What is cut in a DAW's timeline refers to frames of a file. So whatever comes into that file later is laid where
the first sound lay: a new version of the take by its onset, and its end silent or faded where the length differs.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from presets.assemblies import as_stored, lowered_by
from presets.errors import InvalidRequest
from presets.export.wav import Depth
from presets.schema import Assembly, Version
from presets.sound import Sound

_FADE = 0.010  # seconds, where a longer sound is cut
_QUIET_DB = -66.0  # what is cut away without a word


@dataclass(frozen=True)
class Given:
    """A sound for a DAW.

    sound: what is heard, wet, at any rate. version: what it is, assembly: of what it was cut or layered; neither
    for a recording. onset: seconds. remark: what a person should know of how it was fitted, "" for nothing.
    """

    sound: Sound
    version: Version | None = None
    assembly: Assembly | None = None
    onset: float = 0.0
    remark: str = ""


@dataclass(frozen=True)
class Place:
    """The file that a sound comes into. rate: Hz. channels, frames: None is as they are. onset: seconds."""

    rate: int
    depth: Depth
    channels: int | None = None
    frames: int | None = None
    onset: float | None = None


def placed(what: Given, place: Place) -> Given:
    """The sound as the file will hold it, its samples rounded to the file's depth.

    A version tells in its match_db by how much the sound had to be lowered to fit into an integer depth.

    Raises:
        InvalidRequest: a rate or depth that files do not have; more channels than the file has.
    """
    sound, remarks = what.sound.resampled(place.rate), [what.remark]
    onset = what.onset
    if place.channels is not None:
        sound = _with_channels(sound, place.channels)
    if place.onset is not None:
        sound, onset = _moved(sound, round(place.onset * place.rate) - round(onset * place.rate)), place.onset
    if place.frames is not None:
        remarks.append(_cut_off(sound, place.frames))
        sound = _ended(sound, place.frames)
    sound, lowered = as_stored(sound, place.depth)
    version = what.version
    if lowered:
        remarks.append(f"Lowered by {lowered:.1f} dB to fit into {place.depth} bit; 32f keeps the level.")
        if version is not None:
            version = msgspec.structs.replace(version, match_db=version.match_db - lowered)
    assembly = lowered_by(what.assembly, lowered, sound) if what.assembly else None
    return Given(sound, version, assembly, onset, " ".join(filter(None, remarks)))


def _with_channels(sound: Sound, channels: int) -> Sound:
    if sound.channels == channels:
        return sound
    if sound.channels != 1:
        raise InvalidRequest(
            f"The sound has {sound.channels} channels now and the file in the DAW {channels}: a DAW does not "
            "expect that. Hand the take off anew."
        )
    return Sound(np.repeat(sound.samples, channels, axis=0), sound.rate)


def _moved(sound: Sound, frames: int) -> Sound:
    """The sound later by so many frames, behind silence, or earlier, its begin cut."""
    if frames >= 0:
        return Sound(np.pad(sound.samples, ((0, 0), (frames, 0))), sound.rate) if frames else sound
    return Sound(sound.samples[:, -frames:], sound.rate)


def _ended(sound: Sound, frames: int) -> Sound:
    """Exactly so long: silent behind its end, or faded where it is cut."""
    if sound.frames <= frames:
        return sound.fitted(frames)
    samples = sound.samples[:, :frames].copy()
    count = min(round(_FADE * sound.rate), frames)
    samples[:, frames - count :] *= np.linspace(1.0, 0.0, count, dtype=np.float32)
    return Sound(samples, sound.rate)


def _cut_off(sound: Sound, frames: int) -> str:
    rest = sound.samples[:, frames:]
    if rest.shape[1] == 0 or Sound(rest, sound.rate).peak_db < _QUIET_DB:
        return ""
    return (
        f"It is {rest.shape[1] / sound.rate:.3f} s longer now: its end is cut, so that the timeline stays right."
    )
