"""What a file in a library holds: which sound, made how, how long; read without its audio.

A library must list what is broken too, so whatever is wrong with a file is a sentence here and no error.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
import soundfile

from presets.errors import NoRecipe, UnreadableFile
from presets.export import flac, version
from presets.schema import Assembly, Edit, Recipe, Version, content_id, lineage_id

Kind = Literal["draft", "refined", "assembled", "imported"]
KINDS: tuple[Kind, ...] = ("draft", "refined", "assembled", "imported")


@dataclass(frozen=True)
class Shape:
    """A file's audio: seconds, frames per second in Hz, channels; zeros where it cannot be read, and why."""

    seconds: float = 0.0
    rate: int = 0
    channels: int = 0
    problem: str = ""


@dataclass(frozen=True)
class Origin:
    """Where a sound comes from.

    Attributes:
        kind: draft and refined are versions of a take; assembled was cut or layered; imported was not generated.
        recipe: what makes it again; None of what is neither draft nor refined.
        edit: that of the version; None as above.
        lineage, content: their identities; "" as above.
        generated: whether anything in it was.
        model, prompt: for the eye and for search; of an assembly, those of its pieces.
        problem: why it is not known; "" if it is.
    """

    kind: Kind = "imported"
    recipe: Recipe | None = None
    edit: Edit | None = None
    lineage: str = ""
    content: str = ""
    generated: bool = False
    model: str = ""
    prompt: str = ""
    problem: str = ""


def shape(path: Path) -> Shape:
    """The shape of any sound file that soundfile reads."""
    try:
        info = soundfile.info(str(path))
    except (soundfile.SoundFileError, OSError, ValueError, RuntimeError) as error:
        return Shape(problem=f"{path.name} cannot be read: {error}.")
    if not info.samplerate or info.frames < 0:
        return Shape(problem=f"{path.name} holds no sound.")
    return Shape(info.frames / info.samplerate, info.samplerate, info.channels)


def made_of(path: Path) -> Version | Assembly | None:
    """What a WAV or FLAC says it was made of; None of a sound that was not generated.

    Raises:
        UnreadableFile: no such file, a broken recipe, or one from a newer Onetake.
    """
    try:
        return flac.read_source(path) if path.suffix.lower() == ".flac" else version.read_source(path)
    except NoRecipe:
        return None


def origin(path: Path) -> Origin:
    """Where the sound of a WAV or FLAC comes from."""
    try:
        made = made_of(path)
        if made is None:
            return Origin()
        return _assembled(made) if isinstance(made, Assembly) else of_recipe(made.recipe, made.edit)
    except (UnreadableFile, msgspec.ValidationError) as error:  # the latter: a number beyond what JSON holds
        return Origin(problem=str(error))


def of_recipe(recipe: Recipe, edit: Edit | None = None) -> Origin:
    """Where the sound of a recipe comes from."""
    return Origin(
        kind="draft" if recipe.steps == 1 else "refined",
        recipe=recipe,
        edit=edit,
        lineage=lineage_id(recipe),
        content=content_id(recipe),
        generated=True,
        model=recipe.model,
        prompt=recipe.prompt.text,
    )


def _assembled(made: Assembly) -> Origin:
    recipes = [piece.source.recipe for piece in made.pieces if piece.source is not None]
    models = list(dict.fromkeys(recipe.model for recipe in recipes))
    prompts = list(dict.fromkeys(recipe.prompt.text for recipe in recipes))
    return Origin(
        kind="assembled",
        generated=bool(recipes),
        model=models[0] if models else "",
        prompt=" / ".join(prompts),
    )
