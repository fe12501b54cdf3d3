"""Up to four takes on one note: the crack of one, the body of another, the tail of a third, begun together.

Every layer is brought to its pitch, then laid so that its onset meets the others'; the bounce is their sum and
holds all their recipes. The same layers, each as it lies in the bounce, make a kit whose zones sound together:
their sum is the bounce, and they can still be balanced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from presets import edit as edits
from presets.assemblies import Assembled, assembled
from presets.errors import InvalidRequest
from presets.onsets import first_onset
from presets.schema import Edit, Kit, Piece, Version, Zone
from presets.slices import check_note
from presets.sound import Sound

MOST = 4
"""The most layers of a sound."""

HIGHEST_PITCH = 48.0
"""Semitones, up or down."""

LARGEST_OFFSET = 60.0
"""Seconds, before or after the others."""

_CUT_FADE = 0.0005  # a layer that begins inside of its sound begins without a click
_LOUDEST_DB, _QUIETEST_DB = 24.0, -120.0  # what a zone of a kit can hold


@dataclass(frozen=True)
class Layer:
    """One take of a layered sound.

    sound: what is heard of it. source: the version it is, None for a recording; name: what it is called. gain_db:
    how loud. offset: seconds its onset lies after (before, if negative) the others'. pitch: semitones, as a tape.
    start: seconds into the sound from where it is played. onset: seconds into the sound, None looks for it.
    """

    sound: Sound
    source: Version | None = None
    name: str = ""
    gain_db: float = 0.0
    offset: float = 0.0
    pitch: float = 0.0
    start: float = 0.0
    onset: float | None = None


@dataclass(frozen=True)
class _Laid:
    """A layer at the bounce's rate and pitch: onset and at in frames."""

    layer: Layer
    sound: Sound
    onset: int
    at: int = 0


def bounce(layers: Sequence[Layer], rate: int | None = None) -> Assembled:
    """The layers as one sound, which holds the recipes of all.

    Args:
        layers: 1 to 4.
        rate: Hz; None is the highest of theirs.

    Returns:
        As long as its longest layer reaches; full scale may be exceeded.

    Raises:
        InvalidRequest: no layer or too many, or a wish that a layer cannot have; says which.
    """
    parts = separate(layers, rate)
    mix = np.zeros_like(parts[0].sound.samples)
    for layer, part in zip(layers, parts, strict=True):
        mix += part.sound.scaled(layer.gain_db).samples
    pieces = [
        _with_gain(part.assembly.pieces[0], layer.gain_db) for layer, part in zip(layers, parts, strict=True)
    ]
    return assembled(Sound(mix, parts[0].sound.rate), pieces)


def separate(layers: Sequence[Layer], rate: int | None = None) -> list[Assembled]:
    """Every layer by itself, at 0 dB, as it lies in the bounce; all of one length and number of channels.

    Arguments and errors as in `bounce`.
    """
    _check(layers)
    wanted = max(layer.sound.rate for layer in layers) if rate is None else rate
    laid = _aligned([_brought(layer, wanted) for layer in layers])
    frames = max(one.at + one.sound.frames for one in laid)
    channels = max(one.sound.channels for one in laid)
    return [_alone(one, frames, channels) for one in laid]


def together(layers: Sequence[Layer], takes: Sequence[str], note: int, name: str) -> Kit:
    """A kit that sounds all layers at once on one note.

    Args:
        layers: as they were bounced; their gains become those of the zones.
        takes: names of the files of `separate`, in the same order.
        note: 0 to 127.
        name: of the kit.

    Raises:
        InvalidRequest: names and layers differ in number, no such note, or a gain that a zone cannot have.
    """
    _check(layers)
    check_note(note)
    if len(takes) != len(layers):
        raise InvalidRequest(f"A kit of {len(layers)} layers needs as many files, not {len(takes)}.")
    zones = []
    for layer, take in zip(layers, takes, strict=True):
        if not _QUIETEST_DB <= layer.gain_db <= _LOUDEST_DB:
            raise InvalidRequest(
                f"A layer in a kit has a gain from {_QUIETEST_DB:g} to {_LOUDEST_DB:g} dB, not {layer.gain_db:g}."
            )
        zones.append(Zone(take=take, low=note, high=note, root=note, gain_db=layer.gain_db))
    return Kit(name=name[:200] or "Layers", zones=tuple(zones))


def _check(layers: Sequence[Layer]) -> None:
    if not 1 <= len(layers) <= MOST:
        raise InvalidRequest(f"A sound has 1 to {MOST} layers, not {len(layers)}.")
    for number, layer in enumerate(layers, 1):
        name = layer.name or f"Layer {number}"
        if not -HIGHEST_PITCH <= layer.pitch <= HIGHEST_PITCH:
            raise InvalidRequest(f"{name}: a pitch is within {HIGHEST_PITCH:g} semitones, not {layer.pitch:g}.")
        if not -LARGEST_OFFSET <= layer.offset <= LARGEST_OFFSET:
            raise InvalidRequest(f"{name}: an offset is within {LARGEST_OFFSET:g} s, not {layer.offset:g}.")
        if not _QUIETEST_DB <= layer.gain_db <= -_QUIETEST_DB:
            raise InvalidRequest(f"{name}: a gain is within {-_QUIETEST_DB:g} dB, not {layer.gain_db:g}.")
        if not 0.0 <= layer.start < max(layer.sound.seconds, 1e-9):
            raise InvalidRequest(
                f"{name} lasts {layer.sound.seconds:.3f} s: it cannot be played from {layer.start:g} s on."
            )


def _brought(layer: Layer, rate: int) -> _Laid:
    """A layer cut at its start, at the bounce's rate, and at its pitch."""
    begun = layer.sound.seconds - layer.start
    shape = Edit(start=layer.start, length=max(begun, 0.001), fade_in=_CUT_FADE if layer.start else 0.0)
    there = edits.apply(layer.sound, shape).resampled(rate)
    ratio = 2.0 ** (layer.pitch / 12)
    pitched = edits.apply(there, Edit(length=max(there.seconds / ratio, 0.001), pitch=layer.pitch))
    onset = layer.onset if layer.onset is not None else first_onset(layer.sound) / layer.sound.rate
    return _Laid(layer, pitched, round(max(0.0, onset - layer.start) / ratio * rate))


def _aligned(layers: Sequence[_Laid]) -> list[_Laid]:
    """The layers where they lie: every onset where the others are, but for its offset, none before the begin."""
    places = [round(one.layer.offset * one.sound.rate) - one.onset for one in layers]
    return [
        _Laid(one.layer, one.sound, one.onset, place - min(places))
        for one, place in zip(layers, places, strict=True)
    ]


def _alone(one: _Laid, frames: int, channels: int) -> Assembled:
    samples = np.zeros((channels, frames), np.float32)
    own = one.sound.samples
    if own.shape[0] not in (1, channels):
        raise InvalidRequest(
            f"{one.layer.name or 'A layer'} has {own.shape[0]} channels and another one {channels}: they cannot "
            "be layered. Use sounds with one channel, or with as many."
        )
    samples[:, one.at : one.at + own.shape[1]] = own  # one channel is heard on all
    layer = one.layer
    piece = Piece(
        source=layer.source,
        name=layer.name[:200],
        begin=layer.start,
        end=layer.sound.seconds,
        at=one.at / one.sound.rate,
        pitch=layer.pitch,
    )
    return assembled(Sound(samples, one.sound.rate), [piece])


def _with_gain(piece: Piece, gain_db: float) -> Piece:
    return msgspec.structs.replace(piece, gain_db=gain_db)
