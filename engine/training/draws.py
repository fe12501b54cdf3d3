"""Every random draw of training, from one generator whose state a checkpoint can hold.

What is drawn, and how often, is the method's as much as its losses are (SoundCTM, Saito et al., ICLR 2025,
section 4 and appendix; CTM, Kim et al., ICLR 2024, section 3). How many solver steps a batch takes is drawn
from the step's number instead, so that several processes, which wait for each other, take equally many.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from engine.soundctm.schedule import SIGMA_MAX, SIGMA_MIN, levels

HeunSteps = Literal["weighted", "mostly_short"]


class Dice:
    """Numbers for one training run on one device; the same seed gives the same numbers."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self._generator = torch.Generator(device)
        self._generator.manual_seed(seed)

    def normal(self, *shape: int) -> Tensor:
        """Standard normal, float32."""
        return torch.randn(shape, generator=self._generator, device=self.device)

    def uniform(self, *shape: int) -> Tensor:
        """Uniform in [0, 1), float32."""
        return torch.rand(shape, generator=self._generator, device=self.device)

    def integers(self, limit: int, count: int) -> Tensor:
        """(count,) uniform integers below the limit, int64."""
        return torch.randint(limit, (count,), generator=self._generator, device=self.device)

    def order(self, count: int) -> Tensor:
        """A permutation of 0 .. count - 1."""
        return torch.randperm(count, generator=self._generator, device=self.device)

    def state(self) -> Tensor:
        """Where the generator stands, (n,) uint8 on the CPU."""
        return self._generator.get_state()

    def restore(self, state: Tensor) -> None:
        """Go on from a state."""
        self._generator.set_state(state.cpu())


@dataclass(frozen=True)
class Levels:
    """Where a batch of B jumps begins (t), where the solver ends (u) and where the jump ends (s): (B,) indices."""

    t: Tensor
    u: Tensor
    s: Tensor


@dataclass(frozen=True)
class NoiseLevels:
    """How EDM training spreads its noise: ln sigma ~ N(mean, spread), a share log-uniform in 8 .. 80 instead.

    Karras' own N(-1.2, 1.2) hardly goes where text is learned. N(0.9, 1.7) with 15 % high taught a model of 9 M
    parameters its words within two hours of two CPU cores; N(0.3, 1.8) with 10 % is for longer runs.
    """

    mean: float = 0.3
    spread: float = 1.8
    high_share: float = 0.1


def heun_steps(step: int, seed: int, grid: int, how: HeunSteps) -> int:
    """How many solver steps the batch of that training step takes, 1 .. grid - 1.

    weighted: P(h = i) proportional to i, as the reference draws (mean 26.3 of 39: 53 teacher calls a batch).
    mostly_short: 1, 2 or 3 in 65 of 100 batches, else uniform above: a quarter of the teacher calls.
    """
    generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
    if how == "weighted":
        return int(torch.multinomial(torch.arange(1.0, grid), 1, generator=generator)) + 1
    low, high = torch.rand(2, generator=generator).tolist()
    return 1 + int(high * min(3, grid - 1)) if low < 0.65 or grid <= 4 else 4 + int(high * (grid - 4))


def jump_levels(dice: Dice, batch: int, steps: int, grid: int, to_end_share: float = 0.0) -> Levels:
    """Levels of a batch: t uniform in 0 .. grid - 1 - steps, u = t + steps, s uniform in u .. grid - 1.

    Args:
        dice: where the numbers come from.
        batch: B.
        steps: solver steps from t to u.
        grid: how many levels there are.
        to_end_share: probability that a sample's s is the last level, as every draft's is; 0 in the reference.
    """
    t = dice.integers(grid - steps, batch)
    u = t + steps
    s = (u + (dice.uniform(batch) * (grid - u)).long()).clamp(max=grid - 1)  # rounding may reach the end
    if to_end_share:
        s = torch.where(dice.uniform(batch) < to_end_share, torch.full_like(s, grid - 1), s)
    return Levels(t, u, s)


def omegas(dice: Dice, batch: int, low: float, high: float) -> Tensor:
    """(B,) guidance scales, uniform."""
    return low + (high - low) * dice.uniform(batch)


def denoising_levels(dice: Dice, batch: int, spread: float = 0.7) -> Tensor:
    """(B,) noise levels of the student's denoising loss.

    The first half ln sigma ~ N(-1.2, 1.2) (Karras et al. 2022, table 1), the rest on the sampling curve at
    0 .. `spread` of its length: 80 down to 0.318.
    """
    half = batch // 2
    low = torch.exp(-1.2 + 1.2 * dice.normal(half))
    return torch.cat([low, levels(spread * dice.uniform(batch - half))])


def teacher_levels(dice: Dice, batch: int, how: NoiseLevels) -> Tensor:
    """(B,) noise levels of EDM training, within 0.002 .. 80."""
    usual = torch.exp(how.mean + how.spread * dice.normal(batch))
    high = torch.exp(math.log(8.0) + math.log(SIGMA_MAX / 8.0) * dice.uniform(batch))
    return torch.where(dice.uniform(batch) < how.high_share, high, usual).clamp(SIGMA_MIN, SIGMA_MAX)
