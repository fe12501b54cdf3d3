"""Takes and spotting lists as projects: read back by rules of their formats, and by the published schemas."""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import soundfile
import xmlschema
from msgspec.structs import replace

from presets.errors import InvalidRequest
from presets.export import formats, version
from presets.export.formats import Selection
from presets.schema import Edit, Prompt, Recipe, Version
from presets.sound import Sound
from tests.presets.export_formats.conftest import noise
from tests.presets.export_formats.rpp import parsed

SCHEMAS = os.environ.get("ONETAKE_DAWPROJECT_XSD", "")
"""A folder with the published Project.xsd and MetaData.xsd (github.com/bitwig/dawproject)."""

RECIPE = Recipe(
    model="starter", model_hash="h", prompt=Prompt(text="door slam"), seed=1, frames=4, omega=3.5, decode_seed=2,
    renderer=1,
)  # fmt: skip


def take(path, text, seed=1, steps=1, seconds=0.5, sync=0.1):
    """A version of a take as a file."""
    recipe = replace(RECIPE, prompt=Prompt(text=text), seed=seed, steps=steps)
    made = Version(recipe=recipe, edit=Edit(length=seconds, onset=0.02, sync=sync), checksum="c")
    version.write(path, noise(seed, seconds), made, "24")
    return path


@pytest.fixture
def takes(tmp_path):
    folder = tmp_path / "takes"
    folder.mkdir()
    return (
        take(folder / "door_slam_1.wav", "door slam", 1),
        take(folder / "door_slam_1_8steps.wav", "door slam", 1, 8),
        take(folder / "door_slam_2.wav", "door slam", 2),
        take(folder / 'bell "x".wav', 'a "glass" bell & <more>', 3, seconds=1.0),
    )


def exported(form, selection, folder, **asked):
    return formats.export(formats.find(form), selection, folder, asked)


ORDER = {
    "Project": ["Application", "Transport", "Structure", "Arrangement"],
    "Transport": ["Tempo", "TimeSignature"],
    "Track": ["Channel", "Track"],
    "Channel": ["Mute", "Pan", "Volume"],
    "Arrangement": ["Lanes", "Markers"],
    "Audio": ["File"],
}
"""What the schema allows in these, in this order only."""

REQUIRED = {
    "Project": {"version"},
    "Application": {"name", "version"},
    "Tempo": {"unit"},
    "TimeSignature": {"numerator", "denominator"},
    "Clip": {"time"},
    "Audio": {"channels", "sampleRate", "duration"},
    "File": {"path"},
    "Marker": {"time"},
}


def assert_well_formed(root):
    """The rules of the schema that a writer can break, for machines on which it does not lie."""
    for element in root.iter():
        assert set(element.keys()) >= REQUIRED.get(element.tag, set())
        if element.tag in ORDER:
            places = [ORDER[element.tag].index(child.tag) for child in element]
            assert places == sorted(places)


def project(place, tmp_path):
    """project.xml of a .dawproject, checked against the schemas where they are, and the zip's names."""
    with zipfile.ZipFile(place) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path / "opened")
        names = archive.namelist()
    for name, schema in (("project.xml", "Project.xsd"), ("metadata.xml", "MetaData.xsd")):
        if SCHEMAS:
            xmlschema.validate(str(tmp_path / "opened" / name), str(Path(SCHEMAS) / schema))
    root = ET.parse(tmp_path / "opened" / "project.xml").getroot()
    assert_well_formed(root)
    return root, names


# ── DAWproject ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_dawproject_holds_clips_with_names_places_fades_and_alternates_as_lanes(takes, tmp_path):
    written = exported("dawproject", Selection("My cut", takes), tmp_path / "out", gap=0.5, fade=10.0)
    assert written.place == tmp_path / "out" / "My_cut.dawproject"
    root, names = project(written.place, tmp_path)
    assert [child.tag for child in root] == ["Application", "Transport", "Structure", "Arrangement"]
    tracks = root.findall("Structure/Track")
    assert [track.get("name") for track in tracks] == ["door slam", 'a "glass" bell & <more>', "Master"]
    lanes = tracks[0].findall("Track")
    assert [lane.find("Channel/Mute").get("value") for lane in lanes] == ["false", "true", "true"]
    clips = {lane.get("track"): lane.findall("Clips/Clip") for lane in root.findall("Arrangement/Lanes/Lanes")}
    heard = clips[lanes[0].get("id")][0]
    assert heard.find("Audio/File").get("path") == "audio/door_slam_1_8steps.wav"
    assert (heard.get("time"), heard.get("fadeInTime"), heard.get("fadeOutTime")) == ("0", "0.01", "0.01")
    bell = clips[tracks[1].get("id")][0]
    assert (float(bell.get("time")), float(bell.get("duration"))) == (1.0, 1.0)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for element in root.iter():
        for reference in ("track", "destination"):
            assert element.get(reference) is None or element.get(reference) in ids
    for file in root.iter("File"):
        assert file.get("path") in names
        info = soundfile.info(tmp_path / "opened" / file.get("path"))
        assert info.samplerate == 48_000


