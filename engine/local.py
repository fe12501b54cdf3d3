"""The engine without a process, for the command line: the one door through which ui enters.

Importing it costs nothing: torch is loaded when the first sound is rendered, so a wrong wish is refused at
once and help appears immediately.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING

from engine.errors import BadWeights, Cancelled, EngineError, UnknownModel
from engine.identity import correlation
from engine.made import Estimate, Made, Timing, link
from engine.memory import ran_out
from engine.models import own
from engine.models.catalog import MODELS, STARTER, ModelCard, find
from engine.models.own import Broken, Provenance, provenance
from engine.plan import SHORTEST, Ask, another, check, check_steps, plan
from engine.threads import sleep_at_barriers
from presets import edit as edits
from presets.character import character
from presets.schema import Edit, Recipe, Version, with_steps
from presets.sound import Sound

if TYPE_CHECKING:
    from engine.device import Device
    from engine.graphs import Graphs
    from engine.models.load import Model
    from engine.pipeline import Breathe, OnStep, Rendered, Step
    from engine.selftest import SelfTest

__all__ = [
    "MODELS",
    "SHORTEST",
    "Ask",
    "BadWeights",
    "Broken",
    "Cancelled",
    "Engine",
    "EngineError",
    "Estimate",
    "Made",
    "ModelCard",
    "Provenance",
    "Timing",
    "UnknownModel",
    "another",
    "check_steps",
    "correlation",
    "find",
    "link",
    "own_models",
    "plan",
    "provenance",
    "sleep_at_barriers",
]


_LARGE = 500_000_000  # bytes of a weight file


def own_models() -> tuple[list[ModelCard], list[Broken]]:
    """The user's own models, and the folders among them that hold none that can be used."""
    return own.listed({card.id for card in MODELS})


def _nothing(*_: object) -> None:
    """Called where nobody watches."""


class Engine:
    """A model on a device. Everything is rendered in the calling thread, one thread at a time."""

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

    @cached_property
    def graphs(self) -> Graphs | None:
        """Recordings of the network's calls; None where the device has none."""
        from engine.cuda import recorder
        from engine.graphs import Graphs

        record = recorder(self.device.torch)
        return None if record is None else Graphs(record)

    def prepare(self, breathe: Breathe = _nothing) -> bool:
        """Make what was rendered faster the next time, a little at a time; False when there is nothing to do.

        Raises:
            Cancelled: by `breathe`, which is called before every layer; what was begun is begun anew next time.
        """
        return "model" in vars(self) and self.graphs is not None and self.graphs.prepare(breathe)

    def estimate(self, recipe: Recipe) -> Estimate:
        """How long a recipe takes here at least; nothing where counting takes longer: small networks, CUDA.

        Raises:
            EngineError: a recipe that this engine cannot make: it may come from anywhere, with any length.
        """
        check(recipe, self.card)
        if self.card.file("network").bytes < _LARGE or self.device.torch.type == "cuda":
            return Estimate()
        from engine.cost import seconds_a_jump, seconds_of_decoding

        where, frames = self.device.torch, recipe.frames
        return Estimate(
            seconds_a_jump(self.card.path("network"), frames, where, self.card.dtype),
            seconds_of_decoding(self.card.path("codec"), frames, where),
        )

    def render(self, recipes: Sequence[Recipe], on_step: OnStep = _nothing) -> Iterator[Made]:
        """One sound after the other, so that the first is ready soon; gains are not linked yet.

        Raises:
            EngineError: a recipe that this engine cannot make.
        """
        for recipe in recipes:
            yield self.make(recipe, None, on_step)

    def make(
        self, recipe: Recipe, edit: Edit | None = None, on_step: OnStep = _nothing, breathe: Breathe = _nothing
    ) -> Made:
        """One version of a take.

        Args:
            recipe: what to make.
            edit: the take's edit, where it is known; else it is found on the draft.
            on_step: called after every jump of this version.
            breathe: called before every layer; may do something more urgent.

        Raises:
            Cancelled: by `on_step` or `breathe`.
            EngineError: a recipe that this engine cannot make.
        """
        is_draft = recipe.steps == 1
        draft = self._render(with_steps(recipe, 1), on_step if is_draft else _nothing, breathe)
        prompt = recipe.prompt
        edit = edit or edits.find(draft.sound, character(prompt.text), prompt.length)
        return self._made(recipe, edit, draft, draft if is_draft else self._render(recipe, on_step, breathe))

    def _made(self, recipe: Recipe, edit: Edit, draft: Rendered, refined: Rendered) -> Made:
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
        remarks = self._understood(recipe.prompt.text)
        far = self._far(recipe.prompt.text)
        return Made(version, refined.sound, draft.sound, refined.timing, (*remarks, *far), unfamiliar=bool(far))

    def _render(self, recipe: Recipe, on_step: OnStep = _nothing, breathe: Breathe = _nothing) -> Rendered:
        """Rendered; once more where memory ran out and something can be given back for it."""
        from engine.pipeline import render

        try:
            return render(self.model, recipe, on_step, breathe, self.graphs)
        except RuntimeError as error:
            if self.graphs is None or not ran_out(error):
                raise
        self._give_back()  # here, where the error no longer holds what it was made of
        return render(self.model, recipe, on_step, breathe, self.graphs)

    def _give_back(self) -> None:
        """Free what only makes the next sound faster."""
        from engine import cuda

        if self.graphs is not None:
            self.graphs.forget()
        cuda.give_back()

    def preview(self, recipe: Recipe, step: Step, breathe: Breathe = _nothing) -> Sound:
        """What a refinement has come to after a step: the native sound of its estimate."""
        from engine.pipeline import decode

        return decode(self.model, step.estimate, recipe, breathe)

    def embed(self, text: str) -> list[float]:
        """What a text means to the model, as a unit vector: the mean of its tokens."""
        mean = self.model.text(text).tokens[0].mean(dim=0)
        vector: list[float] = (mean / mean.norm().clamp_min(1e-12)).tolist()
        return vector

    def stranger(self, made: Made) -> float:
        """What identity another take of the same prompt would show: this draft against the next seed's version."""
        return correlation(made.draft, self._render(another(made.version.recipe)).sound)

    def self_test(self) -> SelfTest:
        """Whether this machine renders a known sound as it should."""
        from engine.selftest import self_test

        return self_test(self.card, lambda recipe: self._render(recipe).sound)

    def _understood(self, prompt: str) -> list[str]:
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

    def _far(self, prompt: str) -> list[str]:
        """That a prompt is far from all that the starter knows, and what is nearest."""
        if self.card.id != STARTER.id or self.model.text(prompt).foreign:
            return []
        from engine.models.familiar import load

        near = load().nearness(self.embed(prompt))
        if not near.strange:
            return []
        return [
            f"{self.card.id} was taught nothing like this; nearest is {near.family.replace('_', ' ')}. "
            "A larger model may know it."
        ]
