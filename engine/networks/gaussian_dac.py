"""The codec of the official 44.1 kHz models: a variational autoencoder between waveforms and latent frames.

GaussianDAC is the Descript Audio Codec's encoder and decoder (Kumar et al. 2023) with a normal distribution in
place of the quantiser; SOUNDCTM section 7, under the official key names. Weight norm is folded into plain
weights (`fold_weight_norm`): the reference computes it again in every decode.

Latents that leave and enter are normalised: (z - mean) / std * sigma_data, the space of the diffusion. Strides
and widths come from the weight file; nothing here assumes those of the published one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.networks.posterior import Posterior, posterior_of

STORED = ("weight_g", "weight_v")
"""Names that weight norm gives to the length and the direction of a weight."""

_DILATIONS = (1, 3, 9)


@dataclass(frozen=True)
class GaussianDACConfig:
    """The size of a codec; the names are the official ones, rates are samples a frame, stage by stage."""

    encoder_dim: int
    encoder_rates: tuple[int, ...]
    latent_dim: int
    decoder_dim: int
    decoder_rates: tuple[int, ...]
    sample_rate: int = 44100
    sigma_data: float = 0.5

    @property
    def hop(self) -> int:
        """Samples a latent frame."""
        return math.prod(self.encoder_rates)


class Snake(nn.Module):
    """x + sin(a x)^2 / a, periodic in x with one trained a per channel (Ziyin et al. 2020)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, N) to (B, channels, N)."""
        turned, slope = self.alpha * x, self.alpha + 1e-9
        if torch.is_grad_enabled():
            return x + torch.sin(turned).square() / slope
        # The same in one buffer: at 44.1 kHz each is 160 MB, and a decode takes as long as its memory does.
        return turned.sin_().square_().div_(slope).add_(x)


class ResidualUnit(nn.Module):
    """Snake, dilated convolution of 7, Snake, convolution of 1, plus the input."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            Snake(channels),
            nn.Conv1d(channels, channels, 7, dilation=dilation, padding=3 * dilation),
            Snake(channels),
            nn.Conv1d(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, N) to (B, channels, N)."""
        return x + self.block(x)


class Stage(nn.Module):
    """Modules in a row under the official name `block`."""

    def __init__(self, *modules: nn.Module) -> None:
        super().__init__()
        self.block = nn.Sequential(*modules)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, N) to (B, C', N')."""
        return self.block(x)


class Decoder(nn.Module):
    """Modules in a row under the official name `model`."""

    def __init__(self, *modules: nn.Module) -> None:
        super().__init__()
        self.model = nn.Sequential(*modules)

    def forward(self, x: Tensor) -> Tensor:
        """(B, latent_dim, L) to (B, 1, N)."""
        return self.model(x)


class GaussianDAC(nn.Module):
    """Encoder and decoder between mono waveforms and latents."""

    latent_mean: Tensor
    latent_std: Tensor

    def __init__(self, config: GaussianDACConfig) -> None:
        super().__init__()
        self.config = config
        latent = config.latent_dim
        self.encoder = Stage(*_encoder(config))
        self.pre_conv = nn.Conv1d(2 * latent, 2 * latent, 1)
        self.post_conv = nn.Conv1d(latent, latent, 1)
        self.decoder = Decoder(*_decoder(config))
        self.register_buffer("latent_mean", torch.zeros(latent))
        self.register_buffer("latent_std", torch.ones(latent))

    def encode(self, audio: Tensor) -> Tensor:
        """Mono audio (B, 1, N) to the posterior's mean, normalised, (B, latent_dim, ceil(N / hop))."""
        mean = self.posterior(audio).mean
        return (mean - self.latent_mean[:, None]) / self.latent_std[:, None] * self.config.sigma_data

    def decode(self, latent: Tensor) -> Tensor:
        """Normalised latents (B, latent_dim, L) to audio (B, 1, L * hop)."""
        z = latent / self.config.sigma_data * self.latent_std[:, None] + self.latent_mean[:, None]
        return self.decode_raw(z)

    def posterior(self, audio: Tensor) -> Posterior:
        """What is known of the raw latents of mono audio (B, 1, N), silence appended to a whole frame."""
        audio = F.pad(audio, (0, -audio.shape[-1] % self.config.hop))
        return posterior_of(self.pre_conv(self.encoder(audio)))

    def decode_raw(self, z: Tensor) -> Tensor:
        """Raw latents (B, latent_dim, L) to audio (B, 1, L * hop), within -1 .. 1; exact for even rates."""
        return self.decoder(self.post_conv(z))


def fold_weight_norm(length: Tensor, direction: Tensor) -> Tensor:
    """A weight from its stored length and direction: g v / |v|, the norm over all dimensions but the first.

    Args:
        length: g (out, 1, 1), or (in, 1, 1) of a transposed convolution.
        direction: v of the weight's shape.
    """
    return torch._weight_norm(direction, length, 0)


def fold_all(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict with plain weights in place of every pair of weight_g and weight_v."""
    length, direction = STORED
    folded = {name: t for name, t in tensors.items() if not name.endswith(STORED)}
    for name, g in tensors.items():
        if name.endswith(length):
            stem = name.removesuffix(length)
            folded[f"{stem}weight"] = fold_weight_norm(g, tensors[stem + direction])
    return folded


def _encoder(config: GaussianDACConfig) -> list[nn.Module]:
    """Wave to latents: each stage divides the rate and doubles the channels."""
    channels = config.encoder_dim
    modules: list[nn.Module] = [nn.Conv1d(1, channels, 7, padding=3)]
    for rate in config.encoder_rates:
        down = nn.Conv1d(channels, 2 * channels, 2 * rate, stride=rate, padding=math.ceil(rate / 2))
        modules.append(Stage(*_units(channels), Snake(channels), down))
        channels *= 2
    return [*modules, Snake(channels), nn.Conv1d(channels, 2 * config.latent_dim, 3, padding=1)]


def _decoder(config: GaussianDACConfig) -> list[nn.Module]:
    """Latents to wave: each stage multiplies the rate and halves the channels."""
    channels = config.decoder_dim
    modules: list[nn.Module] = [nn.Conv1d(config.latent_dim, channels, 7, padding=3)]
    for rate in config.decoder_rates:
        half, padding = channels // 2, math.ceil(rate / 2)
        up = nn.ConvTranspose1d(channels, half, 2 * rate, stride=rate, padding=padding)
        modules.append(Stage(Snake(channels), up, *_units(half)))
        channels = half
    return [*modules, Snake(channels), nn.Conv1d(channels, 1, 7, padding=3), nn.Tanh()]


def _units(channels: int) -> list[nn.Module]:
    return [ResidualUnit(channels, dilation) for dilation in _DILATIONS]
