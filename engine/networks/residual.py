"""The residual block of two 3x3 convolutions that images of sound are made with.

The 16 kHz U-Net (diffusers' names) and the AudioLDM autoencoder (latent diffusion's names) use the same block;
they differ in the shortcut's name and in whether a noise level shifts the middle.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class ResidualBlock(nn.Module):
    """Norm, SiLU, convolution, twice, plus the input, brought to the output's width where they differ."""

    def __init__(self, inputs: int, outputs: int, groups: int, eps: float, shortcut: str) -> None:
        """shortcut: the official name of the 1x1 convolution."""
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, inputs, eps)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = nn.GroupNorm(groups, outputs, eps)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self._shortcut = shortcut if inputs != outputs else ""
        if self._shortcut:
            self.add_module(shortcut, nn.Conv2d(inputs, outputs, 1))

    def forward(self, x: Tensor, shift: Tensor | None = None) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W). shift: (B, outputs), added between the convolutions."""
        y = self.conv1(F.silu(self.norm1(x)))
        if shift is not None:
            y = y + shift[:, :, None, None]
        y = self.conv2(F.silu(self.norm2(y)))
        return y + (self.get_submodule(self._shortcut)(x) if self._shortcut else x)
