"""Presets as files: a take with its recipe, cut and effects, as a designer saves and shares it.

A preset holds no audio: whoever opens it has the sound made again, on the same device bit for bit. It names its
model and its plug-ins by who they are; nothing is loaded that a file names.
"""

from __future__ import annotations

from pathlib import Path

from presets.chains import LARGEST, without_tails
from presets.contents import made_of
from presets.entry import SIDECAR, Entry, read_bytes, read_entry
from presets.errors import InvalidRequest, NoRecipe, UnreadableFile
from presets.schema import Assembly, Chain, Edit, Preset, Recipe, decode
from presets.value_files import write_value

PRESETS = "presets"
"""The folder in a session where presets lie; they are found there when somebody asks where a take is used."""

ENDING = ".json"
_LONGEST_NAME = 200


def preset_of(name: str, recipe: Recipe, edit: Edit | None, chain: Chain | None) -> Preset:
    """What is shared of a take. The tails of its effects are left out: they are found again on its draft."""
    words = " ".join(name.split())[:_LONGEST_NAME] or recipe.prompt.text[:_LONGEST_NAME] or "Preset"
    effects = without_tails(chain) if chain is not None and chain.slots else None
    return Preset(name=words, prompt=recipe.prompt, recipe=recipe, edit=edit, chain=effects)


def of_file(path: Path, name: str = "") -> Preset:
    """What is shared of a take that was kept: as its file says, and its sidecar where the user said more.

    Raises:
        InvalidRequest: it was cut or layered.
        NoRecipe: it was not generated.
        UnreadableFile: no WAV, or broken.
    """
    made, entry = made_of(path), read_entry(path.with_suffix(SIDECAR)) or Entry()
    if isinstance(made, Assembly):
        raise InvalidRequest(f"{path.name} was cut or layered: it has no recipe of its own. Choose another take.")
    if made is None:
        raise NoRecipe(f"{path.name} was not generated, so there is nothing to make it from again.")
    chain = entry.chain if entry.chain is not None else made.chain
    return preset_of(name or entry.name, made.recipe, entry.edit or made.edit, chain)


def write_preset(path: Path, preset: Preset, overwrite: bool = False) -> None:
    """Write a preset; the file appears whole or not at all.

    Raises:
        InvalidRequest: it holds what presets do not have.
        NotWritten: the folder is missing, read-only or full, or the file exists.
    """
    write_value(path, preset, f"The preset {preset.name!a}", overwrite)


def read_preset(path: Path) -> Preset:
    """A preset from its file.

    Raises:
        UnreadableFile: missing, broken, something else, or from a newer Onetake.
    """
    data = read_bytes(path, LARGEST)
    if data is None:
        raise UnreadableFile(f"{path} does not exist. Look where it was moved to.")
    return decode(data, Preset, f"The preset {path.name}")
