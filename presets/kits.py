"""Kits as files, and the sounds that they mean.

A kit names its takes by lineage, or by the plain name of a file beside it. So a kit that a stranger sent cannot
make anything be read that does not lie in its own folder, and a take that was refined later is found at its best.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path

import msgspec
from msgspec.structs import replace

from presets.errors import InvalidRequest, UnreadableFile
from presets.export.version import read_version
from presets.schema import Kit, Zone, decode, lineage_id
from presets.value_files import read_bounded, write_value

FIRST_NOTE = 36
"""Where a kit of files begins: the first pad of most controllers (C1 where middle C is C3)."""

HIGHEST_NOTE = 127
MOST_TAKES = HIGHEST_NOTE - FIRST_NOTE + 1
MOST_KITS = 128
"""As many as there are MIDI programs."""

_LARGEST = 16 * 2**20  # bytes of a kit file: 100,000 zones
_TAKES = "takes"
_WAV = ".wav"
_UNNAMED = "Kit"
_LINEAGE = re.compile(r"[0-9a-f]{32}")
_LONGEST_NAME = 190  # characters; a take's name holds 200, and " (92)" may follow


def default_kit(takes: Sequence[str], name: str = _UNNAMED) -> Kit:
    """A kit that plays each take on a key of its own, from note 36 upwards, on any channel.

    One-shots: note-off is ignored, and the pitch stays.

    Raises:
        InvalidRequest: no take, or more than there are notes.
    """
    if not 1 <= len(takes) <= MOST_TAKES:
        raise InvalidRequest(
            f"A kit holds 1 to {MOST_TAKES} sounds, one on each note from {FIRST_NOTE}, not {len(takes)}."
        )
    zones = (Zone(take=take, low=note, high=note, root=note) for note, take in enumerate(takes, FIRST_NOTE))
    return Kit(name=name, zones=tuple(zones))


def write_kit(path: Path, kit: Kit, overwrite: bool = False) -> None:
    """Write a kit; the file appears whole or not at all.

    Raises:
        InvalidRequest: a zone holds what zones do not have.
        NotWritten: the folder is missing, read-only or full, or the file exists.
    """
    write_value(path, kit, f"The kit {kit.name!r}", overwrite)


def read_kit(path: Path) -> Kit:
    """A kit from its file.

    Raises:
        UnreadableFile: missing, broken, something else, or from a newer Onetake.
    """
    return decode(read_bounded(path, "kit", _LARGEST), Kit, f"The kit {path.name}")


def takes_of(kit: Kit) -> tuple[str, ...]:
    """The takes that a kit plays, once each, in the order of its zones."""
    return tuple(dict.fromkeys(zone.take for zone in kit.zones))


def find_sounds(kit: Kit, folder: Path) -> dict[str, Path]:
    """Where the takes of a kit lie: among the WAVs of its folder and of the folder "takes" in it.

    A take is the file whose recipe is of that lineage (the version with the most steps, of several the newest),
    else the file of that very name. Those that are missing are missing here; see `missing`.

    Raises:
        UnreadableFile: the folder cannot be read.
    """
    takes = takes_of(kit)
    files = _wavs(folder)
    # Only names that were found in a folder are ever opened: a take like "../x.wav" is none of them.
    found = {_plain(path.name): path for path in reversed(files)}
    if any(map(_LINEAGE.fullmatch, takes)):
        found |= _best_versions(files)
    return {take: found[_plain(take)] for take in takes if _plain(take) in found}


def missing(kit: Kit, sounds: Mapping[str, Path]) -> tuple[str, ...]:
    """The takes of a kit that no sound was found for, in the order of its zones."""
    return tuple(take for take in takes_of(kit) if take not in sounds)


def kit_of(paths: Sequence[Path], name: str = "") -> tuple[Kit, dict[str, Path]]:
    """A kit of these files in their order, and where its takes lie.

    A take is named by its lineage, so that the kit plays the refined version later; a file without a recipe, and a
    second version of one lineage, by file name; equal names of different folders become "boom (2).wav".

    Args:
        paths: WAV files; the same one may come again.
        name: of the kit; "" is what the names of the files have in common ("door" of door_1, door_2), else "Kit".

    Raises:
        InvalidRequest: no file, or more than there are notes.
    """
    sounds: dict[str, Path] = {}
    names: dict[Path, str] = {}
    for path in paths:
        if path not in names:
            names[path] = _free_name(path, sounds)
            sounds[names[path]] = path
    return default_kit([names[path] for path in paths], name or family([path.stem for path in paths])), sounds


def together(kits: Sequence[tuple[Kit, Mapping[str, Path]]]) -> tuple[tuple[Kit, ...], dict[str, Path]]:
    """Kits that are played from one place, each on a program of its own, and where all their takes lie.

    A program other than 0 that a file names is kept; the other kits get the lowest that are free, in their order.
    Where two kits call different sounds by one name, the later one's gets a number.

    Raises:
        InvalidRequest: more kits than there are programs.
    """
    if len(kits) > MOST_KITS:
        raise InvalidRequest(f"{MOST_KITS} kits can be chosen by program, not {len(kits)}. Leave some out.")
    wanted: dict[int, int] = {}  # the first of the kits that name a program, by program
    for place, (kit, _) in enumerate(kits):
        if kit.program:
            wanted.setdefault(kit.program, place)
    free = (program for program in range(MOST_KITS) if program not in wanted)
    sounds: dict[str, Path | None] = {}
    numbered = []
    for place, (kit, lie) in enumerate(kits):
        names = {take: _free_take(take, lie.get(take), sounds) for take in takes_of(kit)}
        sounds |= {name: lie.get(take) for take, name in names.items()}
        zones = tuple(replace(zone, take=names[zone.take]) for zone in kit.zones)
        program = kit.program if wanted.get(kit.program) == place else next(free)
        numbered.append(replace(kit, zones=zones, program=program))
    return tuple(numbered), {name: path for name, path in sounds.items() if path is not None}


def family(stems: Iterable[str]) -> str:
    """What names have in common, without the numbers that count them: "door" of "door_1" and "door_2"."""
    words = [stem.split("_") for stem in stems]
    shared = []
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    while len(shared) > 1 and shared[-1].isdecimal():
        shared.pop()
    return "_".join(shared)[:200] or _UNNAMED


def _wavs(folder: Path) -> list[Path]:
    """The WAVs of a kit's folder and of "takes" in it, by name; links that lead out of the folder are none."""
    try:
        root = folder.resolve(strict=True)
        places = [place for place in (folder, folder / _TAKES) if place == folder or place.is_dir()]
        paths = [path for place in places for path in sorted(place.iterdir())]
    except (OSError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        raise UnreadableFile(f"The kit's folder {folder} cannot be read: {error}.") from error
    return [
        path
        for path in paths
        if path.suffix.lower() == _WAV and path.is_file() and path.resolve().is_relative_to(root)
    ]


def _best_versions(files: Iterable[Path]) -> dict[str, Path]:
    """By lineage, the file with the most steps, of several the newest."""
    best: dict[str, tuple[int, int, Path]] = {}
    for path in files:
        lineage, steps = _lineage(path)
        if lineage:
            with contextlib.suppress(OSError):  # it is gone since it was read
                best[lineage] = max(best.get(lineage, (0, 0, path)), (steps, path.stat().st_mtime_ns, path))
    return {lineage: path for lineage, (_, _, path) in best.items()}


def _lineage(path: Path) -> tuple[str, int]:
    """Lineage and steps of what a file holds; "" of a sound without a recipe that can be read."""
    try:
        recipe = read_version(path).recipe
        return lineage_id(recipe), recipe.steps
    except (UnreadableFile, msgspec.ValidationError):  # the latter: a number beyond what JSON holds
        return "", 0


def _free_name(path: Path, taken: Mapping[str, Path]) -> str:
    lineage, _ = _lineage(path)
    if lineage and lineage not in taken:
        return lineage
    stem, name = path.stem[:_LONGEST_NAME], path.name[: _LONGEST_NAME + len(_WAV)]
    numbered = (f"{stem} ({n}){path.suffix}" for n in count(2))
    while name in taken:
        name = next(numbered)
    return name


def _free_take(take: str, path: Path | None, sounds: Mapping[str, Path | None]) -> str:
    """A take's name, numbered where another sound has it, or where one of the two is missing."""
    names = (take, *(f"{take[:_LONGEST_NAME]} ({n})" for n in range(2, MOST_KITS + 2)))
    return next(name for name in names if name not in sounds or sounds[name] == path)


def _plain(name: str) -> str:
    """A name as it is compared: macOS writes letters and their marks apart."""
    return unicodedata.normalize("NFC", name)
