"""What a taught model adds to its base: low-rank changes of the transformer's matrices.

W + (alpha / rank) up down (LoRA, Hu et al. 2022). The base's own file stays as it is, so that small changes are
not rounded away with it: packed weights have steps of 1/127 of a row's largest, and a change below half of that
would be lost.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.errors import BadWeights
from engine.models.checkpoint import Header, pack, unpack

KIND = "lora"
_DOWN, _UP = ":down", ":up"


@dataclass(frozen=True)
class LowRank:
    """One matrix's change: up (out, rank) times down (rank, in)."""

    down: Tensor
    up: Tensor


def write(path: Path, changes: Mapping[str, LowRank], rank: int, alpha: float, licence: str, source: str) -> None:
    """Write the changes of linear layers by their names.

    Raises:
        NotWritten: see `presets.files.write_atomically`.
    """
    tensors = {name + _DOWN: change.down for name, change in changes.items()}
    tensors |= {name + _UP: change.up for name, change in changes.items()}
    pack(path, tensors, Header(KIND, {"rank": rank, "alpha": alpha}, licence, source))


def read(path: Path) -> tuple[dict[str, LowRank], float]:
    """The changes by name, and what they are multiplied by.

    Raises:
        BadWeights: no adapter, or half of a change is missing.
    """
    tensors, header = unpack(path)
    try:
        if header.kind != KIND:
            raise ValueError(f"it holds {header.kind!r} weights")
        names = [name.removesuffix(_DOWN) for name in tensors if name.endswith(_DOWN)]
        changes = {name: LowRank(tensors[name + _DOWN], tensors[name + _UP]) for name in names}
        if 2 * len(changes) != len(tensors):
            raise ValueError("half of a change is missing")
        scale = float(header.config["alpha"]) / float(header.config["rank"])
        if not (math.isfinite(scale) and all(bool(t.isfinite().all()) for t in tensors.values())):
            raise ValueError("it holds numbers that are none")
        return changes, scale
    except (KeyError, ValueError, TypeError, ArithmeticError) as error:
        raise BadWeights(
            f"{path.name} is no adapter that can be used ({error}). Teach the model again."
        ) from error


@torch.no_grad()
def add(network: nn.Module, changes: Mapping[str, LowRank], scale: float, path: Path) -> None:
    """Add changes to a network's weights, in place.

    Raises:
        BadWeights: a matrix is missing or has another shape.
    """
    linears = {name: module for name, module in network.named_modules() if isinstance(module, nn.Linear)}
    for name, change in changes.items():
        weight = linears[name].weight if name in linears else None
        if (
            weight is None
            or change.up.ndim != 2
            or change.down.ndim != 2
            or change.up.shape[1] != change.down.shape[0]
            or weight.shape != (change.up.shape[0], change.down.shape[1])
        ):
            raise BadWeights(f"{path.name} does not fit its base at {name}. Teach the model again.")
        weight += scale * (change.up.to(weight.device) @ change.down.to(weight.device))
