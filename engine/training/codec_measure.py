"""The codec's measure: how far held-out corpus sounds move, beside what their maps alone lose.

Smoothed log-spectral distance over active frames of 24 clips of 3 s (engine/evaluation/codec_fidelity.py). The
shipped codec of six GPU minutes has a mean of 4.2 dB over 3.1 of its untouched maps; 3.0 is the goal.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean, median

import torch
from torch import Tensor

from engine import seeds
from engine.evaluation.codec_fidelity import spectral_distance
from engine.networks.starter_codec import StarterCodec
from engine.networks.tone_noise import HOP, RATE, Maps, analyse, noise_samples, synthesise
from engine.training.corpus.chunks import chunk
from engine.training.samples import HELD_OUT
from presets.sound import Sound

CLIPS, FRAMES = 24, 128


@dataclass(frozen=True)
class CodecMeasure:
    """Distances in dB of each clip through the codec, and through its maps alone; and the clips' families."""

    coded: tuple[float, ...]
    mapped: tuple[float, ...]
    families: tuple[str, ...]

    def figures(self) -> dict[str, float]:
        """For the journal."""
        return {"distance dB, codec": mean(self.coded), "distance dB, maps alone": mean(self.mapped)}

    def sentence(self) -> str:
        """For people."""
        worst = max(range(len(self.coded)), key=self.coded.__getitem__)
        return (
            f"The codec moves sounds by {mean(self.coded):.2f} dB on average, median {median(self.coded):.2f} "
            f"(its maps alone {mean(self.mapped):.2f}); worst {self.families[worst]}, {self.coded[worst]:.1f} dB."
        )


@torch.no_grad()
def measure(codec: StarterCodec, clips: int = CLIPS, frames: int = FRAMES) -> CodecMeasure:
    """Measure a codec on its device."""
    device = next(codec.parameters()).device
    sounds = chunk(HELD_OUT, 1, clips, frames * HOP / RATE, "cpu", compose=0.0)
    coded, mapped = [], []
    for row in sounds.audio:
        maps = analyse(row[None].to(device))
        original = Sound(row[None].numpy(), RATE)
        mapped.append(spectral_distance(original, _played(maps)))
        coded.append(spectral_distance(original, _played(codec.decode(codec.encode(maps)))))
    return CodecMeasure(tuple(coded), tuple(mapped), sounds.families)


def _played(maps: Maps) -> Sound:
    frames = maps.log_power.shape[-1] // 2
    noise: Tensor = torch.from_numpy(seeds.white(0, 0, noise_samples(frames))).to(maps.log_power.device)
    return Sound(synthesise(maps, noise)[None].cpu().numpy(), RATE)
