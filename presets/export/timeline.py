"""Sounds on a timeline, before any DAW's format: clips with a place, alternates, fades and a track.

Two ways lead here: takes one after the other, so that a whole selection can be heard through; and a spotting list,
where every sound lies with its sync point on its timecode. `dawproject` and `reaper` write what comes of it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from presets import files
from presets.export import carried, wav
from presets.export.families import Member, families, version_of
from presets.export.parcel import Told, step
from presets.export.samples import Depth, unique
from presets.export.spotting import Spot

_CUT_FADE = 0.01  # seconds; where a clip ends before its sound does
_HOUR = 3600.0


@dataclass(frozen=True)
class Alternate:
    """One of the sounds that a clip may play. offset: seconds of it that are skipped. sync: seconds into it."""

    name: str
    path: Path
    offset: float = 0.0
    sync: float = 0.0


@dataclass(frozen=True)
class Clip:
    """A place where a sound is heard.

    Attributes:
        name: what is shown on it.
        at: seconds from the begin of the timeline.
        alternates: at least one.
        active: place of the alternate that is heard.
        length: seconds; None is all of the sound.
        fade_in, fade_out: seconds.
        track: name of its track.
    """

    name: str
    at: float
    alternates: tuple[Alternate, ...]
    active: int = 0
    length: float | None = None
    fade_in: float = 0.0
    fade_out: float = 0.0
    track: str = ""


@dataclass(frozen=True)
class Marker:
    """A named moment. at: seconds from the begin of the timeline."""

    name: str
    at: float


@dataclass(frozen=True)
class Timeline:
    """All of it. origin: seconds from timecode 00:00:00:00 to its begin."""

    name: str
    clips: tuple[Clip, ...]
    markers: tuple[Marker, ...] = ()
    origin: float = 0.0


@dataclass(frozen=True)
class Media:
    """A sound as a file of a project. path: relative, with "/"."""

    path: str
    rate: int
    frames: int
    channels: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.frames / self.rate


def of_takes(paths: Sequence[Path], name: str, gap: float = 1.0, fade: float = 0.0) -> Timeline:
    """Takes one after the other, a track for every family, its members as alternates of one clip.

    Args:
        paths: WAV files.
        name: of the timeline.
        gap: seconds between two clips.
        fade: seconds at both ends of every clip. The edit's own fades are in the files.

    Raises:
        UnreadableFile: a file is no WAV.
    """
    clips: list[Clip] = []
    at = 0.0
    for family in families(paths):
        alternates = tuple(_alternate(member) for member in family.members)
        clips.append(Clip(family.name, at, alternates, family.best, None, fade, fade, family.name))
        at += _seconds(family.members[family.best].path) + gap
    return Timeline(name, tuple(clips))


def of_spots(
    spots: Sequence[Spot], paths: Sequence[Path], name: str, origin: float | None = None, fade: float = 0.0
) -> tuple[Timeline, tuple[Spot, ...]]:
    """A spotting list with the sounds that were made for it in place; every row gets a marker.

    Args:
        spots: the rows.
        paths: WAV files; a row plays the file it names, else all whose prompt or name is its own.
        name: of the timeline.
        origin: seconds from timecode 00:00:00:00 to the begin; None is the full hour of the first row.
        fade: seconds at both ends of every clip.

    Returns:
        The timeline, and the rows that no sound was found for.

    Raises:
        UnreadableFile: a file is no WAV.
    """
    if origin is None:
        origin = min(spot.at for spot in spots) // _HOUR * _HOUR
    found = _found(paths)
    clips: list[Clip] = []
    lost: list[Spot] = []
    for spot in spots:
        members = _members(spot, *found)
        if members:
            clips.append(_placed(spot, members, origin, fade))
        else:
            lost.append(spot)
    markers = tuple(Marker(spot.prompt or spot.file, max(0.0, spot.at - origin)) for spot in spots)
    return Timeline(name, _side_by_side(clips), markers, origin), tuple(lost)


def unmade(spots: Sequence[Spot], paths: Sequence[Path]) -> tuple[Spot, ...]:
    """The rows of a spotting list that none of these files is for. Errors as in `of_spots`."""
    found = _found(paths)
    return tuple(spot for spot in spots if not _members(spot, *found))


def write_media(
    folder: Path, inside: str, timeline: Timeline, rate: int, depth: Depth | None, told: Told
) -> dict[Path, Media]:
    """Write every sound of a timeline into `folder`/`inside`, each once.

    Args:
        folder: exists.
        inside: name of the folder in it.
        timeline: what plays.
        rate: Hz; 0 keeps each sound's own.
        depth: bits of a sample; None keeps the file as it is, with all that is in it, where the rate allows.
        told: hears the share that is done.

    Raises:
        UnreadableFile: a sound.
        Stopped: `told` returned False.
    """
    with files.told(folder):
        (folder / inside).mkdir()
    names: set[str] = set()
    paths = list(dict.fromkeys(alternate.path for clip in timeline.clips for alternate in clip.alternates))
    media: dict[Path, Media] = {}
    for path in paths:
        name = unique(path.stem, ".wav", names)
        rate_now, frames, channels = copied(path, folder / inside / name, rate, depth)
        media[path] = Media(f"{inside}/{name}", rate_now, frames, channels)
        step(told, len(media) / len(paths))
    return media


def copied(source: Path, to: Path, rate: int, depth: Depth | None) -> tuple[int, int, int]:
    """A WAV at a rate and depth, or as it is; see `write_media`.

    Returns:
        Rate in Hz, frames and channels of what was written.
    """
    content = wav.read(source)
    sound = content.sound.resampled(rate) if rate else content.sound
    is_same = sound.rate == content.sound.rate
    if depth is None and is_same and carried.is_said_in_file(source):
        with files.told(to):
            shutil.copyfile(source, to)
        return sound.rate, sound.frames, sound.channels
    kept = depth or nearest_depth(content.depth)
    chunks = (
        carried.retold(content, kept, *carried.said(source)) if is_same else carried.chunks(source, sound, kept)
    )
    wav.write(to, sound, depth=kept, chunks=chunks, durable=False)
    return sound.rate, sound.frames, sound.channels


def nearest_depth(stored: str) -> Depth:
    """The depth that keeps what a file of any depth holds."""
    return "16" if stored in ("8", "16") else "24" if stored == "24" else "32f"


def length(clip: Clip, media: Media, place: int) -> float:
    """Seconds that a clip lasts when it plays its alternate of that place, which is this file."""
    rest = max(0.0, media.seconds - clip.alternates[place].offset)
    return rest if clip.length is None else min(clip.length, rest)


def tracks(clips: Iterable[Clip]) -> dict[str, list[Clip]]:
    """Clips by track, the tracks in the order in which they come."""
    found: dict[str, list[Clip]] = {}
    for clip in clips:
        found.setdefault(clip.track, []).append(clip)
    return found


def _alternate(member: Member) -> Alternate:
    return Alternate(member.path.stem, member.path, sync=_moment(member, "sync"))


def _moment(member: Member, sync: str | float) -> float:
    """Seconds of a sound that lie at the timecode."""
    if isinstance(sync, float):
        return sync
    edit = member.version.edit if member.version else None
    if edit is None or sync == "start":
        return 0.0
    return edit.onset if sync == "onset" or edit.sync is None else edit.sync


def _found(paths: Sequence[Path]) -> tuple[dict[str, list[Member]], dict[str, list[Member]]]:
    by_file: dict[str, list[Member]] = {}
    by_prompt: dict[str, list[Member]] = {}
    for path in dict.fromkeys(paths):
        member = Member(path, version_of(path))
        for name in {path.name.casefold(), path.stem.casefold()}:
            by_file.setdefault(name, []).append(member)
    for family in families(paths):
        by_prompt.setdefault(_words(family.name), []).extend(family.members)
        for member in family.members:
            if member.version and (prompt := _words(member.version.recipe.prompt.text)) != _words(family.name):
                by_prompt.setdefault(prompt, []).append(member)
    return by_file, by_prompt


def _members(
    spot: Spot, by_file: Mapping[str, list[Member]], by_prompt: Mapping[str, list[Member]]
) -> list[Member]:
    """The sounds of a row: the file it names, else all whose prompt or name is its own."""
    return by_file.get(spot.file.casefold(), []) if spot.file else by_prompt.get(_words(spot.prompt), [])


def _words(prompt: str) -> str:
    return " ".join(prompt.casefold().replace("_", " ").split())


def _placed(spot: Spot, members: Sequence[Member], origin: float, fade: float) -> Clip:
    """The clip of a row. What would lie before the timeline's begin is skipped."""
    steps = [member.version.recipe.steps if member.version else 0 for member in members]
    active = steps.index(max(steps))
    begins = [spot.at - origin - _moment(member, spot.sync) for member in members]
    at = max(0.0, begins[active])
    alternates = tuple(
        Alternate(member.path.stem, member.path, max(0.0, at - begin), _moment(member, spot.sync))
        for member, begin in zip(members, begins, strict=True)
    )
    whole = _seconds(members[active].path) - alternates[active].offset
    cut = spot.length is not None and spot.length < whole
    fade_out = max(fade, _CUT_FADE) if cut else fade
    track = spot.category or "Spotting"
    return Clip(spot.prompt or spot.file, at, alternates, active, spot.length, fade, fade_out, track)


def _side_by_side(clips: Sequence[Clip]) -> tuple[Clip, ...]:
    """Clips that overlap go to tracks of their own: DAWs would cut one by the other."""
    ends: dict[str, list[float]] = {}
    laid: list[Clip] = []
    for clip in sorted(clips, key=lambda one: one.at):
        rest = _seconds(clip.alternates[clip.active].path) - clip.alternates[clip.active].offset
        busy = ends.setdefault(clip.track, [])
        lane = next((lane for lane, end in enumerate(busy) if end <= clip.at), len(busy))
        busy[lane : lane + 1] = [clip.at + (rest if clip.length is None else min(clip.length, rest))]
        laid.append(replace(clip, track=f"{clip.track} {lane + 1}" if lane else clip.track))
    return tuple(sorted(laid, key=lambda one: (one.track, one.at)))


def _seconds(path: Path) -> float:
    facts = wav.facts(path)
    return facts.frames / facts.rate
