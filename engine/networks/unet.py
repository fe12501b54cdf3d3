"""The CTM U-Net of the 16 kHz models: raw network F of teacher and student over images of sound.

Own code under the key names of diffusers' UNet2DConditionModel, which the published weights have; 16 kHz needs
a small part of that library (SOUNDCTM sections 2 and 4). Like the transformer (dit.py) it takes the text once
per prompt (`context`) and the levels once per jump (`forward`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.networks.dit import Context
from engine.networks.unet_blocks import Down, Given, Middle, TransformerBlock, Up, Width
from engine.soundctm.denoiser import omega_embedding


@dataclass(frozen=True)
class UNetConfig:
    """The size of a network; the names are diffusers', the defaults those of the official 16 kHz student.

    attention_heads: of each stage on the way down, called attention_head_dim there; 0 reads no text.
    middle_heads: of the middle. jumps: whether there is an embedding of the level to jump to (the student).
    """

    in_channels: int = 8
    out_channels: int = 8
    block_out_channels: tuple[int, ...] = (320, 640, 1280, 1280)
    attention_heads: tuple[int, ...] = (5, 10, 20, 0)
    middle_heads: int = 20
    layers_per_block: int = 2
    cross_attention_dim: int = 1024
    norm_num_groups: int = 32
    norm_eps: float = 1e-5
    jumps: bool = True

    @property
    def level_dim(self) -> int:
        """Width of the embedding of levels and guidance."""
        return 4 * self.block_out_channels[0]


class LevelEmbedding(nn.Module):
    """Two layers from sinusoids to the embedding, under the official names."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(inputs, width)
        self.linear_2 = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs) to (B, width)."""
        return self.linear_2(F.silu(self.linear_1(x)))


class UNet(nn.Module):
    """F: the raw network. `context` once per prompt, then `forward` once per jump."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.block_out_channels
        width = Width(config.level_dim, config.cross_attention_dim, config.norm_num_groups, config.norm_eps)
        self.conv_in = nn.Conv2d(config.in_channels, channels[0], 3, padding=1)
        self.time_embedding = LevelEmbedding(channels[0], width.level)
        if config.jumps:
            self.s_time_embedding = LevelEmbedding(channels[0], width.level)
        self.down_blocks = nn.ModuleList(_down(config, width))
        self.mid_block = Middle(channels[-1], config.middle_heads, width)
        self.up_blocks = nn.ModuleList(_up(config, width))
        self.conv_norm_out = nn.GroupNorm(config.norm_num_groups, channels[0], config.norm_eps)
        self.conv_out = nn.Conv2d(channels[0], config.out_channels, 3, padding=1)

    def context(self, tokens: Tensor, mask: Tensor) -> Context:
        """What the transformers need of a prompt, in the order in which they are called.

        Args:
            tokens: (B, N, cross_attention_dim).
            mask: (B, N) bool, true = read. A masked token is lowered by 10,000, as in the reference.
        """
        bias = ((1.0 - mask.to(tokens.dtype)) * -10000.0)[:, None, None, :]
        stages = (self.down_blocks, self.mid_block, self.up_blocks)
        blocks = (part for stage in stages for part in stage.modules() if isinstance(part, TransformerBlock))
        return tuple(block.attn2.context(tokens, bias) for block in blocks)

    def forward(
        self,
        x: Tensor,
        t: Tensor,
        context: Context,
        s: Tensor | None = None,
        omega: Tensor | None = None,
        breathe: Callable[[], None] = lambda: None,
    ) -> Tensor:
        """The raw network.

        Args:
            x: (B, in_channels, T, M); T latent frames, M latent mel bands; any sizes.
            t: (B,) level of x as ln(sigma)/4.
            context: from `context`, of the same batch.
            s: (B,) level to jump to as ln(sigma)/4; None for the teacher.
            omega: (B,) guidance scale; None for the teacher.
            breathe: called before each residual block; may do something more urgent, or raise.

        Returns:
            (B, out_channels, T, M).
        """
        y = self.features(x, t, context, s, omega, breathe)[-1]
        return self.conv_out(F.silu(self.conv_norm_out(y)))

    def features(
        self,
        x: Tensor,
        t: Tensor,
        context: Context,
        s: Tensor | None = None,
        omega: Tensor | None = None,
        breathe: Callable[[], None] = lambda: None,
    ) -> list[Tensor]:
        """Outputs of the stages: all on the way down, the middle, all on the way up; each (B, C, T', M')."""
        given = Given(self._level(t, s, omega), iter(context), breathe)
        y = self.conv_in(x)
        kept, maps = [y], []
        for down in self.down_blocks:
            y = down(y, given, kept)
            maps.append(y)
        y = self.mid_block(y, given)
        maps.append(y)
        for up in self.up_blocks:
            y = up(y, given, kept)
            maps.append(y)
        return maps

    def _level(self, t: Tensor, s: Tensor | None, omega: Tensor | None) -> Tensor:
        """Levels and guidance as one embedding, (B, level_dim)."""
        width = self.config.block_out_channels[0]
        level = self.time_embedding(sinusoids(t, width))
        if s is not None:
            level = level + self.s_time_embedding(sinusoids(s, width))
        if omega is not None:
            level = level + omega_embedding(omega, self.config.level_dim)
        return level


def sinusoids(level: Tensor, width: int) -> Tensor:
    """Cosines, then sines of a log level, (B,) to (B, width), without trained weights; the reference's order."""
    half = width // 2
    exponent = -math.log(10000) * torch.arange(half, dtype=torch.float32, device=level.device) / half
    angle = level[:, None].float() * exponent.exp()[None, :]
    return torch.cat([angle.cos(), angle.sin()], dim=-1)


def _down(config: UNetConfig, width: Width) -> list[Down]:
    channels, stages = config.block_out_channels, []
    for i, outputs in enumerate(channels):
        sizes = [(channels[max(i - 1, 0)], outputs), *[(outputs, outputs)] * (config.layers_per_block - 1)]
        stages.append(Down(sizes, config.attention_heads[i], width, last=i == len(channels) - 1))
    return stages


def _up(config: UNetConfig, width: Width) -> list[Up]:
    """Each residual block takes what the one before made and one kept image of the way down."""
    channels, stages = config.block_out_channels, []
    for i in reversed(range(len(channels))):
        outputs, before = channels[i], channels[min(i + 1, len(channels) - 1)]
        came = [before, *[outputs] * config.layers_per_block]
        kept = [*[outputs] * config.layers_per_block, channels[max(i - 1, 0)]]
        sizes = [(a + b, outputs) for a, b in zip(came, kept, strict=True)]
        stages.append(Up(sizes, config.attention_heads[i], width, last=i == 0))
    return stages
