"""Exported kits as files: self-contained, whole or not there at all, whatever the kit and its names."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from presets.errors import InvalidRequest, NotWritten, UnreadableFile
from presets.export import decentsampler, flac, formats, parcel, sampler_chunk, samples, version, wav
from presets.export.formats import FORMATS, Selection
from presets.export.reading import read_metadata
from presets.export.regions import regions
from presets.export.sfz import panned
from presets.schema import Edit, Kit, Prompt, Recipe, Version, Zone
from presets.sound import Sound
from tests.presets.export_formats.conftest import noise

ZONE = Zone(take="a", low=36, high=36, root=36)
RECIPE = Recipe(
    model="starter",
    model_hash="h",
    prompt=Prompt(text="x"),
    seed=1,
    frames=4,
    omega=3.5,
    decode_seed=2,
    renderer=1,
)
NAMES = ["a", "../b", "con", "C:\\x", "ü 音 ☂", "a" * 190, "A", '"<&>"']


def exported(form, selection, folder, told=lambda _share: True, overwrite=False, **asked):
    return formats.export(formats.find(form), selection, folder, asked, told, overwrite)


def kit_of(files, *zones):
    return Selection("kit", kit=Kit(name="kit", zones=zones), sounds=files)


def opcodes(path):
    """The regions of an .sfz as dicts."""
    parts = re.split(r"<(\w+)>", path.read_text(encoding="utf-8"))[1:]
    return [
        dict(line.split("=", 1) for line in body.splitlines() if "=" in line)
        for name, body in zip(parts[::2], parts[1::2], strict=True)
        if name == "region"
    ]


# ── properties over random kits ───────────────────────────────────────────────────────────────────────────────

ranges = st.tuples(st.integers(0, 127), st.integers(0, 127)).map(sorted)
velocities = st.tuples(st.integers(1, 127), st.integers(1, 127)).map(sorted)
zones = st.builds(
    lambda take, notes, root, vels, **rest: Zone(
        take=take,
        low=notes[0],
        high=min(notes[1], notes[0] + 6),
        root=root,
        softest=vels[0],
        loudest=vels[1],
        **rest,
    ),
    take=st.sampled_from(NAMES),
    notes=ranges,
    root=st.integers(0, 127),
    vels=velocities,
    round_robin=st.integers(0, 4),
    choke=st.integers(0, 3),
    tracking=st.booleans(),
    tune=st.floats(-2400, 2400),
    touch=st.floats(0, 1),
    mode=st.sampled_from(["one-shot", "gate", "loop"]),
    loop=st.sampled_from([None, (0.01, 0.05), (0.0, 0.08)]),
    crossfade=st.sampled_from([0.0, 0.005, 1.0]),
    attack=st.floats(0, 2),
    release=st.floats(0.001, 2),
    gain_db=st.floats(-40, 24),
    pan=st.floats(-1, 1),
    channel=st.integers(0, 16),
    output=st.integers(1, 16),
)
kits = st.builds(Kit, name=st.text(max_size=30), zones=st.lists(zones, min_size=1, max_size=6).map(tuple))


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A sound for every name, all in one file: exporters may not trust names."""
    path = tmp_path_factory.mktemp("sounds") / "some sound.wav"
    wav.write(path, noise(1, 0.1), depth="24")
    return dict.fromkeys(NAMES, path)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(kits)
def test_every_path_of_an_exported_kit_exists_is_relative_and_inside(files, tmp_path_factory, kit):
    folder = tmp_path_factory.mktemp("out")
    selection = Selection(kit.name or "kit", kit=kit, sounds={zone.take: files[zone.take] for zone in kit.zones})
    for form, suffix in (("sfz", ".sfz"), ("decentsampler", ".dspreset")):
        place = exported(form, selection, folder / form).place
        assert place.parent == folder / form
        (text,) = place.glob(f"*{suffix}")
        if form == "sfz":
            told = [region["sample"] for region in opcodes(text)]
        else:
            told = [sample.get("path") for sample in ET.parse(text).iter("sample")]
        assert told
        for name in told:
            path = PurePosixPath(name)
            assert not path.is_absolute()
            assert ".." not in path.parts
            assert "\\" not in name
            assert (place / path).resolve().is_relative_to(place.resolve())
            assert soundfile.info(place / path).frames > 0
        there = {path.relative_to(place).as_posix() for path in place.rglob("*.wav")}
        assert there == set(told)
        assert len({name.casefold() for name in there}) == len(there)


