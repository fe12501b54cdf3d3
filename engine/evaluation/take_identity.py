"""Whether the draft is the sound: among many seeds of a prompt, is a draft nearest to its own refined take?

Nearness is the log-mel correlation that the product shows after every refinement (engine/identity.py), here for
all pairs of a prompt's takes at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.intervals import Estimate, wilson
from engine.plain import Floats, levels
from presets.sound import Sound

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class Identity:
    """Of K takes of one prompt.

    hits: drafts whose nearest refined take is their own. own: mean correlation with it. others: mean
    correlation with the other seeds'. margin: mean of own minus the nearest other; least: the smallest margin.
    """

    takes: int
    hits: int
    own: float
    others: float
    margin: float
    least: float


def identity(drafts: Sequence[Sound], refined: Sequence[Sound]) -> Identity:
    """The identity of K >= 2 takes of one prompt and length, the refined ones in their drafts' order."""
    return of_matrix(correlations(drafts, refined))


def of_matrix(matrix: Matrix) -> Identity:
    """The identity told by correlations (K, K), draft i against refined take j."""
    count = len(matrix)
    own = np.diagonal(matrix)
    others = matrix[~np.eye(count, dtype=bool)].reshape(count, count - 1)
    margins = own - others.max(axis=1)
    return Identity(
        count,
        int((margins > 0).sum()),
        float(own.mean()),
        float(others.mean()),
        float(margins.mean()),
        float(margins.min()),
    )


def rate(found: Sequence[Identity]) -> Estimate:
    """How often a draft's nearest is its own, over several prompts."""
    return wilson(sum(one.hits for one in found), sum(one.takes for one in found))


def correlations(first: Sequence[Sound], second: Sequence[Sound]) -> Matrix:
    """(len(first), len(second)): `engine.identity.correlation` of every pair of sounds of one length."""
    found: Matrix = _standardised(first) @ _standardised(second).T
    return found


def _standardised(sounds: Sequence[Sound]) -> Matrix:
    """(N, cells): log-mel levels without their mean, of norm 1; 0 for a constant one."""
    rows = np.stack([_flat(levels(sound)) for sound in sounds])
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def _flat(decibels: Floats) -> Matrix:
    row = decibels.ravel().astype(np.float64)
    return row - row.mean()
