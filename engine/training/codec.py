"""Training of the tone-and-noise codec: an autoencoder that learns maps by plain regression.

No waveform loss and no discriminator: signal processing plays the maps, so the network only has to keep them.
An adversarial autoencoder lost all harmonics after twice the minutes. The losses follow
what is heard: log power counts by its audibility and up to five times where it is tonal, a compressed amplitude
keeps ridges above floors. The latents' mean and spread are measured at the end and lie in the codec's file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Optimizer

from engine.networks.starter_codec import StarterCodec, StarterCodecConfig
from engine.networks.tone_noise import POWER_BINS
from engine.training.average import average_of, rate_at
from engine.training.draws import Dice
from engine.training.hardware import Hardware
from engine.training.optimisers import Rates, adamw
from engine.training.pool import Pool
from engine.training.stage import StepLosses

_POWER = 2 * POWER_BINS  # features a frame that tell power; as many tell tonality
_TOGETHER = 128  # sounds whose statistics are taken at a time


@dataclass(frozen=True)
class CodecTraining:
    """How the codec is trained.

    Attributes:
        batch: sounds a step. crop: latent frames of each.
        at_start: how often the crop begins where the sound does: onsets are rare elsewhere.
        tonality, divergence: weights of the loss of tonality and of the latents' divergence from N(0, 1).
        rates: the learning rate.
    """

    batch: int = 256
    crop: int = 64
    at_start: float = 0.45
    tonality: float = 0.5
    divergence: float = 3e-4
    rates: Rates = field(default_factory=lambda: Rates(1.2e-3, 300, 0.4))


class MapLosses(NamedTuple):
    """Mean losses () of power, tonality and band energies."""

    power: Tensor
    tonality: Tensor
    bands: Tensor


def map_losses(wanted: Tensor, found: Tensor) -> MapLosses:
    """What a decoder's output lacks.

    Args:
        wanted: (B, FEATURES, L) features as `starter_codec.pack` gives them.
        found: (B, FEATURES, L) raw output of the decoder; tonality as logits.
    """
    width = wanted.shape[1] - 2 * _POWER
    power, tonality, bands = wanted.split([_POWER, _POWER, width], dim=1)
    got_power, got_tonality, got_bands = found.split([_POWER, _POWER, width], dim=1)
    share = (tonality + 1) / 2
    weight = _audible(power) * (1 + 4 * share)
    distance = (weight * (got_power - power).abs()).mean()
    amplitude = (_compressed(got_power.clamp(max=4)) - _compressed(power)).abs().mean()
    entropy = F.binary_cross_entropy_with_logits(got_tonality, share, reduction="none")
    return MapLosses(
        distance + 2.0 * amplitude,
        (weight * entropy).mean(),
        (_audible(bands) * (got_bands - bands).abs()).mean(),
    )


def _audible(level: Tensor) -> Tensor:
    """Weight of a feature: 0.05 at -95 dB, rising to 1.5 where it is loud."""
    return ((level + 1.2) / 2.2).clamp(0.05, 1.5)


def _compressed(power: Tensor) -> Tensor:
    """Amplitude to the power 0.3 of a log power feature (4 a unit): ridges count, floors do not."""
    return torch.exp(0.6 * (power - 1))


class CodecStage:
    """The codec while it is trained."""

    name = "codec"
    clip = 1.0

    def __init__(
        self, config: StarterCodecConfig, training: CodecTraining, pool: Pool, hardware: Hardware, seed: int
    ) -> None:
        self.training, self.pool, self.hardware = training, pool, hardware
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = StarterCodec(config).to(hardware.device)
        self.average = average_of(self.network)
        self.rates = training.rates

    def average_rate(self, step: int) -> float:
        """Short runs forget their beginning."""
        return rate_at(step, 0.9995)

    def optimisers(self) -> list[Optimizer]:
        """Fresh ones, for a start or a warm restart."""
        return adamw(self.network, self.rates.rate, fused=self.hardware.fast)

    def compile(self) -> None:
        """Compile the blocks, where that pays."""
        for stack in (self.network.encoder, self.network.decoder):
            self.hardware.compile_layers(stack.blocks)

    def losses(self, dice: Dice, step: int) -> StepLosses:
        """The losses of a batch of crops."""
        features = self._crops(dice, step)
        with self.hardware.autocast():
            mean, log_variance = self.network.encoder(features).chunk(2, dim=1)
            mean, log_variance = mean.float(), log_variance.float().clamp(-10, 4)
            noise = dice.normal(*mean.shape)
            found = self.network.decoder(mean + torch.exp(0.5 * log_variance) * noise)
        power, tonality, bands = map_losses(features, found.float())
        divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
        weights = self.training
        total = power + weights.tonality * tonality + bands + weights.divergence * divergence
        parts = {"power": power, "tonality": tonality, "bands": bands, "divergence": divergence}
        return StepLosses(total, parts)

    @torch.no_grad()
    def check(self, dice: Dice) -> dict[str, float]:
        """Nothing can be silently wrong here that the losses would not show."""
        return {}

    @torch.no_grad()
    def finish(self, dice: Dice, sounds: int) -> StarterCodec:
        """A copy of the averaged codec with the statistics of its latents, of that many sounds, in it."""
        codec, parts = average_of(self.average), []
        for step, start in enumerate(range(0, sounds, _TOGETHER)):
            features = self.pool.draw(dice, step, min(sounds - start, _TOGETHER))["features"].float()
            parts.append(codec.encoder(features).chunk(2, dim=1)[0])
        latents = torch.cat(parts)
        codec.latent_mean.copy_(latents.mean((0, 2)))
        codec.latent_std.copy_(latents.std((0, 2)).clamp_min(1e-3))
        return codec

    def _crops(self, dice: Dice, step: int) -> Tensor:
        """(batch, FEATURES, crop) of the pool's sounds."""
        rows = self.pool.draw(dice, step, self.training.batch)["features"]
        room = rows.shape[-1] - self.training.crop
        if room <= 0:
            return rows.float()
        start = dice.integers(room + 1, len(rows))
        start[dice.uniform(len(rows)) < self.training.at_start] = 0
        place = start[:, None] + torch.arange(self.training.crop, device=rows.device)
        return rows.gather(2, place[:, None, :].expand(-1, rows.shape[1], -1)).float()
