"""An independent judge: hears which family a sound is of, and how well it fits a text.

A model cannot be the judge of its own sounds. This network shares nothing with the models but the frozen text
encoder's sentence vectors: a small convolutional network over log-mel levels, joined by the plain measures, is
trained on sounds that no model is trained on (judge_training.py), so that the text lies near the sounds that it
describes (CLAP; Elizalde et al. 2023) and the families lie apart.

Its embedding is the fixed one in which Fréchet and kernel distances are measured. Levels are relative to the
loudest cell, so loudness plays no part. Measured: of 128 held-out sounds it names 93 % as they are and 91 %
after the starter's codec, so a codec hardly limits what a model can be told to reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.errors import BadWeights
from engine.models.checkpoint import fill, unpack
from engine.plain import BANDS, Floats, Plain, in_pairs, levels, plain
from presets.sound import Sound

KIND = "judge"
WEIGHTS = Path(__file__).parent / "judge.safetensors"

_SHORTEST = 32  # frames of the network's input; shorter sounds are followed by silence
_BATCH = 32


@dataclass(frozen=True)
class JudgeConfig:
    """The size of a judge, and the families that it knows, in the order of its answers."""

    families: tuple[str, ...]
    widths: tuple[int, ...] = (32, 64, 128, 160)
    embedding: int = 128
    text: int = 384


class Features(NamedTuple):
    """What the judge hears of sounds of one length: levels (B, 64, T) at 43 Hz in dB, plain measures (B, 8)."""

    levels: Tensor
    plain: Tensor


class Heard(NamedTuple):
    """What the judge makes of N sounds.

    embeddings: (N, 128) unit vectors. scores: (N, families), higher is likelier. plain: N plain measures.
    """

    embeddings: Floats
    scores: Floats
    plain: tuple[Plain, ...]


class _Trunk(nn.Sequential):
    """Convolutions that halve both directions four times, (B, 2, 64, T) to (B, width, 4, T / 16)."""

    def __init__(self, widths: Sequence[int]) -> None:
        layers: list[nn.Module] = _convolution(2, widths[0], 5, 2)
        for before, after in pairwise(widths):
            layers += _convolution(before, after, 3, 2) + _convolution(after, after, 3, 1)
        super().__init__(*layers)


class JudgeNetwork(nn.Module):
    """Sounds and texts to one space, and sounds to families."""

    plain_mean: Tensor
    plain_std: Tensor

    def __init__(self, config: JudgeConfig) -> None:
        super().__init__()
        self.config = config
        measures = len(Plain._fields)
        rows = BANDS // 2 ** len(config.widths)
        self.trunk = _Trunk(config.widths)
        self.sound_head = nn.Linear(2 * rows * config.widths[-1] + measures, config.embedding)
        self.text_head = nn.Sequential(
            nn.Linear(config.text, 2 * config.embedding),
            nn.GELU(),
            nn.Linear(2 * config.embedding, config.embedding),
        )
        self.family = nn.Parameter(torch.randn(len(config.families), config.embedding))
        self.scales = nn.Parameter(torch.tensor([10.0, 10.0]).log())
        self.register_buffer("plain_mean", torch.zeros(measures))
        self.register_buffer("plain_std", torch.ones(measures))

    def forward(self, features: Features) -> Tensor:
        """Sounds to unit vectors (B, embedding)."""
        x = features.levels[:, None] / 20 + 2
        ramp = torch.linspace(-1, 1, BANDS, device=x.device)[None, None, :, None].expand_as(x)
        maps = self.trunk(torch.cat([x, ramp], dim=1)).flatten(1, 2)
        measures = (features.plain - self.plain_mean) / self.plain_std
        pooled = torch.cat([maps.mean(dim=2), maps.amax(dim=2), measures.clamp(-4, 4)], dim=1)
        return F.normalize(self.sound_head(pooled), dim=1)

    def read(self, vectors: Tensor) -> Tensor:
        """Sentence vectors (B, text) to unit vectors (B, embedding)."""
        return F.normalize(self.text_head(vectors), dim=1)

    def scores(self, embeddings: Tensor) -> Tensor:
        """Unit vectors (B, embedding) to logits of the families (B, families)."""
        return self.scales[0].exp() * embeddings @ F.normalize(self.family, dim=1).T


class Judge:
    """A trained judge, ready to hear."""

    def __init__(self, network: JudgeNetwork) -> None:
        self._network = network.eval()
        self.families = network.config.families

    @torch.no_grad()
    def hear(self, sounds: Iterable[Sound]) -> Heard:
        """What the judge makes of sounds of any length and rate, in their order."""
        embeddings, scores, measures = [], [], []
        for batch in _batches(sounds):
            lengths = sorted({one.levels.shape[-1] for one in batch})
            found = torch.empty(len(batch), self._network.config.embedding)
            for length in lengths:
                rows = [i for i, one in enumerate(batch) if one.levels.shape[-1] == length]
                found[rows] = self._network(joined([batch[i] for i in rows]))
            embeddings.append(found.numpy())
            scores.append(self._network.scores(found).numpy())
            measures += [Plain(*map(float, one.plain[0])) for one in batch]
        if not embeddings:
            nothing = np.zeros((0, self._network.config.embedding), np.float32)
            return Heard(nothing, np.zeros((0, len(self.families)), np.float32), ())
        return Heard(np.concatenate(embeddings), np.concatenate(scores), tuple(measures))

    @torch.no_grad()
    def read(self, vectors: Floats) -> Floats:
        """Sentence vectors (N, 384) to the sounds' space, (N, 128) unit vectors."""
        found: Floats = self._network.read(torch.from_numpy(np.asarray(vectors, np.float32))).numpy()
        return found


@cache
def load(path: Path = WEIGHTS) -> Judge:
    """The judge that ships with Onetake, or another one.

    Raises:
        BadWeights: the file is missing, altered, or holds something else.
    """
    tensors, header = unpack(path)
    if header.kind != KIND:
        raise BadWeights(
            f"{path.name} holds {header.kind!r} weights where the judge belongs. Install Onetake again."
        )
    try:
        lists = {name: tuple(header.config[name]) for name in ("families", "widths")}
        network = JudgeNetwork(JudgeConfig(**{**header.config, **lists}))
    except (TypeError, ValueError, KeyError) as error:
        raise BadWeights(f"{path.name} describes a judge that cannot be built: {error}.") from error
    fill(network, tensors, path)
    return Judge(network.requires_grad_(requires_grad=False))


def features(sound: Sound) -> Features:
    """What the judge hears of one sound, B = 1."""
    fine = levels(sound)
    pairs = in_pairs(fine)
    missing = max(0, _SHORTEST - pairs.shape[1])
    padded = np.pad(pairs, ((0, 0), (0, missing)), constant_values=-80.0)
    return Features(torch.from_numpy(padded)[None], torch.tensor([plain(fine)], dtype=torch.float32))


def joined(parts: Sequence[Features]) -> Features:
    """Features of several sounds of one length as a batch."""
    return Features(*(torch.cat(column) for column in zip(*parts, strict=True)))


def _batches(sounds: Iterable[Sound]) -> Iterable[list[Features]]:
    waiting: list[Features] = []
    for sound in sounds:
        waiting.append(features(sound))
        if len(waiting) == _BATCH:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(outputs), nn.ReLU()]
