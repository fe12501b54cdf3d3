"""What was said of a take in its library stands in every file that is made from it, and nothing else is lost."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from msgspec.structs import replace

from presets import kits
from presets.entry import Entry, serialised
from presets.errors import InvalidRequest, UnreadableFile
from presets.export import acid, carried, cues, formats, metadata, sampler_chunk, wav
from presets.export import version as versions
from presets.export.formats import Selection
from presets.export.metadata import About
from presets.export.reading import read_metadata
from presets.library import Library
from presets.schema import Edit
from presets.session import session_name
from presets.sound import Sound
from tests.presets.synthetic import version

RATE = 48_000
SOUND = Sound(np.random.default_rng(3).uniform(-0.5, 0.5, (1, RATE)).astype(np.float32), RATE)
EDIT = Edit(length=1.0, onset=0.01, sync=0.02, loop=(0.25, 0.75))
ABOUT = About(tempo=120.0, unity_note=48, time_reference=10 * RATE, tags=("Fresh",))


@pytest.fixture
def take(tmp_path):
    """A take of a session, with all that a file can say."""
    path = tmp_path / "film" / "takes" / "wind_7.wav"
    path.parent.mkdir(parents=True)
    made_from = replace(version(1, "steady wind"), edit=EDIT)
    versions.write(path, SOUND, made_from, "24", about=ABOUT, foreign=[(b"XTRA", b"kept")])
    return path


@pytest.fixture
def library(take, tmp_path):
    with Library(take.parent.parent, tmp_path / "indexes") as found:
        yield found


def exported(take, into, form="wav", **asked):
    done = formats.export(formats.find(form), Selection("x", (take,)), into, asked)
    return next(path for path in done.place.rglob("*") if path.suffix in (".wav", ".flac"))


def corrected(library):
    library.categorise(["wind_7"], "DOORMetl")
    library.tag(["wind_7"], ["Cathedral"])
    library.say("wind_7", "for the last scene")


def test_what_was_never_said_otherwise_stays_the_very_file(take, tmp_path):
    assert exported(take, tmp_path / "out").read_bytes() == take.read_bytes()


@pytest.mark.parametrize("asked", [{}, {"rate": 44_100}, {"bit_depth": "16"}, {"ucs": True, "creator": "ME"}])
def test_category_tags_and_notes_of_the_library_are_exported(take, library, tmp_path, asked):
    before = take.read_bytes()
    corrected(library)
    path = exported(take, tmp_path / "out", **asked)
    told = read_metadata(path)
    assert (told.ixml.aswg.cat_id, told.ixml.aswg.notes) == ("DOORMetl", "for the last scene")
    assert dict(told.info)[b"IKEY"] == "Fresh; Cathedral"
    assert dict(told.info)[b"IGNR"] == "DOORS-METAL"
    assert dict(told.info)[b"INAM"] == "steady wind"  # nobody renamed it
    assert take.read_bytes() == before
    if asked.get("ucs"):
        assert path.name == "DOORMetl_Steady Wind_ME_Film.wav"


@pytest.mark.parametrize("rate", [0, 44_100, 96_000])
def test_cues_loop_tempo_note_and_timecode_go_along(take, library, tmp_path, rate):
    corrected(library)
    told = read_metadata(exported(take, tmp_path / "out", rate=rate))
    own = rate or RATE
    assert told.source.recipe == version(1, "steady wind").recipe
    assert [round(marker.frame / own, 3) for marker in told.markers] == [0.01, 0.02]
    assert [round(moment / own, 3) for moment in told.sampler.loops[0].__dict__.values()] == [0.25, 0.75]
    assert (told.sampler.unity_note, told.acid.root, told.acid.tempo, told.acid.beats) == (48, 48, 120.0, 2)
    assert told.ixml.aswg.tempo == 120
    assert told.bext.time_reference == 10 * own
    assert not told.broken


def test_the_audio_and_the_chunks_of_others_survive_when_something_else_is_said(take, library, tmp_path):
    corrected(library)
    made, own = wav.read(exported(take, tmp_path / "out")), wav.read(take)
    assert np.array_equal(made.sound.samples, own.sound.samples)
    assert made.chunks[b"XTRA"] == b"kept"


def test_a_kit_and_a_flac_say_it_too(take, library, tmp_path):
    corrected(library)
    assert read_metadata(exported(take, tmp_path / "kit", "sfz")).ixml.aswg.cat_id == "DOORMetl"
    assert b"DOORMetl" in exported(take, tmp_path / "flac", "flac").read_bytes()
    tight = read_metadata(exported(take, tmp_path / "game", "game"))
    assert (tight.ixml.aswg.cat_id, tight.bext.time_reference, tight.acid) == ("DOORMetl", 0, None)


def test_a_new_name_makes_a_new_title(take, library, tmp_path):
    new = library.rename("wind_7", "Storm at sea")
    path = exported(library.session.path(new), tmp_path / "out", ucs=True, creator="ME", source="S")
    told = read_metadata(path)
    assert (dict(told.info)[b"INAM"], told.ixml.aswg.fx_name) == ("Storm at sea", "Storm At Sea")


def test_what_nobody_said_is_not_made_up(take):
    about = carried.said(take)[1]
    take.with_suffix(".json").write_bytes(serialised(Entry(name="wind 7", source="wind_7.wav")))
    assert carried.said(take)[1] == about
    assert carried.is_said_in_file(take)


def test_a_kit_of_the_same_name_says_nothing_and_a_broken_sidecar_is_told(take):
    kit, _ = kits.kit_of([take], "wind")
    kits.write_kit(take.with_suffix(".json"), kit)
    assert carried.is_said_in_file(take)
    take.with_suffix(".json").write_bytes(b'{"kind":"entry"')
    with pytest.raises(UnreadableFile, match="wind_7"):
        carried.said(take)


def test_a_recordings_own_loop_and_cues_stay(tmp_path):
    path = tmp_path / "rain.wav"
    points, labels = cues.to_bytes([cues.Marker(4800, "here")])
    turn = sampler_chunk.Sampler(RATE, loops=(sampler_chunk.Loop(12_000, 36_000),))
    tempo = acid.to_bytes(acid.for_tempo(90.0, 1.0))
    marks = [(cues.CHUNK, points), (cues.LABELS_CHUNK, labels)]
    wav.write(
        path,
        SOUND,
        depth="24",
        chunks=[*marks, (sampler_chunk.CHUNK, sampler_chunk.to_bytes(turn)), (acid.CHUNK, tempo)],
    )
    path.with_suffix(".json").write_bytes(serialised(Entry(name="Rain on tin", source="rain.wav")))
    same, other = (read_metadata(exported(path, tmp_path / str(rate), rate=rate)) for rate in (0, 96_000))
    assert [marker.frame for marker in same.markers] == [4800]
    assert (same.sampler.loops[0].begin, other.sampler.loops[0].begin) == (12_000, 24_000)
    assert (same.acid.tempo, other.acid.tempo, other.acid.root) == (90.0, 90.0, None)
    assert dict(other.info)[b"INAM"] == "Rain on tin"


def test_a_session_is_named_by_its_folder(tmp_path, take):
    assert session_name(take) == "film"
    assert session_name(tmp_path / "loose.wav") == ""
    loose = tmp_path / "loose.wav"
    loose.write_bytes(take.read_bytes())
    with pytest.raises(InvalidRequest, match="SourceID"):
        exported(loose, tmp_path / "out", ucs=True, creator="ME")


def test_a_loop_is_told_of_a_sound_without_an_edit():
    about = dataclasses.replace(About(), loop=(0.25, 0.5), unity_note=62)
    told = dict(metadata.chunks(SOUND, None, "24", about))
    sampler = sampler_chunk.from_bytes(told[sampler_chunk.CHUNK])
    assert (sampler.unity_note, sampler.loops[0].begin, sampler.loops[0].end) == (62, 12_000, 24_000)
