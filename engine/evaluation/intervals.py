"""How sure a measured rate or correlation is: 95 % intervals, because a rate without one is an opinion."""

from __future__ import annotations

import math
from typing import NamedTuple

Z95 = 1.959964
"""Standard deviations on each side that hold 95 % of a normal distribution."""


class Estimate(NamedTuple):
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(hits: int, trials: int) -> Estimate:
    """A rate in 0 .. 1 with the score interval (Wilson 1927); nothing is known of no trials.

    Raises:
        ValueError: more hits than trials, or fewer than none.
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} hits of {trials} trials")
    if trials == 0:
        return Estimate(math.nan, 0.0, 1.0)
    rate, z2 = hits / trials, Z95**2
    centre = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    half = Z95 / (1 + z2 / trials) * math.sqrt(rate * (1 - rate) / trials + z2 / (4 * trials**2))
    return Estimate(rate, max(0.0, centre - half), min(1.0, centre + half))


def fisher(correlation: float, pairs: int) -> Estimate:
    """A Pearson correlation of so many pairs with the interval of Fisher's z (1921); -1 .. 1 for under four."""
    if pairs < 4:
        return Estimate(correlation, -1.0, 1.0)
    z = math.atanh(min(max(correlation, -0.999999), 0.999999))
    half = Z95 / math.sqrt(pairs - 3)
    return Estimate(correlation, math.tanh(z - half), math.tanh(z + half))


def normal(mean: float, error: float) -> Estimate:
    """A mean with its standard error."""
    return Estimate(mean, mean - Z95 * error, mean + Z95 * error)
