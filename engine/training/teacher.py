"""Training of the teacher: a denoiser by the book (EDM; Karras et al. 2022), reading captions.

What is not by the book is where its noise lies: text is learned at high noise, so much of the training is
there (draws.NoiseLevels), and whether it is learned is measured all the while (hearing.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.optim import Optimizer

from engine.networks.dit import DiT, DiTConfig
from engine.soundctm.denoiser import per_sample
from engine.training import latents
from engine.training.average import average_of, rate_at
from engine.training.captions import Captions, teacher_reading
from engine.training.draws import Dice, NoiseLevels, teacher_levels
from engine.training.hardware import Hardware
from engine.training.hearing import figures, listen
from engine.training.losses import denoising_loss
from engine.training.optimisers import Rates, muon_and_adamw
from engine.training.pool import Pool
from engine.training.stage import StepLosses
from presets.errors import InvalidRequest


@dataclass(frozen=True)
class TeacherTraining:
    """How the teacher is trained.

    Attributes:
        frames: latent frames a step.
        noise: where the noise lies.
        forget: how often a caption is replaced by "".
        ema: rate of the moving average.
        rates: the learning rate.
    """

    frames: int = 65536
    noise: NoiseLevels = field(default_factory=NoiseLevels)
    forget: float = 0.1
    ema: float = 0.9995
    rates: Rates = field(default_factory=lambda: Rates(1e-3, 800, 0.45))


def new_network(config: DiTConfig, seed: int, device: torch.device) -> DiT:
    """A transformer with fresh weights; the same seed gives the same ones.

    Raises:
        InvalidRequest: its heads cannot read the text: the width would silently switch it off.
    """
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return DiT(config).to(device)
    except ValueError as error:
        raise InvalidRequest(
            f"A transformer of width {config.embed_dim} with {config.num_heads} heads cannot read texts of width "
            f"{config.context_dim} ({error}). Choose heads whose number is a multiple of the text's."
        ) from error


class TeacherStage:
    """The teacher while it is trained."""

    name = "teacher"
    clip = 1.0

    def __init__(
        self,
        network: DiT,
        training: TeacherTraining,
        pool: Pool,
        empty: Captions,
        sigma_data: float,
        hardware: Hardware,
    ) -> None:
        self.training, self.pool, self.empty = training, pool, empty
        self.sigma_data, self.hardware = sigma_data, hardware
        self.network = network
        self.average = average_of(network)
        self.rates = training.rates

    def average_rate(self, step: int) -> float:
        """Short runs forget their beginning."""
        return rate_at(step, self.training.ema)

    def optimisers(self) -> list[Optimizer]:
        """Muon and AdamW."""
        return muon_and_adamw(self.network, self.rates.rate, fused=self.hardware.fast)

    def compile(self) -> None:
        """Compile the layers of the network and of its average, where that pays."""
        for network in (self.network, self.average):
            self.hardware.compile(network)

    def losses(self, dice: Dice, step: int) -> StepLosses:
        """The denoising loss of a batch."""
        batch = latents.draw(self.pool, dice, step, self.training.frames)
        batch = latents.forgetting(batch, self.training.forget, self.empty, dice)
        sounds = batch.sounds
        sigma = teacher_levels(dice, len(sounds), self.training.noise)
        x = sounds + per_sample(sigma, sounds) * dice.normal(*sounds.shape)
        with self.hardware.autocast():
            denoised = teacher_reading(self.network, batch.captions, self.sigma_data)(x, sigma)
        loss = denoising_loss(denoised, sounds, sigma, self.sigma_data).mean()
        return StepLosses(loss, {"denoising": loss})

    def check(self, dice: Dice) -> dict[str, float]:
        """Errors of the average with right, shuffled and no captions."""
        batch = latents.draw(self.pool, dice, 0, min(self.training.frames, 8192))
        with self.hardware.autocast():
            denoise = denoiser_of(self.average, self.sigma_data)
            return figures(listen(denoise, batch.sounds, batch.captions, self.empty, dice))


def denoiser_of(network: DiT, sigma_data: float) -> Callable[[Tensor, Tensor, Captions], Tensor]:
    """The teacher D as a function of x (B, C, T), t (B,) and captions."""
    return lambda x, t, captions: teacher_reading(network, captions, sigma_data)(x, t)
