"""How much the seeds of a prompt differ: a model that always makes the same sound offers no choice.

Told beside real sounds of the same family, because rain is rain: a model's takes need not differ more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.plain import Floats


@dataclass(frozen=True)
class Diversity:
    """Mean distance (1 - cosine) between two takes of a prompt, and between two real sounds of its family."""

    takes: float
    real: float

    @property
    def relative(self) -> float:
        """The takes' as a part of the real sounds'; their captions vary too, so less than 1 is to be expected."""
        return self.takes / self.real if self.real else 0.0


def spread(embeddings: Floats) -> float:
    """Mean of 1 - cosine over all pairs of unit vectors (N, d); 0 for fewer than two."""
    count = len(embeddings)
    if count < 2:
        return 0.0
    total = embeddings.astype(np.float64).sum(axis=0)
    return float(1 - (total @ total - count) / (count * (count - 1)))


def diversity(takes: Floats, real: Floats) -> Diversity:
    """Of a prompt's takes (K, d) and real sounds of its family (M, d), all unit vectors."""
    return Diversity(spread(takes), spread(real))
