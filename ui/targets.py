"""Where files go: decided before anything is rendered, so that a wrong folder costs nothing.

Nothing is ever overwritten silently: a name that is taken gets a number, unless replacing was asked for.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from presets.errors import InvalidRequest, NotWritten
from presets.files import safe_name, sweep, unused
from presets.schema import Recipe

TAKES = Path("takes")
"""Where files land when nothing else is asked, in the current folder."""


@dataclass(frozen=True)
class Target:
    """A file to be written: the name that was wanted, and whether a file of that name may be replaced."""

    wanted: Path
    overwrite: bool = False

    def ready(self) -> Path:
        """The path to write to, its folder there."""
        if self.wanted.parent == TAKES:
            _make_takes()
        return self.wanted if self.overwrite else unused(self.wanted)


def target(output: Path | None, recipes: Sequence[Recipe], overwrite: bool) -> list[Target]:
    """A place for each recipe's file.

    Args:
        output: what the user gave with -o: None, a folder, or a file that ends with .wav.
        recipes: the variations.
        overwrite: whether files may be replaced.

    Raises:
        InvalidRequest: neither a folder nor a .wav file.
        NotWritten: the folder cannot be written to.
    """
    if output is not None and not is_folder(output):
        _check_file(output)
        return [Target(path, overwrite) for path in _numbered(output, len(recipes))]
    folder = TAKES if output is None else output
    check_folder(Path() if output is None and not os.path.lexists(TAKES) else folder)
    return [Target(folder / file_name(recipe), overwrite) for recipe in recipes]


def beside(file: Path, output: Path | None, steps: int, overwrite: bool) -> Target:
    """The place of a refined version: beside its file unless asked otherwise. Errors as in `target`."""
    own = re.sub(r"_(\d+steps|draft)$", "", file.stem)
    name = f"{own}_{steps}steps.wav" if steps > 1 else f"{own}_draft.wav"
    if output is None:
        check_folder(file.parent)
        return Target(file.with_name(name), overwrite)
    if is_folder(output):
        check_folder(output)
        return Target(output / name, overwrite)
    _check_file(output)
    return Target(output, overwrite)


def file_name(recipe: Recipe) -> str:
    """A safe name that tells prompt, seed and steps."""
    refined = f"_{recipe.steps}steps" if recipe.steps > 1 else ""
    return f"{safe_name(recipe.prompt.text)}_{recipe.seed}{refined}.wav"


def check_folder(folder: Path) -> None:
    """Whether files can be written there.

    Raises:
        NotWritten: they cannot; says why.
    """
    if not is_folder(folder):
        raise NotWritten(f"There is no folder {folder}. Create it first, or choose another with -o.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotWritten(f"The folder {folder} is read-only for you. Choose another with -o.")
    sweep(folder)  # what a killed run left


def is_folder(path: Path) -> bool:
    """Whether there is a folder of that name.

    Raises:
        NotWritten: the system does not let us look, or allows no such name.
    """
    try:
        return path.is_dir()
    except (OSError, ValueError) as error:
        raise NotWritten(f"{path} cannot be written to: {error}. Choose another place with -o.") from error


def _make_takes() -> None:
    try:
        TAKES.mkdir(exist_ok=True)
    except OSError as error:
        raise NotWritten(
            f"The folder {TAKES} cannot be made: {error.strerror}. Choose another with -o."
        ) from error


def seed_of(wanted: int | None) -> int:
    """The seed that was asked for, or a random one that is short enough to be typed again."""
    return secrets.randbelow(2**32) if wanted is None else wanted


def _check_file(output: Path) -> None:
    if output.suffix.lower() != ".wav":
        raise InvalidRequest(
            f"{output} is neither a folder that exists nor a file that ends with .wav. "
            "Create the folder first, or end the name with .wav."
        )
    check_folder(output.parent)


def _numbered(output: Path, count: int) -> list[Path]:
    if count == 1:
        return [output]
    digits = len(str(count))
    return [output.with_name(f"{output.stem}_{i:0{digits}d}{output.suffix}") for i in range(1, count + 1)]
