"""Every export in one table: what it is called, what it takes, which options it has, what writes it.

The command line's options and the window's dialog follow from it, so that a new format is a row here and a module.
It is not in the package's `__init__`, because whoever reads a WAV must not load every format there is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, get_args

from presets import kits
from presets.errors import InvalidRequest
from presets.export import (
    dawproject,
    decentsampler,
    game,
    parcel,
    plain,
    provenance,
    reaper,
    sfz,
    spotting,
    stereo_files,
    timecode,
    timeline,
    wav,
)
from presets.export.parcel import Stopped, Told
from presets.export.provenance import Sheet
from presets.export.samples import Depth, check
from presets.export.spotting import Spot
from presets.export.stereo_files import Native
from presets.export.timeline import Timeline
from presets.export.wishes import Option, Value, Wishes
from presets.files import safe_name
from presets.schema import Kit
from presets.session import session_name
from presets.stereo import STEREOS

Takes = Literal["kit", "takes", "spotting list"]


@dataclass(frozen=True)
class Selection:
    """What is exported.

    Attributes:
        name: of what comes of it.
        paths: the sounds, in order.
        kit: which note plays what, None for takes alone.
        sounds: a file for every take of the kit.
        spots: a spotting list's file, None for none.
        session: name of the session that the sounds are from; "" is found by where they lie.
    """

    name: str
    paths: tuple[Path, ...] = ()
    kit: Kit | None = None
    sounds: Mapping[str, Path] = field(default_factory=dict)
    spots: Path | None = None
    session: str = ""


@dataclass(frozen=True)
class Exported:
    """What was written. place: the folder or file. remarks: what a person should know, in sentences."""

    place: Path
    remarks: tuple[str, ...] = ()


Write = Callable[[Path, Selection, Wishes, Told], tuple[str, ...]]
"""Fills a folder; the remarks."""


@dataclass(frozen=True)
class Format:
    """A row of the table.

    Attributes:
        id: what the command line calls it.
        name: what a person calls it.
        takes: what it can be made of, the usual first.
        options: its wishes.
        write: fills a folder.
        suffix: of its single file; "" is a folder, or a .zip where that is asked for.
    """

    id: str
    name: str
    takes: tuple[Takes, ...]
    options: tuple[Option, ...]
    write: Write
    suffix: str = ""


def export(
    form: Format,
    selection: Selection,
    into: Path,
    asked: Mapping[str, Value] | None = None,
    told: Told = lambda _share: True,
    overwrite: bool = False,
    called: str = "",
    native: Native | None = None,
) -> Exported | None:
    """Export a selection: one folder or file in `into` that appears whole or not at all.

    Args:
        form: a row of FORMATS.
        selection: what.
        into: a folder; made if it is not there.
        asked: options by name; the others have their defaults.
        told: hears the share that is done; ends the export by returning False.
        overwrite: whether what has that name already is replaced.
        called: name of the folder or file; "" is the selection's.
        native: renders recipes, for siblings.

    Returns:
        What was written; None if it was ended.

    Raises:
        InvalidRequest: the format does not take this, or a wish cannot be.
        UnreadableFile: a sound or a list.
        NotWritten: the place is taken, read-only or full.
    """
    asked = dict(asked or {})
    if asked.get("stereo") and not asked.get("bit_depth", True):  # no file stays as it is
        asked["bit_depth"] = "24"
    wishes = Wishes(form.options, asked, form.name)
    selection = _fitting(form, selection)
    place = into / safe_name(called or selection.name)
    opened: AbstractContextManager[Path]
    if form.suffix or wishes.on("zip"):
        suffix = form.suffix or (".dslibrary" if form is DECENTSAMPLER else ".zip")
        inside = "" if form.suffix or form is DECENTSAMPLER else place.name
        place = place.with_name(place.name + suffix)
        opened = parcel.zipped(place, overwrite, inside)
    else:
        opened = parcel.folder(place, overwrite)
    try:
        with opened as folder, ExitStack() as scratch:
            selection, remarks = _in_stereo(selection, wishes, scratch, told, native)
            remarks = (*remarks, *form.write(folder, selection, wishes, told))
            if wishes.on("sheet"):
                files = sorted(path for path in folder.rglob("*") if path.suffix in (".wav", ".flac"))
                provenance.write(Sheet(name=selection.name, rows=provenance.rows(folder, files)), folder)
    except Stopped:
        return None
    return Exported(place, remarks)


def find(name: str) -> Format:
    """The format of that id.

    Raises:
        InvalidRequest: there is none.
    """
    found = next((form for form in FORMATS if form.id == name.lower()), None)
    if found is None:
        raise InvalidRequest(f"Formats are {', '.join(form.id for form in FORMATS)}, not {name[:20]!r}.")
    return found


def _fitting(form: Format, selection: Selection) -> Selection:
    """The selection as the format takes it: files become a kit, a kit's sounds are its files."""
    if selection.spots is not None and "spotting list" not in form.takes:
        able = ", ".join(one.id for one in FORMATS if "spotting list" in one.takes)
        raise InvalidRequest(f"{form.name} is made of sounds; a spotting list becomes a timeline: {able}.")
    if "kit" in form.takes:
        if selection.kit is None:
            kit, sounds = kits.kit_of(selection.paths, selection.name)
            selection = replace(selection, kit=kit, sounds=sounds)
        assert selection.kit is not None
        check(selection.kit, selection.sounds)
        return selection
    paths = selection.paths or tuple(selection.sounds.values())
    for path in paths:
        wav.facts(path)  # what cannot be read is told before anything is made
    return replace(selection, paths=paths)


