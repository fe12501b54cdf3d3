"""The limiter: nothing above the ceiling, nothing touched below it, whatever the blocks and whatever comes in."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from time import perf_counter_ns

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import resample

from plugin_bridge.audio.limiter import Limiter
from presets.loudness_filters import true_peak

Frames = NDArray[np.complex64]

RATE = 48000
short = settings(deadline=None, derandomize=True, max_examples=30)


def limited(sound: Frames, limiter: Limiter, blocks: Sequence[int] = (128,)) -> Frames:
    """The sound and what the limiter still holds, in blocks of these sizes over and over."""
    made = np.concatenate([sound, np.zeros(limiter.latency + 64, np.complex64)])
    first = turn = 0
    while first < len(made):
        size = blocks[turn % len(blocks)]
        limiter.process(made[first : first + size])
        first, turn = first + size, turn + 1
    return made


def peak_db(sound: Frames) -> float:
    return 20 * math.log10(true_peak(np.stack([sound.real, sound.imag])))


def noise(frames: int, level: float, seed: int = 0) -> Frames:
    made = level * np.random.default_rng(seed).standard_normal((frames, 2))
    return made.astype(np.float32).view(np.complex64)[:, 0]


def sine(part: float, amplitude: float, phase: float) -> Frames:
    tone = amplitude * np.sin(2 * np.pi * part * np.arange(RATE // 4) + phase)
    return (tone * (1 - 0.5j)).astype(np.complex64)


def square(hertz: float) -> Frames:
    return (4 * np.sign(np.sin(2 * np.pi * hertz * np.arange(RATE // 4) / RATE + 1e-4)) * (1 + 1j)).astype(
        np.complex64
    )


def impulses(apart: int) -> Frames:
    made = np.zeros(RATE // 4, np.complex64)
    made[::apart], made[1::apart] = 5 - 3j, 2 + 8j
    return made


HOSTILE: dict[str, Callable[[], Frames]] = {
    "square waves of 50 Hz": lambda: square(50),
    "square waves of 997 Hz": lambda: square(997),
    "square waves of 9 kHz": lambda: square(9001),
    "impulses": lambda: impulses(4801),
    "impulses all the time": lambda: impulses(7),
    "a quarter of the rate between samples": lambda: sine(1 / 4, 1.4, math.pi / 4),
    "a quarter of the rate beside 4x samples": lambda: sine(1 / 4, 1.4, math.pi / 16),
    "0.45 of the rate": lambda: sine(0.45, 3, 0.1),
    "bass": lambda: sine(50 / RATE, 2, 0.0),
    "noise 20 dB too loud": lambda: noise(RATE // 4, 3.0),
    "signs without order": lambda: (3 * np.sign(noise(RATE // 4, 1).real)).astype(np.complex64),
    "bursts": lambda: noise(RATE // 4, 3) * (np.arange(RATE // 4) // 700 % 2).astype(np.float32),
}


@pytest.mark.parametrize("rate", [44100, 48000, 96000])
@pytest.mark.parametrize("name", HOSTILE)
def test_the_true_peak_never_exceeds_the_ceiling(name: str, rate: int) -> None:
    made = limited(HOSTILE[name](), Limiter(rate, 1024))
    assert -4 < peak_db(made) <= -1 + 0.02
    assert max(np.abs(made.real).max(), np.abs(made.imag).max()) <= 10 ** (-1 / 20) * (1 + 1e-6)


@given(st.integers(0, 10_000), st.floats(0, 40), st.floats(0.02, 0.44))
@short
def test_nor_does_it_for_another_meter(seed: int, gain_db: float, band: float) -> None:
    """32 times oversampled by a Fourier transform, of noise that ends where players' filters begin."""
    spectrum = np.fft.fft(noise(4000, 1.0, seed))
    spectrum[int(4000 * band) : 4000 - int(4000 * band)] = 0
    sound = np.fft.ifft(spectrum)
    sound = (10 ** (gain_db / 20) * sound / np.abs(sound).max()).astype(np.complex64)
    made = np.pad(limited(sound, Limiter(RATE, 1024)), 200)
    finely = resample(made.astype(np.complex128), 32 * len(made))
    assert 20 * math.log10(max(np.abs(finely.real).max(), np.abs(finely.imag).max())) <= -1 + 0.1


@pytest.mark.parametrize("ceiling", [-12.0, -1.0, 0.0])
@pytest.mark.parametrize("below_db", [0.01, 6.0, 200.0])
def test_below_the_ceiling_the_output_is_the_input_delayed_bit_for_bit(ceiling: float, below_db: float) -> None:
    limiter, sound = Limiter(RATE, 1024, ceiling), noise(20_000, 1.0, seed=4)
    sound *= np.float32(10 ** ((ceiling - below_db - peak_db(sound)) / 20))
    made = limited(sound, limiter, (128, 7))
    assert np.array_equal(made[limiter.latency :][: len(sound)], sound)
    assert not made[: limiter.latency].any()
    assert (limiter.faults, limiter.reduction_db) == (0, 0.0)


