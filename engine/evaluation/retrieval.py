"""Whether a sound is what its prompt asked for: the judge names its family, first or among five.

Told with 95 % intervals, and beside what the judge reaches on real sounds: no model can be told to be better
than the one who judges it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.evaluation.intervals import Estimate, wilson
from engine.plain import Floats

PROMPTS = Path(__file__).parent / "prompts.json"
"""200 prompts in free words, written by someone who had not seen the corpus' captions."""


@dataclass(frozen=True)
class Retrieval:
    """How often the family that was asked for is the judge's first answer, and one of its first five.

    missed: (asked, heard) with how often, the most frequent first. by_family: hits at 1 and trials.
    """

    first: Estimate
    among_five: Estimate
    missed: tuple[tuple[str, str, int], ...]
    by_family: dict[str, tuple[int, int]]


def retrieval(scores: Floats, asked: Sequence[str], families: Sequence[str]) -> Retrieval:
    """Judge the answers.

    Args:
        scores: (N, families), higher is likelier.
        asked: N families, each of which the judge knows.
        families: the names of the columns.
    """
    wanted = np.array([families.index(family) for family in asked])
    order = np.argsort(-scores, axis=1, kind="stable")[:, :5]
    right = order == wanted[:, None]
    trials, hits = (
        Counter(asked),
        Counter(f for f, hit in zip(asked, right[:, :1].any(axis=1), strict=True) if hit),
    )
    wrong = Counter((f, families[best]) for f, best in zip(asked, order[:, 0], strict=True) if families[best] != f)
    return Retrieval(
        wilson(int(right[:, 0].sum()), len(asked)),
        wilson(int(right.any(axis=1).sum()), len(asked)),
        tuple((f, heard, count) for (f, heard), count in wrong.most_common(20)),
        {family: (hits[family], trials[family]) for family in sorted(trials)},
    )


def relative(model: Estimate, real: Estimate) -> float:
    """A model's accuracy as a part of the judge's own on real sounds."""
    return model.value / real.value if real.value else 0.0


def free_prompts(path: Path = PROMPTS) -> list[tuple[str, str]]:
    """(prompt, family) of the prompts in free words."""
    return [(row["prompt"], row["family"]) for row in json.loads(path.read_text(encoding="utf-8"))]
