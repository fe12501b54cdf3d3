"""Samplers: pure functions from a jump, x_T and the noise they need to a denoised latent.

No files, no seeds, no progress bar, no device names. `jump(x, t, s)` is G with everything else bound to it.
Refining is the deterministic sampler from the same x_T with more steps: N steps are N jumps, and it draws no
noise, so that the draft (one jump) and its refinement are the same sound.

Each sampler is a generator that yields the latent after every jump: whoever drives it may stop, show
progress, or serve something more urgent between two jumps. `run` drives one to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from torch import Tensor

from engine.soundctm.schedule import SIGMA_MIN, sampling_grid
from presets.schema import SAMPLERS, Sampler

Jump = Callable[[Tensor, Tensor, Tensor], Tensor]


def noises_needed(sampler: Sampler, steps: int) -> int:
    """How many fresh noises a run draws besides x_T."""
    return 0 if sampler == "deterministic" else steps - 1


def sample(
    sampler: Sampler, jump: Jump, x_T: Tensor, steps: int, noises: Sequence[Tensor] = (), gamma: float = 0.5
) -> Iterator[Tensor]:
    """The sampler of that name, as a generator of the latents after each jump.

    Args:
        sampler: one of SAMPLERS.
        jump: G(x, t, s) with x (B, C, T) and t, s (B,).
        x_T: (B, C, T) noise of standard deviation 80.
        steps: number of jumps, at least 1.
        noises: `noises_needed(sampler, steps)` unit noises of x_T's shape.
        gamma: how much of every jump is made again by noise, strictly between 0 and 1 (gamma_multistep).

    Raises:
        ValueError: unknown sampler, fewer than one step, too few noises, gamma outside (0, 1).
    """
    if sampler not in SAMPLERS:
        raise ValueError(f"unknown sampler {sampler!r}; there are {', '.join(SAMPLERS)}")
    if len(noises) < noises_needed(sampler, steps):
        raise ValueError(f"{sampler} with {steps} steps needs {steps - 1} noises, not {len(noises)}")
    if sampler == "gamma_multistep" and not 0.0 < gamma < 1.0:
        raise ValueError(f"gamma {gamma} is not strictly between 0 and 1")
    if sampler == "deterministic":
        return deterministic(jump, x_T, steps)
    if sampler == "cm_multistep":
        return cm_multistep(jump, x_T, steps, noises)
    return gamma_multistep(jump, x_T, steps, noises, gamma)


def run(latents: Iterator[Tensor]) -> Tensor:
    """The last latent of a sampler."""
    *_, last = latents
    return last


def deterministic(jump: Jump, x_T: Tensor, steps: int) -> Iterator[Tensor]:
    """X <- G(x, sigma_i, sigma_{i+1}), i = 0 .. steps-1."""
    sigma = _grid(steps, x_T)
    x = x_T
    for i in range(steps):
        x = jump(x, sigma[i], sigma[i + 1])
        yield x


def cm_multistep(jump: Jump, x_T: Tensor, steps: int, noises: Sequence[Tensor]) -> Iterator[Tensor]:
    """Consistency multistep: every jump leads to sigma_min; fresh noise leads back up to the next level."""
    sigma = _grid(steps, x_T)
    x = x_T
    for i in range(steps):
        x = jump(x, sigma[i], sigma[steps])
        if i < steps - 1:
            x = x + (sigma[i + 1] ** 2 - SIGMA_MIN**2).sqrt()[:, None, None] * noises[i]
        yield x


def gamma_multistep(
    jump: Jump, x_T: Tensor, steps: int, noises: Sequence[Tensor], gamma: float
) -> Iterator[Tensor]:
    """CTM's gamma sampler: jump below the next level, then noise back up to it (Kim et al. 2024, alg. 3).

    gamma 0 would be `deterministic` and 1 `cm_multistep`; `sample` refuses both, as the reference does.
    """
    sigma = _grid(steps, x_T)
    x = x_T
    for i in range(steps):
        below = (1 - gamma**2) ** 0.5 * (sigma[i + 1] - SIGMA_MIN) + SIGMA_MIN
        x = jump(x, sigma[i], below)
        if i < steps - 1:
            x = x + (sigma[i + 1] ** 2 - below**2).sqrt()[:, None, None] * noises[i]
        yield x


def _grid(steps: int, x_T: Tensor) -> Tensor:
    """(steps + 1, B) levels on x_T's device, one row a level, so that no step copies a number to it."""
    there = sampling_grid(steps).to(x_T.device, non_blocking=x_T.is_cuda)  # sent, not waited for
    return there[:, None].expand(-1, x_T.shape[0])
