"""A family of sounds: one voice whose parameters make endless members, and what they are called."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from engine.training.corpus.filters import filtered, high_pass, unit_peak
from engine.training.corpus.kit import Kit
from engine.training.corpus.params import Params

Kind = Literal["shot", "loop", "seq"]
"""A shot dies away, a loop fills the window, a seq is a row of events."""


class Made(NamedTuple):
    """Members of one family: (B, N) of peak 1, a caption each, and each one's facts."""

    audio: Tensor
    captions: list[str]
    facts: list[dict[str, float]]


@dataclass(frozen=True)
class Family:
    """A row of the registry.

    Attributes:
        name: as in captions and reports.
        voice: draws its parameters, says and tells them, then returns (B, N).
        kind: see Kind.
        group: the module it lives in.
        weight: how often it is drawn, relative to 1.
        category: what a sound library files it under (UCS, universalcategorysystem.com), in lower case.
    """

    name: str
    voice: Callable[[Params, Kit], Tensor]
    kind: Kind
    group: str
    weight: float
    category: str

    def make(self, count: int, samples: int, seed: int, device: torch.device) -> Made:
        """`count` members of `samples` samples; the same seed gives the same ones."""
        p = Params(count, samples / 44100, sub_seed(seed, self.name, "parameters"))
        k = Kit(count, samples, sub_seed(seed, self.name, "sound"), device)
        audio = torch.nan_to_num(self.voice(p, k))
        audio = unit_peak(filtered(audio, lambda f: high_pass(f, 18.0), 8192))
        facts = [{name: values[i] for name, values in p.facts.items()} for i in range(count)]
        return Made(audio, p.captions, facts)


def sub_seed(*parts: int | str) -> int:
    """A seed below 2**62 that depends on all parts and shares nothing with its neighbours."""
    text = "/".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") >> 2
