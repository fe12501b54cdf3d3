"""The Edit: where onsets, tails and sync points are found, and that applying it moves nothing else."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presets import edit as edits
from presets.character import CHARACTERS, character
from presets.loudness import measure
from presets.schema import Edit
from presets.sound import Sound

RATE = 44100
HIT, WHOOSH, AMBIENCE = (CHARACTERS[k] for k in ("hit", "whoosh", "ambience"))


def burst(onset, decay=0.1, seconds=2.0, level=0.5):
    """Noise that starts at `onset` seconds and decays, 60 dB in 6.9 `decay`s."""
    t = np.arange(round(seconds * RATE)) / RATE - onset
    noise = np.random.default_rng(1).uniform(-1, 1, len(t))
    return Sound((level * noise * np.exp(-np.maximum(t, 0) / decay) * (t >= 0)).astype(np.float32)[None], RATE)


@given(onset=st.floats(0.01, 1.0), decay=st.floats(0.02, 0.08))
@settings(deadline=None, max_examples=40)
def test_a_hit_starts_2_ms_before_its_onset_and_ends_at_its_tail(onset, decay):
    edit = edits.find(burst(onset, decay), HIT, None)
    assert edit.start + edit.onset == pytest.approx(onset, abs=0.0021)
    assert edit.onset == pytest.approx(0.002, abs=1e-9)
    assert edit.sync == edit.onset
    assert edit.start + edit.length == pytest.approx(onset + 6.9 * decay, abs=0.02)


def test_a_hit_that_starts_at_once_gets_its_2_ms_as_silence():
    sound = burst(0.0)
    edit = edits.find(sound, HIT, None)
    heard = edits.apply(sound, edit).samples[0]
    silent = round(0.002 * RATE)
    assert (edit.start, edit.onset, edit.sync) == (-0.002, 0.002, 0.002)
    assert not heard[:silent].any()
    assert np.array_equal(heard[silent : silent + 1000], sound.samples[0, :1000])


def test_pre_echo_and_hiss_below_40_db_do_not_count_as_onset():
    clean = burst(0.5)
    hiss = 0.001 * np.random.default_rng(2).uniform(-1, 1, clean.frames)
    edit = edits.find(Sound(clean.samples + hiss.astype(np.float32), RATE), HIT, None)
    assert edit.start + edit.onset == pytest.approx(0.5, abs=0.002)


def test_a_whoosh_keeps_its_run_up_and_has_its_sync_point_at_the_loudest_moment():
    t = np.arange(2 * RATE) / RATE
    swell = np.exp(-(((t - 1.2) / 0.25) ** 2)) * np.random.default_rng(3).uniform(-1, 1, len(t))
    edit = edits.find(Sound(swell.astype(np.float32)[None], RATE), WHOOSH, None)
    assert edit.start + edit.sync == pytest.approx(1.2, abs=0.08)
    assert edit.sync > 0.4


def test_an_ambience_is_not_trimmed_in_front():
    assert edits.find(burst(0.3, decay=5), AMBIENCE, None).start == 0.0


@given(length=st.floats(0.3, 2.9), onset=st.floats(0, 0.5))
@settings(deadline=None, max_examples=40)
def test_a_length_that_was_asked_for_is_exact(length, onset):
    sound = burst(onset)
    edit = edits.find(sound, HIT, length)
    assert edit.length == length
    assert edits.apply(sound, edit).frames == round(length * RATE)


def test_a_sound_that_does_not_end_is_faded_out_longer():
    ongoing, ending = edits.find(burst(0, decay=9), HIT, None), edits.find(burst(0, decay=0.05), HIT, None)
    assert ongoing.fade_out > ending.fade_out
    assert abs(edits.apply(burst(0, decay=9), ongoing).samples[0, -1]) < 1e-3


@given(
    start=st.floats(0, 3),
    length=st.floats(0.001, 3),
    fade=st.floats(0, 3),
    gain=st.floats(-60, 20),
    channels=st.integers(1, 3),
)
@settings(deadline=None, max_examples=60)
def test_applying_an_edit_cuts_fades_and_scales_and_nothing_else(start, length, fade, gain, channels):
    samples = np.random.default_rng(4).uniform(-1, 1, (channels, RATE)).astype(np.float32)
    edit = Edit(start=start, length=length, fade_in=fade, fade_out=0.0, gain_db=gain)
    out = edits.apply(Sound(samples, RATE), edit).samples
    first, count = round(start * RATE), round(length * RATE)
    there = samples[:, first : first + count]
    assert out.shape == (channels, count)
    assert not out[:, there.shape[1] :].any()
    untouched = slice(round(fade * RATE), there.shape[1])
    expected = there[:, untouched] * np.float32(10 ** (gain / 20))
    assert np.allclose(out[:, untouched], expected, rtol=1e-6)
    assert (np.abs(out[:, : there.shape[1]]) <= np.abs(there) * 10 ** (gain / 20) * (1 + 1e-6)).all()


def test_silence_is_silent_and_never_raised():
    silent = Sound(np.full((1, RATE), 1e-5, np.float32), RATE)
    edit = edits.find(silent, HIT, None)
    assert edits.is_silent(silent)
    assert edits.link([edit], [silent])[0].gain_db == 0.0
    assert edits.match_db(burst(0), silent, edit) == 0.0


def test_a_family_is_linked_by_its_loudest_member():
    family = [burst(0.1, level=level) for level in (0.02, 0.5, 0.1)]
    linked = edits.link([edits.find(s, HIT, None) for s in family], family)
    heard = [edits.apply(s, e) for s, e in zip(family, linked, strict=True)]
    assert max(max(s.peak_db, s.resampled(48000).peak_db) for s in heard) == pytest.approx(-3.0, abs=0.01)
    assert heard[1].peak / heard[0].peak == pytest.approx(25, rel=0.05)


def test_a_bed_is_set_by_its_loudness_and_never_above_minus_one_true_peak():
    draw = np.random.default_rng(2)
    noise = Sound((0.3 * draw.standard_normal((1, 3 * RATE))).clip(-1, 1).astype(np.float32), RATE)
    (edit,) = edits.link([Edit(length=3.0)], [noise], bed=True)
    assert measure(edits.apply(noise, edit)).integrated == pytest.approx(-23.0, abs=0.1)
    rare = np.zeros((1, 3 * RATE), np.float32)
    rare[0, ::RATE] = 0.5
    (edit,) = edits.link([Edit(length=3.0)], [Sound(rare, RATE)], bed=True)
    assert measure(edits.apply(Sound(rare, RATE), edit)).true_peak == pytest.approx(-1.0, abs=0.05)


def test_a_hit_between_its_samples_stays_below_minus_one_true_peak():
    """A tone at a quarter of the rate, half a sample off: its samples lie 3 dB below its peaks."""
    time = np.arange(RATE // 10)
    tone = Sound((0.5 * np.sin(np.pi / 2 * time + np.pi / 4)).astype(np.float32)[None], RATE)
    (edit,) = edits.link([Edit(length=0.1)], [tone])
    assert measure(edits.apply(tone, edit)).true_peak <= -0.99


def test_a_version_is_brought_to_its_drafts_level_within_24_db():
    draft, louder, far = burst(0.1, level=0.4), burst(0.1, level=1.6), burst(0.1, level=0.001)
    edit = edits.find(draft, HIT, None)
    assert edits.match_db(draft, louder, edit) == pytest.approx(-12.04, abs=0.01)
    assert edits.match_db(draft, far, edit) == 40.0


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("UI click", "click"),
        ("mouse click in a quiet room", "click"),
        ("deep cinematic boom", "hit"),
        ("glass bell", "hit"),
        ("huge metal door slam in a cathedral", "hit"),
        ("something never heard before", "hit"),
        ("fast whoosh", "whoosh"),
        ("wind whoosh", "whoosh"),
        ("riser into impact", "whoosh"),
        ("fly-by of a drone, close", "whoosh"),
        ("rain on a tin roof", "ambience"),
        ("sound of rain", "ambience"),
        ("room tone of an office", "ambience"),
        ("Engine idle", "ambience"),
    ],
)
def test_the_prompt_tells_the_character(prompt, kind):
    assert character(prompt).kind == kind


def test_a_sync_point_lies_within_what_is_heard():
    t = np.arange(2 * RATE) / RATE
    swell = np.exp(-(((t - 1.5) / 0.4) ** 2)) * np.random.default_rng(3).uniform(-1, 1, len(t))
    edit = edits.find(Sound(swell.astype(np.float32)[None], RATE), WHOOSH, 0.4)
    assert 0 <= edit.sync <= edit.length


def test_a_length_beyond_the_sound_fades_where_the_sound_ends():
    edit = edits.find(burst(0.3, decay=50), HIT, 1.9)
    heard = edits.apply(burst(0.3, decay=50), edit)
    assert edit.fade_out > 0.05
    end = round((2.0 - edit.start) * RATE)
    assert np.abs(heard.samples[0, end - 40 : end]).max() < 0.01
    assert not heard.samples[0, end:].any()


def test_silent_members_of_a_family_stay_silent():
    quiet = Sound(np.full((1, RATE), 3e-4, np.float32), RATE)
    loud = burst(0.1, level=0.05)
    linked = edits.link([edits.find(s, HIT, None) for s in (quiet, loud)], [quiet, loud])
    assert linked[0].gain_db == 0.0
    assert linked[1].gain_db > 10


@pytest.mark.parametrize(
    ("prompt", "kind"), [("three risers", "whoosh"), ("soft swooshes", "whoosh"), ("ui beeps", "click")]
)
def test_plurals_are_known(prompt, kind):
    assert character(prompt).kind == kind


@pytest.mark.parametrize("semitones", [12.0, -12.0, 7.0])
def test_pitch_is_that_of_a_tape_and_comes_before_the_cut(semitones):
    rate, ratio = 44100, 2 ** (semitones / 12)
    time = np.arange(2 * rate) / rate
    tone = Sound(np.sin(2 * np.pi * 500 * time).astype(np.float32)[None], rate)
    plain = Edit(start=0.1, length=0.5)
    heard = edits.apply(tone, msgspec.structs.replace(plain, pitch=semitones))
    assert heard.frames == round(0.5 * rate)
    later = (np.arange(heard.frames) + round(0.1 / ratio * rate)) / rate
    wanted = np.sin(2 * np.pi * 500 * ratio * later)
    assert np.abs(heard.samples[0] - wanted).max() < 1e-3
    assert (
        edits.apply(tone, msgspec.structs.replace(plain, pitch=0.0)).checksum()
        == edits.apply(tone, plain).checksum()
    )
