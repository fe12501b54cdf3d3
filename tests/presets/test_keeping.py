"""How sounds get into a session and out again: whole, under names for every system, or not at all."""

from __future__ import annotations

import unicodedata

import msgspec
import numpy as np
import pytest
import soundfile

from presets.claim import CLAIM
from presets.contents import made_of
from presets.entry import Entry, serialised
from presets.errors import InvalidRequest, NotWritten, UnreadableFile
from presets.export import flac, wav
from presets.keeping import empty_trash, keep, restore, trash
from presets.schema import content_id, lineage_id
from presets.session import opened
from tests.presets.synthetic import version
from tests.presets.test_files_crash import tiny_disk
from tests.presets.test_session import RATE, draft, names, recording, session, sound

__all__ = ["draft", "recording", "session", "tiny_disk"]


def test_a_kept_version_is_the_same_file_with_its_recipe_beside(session, draft):
    name = keep(session, draft)
    assert name == "huge_metal_door_slam"
    assert session.path(name).read_bytes() == draft.read_bytes()
    entry = session.entry(name)
    made = version(1, "huge metal door slam").recipe
    assert (entry.name, entry.recipe) == ("huge metal door slam", made)
    assert (entry.lineage, entry.content) == (lineage_id(made), content_id(made))
    assert entry.checksum == wav.read(draft).sound.checksum()


def test_a_recording_becomes_a_normal_take_with_all_its_chunks(session, recording):
    name = keep(session, recording)
    assert session.path(name).read_bytes() == recording.read_bytes()
    entry = session.entry(name)
    assert (entry.name, entry.recipe, entry.lineage, entry.source) == ("my recording", None, "", recording.name)
    assert made_of(session.path(name)) is None


@pytest.mark.parametrize(
    ("suffix", "subtype", "depth"), [("flac", "PCM_16", "16"), ("aiff", "PCM_24", "24"), ("ogg", "VORBIS", "32f")]
)
def test_other_formats_become_wavs(session, tmp_path, suffix, subtype, depth):
    path = tmp_path / f"rain.{suffix}"
    soundfile.write(path, sound(3, 2).samples.T, RATE, subtype=subtype)
    stored, _ = soundfile.read(path, dtype="float32")
    back = wav.read(session.path(keep(session, path)))
    assert back.depth == depth
    assert np.array_equal(back.sound.samples, stored.T)


def test_what_is_no_sound_is_told_and_leaves_nothing(session, tmp_path):
    for name, data in {"a.wav": b"RIFF", "b.mp3": b"no", "c.txt": b""}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UnreadableFile):
            keep(session, tmp_path / name)
    with pytest.raises(UnreadableFile):
        keep(session, tmp_path / "missing.wav")
    assert not session.takes.exists() or names(session.takes) == []


def test_a_wav_among_the_takes_stays_and_gets_a_sidecar(session, draft):
    place = session.made(session.takes) / "rendered.wav"
    draft.rename(place)
    before = place.read_bytes()
    assert keep(session, place, about=Entry(tags=("loud",))) == "rendered"
    assert names(session.takes) == ["rendered.json", "rendered.wav"]
    assert place.read_bytes() == before
    assert session.entry("rendered").tags == ("loud",)
    keep(session, place)
    assert session.entry("rendered").tags == ("loud",)


@pytest.mark.parametrize(
    "text",
    ["a/b\\c", "..", "../../etc/passwd", 'say "boom"', "💥🔥", "x" * 300, "é" * 300, "CON", "aux.wav", "LPT1", " ",
     "\0", "con.", "-rf", "Ünïcödé", "爆発", ".hidden", "nul\n", "a:b", "*?<>|"],
)  # fmt: skip
def test_any_name_becomes_files_that_every_system_allows(session, recording, text):
    name = keep(session, recording, text)
    assert session.path(name).parent == session.takes
    assert session.entry(name).name == text
    assert names(session.takes) == [f"{name}.json", f"{name}.wav"]
    assert len(f"{name}.json".encode()) <= 110
    assert name.split(".")[0].upper() not in {"CON", "AUX", "NUL", "LPT1"}
    assert not set(name) & set('/\\:*?"<>|\n\0')
    again = keep(session, recording, text)
    assert again != name


def test_names_differ_beyond_case_and_spelling(session, recording):
    first = keep(session, recording, "Boom é")
    second = keep(session, recording, unicodedata.normalize("NFD", "BOOM É"))
    assert first.casefold() != unicodedata.normalize("NFC", second).casefold()


def test_trash_keeps_the_files_until_it_is_emptied(session, recording):
    name, other = keep(session, recording), keep(session, recording)
    trash(session, [name])
    assert session.entry(name).trashed is not None
    restore(session, [name])
    assert session.entry(name).trashed is None
    assert empty_trash(session, [name]) == []
    trash(session, [name])
    assert empty_trash(session, [name, other]) == [name]
    assert names(session.takes) == [f"{other}.json", f"{other}.wav"]


def test_keeping_on_a_full_disk_is_told_and_leaves_no_half_take(tmp_path, tiny_disk):
    wav.write(tmp_path / "long.wav", sound(1, 2, 48_000), depth="24")
    session = opened(tiny_disk)
    with pytest.raises(NotWritten, match="Free some space"):
        keep(session, tmp_path / "long.wav")
    assert names(session.takes) == []
    assert CLAIM not in names(tiny_disk)


def test_an_entry_that_nothing_can_hold_leaves_nothing(session, recording):
    with pytest.raises(InvalidRequest):
        keep(session, recording, about=Entry(rating=9))
    assert not session.takes.exists()
    assert msgspec.json.decode(serialised(Entry()))["kind"] == "entry"


def test_a_flac_with_a_recipe_keeps_it(session, tmp_path):
    made = version(5, "a bright bell")
    flac.write(tmp_path / "bell.flac", sound(1), made, "24")
    name = keep(session, tmp_path / "bell.flac")
    assert made_of(session.path(name)) == made
    assert session.entry(name).recipe == made.recipe
    stored, _ = soundfile.read(tmp_path / "bell.flac", dtype="float32", always_2d=True)
    assert np.array_equal(wav.read(session.path(name)).sound.samples, stored.T)
