"""What was made and what became of what was asked for: facts, which no undo takes back.

Versions by their content id, sounds as they are heard by their name, progress, and refusals with their sentence.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from presets.schema import Chain, Edit, Recipe, Version, canonical, with_steps
from ui.chains import chain_id, chain_of, sounds
from ui.flow import Flow, content, lineage

_MOST_HEARD = 2000


@dataclass(frozen=True)
class Made:
    """A version on disk.

    path: its untrimmed native WAV; text, network, codec: seconds that it took. remarks: how its prompt was read;
    unfamiliar: whether its model was taught nothing like it.
    """

    version: Version
    path: Path
    silent: bool = False
    text: float = 0.0
    network: float = 0.0
    codec: float = 0.0
    remarks: tuple[str, ...] = ()
    unfamiliar: bool = False

    @property
    def recipe(self) -> Recipe:
        """What made it."""
        return self.version.recipe


@dataclass(frozen=True)
class Heard:
    """A sound as it is heard, ready to be played.

    path: WAV of Edit(Sound) at gain 0. peaks: (2, columns) lowest and highest sample; tint: (columns,) 0 deep ..
    1 bright. gain_db: what would bring it alone to its level, None for silence; took: seconds to make it ready.
    """

    name: str
    path: Path
    seconds: float
    peaks: NDArray[np.float32] = field(repr=False)
    tint: NDArray[np.float32] = field(repr=False)
    gain_db: float | None = None
    took: float = 0.0


@dataclass(frozen=True)
class WetHeard(Heard):
    """A sound with effects. chain: who they are (chains.chain_id), "" while a knob is being turned.

    printed: what was heard, with its tails, as it goes into files; tails: seconds, for the refined versions.
    rendered: seconds that the rack took for it, 0 for one that lay in the session.
    """

    chain: str = ""
    printed: Chain = field(default_factory=Chain, repr=False)
    tails: tuple[float, ...] = ()
    rendered: float = 0.0


class Shelf:
    """Everything that was made since the session was opened.

    heard: sounds that can be played, by name. previews: what a refinement has come to; progress: (done, steps),
    lasts: seconds that it takes at least, if they are many, and asked: recipes, of what was asked for; wet: the
    newest sound with effects, by the dry one's name; as_dry: whether effects are left out for comparison; refused:
    why something will not come; kept: names of files. All by content id.
    """

    def __init__(self) -> None:
        self._takes: dict[str, dict[int, Made]] = {}
        self.heard: dict[str, Heard] = {}
        self.wet: dict[str, WetHeard] = {}
        self.as_dry = False
        self.previews: dict[str, Heard] = {}
        self.progress: dict[str, tuple[int, int]] = {}
        self.lasts: dict[str, float] = {}
        self.refused: dict[str, str] = {}
        self.kept: dict[str, str] = {}
        self.asked: dict[str, Recipe] = {}

    def put(self, made: Made) -> None:
        """A version is there."""
        key = content(made.recipe)
        take = lineage(made.recipe)
        self._takes[take] = dict(sorted({**self._takes.get(take, {}), made.recipe.steps: made}.items()))
        for about in (self.progress, self.lasts, self.previews, self.asked):
            about.pop(key, None)
        self.refused.pop(key, None)

    def remember(self, heard: Heard) -> None:
        """A sound is ready; of very many the oldest are forgotten, and made ready again when they are wanted."""
        self.heard[heard.name] = heard
        while len(self.heard) > _MOST_HEARD:
            self.heard.pop(next(iter(self.heard)))

    def remember_wet(self, dry: str, heard: WetHeard) -> None:
        """A sound with effects is ready, in place of the one before. dry: the name of the one without."""
        self.wet.pop(dry, None)
        self.wet[dry] = heard
        while len(self.wet) > _MOST_HEARD:
            self.wet.pop(next(iter(self.wet)))

    def forget_sound(self, name: str) -> None:
        """Its file is gone, or cannot be played: it is made ready again."""
        self.heard.pop(name, None)
        for dry in [dry for dry, wet in self.wet.items() if wet.name == name]:
            del self.wet[dry]

    def forget(self, made: Made) -> None:
        """Its file is gone: it will be made again when somebody wants it."""
        self._takes.get(lineage(made.recipe), {}).pop(made.recipe.steps, None)

    def has(self, recipe: Recipe) -> bool:
        """Whether this very version is there."""
        return recipe.steps in self._takes.get(lineage(recipe), {})

    def version(self, recipe: Recipe, steps: int = 1) -> Made | None:
        """A version of a take."""
        return self._takes.get(lineage(recipe), {}).get(steps)

    def versions(self, recipe: Recipe) -> list[Made]:
        """All versions of a take, the draft first."""
        return self.of_take(lineage(recipe))

    def of_take(self, take: str) -> list[Made]:
        """All versions of a take, the draft first. take: lineage."""
        return list(self._takes.get(take, {}).values())

    def shown(self, flow: Flow, recipe: Recipe | None) -> Made | None:
        """The version of a take that is seen and heard: the best that is wanted and there."""
        if recipe is None:
            return None
        marks = flow.marks_of(recipe)
        most = 1 if marks.as_draft else marks.steps
        there = [made for made in self.versions(recipe) if made.recipe.steps <= most]
        return there[-1] if there else None

    def working(self, flow: Flow, recipe: Recipe) -> tuple[int, int] | None:
        """How many steps of a refinement that is wanted are done, of how many; None where none is on its way."""
        steps = flow.marks_of(recipe).steps
        if steps == 1 or self.version(recipe, steps):
            return None
        return self.progress.get(content(with_steps(recipe, steps)))

    def sound(self, flow: Flow, recipe: Recipe | None) -> Heard | None:
        """What is heard of a take now."""
        made = self.shown(flow, recipe)
        if made is None:
            return None
        wet = None if self.as_dry else self.wet_of(flow, made)
        return wet or self.heard.get(heard_name(made, edit_of(flow, self, made.recipe)))

    def wet_of(self, flow: Flow, made: Made) -> WetHeard | None:
        """The newest sound with effects of a version, until its own is there that of one with fewer steps."""
        if not sounds(chain_of(flow, made.recipe)):
            return None
        edit = edit_of(flow, self, made.recipe)
        steps = [one for one in self.versions(made.recipe) if one.recipe.steps <= made.recipe.steps]
        found = (self.wet.get(heard_name(one, edit)) for one in reversed(steps))
        return next((one for one in found if one is not None), None)

    def wants_wet(self, flow: Flow, made: Made) -> bool:
        """Whether a version is to be heard with effects, there or not yet."""
        return not self.as_dry and sounds(chain_of(flow, made.recipe))

    def is_wet(self, flow: Flow, made: Made) -> bool:
        """Whether what is heard of a version is its own sound with its effects as they stand."""
        wet = self.wet.get(heard_name(made, edit_of(flow, self, made.recipe)))
        return not self.as_dry and wet is not None and wet.chain == chain_id(chain_of(flow, made.recipe))


def edit_of(flow: Flow, shelf: Shelf, recipe: Recipe) -> Edit:
    """A take's edit: the designer's, else the one found on its draft; without the gain of its set."""
    own = flow.marks_of(recipe).edit
    if own is not None:
        return own
    first = next(iter(shelf.versions(recipe)), None)
    return first.version.edit if first else Edit(length=1.0)


def version_of(flow: Flow, shelf: Shelf, made: Made, gain_db: float) -> Version:
    """A version as it is written: with the take's edit and the gain of its set."""
    edit = edit_of(flow, shelf, made.recipe)
    return replace(made.version, edit=replace(edit, gain_db=edit.gain_db + gain_db))


def printed_of(flow: Flow, shelf: Shelf, made: Made) -> WetHeard | None:
    """The sound with effects that is heard of a version; None where it is heard dry."""
    return shelf.wet.get(heard_name(made, edit_of(flow, shelf, made.recipe))) if shelf.is_wet(flow, made) else None


def heard_name(made: Made, edit: Edit) -> str:
    """What a sound is called in the audio process: its version and how it is cut."""
    return f"{content(made.recipe)}-{_cut(edit)}"


@lru_cache(4096)
def _cut(edit: Edit) -> str:
    """What an edit is called; remembered, because it is asked for on every repaint."""
    return hashlib.sha256(canonical(edit)).hexdigest()[:8]
