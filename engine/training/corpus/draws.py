"""Random numbers of a batch of sounds, one row a sound, from a generator of their own.

Drawn on the CPU they are parameters: captions are told from them without waiting for a GPU, and they are the
same on every device. Drawn on the device of the sound they are incidental: what varies and is never told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

Rows = Sequence[float] | Sequence[Sequence[float]]


def seeded(seed: int, device: torch.device) -> torch.Generator:
    """A generator of that device that nobody else draws from."""
    return torch.Generator(device=device).manual_seed(seed)


class Draws:
    """Numbers for `count` sounds as (count, m) tensors."""

    def __init__(self, count: int, seed: int, device: torch.device) -> None:
        self.count = count
        self.device = device
        self.generator = seeded(seed, device)

    def rand(self, *shape: int) -> Tensor:
        """Uniform in 0 .. 1 of any shape."""
        return torch.rand(*shape, generator=self.generator, device=self.device)

    def uniform(self, low: float, high: float, m: int = 1) -> Tensor:
        """(count, m) evenly between low and high."""
        return low + (high - low) * self.rand(self.count, m)

    def log(self, low: float, high: float, m: int = 1) -> Tensor:
        """(count, m) evenly in pitch, as it were: each octave between low and high is equally likely."""
        return torch.exp(math.log(low) + math.log(high / low) * self.rand(self.count, m))

    def normal(self, m: int = 1) -> Tensor:
        """(count, m) of variance 1."""
        return torch.randn(self.count, m, generator=self.generator, device=self.device)

    def chance(self, probability: float) -> Tensor:
        """(count, 1) of 1.0 with that probability, else 0.0."""
        return (self.rand(self.count, 1) < probability).float()

    def pick(self, *weights: float) -> Tensor:
        """(count, 1) of 0.0, 1.0, 2.0 … with these weights."""
        edges = torch.tensor(weights, device=self.device).cumsum(0)
        return (self.rand(self.count, 1) * edges[-1] >= edges[None, :-1]).sum(1, keepdim=True).float()

    def table(self, index: Tensor, rows: Rows) -> Tensor:
        """The row of a table for each index (count, 1): (count, width of a row)."""
        values = torch.tensor(rows, dtype=torch.float, device=index.device)
        return values[index[:, 0].long()].reshape(index.shape[0], -1)
