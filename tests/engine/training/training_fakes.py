"""Training data that can be made in no time, by a module that worker processes can import too."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import torch

CHANNELS, TOKENS, WIDTH, KINDS = 16, 3, 384, 4


@dataclass(frozen=True)
class Latents:
    """Chunks of latents of four kinds; a kind's caption is one token of its own. `lengths` take turns."""

    lengths: tuple[int, ...] = (8, 16)
    count: int = 12

    def __call__(self):
        return self.make

    def make(self, i):
        g = torch.Generator().manual_seed(i)
        fixed = torch.Generator().manual_seed(99)
        patterns = torch.randn(KINDS, CHANNELS, max(self.lengths), generator=fixed)
        words = torch.randn(KINDS, WIDTH, generator=fixed)
        length = self.lengths[i % len(self.lengths)]
        kind = torch.randint(KINDS, (self.count,), generator=g)
        noise = torch.randn(self.count, CHANNELS, length, generator=g)
        tokens = torch.zeros(self.count, TOKENS, WIDTH)
        tokens[:, 0] = words[kind]
        mask = torch.tensor([True, False, False]).repeat(self.count, 1)
        latents = 0.45 * patterns[kind, :, :length] + 0.15 * noise
        return {"latents": latents.half(), "tokens": tokens.half(), "mask": mask}


@dataclass(frozen=True)
class Features:
    """Chunks of smooth random codec features."""

    length: int = 16
    count: int = 12

    def __call__(self):
        return self.make

    def make(self, i):
        g = torch.Generator().manual_seed(i)
        basis = torch.randn(3, 1920, generator=torch.Generator().manual_seed(7))
        curves = torch.randn(self.count, self.length, 3, generator=g).cumsum(1) / 4
        return {"features": (0.3 * (curves @ basis).transpose(1, 2)).clamp(-1, 1).half()}


@dataclass(frozen=True)
class Numbered:
    """Chunks that hold their number and the process that made them; odd ones take longer."""

    slow: float = 0.02

    def __call__(self):
        return self.make

    def make(self, i):
        time.sleep(self.slow * (i % 2))
        return {"number": torch.tensor([i]), "process": torch.tensor([os.getpid()])}


@dataclass(frozen=True)
class Failing:
    """Chunk 3 cannot be made."""

    how: str

    def __call__(self):
        return self.make

    def make(self, i):
        if i == 3:
            if self.how == "killed":
                os.kill(os.getpid(), 9)
            raise ValueError("the sound of chunk 3 is missing")
        return {"number": torch.tensor([i])}
