"""The whole story on one page: recipe -> noise -> jumps -> latent -> waveform -> curve.

A sound is rendered alone, never padded and never in company, so that the same recipe gives the same bytes
whatever else is asked at the same time. Its draft and its refinements start from the same noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine import cuda, seeds
from engine.graphs import Graphs, Inputs, tensors_of, with_tensors
from engine.made import Timing
from engine.models.load import Model
from engine.plan import check
from engine.precision import inside
from engine.soundctm.denoiser import Network, guided_jump, per_sample
from engine.soundctm.sampler import noises_needed, sample
from engine.soundctm.schedule import SIGMA_MAX
from presets import intensity_gains
from presets.schema import Recipe
from presets.sound import Sound


@dataclass(frozen=True)
class Step:
    """A jump that is done: how many of how many, and the estimate of the sound so far, a latent."""

    done: int
    steps: int
    estimate: Tensor


OnStep = Callable[[Step], None]
"""Called after every jump; may raise Cancelled."""

Breathe = Callable[[], None]
"""Called before every layer and between the parts; may do something more urgent, or raise Cancelled."""


@dataclass(frozen=True)
class Rendered:
    """The untrimmed native sound of a recipe, and what it took."""

    sound: Sound
    timing: Timing


@torch.inference_mode()
def render(
    model: Model,
    recipe: Recipe,
    on_step: OnStep = lambda step: None,
    breathe: Breathe = lambda: None,
    graphs: Graphs | None = None,
) -> Rendered:
    """The native sound of a recipe. graphs: recordings of this model's network, where the device has them.

    Raises:
        Cancelled: by `on_step` or `breathe`.
        EngineError: the recipe needs another renderer or other weights.
    """
    check(recipe, model.card)
    clock, pace = cuda.Clock(model.device), cuda.Pace(model.device)
    jump = _Jump(model, recipe, breathe, graphs)
    clock.mark()
    x_T = _latent(model, seeds.initial(*_initial(model, recipe))) * SIGMA_MAX
    noises = [_latent(model, _step_noise(model, recipe, i)) for i in range(_noises(recipe))]
    latents = sample(recipe.sampler, jump, x_T, recipe.steps, noises, recipe.gamma)
    for done in range(1, recipe.steps + 1):
        latent = next(latents)
        pace()
        on_step(Step(done, recipe.steps, jump.estimate))
    clock.mark()
    sound = decode(model, latent, recipe, breathe)
    clock.mark()
    return Rendered(sound, Timing(*clock.seconds()))


@torch.inference_mode()
def decode(model: Model, latent: Tensor, recipe: Recipe, breathe: Breathe = lambda: None) -> Sound:
    """A latent to its untrimmed native sound, under the prompt's curve; the noise in it is the take's own."""

    def white(samples: int) -> Tensor:
        return _on(model, seeds.white(recipe.decode_seed, 0, samples))

    samples = cuda.down(model.decoder.sound(latent, white, breathe))
    return Sound(intensity_gains.followed(samples, recipe.prompt.intensity), model.card.rate)


class _Jump:
    """G with prompt, guidance and weights bound to it; remembers the denoised estimate of its last call."""

    def __init__(self, model: Model, recipe: Recipe, breathe: Breathe, graphs: Graphs | None) -> None:
        self._omega = torch.full((1,), recipe.omega, device=model.device)
        self._conditional = _bind(model, recipe.prompt.text, breathe, graphs)
        self._unconditional = None if recipe.nu == 1.0 else _bind(model, "", breathe, graphs)
        self._nu, self._sigma_data = recipe.nu, model.sigma_data
        self.estimate: Tensor

    def __call__(self, x: Tensor, t: Tensor, s: Tensor) -> Tensor:
        """G(x, t, s)."""
        networks = self._conditional, self._unconditional
        out = guided_jump(*networks, x, t, s, self._omega, self._nu, self._sigma_data)
        ratio = per_sample(s / t, x)
        self.estimate = (out - ratio * x) / (1 - ratio)
        return out


def _bind(model: Model, prompt: str, breathe: Breathe, graphs: Graphs | None) -> Network:
    """The network with a prompt bound to it; what depends on the text alone is computed here, once."""
    text = model.text(prompt)
    tokens, mask = cuda.even_text(text.tokens, text.mask, model.card.tokens)
    dtype = model.card.dtype
    with inside(model.device, dtype):
        context = model.network.context(tokens, mask)
    given = tensors_of(context)

    def call(inputs: Inputs, breathe: Breathe) -> Tensor:
        x, t, s, omega, *rest = inputs
        with inside(model.device, dtype):
            return model.network(x, t, with_tensors(context, tuple(rest)), s, omega, breathe)

    def network(x: Tensor, t: Tensor, s: Tensor, omega: Tensor) -> Tensor:
        inputs = (x, t, s, omega, *given)
        return call(inputs, breathe) if graphs is None else graphs.run(call, inputs, breathe)

    return network


def _initial(model: Model, recipe: Recipe) -> tuple[int, int, int, int, float]:
    channels = model.card.latent_channels
    return recipe.seed, channels, recipe.frames, recipe.variation_seed, recipe.variation_radius


def _noises(recipe: Recipe) -> int:
    return noises_needed(recipe.sampler, recipe.steps)


def _step_noise(model: Model, recipe: Recipe, step: int) -> seeds.Floats:
    return seeds.normal(recipe.seed, model.card.latent_channels, recipe.frames, seeds.Stream.STEP, step)


def _latent(model: Model, noise: seeds.Floats) -> Tensor:
    return model.decoder.latent(_on(model, noise))


def _on(model: Model, noise: seeds.Floats) -> Tensor:
    return cuda.up(noise, model.device)
