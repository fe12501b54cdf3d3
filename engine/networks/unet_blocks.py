"""The blocks of the 16 kHz U-Net: residual convolutions, transformers that read the text, changes of size.

diffusers' UNet2DConditionModel under its key names, the parts that SoundCTM's 16 kHz network uses (SOUNDCTM
section 4). Images are (B, C, H, W): H is time, W is frequency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.networks.dit import LayerContext, merge_heads, split_heads
from engine.networks.residual import ResidualBlock


@dataclass(frozen=True)
class Width:
    """What all blocks of a network share."""

    level: int
    text: int
    groups: int
    eps: float


@dataclass(frozen=True)
class Given:
    """What every block is told beside the image.

    level: (B, D) embedding of noise levels and guidance. texts: one context for each transformer, in order.
    breathe: called before each residual block; may do something more urgent, or raise.
    """

    level: Tensor
    texts: Iterator[LayerContext]
    breathe: Callable[[], None]


class Resnet(ResidualBlock):
    """A residual block that the noise level shifts."""

    def __init__(self, inputs: int, outputs: int, width: Width) -> None:
        super().__init__(inputs, outputs, width.groups, width.eps, "conv_shortcut")
        self.time_emb_proj = nn.Linear(width.level, outputs)

    def at(self, x: Tensor, given: Given) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W)."""
        given.breathe()
        return self(x, self.time_emb_proj(F.silu(given.level)))


class Attention(nn.Module):
    """Attention of the image's positions to themselves or to the text."""

    def __init__(self, dim: int, heads: int, context_dim: int) -> None:
        super().__init__()
        self.head_dim = dim // heads
        self.to_q = nn.Linear(dim, dim, bias=False)
        self.to_k = nn.Linear(context_dim, dim, bias=False)
        self.to_v = nn.Linear(context_dim, dim, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(dim, dim)])

    def to_itself(self, x: Tensor) -> Tensor:
        """(B, N, dim) to (B, N, dim)."""
        return self.to_text(x, LayerContext(keys=self._split(self.to_k(x)), values=self._split(self.to_v(x))))

    def context(self, text: Tensor, bias: Tensor) -> LayerContext:
        """Everything here that the image does not change. text (B, M, context_dim), bias (B, 1, 1, M).

        A text of one token needs no attention: its softmax is 1.
        """
        if text.shape[1] == 1:
            return LayerContext(constant=self.to_out[0](self.to_v(text)))
        return LayerContext(keys=self._split(self.to_k(text)), values=self._split(self.to_v(text)), mask=bias)

    def to_text(self, x: Tensor, context: LayerContext) -> Tensor:
        """(B, N, dim) to (B, N or 1, dim)."""
        if context.constant is not None:
            return context.constant
        assert context.keys is not None and context.values is not None
        q = self._split(self.to_q(x))
        y = F.scaled_dot_product_attention(q, context.keys, context.values, attn_mask=context.mask)
        return self.to_out[0](merge_heads(y))

    def _split(self, x: Tensor) -> Tensor:
        return split_heads(x, self.head_dim)


class GEGLU(nn.Module):
    """a * GELU(gate), both from one projection."""

    def __init__(self, dim: int, inner: int) -> None:
        super().__init__()
        self.proj = nn.Linear(dim, 2 * inner)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, dim) to (B, N, inner)."""
        a, gate = self.proj(x).chunk(2, dim=-1)
        return a * F.gelu(gate)


class FeedForward(nn.Module):
    """Gated feed-forward; the identity holds the place of the reference's dropout in the key names."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(GEGLU(dim, 4 * dim), nn.Identity(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, dim) to (B, N, dim)."""
        return self.net(x)


class TransformerBlock(nn.Module):
    """Attention to the image, to the text, feed-forward, each on a normalised residual."""

    def __init__(self, dim: int, heads: int, text: int) -> None:
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(dim) for _ in range(3))
        self.attn1 = Attention(dim, heads, dim)
        self.attn2 = Attention(dim, heads, text)
        self.ff = FeedForward(dim)

    def forward(self, x: Tensor, text: LayerContext) -> Tensor:
        """(B, N, dim) to (B, N, dim)."""
        x = x + self.attn1.to_itself(self.norm1(x))
        x = x + self.attn2.to_text(self.norm2(x), text)
        return x + self.ff(self.norm3(x))


