"""Takes of an export in stereo: files beside the takes' own, of which the export is made.

Takes themselves stay mono, so whoever exports again may choose otherwise. Every format reads such a file like any
other: what it was made from, its cues, loop and category are in it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace

from presets import assemblies, files, stereo
from presets.errors import InvalidRequest
from presets.export import carried, version, wav
from presets.export.metadata import About, Source
from presets.export.parcel import Told, step
from presets.export.wav import Depth, WavFile
from presets.schema import Recipe, Version
from presets.sound import Sound, decibels
from presets.stereo import Stereo

Native = Callable[[Recipe], Sound]
"""The untrimmed native sound of a recipe, rendered."""

WIDENED = "Widened from mono: added up to mono it is the sound that it was made of."
"""What a widened file says of itself where a person has said nothing."""

_HEADROOM_DB = 0.1

_ALREADY = "have two channels, or more, and stay as they are"
_NO_SIBLING = "stay as they are: siblings are made of a take's own recipe, in mono and without effects"


def made(
    paths: Sequence[Path], way: Stereo, folder: Path, depth: Depth, told: Told, native: Native | None = None
) -> tuple[dict[Path, Path], tuple[str, ...]]:
    """Write the stereo of every mono take into a folder.

    Args:
        paths: WAVs.
        way: "wide" or "siblings".
        folder: exists; gets a folder for each.
        depth: of the export; where it is an integer one and anything exceeds full scale, all are lowered alike.
        told: hears the share that is done.
        native: renders; for siblings.

    Returns:
        The new file of each path that has one, and remarks: which stay as they are, and by what all were lowered.

    Raises:
        UnreadableFile: a sound.
        InvalidRequest: siblings, and nothing that renders.
        EngineError: by `native`, a recipe that cannot be rendered here.
        Stopped: `told` returned False.
    """
    if way == "siblings" and native is None:
        raise InvalidRequest("Siblings are rendered, and there is no engine here. Choose wide.")
    found: dict[Path, Path] = {}
    left: list[str] = []
    highest = 0.0
    for number, path in enumerate(dict.fromkeys(paths)):
        content, (source, about) = wav.read(path), carried.said(path)
        one = _wide(content, source) if native is None or way == "wide" else _siblings(content, source, native)
        if one is None:
            left.append(path.name)
        else:
            note = stereo.NOTE if way == "siblings" else WIDENED
            found[path] = folder / str(number) / path.name
            with files.told(folder):
                found[path].parent.mkdir()
            _write(found[path], content, *one, dataclasses.replace(about, notes=about.notes or note), "32f")
            highest = max(highest, one[0].peak)
        step(told, (number + 1) / len(paths))
    remarks = _remarks(left, way)
    lowered = decibels(highest) + _HEADROOM_DB if highest > 1.0 and depth != "32f" else 0.0
    if lowered:
        remarks = (*remarks, f"Two channels are louder than one: all were lowered by {lowered:.1f} dB, alike.")
    for path in found.values():
        _stored(path, depth, lowered)
    return found, remarks


def _wide(content: WavFile, source: Source) -> tuple[Sound, Source] | None:
    sound = content.sound
    if sound.channels != 1:
        return None
    if isinstance(source, Version):
        return stereo.wide(sound, source)
    made = Sound(stereo.widened(sound.samples, sound.rate), sound.rate)
    return made, source and replace(source, checksum=made.checksum())


def _siblings(content: WavFile, source: Source, native: Native) -> tuple[Sound, Source] | None:
    """The file's own take and its sibling, rendered anew; None where that is not what the file plays."""
    wet = (
        isinstance(source, Version) and source.chain is not None and any(one.enabled for one in source.chain.slots)
    )
    if not isinstance(source, Version) or wet or content.sound.channels != 1:
        return None
    if content.sound.rate not in version.RATES:
        return None
    other = stereo.sibling(source.recipe)
    side = native(other)
    both = stereo.siblings(native(source.recipe), side)
    sound = version.heard(both, source, content.sound.rate)
    return sound, stereo.pair(source, replace(source, recipe=other, checksum=side.checksum()), sound)


def _write(path: Path, content: WavFile, sound: Sound, source: Source, about: About, depth: Depth) -> None:
    now = dataclasses.replace(content, sound=sound)
    chunks = carried.retold(now, depth, source, about)
    wav.write(path, sound, depth=depth, chunks=chunks, overwrite=True, durable=False)


def _stored(path: Path, depth: Depth, lowered: float) -> None:
    """The file at the depth of the export, so much softer; its source says so."""
    if depth == "32f":
        return
    content, (source, about) = wav.read(path), carried.said(path)
    sound, _ = assemblies.as_stored(content.sound.scaled(-lowered), depth)
    if isinstance(source, Version):
        source = replace(source, match_db=source.match_db - lowered)
    elif source is not None:
        source = assemblies.lowered_by(source, lowered, sound)
    _write(path, content, sound, source, about, depth)


def _remarks(left: Sequence[str], way: Stereo) -> tuple[str, ...]:
    if not left:
        return ()
    named = ", ".join(left[:3]) + (f" and {len(left) - 3} more" if len(left) > 3 else "")
    return (f"{named} {_NO_SIBLING if way == 'siblings' else _ALREADY}.",)
