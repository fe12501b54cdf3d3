"""The noise levels between which a sound is refined.

Karras et al. 2022 ("Elucidating the design space of diffusion-based generative models", eq. 5) with the
constants of SoundCTM. All arithmetic is float32 in the reference's order of operations, so that levels are
equal to the last bit.
"""

from __future__ import annotations

import torch
from torch import Tensor

SIGMA_MIN = 0.002
SIGMA_MAX = 80.0
RHO = 7.0
TRAINING_LEVELS = 40


def levels(r: Tensor) -> Tensor:
    """Karras' curve: position r (0 is all noise, 1 is the sound) to sigma, the same shape, float32."""
    low, high = SIGMA_MIN ** (1 / RHO), SIGMA_MAX ** (1 / RHO)
    return (high + r * (low - high)) ** RHO


def training_grid() -> Tensor:
    """The (40,) levels that training uses, from 80 down to 0.002."""
    return levels(torch.arange(TRAINING_LEVELS) / (TRAINING_LEVELS - 1))


def sampling_grid(steps: int) -> Tensor:
    """The (steps + 1,) levels of a sampler: a jump leads from each to the next.

    The reference appends a 0 that it never uses; it is left out. The last level is 0.002, not 0.

    Raises:
        ValueError: fewer than one step.
    """
    if steps < 1:
        raise ValueError(f"a sampler needs at least 1 step, not {steps}")
    return levels(torch.linspace(0, 1, steps + 1))
