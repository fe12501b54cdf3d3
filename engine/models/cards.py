"""A model's row of the table as a file beside its weights: how trained and taught models say what they are.

`card.json` holds everything of a ModelCard but its folder. It names the model's own files only, by their bare
names, and their checksums are verified before anything is read.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import BadWeights
from engine.models.catalog import ModelCard, ModelFile, Part
from presets.files import write_atomically

CARD = "card.json"
VERSION = 1


def described(part: Part, path: Path) -> ModelFile:
    """The row of a file that lies there.

    Raises:
        OSError: it does not.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return ModelFile(part, path.name, path.stat().st_size, sha256)


def write(card: ModelCard) -> Path:
    """Write a model's card into its folder, last, when all its files are there.

    Raises:
        NotWritten: see `presets.files.write_atomically`.
    """
    about = {"format": "onetake-model", "version": VERSION, **asdict(replace(card, folder=Path()))}
    del about["folder"]
    path = card.folder / CARD
    write_atomically(path, json.dumps(about, indent=1, sort_keys=True).encode(), overwrite=True)
    return path


def read(folder: Path) -> ModelCard:
    """The card of the model in a folder; its weights are verified when they are loaded.

    Raises:
        BadWeights: there is none, or it is broken, of another version, or names files elsewhere.
    """
    path = folder / CARD
    try:
        about = json.loads(path.read_bytes())
        if about.pop("format") != "onetake-model" or about.pop("version") != VERSION:
            raise BadWeights(f"{path} describes no model that this Onetake knows. Update Onetake.")
        card = msgspec.convert({**about, "folder": str(folder)}, ModelCard, dec_hook=_path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadWeights(f"{path} cannot be read ({error}). Restore the model's folder, or remove it.") from error
    parts = {file.part for file in card.files}
    if any(Path(file.name).name != file.name for file in card.files) or len(parts) != len(card.files):
        raise BadWeights(f"{path} names files outside its folder. Do not use this model.")
    return card


def _path(kind: type[Any], value: Any) -> Any:
    if kind is Path:
        return Path(value)
    raise NotImplementedError(kind)
