"""A timeline as a REAPER project (.RPP): items with takes, fades, names and relative media files.

REAPER reads no DAWproject. Its own format is a text of nested blocks; what a block leaves out, REAPER takes from
the user's settings, so fades are written even where there are none. Alternates are takes of one item: T goes
through them. Format: as REAPER 7 writes it, "State Chunk Definitions" in the Cockos wiki.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from presets.export.parcel import Told
from presets.export.samples import Depth
from presets.export.timeline import Clip, Media, Timeline, length, tracks, write_media
from presets.files import safe_name, write_atomically

_MEDIA = "Media"
_NAMES = uuid.UUID("5a8c6c3e-0b51-4a0e-9d43-0f3c3f1b6f10")  # the same project gets the same identities


def write_project(folder: Path, timeline: Timeline, rate: int, depth: Depth | None, told: Told) -> Path:
    """Write NAME.RPP and its media into a folder that exists.

    Returns:
        The .RPP.

    Raises:
        UnreadableFile, Stopped: see `presets.export.timeline.write_media`.
    """
    media = write_media(folder, _MEDIA, timeline, rate, depth, told)
    path = folder / f"{safe_name(timeline.name)}.RPP"
    write_atomically(path, project(timeline, media).replace("\n", "\r\n").encode(), durable=False)
    return path


def project(timeline: Timeline, media: Mapping[Path, Media]) -> str:
    """The whole .RPP. media: the file of every sound."""
    rate = max((file.rate for file in media.values()), default=48_000)
    lines = [
        '<REAPER_PROJECT 0.1 "7.0/onetake" 0',
        f"  PROJOFFS {_number(timeline.origin)} 0 0",
        f"  SAMPLERATE {rate} 0 0",
        "  TEMPO 120 4 4",
    ]
    for number, marker in enumerate(timeline.markers, 1):
        lines.append(f"  MARKER {number} {_number(marker.at)} {quoted(marker.name)} 0")
    for number, (name, clips) in enumerate(tracks(timeline.clips).items(), 1):
        lines += [f"  <TRACK {_identity('track', number)}", f"    NAME {quoted(name)}", "    NCHAN 2"]
        for place, clip in enumerate(clips, 1):
            lines += [f"    {line}" for line in _item(clip, media, f"{number}/{place}")]
        lines.append("  >")
    return "\n".join([*lines, ">"]) + "\n"


def quoted(text: str) -> str:
    """Text as REAPER quotes it: in the first of the marks that it does not hold itself."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    mark = next((mark for mark in "\"'`" if mark not in plain), None)
    return f"`{plain.replace('`', chr(39))}`" if mark is None else f"{mark}{plain}{mark}"


def _item(clip: Clip, media: Mapping[Path, Media], key: str) -> Iterator[str]:
    heard = clip.alternates[clip.active]
    yield "<ITEM"
    yield f"  POSITION {_number(clip.at)}"
    yield f"  SNAPOFFS {_number(max(0.0, heard.sync - heard.offset))}"
    yield f"  LENGTH {_number(length(clip, media[heard.path], clip.active))}"
    yield "  LOOP 0"
    yield "  ALLTAKES 0"
    yield f"  FADEIN 1 {_number(clip.fade_in)} 0 1 0 0 0"
    yield f"  FADEOUT 1 {_number(clip.fade_out)} 0 1 0 0 0"
    yield "  MUTE 0 0"
    yield f"  IGUID {_identity('item', key)}"
    for place, alternate in enumerate(clip.alternates):
        if place:
            yield "  TAKE SEL" if place == clip.active else "  TAKE"
        yield f"  NAME {quoted(clip.name if len(clip.alternates) == 1 else alternate.name)}"
        yield f"  SOFFS {_number(alternate.offset)}"
        yield "  PLAYRATE 1 1 0 -1 0 0.0025"
        yield "  CHANMODE 0"
        yield f"  GUID {_identity('take', f'{key}/{place}')}"
        yield "  <SOURCE WAVE"
        yield f"    FILE {quoted(media[alternate.path].path)}"
        yield "  >"
    yield ">"


def _identity(kind: str, key: object) -> str:
    return f"{{{str(uuid.uuid5(_NAMES, f'{kind} {key}')).upper()}}}"


def _number(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")
