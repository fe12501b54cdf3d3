"""A version of a take as a WAV: what is heard, and in a chunk of the file all that makes it again.

The chunk holds a Version as canonical JSON. A file that was cut or converted elsewhere may have lost it; then
it is an ordinary sound, and says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from presets import edit as edits
from presets.errors import InvalidRequest, NoRecipe
from presets.export import wav
from presets.export.wav import Depth
from presets.schema import Version, canonical, content_id, decode
from presets.sound import Sound

RATES = (44100, 48000, 96000)
"""Hz that a file can have."""

_HEADROOM_DB = 0.1


def heard(native: Sound, version: Version, rate: int) -> Sound:
    """What a version sounds like at a rate, in Hz: Edit(Sound), resampled, as long as was asked to the sample.

    Raises:
        InvalidRequest: a rate that files do not have.
    """
    if rate not in RATES:
        raise InvalidRequest(f"Files have {', '.join(map(str, RATES))} Hz, not {rate}.")
    edited = edits.apply(native, version.edit, version.match_db)
    # The native rate rounds the length once more: up to one frame is missing or too many.
    return edited.resampled(rate).fitted(round(version.edit.length * rate))


def fitting(sounds: Sequence[Sound], versions: Sequence[Version]) -> tuple[list[Sound], list[Version], float]:
    """What of a family goes into integer files: all lowered alike where the loudest exceeds full scale.

    Returns:
        The sounds, their versions (match_db tells the lowering, so that a file says what was done to it), and
        by how many dB; 0.0 where all fit.
    """
    peak = max((sound.peak_db for sound in sounds), default=-math.inf)
    if peak <= 0.0:
        return list(sounds), list(versions), 0.0
    lowered = peak + _HEADROOM_DB
    quieter = [replace(version, match_db=version.match_db - lowered) for version in versions]
    return [sound.scaled(-lowered) for sound in sounds], quieter, lowered


def write(path: Path, sound: Sound, version: Version, depth: Depth, overwrite: bool = False) -> None:
    """Write what is heard of a version; the file appears whole or not at all.

    Raises:
        InvalidRequest: a depth that files do not have.
        NotWritten: the folder is missing, read-only or full, or the file exists.
    """
    chunks = {wav.RECIPE_CHUNK: canonical(version)}
    wav.write(path, sound, depth=depth, chunks=chunks, overwrite=overwrite)


def keep_native(folder: Path, native: Sound, version: Version) -> Path:
    """Write the untrimmed native sound of a version under its content id, as float.

    Not durable: it can be rendered again, and a draft must not wait for the disk. Errors as in `write`.
    """
    path = folder / f"{content_id(version.recipe)}.wav"
    chunks = {wav.RECIPE_CHUNK: canonical(version)}
    wav.write(path, native, depth="32f", chunks=chunks, overwrite=True, durable=False)
    return path


def read_version(path: Path) -> Version:
    """The version that a file says it is.

    Raises:
        NoRecipe: a sound that Onetake did not make, or that lost its chunk.
        UnreadableFile: no WAV, a broken chunk, or one from a newer Onetake.
    """
    chunk = wav.read_chunk(path, wav.RECIPE_CHUNK)
    if chunk is None:
        raise NoRecipe(
            f"{path.name} holds no recipe: it was not made by Onetake, or another program dropped it. "
            "It can be played, but not rendered again; use the file that Onetake wrote."
        )
    return decode(chunk, Version, f"The recipe in {path.name}")
