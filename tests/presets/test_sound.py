"""Sound: what it accepts, that nobody can change it, and that its level, length and identity are as told."""

from __future__ import annotations

import hashlib
import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presets.errors import InvalidRequest
from presets.sound import MAX_CHANNELS, Samples, Sound, decibels, linear

RATES = (8000, 16000, 22050, 44100, 48000, 88200, 96000, 192000)

short = settings(deadline=None, derandomize=True, max_examples=60)


def noise(channels: int, frames: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).uniform(-1, 1, (channels, frames)).astype(np.float32)


def tone(hertz: float, rate: int, frames: int) -> Sound:
    return Sound(np.sin(2 * np.pi * hertz * np.arange(frames) / rate, dtype=np.float64)[None].astype("f4"), rate)


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(10, np.float32),
        np.zeros((0, 10), np.float32),
        np.zeros((MAX_CHANNELS + 1, 10), np.float32),
        np.zeros((1, 10), np.float64),
        np.zeros((1, 10), np.int16),
        np.zeros((1, 2, 10), np.float32),
        np.full((1, 10), np.nan, np.float32),
        np.full((1, 10), -np.inf, np.float32),
        [[0.0, 0.0]],
        None,
    ],
)
def test_samples_that_are_no_sound_are_refused(samples: Samples) -> None:
    with pytest.raises(InvalidRequest):
        Sound(samples, 44100)


@pytest.mark.parametrize("rate", [0, -1, 768_001, 44100.0, True, "44100", None])
def test_rates_that_are_none_are_refused(rate: int) -> None:
    with pytest.raises(InvalidRequest):
        Sound(np.zeros((1, 1), np.float32), rate)
    with pytest.raises(InvalidRequest):
        Sound(np.zeros((1, 1), np.float32), 44100).resampled(rate)


def test_nobody_changes_a_sound() -> None:
    samples = noise(2, 100)
    sound = Sound(samples, 44100)
    before = sound.checksum()
    samples[:] = 0
    assert sound.checksum() == before
    with pytest.raises(ValueError, match="read-only"):
        sound.samples[0, 0] = 1
    with pytest.raises(AttributeError):
        sound.rate = 1  # type: ignore[misc]


def test_strided_samples_become_contiguous_and_read_only_ones_are_not_copied() -> None:
    sound = Sound(noise(100, 2).T, 44100)
    assert sound.samples.flags.c_contiguous
    assert Sound(sound.samples, 48000).samples is sound.samples


def test_levels() -> None:
    sound = Sound(np.array([[0.5, -2.0], [0.0, 0.5]], np.float32), 48000)
    assert (sound.channels, sound.frames, sound.seconds) == (2, 2, 2 / 48000)
    assert sound.peak == 2.0
    assert sound.peak_db == pytest.approx(6.0206, abs=1e-4)
    assert sound.rms == pytest.approx(math.sqrt(4.5 / 4))


@pytest.mark.parametrize("frames", [0, 7])
def test_silence_has_a_level_of_minus_infinity(frames: int) -> None:
    sound = Sound(np.zeros((2, frames), np.float32), 48000)
    assert (sound.peak, sound.peak_db, sound.rms) == (0.0, -math.inf, 0.0)
    assert sound.scaled(20.0).peak == 0.0


@given(st.floats(-200, 200))
@short
def test_decibels_and_linear_are_inverse(db: float) -> None:
    assert decibels(linear(db)) == pytest.approx(db, abs=1e-9)
    assert decibels(-linear(db)) == decibels(linear(db))


def test_the_ends_of_the_decibel_scale() -> None:
    assert decibels(0.0) == -math.inf
    assert linear(-math.inf) == 0.0
    assert linear(1e9) == math.inf


@given(st.floats(-60, 60), st.integers(0, 99))
@short
def test_a_gain_moves_every_level_by_itself(gain_db: float, seed: int) -> None:
    sound = Sound(noise(2, 50, seed), 44100)
    assert sound.scaled(gain_db).peak_db == pytest.approx(sound.peak_db + gain_db, abs=1e-5)
    assert decibels(sound.scaled(gain_db).rms) == pytest.approx(decibels(sound.rms) + gain_db, abs=1e-5)


def test_extreme_gains() -> None:
    sound = Sound(np.full((1, 4), 1e-30, np.float32), 44100)
    assert sound.scaled(0.0) is sound
    assert sound.scaled(-math.inf).peak == 0.0
    assert sound.scaled(1000.0).peak == pytest.approx(1e20)
    for gain in (math.nan, math.inf, 1500.0):
        with pytest.raises(InvalidRequest):
            sound.scaled(gain)


@given(st.sampled_from(RATES), st.sampled_from(RATES), st.integers(0, 3000), st.integers(1, 4))
@short
def test_resampling_has_exactly_the_length_told(old: int, new: int, frames: int, channels: int) -> None:
    sound = Sound(noise(channels, frames), old).resampled(new)
    assert sound.samples.shape == (channels, round(frames * new / old))
    assert sound.rate == new


@pytest.mark.parametrize(("old", "new"), [(44100, 48000), (48000, 44100), (44100, 96000), (16000, 44100)])
def test_a_tone_stays_the_same_tone_at_another_rate(old: int, new: int) -> None:
    made = tone(1000, old, old).resampled(new)
    middle = slice(new // 4, 3 * new // 4)
    difference = (made.samples - tone(1000, new, new).samples)[:, middle]
    assert decibels(float(np.abs(difference).max())) < -110


def test_the_same_rate_gives_the_same_sound() -> None:
    sound = Sound(noise(1, 10), 44100)
    assert sound.resampled(44100) is sound


def test_a_rate_that_is_absurdly_far_away_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="closer"):
        Sound(noise(1, 10), 1).resampled(768_000)


@given(st.integers(0, 40), st.integers(0, 40))
@short
def test_fitting_cuts_or_fills_the_end(frames: int, wanted: int) -> None:
    sound = Sound(noise(2, frames), 44100)
    fitted = sound.fitted(wanted).samples
    common = min(frames, wanted)
    assert fitted.shape == (2, wanted)
    assert np.array_equal(fitted[:, :common], sound.samples[:, :common])
    assert not fitted[:, common:].any()


def test_fitting_to_its_own_length_is_itself_and_below_zero_is_refused() -> None:
    sound = Sound(noise(1, 10), 44100)
    assert sound.fitted(10) is sound
    with pytest.raises(InvalidRequest):
        sound.fitted(-1)


def test_the_checksum_is_the_one_described() -> None:
    sound = Sound(noise(2, 5), 44100)
    content = struct.pack("<IIQ", 44100, 2, 5) + struct.pack("<10f", *sound.samples.ravel())
    assert sound.checksum() == hashlib.sha256(content).hexdigest()


def test_the_checksum_tells_apart_what_is_not_the_same() -> None:
    samples = noise(2, 6)
    changed = samples.copy()
    changed[1, 5] = np.nextafter(changed[1, 5], np.float32(2))
    sounds = [Sound(samples, 44100), Sound(samples, 48000), Sound(changed, 44100)]
    sounds += [Sound(samples.reshape(1, 12), 44100), Sound(samples.reshape(3, 4), 44100)]
    sounds += [Sound(np.zeros((channels, 0), np.float32), 44100) for channels in (1, 2)]
    assert len({sound.checksum() for sound in sounds}) == len(sounds)
    assert Sound(samples.copy(), 44100).checksum() == sounds[0].checksum()
