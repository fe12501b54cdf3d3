"""The user's own models: one folder each, taught or trained here or brought from elsewhere.

A model is called what its folder is called. A folder is looked at when somebody asks for it, so that what is
broken in one is told of that one and stops no other. No path is ever made from what a file or a person says: names
are compared with the folders that are there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from engine.errors import BadWeights
from engine.models import cards
from engine.models.cards import ModelCard
from engine.places import models_folder
from presets.files import safe_name

PROVENANCE = "provenance.json"
_LARGEST = 1 << 24  # bytes; two thousand files take half a million


class Provenance(msgspec.Struct, frozen=True):
    """What a taught model was made from; base and its hash, count of files, ISO date, the sounds' licence."""

    name: str
    base: str
    base_hash: str
    count: int
    date: str
    licence: str


@dataclass(frozen=True)
class Broken:
    """A folder that holds no model that can be used, and why."""

    folder: Path
    trouble: str


def id_for(name: str) -> str:
    """What a model of that name is called, and its folder: "My metal!" gives "my-metal"."""
    return safe_name(name, 40).lower().replace("_", "-")


def names() -> tuple[str, ...]:
    """What the user's models are called, broken ones among them."""
    try:
        return tuple(folder.name for folder in _folders())
    except OSError:
        return ()


def listed(taken: Collection[str] = ()) -> tuple[list[ModelCard], list[Broken]]:
    """The models that can be used, and what cannot; their weights are not verified yet. taken: names of others."""
    good: list[ModelCard] = []
    broken: list[Broken] = []
    try:
        folders = list(_folders())
    except OSError as error:
        return [], [Broken(models_folder(), f"{models_folder()} cannot be read: {error.strerror}.")]
    for folder in folders:
        try:
            if folder.name in taken:
                raise BadWeights(f"{folder} has the name of a model that comes with Onetake. Rename it.")
            good.append(_read(folder))
        except BadWeights as error:
            broken.append(Broken(folder, str(error)))
    return good, broken


def find(model: str) -> ModelCard | None:
    """The user's model of that id, if there is one.

    Raises:
        BadWeights: there is, and it is broken.
    """
    try:
        return next((_read(folder) for folder in _folders() if folder.name == model), None)
    except OSError:
        return None


def provenance(card: ModelCard) -> Provenance | None:
    """What a model was taught, as it says; None where it was not taught, or does not say."""
    try:
        return msgspec.json.decode(cards.contents(card.folder / PROVENANCE, _LARGEST), type=Provenance)
    except (OSError, ValueError, RecursionError):
        return None


def _folders() -> Iterator[Path]:
    """The folders that may hold models, in the order of their names."""
    place = models_folder()
    if place.exists():
        yield from sorted(entry for entry in place.iterdir() if entry.is_dir() and entry.name[:1] != ".")


def _read(folder: Path) -> ModelCard:
    name = id_for(folder.name)
    if folder.name != name:
        raise BadWeights(f"{folder} has a name that no model can have. Rename it to {name}.")
    card = replace(cards.read(folder), id=name)
    for file in card.files:
        path = folder / file.name
        if not _whole(path, file.bytes):
            raise BadWeights(
                f"The weight file {path} is missing or not whole. Restore the model's folder, or remove it."
            )
    return card


def _whole(path: Path, size: int) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False
