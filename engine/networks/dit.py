"""The CTM diffusion transformer: raw network F of teacher and student, official and starter alike.

One class under the official key names (soundctm_dit, after Stable Audio's DiT): width, depth, heads, text
width and patch size come from the weights' header. SOUNDCTM section 3:
sound (B, C, T) -> residual 1x1 convolution -> patches -> one prepended token that tells levels and guidance
-> layers of self-attention (rotary), cross-attention to the text and a gated feed-forward -> sound.

What depends on the text alone, keys and values of every layer, is made once per prompt (`context`) and not
in every step. A text of a single token needs no attention at all: its softmax is 1, so each layer adds one
constant vector.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.soundctm.denoiser import omega_embedding, sinusoidal_features

UNUSED_TEACHER_KEYS = frozenset({"to_global_embed.0.weight", "to_global_embed.2.weight"})
"""Weights that the official teacher carries and never uses."""

_FOURIER = 256


@dataclass(frozen=True)
class DiTConfig:
    """The size of a transformer; the names are the official configuration's."""

    io_channels: int = 64
    embed_dim: int = 384
    depth: int = 8
    num_heads: int = 6
    cond_token_dim: int = 384
    project_cond_tokens: bool = False
    patch_size: int = 1
    ff_mult: int = 4

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.embed_dim // self.num_heads

    @property
    def context_dim(self) -> int:
        """Width of the text inside the layers."""
        return self.embed_dim if self.project_cond_tokens else self.cond_token_dim


@dataclass(frozen=True)
class LayerContext:
    """What one layer's cross-attention needs of the text.

    Either `constant` (B, 1, embed_dim), or keys and values (B, heads, N, head_dim) and a mask (B, 1, 1, N).
    """

    constant: Tensor | None = None
    keys: Tensor | None = None
    values: Tensor | None = None
    mask: Tensor | None = None


Context = tuple[LayerContext, ...]