@pytest.mark.skipif(not SCHEMAS, reason="ONETAKE_DAWPROJECT_XSD names no folder with the published schemas")
def test_the_schemas_refuse_what_is_wrong(takes, tmp_path):
    """The check against the schemas can fail."""
    written = exported("dawproject", Selection("cut", takes), tmp_path / "out")
    project(written.place, tmp_path)
    path = tmp_path / "opened" / "project.xml"
    path.write_text(path.read_text().replace("fadeInTime", "fadeIn"))
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        xmlschema.validate(str(path), str(Path(SCHEMAS) / "Project.xsd"))


# ── REAPER ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_rpp_holds_items_with_takes_fades_names_and_relative_files(takes, tmp_path):
    written = exported("reaper", Selection("My cut", takes), tmp_path / "out", gap=0.25, fade=5.0)
    folder = tmp_path / "out" / "My_cut"
    assert written.place == folder
    root = parsed((folder / "My_cut.RPP").read_text(encoding="utf-8"))
    assert root.name == "REAPER_PROJECT"
    tracks = root.all("TRACK")
    assert [track["NAME"] for track in tracks] == [["door slam"], ['a "glass" bell & <more>']]
    (item,) = tracks[0].all("ITEM")
    assert [float(item[key][0]) for key in ("POSITION", "LENGTH", "SNAPOFFS")] == [0.0, 0.5, 0.1]
    assert item["FADEIN"][:2] == ["1", "0.005"]
    assert item.takes() == [
        ("door_slam_1", "Media/door_slam_1.wav", False),
        ("door_slam_1_8steps", "Media/door_slam_1_8steps.wav", True),
        ("door_slam_2", "Media/door_slam_2.wav", False),
    ]
    (bell,) = tracks[1].all("ITEM")
    assert float(bell["POSITION"][0]) == 0.75
    for track in tracks:
        for one in track.all("ITEM"):
            for _, path, _ in one.takes():
                assert soundfile.info(folder / path).frames > 0


def test_media_that_stays_as_it_is_is_the_same_file_and_what_changes_keeps_its_recipe(takes, tmp_path):
    exported("reaper", Selection("as is", takes[:1]), tmp_path / "out")
    assert (tmp_path / "out/as_is/Media/door_slam_1.wav").read_bytes() == takes[0].read_bytes()
    exported("reaper", Selection("other", takes[:1]), tmp_path / "out", rate=44_100, bit_depth="16")
    other = tmp_path / "out/other/Media/door_slam_1.wav"
    assert soundfile.info(other).samplerate == 44_100
    assert version.read_version(other) == version.read_version(takes[0])


# ── spotting lists ────────────────────────────────────────────────────────────────────────────────────────────

LIST = """timecode,prompt,length,sync,category
01:00:01:00,Door  slam,,,FX
01:00:01:05,door slam,0.2,start,FX
01:00:02:00,"a ""glass"" bell & <more>",,0.25,Bells
01:00:03:00,nobody made this,,,FX
01:00:00:00,door slam,,sync,Early
"""


def test_a_spotting_list_puts_sync_points_on_its_timecodes(takes, tmp_path):
    path = tmp_path / "spots.csv"
    path.write_text(LIST, encoding="utf-8")
    written = exported("reaper", Selection("spots", takes, spots=path), tmp_path / "out", fps="25")
    assert "row 5 (nobody made this)" in written.remarks[0]
    root = parsed((tmp_path / "out/spots/spots.RPP").read_text(encoding="utf-8"))
    assert float(root["PROJOFFS"][0]) == 3600.0
    items = {track["NAME"][0]: track.all("ITEM") for track in root.all("TRACK")}
    assert set(items) == {"FX", "FX 2", "Bells", "Early"}  # two overlap: each has a track
    assert float(items["FX"][0]["POSITION"][0]) == pytest.approx(0.9)  # the sync point lies on 1 s
    assert float(items["FX 2"][0]["POSITION"][0]) == pytest.approx(1.2)
    assert float(items["FX 2"][0]["LENGTH"][0]) == pytest.approx(0.2)
    assert float(items["FX 2"][0]["FADEOUT"][1]) > 0
    assert float(items["Bells"][0]["POSITION"][0]) == pytest.approx(1.75)
    early = items["Early"][0]  # what lies before the begin is skipped
    assert (float(early["POSITION"][0]), float(early["SOFFS"][0])) == (0.0, pytest.approx(0.1))
    assert float(early["LENGTH"][0]) == pytest.approx(0.4)
    markers = [words for key, words in root.lines if key == "MARKER"]
    assert [(float(at), name) for _, at, name, _ in markers][:2] == [(1.0, "Door  slam"), (1.2, "door slam")]
    assert len(markers) == 5


