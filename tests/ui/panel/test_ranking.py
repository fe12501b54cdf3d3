"""Which of many sounds are shown: the best first, not the same one eight times, and whatever their order was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ui.ranking import COPY, Candidate, ranked


def unit(*rows: list[float]) -> np.ndarray:
    x = np.array(rows, np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def candidates(fits, marks) -> list[Candidate]:
    return [Candidate(str(i), float(fit), mark) for i, (fit, mark) in enumerate(zip(fits, marks, strict=True))]


TWINS = unit([1, 0, 0], [1, 0.01, 0], [1, 0.02, 0], [0, 1, 0], [0, 0, 1])
FIT = (0.9, 0.89, 0.88, 0.6, 0.5)


@st.composite
def pools(draw) -> list[Candidate]:
    """Sounds as the judge marks them; some fit equally well, some are copies."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(1, 24))
    fits = np.round(rng.uniform(-1, 1, count), draw(st.integers(0, 3)))
    marks = unit(*rng.standard_normal((count, draw(st.integers(2, 8)))).tolist())
    copies = rng.integers(0, count, draw(st.integers(0, count)))
    marks[copies] = marks[0]
    return candidates(fits, marks)


def test_the_best_comes_first_then_what_differs():
    assert ranked(candidates(FIT, TWINS))[:3] == ["0", "3", "4"]


def test_by_fit_alone_the_order_is_that_of_the_fit():
    assert ranked(candidates(FIT, TWINS), difference=0.0) == ["0", "1", "2", "3", "4"]


def test_of_nothing_nothing_is_shown():
    assert ranked([]) == []


@settings(deadline=None)
@given(pools(), st.randoms(use_true_random=False))
def test_the_order_that_came_in_changes_nothing(pool, random):
    shuffled = list(pool)
    random.shuffle(shuffled)
    assert ranked(shuffled) == ranked(pool)


@settings(deadline=None)
@given(pools(), st.floats(0, 1))
def test_the_best_fit_is_always_in_and_first(pool, difference):
    first = next(one for one in pool if one.name == ranked(pool, 1 - difference * 0.99, difference)[0])
    assert first.fit == max(one.fit for one in pool)


@settings(deadline=None)
@given(pools(), st.floats(0, 1))
def test_all_are_there_once(pool, difference):
    assert sorted(ranked(pool, 1 - difference, difference)) == sorted(one.name for one in pool)


@settings(deadline=None)
@given(pools())
def test_no_copy_is_shown_while_others_are_left(pool):
    marks = {one.name: one.mark.astype(np.float64) for one in pool}
    order = ranked(pool)
    for place in range(1, len(order)):
        chosen, others = order[:place], order[place:]
        copies = [max(marks[one] @ marks[other] for other in chosen) > 1 - COPY for one in others]
        assert all(copies) or not copies[0]


@settings(deadline=None)
@given(pools(), st.sampled_from([0.25, 1.0, 8.0]))
def test_the_judges_scale_does_not_matter(pool, scale):
    """Powers of two: the bits of the fits stay, and so do ties."""
    scaled = [Candidate(one.name, one.fit * scale, one.mark) for one in pool]
    assert ranked(scaled) == ranked(pool)


def test_a_choice_is_more_varied_than_that_of_the_fit_and_fits_better_than_chance():
    """Over 200 pools of 24 in as many dimensions as marks have; told as means, because one pool proves nothing."""
    rng = np.random.default_rng(4)
    gained, fitted = [], []
    for _ in range(200):
        marks = (
            unit(*rng.standard_normal((24, 128)).tolist()) + 2 * unit(*rng.standard_normal((24, 128)).tolist())[:1]
        )
        marks /= np.linalg.norm(marks, axis=1, keepdims=True)
        fits = rng.uniform(0, 1, 24)
        eight = [int(name) for name in ranked(candidates(fits, marks))[:8]]
        best = np.argsort(-fits)[:8]
        gained.append(_spread(marks[eight]) - _spread(marks[best]))
        fitted.append(fits[eight].mean() - fits.mean())
    assert np.mean(gained) > 0
    assert np.mean(fitted) > 0.1


def _spread(marks: np.ndarray) -> float:
    alike = marks @ marks.T
    return float(1 - alike[~np.eye(len(marks), dtype=bool)].mean())


@pytest.mark.parametrize("count", [1, 2, 24])
def test_sounds_that_are_all_alike_are_ranked_all_the_same(count):
    pool = candidates(np.ones(count), np.tile(TWINS[:1], (count, 1)))
    assert len(set(ranked(pool))) == count
