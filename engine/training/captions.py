"""Captions as the networks read them: encoded, padded to one length, a share of them forgotten.

A network that sometimes reads "" instead of the caption learns the unconditional sound too, without which
there is no guidance (classifier-free guidance, Ho and Salimans 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.networks.dit import Context, DiT
from engine.soundctm.denoiser import Network, estimate
from engine.text.minilm import MiniLMText
from engine.training.solver import Denoiser


@dataclass(frozen=True)
class Captions:
    """Encoded captions of a batch: tokens (B, N, D), mask (B, N) bool, true where a token is read."""

    tokens: Tensor
    mask: Tensor

    def __len__(self) -> int:
        return len(self.tokens)

    def rows(self, index: Tensor) -> Captions:
        """Those of the given places."""
        return Captions(self.tokens[index], self.mask[index])

    def without(self, forgotten: Tensor, empty: Captions) -> Captions:
        """`empty` (of one row) where `forgotten` (B,) bool says so."""
        return Captions(
            torch.where(forgotten[:, None, None], empty.tokens, self.tokens),
            torch.where(forgotten[:, None], empty.mask, self.mask),
        )

    def doubled(self, empty: Captions) -> Captions:
        """2B rows: these, then as many empty ones."""
        return Captions(
            torch.cat([self.tokens, empty.tokens.expand_as(self.tokens)]),
            torch.cat([self.mask, empty.mask.expand_as(self.mask)]),
        )


def encode(text: MiniLMText, prompts: Sequence[str]) -> Captions:
    """Prompts to a batch, each padded to the most tokens that the encoder reads."""
    tokens, mask = text.batch(prompts)
    return Captions(tokens, mask)


def context_of(network: DiT, captions: Captions) -> Context:
    """What the network's layers need of the captions."""
    return network.context(captions.tokens, captions.mask)


def student_reading(network: DiT, captions: Captions) -> Network:
    """F with captions bound to it, as a student: it is told s and omega."""
    context = context_of(network, captions)

    def f(x: Tensor, t: Tensor, s: Tensor, omega: Tensor) -> Tensor:
        out: Tensor = network(x, t, context, s, omega)
        return out

    return f


def teacher_reading(network: DiT, captions: Captions, sigma_data: float) -> Denoiser:
    """D = c_out F + c_skip x with captions bound to it, plain EDM: F is told neither s nor omega."""
    context = context_of(network, captions)

    def f(x: Tensor, t: Tensor, s: Tensor, omega: Tensor) -> Tensor:
        out: Tensor = network(x, t, context)
        return out

    return lambda x, t: estimate(f, x, t, t, t, sigma_data)
