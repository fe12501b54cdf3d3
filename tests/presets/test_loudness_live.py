"""A meter that runs along with a sound says what is measured of it as a whole, however it is cut up."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import example, given, settings

from presets import loudness
from presets.loudness_live import LoudnessMeter
from presets.sound import Sound

RATES = st.sampled_from([8000, 11_025, 22_050, 44_100, 48_000, 96_000])


def noise(seconds, rate, seed=0, level=0.1):
    samples = np.random.default_rng(seed).standard_normal((2, int(seconds * rate))) * level
    return samples.astype(np.float32)


def heard(samples, rate, cuts=()):
    meter = LoudnessMeter(rate)
    for piece in np.split(samples, sorted(cut % samples.shape[1] for cut in cuts), axis=1):
        meter.hear(piece)
    return meter.told()


def integrated(sound, shift):
    """LUFS of the whole, with the relative gate so many LU higher."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loudness, "GATE", loudness.GATE + shift)
        return loudness.measure(sound).integrated


@example(22_050, 11, [], 24)  # a block lies on the gate
@settings(deadline=None, max_examples=20)
@given(RATES, st.integers(0, 99), st.lists(st.integers(0, 10**6), max_size=12), st.integers(6, 40))
def test_it_says_at_the_end_what_is_measured_of_the_whole(rate, seed, cuts, tenths):
    """Noise whose level jumps, so that both gates and both windows have something to do."""
    tenths -= tenths % 2  # at 11,025 Hz a tenth of a second ends between two frames
    steps = np.random.default_rng(seed).choice([0.0, 1e-5, 0.01, 0.1, 0.5], tenths)
    loud = np.repeat(steps, [(k + 1) * rate // 10 - k * rate // 10 for k in range(tenths)]).astype(np.float32)
    samples = noise(tenths / 10 + 1, rate, seed, 1.0)[:, : len(loud)] * loud
    told, whole = heard(samples, rate, cuts), Sound(samples, rate)
    tolerance = {"abs": 0.02}  # uneven tenths of a second at uneven rates, and the border of a gate
    assert told.momentary == pytest.approx(loudness.momentary(whole)[-1], **tolerance)
    gates = [integrated(whole, shift) for shift in (0.0, -0.01, 0.01)]  # the meter's gate lies on whole hundredths
    assert any(told.integrated == pytest.approx(one, **tolerance) for one in gates)
    if tenths >= 30:
        assert told.short_term == pytest.approx(loudness.short_term(whole)[-1], **tolerance)


@settings(deadline=None, max_examples=20)
@given(st.sampled_from([44_100, 48_000, 96_000]), st.floats(-60.0, 0.0))
def test_a_tone_of_1_khz_measures_its_level(rate, level):
    """EBU Tech 3341, cases 1 and 2: a stereo sine of 1 kHz at x dBFS is x LUFS."""
    tone = 10 ** (level / 20) * np.sin(2 * np.pi * 1000 * np.arange(4 * rate) / rate)
    told = heard(np.stack([tone, tone]).astype(np.float32), rate)
    assert (told.momentary, told.short_term, told.integrated) == pytest.approx((level,) * 3, abs=0.05)


def test_after_a_reset_only_what_began_since_is_integrated():
    meter = LoudnessMeter(48_000)
    meter.hear(noise(3, 48_000, level=0.5))
    loud = meter.told()
    meter.reset()
    assert meter.told().integrated == -np.inf
    assert meter.told().momentary == loud.momentary
    soft = noise(4, 48_000, 1, 0.01)
    meter.hear(soft)
    assert meter.told().integrated == pytest.approx(loudness.measure(Sound(soft, 48_000)).integrated, abs=0.05)
    assert meter.told().integrated < loud.integrated - 20


def test_silence_is_forgotten_and_what_is_no_number_does_no_harm():
    meter = LoudnessMeter(48_000)
    assert meter.told() == heard(np.zeros((2, 48_000), np.float32), 48_000)
    assert meter.told().integrated == -np.inf
    meter.hear(noise(1, 48_000))
    before = meter.told()
    meter.hear(np.full((2, 480), np.nan, np.float32))
    meter.hear(np.zeros((2, 4 * 48_000), np.float32))
    after = meter.told()
    assert (after.momentary, after.short_term) == (-np.inf, -np.inf)
    assert after.integrated == pytest.approx(before.integrated, abs=1.5)
    meter.hear(noise(1, 48_000))
    assert meter.told().momentary == pytest.approx(before.momentary, abs=0.1)
