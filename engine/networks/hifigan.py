"""The vocoder of the 16 kHz models: HiFi-GAN (Kong et al. 2020) from mel frames to a waveform.

Under the official key names, weight norm already folded in the published file (SOUNDCTM section 4).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_SLOPE = 0.1
_LAST_SLOPE = 0.01


@dataclass(frozen=True)
class HiFiGANConfig:
    """The size of a vocoder; the names are the official ones, the defaults those of AudioLDM's."""

    num_mels: int = 64
    upsample_rates: tuple[int, ...] = (5, 4, 2, 2, 2)
    upsample_kernel_sizes: tuple[int, ...] = (16, 16, 8, 4, 4)
    upsample_initial_channel: int = 1024
    resblock_kernel_sizes: tuple[int, ...] = (3, 7, 11)
    resblock_dilation_sizes: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))


class ResBlock(nn.Module):
    """Pairs of a dilated and a plain convolution, each pair on a residual."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(_same(channels, kernel, dilation) for dilation in dilations)
        self.convs2 = nn.ModuleList(_same(channels, kernel, 1) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, N) to (B, channels, N)."""
        for dilated, plain in zip(self.convs1, self.convs2, strict=True):
            x = x + plain(F.leaky_relu(dilated(F.leaky_relu(x, _SLOPE)), _SLOPE))
        return x


class HiFiGAN(nn.Module):
    """Transposed convolutions, each followed by the mean of residual blocks of several kernels."""

    def __init__(self, config: HiFiGANConfig) -> None:
        super().__init__()
        self.config = config
        channels = config.upsample_initial_channel
        self.conv_pre = nn.Conv1d(config.num_mels, channels, 7, padding=3)
        self.ups, self.resblocks = nn.ModuleList(), nn.ModuleList()
        for rate, kernel in zip(config.upsample_rates, config.upsample_kernel_sizes, strict=True):
            up = nn.ConvTranspose1d(channels, channels // 2, kernel, stride=rate, padding=(kernel - rate) // 2)
            self.ups.append(up)
            channels //= 2
            shapes = zip(config.resblock_kernel_sizes, config.resblock_dilation_sizes, strict=True)
            self.resblocks.extend(ResBlock(channels, size, dilations) for size, dilations in shapes)
        self.conv_post = nn.Conv1d(channels, 1, 7, padding=3)

    def forward(self, mel: Tensor) -> Tensor:
        """Log mel (B, num_mels, L) to audio (B, 1, N) within -1 .. 1.

        The official rates give N = 160 L + 32: the first convolution makes 5 L + 1 frames.
        """
        x = self.conv_pre(mel)
        kinds = len(self.config.resblock_kernel_sizes)
        for i, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, _SLOPE))
            blocks = self.resblocks[i * kinds : (i + 1) * kinds]
            assert isinstance(blocks, nn.ModuleList)
            x = torch.stack([block(x) for block in blocks]).sum(dim=0) / kinds
        return torch.tanh(self.conv_post(F.leaky_relu(x, _LAST_SLOPE)))


def _same(channels: int, kernel: int, dilation: int) -> nn.Conv1d:
    """A convolution that keeps the length."""
    return nn.Conv1d(channels, channels, kernel, dilation=dilation, padding=dilation * (kernel - 1) // 2)
