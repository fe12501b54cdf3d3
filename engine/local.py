"""The engine without a process, for the command line: the one door through which ui enters.

Importing it costs nothing: torch is loaded when the first sound is rendered, so a wrong wish is refused at
once and help appears immediately.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING

import msgspec

from engine.errors import BadWeights, Cancelled, EngineError, UnknownModel
from engine.models.catalog import MODELS, ModelCard, find
from engine.plan import SHORTEST, Ask, check_steps, plan
from presets import edit as edits
from presets.character import character
from presets.schema import Edit, Recipe, Version, with_steps
from presets.sound import Sound

if TYPE_CHECKING:
    from engine.device import Device
    from engine.models.load import Model
    from engine.pipeline import Rendered, Timing
    from engine.selftest import SelfTest

__all__ = [
    "MODELS",
    "SHORTEST",
    "Ask",
    "BadWeights",
    "Cancelled",
    "Engine",
    "EngineError",
    "Made",
    "ModelCard",
    "UnknownModel",
    "check_steps",
    "find",
    "link",
    "plan",
]

Progress = Callable[[int, int], None]
"""Called with (jumps done, jumps in all) of one sound."""


@dataclass(frozen=True)
class Made:
    """A version of a take: what it is, its untrimmed native sound, its draft's, and what it took."""

    version: Version
    sound: Sound
    draft: Sound
    timing: Timing

    @property
    def heard(self) -> Sound:
        """Edit(Sound) at the native rate, at its draft's level."""
        return edits.apply(self.sound, self.version.edit, self.version.match_db)

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return edits.is_silent(self.sound)


class Engine:
    """A model on a device. Everything is rendered in the calling thread."""

    def __init__(self, model: str = "starter", device: str = "auto") -> None:
        """Nothing is loaded yet.

        Raises:
            UnknownModel: no model of that id.
        """
        self.card: ModelCard = find(model)
        self._wanted_device = device

    @cached_property
    def device(self) -> Device:
        """The device that renders.

        Raises:
            InvalidRequest: this machine does not have it.
        """
        from engine.device import choose

        return choose(self._wanted_device)

    @cached_property
    def model(self) -> Model:
        """The networks.

        Raises:
            BadWeights: a weight file is missing, truncated or altered.
        """
        from engine.models.load import load

        return load(self.card, self.device.torch)

    def render(self, recipes: Sequence[Recipe], progress: Progress = lambda done, steps: None) -> Iterator[Made]:
        """One sound after the other, so that the first is ready soon; gains are not linked yet.

        Raises:
            EngineError: a recipe that this engine cannot make.
        """
        for recipe in recipes:
            yield self.make(recipe, None, progress)

    def make(
        self, recipe: Recipe, edit: Edit | None = None, progress: Progress = lambda done, steps: None
    ) -> Made:
        """One version of a take.

        Args:
            recipe: what to make.
            edit: the take's edit, where it is known; else it is found on the draft.
            progress: called between two jumps.

        Raises:
            EngineError: a recipe that this engine cannot make.
        """
        draft = self._render(with_steps(recipe, 1), progress if recipe.steps == 1 else lambda done, steps: None)
        prompt = recipe.prompt
        edit = edit or edits.find(draft.sound, character(prompt.text), prompt.length)
        if recipe.steps == 1:
            return self._made(recipe, edit, draft, draft)
        return self._made(recipe, edit, draft, self._render(recipe, progress))

    def _made(self, recipe: Recipe, edit: Edit, draft: Rendered, refined: Rendered) -> Made:
        from engine.identity import correlation

        is_draft = refined is draft
        version = Version(
            recipe=recipe,
            edit=edit,
            checksum=refined.sound.checksum(),
            match_db=0.0 if is_draft else edits.match_db(draft.sound, refined.sound, edit),
            identity=None if is_draft else correlation(draft.sound, refined.sound),
            device=self.device.name,
            made_by=f"Onetake {installed_version('onetake')}",
            model_licence=self.card.licence,
        )
        return Made(version, refined.sound, draft.sound, refined.timing)

    def _render(self, recipe: Recipe, progress: Progress) -> Rendered:
        from engine.pipeline import render

        return render(self.model, recipe, lambda step: progress(step.done, step.steps))

    def stranger(self, recipe: Recipe) -> float:
        """What identity another take of the same prompt would show: the draft against the next seed's version."""
        from engine.identity import correlation

        other = msgspec.structs.replace(recipe, seed=(recipe.seed + 1) % 2**53)
        quiet: Progress = lambda done, steps: None  # noqa: E731
        own_draft = self._render(with_steps(recipe, 1), quiet).sound
        return correlation(own_draft, self._render(other, quiet).sound)

    def self_test(self) -> SelfTest:
        """Whether this machine renders a known sound as it should."""
        from engine.selftest import self_test

        return self_test(self.card, lambda recipe: self._render(recipe, lambda done, steps: None).sound)

    def understood(self, prompt: str) -> list[str]:
        """What a person should know of how the model reads a prompt; empty where all is well."""
        text = self.model.text(prompt)
        words = []
        if text.foreign:
            words.append(f"{self.card.id} knows English only: it may not understand this prompt.")
        if text.truncated:
            words.append(
                f"{self.card.id} reads the first {self.card.tokens} tokens of a prompt; the rest is ignored."
            )
        return words


def link(made: Sequence[Made]) -> list[Made]:
    """The same gain for all variations of a prompt: the loudest peaks at -3 dBFS."""
    linked = edits.link([m.version.edit for m in made], [m.draft for m in made])
    return [
        replace(m, version=msgspec.structs.replace(m.version, edit=edit))
        for m, edit in zip(made, linked, strict=True)
    ]
