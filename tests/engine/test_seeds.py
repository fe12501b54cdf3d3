"""The noise of a sound: published vectors, frozen values, the normal distribution, and prefixes."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from engine import seeds
from engine.seeds import Stream
from presets.schema import SEED_LIMIT

# The known-answer tests of the generator's authors (Random123, philox4x32, 10 rounds).
PUBLISHED = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]

any_seed = st.integers(0, SEED_LIMIT - 1)


@pytest.mark.parametrize(("counter", "key", "words"), PUBLISHED)
def test_philox_gives_the_published_words(
    counter: tuple[int, ...], key: tuple[int, int], words: tuple[int, ...]
) -> None:
    found = seeds.philox(np.array(counter, np.uint64)[:, None], key)
    assert tuple(int(w) for w in found[:, 0]) == words


def test_frozen_values_never_change() -> None:
    """A changed bit here is another sound under the same recipe: raise the renderer version, or do not do it."""
    normal = seeds.normal(5031, 64, 128)
    white = seeds.white(5031, 0, 4096)
    step = seeds.normal(5031, 4, 4, Stream.STEP, 3)
    digests = [hashlib.sha256(x.astype("<f4").tobytes()).hexdigest()[:16] for x in (normal, white, step)]
    assert digests == FROZEN


@given(seed=any_seed, short=st.integers(1, 40), more=st.integers(0, 40), channels=st.integers(1, 8))
@settings(deadline=None, max_examples=50)
def test_a_longer_sound_begins_with_the_shorter_ones_noise(
    seed: int, short: int, more: int, channels: int
) -> None:
    long = seeds.normal(seed, channels + 1, short + more)
    assert np.array_equal(long[:channels, :short], seeds.normal(seed, channels, short))


@given(seed=any_seed, start=st.integers(0, 100_000), count=st.integers(1, 20_000))
@settings(deadline=None, max_examples=30)
def test_white_noise_is_addressed_by_absolute_sample(seed: int, start: int, count: int) -> None:
    whole = seeds.white(seed, 0, start + count)
    assert np.array_equal(whole[start:], seeds.white(seed, start, count))


def test_streams_steps_and_seeds_are_unrelated() -> None:
    noises = [
        seeds.normal(1, 64, 64).ravel(),
        seeds.normal(2, 64, 64).ravel(),
        seeds.normal(1, 64, 64, Stream.VARIATION).ravel(),
        seeds.normal(1, 64, 64, Stream.STEP, 0).ravel(),
        seeds.normal(1, 64, 64, Stream.STEP, 1).ravel(),
    ]
    correlations = np.corrcoef(noises) - np.eye(len(noises))
    assert np.abs(correlations).max() < 5 / np.sqrt(64 * 64)


def test_normal_noise_has_the_moments_and_tails_of_the_normal_distribution() -> None:
    z = seeds.normal(7, 64, 16_384).ravel().astype(np.float64)
    n = len(z)
    assert abs(z.mean()) < 5 / np.sqrt(n)
    assert abs(z.var() - 1) < 5 * np.sqrt(2 / n)
    assert abs(stats.skew(z)) < 5 * np.sqrt(6 / n)
    assert abs(stats.kurtosis(z)) < 5 * np.sqrt(24 / n)
    assert stats.kstest(z, "norm").pvalue > 1e-4
    for level in (3.0, 4.0):
        expected = 2 * stats.norm.sf(level) * n
        assert abs((np.abs(z) > level).sum() - expected) < 5 * np.sqrt(expected)


def test_inverse_normal_agrees_with_scipy_to_the_last_digits() -> None:
    u = np.concatenate([np.linspace(1e-6, 1 - 1e-6, 20_001), 10.0 ** -np.arange(1, 17), 0.5 ** np.arange(1, 53)])
    assert np.allclose(seeds.inverse_normal(u), stats.norm.ppf(u), rtol=2e-15, atol=3e-16)


def test_the_outermost_uniforms_stay_finite() -> None:
    edge = np.array([0.5 / 2**52, 1 - 0.5 / 2**52])
    assert np.isfinite(seeds.inverse_normal(edge)).all()


def test_white_noise_is_white_and_of_variance_one() -> None:
    w = seeds.white(3, 0, 2**18).astype(np.float64)
    assert abs(w.mean()) < 5 / np.sqrt(len(w))
    assert abs(w.var() - 1) < 5 * np.sqrt(0.8 / len(w))
    spectrum = np.abs(np.fft.rfft(w)) ** 2 / len(w)
    octaves = [spectrum[2**k : 2 ** (k + 1)].mean() for k in range(8, 17)]
    assert np.allclose(octaves, 1.0, atol=0.35)


def test_radius_zero_is_the_take_itself_and_variation_stays_normal() -> None:
    own = seeds.normal(11, 64, 128)
    assert np.array_equal(seeds.initial(11, 64, 128, 99, 0.0), own)
    turned = seeds.initial(11, 64, 128, 99, 0.3)
    assert abs(turned.std() - 1) < 0.05
    assert np.corrcoef(own.ravel(), turned.ravel())[0, 1] == pytest.approx(np.sqrt(1 - 0.09), abs=0.02)


@pytest.mark.parametrize("seed", [-1, SEED_LIMIT])
def test_seeds_outside_the_range_are_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        seeds.normal(seed, 1, 1)


def test_radius_outside_the_range_is_refused() -> None:
    with pytest.raises(ValueError, match="radius"):
        seeds.initial(1, 1, 1, 2, 1.5)


FROZEN = ["ec638ab7807f57f6", "369df21353222607", "23c48808e667050b"]
