"""The intensity curve of a prompt: how much of a sound is heard over its length, as a gain of the native sound.

A curve is points (position 0..1 over the native sound, dB): straight in dB between two of them, level before the
first and behind the last. It belongs to the recipe. What it makes of a sound is in intensity_gains.py: whoever
only asks for sounds needs no NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from presets.errors import InvalidRequest

Points = tuple[tuple[float, float], ...]
"""Position 0..1 and dB of each point, from left to right."""

LOWEST_DB, HIGHEST_DB = -72.0, 12.0
"""The lowest lies well below where a cut finds the end of a tail, so that what is drawn down there is cut off."""

MOST_POINTS = 32
NEAREST = 1e-4
"""How far apart two points are at least: of three seconds 0.3 ms, and a step any shorter is a click."""

EXAMPLE = "0:-30,0.5:0,1:-12"
"""A swell, as it is written in a shell."""


def check(points: Sequence[tuple[float, float]]) -> None:
    """Whether these points are a curve.

    Raises:
        InvalidRequest: too many, outside of the sound or of the levels, or not from left to right.
    """
    _require(
        len(points) <= MOST_POINTS,
        f"An intensity curve has at most {MOST_POINTS} points, not {len(points)}. Leave some out.",
    )
    for at, db in points:
        _require(0.0 <= at <= 1.0, f"A point of an intensity curve lies from 0 to 1 of the sound, not at {at:g}.")
        _require(
            LOWEST_DB <= db <= HIGHEST_DB,
            f"A point of an intensity curve has {LOWEST_DB:g} to {HIGHEST_DB:g} dB, not {db:g}.",
        )
    for (before, _), (after, _) in pairwise(points):
        _require(
            after - before >= NEAREST * (1 - 1e-9),
            f"The points of an intensity curve go from left to right, at least {NEAREST:g} apart: "
            f"{after:g} cannot follow {before:g}.",
        )


def checked(points: Sequence[tuple[float, float]]) -> Points:
    """The points as a recipe holds them.

    Raises:
        InvalidRequest: see `check`.
    """
    check(points)
    return tuple((float(at) + 0.0, float(db) + 0.0) for at, db in points)  # -0.0 would be another recipe


def read(text: str) -> Points:
    """A curve as a person writes it: POSITION:DB pairs with commas between; nothing is no curve.

    Raises:
        InvalidRequest: it is written otherwise, or see `check`.
    """
    pairs = [pair.split(":") for pair in text.split(",")] if text.strip() else []
    try:
        points = [(float(at), float(db)) for at, db in pairs]
    except ValueError as error:
        raise InvalidRequest(
            f"An intensity curve is written as POSITION:DB with commas between, such as {EXAMPLE}, not {text!r}."
        ) from error
    return checked(points)


def written(points: Sequence[tuple[float, float]]) -> str:
    """The curve as `read` reads it; "" without one."""
    return ",".join(f"{_number(at)}:{_number(db)}" for at, db in points)


def _number(value: float) -> str:
    """The shortest figures that are read as the same number."""
    return str(int(value)) if math.isfinite(value) and value == int(value) else repr(float(value))


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise InvalidRequest(sentence)
