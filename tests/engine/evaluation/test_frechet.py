"""Distances between sets whose distance is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import sqrtm

from engine.evaluation.frechet import frechet, kernel
from engine.plain import Floats


def gaussian(count: int, mean: Floats, deviations: Floats, seed: int) -> Floats:
    """A set whose sample mean and covariance are exactly those of independent normals."""
    x = np.random.default_rng(seed).standard_normal((count, len(mean)))
    x -= x.mean(axis=0)
    white = x @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False))).T
    return (white * deviations + mean).astype(np.float32)


def directions(count: int, centre: float, seed: int) -> Floats:
    """Unit vectors of 16 dimensions around a direction."""
    x = np.random.default_rng(seed).standard_normal((count, 16))
    x[:, 0] += centre
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def test_frechet_between_known_gaussians_is_the_closed_form() -> None:
    mx, my = np.array([0.0, 1.0, 2.0], np.float32), np.array([1.0, 1.0, 0.0], np.float32)
    sx, sy = np.array([1.0, 2.0, 0.5], np.float32), np.array([2.0, 2.0, 1.5], np.float32)
    expected = ((mx - my) ** 2).sum() + ((sx - sy) ** 2).sum()
    assert frechet(gaussian(400, mx, sx, 1), gaussian(300, my, sy, 2)) == pytest.approx(expected, rel=1e-4)


def test_frechet_of_correlated_sets_agrees_with_scipys_matrix_root() -> None:
    rng = np.random.default_rng(3)
    x, y = (rng.standard_normal((200, 6)) @ rng.standard_normal((6, 6)) for _ in range(2))
    cx, cy = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    shift = x.mean(axis=0) - y.mean(axis=0)
    expected = shift @ shift + np.trace(cx + cy - 2 * sqrtm(cx @ cy).real)
    assert frechet(x.astype(np.float32), y.astype(np.float32)) == pytest.approx(expected, rel=1e-4)


def test_a_set_is_at_no_distance_from_itself() -> None:
    x = directions(100, 1.0, 1)
    assert frechet(x, x) == pytest.approx(0.0, abs=1e-6)


def test_kernel_distance_of_equal_distributions_is_zero_within_its_error() -> None:
    scores = []
    for seed in range(20):
        found = kernel(directions(150, 1.0, 2 * seed), directions(200, 1.0, 2 * seed + 1))
        scores.append(found.value / found.error)
    assert max(map(abs, scores)) < 4
    assert abs(np.mean(scores)) < 1.0  # unbiased: it goes below zero as often


def test_kernel_distance_of_other_distributions_is_many_errors_from_zero() -> None:
    found = kernel(directions(200, 0.0, 1), directions(200, 1.5, 2))
    assert found.value > 5 * found.error


def test_kernel_error_is_the_scatter_over_fresh_sets() -> None:
    found = [kernel(directions(120, 0.0, 2 * i), directions(120, 1.0, 2 * i + 1)) for i in range(60)]
    scatter = np.std([one.value for one in found])
    assert np.mean([one.error for one in found]) == pytest.approx(scatter, rel=0.35)
