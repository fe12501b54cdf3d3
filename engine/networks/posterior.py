"""What an autoencoder knows of a sound's latents: a normal distribution for each number.

Both official codecs make one from twice as many channels, and bound its variance alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Posterior:
    """A normal distribution of raw latents: mean and log variance, each (B, C, ...)."""

    mean: Tensor
    logvar: Tensor

    @property
    def std(self) -> Tensor:
        """Standard deviation, (B, C, ...)."""
        return torch.exp(0.5 * self.logvar)

    def sample(self, noise: Tensor) -> Tensor:
        """A draw from unit noise, each (B, C, ...)."""
        return self.mean + self.std * noise


def posterior_of(parameters: Tensor) -> Posterior:
    """Means, then log variances, together (B, 2 C, ...), as a distribution."""
    mean, logvar = parameters.chunk(2, dim=1)
    return Posterior(mean, logvar.clamp(-30.0, 20.0))
