"""A version of a take as a WAV: what is heard, and in a chunk of the file all that makes it again.

The chunk holds a Version as canonical JSON. A file that was cut or converted elsewhere may have lost it; then
it is an ordinary sound, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from presets import edit as edits
from presets.errors import InvalidRequest, NoRecipe
from presets.export import wav
from presets.export.wav import Depth
from presets.schema import Version, canonical, content_id, decode
from presets.sound import Sound

RATES = (44100, 48000, 96000)
"""Hz that a file can have."""


@dataclass(frozen=True)
class Exported:
    """A file that was written: its sound as heard, and by how many dB it had to be lowered to fit."""

    path: Path
    sound: Sound
    lowered_db: float


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


def export(
    path: Path, native: Sound, version: Version, rate: int, depth: Depth, overwrite: bool = False
) -> Exported:
    """Write a version; the file appears whole or not at all.

    Args:
        path: the file.
        native: the version's untrimmed native sound.
        version: what goes into its chunk.
        rate: Hz, one of RATES.
        depth: "16", "24" or "32f".
        overwrite: whether a file of that name may be replaced.

    Raises:
        InvalidRequest: a rate or depth that files do not have.
        NotWritten: the folder is missing, read-only or full, or the file exists.
    """
    sound = heard(native, version, rate)
    written = wav.write(
        path, sound, depth=depth, chunks={wav.RECIPE_CHUNK: canonical(version)}, overwrite=overwrite
    )
    return Exported(path, sound, written.lowered_db)


def keep_native(folder: Path, native: Sound, version: Version) -> Path:
    """Write the untrimmed native sound of a version under its content id, as float.

    Not durable: it can be rendered again, and a draft must not wait for the disk. Errors as in `export`.
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
