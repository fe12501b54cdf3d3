"""A model under test: a row of the catalog, or a folder of packed weights that was just trained or taught.

Both are rendered by the product's own pipeline, so that what is measured is what is heard.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path

import torch

from engine import seeds
from engine.device import choose
from engine.errors import UnknownModel
from engine.models import cards
from engine.models.catalog import MODELS, STARTER, ModelCard, ModelFile, find
from engine.models.checkpoint import unpack
from engine.models.load import Model, load
from engine.networks.tone_noise import HOP, Maps, analyse, noise_samples, synthesise
from engine.pipeline import render
from engine.plan import RENDERER
from presets.schema import Prompt, Recipe
from presets.sound import Sound


class Subject:
    """A model and how it is asked: prompts to sounds, and sounds through its codec."""

    def __init__(self, model: str, device: str = "cpu") -> None:
        """A model of the catalog by its id, or a folder; nothing is loaded yet.

        Raises:
            UnknownModel: neither.
        """
        self.card = card(model)
        self._device = device

    @property
    def name(self) -> str:
        """What the table calls it."""
        return self.card.id

    @cached_property
    def model(self) -> Model:
        """The networks.

        Raises:
            BadWeights: a file is missing, truncated or altered.
        """
        return load(self.card, choose(self._device).torch)

    def recipe(self, prompt: str, seed: int, steps: int, seconds: float) -> Recipe:
        """What is rendered: the model's own guidance, the deterministic sampler, frames for `seconds`."""
        return Recipe(
            model=self.card.id,
            model_hash=self.card.model_hash,
            prompt=Prompt(text=prompt),
            seed=seed,
            frames=self.card.frames_for(seconds),
            steps=steps,
            omega=self.card.omega,
            decode_seed=seed,
            renderer=RENDERER,
        )

    def render(self, prompt: str, seed: int, steps: int, seconds: float) -> Sound:
        """The untrimmed native sound of a prompt."""
        return render(self.model, self.recipe(prompt, seed, steps, seconds)).sound

    @torch.inference_mode()
    def through_codec(self, sound: Sound) -> Sound:
        """A mono sound of 44.1 kHz as latents and back; what is beyond the last whole frame is lost."""
        maps = self._maps(sound)
        _, codec = self.model.of_the_starter()
        return self._played(codec.decode(codec.encode(maps)))

    @torch.inference_mode()
    def through_maps(self, sound: Sound) -> Sound:
        """The same without the latents: what signal processing alone loses."""
        return self._played(self._maps(sound))

    def _maps(self, sound: Sound) -> Maps:
        whole = sound.frames // HOP * HOP
        return analyse(torch.from_numpy(sound.samples[:1, :whole].copy()).to(self.model.device))

    def _played(self, maps: Maps) -> Sound:
        frames = maps.log_power.shape[-1] // 2
        noise = torch.from_numpy(seeds.white(0, 0, noise_samples(frames))).to(self.model.device)
        return Sound(synthesise(maps, noise)[None].cpu().numpy(), self.card.rate)


def card(model: str) -> ModelCard:
    """The row of a model of the catalog, or of a folder.

    A folder has a card of its own, or it holds bare weights: transformer.safetensors, and maybe codec.safetensors,
    text.safetensors and tokenizer.json; what it lacks is the starter's.

    Raises:
        UnknownModel: neither the id of a model nor a folder with weights.
        BadWeights: the folder's card or codec cannot be read.
    """
    folder = Path(model)
    if any(one.id == model for one in MODELS) or not folder.is_dir():
        return _known(model)
    if (folder / cards.CARD).exists():
        return cards.read(folder)
    network = STARTER.file("network").name
    if not (folder / network).exists():
        raise UnknownModel(
            f"{folder} holds neither {cards.CARD} nor {network}. Give the folder of a trained model."
        )
    files = tuple(_file(row, folder) for row in STARTER.files)
    made = replace(STARTER, id=folder.resolve().name, title=f"weights in {folder}", folder=folder, files=files)
    _, header = unpack(made.path("codec"))
    return replace(made, latent_channels=int(header.config.get("latent_channels", made.latent_channels)))


def _known(model: str) -> ModelCard:
    try:
        return find(model)
    except UnknownModel as error:
        raise UnknownModel(f"{error} Or give a folder of weights.") from error


def _file(row: ModelFile, folder: Path) -> ModelFile:
    there = folder / row.name
    return (
        cards.described(row.part, there)
        if there.exists()
        else replace(row, name=str(STARTER.path(row.part).resolve()))
    )
