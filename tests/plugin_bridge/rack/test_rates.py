"""Effects at another rate than the sound's: nothing moves, and nothing is lost that both rates hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from plugin_bridge.rack.chain import LiveChain
from plugin_bridge.rack.effects import new_slot
from plugin_bridge.rack.errors import PluginRefused
from plugin_bridge.rack.rates import at_rate
from plugin_bridge.rack.render import render
from presets.schema import SLOT_RATES, Chain, Slot
from presets.sound import Sound
from tests.plugin_bridge.rack.live_effects import loader, needs_zam

NATIVE = (16_000, 22_050, 44_100, 48_000)
MAXIMIZER = Slot(effect="ZaMaximX2", format="vst3")


def same(samples, rate):
    """An effect that does nothing."""
    return samples


def below(rate, lower, channels=1, frames=20_000, seed=1, share=0.6):
    """Noise up to a share of half the lower rate, hard cut at both ends: (C, N)."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal((channels, frames)))
    spectrum[:, np.fft.rfftfreq(frames, 1 / rate) > share * lower / 2] = 0
    made = np.fft.irfft(spectrum, frames)
    return (0.3 * made / np.abs(made).max()).astype(np.float32)


def windowed(samples):
    """Without hard ends."""
    return (samples * np.hanning(samples.shape[1])).astype(np.float32)


def error_db(one, other):
    return 20 * np.log10(max(float(np.abs(one - other).max()), 1e-12))


@pytest.mark.parametrize("rate", NATIVE)
@pytest.mark.parametrize("wanted", SLOT_RATES)
def test_what_does_nothing_comes_back_as_it_was(rate, wanted):
    """A null; only hard ends, which hold all frequencies, lose those that lie above both rates' common band."""
    lower = min(rate, wanted)
    hard, high = below(rate, lower), windowed(below(rate, lower, share=0.9))
    for sound, limit in ((windowed(hard), -110), (high, -75), (hard, -45)):
        back = at_rate(same, sound, rate, wanted)
        assert back.shape == sound.shape
        assert back.dtype == np.float32
        assert error_db(back, sound) < limit
    inner = np.s_[:, 4000:-4000]
    assert error_db(back[inner], hard[inner]) < -100


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 3000), st.integers(1, 2), st.sampled_from(NATIVE), st.sampled_from(SLOT_RATES))
def test_length_and_channels_stay_whatever_they_are(frames, channels, rate, wanted):
    assert at_rate(same, np.zeros((channels, frames), np.float32), rate, wanted).shape == (channels, frames)


@pytest.mark.parametrize("wanted", [44_100, 96_000])
def test_nothing_moves(wanted):
    """A pulse stays on its frame."""
    sound = np.zeros((1, 9000), np.float32)
    sound[0, 4321] = 0.5
    assert int(np.abs(at_rate(same, sound, 48_000, wanted)).argmax()) == 4321


def test_the_effect_hears_the_rate_and_the_others_are_not_touched():
    heard = []

    def effect(samples, rate):
        heard.append((rate, samples.shape[1]))
        return samples * 2

    sound = below(44_100, 44_100)
    assert at_rate(effect, sound, 44_100, None) is not None
    assert np.array_equal(at_rate(effect, sound, 44_100, 44_100), sound * 2)
    at_rate(effect, sound, 44_100, 96_000)
    assert [rate for rate, _ in heard] == [44_100, 44_100, 96_000]
    assert heard[2][1] > 20_000 * 96 / 44.1


def test_rates_that_are_too_far_apart_are_refused_at_once():
    with pytest.raises(PluginRefused, match="closer"):
        at_rate(same, np.zeros((1, 100), np.float32), 100, 96_000)


def through(*slots, sound):
    live = LiveChain(loader())
    try:
        live.use(Chain(slots=slots))
        return render(live, sound)
    finally:
        live.close()


def test_a_distortion_at_a_high_rate_aliases_less():
    """A 15 kHz tone at 44.1 kHz: its third harmonic lies at 45 kHz and folds down to 900 Hz."""
    tone = (0.5 * np.sin(2 * np.pi * 15_000 * np.arange(44_100) / 44_100))[None].astype(np.float32)
    slot = new_slot("distortion", drive=0.6)

    def folded(made):
        spectrum = np.abs(np.fft.rfft(made.sound.samples[0, 4410:39690] * np.hanning(35_280)))
        return 20 * np.log10(spectrum[round(900 * 35_280 / 44_100)] / spectrum.max())

    sound = Sound(tone, 44_100)
    own, high = (folded(through(replace(slot, mix=1.0, rate=rate), sound=sound)) for rate in (None, 192_000))
    assert own > -40
    assert high < own - 30


@needs_zam
@pytest.mark.parametrize("wanted", [48_000, 96_000])
def test_a_real_plug_in_with_latency_is_a_null_at_another_rate(wanted):
    """A limiter that looks ahead and limits nothing: both its delay and the resampling are taken away."""
    sound = Sound(windowed(below(44_100, 44_100, channels=2, frames=44_100)), 44_100)
    dry = through(sound=sound)
    wet = through(replace(MAXIMIZER, rate=wanted), sound=sound)
    assert wet.sound.rate == 44_100
    assert not wet.printed.remarks
    assert wet.printed.chain.slots[0].rate == wanted
    assert error_db(wet.sound.samples[:, :44_100], dry.sound.samples) < -110
