"""SoundCTM distillation: from a teacher that needs 40 steps to a student that jumps.

Saito et al., ICLR 2025, eq. 8 to 11 and algorithm 1. The student jumps from a noisy sound at t to s. The target
network, a moving average of the student, jumps to s too, but from u, a few levels further down, where the
teacher's guided solver has led the same noisy sound. Both arrivals are compared; beside it the student's
estimate is trained to denoise. In the end one jump does what the solver did in all its steps.

`OFFICIAL` is the 44.1 kHz reference to the letter, its quirks included (checked against its own numbers,
gradients and optimiser step). `DistillConfig()` is what suits a small model and minutes:
fewer levels, mostly short solver runs, a plain distance beside the features so that levels stay true.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from engine.networks.dit import DiT
from engine.soundctm.denoiser import edm_scalings, estimate, jump, log_level, per_sample
from engine.soundctm.schedule import SIGMA_MIN, levels
from engine.training import draws
from engine.training.captions import Captions, context_of, student_reading, teacher_reading
from engine.training.draws import Dice, HeunSteps, Levels
from engine.training.losses import (
    Distance,
    adaptive_balance,
    denoising_loss,
    feature_distance,
    plain_distance,
    weighted_distance,
)
from engine.training.solver import guided, heun

MatchPoint = Literal["zs", "z0"]


@dataclass(frozen=True)
class DistillConfig:
    """How distillation is done.

    Attributes:
        grid: how many noise levels there are between 80 and 0.002.
        heun_steps: how many solver steps a batch takes (draws.heun_steps).
        to_end_share: how often s is the last level besides by chance.
        omega: the guidance scales that the student learns, lowest and highest.
        distance: how the arrivals are compared.
        match_point: at s ("zs"), or both pushed on to 0.002 by the target network first ("z0").
        plain_weight: of `weighted_distance`, added to the distance above.
        denoising_weight: of the denoising loss, after its adaptive balance.
        forget: how often a caption is replaced by "".
        ema: rate of the target network. ema_grows: whether it starts lower (average.rate_at).
        rate, clip: learning rate of RAdam and norm that gradients are cut to.
        official_quirks: feature maps as the reference's loop computes and normalises them.
    """

    grid: int = 18
    heun_steps: HeunSteps = "mostly_short"
    to_end_share: float = 0.1
    omega: tuple[float, float] = (1.0, 7.0)
    distance: Distance = "feature_space"
    match_point: MatchPoint = "zs"
    plain_weight: float = 4.0
    denoising_weight: float = 0.3
    forget: float = 0.1
    ema: float = 0.999
    ema_grows: bool = True
    rate: float = 2e-4
    clip: float = 1.0
    official_quirks: bool = False


OFFICIAL = DistillConfig(
    grid=40,
    heun_steps="weighted",
    to_end_share=0.0,
    omega=(1.0, 10.0),
    plain_weight=0.0,
    denoising_weight=0.2,
    ema_grows=False,
    rate=8e-5,
    clip=1000.0,
    official_quirks=True,
)
"""The 44.1 kHz reference's own settings."""


@dataclass(frozen=True)
class Draw:
    """All that chance decides in one batch of B sounds; noises are of the sounds' shape (B, C, T)."""

    steps: int
    levels: Levels
    omega: Tensor
    noise: Tensor
    denoising_sigma: Tensor
    denoising_noise: Tensor


@dataclass(frozen=True)
class Losses:
    """What one batch gives: () `total` to go down, and its parts, per sample (B,) before any balance."""

    total: Tensor
    consistency: Tensor
    denoising: Tensor
    balance: Tensor
    arrivals: tuple[Tensor, Tensor] = field(repr=False)


