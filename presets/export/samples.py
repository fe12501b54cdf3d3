"""The sounds of a kit as files that a sampler reads: at one rate and depth, safely named, loops ready to turn.

A loop's crossfade is printed into its file, as our own voices play it: every sampler then plays the same loop,
also those that know no crossfade. So a sound that loops in two ways becomes two files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from presets import files, loops
from presets.errors import InvalidRequest, UnreadableFile
from presets.export import carried, sampler_chunk, wav
from presets.export.metadata import Chunk
from presets.export.parcel import Told, step
from presets.kits import missing
from presets.schema import Kit, Zone
from presets.sound import Sound

FOLDER = "Samples"
Depth = wav.Depth
Key = tuple[str, tuple[float, float, float] | None]
"""A take, and where it turns: begin, end and crossfade in seconds, None for a sound that does not."""

GUARD = 64
"""Frames behind a loop's end that repeat its begin, for samplers that read between frames (SoundFont wants 8)."""

_SHORTEST_LOOP = 4  # frames; our voices need more than these
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Sample:
    """A sound of a kit as a file.

    Attributes:
        path: relative to the folder of the kit, with "/".
        rate: Hz.
        frames: of the file.
        channels: 1 or 2.
        lowered_db: by how much the file is softer than the sound, because its depth holds no more; the sampler
            gives it back.
        loop: frames where the loop begins and where it ends, the latter not included; None for none.
    """

    path: str
    rate: int
    frames: int
    channels: int
    lowered_db: float
    loop: tuple[int, int] | None


def key_of(zone: Zone, seconds: float = 3600.0) -> Key:
    """Which sample a zone plays. seconds: length of its sound, where a loop without an end turns."""
    if zone.mode != "loop":
        return zone.take, None
    begin, end = zone.loop or (0.0, seconds)
    return zone.take, (begin, min(end, seconds), zone.crossfade)


def check(kit: Kit, sounds: Mapping[str, Path]) -> None:
    """Whether there is a file for every take of a kit, before anything is written.

    Raises:
        UnreadableFile: a take has none, or its file is gone.
        InvalidRequest: the kit plays nothing.
    """
    if not kit.zones:
        raise InvalidRequest(f"The kit {kit.name!r} plays nothing. Put sounds on its notes first.")
    lost = [*missing(kit, sounds), *(take for take, path in sounds.items() if not path.is_file())]
    if lost:
        named = ", ".join(map(repr, lost[:3])) + " …" * (len(lost) > 3)
        raise UnreadableFile(
            f"The kit {kit.name!r} needs {named}, and there is no sound for it. "
            " Put the file beside the kit, or take the zone out. Nothing was written."
        )


def write(
    folder: Path, kit: Kit, sounds: Mapping[str, Path], rate: int, depth: Depth, told: Told
) -> dict[Zone, Sample]:
    """Write every sound that a kit plays into `folder`/Samples.

    Args:
        folder: exists.
        kit: what plays.
        sounds: a file for every take of it, as `check` found.
        rate: Hz; 0 keeps each sound's own.
        depth: bits of a sample.
        told: hears the share of the sounds that is done.

    Returns:
        The sample that each zone plays.

    Raises:
        UnreadableFile: a sound.
        InvalidRequest: more than two channels, nothing in it, or a loop that does not lie inside of its sound.
        Stopped: `told` returned False.
    """
    with files.told(folder):
        (folder / FOLDER).mkdir()
    made: dict[Key, Sample] = {}
    found: dict[Zone, Sample] = {}
    names: set[str] = set()
    heard: tuple[str, Sound] | None = None
    zones = dict.fromkeys(sorted(kit.zones, key=lambda zone: zone.take))
    for zone in zones:
        if heard is None or heard[0] != zone.take:  # sorted by take: each is read once, and one is in memory
            heard = zone.take, _read(sounds[zone.take], rate)
        sound = heard[1]
        key = key_of(zone, sound.seconds)
        if key not in made:
            made[key] = _written(folder, sounds[zone.take], sound, zone, key, depth, names)
        found[zone] = made[key]
        step(told, len(found) / len(zones))
    return found


def unique(stem: str, suffix: str, taken: set[str]) -> str:
    """A safe file name that is not taken, on disks that do not tell small letters from capitals either."""
    plain = files.safe_name(stem, _LONGEST_NAME)
    name, number = f"{plain}{suffix}", 2
    while name.casefold() in taken:
        name, number = f"{plain}_{number}{suffix}", number + 1
    taken.add(name.casefold())
    return name


def looped(sound: Sound, begin: float, end: float, crossfade: float) -> tuple[Sound, tuple[int, int]]:
    """A sound up to its loop's end with the crossfade printed into it, and the loop in frames.

    What comes before the end flows into what comes before the begin, at equal power, as the voices of the audio
    process do it (plugin_bridge/audio/sounds.py).

    Raises:
        InvalidRequest: the loop does not lie inside of the sound.
    """
    first, last = round(begin * sound.rate), round(end * sound.rate)
    if not 0 <= first < last - _SHORTEST_LOOP or last > sound.frames:
        raise InvalidRequest(
            f"The loop from {begin:.3f} to {end:.3f} s does not lie inside of the sound ({sound.seconds:.3f} s). "
            "Move its points."
        )
    turns = 1 + GUARD // (last - first)
    turning = loops.turned(sound, loops.Loop(first / sound.rate, last / sound.rate, crossfade, 0.0), turns)
    return turning.fitted(last + GUARD), (first, last)


def _read(path: Path, rate: int) -> Sound:
    sound = wav.read(path).sound
    if sound.channels > 2:
        raise InvalidRequest(f"{path.name} has {sound.channels} channels; a sampler plays one or two. Save fewer.")
    if not sound.frames:
        raise InvalidRequest(f"{path.name} has no audio in it. Take it out of the kit.")
    return sound.resampled(rate) if rate else sound


def _written(
    folder: Path, source: Path, sound: Sound, zone: Zone, key: Key, depth: Depth, names: set[str]
) -> Sample:
    turn = key[1]
    loop = None
    if turn is not None:
        sound, loop = looped(sound, *turn)
    name = unique(source.stem + (" loop" if loop else ""), ".wav", names)
    known = [chunk for chunk in carried.chunks(source, sound, depth) if chunk[0] != sampler_chunk.CHUNK]
    chunks = [*known, _sampler_chunk(zone, sound, loop)]
    told = wav.write(folder / FOLDER / name, sound, depth=depth, chunks=chunks, durable=False)
    return Sample(f"{FOLDER}/{name}", sound.rate, sound.frames, sound.channels, told.lowered_db, loop)


def _sampler_chunk(zone: Zone, sound: Sound, loop: tuple[int, int] | None) -> Chunk:
    """The chunk `smpl`: root and loop once more, for samplers that look into the file."""
    found = (sampler_chunk.Loop(*loop),) if loop else ()
    return sampler_chunk.CHUNK, sampler_chunk.to_bytes(sampler_chunk.Sampler(sound.rate, zone.root, loops=found))