def test_a_spotting_list_becomes_a_dawproject_with_markers(takes, tmp_path):
    path = tmp_path / "spots.csv"
    path.write_text(LIST, encoding="utf-8")
    written = exported("dawproject", Selection("spots", takes, spots=path), tmp_path / "out", origin="01:00:00:00")
    root, _ = project(written.place, tmp_path)
    assert len(root.findall("Arrangement/Markers/Marker")) == 5
    assert root.find("Arrangement/Markers/Marker").get("time") == "1"


def test_a_list_is_made_of_sounds_only_where_a_timeline_is(takes, tmp_path):
    path = tmp_path / "spots.csv"
    path.write_text(LIST, encoding="utf-8")
    with pytest.raises(InvalidRequest, match="dawproject, reaper"):
        exported("sfz", Selection("spots", takes, spots=path), tmp_path / "out")


def test_a_cut_clip_is_never_longer_than_its_sound(takes, tmp_path):
    path = tmp_path / "spots.csv"
    path.write_text("timecode,prompt,length\n01:00:01:00,door slam,9\n", encoding="utf-8")
    exported("reaper", Selection("spots", takes, spots=path), tmp_path / "out")
    root = parsed((tmp_path / "out/spots/spots.RPP").read_text(encoding="utf-8"))
    assert float(root.all("TRACK")[0].all("ITEM")[0]["LENGTH"][0]) == pytest.approx(0.5)


# ── game ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_game_gets_families_in_folders_mono_tight_and_at_one_level(tmp_path):
    folder = tmp_path / "takes"
    folder.mkdir()
    paths = []
    for number, gain in ((1, 0.9), (2, 0.3)):
        hit = np.zeros((2, 24_000), np.float32)
        hit[:, 4_800:] = gain * noise(number, 0.4, 2).samples
        paths.append(folder / f"stone hit {number}.wav")
        version.wav.write(paths[-1], Sound(hit, 48_000), depth="24")
    written = exported("game", Selection("assets", tuple(paths)), tmp_path / "out")
    files = sorted(path.relative_to(written.place).as_posix() for path in written.place.rglob("*.wav"))
    assert files == ["Stone_Hit/Stone_Hit_01.wav", "Stone_Hit/Stone_Hit_02.wav"]
    heard = [soundfile.read(written.place / name)[0] for name in files]
    assert all(one.ndim == 1 for one in heard)
    assert all(np.flatnonzero(np.abs(one) > 0.01)[0] <= 100 for one in heard)  # within 2 ms
    assert 20 * np.log10(np.abs(heard[0]).max()) == pytest.approx(-3.0, abs=0.1)
    ratio = np.abs(heard[0]).max() / np.abs(heard[1]).max()  # linked: the softer one stays softer
    before = [np.abs(soundfile.read(path)[0].mean(1)).max() for path in paths]
    assert ratio == pytest.approx(before[0] / before[1], rel=0.01)


def test_a_bed_for_a_game_has_its_loudness_and_keeps_its_begin(tmp_path):
    path = take(tmp_path / "wind.wav", "steady wind ambience", 7, seconds=4.0)
    written = exported("game", Selection("beds", (path,)), tmp_path / "out")
    (file,) = written.place.rglob("*.wav")
    content = version.wav.read(file).sound
    from presets.loudness import measure

    assert measure(content).integrated == pytest.approx(-23.0, abs=0.1)
    assert content.seconds == 4.0


def test_names_of_families_are_safe(tmp_path):
    path = tmp_path / "4_4 ☂ con.wav"
    version.wav.write(path, noise(1), depth="16")
    written = exported("game", Selection("../up", (path,)), tmp_path / "out")
    assert written.place.parent == tmp_path / "out"
    assert all(
        re.fullmatch(r"[\w/]+\.wav", p.relative_to(written.place).as_posix()) for p in written.place.rglob("*.wav")
    )
