"""The starter's codec network: maps of a sound to 64 numbers a frame, and back.

The maps are what tone_noise.py measures and plays: power, tonality and band energies. The network learns only
them, by regression; phases, noise and onsets are left to signal processing, which does them exactly. That is
why it sounds clean after minutes of training, where adversarial autoencoders of that age lose all harmonics.

Latents that leave and enter are normalised: (z - mean) / std * sigma_data, the space of the diffusion.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.networks.tone_noise import BANDS, POWER_BINS, Maps

FEATURES = 2 * POWER_BINS * 2 + 8 * BANDS
"""Numbers a latent frame: 2 frames of power, 2 of tonality, 8 of band energies."""


@dataclass(frozen=True)
class StarterCodecConfig:
    """The size of a codec."""

    width: int = 384
    latent_channels: int = 64
    encoder_depth: int = 4
    decoder_depth: int = 6
    kernel: int = 7
    expansion: int = 3
    sigma_data: float = 0.5


class Block(nn.Module):
    """ConvNeXt block over time (Liu et al. 2022): depthwise convolution, norm, two-layer perceptron, scale."""

    def __init__(self, config: StarterCodecConfig) -> None:
        super().__init__()
        width, inner = config.width, config.width * config.expansion
        self.depthwise = nn.Conv1d(width, width, config.kernel, padding=config.kernel // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, inner)
        self.contract = nn.Linear(inner, width)
        self.scale = nn.Parameter(torch.full((width,), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, width) to (B, T, width)."""
        y = self.depthwise(x.transpose(1, 2)).transpose(1, 2)
        return x + self.contract(F.gelu(self.expand(self.norm(y)))) * self.scale


class Stack(nn.Module):
    """Convolution in, blocks, norm, linear out."""

    def __init__(self, config: StarterCodecConfig, inputs: int, kernel: int, depth: int, outputs: int) -> None:
        super().__init__()
        self.enter = nn.Conv1d(inputs, config.width, kernel, padding=kernel // 2)
        self.blocks = nn.Sequential(*[Block(config) for _ in range(depth)])
        self.norm = nn.LayerNorm(config.width)
        self.leave = nn.Linear(config.width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, T) to (B, outputs, T)."""
        y = self.blocks(self.enter(x).transpose(1, 2))
        return self.leave(self.norm(y)).transpose(1, 2)


class StarterCodec(nn.Module):
    """Encoder and decoder between maps and normalised latents."""

    latent_mean: Tensor
    latent_std: Tensor

    def __init__(self, config: StarterCodecConfig) -> None:
        super().__init__()
        self.config = config
        latent = config.latent_channels
        self.encoder = Stack(config, FEATURES, 3, config.encoder_depth, 2 * latent)
        self.decoder = Stack(config, latent, 5, config.decoder_depth, FEATURES)
        self.register_buffer("latent_mean", torch.zeros(latent))
        self.register_buffer("latent_std", torch.ones(latent))

    def encode(self, maps: Maps) -> Tensor:
        """Maps of L latent frames to the posterior's mean, normalised, (B, latent_channels, L)."""
        mean, _ = self.encoder(pack(maps)).chunk(2, dim=1)
        return (mean - self.latent_mean[:, None]) / self.latent_std[:, None] * self.config.sigma_data

    def decode(self, latent: Tensor) -> Maps:
        """Normalised latents (B, latent_channels, L) to maps."""
        z = latent / self.config.sigma_data * self.latent_std[:, None] + self.latent_mean[:, None]
        return unpack(self.decoder(z))


def pack(maps: Maps) -> Tensor:
    """Maps to the network's features (B, FEATURES, L), each brought to about -1 .. 1."""
    parts = (maps.log_power / 4.0 + 1.0, 2), (maps.tonality * 2.0 - 1.0, 2), (maps.log_bands / 4.0 + 1.5, 8)
    return torch.cat([_fold(x, rate) for x, rate in parts], dim=1)


def unpack(features: Tensor) -> Maps:
    """The network's features (B, FEATURES, L) to maps; tonality comes as a logit."""
    width = POWER_BINS * 2
    power, tonality, bands = features.split([width, width, 8 * BANDS], dim=1)
    return Maps(
        log_power=(_unfold(power, 2) - 1.0) * 4.0,
        tonality=torch.sigmoid(_unfold(tonality, 2)),
        log_bands=(_unfold(bands, 8) - 1.5) * 4.0,
    )


def _fold(x: Tensor, rate: int) -> Tensor:
    """(B, C, L * rate) to (B, C * rate, L)."""
    b, c, n = x.shape
    return x.reshape(b, c, n // rate, rate).transpose(2, 3).reshape(b, c * rate, n // rate)


def _unfold(x: Tensor, rate: int) -> Tensor:
    """(B, C * rate, L) to (B, C, L * rate)."""
    b, c, n = x.shape
    return x.reshape(b, c // rate, rate, n).transpose(2, 3).reshape(b, c // rate, n * rate)
