"""A sound that was cut from others or layered of them, as a file: what is heard, and all that it was made of.

The chunk that holds a version in the file of a take holds an Assembly here: every piece with its recipe, so that
a slice or a layered hit can be made again, and says from what it came wherever it is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import NamedTuple

import msgspec

from presets.errors import NoRecipe
from presets.export import version as versions
from presets.export import wav_codes
from presets.export.wav import Depth
from presets.levels import TRUE_PEAK_DB
from presets.loudness_filters import true_peak
from presets.schema import Assembly, Piece, Version
from presets.sound import Sound, decibels


class Assembled(NamedTuple):
    """A sound and what it was made of."""

    sound: Sound
    assembly: Assembly


def assembled(sound: Sound, pieces: Sequence[Piece]) -> Assembled:
    """A sound with its pieces, its checksum told."""
    made_by = f"Onetake {installed_version('onetake')}"
    return Assembled(sound, Assembly(pieces=tuple(pieces), checksum=sound.checksum(), made_by=made_by))


def write(path: Path, made: Assembled, depth: Depth, overwrite: bool = False) -> Assembled:
    """Write a sound with all its recipes; the file appears whole or not at all.

    Returns:
        What the file holds: its samples as they are after rounding, and with them the checksum; where an integer
        depth could not hold the peak, all pieces are told quieter by what it was lowered.

    Raises:
        InvalidRequest: a depth that files do not have.
        NotWritten: the folder is missing, read-only or full, or the file exists.
    """
    stored, lowered = as_stored(made.sound, depth)
    told = lowered_by(made.assembly, lowered, stored)
    versions.write(path, stored, told, depth, overwrite)
    return Assembled(stored, told)


def lowered_by(assembly: Assembly, lowered_db: float, sound: Sound) -> Assembly:
    """The assembly of a sound that was lowered by so much: every piece told quieter, the checksum its own."""
    pieces = [msgspec.structs.replace(piece, gain_db=piece.gain_db - lowered_db) for piece in assembly.pieces]
    return msgspec.structs.replace(assembly, pieces=tuple(pieces), checksum=sound.checksum())


def with_room(made: Assembled) -> Assembled:
    """The sound below the true peak that nothing exceeds; where it was louder, all pieces are told quieter."""
    excess = decibels(true_peak(made.sound.samples)) - TRUE_PEAK_DB
    if excess <= 0.0:
        return made
    sound = made.sound.scaled(-excess)
    return Assembled(sound, lowered_by(made.assembly, excess, sound))


def as_stored(sound: Sound, depth: Depth) -> tuple[Sound, float]:
    """The sound as a file of that depth gives it back, and by how many dB it was lowered to fit.

    Raises:
        InvalidRequest: a depth that files do not have.
    """
    if depth == "32f":
        return sound, 0.0
    lowered = wav_codes.excess_db(sound, depth)
    return wav_codes.rounded(sound.scaled(-lowered), depth), lowered


def read(path: Path) -> Assembly:
    """What a file says that it was made of.

    Raises:
        NoRecipe: a sound without a chunk of Onetake, or one that is a take of its own.
        UnreadableFile: no WAV, a broken chunk, or one from a newer Onetake.
    """
    try:
        source = versions.read_source(path)
    except NoRecipe:
        source = None
    if not isinstance(source, Assembly):
        raise NoRecipe(f"{path.name} does not say that it was cut or layered: it is a sound of its own.")
    return source


def source_of(path: Path) -> Version | None:
    """The version that a file holds, for a piece of it; None where it holds none: a recording, or an assembly.

    Raises:
        UnreadableFile: no WAV, a broken chunk, or one from a newer Onetake.
    """
    try:
        source = versions.read_source(path)
    except NoRecipe:
        return None
    return source if isinstance(source, Version) else None
