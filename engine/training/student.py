"""Training of the student: the stage around distillation (distill.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import torch
from torch import Tensor
from torch.optim import Optimizer

from engine.networks.dit import DiT
from engine.soundctm.denoiser import estimate, jump
from engine.soundctm.schedule import SIGMA_MAX, sampling_grid
from engine.training import latents
from engine.training.average import average_of, rate_at
from engine.training.captions import Captions, student_reading, teacher_reading
from engine.training.distill import Distillation, DistillConfig
from engine.training.draws import Dice, heun_steps
from engine.training.hardware import Hardware
from engine.training.hearing import figures, listen
from engine.training.optimisers import Rates, radam
from engine.training.pool import Pool
from engine.training.solver import guided, heun_step
from engine.training.stage import StepLosses

_CHECKED_FRAMES = 2048
_TEACHER_STEPS = 18
_OMEGA = 3.0


@dataclass(frozen=True)
class StudentTraining:
    """How the student is trained: latent frames a step, steps to the full rate, and how distillation is done."""

    frames: int = 32768
    warm_up: int = 200
    distill: DistillConfig = field(default_factory=DistillConfig)

    @property
    def rates(self) -> Rates:
        """The learning rate over a run; the reference's own is constant."""
        if self.distill.official_quirks:
            return Rates(self.distill.rate, 1, 1.0)
        return Rates(self.distill.rate, self.warm_up, 0.5, least=0.02)


class StudentStage:
    """The student while it is distilled; its moving average is the target network."""

    name = "distill"

    def __init__(
        self,
        teacher: DiT,
        student: DiT,
        training: StudentTraining,
        pool: Pool,
        empty: Captions,
        sigma_data: float,
        hardware: Hardware,
        seed: int,
    ) -> None:
        self.training, self.pool, self.hardware = training, pool, hardware
        self.empty, self.sigma_data, self._seed = empty, sigma_data, seed
        self.network, self.average = student, average_of(student)
        self.clip, self.rates = training.distill.clip, training.rates
        teacher.requires_grad_(requires_grad=False)
        self.distillation = Distillation(teacher, student, self.average, empty, sigma_data, training.distill)

    def average_rate(self, step: int) -> float:
        """The target network's."""
        return rate_at(step, self.training.distill.ema, self.training.distill.ema_grows)

    def optimisers(self) -> list[Optimizer]:
        """RAdam."""
        return radam(self.network, self.rates.rate)

    def compile(self) -> None:
        """Compile the layers of all three networks, where that pays."""
        for network in (self.distillation.teacher, self.network, self.average):
            self.hardware.compile(network)

    def losses(self, dice: Dice, step: int) -> StepLosses:
        """Consistency and denoising losses of a batch."""
        config = self.training.distill
        batch = latents.draw(self.pool, dice, step, self.training.frames)
        batch = latents.forgetting(batch, config.forget, self.empty, dice)
        steps = heun_steps(step, self._seed, config.grid, config.heun_steps)
        shape = batch.sounds.shape
        draw = self.distillation.draw(dice, (shape[0], shape[1], shape[2]), steps)
        with self.hardware.autocast():
            found = self.distillation.losses(batch.sounds, batch.captions, draw)
        parts = {
            "consistency": found.consistency.mean(),
            "denoising": found.denoising.mean(),
            "balance": found.balance,
        }
        return StepLosses(found.total, parts)

    @torch.no_grad()
    def check(self, dice: Dice) -> dict[str, float]:
        """How far drafts are from the teacher's sounds, and whether the student reads its captions."""
        batch = latents.draw(self.pool, dice, 0, min(_CHECKED_FRAMES, self.training.frames))
        with self.hardware.autocast():
            heard = listen(self._denoise, batch.sounds, batch.captions, self.empty, dice)
            return {**self.distances(batch.captions, dice.normal(*batch.sounds.shape)), **figures(heard)}

    @torch.no_grad()
    def distances(self, captions: Captions, noise: Tensor) -> dict[str, float]:
        """Mean squares of the average's sounds minus the teacher's, from the same noise (B, C, T).

        The teacher takes 18 Heun steps at omega 3; beside it, how far it is from itself with other noise, which is
        what a student that ignored its noise would show at best.
        """
        omega = torch.full((len(noise),), _OMEGA, device=noise.device)
        wanted = teacher_sounds(self.distillation.teacher, captions, self.empty, noise, omega, self.sigma_data)
        found = {"teacher's spread": float(wanted.var())}
        for steps in (1, 4):
            sounds = student_sounds(self.average, captions, noise, omega, self.sigma_data, steps)
            found[f"{steps} steps from teacher"] = float((sounds - wanted).square().mean())
        return found

    def _denoise(self, x: Tensor, t: Tensor, captions: Captions) -> Tensor:
        omega = torch.full_like(t, _OMEGA)
        return estimate(student_reading(self.average, captions), x, t, t, omega, self.sigma_data)


@torch.no_grad()
def teacher_sounds(
    teacher: DiT, captions: Captions, empty: Captions, noise: Tensor, omega: Tensor, sigma_data: float
) -> Tensor:
    """What the teacher's solver makes of unit noise (B, C, T) in 18 steps with guidance omega (B,)."""
    denoise = guided(teacher_reading(teacher, captions.doubled(empty), sigma_data), omega)
    x = noise * SIGMA_MAX
    for t, lower in pairwise(sampling_grid(_TEACHER_STEPS).to(noise.device)):
        x = heun_step(denoise, x, t.expand(len(x)), lower.expand(len(x)))
    return x


@torch.no_grad()
def student_sounds(
    student: DiT, captions: Captions, noise: Tensor, omega: Tensor, sigma_data: float, steps: int
) -> Tensor:
    """What the student makes of unit noise (B, C, T) in that many jumps."""
    reading = student_reading(student, captions)
    x = noise * SIGMA_MAX
    for t, lower in pairwise(sampling_grid(steps).to(noise.device)):
        x = jump(reading, x, t.expand(len(x)), lower.expand(len(x)), omega, sigma_data)
    return x
