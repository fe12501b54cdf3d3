"""Which drafts are shown: the best first, and not the same one eight times."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.ranking import fits, ranked


def unit(*rows: list[float]) -> np.ndarray:
    x = np.array(rows, np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


TWINS = unit([1, 0, 0], [1, 0.01, 0], [1, 0.02, 0], [0, 1, 0], [0, 0, 1])
FIT = np.array([0.9, 0.89, 0.88, 0.6, 0.5], np.float32)


def test_the_best_comes_first_then_what_differs() -> None:
    assert ranked(FIT, TWINS, 3) == [0, 3, 4]


def test_by_fit_alone_the_order_is_that_of_the_fit() -> None:
    assert ranked(FIT, TWINS, 5, difference=0.0) == [0, 1, 2, 3, 4]


def test_fit_is_the_cosine() -> None:
    assert fits(TWINS, np.array([1, 0, 0], np.float32))[3] == 0.0


@given(st.integers(0, 30), st.integers(0, 12), st.floats(0, 1), st.integers(0, 9))
def test_as_many_as_there_are_and_none_twice(there: int, wanted: int, difference: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sounds = rng.standard_normal((there, 4)).astype(np.float32)
    found = ranked(rng.random(there).astype(np.float32), sounds, wanted, difference)
    assert len(found) == len(set(found)) == min(there, wanted)


def test_drafts_that_are_all_alike_are_ranked_all_the_same() -> None:
    assert sorted(ranked(np.ones(4, np.float32), np.tile(TWINS[:1], (4, 1)), 4)) == [0, 1, 2, 3]
