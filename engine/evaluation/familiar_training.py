"""Collects what the corpus is called and finds where strangeness begins; see engine/models/familiar.py.

`python -m engine.evaluation.familiar_training --out FILE --store DIR`, from the lessons of judge_training.py. The
threshold is the distance that nine of ten prompts in free words for known sounds do not exceed: nearer than that
nothing is said. What it finds among prompts for unknown things is told.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console

from engine.evaluation.heldout import CHECK_SEED, JUDGE_SEED, family_names
from engine.evaluation.lessons import Lesson, Read, gather
from engine.evaluation.retrieval import free_prompts
from engine.models.familiar import Familiar, different, save
from engine.plain import Floats

CAPTIONS = 16
"""Kept for each family, beside its name."""

_KNOWN = 0.9


def collect(lessons: Sequence[Lesson], families: Sequence[str], read: Read, captions: int = CAPTIONS) -> Familiar:
    """Captions of single families that differ most, and the families' names; the threshold is still 0."""
    texts = np.concatenate([one.texts[one.single].numpy() for one in lessons])
    main = np.concatenate([one.main[one.single].numpy() for one in lessons])
    kept, owners = [], []
    for index, name in enumerate(families):
        own = texts[main == index]
        kept += [np.asarray(read(name), np.float32)[None], own[different(own, captions)]]
        owners += [index] * (1 + min(captions, len(own)))
    return Familiar(np.concatenate(kept), np.array(owners), tuple(families), 0.0)


def distances(known: Familiar, vectors: Floats) -> Floats:
    """(N,) distances of sentence vectors (N, 384)."""
    return np.array([known.nearness(vector).distance for vector in vectors], np.float32)


def main(words: Sequence[str] | None = None) -> int:
    """Collect, calibrate, write, and tell the shares that are called strange."""
    options = argparse.ArgumentParser(prog="familiar_training", description=__doc__)
    options.add_argument("--out", type=Path, required=True, help="where the file goes")
    options.add_argument("--store", type=Path, required=True, help="the judge's lessons")
    options.add_argument("--chunks", type=int, default=93, help="how many of them")
    asked = options.parse_args(words)
    from engine.local import Engine  # noqa: PLC0415 (loads the text encoder)

    read, families = Engine("starter", "cpu").embed, family_names()
    known = collect(gather(read, families, JUDGE_SEED, asked.chunks, asked.store), families, read)
    free = np.array([read(prompt) for prompt, _ in free_prompts()], np.float32)
    threshold = float(np.quantile(distances(known, free), _KNOWN))
    made = Familiar(known.vectors, known.owners, known.families, threshold)
    save(made, asked.out, f"captions of the procedural corpus, own work; {CAPTIONS} a family and its name")
    fresh = gather(read, families, CHECK_SEED, max(4, asked.chunks // 12), asked.store)
    captions = np.concatenate([one.texts[one.single].numpy() for one in fresh])
    strange = float((distances(made, captions) > threshold).mean())
    Console(stderr=True).print(f"threshold {threshold:.3f}; {strange:.1%} of fresh captions are called strange")
    return 0


if __name__ == "__main__":
    sys.exit(main())
