"""From a raw network to g, the denoised estimate, and G, the jump from any noise level to any lower one.

SoundCTM section 3 (CTM: Kim et al., ICLR 2024, eq. 9): outer "euler" parametrisation around Karras' inner
"edm" one. The network F sees c_in(t) x, ln(t)/4, ln(s)/4, the student's guidance scale omega and the text.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Protocol

import torch
from torch import Tensor


class Network(Protocol):
    """The student F: a network that one evaluation of a jump calls once."""

    def __call__(self, x: Tensor, t: Tensor, s: Tensor, omega: Tensor) -> Tensor:
        """X (B, C, T); t and s (B,) as ln(sigma)/4; omega (B,). Returns (B, C, T)."""


def edm_scalings(t: Tensor, sigma_data: float) -> tuple[Tensor, Tensor, Tensor]:
    """c_in, c_skip and c_out at level t (Karras et al. 2022, table 1), each of t's shape."""
    variance = t**2 + sigma_data**2
    return variance**-0.5, sigma_data**2 / variance, t * sigma_data / variance**0.5


def log_level(sigma: Tensor) -> Tensor:
    """ln(sigma)/4: how a noise level enters the networks."""
    return sigma.log() / 4


def per_sample(level: Tensor, x: Tensor) -> Tensor:
    """A (B,) level shaped to multiply x (B, ...)."""
    return level.reshape(-1, *[1] * (x.ndim - 1))


def estimate(network: Network, x: Tensor, t: Tensor, s: Tensor, omega: Tensor, sigma_data: float) -> Tensor:
    """g(x, t, s) = c_out(t) F + c_skip(t) x, the denoised estimate that the DSM loss trains.

    Args:
        network: the student F.
        x: (B, C, T) sound at noise level t.
        t: (B,) levels of x.
        s: (B,) levels to jump to, at most t.
        omega: (B,) guidance scale that the student has learned.
        sigma_data: standard deviation of the latents.
    """
    c_in, c_skip, c_out = (per_sample(c, x) for c in edm_scalings(t, sigma_data))
    raw = network(c_in * x, log_level(t), log_level(s), omega)
    return c_out * raw.float() + c_skip * x


def jump(network: Network, x: Tensor, t: Tensor, s: Tensor, omega: Tensor, sigma_data: float) -> Tensor:
    """G(x, t, s) = (s/t) x + (1 - s/t) g(x, t, s): from level t to level s in one call.

    G(x, t, t) = x exactly. Arguments as in `estimate`.
    """
    ratio = per_sample(s / t, x)
    return ratio * x + (1 - ratio) * estimate(network, x, t, s, omega, sigma_data)


def guided_jump(
    conditional: Network,
    unconditional: Network | None,
    x: Tensor,
    t: Tensor,
    s: Tensor,
    omega: Tensor,
    nu: float,
    sigma_data: float,
) -> Tensor:
    """G_u + nu (G_c - G_u): interpolation between the jumps with and without the prompt (SoundCTM eq. 12).

    With nu = 1 this is G_c, and the unconditional half is not computed.

    Raises:
        ValueError: nu other than 1 without an unconditional network.
    """
    with_prompt = jump(conditional, x, t, s, omega, sigma_data)
    if nu == 1.0:
        return with_prompt
    if unconditional is None:
        raise ValueError(f"nu {nu} needs the unconditional network")
    without = jump(unconditional, x, t, s, omega, sigma_data)
    return without + nu * (with_prompt - without)


def omega_embedding(omega: Tensor, width: int) -> Tensor:
    """Sinusoidal embedding of the guidance scale, (B,) to (B, width), without trained weights.

    Angles reach 1e4 rad, where float32 rounding moves entries by 5e-4: the order of operations is the
    reference's, so that entries are equal to the last bit.
    """
    angle = (omega.float() * 1000.0)[:, None] * _frequencies(width // 2, omega.device)[None, :]
    return torch.cat([angle.sin(), angle.cos()], dim=1)


@lru_cache(maxsize=16)
@torch.inference_mode(mode=False)  # they outlive the call that asked first, and training reads them too
def _frequencies(half: int, device: torch.device) -> Tensor:
    """Of the guidance scale's embedding, (half,): the CPU's bits on every device, brought there once."""
    step = torch.tensor(10000.0, dtype=torch.float32).log() / (half - 1)
    return torch.exp(torch.arange(half, dtype=torch.float32) * -step).to(device)


def sinusoidal_features(level: Tensor, weight: Tensor) -> Tensor:
    """Fourier features of a log level: (B,) and a trained (K, 1) matrix to (B, 2K), cosines first."""
    angle = 2 * math.pi * level[:, None] @ weight.T
    return torch.cat([angle.cos(), angle.sin()], dim=-1)