def _in_stereo(
    selection: Selection, wishes: Wishes, scratch: ExitStack, told: Told, native: Native | None
) -> tuple[Selection, tuple[str, ...]]:
    """The selection with the stereo of its takes in their place, where that is wished; and remarks."""
    way = next((way for way in STEREOS if way == wishes.text("stereo")), STEREOS[0])
    if not way:
        return selection, ()
    folder = Path(scratch.enter_context(tempfile.TemporaryDirectory(prefix="onetake-stereo-")))
    paths = [*selection.paths, *selection.sounds.values()]
    found, remarks = stereo_files.made(paths, way, folder, wishes.depth or "24", told, native)
    session = selection.session or next(filter(None, map(session_name, selection.paths)), "")
    sounds = {take: found.get(path, path) for take, path in selection.sounds.items()}
    return replace(
        selection, paths=tuple(found.get(p, p) for p in selection.paths), sounds=sounds, session=session
    ), remarks


def _sfz(folder: Path, selection: Selection, wishes: Wishes, told: Told) -> tuple[str, ...]:
    assert selection.kit is not None
    sfz.write_kit(folder, selection.kit, selection.sounds, wishes.rate, wishes.depth or "24", told)
    return ()


def _decentsampler(folder: Path, selection: Selection, wishes: Wishes, told: Told) -> tuple[str, ...]:
    assert selection.kit is not None
    kit = selection.kit
    decentsampler.write_kit(folder, kit, selection.sounds, wishes.rate, wishes.depth or "24", told)
    if any(zone.channel for zone in kit.zones):
        return ("DecentSampler does not tell MIDI channels apart: every zone answers to all of them.",)
    return ()


def _timeline(selection: Selection, wishes: Wishes) -> tuple[Timeline, tuple[str, ...]]:
    fade = wishes.number("fade") / 1000
    if selection.spots is None:
        if not selection.paths:
            raise InvalidRequest("There are no sounds to export.")
        return timeline.of_takes(selection.paths, selection.name, wishes.number("gap"), fade), ()
    fps = wishes.text("fps")
    rows = spotting.read(selection.spots, fps)
    origin = None
    if wishes.text("origin"):
        origin = spotting.seconds(wishes.text("origin"), fps)
    made, lost = timeline.of_spots(rows, selection.paths, selection.name, origin, fade)
    return made, _remarks(lost)


def _remarks(lost: Sequence[Spot]) -> tuple[str, ...]:
    if not lost:
        return ()
    named = ", ".join(f"row {spot.row} ({spot.prompt[:30] or spot.file})" for spot in lost[:5])
    more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
    return (f"No sound was found for {named}{more}: there is a marker in its place.",)


def _dawproject(folder: Path, selection: Selection, wishes: Wishes, told: Told) -> tuple[str, ...]:
    made, remarks = _timeline(selection, wishes)
    dawproject.write_project(folder, made, wishes.rate, wishes.depth, told)
    return remarks


