"""Points under a hand: whatever it does, what comes of it is a curve that can be asked for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from presets.intensity import HIGHEST_DB, LOWEST_DB, MOST_POINTS, checked
from ui import points as hand

places, levels = st.floats(-1.0, 2.0), st.floats(-200.0, 200.0)
moves = st.lists(st.tuples(st.sampled_from("aaamrk"), st.integers(0, 40), places, levels), max_size=80)


@given(moves)
def test_any_hand_leaves_a_curve(done):
    points = ()
    for what, which, at, db in done:
        index = which % len(points) if points else 0
        before = points
        if what == "a":
            points, new = hand.added(points, at, db)
            assert (new is None) == (points == before)
        elif what == "k":
            points, new = hand.added(points, *hand.behind(points, index if points else None))
            if new is not None and before:
                assert abs(points[new][1] - hand.level(before, points[new][0])) < 0.5
        elif points and what == "m":
            points = hand.moved(points, index, at, db)
            assert len(points) == len(before)
            assert points[:index] == before[:index]
        elif points:
            points = hand.removed(points, index)
            assert len(points) == len(before) - 1
        assert checked(points) == points


@given(moves, places)
def test_the_level_is_what_the_line_shows(done, at):
    points = ()
    for _, _, place, db in done:
        points, _ = hand.added(points, place, db)
    wanted = np.interp(at, *zip(*points, strict=True)) if points else 0.0
    assert abs(hand.level(points, at) - wanted) < 1e-9


def test_the_first_point_changes_only_what_lies_between_the_ends():
    assert hand.added((), 0.4, -12.0) == (((0.0, 0.0), (0.4, -12.0), (1.0, 0.0)), 1)
    assert hand.added((), 0.0, -12.0) == (((0.0, -12.0), (1.0, 0.0)), 0)
    assert hand.added((), 1.5, 99.0) == (((0.0, 0.0), (1.0, HIGHEST_DB)), 1)


def test_a_full_curve_takes_no_more():
    full = tuple((n / MOST_POINTS, LOWEST_DB) for n in range(MOST_POINTS))
    assert hand.added(full, 0.99, 0.0) == (full, None)
