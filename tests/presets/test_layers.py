"""Layers: onsets meet, the separate layers sum to the bounce, and all recipes are in it."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from presets import layers
from presets.errors import InvalidRequest
from presets.layers import Layer
from presets.sound import Sound, linear
from tests.presets.test_handoff import version

RATE = 48000


def click(at, seconds=1.0, rate=RATE, channels=1, level=0.5):
    samples = np.zeros((channels, round(seconds * rate)), np.float32)
    samples[:, round(at * rate)] = level
    return Sound(samples, rate)


def peaks(sound, count):
    """The frames of the loudest samples, in order."""
    return sorted(np.argsort(np.abs(sound.samples[0]))[-count:])


@given(
    onsets=st.lists(st.floats(0.0, 0.8), min_size=1, max_size=4),
    offsets=st.lists(st.floats(-0.5, 0.5), min_size=4, max_size=4),
)
@settings(max_examples=40, deadline=None)
def test_onsets_meet_but_for_their_offsets(onsets, offsets):
    given_ = [Layer(click(at), name=f"l{n}", onset=at, offset=offsets[n]) for n, at in enumerate(onsets)]
    parts = layers.separate(given_, RATE)
    places = [int(np.abs(part.sound.samples[0]).argmax()) for part in parts]
    for place, offset in zip(places, offsets, strict=False):
        assert abs((place - places[0]) - (offset - offsets[0]) * RATE) <= 2
    assert min(part.assembly.pieces[0].at for part in parts) == 0.0


@given(
    gains=st.lists(st.floats(-40.0, 12.0), min_size=1, max_size=4),
    pitches=st.lists(st.sampled_from([-12.0, -3.5, 0.0, 7.0]), min_size=4, max_size=4),
    starts=st.lists(st.floats(0.0, 0.2), min_size=4, max_size=4),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, deadline=None)
def test_the_separate_layers_at_their_gains_are_the_bounce(gains, pitches, starts, seed):
    rng = np.random.default_rng(seed)
    given_ = []
    for n, gain in enumerate(gains):
        samples = (0.1 * rng.standard_normal((1 + n % 2, 9000 + 500 * n))).astype(np.float32)
        one = Layer(
            Sound(samples, (44100, 48000)[n % 2]), name=str(n), gain_db=gain, pitch=pitches[n], start=starts[n] / 2
        )
        given_.append(one)
    bounce, parts = layers.bounce(given_), layers.separate(given_)
    total = sum(part.sound.samples * np.float32(linear(gain)) for part, gain in zip(parts, gains, strict=True))
    assert np.abs(total - bounce.sound.samples).max() <= 1e-5 * max(bounce.sound.peak, 1e-9)
    assert [piece.gain_db for piece in bounce.assembly.pieces] == gains
    assert [piece.pitch for piece in bounce.assembly.pieces] == pitches[: len(gains)]
    assert bounce.assembly.checksum == bounce.sound.checksum()
    assert len({part.sound.samples.shape for part in parts}) == 1


def test_one_layer_alone_is_the_sound_itself():
    sound = click(0.3, channels=2)
    bounce = layers.bounce([Layer(sound, version(), "a")])
    assert bounce.sound.checksum() == sound.checksum()
    assert bounce.assembly.pieces[0].source == version()


def test_all_recipes_are_in_the_bounce_and_where_they_lie():
    first, second = version(seed=1), version(4, seed=2)
    made = layers.bounce(
        [
            Layer(click(0.1), first, "a", onset=0.1),
            Layer(click(0.3), second, "b", gain_db=-6.0, onset=0.3, start=0.1, pitch=12.0),
        ]
    )
    a, b = made.assembly.pieces
    assert (a.source, b.source) == (first, second)
    assert (b.begin, b.end, b.gain_db, b.pitch) == (0.1, 1.0, -6.0, 12.0)
    assert (a.at, b.at) == pytest.approx((0.0, 0.0), abs=1e-4)  # an octave up, 0.2 s after its start is 0.1 s


def test_pitch_moves_frequency_and_length_as_a_tape():
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE).astype(np.float32)[None]
    made = layers.bounce([Layer(Sound(0.1 * tone, RATE), onset=0.0, pitch=12.0)]).sound
    assert made.frames == RATE // 2
    spectrum = np.abs(np.fft.rfft(made.samples[0] * np.hanning(made.frames)))
    assert np.argmax(spectrum) * RATE / made.frames == pytest.approx(2000, abs=3)


def test_onsets_are_looked_for_where_they_are_not_known():
    rng = np.random.default_rng(3)
    burst = (rng.standard_normal(9600) * np.exp(-np.arange(9600) / 900)).astype(np.float32) * 0.2
    sounds = []
    for at in (2000, 17000):
        samples = np.zeros((1, 40000), np.float32)
        samples[0, at : at + 9600] = burst
        sounds.append(Sound(samples, RATE))
    parts = layers.separate([Layer(sound) for sound in sounds])
    assert parts[0].assembly.pieces[0].at == pytest.approx(15000 / RATE, abs=0.002)


def test_a_kit_sounds_all_layers_on_one_note():
    given_ = [Layer(click(0.1), gain_db=-3.0), Layer(click(0.2), gain_db=6.0)]
    kit = layers.together(given_, ["a.wav", "b.wav"], 50, "both")
    assert [(zone.low, zone.high, zone.round_robin, zone.gain_db) for zone in kit.zones] == [
        (50, 50, 0, -3.0),
        (50, 50, 0, 6.0),
    ]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ([], "1 to 4"),
        ([Layer(click(0))] * 5, "1 to 4"),
        ([Layer(click(0), pitch=49.0)], "semitones"),
        ([Layer(click(0), pitch=float("nan"))], "semitones"),
        ([Layer(click(0), offset=1e9)], "offset"),
        ([Layer(click(0), gain_db=200.0)], "gain"),
        ([Layer(click(0), name="boom", start=1.0)], "boom lasts"),
        ([Layer(click(0), start=-0.1)], "played from"),
        ([Layer(click(0, channels=2)), Layer(click(0, channels=6))], "channels"),
    ],
)
def test_what_cannot_be_layered_is_told(made, told):
    with pytest.raises(InvalidRequest, match=told):
        layers.bounce(made)


def test_a_kit_refuses_what_its_zones_cannot_hold():
    with pytest.raises(InvalidRequest, match="as many files"):
        layers.together([Layer(click(0))], [], 36, "x")
    with pytest.raises(InvalidRequest, match="gain"):
        layers.together([Layer(click(0), gain_db=30.0)], ["a"], 36, "x")
    with pytest.raises(InvalidRequest, match="note"):
        layers.together([Layer(click(0))], ["a"], 200, "x")
