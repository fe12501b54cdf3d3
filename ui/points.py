"""The points of an intensity curve under a hand: put, moved, taken away; what comes of it is always a curve.

Numbers are rounded to what a hand can mean, so that the same place is the same recipe.
"""

from __future__ import annotations

from itertools import pairwise

from presets.intensity import HIGHEST_DB, LOWEST_DB, MOST_POINTS, Points

APART = 0.002
"""How near a hand brings two points, as a share of the sound: as near as a screen shows."""

_FIGURES, _DB_FIGURES = 4, 1


def level(points: Points, at: float) -> float:
    """The dB of a curve at a position; 0 without points."""
    if not points:
        return 0.0
    left = max((point for point in points if point[0] <= at), default=points[0])
    right = min((point for point in points if point[0] > at), default=points[-1])
    share = (at - left[0]) / (right[0] - left[0]) if right[0] > left[0] and at > left[0] else 0.0
    return left[1] + share * (right[1] - left[1])


def added(points: Points, at: float, db: float) -> tuple[Points, int | None]:
    """The curve with one more point, and which it is; None where there is no room for one.

    The first one brings both ends with it at 0 dB, so that only what lies between them changes.
    """
    at = min(max(at, 0.0), 1.0)
    if not points:
        points = tuple((end, 0.0) for end in (0.0, 1.0) if abs(end - at) >= APART)
    index = sum(one <= at for one, _ in points)
    low, high = _room(points[:index], points[index:])
    if len(points) >= MOST_POINTS or high < low:
        return points, None
    point = (_rounded(at, low, high), _decibels(db))
    return (*points[:index], point, *points[index:]), index


def moved(points: Points, index: int, at: float, db: float) -> Points:
    """The curve with a point elsewhere, between its neighbours."""
    before, after = points[:index], points[index + 1 :]
    low, high = _room(before, after)
    place = _rounded(at, low, high) if low <= high else points[index][0]
    return (*before, (place, _decibels(db)), *after)


def removed(points: Points, index: int) -> Points:
    """The curve without a point."""
    return (*points[:index], *points[index + 1 :])


def behind(points: Points, index: int | None) -> tuple[float, float]:
    """Where a point that is put by a key goes: on the curve, half way to the next one, or in the widest gap."""
    if not points:
        return 0.5, 0.0
    here = points[index or 0][0]
    places = sorted({0.0, *(at for at, _ in points), 1.0})
    gaps = list(pairwise(places))
    mine = [(left, right) for left, right in gaps if left == here and right - left > 2 * APART]
    left, right = mine[0] if mine else max(gaps, key=lambda gap: gap[1] - gap[0])
    at = (left + right) / 2
    return at, level(points, at)


def _room(before: Points, after: Points) -> tuple[float, float]:
    """The lowest and highest position between neighbours."""
    low = before[-1][0] + APART if before else 0.0
    high = after[0][0] - APART if after else 1.0
    return low, high


def _rounded(at: float, low: float, high: float) -> float:
    return round(min(max(at, low), high), _FIGURES)


def _decibels(db: float) -> float:
    return round(min(max(db, LOWEST_DB), HIGHEST_DB), _DB_FIGURES) + 0.0
