"""From what a person asks to the recipes that will be rendered, without loading a network.

Every wish is checked here, before anything costs time; the length that will come out is known here too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec

from engine.errors import EngineError
from engine.models.catalog import ModelCard, find
from presets import intensity as curves
from presets.character import character
from presets.errors import InvalidRequest
from presets.schema import SAMPLERS, SEED_LIMIT, Prompt, Recipe, Sampler

RENDERER = 1
"""Raised whenever the bytes of any recipe change: not for curves of intensity, which were refused before."""

SHORTEST = 0.3
MOST_STEPS = 64
MOST_SOUNDS = 100

_HEAD_ROOM = 0.05  # seconds rendered beyond the wish: what is trimmed before an onset must not be missing after it


@dataclass(frozen=True)
class Ask:
    """What a person asks for. length: seconds, None is auto. omega: None is the model's own.

    intensity: points of a curve, see presets/intensity.py.
    """

    text: str
    length: float | None = None
    model: str = "starter"
    steps: int = 1
    sampler: str = "deterministic"
    omega: float | None = None
    nu: float = 1.0
    gamma: float = 0.5
    seed: int = 0
    count: int = 1
    intensity: curves.Points = ()


def plan(ask: Ask) -> list[Recipe]:
    """A recipe for each variation, with the seeds seed, seed + 1 and so on.

    Raises:
        InvalidRequest: a wish that cannot be fulfilled; says which, and what can.
        UnknownModel: no model of that id.
    """
    card = find(ask.model)
    text = ask.text.encode("utf-8", "replace").decode().strip()
    _require(bool(text), 'The prompt is empty. Describe a sound, for example "glass door slam".')
    _require(1 <= ask.count <= MOST_SOUNDS, f"Ask for 1 to {MOST_SOUNDS} sounds, not {ask.count}.")
    check_steps(ask.steps)
    _require(
        0 <= ask.seed <= SEED_LIMIT - ask.count,
        f"A seed is a whole number from 0 to {SEED_LIMIT - ask.count}.",
    )
    prompt = Prompt(text=text, length=_length(ask.length, card), intensity=curves.checked(ask.intensity))
    return [
        Recipe(
            model=card.id,
            model_hash=card.model_hash,
            prompt=prompt,
            seed=ask.seed + i,
            frames=_frames(prompt, card),
            steps=ask.steps,
            sampler=_sampler(ask.sampler),
            omega=_omega(ask.omega, card),
            nu=_nu(ask.nu),
            gamma=_gamma(ask.gamma),
            decode_seed=ask.seed + i,
            dtype=card.dtype,
            renderer=RENDERER,
        )
        for i in range(ask.count)
    ]


def check_steps(steps: int) -> None:
    """Whether a sound can be made in that many steps.

    Raises:
        InvalidRequest: it cannot.
    """
    _require(
        1 <= steps <= MOST_STEPS, f"Ask for 1 to {MOST_STEPS} steps, not {steps}: 1 is a draft, 16 is plenty."
    )


def check(recipe: Recipe, card: ModelCard) -> None:
    """Whether these weights and this renderer make exactly this recipe, wherever it comes from.

    Raises:
        EngineError: other weights, another renderer, or numbers and wishes that this Onetake does not render.
    """
    if recipe.model_hash != card.model_hash:
        raise EngineError(
            f"The recipe was made with other weights of {recipe.model} than the ones installed here, so the "
            "same sound cannot be made again. Install the Onetake that made it."
        )
    if recipe.renderer != RENDERER:
        raise EngineError(
            f"The recipe needs renderer {recipe.renderer}; this Onetake has {RENDERER} and would make another "
            "sound. Install the Onetake that made it."
        )
    prompt = recipe.prompt
    wishes = (prompt.loop, prompt.reference, recipe.guidance, recipe.dtype != card.dtype)
    frames = range(card.shortest_frames, card.longest_frames + 1, card.frame_step)
    if any(wishes) or recipe.frames not in frames or recipe.steps > MOST_STEPS:
        raise EngineError(
            f"The recipe asks for what this Onetake does not render (loop, reference, guidance, "
            f"{recipe.dtype}, {recipe.frames} frames or {recipe.steps} steps). Install the Onetake that made it."
        )
    try:
        _omega(recipe.omega, card)
        _nu(recipe.nu)
        _gamma(recipe.gamma)
        curves.check(prompt.intensity)
    except InvalidRequest as error:
        raise EngineError(f"The recipe cannot be rendered: {error}") from error


def another(recipe: Recipe) -> Recipe:
    """The recipe of the next seed: another take of the same prompt."""
    seed = (recipe.seed + 1) % SEED_LIMIT
    return msgspec.structs.replace(recipe, seed=seed, decode_seed=seed)


def _length(length: float | None, card: ModelCard) -> float | None:
    if length is None:
        return None
    longest = math.floor(card.longest * 100) / 100
    _require(
        math.isfinite(length) and SHORTEST <= length <= longest,
        f"{card.id} makes sounds of {SHORTEST} to {longest:.2f} seconds, not {length:g}. "
        'Choose a length between, or "auto".',
    )
    return float(length)


def _frames(prompt: Prompt, card: ModelCard) -> int:
    seconds = prompt.length or character(prompt.text).length or card.longest
    return card.frames_for(seconds + _HEAD_ROOM)


def _sampler(name: str) -> Sampler:
    for sampler in SAMPLERS:
        if sampler == name:
            return sampler
    raise InvalidRequest(f"There is no sampler called {name!r}. There are: {', '.join(SAMPLERS)}.")


def _omega(omega: float | None, card: ModelCard) -> float:
    return card.omega if omega is None else _within("omega", omega, *card.omega_range)


def _nu(nu: float) -> float:
    return _within("nu", nu, 0.0, 4.0)


def _gamma(gamma: float) -> float:
    return _within("gamma", gamma, 0.01, 0.99)


def _within(name: str, value: float, low: float, high: float) -> float:
    _require(low <= value <= high, f"{name} goes from {low:g} to {high:g}, not {value:g}.")
    return float(value)


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise InvalidRequest(sentence)
