"""A timeline as .dawproject: the exchange format that Bitwig, Studio One, Cubase and others open.

One zip: project.xml, metadata.xml and the audio. A clip with alternates is a folder track with a lane for each,
the active one heard and the others muted: every importer keeps that, and would cut clips that lie on each other.
Format: Project.xsd and MetaData.xsd 1.0 (github.com/bitwig/dawproject); REAPER does not read it, see `reaper`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as ET

from presets.export.parcel import Told
from presets.export.samples import Depth
from presets.export.timeline import Clip, Media, Timeline, length, tracks, write_media
from presets.files import one_line, write_atomically

_AUDIO = "audio"
_TEMPO = 120.0


def write_project(folder: Path, timeline: Timeline, rate: int, depth: Depth | None, told: Told) -> Path:
    """Write what becomes the .dawproject once it is zipped into a folder that exists.

    Returns:
        project.xml.

    Raises:
        UnreadableFile, Stopped: see `presets.export.timeline.write_media`.
    """
    media = write_media(folder, _AUDIO, timeline, rate, depth, told)
    write_atomically(folder / "metadata.xml", metadata(timeline), durable=False)
    path = folder / "project.xml"
    write_atomically(path, project(timeline, media), durable=False)
    return path


def metadata(timeline: Timeline) -> bytes:
    """metadata.xml."""
    root = ET.Element("MetaData")
    ET.SubElement(root, "Title").text = one_line(timeline.name)
    ET.SubElement(root, "Comment").text = "The sounds were generated with Onetake."
    return _document(root)


def project(timeline: Timeline, media: Mapping[Path, Media]) -> bytes:
    """project.xml. media: the file of every sound."""
    ids = (f"id{number}" for number in count())
    root = ET.Element("Project", version="1.0")
    ET.SubElement(root, "Application", name="Onetake", version=_version())
    _transport(root, ids)
    structure = ET.SubElement(root, "Structure")
    arrangement = ET.SubElement(root, "Arrangement", id=next(ids))
    lanes = ET.SubElement(arrangement, "Lanes", timeUnit="seconds", id=next(ids))
    master = next(ids)
    for name, clips in tracks(timeline.clips).items():
        _track(structure, lanes, name, clips, media, master, ids)
    track = ET.SubElement(structure, "Track", contentType="audio", id=next(ids), name="Master", loaded="true")
    _channel(track, master, "master", None, False, ids)
    if timeline.markers:
        markers = ET.SubElement(arrangement, "Markers", timeUnit="seconds", id=next(ids))
        for marker in timeline.markers:
            ET.SubElement(markers, "Marker", time=_number(marker.at), name=one_line(marker.name))
    return _document(root)


def _transport(root: ET.Element, ids: Iterator[str]) -> None:
    transport = ET.SubElement(root, "Transport")
    ET.SubElement(
        transport,
        "Tempo",
        {"min": "20", "max": "666"},
        unit="bpm",
        value=_number(_TEMPO),
        id=next(ids),
        name="Tempo",
    )
    ET.SubElement(transport, "TimeSignature", numerator="4", denominator="4", id=next(ids))


def _track(
    structure: ET.Element,
    lanes: ET.Element,
    name: str,
    clips: Sequence[Clip],
    media: Mapping[Path, Media],
    master: str,
    ids: Iterator[str],
) -> None:
    """A track; where clips have alternates a folder of tracks, the first of which is heard."""
    most = max(len(clip.alternates) for clip in clips)
    parent, out = structure, master
    if most > 1:
        parent = ET.SubElement(
            structure, "Track", contentType="tracks", id=next(ids), loaded="true", name=one_line(name)
        )
        out = next(ids)
        _channel(parent, out, "submix", master, False, ids)
    for lane in range(most):
        title = name if most == 1 else f"{name}, alternate {lane}" if lane else f"{name}, heard"
        track_id = next(ids)
        track = ET.SubElement(
            parent, "Track", contentType="audio", id=track_id, loaded="true", name=one_line(title)
        )
        _channel(track, next(ids), "regular", out, lane > 0, ids)
        own = ET.SubElement(lanes, "Lanes", track=track_id, timeUnit="seconds", id=next(ids))
        into = ET.SubElement(own, "Clips", id=next(ids))
        for clip in clips:
            if lane < len(clip.alternates):
                into.append(_clip(clip, _in_lane(clip, lane), media, ids))


def _in_lane(clip: Clip, lane: int) -> int:
    """Which alternate lies in a lane: the active one in the first, the others in their order."""
    others = [place for place in range(len(clip.alternates)) if place != clip.active]
    return [clip.active, *others][lane]


def _channel(track: ET.Element, own: str, role: str, out: str | None, muted: bool, ids: Iterator[str]) -> None:
    channel = ET.SubElement(track, "Channel", audioChannels="2", id=own, role=role, solo="false")
    if out is not None:
        channel.set("destination", out)
    ET.SubElement(channel, "Mute", value="true" if muted else "false", id=next(ids), name="Mute")
    limits = {"min": "0", "max": "1"}
    ET.SubElement(channel, "Pan", limits, unit="normalized", value="0.5", id=next(ids), name="Pan")
    limits["max"] = "2"
    ET.SubElement(channel, "Volume", limits, unit="linear", value="1", id=next(ids), name="Volume")


def _clip(clip: Clip, place: int, media: Mapping[Path, Media], ids: Iterator[str]) -> ET.Element:
    alternate = clip.alternates[place]
    file = media[alternate.path]
    one = ET.Element("Clip", time=_number(clip.at), duration=_number(length(clip, file, place)))
    one.attrib |= {"contentTimeUnit": "seconds", "playStart": _number(alternate.offset)}
    one.attrib |= {"fadeTimeUnit": "seconds", "fadeInTime": _number(clip.fade_in)}
    one.attrib |= {"fadeOutTime": _number(clip.fade_out)}
    one.set("name", one_line(clip.name if place == clip.active else alternate.name))
    audio = ET.SubElement(one, "Audio", channels=str(file.channels), duration=_number(file.seconds), id=next(ids))
    audio.attrib |= {"sampleRate": str(file.rate), "algorithm": "raw", "timeUnit": "seconds"}
    ET.SubElement(audio, "File", path=file.path)
    return one


def _document(root: ET.Element) -> bytes:
    ET.indent(root)
    return (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + ET.tostring(root, encoding="utf-8") + b"\n"
    )


def _number(value: float) -> str:
    return f"{value:.9f}".rstrip("0").rstrip(".")


def _version() -> str:
    try:
        return version("onetake")
    except PackageNotFoundError:  # run from its source
        return "0"
