"""The filters of the meters: the standard's tables, a recursion elsewhere, and peaks of known height."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import freqz, lfilter, resample

from presets.loudness_filters import TAPS, interpolator, k_coefficients, k_energy, true_peak

short = settings(deadline=None, derandomize=True, max_examples=40)


def test_at_48_khz_the_coefficients_are_the_tables_of_bs_1770() -> None:
    above, below = k_coefficients(48000)
    assert above[0] == pytest.approx([1.53512485958697, -2.69169618940638, 1.19839281085285], abs=1e-12)
    assert below[0] == pytest.approx([1, -1.69065929318241, 0.73248077421585], abs=1e-12)
    assert above[1] == pytest.approx([1, -2, 1], abs=1e-12)
    assert below[1] == pytest.approx([1, -1.99004745483398, 0.99007225036621], abs=1e-12)


@pytest.mark.parametrize("rate", [44100, 88200, 96000, 192000])
def test_every_rate_weighs_as_48_khz_does(rate: int) -> None:
    """Within 0.1 dB up to 10 kHz: there the bilinear transform begins to bend what the shelf has left."""
    hertz = np.geomspace(20, 10000, 100)
    gains = []
    for where in (48000, rate):
        above, below = k_coefficients(where)
        gains.append(np.prod([freqz(a, b, hertz, fs=where)[1] for a, b in zip(above, below, strict=True)], axis=0))
    assert np.abs(20 * np.log10(np.abs(gains[1] / gains[0]))).max() < 0.1


@given(st.integers(1, 130_000), st.sampled_from([8000, 22050, 44100, 48000, 96001]), st.integers(1, 2))
@settings(short, max_examples=15)
def test_the_energy_is_that_of_the_recursive_filters(frames: int, rate: int, channels: int) -> None:
    samples = np.random.default_rng(frames).standard_normal((channels, frames)).astype(np.float32)
    bins = -(-frames * 100 // rate)
    edges = np.arange(bins + 1) * rate // 100
    weighted = np.pad(samples.astype(np.float64), ((0, 0), (0, int(edges[-1]) - frames)))
    for above, below in zip(*k_coefficients(rate), strict=True):
        weighted = lfilter(above, below, weighted, axis=1)
    expected = np.add.reduceat(np.square(weighted).sum(axis=0), edges[:-1])
    assert k_energy(samples, rate) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_interpolator_is_flat_to_045_of_the_rate() -> None:
    frequency = np.linspace(0, 0.45, 400)
    time = np.arange(TAPS) - (TAPS // 2 - 1)
    for quarter, taps in enumerate(interpolator(), 1):
        response = np.exp(2j * np.pi * frequency[:, None] * (time - quarter / 4)) @ taps
        assert np.abs(20 * np.log10(np.abs(response))).max() < 0.045
        assert np.abs(np.angle(response)).max() < 0.005


@given(st.floats(0.0, 0.45), st.floats(0, 2 * np.pi), st.floats(1e-3, 100))
@short
def test_a_tone_of_any_frequency_and_phase_peaks_at_its_amplitude(
    frequency: float, phase: float, amplitude: float
) -> None:
    """The bound that is told, for a swelling tone whose highest point is its middle."""
    n = np.arange(2048) - 1024.0
    swell = np.cos(np.pi * n / 2048) ** 2
    tone = amplitude * swell * np.cos(2 * np.pi * frequency * n + (phase if frequency > 0.01 else 0))
    finely = np.linspace(-50, 50, 40_001)
    inside = np.cos(np.pi * finely / 2048) ** 2
    truth = np.abs(inside * np.cos(2 * np.pi * frequency * finely + (phase if frequency > 0.01 else 0))).max()
    error = 20 * np.log10(true_peak(tone[None].astype(np.float32)) / (amplitude * truth))
    assert -0.1 <= error <= 0.05


@given(st.integers(0, 99))
@short
def test_noise_peaks_where_a_finer_interpolation_finds_it(seed: int) -> None:
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(3000))
    spectrum[int(0.45 * 3000) :] = 0
    noise = np.fft.irfft(spectrum) * np.clip(np.minimum(np.arange(3000), np.arange(3000)[::-1]) / 300, 0, 1)
    noise = np.pad(noise, 200)
    finely = np.abs(resample(noise, 32 * len(noise))).max()
    assert 20 * np.log10(true_peak(noise[None].astype(np.float32)) / finely) == pytest.approx(0, abs=0.08)


def test_the_peak_does_not_depend_on_where_the_inner_blocks_lie() -> None:
    for at in (32_700, 32_767, 32_768, 32_769, 65_535):
        samples = np.zeros((1, 70_000), np.float32)
        samples[0, at : at + 2] = 0.5
        assert true_peak(samples) == pytest.approx(true_peak(samples[:, at - 100 : at + 100]), rel=1e-6)


def test_a_single_sample_peaks_at_itself_and_nothing_at_nothing() -> None:
    for frames in (1, 2, 31, 100):
        samples = np.zeros((2, frames), np.float32)
        assert true_peak(samples) == 0.0
        samples[1, -1] = -0.75
        assert true_peak(samples) == pytest.approx(0.75, rel=1e-3)
    assert true_peak(np.zeros((1, 0), np.float32)) == 0.0