@settings(deadline=None)
@given(kits, st.integers(0, 127), st.integers(1, 127), st.integers(1, 16))
def test_a_note_starts_the_same_zones_as_ours(kit, note, velocity, channel):
    """All that always play, and of those that take turns each once in a round."""

    def plays(zone):
        return (
            zone.low <= note <= zone.high
            and zone.softest <= velocity <= zone.loudest
            and zone.channel in (0, channel)
        )

    mine = [
        region
        for region in regions(kit)
        if region.low <= note <= region.high
        and region.softest <= velocity <= region.loudest
        and region.channels[0] <= channel <= region.channels[1]
    ]
    wanted = [zone for zone in kit.zones if plays(zone)]
    assert sorted(map(repr, (region.zone for region in mine))) == sorted(map(repr, wanted))
    turning = sorted((region for region in mine if region.length), key=lambda region: region.position)
    assert [region.position for region in turning] == list(range(1, len(turning) + 1))
    assert all(region.length == len(turning) for region in turning)
    order = [region.zone.round_robin for region in turning]
    assert order == sorted(order)


@given(st.floats(-1, 1))
def test_a_pan_of_equal_power_gives_both_sides_our_levels(pan):
    place, gain_db = panned(pan)
    angle = (place / 100 + 1) * np.pi / 4
    sides = np.sqrt(2) * np.array((np.cos(angle), np.sin(angle))) * 10 ** (gain_db / 20)
    assert sides == pytest.approx([min(1, 1 - pan), min(1, 1 + pan)], abs=1e-6)


# ── what is in the files ──────────────────────────────────────────────────────────────────────────────────────


def test_samples_have_the_rate_and_depth_that_were_asked_for_and_keep_their_recipe(tmp_path):
    made = Version(recipe=RECIPE, edit=Edit(length=0.3), checksum="c")
    version.write(tmp_path / "a.wav", noise(1), made, "24")
    place = exported("sfz", kit_of({"a": tmp_path / "a.wav"}, ZONE), tmp_path, rate=44_100, bit_depth="16").place
    (file,) = place.rglob("*.wav")
    info = soundfile.info(file)
    assert (info.samplerate, info.subtype) == (44_100, "PCM_16")
    assert version.read_version(file) == made


def test_a_loop_is_in_the_chunk_too_and_its_crossfade_in_the_sound(tmp_path, sounds):
    files = sounds(a=noise(1, 1.0))
    zone = replace(ZONE, mode="loop", loop=(0.25, 0.75), crossfade=0.1, root=50)
    place = exported("sfz", kit_of(files, zone), tmp_path, bit_depth="32f").place
    (file,) = place.rglob("*.wav")
    content = wav.read(file)
    chunk = sampler_chunk.from_bytes(content.chunks[sampler_chunk.CHUNK])
    assert chunk.loops == (sampler_chunk.Loop(12_000, 36_000),)
    assert chunk.unity_note == 50
    heard = content.sound.samples
    assert np.array_equal(heard[:, 36_000:], heard[:, 12_000 : 12_000 + samples.GUARD])
    source = wav.read(files["a"]).sound.samples
    assert np.array_equal(heard[:, : 36_000 - 4_800], source[:, : 36_000 - 4_800])
    assert heard[0, 35_999] == pytest.approx(source[0, 11_999], abs=1e-4)


def test_a_sound_that_loops_in_two_ways_is_two_files_and_one_that_plays_twice_is_one(tmp_path, sounds):
    files = sounds(a=noise(1, 1.0))
    first = replace(ZONE, mode="loop", loop=(0.1, 0.5))
    second = replace(ZONE, mode="loop", loop=(0.2, 0.5))
    selection = kit_of(files, first, second, ZONE, replace(ZONE, low=40, high=41))
    place = exported("decentsampler", selection, tmp_path).place
    assert len(list(place.rglob("*.wav"))) == 3


