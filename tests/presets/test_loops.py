"""Loops: what is steady loops unheard, what is not is refused, and a bad seam is never called a loop."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings

from plugin_bridge.audio.sounds import Turn, _turned
from presets import loops
from presets.errors import InvalidRequest
from presets.loops import Loop
from presets.schema import Edit
from presets.sound import Sound
from tests.presets.test_slices import RECORDINGS, train

RATE = 48000


def sound_of(samples, rate=RATE):
    return Sound(np.atleast_2d(samples).astype(np.float32), rate)


def tone(frequency, seconds=2.0, rate=RATE, phase=0.0):
    return 0.4 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate + phase)


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("note", range(40, 94, 4))
def test_a_steady_tone_loops_as_if_it_had_no_seam(note, rate):
    frequency = 440 * 2 ** ((note - 69) / 12)
    sound = sound_of(tone(frequency, 1.3, rate, phase=note), rate)
    found = loops.find(sound)
    assert found.seam_db <= 1.5
    assert found.crossfade == 0.0
    assert found.end - found.begin >= 0.9 * loops.SHORTEST
    turns = (found.end - found.begin) * frequency
    assert abs(turns - round(turns)) <= 0.01


@given(st.integers(0, 999), st.sampled_from([1, 2]), st.floats(1.0, 3.0))
@settings(max_examples=10, deadline=None)
@example(358, 1, 1.5)
@example(807, 1, 2.241)
@example(756, 2, 1.5)
def test_steady_noise_loops(seed, channels, seconds):
    sound = sound_of(0.1 * np.random.default_rng(seed).standard_normal((channels, round(seconds * RATE))))
    found = loops.find(sound)
    assert found.seam_db <= 1.5
    assert found.end - found.begin >= 0.4 * seconds


def test_a_tone_with_fades_loops_inside_of_them():
    at = np.arange(3 * RATE) / RATE
    faded = tone(333.3, 3.0) * np.minimum(1, np.minimum(at / 0.3, (3 - at) / 0.6))
    found = loops.find(sound_of(faded))
    assert found.begin >= 0.25
    assert found.end <= 2.45
    assert found.seam_db <= 0.5


@pytest.mark.parametrize("places", [[0.0], np.arange(0, 3, 0.25), [0.1, 0.35, 1.1, 1.7, 2.2, 2.6]])
def test_hits_are_refused(places):
    impulses = np.zeros(3 * RATE)
    impulses[(np.array(places) * RATE).astype(int)] = 1.0
    with pytest.raises(InvalidRequest, match="No loop: nothing in this sound is steady"):
        loops.find(sound_of(impulses))
    with pytest.raises(InvalidRequest, match="No loop"):
        loops.find(train(places, [1.0] * len(places), seconds=3.0))


def test_what_dies_away_or_is_short_or_silent_is_refused():
    at = np.arange(3 * RATE) / RATE
    for samples in (
        tone(440, 3.0) * np.exp(-4 * at),
        tone(440, 0.1),
        np.zeros(RATE),
        np.zeros(0),
    ):
        with pytest.raises(InvalidRequest):
            loops.find(sound_of(samples))


@pytest.mark.parametrize("name", ["drum_snare_hard", "elec_bell", "drum_cymbal_closed", "perc_door"])
def test_real_hits_are_refused(name):
    samples, rate = soundfile.read(RECORDINGS / f"{name}.flac", dtype="float32", always_2d=True)
    with pytest.raises(InvalidRequest):
        loops.find(sound_of(samples.T.copy(), rate))


def test_the_score_tells_a_click_from_a_seam_that_meets():
    sound = sound_of(tone(480, 2.0))  # 100 frames a turn
    whole, half = loops.score(sound, 0.5, 1.5, 0.0), loops.score(sound, 0.5, 1.5 + 50 / RATE, 0.0)
    assert whole.seam_db == pytest.approx(0.0, abs=0.1)
    assert whole.seamless
    assert half.seam_db > 20
    assert not half.seamless


def test_a_jump_of_level_is_heard_and_a_crossfade_softens_it():
    rng = np.random.default_rng(2)
    drifting = rng.standard_normal(3 * RATE) * np.linspace(0.05, 0.3, 3 * RATE)
    sound = sound_of(drifting)
    hard = loops.score(sound, 0.6, 2.8, 0.0)
    soft = loops.best_crossfade(sound, 0.6, 2.8)
    assert hard.seam_db > 3
    assert soft.seam_db < hard.seam_db
    assert soft.crossfade > 0


@given(st.floats(-1, 4), st.floats(-1, 4), st.floats(-1, 4))
@settings(max_examples=60, deadline=None)
def test_points_that_cannot_be_are_refused_and_others_scored(begin, end, crossfade):
    sound = sound_of(tone(500, 2.0))
    try:
        found = loops.score(sound, begin, end, crossfade)
    except InvalidRequest:
        inside = begin >= 0 and end <= 2.0 and end - begin > 0.05
        assert not (inside and 0 <= crossfade <= min(begin, end - begin))
    else:
        assert 0 <= found.begin < found.end <= 2.0 + 1 / RATE
        assert np.isfinite(found.seam_db)


@pytest.mark.parametrize("crossfade", [0.0, 0.02, 0.3])
def test_what_is_judged_is_what_the_player_plays(crossfade):
    samples = 0.1 * np.random.default_rng(5).standard_normal((2, RATE))
    sound = sound_of(samples)
    loop = Loop(0.4, 0.9, crossfade, 0.0)
    stereo = np.ascontiguousarray(sound.samples.T).view(np.complex64)[:, 0]
    played, length = _turned(stereo, Turn(loop.begin, loop.end, loop.crossfade), RATE)
    end = round(loop.end * RATE)
    turned = loops.turned(sound, loop, 1).samples
    assert length == round(0.5 * RATE)
    assert np.array_equal(turned[0, :end], played[:end].real)
    assert np.array_equal(turned[1, end:], played[end - length : end].imag)


def test_a_loop_goes_into_the_edit():
    edit = Edit(length=2.0, gain_db=-3.0)
    looped = loops.in_edit(edit, Loop(0.5, 1.5, 0.02, 0.1))
    assert (looped.loop, looped.crossfade, looped.gain_db) == ((0.5, 1.5), 0.02, -3.0)
