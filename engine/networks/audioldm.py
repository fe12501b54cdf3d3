"""The codec of the official 16 kHz models: AudioLDM's autoencoder of mel images, and its vocoder.

Latent diffusion's autoencoder (Rombach et al. 2022) under the key names of audioldm-s-full.ckpt, SOUNDCTM
section 4. Images are (B, C, T, M): T mel frames of 10 ms, M mel bands. A latent is the raw one times
`scale_factor`, a number that the published file holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.networks.hifigan import HiFiGAN, HiFiGANConfig
from engine.networks.posterior import Posterior, posterior_of
from engine.networks.residual import ResidualBlock

_EPS = 1e-6
_GROUPS = 32


@dataclass(frozen=True)
class AudioLDMConfig:
    """The size of the codec; the names are the official ones, the defaults those of audioldm-s-full."""

    ch: int = 128
    ch_mult: tuple[int, ...] = (1, 2, 4)
    num_res_blocks: int = 2
    in_channels: int = 1
    out_ch: int = 1
    z_channels: int = 8
    embed_dim: int = 8
    vocoder: HiFiGANConfig = field(default_factory=HiFiGANConfig)


class Attention(nn.Module):
    """One head of attention among all positions of an image, by 1x1 convolutions."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = _norm(channels)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T, M) to (B, C, T, M)."""
        y = self.norm(x)
        q, k, v = (part(y).flatten(2).transpose(1, 2)[:, None] for part in (self.q, self.k, self.v))
        found = F.scaled_dot_product_attention(q, k, v)  # scaled by C^-0.5
        return x + self.proj_out(found[:, 0].transpose(1, 2).reshape(x.shape))


class Downsample(nn.Module):
    """Half the size: padded by one at the right and the bottom only."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T, M) to (B, C, T / 2, M / 2)."""
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    """Twice the size, each pixel repeated, then a convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T, M) to (B, C, 2 T, 2 M)."""
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Middle(nn.Module):
    """Residual block, attention, residual block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block_1 = _block(channels, channels)
        self.attn_1 = Attention(channels)
        self.block_2 = _block(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T, M) to (B, C, T, M)."""
        return self.block_2(self.attn_1(self.block_1(x)))


class Level(nn.Module):
    """Residual blocks of one size, then a change of size under its official name."""

    def __init__(self, inputs: int, outputs: int, blocks: int) -> None:
        super().__init__()
        self.block = nn.Sequential(_block(inputs, outputs), *[_block(outputs, outputs) for _ in range(blocks - 1)])

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, T, M) to (B, outputs, T', M')."""
        x = self.block(x)
        for name in ("downsample", "upsample"):
            if hasattr(self, name):
                x = self.get_submodule(name)(x)
        return x


class Encoder(nn.Module):
    """Mel images to twice the latents' channels: mean and log variance."""

    def __init__(self, config: AudioLDMConfig) -> None:
        super().__init__()
        channels = config.ch
        self.conv_in = nn.Conv2d(config.in_channels, channels, 3, padding=1)
        self.down = nn.ModuleList()
        for i, factor in enumerate(config.ch_mult):
            level = Level(channels, config.ch * factor, config.num_res_blocks)
            channels = config.ch * factor
            if i < len(config.ch_mult) - 1:
                level.downsample = Downsample(channels)
            self.down.append(level)
        self.mid = Middle(channels)
        self.norm_out = _norm(channels)
        self.conv_out = nn.Conv2d(channels, 2 * config.z_channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, T, M) to (B, 2 z_channels, T / 4, M / 4)."""
        x = self.conv_in(x)
        for level in self.down:
            x = level(x)
        return self.conv_out(F.silu(self.norm_out(self.mid(x))))


class Decoder(nn.Module):
    """Latents to mel images; the levels are stored from the largest image to the smallest."""

    def __init__(self, config: AudioLDMConfig) -> None:
        super().__init__()
        channels = config.ch * config.ch_mult[-1]
        self.conv_in = nn.Conv2d(config.z_channels, channels, 3, padding=1)
        self.mid = Middle(channels)
        levels: list[Level] = []
        for i, factor in reversed(list(enumerate(config.ch_mult))):
            level = Level(channels, config.ch * factor, config.num_res_blocks + 1)
            channels = config.ch * factor
            if i > 0:
                level.upsample = Upsample(channels)
            levels.insert(0, level)
        self.up = nn.ModuleList(levels)
        self.norm_out = _norm(channels)
        self.conv_out = nn.Conv2d(channels, config.out_ch, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        """(B, z_channels, T / 4, M / 4) to (B, out_ch, T, M)."""
        x = self.mid(self.conv_in(z))
        for level in reversed(self.up):
            x = level(x)
        return self.conv_out(F.silu(self.norm_out(x)))


class AudioLDM(nn.Module):
    """Latents to mel images to audio, and mel images to latents."""

    scale_factor: Tensor

    def __init__(self, config: AudioLDMConfig) -> None:
        super().__init__()
        self.config = config
        z, embed = config.z_channels, config.embed_dim
        self.encoder, self.decoder = Encoder(config), Decoder(config)
        self.quant_conv = nn.Conv2d(2 * z, 2 * embed, 1)
        self.post_quant_conv = nn.Conv2d(embed, z, 1)
        self.vocoder = HiFiGAN(config.vocoder)
        self.register_buffer("scale_factor", torch.ones(()))

    def decode(self, latent: Tensor) -> Tensor:
        """Latents (B, embed_dim, L, M / 4) to audio (B, 1, 640 L + 32), within -1 .. 1."""
        return self.vocode(self.mel(latent))

    def mel(self, latent: Tensor) -> Tensor:
        """Latents (B, embed_dim, T / 4, M / 4) to log mel images (B, 1, T, M)."""
        return self.decoder(self.post_quant_conv(latent / self.scale_factor))

    def vocode(self, mel: Tensor) -> Tensor:
        """Log mel images (B, 1, T, M) to audio (B, 1, 160 T + 32)."""
        return self.vocoder(mel[:, 0].transpose(1, 2))

    def encode(self, mel: Tensor) -> Tensor:
        """Log mel images (B, 1, T, M) to the posterior's mean as a latent, (B, embed_dim, T / 4, M / 4)."""
        return self.posterior(mel).mean * self.scale_factor

    def posterior(self, mel: Tensor) -> Posterior:
        """What is known of the raw latents (B, embed_dim, T / 4, M / 4) of log mel images (B, 1, T, M)."""
        return posterior_of(self.quant_conv(self.encoder(mel)))


def _block(inputs: int, outputs: int) -> ResidualBlock:
    return ResidualBlock(inputs, outputs, _GROUPS, _EPS, "nin_shortcut")


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(_GROUPS, channels, _EPS)