def test_a_decentsampler_preset_says_turns_chokes_loops_and_velocities(tmp_path, sounds):
    files = sounds(a=noise(1, 1.0))
    zones = (
        replace(ZONE, round_robin=1, choke=2),
        replace(ZONE, round_robin=2, choke=2, touch=0.5, loudest=90),
        replace(ZONE, mode="loop", loop=(0.1, 0.5), release=0.4, output=3),
    )
    place = exported("decentsampler", kit_of(files, *zones), tmp_path).place
    (preset,) = place.glob("*.dspreset")
    root = ET.parse(preset).getroot()
    assert [child.tag for child in root] == ["ui", "groups", "effects"]
    knobs = {knob.get("label"): knob.find("binding").get("parameter") for knob in root.iter("labeled-knob")}
    assert set(knobs) == {"Volume", "Attack", "Release", "Tone", "Reverb"}
    turning = [sample for group in root.iter("group") if group.get("seqMode") == "round_robin" for sample in group]
    assert {(s.get("seqPosition"), s.get("seqLength"), s.get("loVel"), s.get("hiVel")) for s in turning} == {
        ("1", "2", "1", "90"), ("2", "2", "1", "90"), ("1", "1", "91", "127")
    }  # fmt: skip
    choking = [group for group in root.iter("group") if group.get("silencedByTags")]
    assert all(group.get("tags") == group.get("silencedByTags") == "choke2" for group in choking)
    assert {group.get("ampVelTrack") for group in root.iter("group")} == {"1", "0.5"}
    (loop,) = (sample for sample in root.iter("sample") if sample.get("loopEnabled") == "true")
    assert (loop.get("loopStart"), loop.get("loopEnd"), loop.get("release")) == ("4800", "23999", "0.4")
    assert loop.get("output1Target") == "AUX_STEREO_OUTPUT_3"


def test_knobs_that_would_change_zones_of_different_kinds_are_left_out():
    kit = Kit(name="k", zones=(replace(ZONE, mode="gate"), replace(ZONE, mode="gate", release=1.0)))
    made = {zone: samples.Sample("Samples/a.wav", 48_000, 10, 1, 0.0, None) for zone in kit.zones}
    labels = {knob.get("label") for knob in ET.fromstring(decentsampler.document(kit, made)).iter("labeled-knob")}
    assert labels == {"Volume", "Attack", "Tone", "Reverb"}


def test_channels_and_outputs_are_told(tmp_path, sounds):
    files = sounds(a=noise(1))
    zones = (replace(ZONE, channel=3, output=2), replace(ZONE, low=40, high=40))
    place = exported("sfz", kit_of(files, *zones), tmp_path).place
    first, second = opcodes(place / "kit.sfz")
    assert (first["lochan"], first["hichan"], first["output"]) == ("3", "3", "1")
    assert not {"lochan", "output"} & set(second)


# ── whole or not at all ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["sfz", "decentsampler"])
def test_a_missing_sound_is_an_error_before_anything_is_written(tmp_path, sounds, form):
    files = sounds(a=noise(1))
    for lost in ({}, files | {"b": tmp_path / "gone.wav"}):
        selection = kit_of(lost, ZONE, replace(ZONE, take="b"))
        with pytest.raises(UnreadableFile, match="'b'"):
            exported(form, selection, tmp_path / "out")
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", [form.id for form in FORMATS])
def test_a_broken_sound_in_the_middle_leaves_nothing(tmp_path, sounds, form):
    files = sounds(a=noise(1), b=noise(2))
    files["b"].write_bytes(files["b"].read_bytes()[:100])
    with pytest.raises(UnreadableFile):
        exported(form, Selection("x", tuple(files.values())), tmp_path / "out")
    assert not list((tmp_path / "out").glob("**/*"))


@pytest.mark.parametrize("form", [form.id for form in FORMATS])
def test_an_export_can_be_ended_and_then_leaves_nothing(tmp_path, sounds, form):
    files = sounds(a=noise(1), b=noise(2))
    told = []

    def ended(share):
        told.append(share)
        return False

    assert exported(form, Selection("x", tuple(files.values())), tmp_path / "out", ended) is None
    assert len(told) == 1
    assert not list((tmp_path / "out").glob("**/*"))


