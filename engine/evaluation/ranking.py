"""Which of many drafts to show: those that fit the prompt and differ from each other.

Eight takes that sound alike are one choice. Greedy: the best fit comes first, then whatever adds most
(maximal marginal relevance; Carbonell and Goldstein 1998). Functions over vectors: the caller has them from the
judge, for drafts that are made anyway.
"""

from __future__ import annotations

import numpy as np

from engine.evaluation.plain import Floats

DIFFERENCE = 0.5
"""How much of a choice is difference; 0 ranks by fit alone, 1 by difference alone."""


def fits(sounds: Floats, text: Floats) -> Floats:
    """How well sounds (N, d) fit a text (d,), unit vectors of the judge: cosine, -1 .. 1, (N,)."""
    found: Floats = (sounds @ text).astype(np.float32)
    return found


def ranked(fit: Floats, sounds: Floats, count: int, difference: float = DIFFERENCE) -> list[int]:
    """Indices of the `count` drafts to show, the best first; all of them where there are fewer.

    Args:
        fit: (N,) how well each fits its prompt, higher is better; only the order and the proportions matter.
        sounds: (N, d) unit vectors.
        count: how many.
        difference: 0 .. 1.
    """
    chosen: list[int] = []
    merit = _to_unit(fit)
    alike = _to_unit(sounds @ sounds.T)
    while len(chosen) < min(count, len(fit)):
        nearest = alike[:, chosen].max(axis=1) if chosen else np.zeros(len(fit))
        gain = (1 - difference) * merit - difference * nearest
        gain[chosen] = -np.inf
        chosen.append(int(gain.argmax()) if chosen else int(merit.argmax()))
    return chosen


def _to_unit(values: Floats) -> Floats:
    """The values brought to 0 .. 1; 0 where all are equal."""
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
    return (values - low) / (high - low) if high > low else np.zeros_like(values)
