"""Identity and diversity on constructed takes."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation.diversity import diversity, spread
from engine.evaluation.take_identity import correlations, identity, of_matrix, rate
from engine.identity import correlation
from presets.sound import Sound


def tone(hertz: float, noise: float = 0.0, seed: int = 0) -> Sound:
    time = np.arange(22050) / 44100
    rough = np.random.default_rng(seed).standard_normal(22050) * noise
    return Sound((0.5 * np.sin(2 * np.pi * hertz * time) + rough).astype(np.float32)[None], 44100)


def test_correlations_of_all_pairs_are_the_products_own() -> None:
    first, second = [tone(300), tone(900, 0.1)], [tone(310, 0.01), tone(2000)]
    found = correlations(first, second)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            assert found[i, j] == pytest.approx(correlation(a, b), abs=1e-5)


def test_takes_that_stay_themselves_are_all_hits() -> None:
    pitches = [200.0, 500.0, 1200.0, 3000.0]
    found = identity([tone(f) for f in pitches], [tone(f, 0.001, 1) for f in pitches])
    assert found.hits == found.takes == 4
    assert found.own > found.others
    assert found.least > 0


def test_takes_that_were_swapped_are_no_hits() -> None:
    pitches = [200.0, 500.0, 1200.0]
    found = identity([tone(f) for f in pitches], [tone(f) for f in pitches[1:] + pitches[:1]])
    assert found.hits == 0
    assert found.margin < 0


def test_margins_are_own_minus_the_nearest_other() -> None:
    found = of_matrix(np.array([[0.9, 0.2, 0.5], [0.3, 0.8, 0.1], [0.7, 0.0, 0.6]]))
    assert found.hits == 2
    assert found.margin == pytest.approx((0.4 + 0.5 - 0.1) / 3)
    assert found.least == pytest.approx(-0.1)
    assert rate([found, found]).value == pytest.approx(4 / 6)


def test_spread_is_the_mean_distance_of_all_pairs() -> None:
    x = np.random.default_rng(1).standard_normal((7, 5)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    pairs = [1 - x[i] @ x[j] for i in range(7) for j in range(i)]
    assert spread(x) == pytest.approx(np.mean(pairs), abs=1e-5)


def test_takes_that_are_all_one_sound_have_no_diversity() -> None:
    real = np.eye(4, dtype=np.float32)
    found = diversity(np.tile(real[:1], (3, 1)), real)
    assert (found.takes, found.real, found.relative) == (0.0, 1.0, 0.0)
    assert spread(real[:1]) == 0.0
