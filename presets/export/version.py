"""A version of a take as a WAV: what is heard, and in chunks of the file all that makes it again and finds it.

The chunk `1tak` holds a Version, or the Assembly of several, as canonical JSON, and iXML repeats it. A file that
was cut or converted elsewhere may have lost both; then it is an ordinary sound, and says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from presets import edit as edits
from presets.errors import InvalidRequest, NoRecipe
from presets.export import ixml, metadata, wav, wav_codes
from presets.export.metadata import About, Chunk, Source
from presets.export.riff import RiffError
from presets.export.wav import Depth
from presets.schema import FILE_RATES, Assembly, Version, canonical, content_id, decode
from presets.sound import Sound

RATES = FILE_RATES
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


def write(
    path: Path,
    sound: Sound,
    source: Source,
    depth: Depth,
    overwrite: bool = False,
    *,
    about: About | None = None,
    foreign: Sequence[Chunk] = (),
) -> None:
    """Write what is heard, with all that is known of it; the file appears whole or not at all.

    Args:
        path: where; its folder must exist.
        sound: lowered as a whole where an integer depth cannot hold it.
        source: a version, what was cut or layered of several, or None for a recording.
        depth: see `wav.write`.
        overwrite: whether an existing file is replaced.
        about: what a person said of it; without, equal sounds are equal files.
        foreign: chunks of the file that a recording came from; those that are not written anew are kept.

    Raises:
        InvalidRequest: a depth that files do not have.
        NotWritten: the folder is missing, read-only or full, or the file exists.
    """
    if depth in wav_codes.DEPTHS:
        sound = sound.scaled(-wav_codes.excess_db(sound, depth))
        chunks = metadata.merged(metadata.chunks(sound, source, depth, about), foreign)
    else:
        chunks = []  # wav.write tells which depths there are
    wav.write(path, sound, depth=depth, chunks=chunks, overwrite=overwrite)


def keep_native(folder: Path, native: Sound, version: Version) -> Path:
    """Write the untrimmed native sound of a version under its content id, as float.

    Not durable: it can be rendered again, and a draft must not wait for the disk. Errors as in `write`.
    """
    path = folder / f"{content_id(version.recipe)}.wav"
    chunks = {wav.RECIPE_CHUNK: canonical(version)}
    wav.write(path, native, depth="32f", chunks=chunks, overwrite=True, durable=False)
    return path


def read_source(path: Path) -> Version | Assembly:
    """What a file says it was made from.

    Raises:
        NoRecipe: a sound that Onetake did not make, or that lost its chunks.
        UnreadableFile: no WAV, a broken chunk, or one from a newer Onetake.
    """
    chunk = wav.read_chunk(path, wav.RECIPE_CHUNK) or _repeated(path)
    if chunk is None:
        raise NoRecipe(
            f"{path.name} holds no recipe: it was not made by Onetake, or another program dropped it. "
            "It can be played, but not rendered again; use the file that Onetake wrote."
        )
    return decoded_source(chunk, path.name)


def read_version(path: Path) -> Version:
    """The version that a file says it is.

    Raises:
        NoRecipe: a sound that Onetake did not make, that lost its chunks, or that was cut or layered.
        UnreadableFile: no WAV, a broken chunk, or one from a newer Onetake.
    """
    source = read_source(path)
    if isinstance(source, Assembly):
        raise NoRecipe(
            f"{path.name} was cut or layered from {len(source.pieces)} "
            f"{'sound' if len(source.pieces) == 1 else 'sounds'}: it can be played, but not refined as one. "
            "Refine what it was made of, and cut or layer that again."
        )
    return source


def decoded_source(data: bytes, name: str) -> Version | Assembly:
    """A recipe from JSON.

    Args:
        data: a Version or an Assembly.
        name: of the file that holds it, for the person who reads the error.

    Raises:
        UnreadableFile: broken, of another kind, or written by a newer Onetake.
    """
    kinds: type = Version | Assembly  # type: ignore[assignment]  # msgspec takes a union for a type
    source: Version | Assembly = decode(data, kinds, f"The recipe in {name}")
    return source


def _repeated(path: Path) -> bytes | None:
    """The recipe that iXML repeats, for files whose own chunk another program dropped; None if there is none."""
    body = wav.read_chunk(path, ixml.CHUNK)
    if body is None:
        return None
    try:
        document = ixml.from_bytes(body).document
    except RiffError:
        return None  # another program's broken iXML: the file is an ordinary sound
    return document.encode("utf-8", "replace") or None


__all__ = [
    "RATES",
    "About",
    "Source",
    "decoded_source",
    "fitting",
    "heard",
    "keep_native",
    "read_source",
    "read_version",
    "write",
]
