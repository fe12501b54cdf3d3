"""A .dawproject with all that it can hold, under names as people write them: read back, and by the schemas."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
import xmlschema

from presets.export import dawproject
from presets.export.timeline import Alternate, Clip, Marker, Media, Timeline
from tests.presets.export_formats.test_timelines import SCHEMAS, assert_well_formed

NAMES = {
    "Tür 扉 🚪 👩‍🚀": "Tür 扉 🚪 👩‍🚀",
    "": "",
    "<a> & \"b\" 'c'": "<a> & \"b\" 'c'",
    "one\ntwo\tthree": "one two three",
    "\x00\x1b\ufffe\ud800": None,
    "x" * 300: "x" * 300,
}


def spotted(tmp_path, name):
    """Clips with fades and offsets, one with three alternates, two tracks, markers, all of that name."""
    first, second, third = (tmp_path / f"{number}.wav" for number in range(3))
    alternates = (Alternate(name, first), Alternate(name, second, offset=0.25), Alternate(name, third, sync=0.1))
    clips = (
        Clip(name, 0.0, alternates, 1, 0.5, 0.01, 0.02, name),
        Clip(name, 1.5, alternates[:1], 0, None, 0.0, 0.25, name),
        Clip(name, 3600.25, alternates[2:], 0, 1e-6, 0.0, 0.0, f"{name} 2"),
    )
    files = enumerate((first, second, third), 1)
    media = {path: Media(f"audio/{path.name}", 48_000, 48_000, channels) for channels, path in files}
    return Timeline(name, clips, (Marker(name, 0.0), Marker(name, 7.125)), 3600.0), media


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_every_name_makes_a_whole_project(tmp_path, name):
    timeline, media = spotted(tmp_path, name)
    project, metadata = dawproject.project(timeline, media), dawproject.metadata(timeline)
    if SCHEMAS:
        xmlschema.validate(project.decode(), f"{SCHEMAS}/Project.xsd")
        xmlschema.validate(metadata.decode(), f"{SCHEMAS}/MetaData.xsd")
    root = ET.fromstring(project)
    assert_well_formed(root)
    assert ET.fromstring(metadata).findtext("Title") == root.find("Arrangement/Markers/Marker").get("name")
    clips = root.findall("Arrangement/Lanes/Lanes/Clips/Clip")
    assert len(clips) == 5
    assert sorted({float(clip.get("time")) for clip in clips}) == [0.0, 1.5, 3600.25]
    assert max(float(clip.get("fadeOutTime")) for clip in clips) == 0.25
    assert [float(marker.get("time")) for marker in root.iter("Marker")] == [0.0, 7.125]
    for marker in root.iter("Marker"):
        assert NAMES[name] in (None, marker.get("name"))
