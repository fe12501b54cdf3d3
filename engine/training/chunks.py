"""Chunks of the corpus as a stage of training needs them: maps for the codec, latents and texts for the rest.

A factory is a small frozen value that travels to a worker process and loads networks there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from engine.models.load import read_codec, read_text
from engine.networks.starter_codec import pack
from engine.networks.tone_noise import HOP, RATE, Maps, analyse
from engine.training.captions import encode
from engine.training.corpus.chunks import Clips, chunk
from engine.training.feed import Chunk, Maker

_TOGETHER = 64  # clips that are analysed at a time: 6 s of them take 0.5 GB


@dataclass(frozen=True)
class ChunkPlan:
    """Which chunk of the corpus comes when.

    Attributes:
        seed: of the corpus; held-out sounds are other seeds.
        lengths: in latent frames, taking turns.
        frames: latent frames of a chunk, so that a chunk of short sounds holds more of them.
        device: where sounds are made.
        rank, world: this training process of how many; each reads chunks of its own.
    """

    seed: int
    lengths: tuple[int, ...]
    frames: int
    device: str = "cpu"
    rank: int = 0
    world: int = 1

    def clips(self, i: int) -> Clips:
        """The sounds of this process's chunk i, each a whole number of latent frames long."""
        length = self.lengths[i % len(self.lengths)]
        count = max(1, self.frames // length)
        return chunk(self.seed, i * self.world + self.rank, count, length * HOP / RATE, self.device)


@dataclass(frozen=True)
class MapsFactory:
    """Makes chunks of the codec's features: {"features": (B, FEATURES, L) float16}."""

    plan: ChunkPlan

    def __call__(self) -> Maker:
        """The maker; holds nothing."""
        return self._make

    @torch.no_grad()
    def _make(self, i: int) -> Chunk:
        return {"features": _mapped(self.plan.clips(i).audio, pack)}


@dataclass(frozen=True)
class LatentsFactory:
    """Makes chunks of latents and encoded captions.

    {"latents": (B, C, L) float16, "tokens": (B, N, D) float16, "mask": (B, N) bool}.
    """

    plan: ChunkPlan
    codec: Path
    text: Path
    tokenizer: Path

    def __call__(self) -> Maker:
        """The maker; holds the codec and the text encoder.

        Raises:
            BadWeights: one of them cannot be read.
        """
        device = torch.device(self.plan.device)
        codec = read_codec(self.codec, device)
        text = read_text(self.text, self.tokenizer, device)

        @torch.no_grad()
        def make(i: int) -> Chunk:
            clips = self.plan.clips(i)
            captions = encode(text, clips.captions)
            latents = _mapped(clips.audio, codec.encode)
            return {"latents": latents, "tokens": captions.tokens.half().cpu(), "mask": captions.mask.cpu()}

        return make


def _mapped(audio: Tensor, what: Callable[[Maps], Tensor]) -> Tensor:
    """What becomes of the maps of sounds (B, N), as float16 on the CPU."""
    return torch.cat([what(analyse(part)).half().cpu() for part in audio.split(_TOGETHER)])