@given(st.lists(st.integers(1, 1500), min_size=1, max_size=12), st.integers(0, 99))
@short
def test_the_output_does_not_depend_on_the_blocks(blocks: list[int], seed: int) -> None:
    sound = noise(6000, 1.5, seed) * np.linspace(0, 2, 6000, dtype=np.float32)
    assert np.array_equal(limited(sound, Limiter(RATE, 1024), blocks), limited(sound, Limiter(RATE, 64), (64,)))


def test_single_frames_give_the_same_too() -> None:
    sound = noise(1500, 1.5)
    assert np.array_equal(limited(sound, Limiter(RATE, 1024), (1,)), limited(sound, Limiter(RATE, 1024), (1024,)))


def test_both_channels_are_turned_down_alike() -> None:
    limiter, sound = Limiter(RATE, 1024), noise(10_000, 0.3)
    sound.real *= 10
    made = limited(sound, limiter)[limiter.latency :][: len(sound)]
    assert made.imag * sound.real == pytest.approx(made.real * sound.imag, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("rate", [44100, 48000, 96000, 192_000])
def test_the_latency_is_about_15_ms_and_exact(rate: int) -> None:
    limiter = Limiter(rate, 1024)
    click = np.zeros(100, np.complex64)
    click[10] = 0.5j
    assert limiter.latency / rate == pytest.approx(0.0015, abs=0.0001)
    assert np.flatnonzero(limited(click, limiter)).tolist() == [10 + limiter.latency]


def test_the_gain_comes_back_in_a_straight_line_and_all_the_way() -> None:
    limiter = Limiter(RATE, 1024)
    sound = np.full(RATE, 0.1, np.complex64)
    sound[1000] = 5
    made = limited(sound, limiter)[limiter.latency :][:RATE].real / 0.1
    gain = 20 * np.log10(made[1100:])
    rising = gain[:10_000]
    assert np.diff(rising) * RATE == pytest.approx(40, abs=5)
    assert np.diff(rising)[:: len(rising) - 2] == pytest.approx(np.diff(rising).mean(), abs=1e-4)
    assert gain[-1] == 0.0
    assert limiter.least_gain == 1.0


def test_the_gain_moves_without_a_step() -> None:
    """An attack of 20 dB takes a millisecond: no click of its own."""
    limiter = Limiter(RATE, 1024)
    sound = np.full(4000, 0.01, np.complex64)
    sound[2000] = 9
    made = limited(sound, limiter)[limiter.latency :][: len(sound)]
    gain = 20 * np.log10(np.delete(made.real / sound.real, 2000))
    assert np.abs(np.diff(gain)).max() < 0.6
    assert np.ptp(gain) == pytest.approx(20 * math.log10(9) + 1, abs=0.2)


def test_the_reduction_is_told() -> None:
    limiter = Limiter(RATE, 1024)
    for _ in range(20):
        limiter.process(np.full(128, 2.0, np.complex64))
    assert limiter.reduction_db == pytest.approx(20 * math.log10(2) + 1, abs=0.01)


@pytest.mark.parametrize(
    "bad", [math.nan, math.inf, -math.inf, 1e30, complex(0, math.nan), complex(0.1, -math.inf), 3e38 + 3e38j]
)
def test_what_is_no_sound_becomes_silence_and_is_counted(bad: complex) -> None:
    sound = noise(2000, 0.1)
    clean = sound.copy()
    clean[[500, 501, 900]] = 0
    sound[[500, 501, 900]] = bad
    limiter = Limiter(RATE, 1024)
    assert np.array_equal(limited(sound, limiter), limited(clean, Limiter(RATE, 1024)))
    assert limiter.faults == 3


def test_loud_but_real_blocks_are_not_faults() -> None:
    limiter = Limiter(RATE, 1024)
    made = limited(np.full(4096, 9e5, np.complex64), limiter, (1024,))
    assert limiter.faults == 0
    assert np.abs(made).max() <= 10 ** (-1 / 20) * (1 + 1e-6)


def test_an_empty_block_is_nothing() -> None:
    limiter = Limiter(RATE, 128)
    limiter.process(np.zeros(0, np.complex64))
    assert limiter.faults == 0


@pytest.mark.long
def test_a_block_of_128_frames_takes_at_most_60_microseconds() -> None:
    """The best of ten medians: others use the machine too."""
    limiter, sound = Limiter(RATE, 1024), noise(128, 3.0)
    medians = []
    for _ in range(10):
        taken = []
        for _ in range(500):
            block = sound.copy()
            begun = perf_counter_ns()
            limiter.process(block)
            taken.append(perf_counter_ns() - begun)
        medians.append(np.median(taken) / 1000)
    assert min(medians) <= 60
