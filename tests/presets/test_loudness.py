"""Loudness against the test signals of EBU Tech 3341 and 3342, within the tolerances that are printed there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from presets.errors import InvalidRequest
from presets.loudness import Loudness, measure, momentary, short_term
from presets.sound import Sound

RATES = (44100, 48000, 96000)
every_rate = pytest.mark.parametrize("rate", RATES)


def sequence(rate: int, *parts: tuple[float, float], repeats: int = 1, hertz: float = 1000.0) -> Sound:
    """A stereo sine in parts of (dBFS per channel, seconds), phase running on."""
    levels = np.concatenate([np.full(round(rate * s), 10 ** (db / 20)) for db, s in parts * repeats])
    sine = levels * np.sin(2 * np.pi * hertz * np.arange(len(levels)) / rate)
    return Sound(np.stack([sine, sine]).astype(np.float32), rate)


def near(lufs: float) -> object:
    return pytest.approx(lufs, abs=0.1)


SILENCE = -math.inf


@every_rate
@pytest.mark.parametrize("level", [-23.0, -33.0])
def test_3341_cases_1_and_2_a_tone_measures_its_level(rate: int, level: float) -> None:
    sound = sequence(rate, (level, 20))
    found = measure(sound)
    assert (found.integrated, found.momentary_max, found.short_term_max) == (near(level),) * 3
    assert found.range == pytest.approx(0, abs=0.1)
    assert momentary(sound) == near(level)
    assert short_term(sound)[1:-1] == near(level)


@pytest.mark.parametrize(
    ("case", "parts"),
    [
        (3, [(-36, 10), (-23, 60), (-36, 10)]),
        (4, [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)]),
        (5, [(-26, 20), (-20, 20.1), (-26, 20)]),
    ],
)
def test_3341_cases_3_to_5_the_gates(case: int, parts: Sequence[tuple[float, float]]) -> None:
    assert measure(sequence(44100 if case == 5 else 48000, *parts)).integrated == near(-23), case


@every_rate
def test_3341_case_6_as_far_as_two_channels_go(rate: int) -> None:
    """The powers of the channels add: 3 dB for a second one, which may be another signal."""
    left = sequence(rate, (-24, 5)).samples[0]
    right = sequence(rate, (-30, 5)).samples[1]
    power = 10 ** (-24 / 10) + 10 ** (-30 / 10)
    expected = 10 * math.log10(power) - 3.01
    assert measure(Sound(np.stack([left, right]), rate)).integrated == near(expected)
    assert measure(Sound(left[None], rate)).integrated == near(-24 - 3.01)


@every_rate
def test_3341_case_9_short_term_is_constant_after_3_s(rate: int) -> None:
    assert short_term(sequence(rate, (-20, 1.34), (-30, 1.66), repeats=5)) == near(-23)


@every_rate
def test_3341_case_12_momentary_is_constant_after_1_s(rate: int) -> None:
    assert momentary(sequence(rate, (-20, 0.18), (-30, 0.22), repeats=25))[60:] == near(-23)


@every_rate
@pytest.mark.parametrize("step", [0, 1, 7, 19])
def test_3341_cases_10_and_13_wherever_the_tone_begins(rate: int, step: int) -> None:
    """The published steps, the second half a bin later: where it is the hardest."""
    segment = sequence(rate, (SILENCE, 0.15 * step), (-23, 3), (SILENCE, 1))
    assert short_term(segment).max() == near(-23)
    for shift in (0.0, 0.005):
        segment = sequence(rate, (SILENCE, 0.02 * step + shift), (-23, 0.4), (SILENCE, 1))
        assert measure(segment).momentary_max == near(-23)


def test_3341_cases_11_and_14_successive_maxima() -> None:
    for window, measured in ((3.0, short_term), (0.4, momentary)):
        segments = [
            part
            for i in range(20)
            for part in ((SILENCE, window * i / 20), (-38.0 + i, window), (SILENCE, window - window * i / 20))
        ]
        levels, bins = measured(sequence(16000 if window == 3.0 else 48000, *segments)), round(100 * window)
        ends = np.arange(len(levels)) + bins  # what a live meter shows while it hears a segment
        maxima = [levels[(2 * i * bins < ends) & (ends <= 2 * (i + 1) * bins)].max() for i in range(20)]
        assert maxima == [near(-38.0 + i) for i in range(20)]


@pytest.mark.parametrize(
    ("levels", "expected"),
    [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20), ((-50, -35, -20, -35, -50), 15)],
)
def test_3342_cases_1_to_4_the_range(levels: Sequence[float], expected: float) -> None:
    found = measure(sequence(44100, *((level, 20) for level in levels)))
    assert found.range == pytest.approx(expected, abs=1)


@every_rate
def test_calibration_of_bs_1770(rate: int) -> None:
    """A sine of 997 Hz at 0 dBFS in one channel is -3.01 LKFS."""
    sine = sequence(rate, (0, 2), hertz=997).samples[:1]
    assert measure(Sound(sine, rate)).integrated == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.39])
@every_rate
def test_what_is_shorter_than_400_ms_is_padded(rate: int, seconds: float) -> None:
    found = measure(sequence(rate, (-20, seconds)))
    expected = -20 + 10 * math.log10(seconds / 0.4)
    assert (found.momentary_max, found.integrated) == (near(expected),) * 2
    assert found.short_term_max == near(-20 + 10 * math.log10(seconds / 3))
    assert found.range is None


def test_silence_before_and_behind_changes_no_maximum() -> None:
    noise = (0.1 * np.random.default_rng(3).standard_normal((2, 48000))).astype(np.float32)
    alone, within = measure(Sound(noise, 48000)), measure(Sound(np.pad(noise, ((0, 0), (24000, 96000))), 48000))
    assert within.momentary_max == pytest.approx(alone.momentary_max, abs=1e-3)
    assert within.short_term_max == pytest.approx(alone.short_term_max, abs=1e-3)
    assert within.true_peak == pytest.approx(alone.true_peak, abs=1e-6)


@pytest.mark.parametrize("frames", [0, 1, 4800, 300_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_silence_is_minus_infinity(frames: int, channels: int) -> None:
    found = measure(Sound(np.zeros((channels, frames), np.float32), 48000))
    assert found == Loudness(SILENCE, SILENCE, SILENCE, None, SILENCE)


def test_what_is_below_the_gate_is_not_integrated_but_has_maxima() -> None:
    found = measure(sequence(48000, (-80, 4)))
    assert (found.integrated, found.range) == (SILENCE, None)
    assert found.momentary_max == near(-80)


def test_the_number_of_values() -> None:
    for frames in (1, 19200, 19201, 48000, 143_999, 144_001):
        sound = Sound(np.ones((1, frames), np.float32), 48000)
        bins = math.ceil(frames / 480)
        assert len(momentary(sound)) == max(bins, 40) - 39
        assert len(short_term(sound)) == max(bins, 300) - 299


def test_rates_that_no_bin_divides_measure_the_same() -> None:
    levels = [measure(sequence(rate, (-23, 1))).integrated for rate in (11025, 22050, 32000, 88200, 192000)]
    assert levels == [near(-23)] * 5


def test_more_channels_and_too_low_rates_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="6 channels"):
        measure(Sound(np.zeros((6, 10), np.float32), 48000))
    with pytest.raises(InvalidRequest, match="resample"):
        momentary(Sound(np.zeros((1, 10), np.float32), 7999))


def test_a_gain_moves_every_figure_by_itself() -> None:
    noise = Sound((0.1 * np.random.default_rng(5).standard_normal((2, 200_000))).astype(np.float32), 44100)
    before, after = measure(noise), measure(noise.scaled(-6.0))
    for name in ("integrated", "momentary_max", "short_term_max", "true_peak"):
        assert getattr(after, name) == pytest.approx(getattr(before, name) - 6, abs=1e-3)
    assert before.range is not None
    assert after.range == pytest.approx(before.range, abs=1e-3)


def tone(rate: int, hertz: float, amplitude: float, degrees: float) -> NDArray[np.float64]:
    """0.1 s with 10 ms of fade at either end, as the published true-peak signals."""
    n = np.arange(rate // 10)
    fade = np.clip(np.minimum(n, n[::-1]) / (rate / 100), 0, 1)
    made: NDArray[np.float64] = fade * amplitude * np.sin(2 * np.pi * hertz * n / rate + math.radians(degrees))
    return made


def peak_of(samples: NDArray[np.float64], rate: int) -> float:
    return measure(Sound(np.stack([samples, samples]).astype(np.float32), rate)).true_peak


def within(found: float, expected: float) -> bool:
    return expected - 0.4 <= found <= expected + 0.2


@every_rate
@pytest.mark.parametrize(
    ("case", "part", "amplitude", "degrees", "expected"),
    [
        (15, 4, 0.5, 0, -6),
        (16, 4, 0.5, 45, -6),
        (17, 6, 0.5, 60, -6),
        (18, 8, 0.5, 67.5, -6),
        (19, 4, 1.41, 45, 3),
    ],
)
def test_3341_cases_15_to_19_peaks_between_samples(
    rate: int, case: int, part: int, amplitude: float, degrees: float, expected: float
) -> None:
    assert within(peak_of(tone(rate, rate / part, amplitude, degrees), rate), expected), case


@every_rate
@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_3341_cases_20_to_23_a_single_high_period_at_every_offset(rate: int, offset: int) -> None:
    from scipy.signal import firwin

    quiet = tone(4 * rate, rate / 6, 0.5, 0)
    at = 24 * (len(quiet) // 48)  # a zero crossing, upwards
    period = np.sin(2 * np.pi * np.arange(16) / 16)
    oversampled = np.concatenate([quiet[:at], period, quiet[at:]])
    low = np.convolve(oversampled, firwin(511, 0.5 * rate, fs=4 * rate), "same")
    assert within(peak_of(low[offset::4], rate), 0)