def _reaper(folder: Path, selection: Selection, wishes: Wishes, told: Told) -> tuple[str, ...]:
    made, remarks = _timeline(selection, wishes)
    reaper.write_project(folder, made, wishes.rate, wishes.depth, told)
    return remarks


def _game(folder: Path, selection: Selection, wishes: Wishes, told: Told) -> tuple[str, ...]:
    game.write_families(folder, selection.paths, wishes.rate, wishes.depth or "24", told)
    return ()


def _naming(selection: Selection, wishes: Wishes) -> plain.Ucs | None:
    if not wishes.on("ucs"):
        return None
    source = (
        wishes.text("source") or selection.session or next(filter(None, map(session_name, selection.paths)), "")
    )
    if not source:
        raise InvalidRequest("These sounds lie in no session whose name could be the SourceID. Say one as source.")
    return plain.Ucs(wishes.text("creator"), source)


def _wav(folder: Path, selection: Selection, wishes: Wishes, told: Told) -> tuple[str, ...]:
    at = timecode.position(wishes.text("at"), wishes.text("fps")) if wishes.text("at") else None
    naming = _naming(selection, wishes)
    plain.write_files(folder, selection.paths, "wav", wishes.rate, wishes.depth, told, naming, at)
    return ()


def _flac(folder: Path, selection: Selection, wishes: Wishes, told: Told) -> tuple[str, ...]:
    plain.write_files(folder, selection.paths, "flac", wishes.rate, wishes.depth, told, _naming(selection, wishes))
    return ()


_DEPTHS = get_args(Depth)
_RATE = Option("rate", 48_000, "Hz; 0 keeps each sound's own.")
_OWN_RATE = Option("rate", 0, "Hz; 0 keeps each sound's own.")
_DEPTH = Option("bit_depth", "24", "16, 24 or 32f.", _DEPTHS)
_OWN_DEPTH = Option("bit_depth", "", "16, 24 or 32f; without it files stay as they are.", ("", *_DEPTHS))
_FLAC_DEPTH = Option("bit_depth", "24", "16 or 24.", ("16", "24"))
_ZIP = Option("zip", False, "One file instead of a folder.")
_SHEET = Option(
    "sheet", False, "With provenance.csv and .json: model, licence, prompt, seed and hash of every file."
)
_UCS = (
    Option("ucs", False, "Names of the Universal Category System."),
    Option("creator", "", "CreatorID of UCS names: who made the sounds."),
    Option("source", "", "SourceID of UCS names: the project or library; without it the session's name."),
)
_FPS = Option("fps", "25", "Frame rate of timecodes.", tuple(timecode.RATES))
_AT = Option("at", "", "Timecode, or seconds since midnight, at which the files lie in the film.")
_STEREO = Option(
    "stereo", "", "Two channels whose sum is the mono take: wide, or siblings, whose sides are rendered.", STEREOS
)
_TIMELINE = (
    _OWN_RATE,
    _OWN_DEPTH,
    _STEREO,
    Option("gap", 1.0, "Seconds between two takes."),
    Option("fade", 0.0, "Milliseconds at both ends of a clip; the takes' own fades are in the files."),
    _FPS,
    Option("origin", "", "Timecode of the begin; without it the full hour of the first row."),
)
DECENTSAMPLER = Format(
    "decentsampler", "DecentSampler", ("kit", "takes"), (_RATE, _DEPTH, _STEREO, _ZIP), _decentsampler
)
FORMATS = (
    Format("sfz", "SFZ", ("kit", "takes"), (_RATE, _DEPTH, _STEREO, _ZIP), _sfz),
    DECENTSAMPLER,
    Format("dawproject", "DAWproject", ("takes", "spotting list"), _TIMELINE, _dawproject, ".dawproject"),
    Format("reaper", "REAPER", ("takes", "spotting list"), (*_TIMELINE, _ZIP), _reaper),
    Format("game", "Game", ("takes",), (_RATE, _DEPTH, _SHEET, _ZIP), _game),
    Format("wav", "WAV", ("takes",), (_OWN_RATE, _OWN_DEPTH, _STEREO, *_UCS, _AT, _FPS, _SHEET, _ZIP), _wav),
    Format("flac", "FLAC", ("takes",), (_OWN_RATE, _FLAC_DEPTH, _STEREO, *_UCS, _SHEET, _ZIP), _flac),
)
"""The table."""
