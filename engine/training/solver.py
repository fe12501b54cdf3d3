"""The teacher's path: its denoiser under guidance, and Heun steps down the noise levels.

Karras et al. 2022, algorithm 1 without churn; classifier-free guidance (Ho and Salimans 2021) inside the
solver, so that the student learns guided sounds in one call (SoundCTM, eq. 8). Pure functions of a denoiser
D(x, t) -> x_0, whatever network stands behind it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.soundctm.denoiser import per_sample

Denoiser = Callable[[Tensor, Tensor], Tensor]
"""D(x (B, C, T), t (B,)) -> (B, C, T)."""


def guided(doubled: Denoiser, omega: Tensor) -> Denoiser:
    """D_u + omega (D_c - D_u).

    Args:
        doubled: a denoiser of 2B sounds whose first half reads the captions and whose second half reads "".
        omega: (B,) guidance scales.
    """

    def denoise(x: Tensor, t: Tensor) -> Tensor:
        conditional, unconditional = doubled(torch.cat([x, x]), torch.cat([t, t])).chunk(2)
        return unconditional + per_sample(omega, x) * (conditional - unconditional)

    return denoise


def heun_step(denoise: Denoiser, x: Tensor, t: Tensor, lower: Tensor) -> Tensor:
    """From level t to a lower one, both (B,), in two calls: Euler, then the mean of both slopes."""
    slope = (x - denoise(x, t)) / per_sample(t, x)
    ahead = x + per_sample(lower - t, x) * slope
    slope_ahead = (ahead - denoise(ahead, lower)) / per_sample(lower, x)
    return x + per_sample(lower - t, x) * (slope + slope_ahead) / 2


def heun(denoise: Denoiser, x: Tensor, grid: Tensor, start: Tensor, steps: int) -> Tensor:
    """`steps` Heun steps down the grid.

    Args:
        denoise: D.
        x: (B, C, T) at level grid[start].
        grid: (N,) levels, falling.
        start: (B,) indices into the grid, at most N - 1 - steps.
        steps: how many.
    """
    for i in range(steps):
        x = heun_step(denoise, x, grid[start + i], grid[start + i + 1])
    return x