@dataclass(frozen=True)
class Distillation:
    """The three networks of distillation; the student alone gets gradients."""

    teacher: DiT
    student: DiT
    target: DiT
    empty: Captions
    sigma_data: float
    config: DistillConfig

    def draw(self, dice: Dice, shape: tuple[int, int, int], steps: int) -> Draw:
        """What chance decides for sounds of that shape (B, C, T), with that many solver steps."""
        config, batch = self.config, shape[0]
        return Draw(
            steps=steps,
            levels=draws.jump_levels(dice, batch, steps, config.grid, config.to_end_share),
            omega=draws.omegas(dice, batch, *config.omega),
            noise=dice.normal(*shape),
            denoising_sigma=draws.denoising_levels(dice, batch),
            denoising_noise=dice.normal(*shape),
        )

    def losses(self, sounds: Tensor, captions: Captions, draw: Draw) -> Losses:
        """The losses of a batch.

        Args:
            sounds: (B, C, T) latents of standard deviation sigma_data.
            captions: of the sounds, some of them forgotten already.
            draw: from `draw`.
        """
        estimated, target, level = self.arrivals(sounds, captions, draw)
        consistency = self._distance(estimated, target, level, captions)
        denoised = self._denoised(sounds, captions, draw)
        denoising = denoising_loss(denoised, sounds, draw.denoising_sigma, self.sigma_data)
        last = self.student.postprocess_conv.weight
        balance = adaptive_balance(consistency.mean(), denoising.mean(), last)
        total = consistency.mean() + self.config.denoising_weight * balance * denoising.mean()
        arrivals = estimated.detach(), target
        return Losses(total, consistency.detach(), denoising.detach(), balance, arrivals)

    def arrivals(self, sounds: Tensor, captions: Captions, draw: Draw) -> tuple[Tensor, Tensor, Tensor]:
        """Where the student comes from t, and the target network from u, both (B, C, T); and their level (B,).

        The level is s; with the match point "z0" the target network has pushed both on to 0.002, and the
        estimate's gradient goes through it.
        """
        grid = self.grid(sounds)
        t, u, s = grid[draw.levels.t], grid[draw.levels.u], grid[draw.levels.s]
        x_t = sounds + per_sample(t, sounds) * draw.noise
        estimated = jump(student_reading(self.student, captions), x_t, t, s, draw.omega, self.sigma_data)
        with torch.no_grad():
            x_u = self.solve(x_t, captions, draw)
            reading = student_reading(self.target, captions)
            target = jump(reading, x_u, u, s, draw.omega, self.sigma_data)
        if self.config.match_point == "zs":
            return estimated, target, s
        end = torch.full_like(s, SIGMA_MIN)
        estimated = jump(student_reading(self.target, captions), estimated, s, end, draw.omega, self.sigma_data)
        with torch.no_grad():
            target = jump(reading, target, s, end, draw.omega, self.sigma_data)
        return estimated, target, end

    @torch.no_grad()
    def solve(self, x_t: Tensor, captions: Captions, draw: Draw) -> Tensor:
        """Where the teacher's guided solver leads x_t (B, C, T) in the draw's steps."""
        doubled = teacher_reading(self.teacher, captions.doubled(self.empty), self.sigma_data)
        return heun(guided(doubled, draw.omega), x_t, self.grid(x_t), draw.levels.t, draw.steps)

    def features(self, x: Tensor, level: Tensor, captions: Captions) -> list[Tensor]:
        """The teacher's feature maps of sounds (B, C, T) at a level (B,)."""
        c_in = per_sample(edm_scalings(level, self.sigma_data)[0], x)
        context = context_of(self.teacher, captions)
        quirks = self.config.official_quirks
        return self.teacher.features(c_in * x, log_level(level), context, official_quirks=quirks)

    def _distance(self, estimated: Tensor, target: Tensor, level: Tensor, captions: Captions) -> Tensor:
        config = self.config
        plain = config.plain_weight * weighted_distance(estimated, target, level, self.sigma_data)
        if config.distance != "feature_space":
            return plain + plain_distance(estimated, target, config.distance)
        maps = self.features(estimated, level, captions)
        with torch.no_grad():
            wanted = self.features(target, level, captions)
        return plain + feature_distance(maps, wanted, config.official_quirks)

    def _denoised(self, sounds: Tensor, captions: Captions, draw: Draw) -> Tensor:
        sigma = draw.denoising_sigma
        x = sounds + per_sample(sigma, sounds) * draw.denoising_noise
        reading = student_reading(self.student, captions)
        return estimate(reading, x, sigma, sigma, draw.omega, self.sigma_data)

    def grid(self, x: Tensor) -> Tensor:
        """The (grid,) levels on x's device; with 40 of them the reference's."""
        count = self.config.grid
        return levels(torch.arange(count) / (count - 1)).to(x.device)
