"""Every built-in effect, by property: the same bytes each time, exact at neutral, all shapes, honest knobs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin_bridge.rack.effects import BUILT_IN, LiveBuiltIn, load_built_in, new_slot
from plugin_bridge.rack.errors import PluginMissing, PluginRefused
from plugin_bridge.rack.impulses import Impulses, content_hash
from presets.export import wav
from presets.schema import Slot
from presets.sound import Sound, decibels
from tests.plugin_bridge.rack.sounds import RATE, click, noise

IMPULSE = Sound((noise(0.2, 2, seed=7).samples * np.exp(-np.arange(8820) / 1500)).astype(np.float32), RATE)
NEUTRAL = {
    "gain": {}, "eq": {}, "pitch": {}, "transients": {}, "width": {},
    "compressor": {"ratio": 1.0}, "gate": {"ratio": 1.0},
    "bitcrush": {"bits": 24.0, "rate": 48_000.0}, "tape_stop": {"time": 0.0}, "limiter": {},
}  # fmt: skip


def live(effect, **values):
    """A built-in effect, its knobs in their units."""
    row = BUILT_IN[effect]
    made = LiveBuiltIn(row, (IMPULSE,) * len(row.files))
    for knob, value in values.items():
        made.set(knob, row.knob(knob).placed(value))
    return made


def through(effect, sound, **values):
    return live(effect, **values).process(sound.samples, sound.rate)


def level(samples):
    return decibels(float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))))


@pytest.mark.parametrize("effect", BUILT_IN)
@pytest.mark.parametrize("channels", [1, 2, 3, 6])
@pytest.mark.parametrize("rate", [16_000, 96_000])
def test_the_same_sound_gives_the_same_bytes_and_the_same_length(effect, channels, rate):
    sound = noise(0.3, channels, rate=rate)
    before = sound.samples.copy()
    one, other = live(effect), live(effect)
    first = one.process(sound.samples, rate)
    one.process(noise(0.2, channels, 5, rate).samples, rate)  # what was processed before is not heard
    assert np.array_equal(first, one.process(sound.samples, rate))
    assert np.array_equal(first, other.process(sound.samples, rate))
    assert first.shape[1] == sound.frames
    assert first.dtype == np.float32
    assert np.isfinite(first).all()
    assert np.array_equal(before, sound.samples)


@pytest.mark.parametrize("effect", NEUTRAL)
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_at_neutral_not_a_bit_is_changed(effect, channels):
    sound = noise(channels=channels)
    assert np.array_equal(through(effect, sound, **NEUTRAL[effect]), sound.samples)


@pytest.mark.parametrize("effect", [name for name, row in BUILT_IN.items() if row.knobs])
@given(data=st.data())
@settings(deadline=None, max_examples=8)
def test_no_place_of_any_knob_breaks_the_sound(effect, data):
    made = live(effect)
    for knob in BUILT_IN[effect].knobs:
        place = data.draw(st.floats(0, 1))
        stands = made.set(knob.id, place)
        assert stands.text
        assert stands.value == place or stands.steps
    wet = made.process(noise(0.1).samples, RATE)
    assert np.isfinite(wet).all()
    assert np.abs(wet).max() < 1e4


@pytest.mark.parametrize("effect", BUILT_IN)
@pytest.mark.parametrize("frames", [0, 1, 2, 3, 70])
def test_the_shortest_sounds_pass(effect, frames):
    samples = np.full((2, frames), 0.25, np.float32)
    assert live(effect).process(samples, RATE).shape[1] == frames


@pytest.mark.parametrize("effect", BUILT_IN)
def test_a_state_brings_everything_back(effect):
    made = live(effect)
    for place, knob in enumerate(BUILT_IN[effect].knobs):
        made.set(knob.id, 0.3 + 0.05 * (place % 9))
    other = live(effect)
    other.restore(made.state())
    assert other.parameters() == made.parameters()
    assert np.array_equal(*(one.process(noise().samples, RATE) for one in (made, other)))


@pytest.mark.parametrize("effect", BUILT_IN)
def test_the_defaults_are_in_range_and_say_what_they_are(effect):
    row = BUILT_IN[effect]
    assert len({knob.id for knob in row.knobs}) == len(row.knobs)
    assert row.does.endswith(".")
    for knob in row.knobs:
        assert knob.value(knob.place) == pytest.approx(knob.default, abs=1e-5)
        assert 0.0 <= knob.place <= 1.0
    assert new_slot(effect).mix == row.mix


def test_knobs_tell_their_places_in_words():
    texts = {one.id: (one.text, one.unit) for one in live("eq", low_cut=100.0).parameters()}
    assert texts["low_cut"] == ("100", "Hz")
    assert texts["high_cut"] == ("off", "")
    assert texts["slope"] == ("12 dB", "")


def test_what_an_effect_does_not_have_is_refused_with_what_it_has():
    with pytest.raises(PluginRefused, match="It has: gain"):
        live("gain").set("level", 0.5)
    with pytest.raises(PluginRefused, match="between 0 and 1"):
        live("gain").set("gain", 1.5)
    with pytest.raises(PluginMissing, match="no built-in effect"):
        load_built_in(Slot(effect="flanger"), Impulses(None))


def test_gain_is_exact():
    sound = noise()
    assert level(through("gain", sound, gain=-6.0)) == pytest.approx(level(sound.samples) - 6.0, abs=1e-4)


@pytest.mark.parametrize(("knob", "frequency", "gain"), [("gain_2", 1000.0, 12.0), ("low_gain", 30.0, -12.0)])
def test_an_eq_band_moves_its_frequency_by_what_it_says(knob, frequency, gain):
    tone = Sound(0.1 * np.sin(2 * np.pi * frequency * np.arange(RATE) / RATE, dtype=np.float32)[None], RATE)
    wet = through("eq", tone, **{knob: gain})
    assert level(wet[:, RATE // 2 :]) - level(tone.samples[:, RATE // 2 :]) == pytest.approx(gain, abs=0.7)


def test_the_limiter_holds_its_ceiling():
    wet = through("limiter", noise(level=0.9), ceiling=-6.0, drive=12.0, true_peak=0.0)
    assert decibels(float(np.abs(wet).max())) <= -6.0 + 0.01


def test_dynamics_move_all_channels_alike():
    sound = noise()
    loud_left = np.stack([sound.samples[0], sound.samples[1] * np.float32(0.1)])
    wet = live("compressor", threshold=-30.0).process(loud_left, RATE)
    gains = wet / loud_left
    assert np.allclose(gains[0], gains[1], rtol=1e-3)
    assert gains.min() < 0.6


def test_the_compressor_turns_down_what_is_loud_and_the_gate_what_is_soft():
    assert level(through("compressor", noise())) < level(noise().samples) - 3
    soft = noise(level=0.001)
    assert level(through("gate", soft, ratio=20.0)) < level(soft.samples) - 20


def test_echoes_come_when_they_should():
    wet = through("delay", click(), time=100.0)
    assert np.argmax(np.abs(wet[0])) == pytest.approx(round(0.2 * RATE), abs=2)


def test_pitch_moves_a_tone_by_semitones():
    tone = Sound(0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE, dtype=np.float32)[None], RATE)
    wet = through("pitch", tone, semitones=12.0)[0]
    assert np.argmax(np.abs(np.fft.rfft(wet * np.hanning(RATE)))) == pytest.approx(880, abs=4)


def test_bitcrush_holds_samples_and_rounds_them():
    wet = through("bitcrush", noise(), bits=4.0, rate=4410.0)[0]
    held = wet[: RATE // 10 * 10 // 2].reshape(-1, 10)
    assert (held == held[:, :1]).all()
    assert len(np.unique(wet)) <= 17


def test_convolution_is_convolution():
    sound = noise(0.1, 1)
    wet = through("convolution", sound)
    energy = np.sqrt(np.square(IMPULSE.samples, dtype=np.float64).sum(axis=1).max())
    for channel in range(2):
        response = IMPULSE.samples[channel].astype(np.float64) / energy
        exact = np.convolve(sound.samples[0].astype(np.float64), response)
        assert np.allclose(wet[channel], exact[: sound.frames], atol=1e-5)


def test_a_response_is_found_by_what_is_in_it(tmp_path):
    wav.write(tmp_path / "box.wav", IMPULSE, depth="32f")
    content = content_hash(tmp_path / "box.wav")
    impulses = Impulses(tmp_path)
    (tmp_path / "box.wav").rename(tmp_path / "renamed.wav")
    slot = Slot(effect="convolution", files={"impulse": content})
    wet = load_built_in(slot, impulses).process(noise().samples, RATE)
    assert np.array_equal(wet, through("convolution", noise()))
    assert [one.name for one in impulses.all()] == ["renamed"]


def test_a_response_that_is_not_the_users_own_is_not_used(tmp_path):
    wav.write(tmp_path / "box.wav", IMPULSE, depth="32f")
    for content, words in (("", "is chosen"), ("0" * 32, "is not in"), (str(tmp_path / "box.wav"), "is not in")):
        slot = Slot(effect="convolution", files={"impulse": content})
        with pytest.raises(PluginMissing, match=words):
            load_built_in(slot, Impulses(tmp_path / "mine"))


def test_a_response_that_changed_is_another_one(tmp_path):
    impulses = Impulses(tmp_path)
    wav.write(tmp_path / "box.wav", IMPULSE, depth="32f")
    old = impulses.all()[0].hash
    wav.write(tmp_path / "box.wav", noise(), depth="32f", overwrite=True)
    assert impulses.all()[0].hash != old
