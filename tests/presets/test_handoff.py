"""Hand-offs: files at the DAW's rate and depth that follow their take on request, and are never harmed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from presets import handed, handoff
from presets.errors import InvalidRequest, NotWritten, UnreadableFile
from presets.export import wav
from presets.export.version import read_version
from presets.handoff import Given
from presets.schema import Chain, Edit, Prompt, Recipe, Slot, Version, canonical, content_id, lineage_id
from presets.sound import Sound

RATE = 44100
EDIT = Edit(length=0.5, onset=0.01)


def recipe(steps=1, seed=1):
    return Recipe(
        model="m",
        model_hash="h",
        prompt=Prompt(text="door"),
        seed=seed,
        frames=9,
        steps=steps,
        omega=1.0,
        decode_seed=0,
        renderer=1,
    )


def version(steps=1, seed=1, **fields):
    return Version(recipe=recipe(steps, seed), checksum="c", **{"edit": EDIT, **fields})


def noise(seconds=0.5, seed=0, level=0.1, channels=1, rate=RATE):
    drawn = np.random.default_rng(seed).standard_normal((channels, round(seconds * rate)))
    return Sound((level * drawn).astype(np.float32), rate)


def of(one, sound=None, onset=0.01):
    return Given(sound or noise(seed=one.recipe.steps), one, onset=onset)


@pytest.mark.parametrize(("rate", "depth"), [(48000, "24"), (44100, "16"), (96000, "32f"), (192000, "24")])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_handoff_has_the_rate_depth_channels_and_recipe_that_were_asked(tmp_path, rate, depth, channels):
    given_ = of(version(), noise(channels=channels))
    made = handoff.give(tmp_path, "Door: slam!", given_, rate, depth)
    path = tmp_path / "handoffs" / made.name
    assert made.name == "Door_slam.wav"
    there = wav.read(path)
    assert (there.sound.rate, there.depth, there.sound.channels) == (rate, depth, channels)
    assert there.sound.frames == round(0.5 * rate) == made.frames
    assert read_version(path) == version()
    assert (made.take, made.shown.content) == (lineage_id(recipe()), content_id(recipe()))
    assert not made.linked
    assert handoff.listed(tmp_path) == ([made], [])


def test_names_are_never_taken_twice_and_lead_nowhere_else(tmp_path):
    names = [
        handoff.give(tmp_path, name, of(version()), 48000, "24").name for name in ("a", "a", "../../a", "CON")
    ]
    assert names == ["a.wav", "a_2.wav", "a_3.wav", "CON_.wav"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["handoffs"]


@pytest.fixture
def linked(tmp_path):
    return handoff.give(tmp_path, "door", of(version()), 48000, "24", linked=True)


def test_updating_brings_the_refined_version_into_the_same_place(tmp_path, linked):
    path = tmp_path / "handoffs" / "door.wav"
    before, mtime, mode = wav.read(path), path.stat().st_mtime, 0o640
    path.chmod(mode)
    peaks = path.with_name("door.wav.reapeaks")
    peaks.write_bytes(b"old")
    told = []
    (outcome,) = handoff.update(tmp_path, lambda h: of(version(8)), lambda *of_: told.append(of_))
    assert (outcome.state, outcome.sentence) == ("updated", "")
    assert told == [(outcome, 1, 1)]
    after = wav.read(path)
    assert after.sound.frames == before.sound.frames
    assert (after.sound.rate, after.depth) == (before.sound.rate, before.depth)
    expected = noise(seed=8).resampled(48000)
    assert np.abs(after.sound.samples - expected.samples).max() < 2**-23
    assert read_version(path).recipe.steps == 8
    assert path.stat().st_mtime >= mtime + 2
    assert path.stat().st_mode & 0o777 == mode
    assert not peaks.exists()
    assert handoff.listed(tmp_path)[0] == [outcome.handoff]
    assert outcome.handoff.shown.content == content_id(recipe(8))
    assert sorted(p.name for p in path.parent.iterdir()) == ["door.wav", "door.wav.json"]


def test_what_is_current_or_frozen_is_not_touched(tmp_path, linked):
    frozen = handoff.give(tmp_path, "still", of(version(seed=2)), 48000, "24")
    stamps = {p: p.stat().st_mtime_ns for p in (tmp_path / "handoffs").iterdir()}
    outcomes = handoff.update(tmp_path, lambda h: of(version()))
    assert [o.state for o in outcomes] == ["current", "frozen"]
    assert outcomes[1].handoff == frozen
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "handoffs").iterdir()} == stamps


def test_edits_and_chains_come_too(tmp_path, linked):
    wet = version(chain=Chain(slots=(Slot(effect="gain"),)))
    assert handoff.update(tmp_path, lambda h: of(wet, noise(seed=3)))[0].state == "updated"
    assert handoff.update(tmp_path, lambda h: of(wet, noise(seed=3)))[0].state == "current"
    shorter = replace(wet, edit=replace(EDIT, fade_out=0.2))
    (outcome,) = handoff.update(tmp_path, lambda h: of(shorter, noise(seed=4)))
    assert outcome.state == "updated"
    assert outcome.handoff.shown.edit == handed.edit_id(shorter.edit)
    assert read_version(tmp_path / "handoffs" / "door.wav") == shorter


@given(
    seconds=st.floats(0.02, 1.5),
    onset=st.floats(0.0, 0.3),
    rate=st.sampled_from([22050, 44100, 48000]),
    channels=st.sampled_from([1, 2]),
)
@settings(max_examples=25, deadline=None)
def test_whatever_comes_has_the_same_length_and_onset(tmp_path_factory, seconds, onset, rate, channels):
    folder = tmp_path_factory.mktemp("session")
    click = np.zeros((channels, RATE), np.float32)
    click[:, 4410] = 0.5
    handoff.give(folder, "x", Given(Sound(click, RATE), version(), onset=0.1), 48000, "32f", linked=True)
    other = np.zeros((1, max(1, round(seconds * rate))), np.float32)
    at = min(round(onset * rate), other.shape[1] - 1)
    other[:, at] = 0.5
    (outcome,) = handoff.update(folder, lambda h: Given(Sound(other, rate), version(2), onset=at / rate))
    assert outcome.state == "updated"
    there = wav.read(folder / "handoffs" / "x.wav").sound
    assert (there.frames, there.channels) == (48000, channels)
    assert abs(int(np.abs(there.samples[0]).argmax()) - 4800) <= 1


def test_a_longer_end_is_cut_and_told_and_too_many_channels_are_refused(tmp_path, linked):
    (outcome,) = handoff.update(tmp_path, lambda h: of(version(2), noise(0.8)))
    assert outcome.state == "updated"
    assert "0.300 s longer" in outcome.sentence
    (outcome,) = handoff.update(tmp_path, lambda h: of(version(4), noise(channels=2)))
    assert outcome.state == "failed"
    assert "2 channels" in outcome.sentence
    assert read_version(tmp_path / "handoffs" / "door.wav").recipe.steps == 2


def test_what_is_too_loud_for_the_depth_is_lowered_told_and_written_in_the_recipe(tmp_path, linked):
    loud = Sound(2.0 * np.ones((1, RATE // 2), np.float32), RATE)
    (outcome,) = handoff.update(tmp_path, lambda h: of(version(2), loud))
    assert "Lowered by" in outcome.sentence
    path = tmp_path / "handoffs" / "door.wav"
    assert wav.read(path).sound.peak <= 1.0
    assert read_version(path).match_db < -6.0


def test_a_file_that_another_program_changed_or_took_away_stays(tmp_path, linked):
    path = tmp_path / "handoffs" / "door.wav"
    mine = noise(seed=77)
    wav.write(path, mine, depth="32f", overwrite=True)
    (outcome,) = handoff.update(tmp_path, lambda h: of(version(8)))
    assert outcome.state == "changed"
    assert wav.read(path).sound.checksum() == mine.checksum()
    path.unlink()
    (outcome,) = handoff.update(tmp_path, lambda h: of(version(8)))
    assert outcome.state == "missing"
    assert not path.exists()


def test_chunks_of_other_programs_survive_an_update(tmp_path, linked):
    path = tmp_path / "handoffs" / "door.wav"
    there = wav.read(path)
    chunks = [*there.all_chunks, (b"SMED", b"kept by another")]
    wav.write(path, there.sound, depth="24", chunks=chunks, overwrite=True)
    assert handoff.update(tmp_path, lambda h: of(version(8)))[0].state == "updated"
    assert wav.read(path).chunks[b"SMED"] == b"kept by another"


def test_committing_ends_the_link_and_only_then_may_the_name_change(tmp_path, linked):
    with pytest.raises(InvalidRequest, match="linked"):
        handoff.rename(tmp_path, "door.wav", "gate")
    assert [h.name for h in handoff.commit(tmp_path)] == ["door.wav"]
    assert handoff.commit(tmp_path, ["door.wav"]) == []
    assert handoff.update(tmp_path, lambda h: of(version(8)))[0].state == "frozen"
    assert handoff.rename(tmp_path, "door.wav", "gate").name == "gate.wav"
    assert sorted(p.name for p in (tmp_path / "handoffs").iterdir()) == ["gate.wav", "gate.wav.json"]
    with pytest.raises(InvalidRequest, match="no hand-off"):
        handoff.commit(tmp_path, ["nothing.wav"])


def test_a_recording_can_be_handed_off_but_not_linked(tmp_path):
    made = handoff.give(tmp_path, "rain", Given(noise()), 48000, "24")
    assert wav.RECIPE_CHUNK not in wav.read(tmp_path / "handoffs" / made.name).chunks
    with pytest.raises(InvalidRequest, match="without a recipe"):
        handoff.give(tmp_path, "rain", Given(noise()), 48000, "24", linked=True)


@pytest.fixture
def held(tmp_path, linked):
    """The linked file, held by the system: something is mounted over it, so that it cannot be replaced."""
    path = tmp_path / "handoffs" / "door.wav"
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root may mount a file")
    if subprocess.run(["mount", "--bind", path, path], check=False, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    yield path
    subprocess.run(["umount", path], check=False, capture_output=True)


def test_a_file_that_is_held_gets_its_version_beside_it_and_the_swap_is_retried(tmp_path, held):
    before = wav.read(held).sound.checksum()
    (outcome,) = handoff.update(tmp_path, lambda h: of(version(8)))
    assert outcome.state == "pending"
    assert "door (update).wav" in outcome.sentence
    assert wav.read(held).sound.checksum() == before
    beside = held.with_name("door (update).wav")
    assert read_version(beside).recipe.steps == 8
    assert [h.name for h in handoff.pending(tmp_path)] == ["door.wav"]
    assert [o.state for o in handoff.retry(tmp_path)] == ["pending"]
    (outcome,) = handoff.update(tmp_path, lambda h: of(version(16)))  # the newest waits, not the first
    assert outcome.state == "pending"
    subprocess.run(["umount", held], check=True)
    assert [o.state for o in handoff.retry(tmp_path)] == ["updated"]
    assert read_version(held).recipe.steps == 16
    assert handoff.pending(tmp_path) == []
    assert not beside.exists()
    assert handoff.update(tmp_path, lambda h: of(version(16)))[0].state == "current"


def test_what_waits_is_forgotten_when_the_link_ends_or_the_wish_is_taken_back(tmp_path, held):
    handoff.update(tmp_path, lambda h: of(version(8)))
    assert handoff.update(tmp_path, lambda h: of(version(1)))[0].state == "current"
    assert handoff.pending(tmp_path) == []
    handoff.update(tmp_path, lambda h: of(version(8)))
    handoff.commit(tmp_path)
    assert sorted(p.name for p in held.parent.iterdir()) == ["door.wav", "door.wav.json"]
    assert not handoff.listed(tmp_path)[0][0].linked


@pytest.mark.parametrize(
    "sidecar",
    [b"", b"{", b"[]", b'{"kind":"handoff","version":2}', b'{"kind":"take","version":1}', b"\xff" * 70000],
)
def test_a_description_that_cannot_be_read_is_told_and_harms_no_other(tmp_path, linked, sidecar):
    (tmp_path / "handoffs" / "bad.wav.json").write_bytes(sidecar)
    found, told = handoff.listed(tmp_path)
    assert [h.name for h in found] == ["door.wav"]
    assert len(told) == 1
    assert "bad.wav.json" in told[0]
    assert handoff.update(tmp_path, lambda h: of(version(8)))[0].state == "updated"


def test_a_description_of_another_path_leads_nowhere(tmp_path, linked):
    outside = tmp_path / "precious.wav"
    wav.write(outside, noise(), depth="24")
    evil = replace(linked, name="../precious.wav")
    (tmp_path / "handoffs" / "evil.wav.json").write_bytes(canonical(evil))
    before = outside.read_bytes()
    found, told = handoff.listed(tmp_path)
    assert [h.name for h in found] == ["door.wav"]
    assert len(told) == 1
    handoff.update(tmp_path, lambda h: of(version(8)))
    assert outside.read_bytes() == before
    with pytest.raises(UnreadableFile):
        handed.read(tmp_path / "handoffs", "evil.wav")


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "handoffs").write_bytes(b"a file")
    with pytest.raises(NotWritten, match="handoffs"):
        handoff.give(tmp_path, "x", of(version()), 48000, "24")
    assert handoff.update(Path(tmp_path / "nowhere"), lambda h: None) == []


def test_stopping_between_two_files_leaves_both_whole(tmp_path, linked):
    handoff.give(tmp_path, "second", of(version()), 48000, "24", linked=True)

    def stop(outcome, done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        handoff.update(tmp_path, lambda h: of(version(8)), stop)
    steps = [read_version(tmp_path / "handoffs" / f"{n}.wav").recipe.steps for n in ("door", "second")]
    assert steps == [8, 1]
