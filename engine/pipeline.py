"""The whole story on one page: recipe -> noise -> jumps -> latent -> waveform.

A sound is rendered alone, never padded and never in company, so that the same recipe gives the same bytes
whatever else is asked at the same time. Its draft and its refinements start from the same noise.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine import seeds
from engine.errors import EngineError
from engine.models.load import Model
from engine.networks.tone_noise import noise_samples, synthesise
from engine.plan import RENDERER
from engine.soundctm.denoiser import Network, guided_jump
from engine.soundctm.sampler import Jump, noises_needed, sample
from engine.soundctm.schedule import SIGMA_MAX
from presets.schema import Recipe
from presets.sound import Sound

OnStep = Callable[[int, int], None]
"""Called between two jumps with (done, all); may raise Cancelled."""


@dataclass(frozen=True)
class Timing:
    """Seconds that each part took."""

    text: float
    network: float
    codec: float


@dataclass(frozen=True)
class Rendered:
    """The untrimmed native sound of a recipe, and what it took."""

    sound: Sound
    timing: Timing


@torch.inference_mode()
def render(model: Model, recipe: Recipe, on_step: OnStep = lambda done, steps: None) -> Rendered:
    """The native sound of a recipe.

    Raises:
        Cancelled: by `on_step`.
        EngineError: the recipe needs another renderer or other weights.
    """
    check(model, recipe)
    started = time.perf_counter()
    jump = _jump(model, recipe)
    heard_text = time.perf_counter()
    x_T = _on(model, seeds.initial(*_initial(model, recipe)))[None] * SIGMA_MAX
    noises = [_on(model, _step_noise(model, recipe, i))[None] for i in range(_noises(recipe))]
    latents = sample(recipe.sampler, jump, x_T, recipe.steps, noises, recipe.gamma)
    for done in range(1, recipe.steps + 1):
        latent = next(latents)
        on_step(done, recipe.steps)
    jumped = time.perf_counter()
    wave = decode(model, latent, recipe.decode_seed)
    decoded = time.perf_counter()
    return Rendered(
        Sound(wave[None].cpu().numpy(), model.card.rate),
        Timing(heard_text - started, jumped - heard_text, decoded - jumped),
    )


def decode(model: Model, latent: Tensor, decode_seed: int) -> Tensor:
    """A latent (1, C, L) to its waveform (samples,); the noise in it is the take's own."""
    noise = seeds.white(decode_seed, 0, noise_samples(latent.shape[-1]))
    return synthesise(model.codec.decode(latent), _on(model, noise))


def check(model: Model, recipe: Recipe) -> None:
    """Whether this engine with these weights makes exactly this recipe.

    Raises:
        EngineError: other weights, another renderer, or wishes that this renderer does not know.
    """
    if recipe.model_hash != model.card.model_hash:
        raise EngineError(
            f"The recipe was made with other weights of {recipe.model} than the ones installed here, so the "
            "same sound cannot be made again. Install the Onetake that made it."
        )
    if recipe.renderer != RENDERER:
        raise EngineError(
            f"The recipe needs renderer {recipe.renderer}; this Onetake has {RENDERER} and would make another "
            "sound. Install the Onetake that made it."
        )
    if recipe.dtype != "float32" or recipe.guidance or recipe.prompt.loop or recipe.prompt.intensity:
        raise EngineError(
            "The recipe has wishes (loop, intensity, guidance, dtype) that this Onetake does not render."
        )


def _jump(model: Model, recipe: Recipe) -> Jump:
    """G with prompt, guidance and weights bound to it."""
    device, network = model.device, model.network
    omega = torch.full((1,), recipe.omega, device=device)
    conditional = _bind(model, recipe.prompt.text)
    unconditional = None if recipe.nu == 1.0 else _bind(model, "")

    def jump(x: Tensor, t: Tensor, s: Tensor) -> Tensor:
        return guided_jump(conditional, unconditional, x, t, s, omega, recipe.nu, model.sigma_data)

    assert not network.training
    return jump


def _bind(model: Model, prompt: str) -> Network:
    """The network with a prompt bound to it; what depends on the text alone is computed here, once."""
    text = model.text(prompt)
    context = model.network.context(text.tokens, text.mask)

    def network(x: Tensor, t: Tensor, s: Tensor, omega: Tensor) -> Tensor:
        out: Tensor = model.network(x, t, context, s, omega)
        return out

    return network


def _initial(model: Model, recipe: Recipe) -> tuple[int, int, int, int, float]:
    channels = model.card.latent_channels
    return recipe.seed, channels, recipe.frames, recipe.variation_seed, recipe.variation_radius


def _noises(recipe: Recipe) -> int:
    return noises_needed(recipe.sampler, recipe.steps)


def _step_noise(model: Model, recipe: Recipe, step: int) -> seeds.Floats:
    return seeds.normal(recipe.seed, model.card.latent_channels, recipe.frames, seeds.Stream.STEP, step)


def _on(model: Model, noise: seeds.Floats) -> Tensor:
    return torch.from_numpy(noise).to(model.device)