class LayerNorm(nn.Module):
    """Layer norm with trained gamma; beta is a zero buffer that the state dict holds."""

    beta: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim))
        self.register_buffer("beta", torch.zeros(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(..., dim) to (..., dim)."""
        return F.layer_norm(x, x.shape[-1:], self.gamma, self.beta, 1e-5)


class RotaryEmbedding(nn.Module):
    """Rotary position angles over the first max(head_dim / 2, 32) dimensions of a head."""

    inv_freq: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        exponent = torch.tensor([i / width for i in range(0, width, 2)], device="cpu")
        self.register_buffer("inv_freq", 1.0 / (10000**exponent))

    def forward(self, positions: int) -> tuple[Tensor, Tensor]:
        """Cosines and sines, each (positions, width), the angles written twice."""
        angle = torch.outer(torch.arange(positions, device=self.inv_freq.device).float(), self.inv_freq)
        angle = torch.cat([angle, angle], dim=-1)
        return angle.cos(), angle.sin()


def rotate(x: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    """Turn the first dimensions of x (B, heads, N, head_dim) by their positions, in pairs half a width apart."""
    cos, sin = rotary
    width = cos.shape[-1]
    turned, rest = x[..., :width], x[..., width:]
    first, second = turned.chunk(2, dim=-1)
    turned = turned * cos + torch.cat([-second, first], dim=-1) * sin
    return torch.cat([turned, rest], dim=-1)


class SelfAttention(nn.Module):
    """Unmasked attention among the positions of the sound."""

    def __init__(self, dim: int, head_dim: int) -> None:
        super().__init__()
        self.head_dim = head_dim
        self.to_qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.to_out = nn.Linear(dim, dim, bias=False)

    def forward(self, x: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        """(B, N, dim) to (B, N, dim)."""
        q, k, v = (split_heads(part, self.head_dim) for part in self.to_qkv(x).chunk(3, dim=-1))
        y = F.scaled_dot_product_attention(rotate(q, rotary), rotate(k, rotary), v)
        return self.to_out(merge_heads(y))


class CrossAttention(nn.Module):
    """Attention from the sound to the text; the text may have fewer heads, each used several times."""

    def __init__(self, dim: int, head_dim: int, context_dim: int) -> None:
        super().__init__()
        heads, context_heads = dim // head_dim, context_dim // head_dim
        if context_heads == 0 or heads % context_heads:
            # repeating zero times would switch the text off silently
            raise ValueError(f"{heads} heads are no multiple of the text's {context_heads}")
        self.head_dim, self.repeats = head_dim, heads // context_heads
        self.to_q = nn.Linear(dim, dim, bias=False)
        self.to_kv = nn.Linear(context_dim, 2 * context_dim, bias=False)
        self.to_out = nn.Linear(dim, dim, bias=False)

    def context(self, text: Tensor, mask: Tensor) -> LayerContext:
        """Everything here that does not depend on the sound. text (B, N, context_dim), mask (B, N) bool."""
        k, v = (
            split_heads(part, self.head_dim).repeat_interleave(self.repeats, dim=1)
            for part in self.to_kv(text).chunk(2, dim=-1)
        )
        if text.shape[1] == 1:
            return LayerContext(constant=self.to_out(merge_heads(v)))
        return LayerContext(keys=k, values=v, mask=mask[:, None, None, :])

    def forward(self, x: Tensor, context: LayerContext) -> Tensor:
        """(B, N, dim) to (B, N or 1, dim)."""
        if context.constant is not None:
            return context.constant
        q = split_heads(self.to_q(x), self.head_dim)
        assert context.keys is not None and context.values is not None
        y = F.scaled_dot_product_attention(q, context.keys, context.values, attn_mask=context.mask)
        return self.to_out(merge_heads(y))


class GatedLinear(nn.Module):
    """a * SiLU(gate), both from one projection."""

    def __init__(self, dim: int, inner: int) -> None:
        super().__init__()
        self.proj = nn.Linear(dim, 2 * inner)

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, dim) to (B, N, inner)."""
        a, gate = self.proj(x).chunk(2, dim=-1)
        return a * F.silu(gate)


class FeedForward(nn.Module):
    """Gated feed-forward; the two identities hold the places of the reference's dropouts in the key names."""

    def __init__(self, dim: int, mult: int) -> None:
        super().__init__()
        inner = dim * mult
        self.ff = nn.Sequential(GatedLinear(dim, inner), nn.Identity(), nn.Linear(inner, dim), nn.Identity())

    def forward(self, x: Tensor) -> Tensor:
        """(B, N, dim) to (B, N, dim)."""
        return self.ff(x)


class Layer(nn.Module):
    """One layer: self-attention, cross-attention, feed-forward, each on a normalised residual."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        dim, head = config.embed_dim, config.head_dim
        self.pre_norm = LayerNorm(dim)
        self.self_attn = SelfAttention(dim, head)
        self.cross_attend_norm = LayerNorm(dim)
        self.cross_attn = CrossAttention(dim, head, config.context_dim)
        self.ff_norm = LayerNorm(dim)
        self.ff = FeedForward(dim, config.ff_mult)

    def forward(self, x: Tensor, context: LayerContext, rotary: tuple[Tensor, Tensor]) -> Tensor:
        """(B, 1 + N, dim) to (B, 1 + N, dim)."""
        x = x + self.self_attn(self.pre_norm(x), rotary)
        x = x + self.cross_attn(self.cross_attend_norm(x), context)
        return x + self.ff(self.ff_norm(x))


class FourierFeatures(nn.Module):
    """Holds the trained frequencies that embed noise levels."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(features // 2, 1))
        nn.init.normal_(self.weight)

    def forward(self, level: Tensor) -> Tensor:
        """(B,) to (B, features)."""
        return sinusoidal_features(level, self.weight)


class Transformer(nn.Module):
    """The layers and their projections, under the official names."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        patch = config.io_channels * config.patch_size
        self.project_in = nn.Linear(patch, config.embed_dim, bias=False)
        self.project_out = nn.Linear(config.embed_dim, patch, bias=False)
        self.rotary_pos_emb = RotaryEmbedding(max(config.head_dim // 2, 32))
        self.layers = nn.ModuleList([Layer(config) for _ in range(config.depth)])


class DiT(nn.Module):
    """F: the raw network. `context` once per prompt, then `forward` once per jump."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        dim, text = config.embed_dim, config.context_dim
        self.timestep_features = FourierFeatures(_FOURIER)
        self.to_timestep_embed = nn.Sequential(nn.Linear(_FOURIER, dim), nn.SiLU(), nn.Linear(dim, dim))
        self.to_cond_embed = nn.Sequential(
            nn.Linear(config.cond_token_dim, text, bias=False), nn.SiLU(), nn.Linear(text, text, bias=False)
        )
        self.transformer = Transformer(config)
        self.preprocess_conv = nn.Conv1d(config.io_channels, config.io_channels, 1, bias=False)
        self.postprocess_conv = nn.Conv1d(config.io_channels, config.io_channels, 1, bias=False)
        self._zero_residuals()

    def _zero_residuals(self) -> None:
        """Every residual branch starts as nothing, as the reference initialises it."""
        for layer in self.transformer.layers:
            assert isinstance(layer, Layer)
            last = layer.ff.ff[2]
            assert isinstance(last, nn.Linear)
            for linear in (layer.self_attn.to_out, layer.cross_attn.to_out, last):
                nn.init.zeros_(linear.weight)
            nn.init.zeros_(last.bias)
        nn.init.zeros_(self.preprocess_conv.weight)
        nn.init.zeros_(self.postprocess_conv.weight)

    def context(self, tokens: Tensor, mask: Tensor) -> Context:
        """What the layers need of a prompt. tokens (B, N, cond_token_dim), mask (B, N) bool, true = read."""
        text = self.to_cond_embed(tokens)
        return tuple(layer.cross_attn.context(text, mask) for layer in self._layers())

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
            x: (B, io_channels, T); T a multiple of the patch size.
            t: (B,) level of x as ln(sigma)/4.
            context: from `context`, of the same batch.
            s: (B,) level to jump to as ln(sigma)/4; None for the teacher.
            omega: (B,) guidance scale; None for the teacher.
            breathe: called before each layer; may do something more urgent, or raise.

        Returns:
            (B, io_channels, T).
        """
        h, rotary = self._embed(x, t, s, omega)
        for layer, text in zip(self._layers(), context, strict=True):
            breathe()
            h = layer(h, text, rotary)
        y = self.transformer.project_out(h[:, 1:])
        y = y.reshape(x.shape[0], x.shape[2], x.shape[1]).transpose(1, 2)
        return y + self.postprocess_conv(y)

    def features(
        self,
        x: Tensor,
        t: Tensor,
        context: Context,
        s: Tensor | None = None,
        omega: Tensor | None = None,
        official_quirks: bool = False,
    ) -> list[Tensor]:
        """Each layer's output (B, 1 + T/patch, embed_dim), the prepended token included.

        With `official_quirks` every layer is applied to the first layer's input, as the reference's loop does
        (SOUNDCTM section 10, 1); else to the output of the layer before.
        """
        h, rotary = self._embed(x, t, s, omega)
        maps: list[Tensor] = []
        for layer, text in zip(self._layers(), context, strict=True):
            maps.append(layer(h if official_quirks or not maps else maps[-1], text, rotary))
        return maps

    def _embed(
        self, x: Tensor, t: Tensor, s: Tensor | None, omega: Tensor | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The layers' input (B, 1 + T/patch, embed_dim) and the rotary angles of its positions."""
        token = self.to_timestep_embed(self.timestep_features(t))
        if s is not None:
            token = token + self.to_timestep_embed(self.timestep_features(s))
        if omega is not None:
            token = token + omega_embedding(omega, self.config.embed_dim)
        y = (x + self.preprocess_conv(x)).transpose(1, 2)
        patch = self.config.patch_size
        y = y.reshape(y.shape[0], y.shape[1] // patch, y.shape[2] * patch)
        h = torch.cat([token[:, None, :], self.transformer.project_in(y)], dim=1)
        return h, self.transformer.rotary_pos_emb(h.shape[1])

    def _layers(self) -> list[Layer]:
        return [layer for layer in self.transformer.layers if isinstance(layer, Layer)]


def split_heads(x: Tensor, head_dim: int) -> Tensor:
    """(B, N, heads * head_dim) to (B, heads, N, head_dim)."""
    return x.unflatten(-1, (-1, head_dim)).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """(B, heads, N, head_dim) to (B, N, heads * head_dim)."""
    return x.transpose(1, 2).flatten(2)
