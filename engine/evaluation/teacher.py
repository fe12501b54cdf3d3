"""A student's teacher, sampled slowly: what one step of the student is compared with.

Heun steps under guidance from the very noise that the student's take begins with (Karras et al. 2022, algorithm
1; Ho and Salimans 2021), through the student's own codec: two to four network calls a step.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from engine import seeds
from engine.evaluation.subject import Subject
from engine.models.load import read_network
from engine.pipeline import decode
from engine.soundctm.schedule import SIGMA_MAX, sampling_grid
from engine.training.captions import Captions, teacher_reading
from engine.training.solver import Denoiser, guided, heun
from presets.sound import Sound


class Teacher:
    """A teacher's packed weights beside the subject that learned from it."""

    def __init__(self, subject: Subject, file: Path) -> None:
        """Read the weights.

        Raises:
            BadWeights: the file is missing, altered, or holds no transformer.
        """
        self._subject = subject
        self._network = read_network(file, subject.model.device)

    @torch.inference_mode()
    def render(self, prompt: str, seed: int, steps: int, seconds: float) -> Sound:
        """The native sound after so many steps of the solver."""
        recipe = self._subject.recipe(prompt, seed, steps, seconds)
        model = self._subject.model
        noise = seeds.initial(seed, model.card.latent_channels, recipe.frames, 0, 0.0)
        x = torch.from_numpy(noise)[None].to(model.device) * SIGMA_MAX
        omega = torch.full((1,), recipe.omega, device=model.device)
        start = torch.zeros(1, dtype=torch.long, device=model.device)
        denoise = guided(self._both(prompt), omega)
        latent = heun(denoise, x, sampling_grid(steps).to(model.device), start, steps)
        return decode(model, latent, recipe)

    def _both(self, prompt: str) -> Denoiser:
        """The denoiser of two sounds, the first with the prompt and the second without."""
        with_prompt, without = self._reading(prompt), self._reading("")

        def denoise(x: Tensor, t: Tensor) -> Tensor:
            (first, second), (t1, t2) = x.chunk(2), t.chunk(2)
            return torch.cat([with_prompt(first, t1), without(second, t2)])

        return denoise

    def _reading(self, prompt: str) -> Denoiser:
        text = self._subject.model.text(prompt)
        sigma_data = self._subject.model.sigma_data
        return teacher_reading(self._network, Captions(text.tokens, text.mask), sigma_data)
