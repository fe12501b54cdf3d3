"""What the judge learns from: held-out corpus sounds as features, sentence vectors and families.

Drawing the sounds takes most of the time, so every chunk is stored as it is made and a run goes on where it
was stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engine.evaluation.heldout import Real, of_chunk
from engine.evaluation.watch import Watch, nobody
from engine.models.judge import Features, features, joined

Read = Callable[[str], Sequence[float]]
"""A text to its sentence vector, 384 numbers of norm 1."""

LENGTHS = (3.0, 1.5, 3.0, 5.0)
"""Seconds of the chunks, in turn: a judge must not tell families by their length."""

CHUNK = 64
_MAIN = 0.75  # of the answer, for the main family of a mixture


@dataclass(frozen=True)
class Lesson:
    """A chunk of sounds of one length.

    features: of B sounds. texts: (B, 384) sentence vectors of their captions. targets: (B, families), each row
    sums to 1; a mixture has two families.
    """

    features: Features
    texts: Tensor
    targets: Tensor

    @property
    def main(self) -> Tensor:
        """(B,) index of the main family."""
        return self.targets.argmax(dim=1)

    @property
    def single(self) -> Tensor:
        """(B,) whether the sound is of one family alone."""
        return self.targets.amax(dim=1) > _MAIN


def lesson(reals: Sequence[Real], read: Read, families: Sequence[str]) -> Lesson:
    """Sounds of one length as a lesson."""
    texts = torch.tensor([list(read(real.caption)) for real in reals], dtype=torch.float32)
    return Lesson(joined([features(real.sound) for real in reals]), texts, targets(reals, families))


def targets(reals: Sequence[Real], families: Sequence[str]) -> Tensor:
    """(B, families): 1 for a single family, else 0.75 for the main one and the rest for the others."""
    index = {name: i for i, name in enumerate(families)}
    rows = torch.zeros(len(reals), len(families))
    for row, real in zip(rows, reals, strict=True):
        others = real.families[1:]
        row[index[real.family]] += _MAIN if others else 1.0
        for other in others:
            row[index[other]] += (1 - _MAIN) / len(others)
    return rows


def gather(
    read: Read,
    families: Sequence[str],
    seed: int,
    chunks: int,
    store: Path | None = None,
    watch: Watch = nobody,
    size: int = CHUNK,
) -> list[Lesson]:
    """`chunks` lessons of `size` sounds, from the store where they are there."""
    found = []
    for k in range(chunks):
        place = None if store is None else store / f"{seed}-{k:05d}.npz"
        if place is not None and place.exists():
            found.append(_stored(place))
        else:
            reals = of_chunk(seed, k, size, LENGTHS[k % len(LENGTHS)])
            found.append(lesson(reals, read, families))
            if place is not None:
                _store(found[-1], place)
        watch("lessons", k + 1, chunks)
    return found


def together(lessons: Sequence[Lesson]) -> Lesson:
    """Lessons of one length as one."""
    texts, rows = (
        torch.cat(column) for column in zip(*((one.texts, one.targets) for one in lessons), strict=True)
    )
    return Lesson(joined([one.features for one in lessons]), texts, rows)


def _store(one: Lesson, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_suffix(".part.npz")
    levels, measures = one.features.levels.half().numpy(), one.features.plain.numpy()
    np.savez(part, levels=levels, plain=measures, texts=one.texts.numpy(), targets=one.targets.numpy())
    part.replace(place)


def _stored(place: Path) -> Lesson:
    with np.load(place, allow_pickle=False) as file:
        levels, plain, texts, rows = (torch.from_numpy(file[n]) for n in ("levels", "plain", "texts", "targets"))
    return Lesson(Features(levels.float(), plain), texts, rows)