class Transformer2d(nn.Module):
    """A transformer block over the positions of an image; its norm has an eps of its own, 1e-6."""

    def __init__(self, dim: int, heads: int, width: Width) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(width.groups, dim, eps=1e-6)
        self.proj_in = nn.Linear(dim, dim)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(dim, heads, width.text)])
        self.proj_out = nn.Linear(dim, dim)

    def forward(self, x: Tensor, text: LayerContext) -> Tensor:
        """(B, dim, H, W) to (B, dim, H, W)."""
        y = self.proj_in(self.norm(x).flatten(2).transpose(1, 2))
        y = self.proj_out(self.transformer_blocks[0](y, text))
        return x + y.transpose(1, 2).reshape(x.shape)


class Resize(nn.Module):
    """A 3x3 convolution under the official name `conv`: with stride 2, or after growing to a given size."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=stride, padding=1)

    def forward(self, x: Tensor, size: torch.Size | None = None) -> Tensor:
        """(B, C, H, W) to (B, C, *size), or to half of H and W, rounded up."""
        return self.conv(x if size is None else F.interpolate(x, size=tuple(size), mode="nearest"))


class Stage(nn.Module):
    """Residual blocks, each with its transformer where the stage has heads."""

    def __init__(self, sizes: list[tuple[int, int]], heads: int, width: Width) -> None:
        """sizes: input and output channels of each residual block. heads: 0 is a stage that reads no text."""
        super().__init__()
        self.resnets = nn.ModuleList([Resnet(inputs, outputs, width) for inputs, outputs in sizes])
        if heads:
            self.attentions = nn.ModuleList([Transformer2d(outputs, heads, width) for _, outputs in sizes])
        self.reads = bool(heads)

    def step(self, index: int, x: Tensor, given: Given) -> Tensor:
        """One residual block and its transformer."""
        resnet = self.resnets[index]
        assert isinstance(resnet, Resnet)
        x = resnet.at(x, given)
        return self.attentions[index](x, next(given.texts)) if self.reads else x


class Down(Stage):
    """On the way down: keeps what the way up will need."""

    def __init__(self, sizes: list[tuple[int, int]], heads: int, width: Width, last: bool) -> None:
        super().__init__(sizes, heads, width)
        if not last:
            self.downsamplers = nn.ModuleList([Resize(sizes[-1][1], stride=2)])
        self.last = last

    def forward(self, x: Tensor, given: Given, kept: list[Tensor]) -> Tensor:
        """(B, C, H, W) to (B, C', H / 2, W / 2), rounded up; what every step made is appended to `kept`."""
        for index in range(len(self.resnets)):
            x = self.step(index, x, given)
            kept.append(x)
        if not self.last:
            x = self.downsamplers[0](x)
            kept.append(x)
        return x


class Middle(nn.Module):
    """Residual block, transformer, residual block."""

    def __init__(self, channels: int, heads: int, width: Width) -> None:
        super().__init__()
        self.attentions = nn.ModuleList([Transformer2d(channels, heads, width)])
        self.resnets = nn.ModuleList([Resnet(channels, channels, width) for _ in range(2)])

    def forward(self, x: Tensor, given: Given) -> Tensor:
        """(B, C, H, W) to (B, C, H, W)."""
        first, second = self.resnets
        assert isinstance(first, Resnet) and isinstance(second, Resnet)
        return second.at(self.attentions[0](first.at(x, given), next(given.texts)), given)


class Up(Stage):
    """On the way up: takes what the way down kept, last first."""

    def __init__(self, sizes: list[tuple[int, int]], heads: int, width: Width, last: bool) -> None:
        super().__init__(sizes, heads, width)
        if not last:
            self.upsamplers = nn.ModuleList([Resize(sizes[-1][1], stride=1)])
        self.last = last

    def forward(self, x: Tensor, given: Given, kept: list[Tensor]) -> Tensor:
        """(B, C, H, W) to (B, C', *size of what is to come next); its share of `kept` is taken away."""
        for index in range(len(self.resnets)):
            x = self.step(index, torch.cat([x, kept.pop()], dim=1), given)
        return x if self.last else self.upsamplers[0](x, kept[-1].shape[2:])
