"""Intervals against published values and against their own meaning."""

from __future__ import annotations

import math

import pytest

from engine.evaluation.intervals import fisher, normal, wilson


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_newcombes_published_intervals(hits: int, trials: int, low: float, high: float) -> None:
    """Newcombe 1998, Statistics in Medicine 17, table I, method 3."""
    found = wilson(hits, trials)
    assert found.value == hits / trials
    assert (found.low, found.high) == pytest.approx((low, high), abs=2e-4)


def test_wilson_of_no_trials_knows_nothing() -> None:
    found = wilson(0, 0)
    assert math.isnan(found.value)
    assert (found.low, found.high) == (0.0, 1.0)


def test_wilson_refuses_more_hits_than_trials() -> None:
    with pytest.raises(ValueError, match="3 hits of 2"):
        wilson(3, 2)


def test_fisher_gives_the_textbook_interval_and_knows_nothing_of_three_pairs() -> None:
    found = fisher(0.5, 30)  # z = 0.5493 +- 1.96 / sqrt(27)
    assert (found.low, found.high) == pytest.approx(
        (math.tanh(0.5493 - 0.3772), math.tanh(0.5493 + 0.3772)), abs=1e-3
    )
    assert fisher(0.9, 3)[1:] == (-1.0, 1.0)
    assert fisher(1.0, 10).high <= 1.0


def test_normal_is_two_errors_wide() -> None:
    assert normal(1.0, 0.5)[1:] == pytest.approx((0.02, 1.98), abs=1e-3)