@pytest.mark.parametrize("form", [form.id for form in FORMATS])
@pytest.mark.parametrize("zipped", [False, True])
def test_nothing_is_replaced_unasked_and_as_a_whole_when_asked(tmp_path, sounds, form, zipped):
    if zipped and form == "dawproject":
        pytest.skip("a .dawproject is always one file")
    asked = {"zip": True} if zipped else {}
    files = sounds(a=noise(1), b=noise(2))
    first = exported(form, Selection("x", (files["a"], files["b"])), tmp_path / "out", **asked).place

    def content():
        return {p.name: p.read_bytes() for p in ([first] if first.is_file() else first.rglob("*")) if p.is_file()}

    before = content()
    with pytest.raises(NotWritten, match="there already"):
        exported(form, Selection("x", (files["b"],)), tmp_path / "out", **asked)
    assert content() == before
    exported(form, Selection("x", (files["b"],)), tmp_path / "out", overwrite=True, **asked)
    assert content() != before
    if first.is_file():
        with zipfile.ZipFile(first) as archive:
            assert archive.testzip() is None
            assert sum(name.endswith((".wav", ".flac")) for name in archive.namelist()) == 1
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_the_same_kit_gives_the_same_zip(tmp_path, sounds):
    files = sounds(a=noise(1), b=noise(2))
    selection = Selection("x", tuple(files.values()))
    one = exported("sfz", selection, tmp_path / "1", zip=True).place
    other = exported("sfz", selection, tmp_path / "2", zip=True).place
    assert one.read_bytes() == other.read_bytes()
    assert exported("decentsampler", selection, tmp_path, zip=True).place.suffix == ".dslibrary"


