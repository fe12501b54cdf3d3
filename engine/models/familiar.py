"""How far a prompt is from all that a model was trained on, so that the panel can say so before anyone wonders.

A model answers every prompt with a sound, also one that it knows nothing of. The captions that it was trained
on are kept as sentence vectors, a few that differ most for each family; a prompt's distance is that to the
nearest of them. The engine has the prompt's vector anyway (`Engine.embed`), so asking costs one product of a
matrix and a vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.errors import BadWeights
from engine.models.checkpoint import Header, pack, unpack

Floats = NDArray[np.float32]

KIND = "familiar"
WEIGHTS = Path(__file__).parent / "familiar.safetensors"


@dataclass(frozen=True)
class Nearness:
    """Where a prompt lies.

    distance: 1 - cosine to the nearest caption, 0 .. 2. family: whose caption that is. strange: the distance is
    more than nearly all prompts for known sounds have.
    """

    distance: float
    family: str
    strange: bool


@dataclass(frozen=True, eq=False)
class Familiar:
    """What a model knows, as texts.

    vectors: (N, 384) sentence vectors of norm 1. owners: (N,) index of each one's family. families: their names.
    threshold: distance from which a prompt is strange.
    """

    vectors: Floats
    owners: np.ndarray
    families: tuple[str, ...]
    threshold: float

    def nearness(self, vector: Sequence[float] | Floats) -> Nearness:
        """Where a prompt lies, from its sentence vector of norm 1."""
        # Not `@`: NumPy's BLAS lets its thread spin for 0.1 s after a product, in an engine that should be idle.
        alike = np.einsum("nd,d->n", self.vectors, np.asarray(vector, np.float32))
        best = int(alike.argmax())
        distance = 1.0 - float(alike[best])
        return Nearness(distance, self.families[int(self.owners[best])], distance > self.threshold)

    def taught(self, name: str, vectors: Floats) -> Familiar:
        """The same and a new family: the captions (M, 384) of sounds that a model was taught."""
        owners = np.concatenate([self.owners, np.full(len(vectors), len(self.families))])
        whole = np.concatenate([self.vectors, np.asarray(vectors, np.float32)])
        return replace(self, vectors=whole, owners=owners, families=(*self.families, name))


@cache
def load(path: Path = WEIGHTS) -> Familiar:
    """What the starter's corpus is called, or another file.

    Raises:
        BadWeights: the file is missing, altered, or holds something else.
    """
    tensors, header = unpack(path)
    if header.kind != KIND or set(tensors) != {"vectors", "owners"}:
        raise BadWeights(f"{path.name} does not hold what a model knows. Install Onetake again.")
    vectors = torch.nn.functional.normalize(tensors["vectors"], dim=1).numpy()
    owners = tensors["owners"].numpy().astype(np.int64)
    return Familiar(vectors, owners, tuple(header.config["families"]), float(header.config["threshold"]))


def save(known: Familiar, path: Path, source: str) -> None:
    """Write it as packed weights."""
    tensors = {"vectors": torch.from_numpy(known.vectors), "owners": torch.from_numpy(known.owners).float()}
    config = {"families": list(known.families), "threshold": known.threshold}
    pack(path, tensors, Header(KIND, config, "CC0-1.0", source))


def different(vectors: Floats, count: int) -> list[int]:
    """Indices of `count` of (N, d) unit vectors that differ most: the most central one, then the farthest each.

    Farthest-first traversal (Gonzalez 1985).
    """
    chosen = [int((vectors @ vectors.mean(axis=0)).argmax())] if len(vectors) else []
    while chosen and len(chosen) < min(count, len(vectors)):
        chosen.append(int((vectors @ vectors[chosen].T).max(axis=1).argmin()))
    return chosen
