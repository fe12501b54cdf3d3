"""Stereo where sounds are rendered: a take made with its sibling, and what renders siblings for an export."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from enum import StrEnum
from functools import cache
from pathlib import Path

from engine.local import Made
from presets import stereo
from presets.errors import NoRecipe
from presets.export import version as versions
from presets.export.stereo_files import Native
from presets.schema import Edit, Recipe, Version
from presets.sound import Sound
from presets.stereo import Stereo, pair_of
from ui.engine_link import Maker, OnStep


class Way(StrEnum):
    """What becomes of the channels of a file."""

    MONO = "mono"
    WIDE = "wide"
    SIBLINGS = "siblings"

    @property
    def stereo(self) -> Stereo:
        """The same in the words of presets/stereo.py."""
        return "wide" if self is Way.WIDE else "siblings" if self is Way.SIBLINGS else ""


def render(
    engine: Maker, recipes: Sequence[Recipe], way: Way, on_step: OnStep, edit: Edit | None = None
) -> tuple[list[Made], list[Version]]:
    """What recipes make, and for siblings the version of each one's sides, which are in its sound.

    edit: the takes' own, where it is known; else it is found on the draft.

    Raises:
        EngineError: the engine cannot make it.
        InvalidRequest: the model makes two channels by itself.
    """
    if way is not Way.SIBLINGS:
        return [engine.make(recipe, edit, on_step) for recipe in recipes], []
    both = [_pair(engine, recipe, edit, on_step) for recipe in recipes]
    return [take for take, _ in both], [other for _, other in both]


def read(file: Path) -> tuple[Version, Way]:
    """The take that a file plays, and whether with its sibling's sides. Errors as in `versions.read_version`."""
    try:
        source = versions.read_source(file)
    except NoRecipe:
        source = None
    both = pair_of(source)
    return (both[0], Way.SIBLINGS) if both else (versions.read_version(file), Way.MONO)


def _pair(engine: Maker, recipe: Recipe, edit: Edit | None, on_step: OnStep) -> tuple[Made, Version]:
    take = engine.make(recipe, edit, on_step)
    other = engine.make(stereo.sibling(recipe), take.version.edit, on_step)
    # Its draft stays mono: by that its gain is linked, and added up it is as loud as the take.
    return replace(take, sound=stereo.siblings(take.sound, other.sound)), other.version


@contextmanager
def natives(opened: Callable[[str], AbstractContextManager[Maker]]) -> Iterator[Native]:
    """What renders recipes for an export; an engine is opened for each model when its first recipe comes.

    Raises:
        EngineError: there is no such model or engine, or it cannot make a recipe; when one is rendered.
    """
    with ExitStack() as stack:

        @cache
        def engine(model: str) -> Maker:
            return stack.enter_context(opened(model))

        def native(recipe: Recipe) -> Sound:
            return engine(recipe.model).make(recipe, None, lambda _: None).sound

        yield native