KILLED = """
import sys
from pathlib import Path
from presets.export import formats
from presets.export.formats import Selection
def told(share):
    print(share, flush=True)
    sys.stdin.readline()
    return True
files = tuple(map(Path, sys.argv[3:]))
form = formats.find(sys.argv[1])
formats.export(form, Selection("x", files), Path(sys.argv[2]), {"zip": True} if form.id == "wav" else {}, told)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("form", ["sfz", "wav", "dawproject"])
def test_a_killed_export_leaves_nothing_under_its_name_and_the_next_one_succeeds(tmp_path, sounds, form):
    files = sounds(a=noise(1), b=noise(2))
    words = [sys.executable, "-c", KILLED, form, str(tmp_path / "out"), *map(str, files.values())]
    root = Path(__file__).parents[3]
    for steps in (1, 2):
        child = subprocess.Popen(words, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(steps - 1):
            child.stdout.readline()
            child.stdin.write("\n")
            child.stdin.flush()
        child.stdout.readline()
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert child.returncode == -signal.SIGKILL
    assert all(path.name.startswith(".onetake-export-") for path in (tmp_path / "out").iterdir())
    for left in (tmp_path / "out").iterdir():
        os.utime(left, (0, 0))
    exported(form, Selection("x", tuple(files.values())), tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 1


@pytest.mark.skipif(os.geteuid() == 0 if hasattr(os, "geteuid") else True, reason="root may write everywhere")
def test_a_read_only_folder_is_told(tmp_path, sounds):
    files = sounds(a=noise(1))
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(NotWritten):
        exported("sfz", Selection("x", tuple(files.values())), tmp_path / "out")


def test_a_place_that_cannot_be_is_told_and_nothing_is_read(tmp_path, sounds):
    files = sounds(a=noise(1))
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotWritten):
        exported("sfz", Selection("x", tuple(files.values())), tmp_path / "file")


def test_what_takes_the_place_meanwhile_stays(tmp_path):
    place = tmp_path / "x"
    with pytest.raises(NotWritten), parcel.folder(place) as folder:
        (folder / "new").write_text("new")
        place.mkdir()
    assert list(place.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


# ── wishes ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("form", "asked", "said"),
    [
        ("sfz", {"gap": 1.0}, "no option gap"),
        ("sfz", {"bit_depth": "20"}, "16, 24, 32f"),
        ("sfz", {"rate": "fast"}, "whole number"),
        ("sfz", {"zip": 1}, "yes or no"),
        ("sfz", {"rate": True}, "whole number"),
        ("reaper", {"gap": -1.0}, "0 or more"),
        ("reaper", {"gap": float("nan")}, "0 or more"),
        ("reaper", {"fps": "29"}, "29.97df"),
        ("flac", {"bit_depth": "32f"}, "16, 24"),
    ],
)
def test_a_wish_that_cannot_be_is_told(tmp_path, sounds, form, asked, said):
    files = sounds(a=noise(1))
    with pytest.raises(InvalidRequest, match=said):
        exported(form, Selection("x", tuple(files.values())), tmp_path / "out", **asked)


def test_the_table_is_whole():
    assert len({form.id for form in FORMATS}) == len(FORMATS)
    for form in FORMATS:
        assert formats.find(form.id.upper()) is form
        kinds = {option.name: type(option.default) for option in form.options}
        assert len(kinds) == len(form.options)
        for option in form.options:
            assert option.help.endswith(".")
            assert not option.choices or str(option.default) in option.choices
    with pytest.raises(InvalidRequest, match="sfz"):
        formats.find("kontakt")


@pytest.mark.parametrize("form", [form.id for form in FORMATS if form.suffix == ""])
def test_every_file_says_that_it_is_generated_and_keeps_what_a_person_said(tmp_path, form):
    made = Version(recipe=RECIPE, edit=Edit(length=0.3, onset=0.1), checksum="c")
    about = version.About(cat_id="DOORMetl", tags=("heavy", "rust"), creator="Ada")
    version.write(tmp_path / "a.wav", noise(1), made, "24", about=about)
    place = exported(form, Selection("x", (tmp_path / "a.wav",)), tmp_path / "out", rate=44_100).place
    (file,) = (path for path in place.rglob("*.*") if path.suffix in (".wav", ".flac"))
    if form == "flac":
        assert flac.read_source(file) == made
        assert ("ISGENERATED", "true") in flac.read_texts(file)
        return
    told = read_metadata(file)
    assert told.source == made
    assert told.ixml.aswg.is_generated
    assert told.ixml.aswg.cat_id == "DOORMetl"
    assert told.bext.originator == "Ada"
    assert (b"IKEY", "heavy; rust") in told.info
    assert bool(told.markers) is (form != "game")  # its onset lies elsewhere now


def test_flac_is_the_same_sound(tmp_path, sounds):
    loud = Sound(noise(1).samples * np.float32(4.0), 48_000)
    files = sounds(a=noise(1), loud=loud)
    place = exported("flac", Selection("x", tuple(files.values())), tmp_path / "out", bit_depth="24").place
    heard, rate = soundfile.read(place / "a.flac", dtype="float64")
    assert rate == 48_000
    assert np.abs(heard - noise(1).samples[0]).max() < 1.01 / 2**23
    assert np.abs(soundfile.read(place / "loud.flac")[0]).max() < 1.0


def test_a_sound_with_too_many_channels_or_none_in_it_is_told(tmp_path):
    wav.write(tmp_path / "four.wav", noise(1, channels=4), depth="24")
    wav.write(tmp_path / "empty.wav", Sound(np.zeros((1, 0), np.float32), 48_000), depth="24")
    for name in ("four", "empty"):
        with pytest.raises(InvalidRequest, match=name):
            exported("sfz", kit_of({"a": tmp_path / f"{name}.wav"}, ZONE), tmp_path / "out")


def test_a_loop_outside_of_its_sound_is_told(tmp_path, sounds):
    files = sounds(a=noise(1, 0.1))
    with pytest.raises(InvalidRequest, match="does not lie inside"):
        exported("sfz", kit_of(files, replace(ZONE, mode="loop", loop=(0.5, 0.6))), tmp_path / "out")
    with pytest.raises(InvalidRequest, match="plays nothing"):
        exported("sfz", kit_of(files), tmp_path / "out")
