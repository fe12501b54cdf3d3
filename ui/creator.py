"""Who makes the sounds, asked once for every name of the Universal Category System: the CreatorID.

A file of its own, because the command line and a panel that is open at the same time both read and write it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from presets.files import told
from presets.places import state_folder
from ui import stored

NAME = "creator.json"
LONGEST = 100


class Creator(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    version: Literal[1] = 1
    name: Annotated[str, Meta(max_length=LONGEST)] = ""


def known(folder: Path | None = None) -> str:
    """Who said that they make the sounds, "" nobody yet. folder: where it stands; None is the user's own."""
    value, _ = stored.load((folder or state_folder()) / NAME, Creator())
    return value.name


def remember(name: str, folder: Path | None = None) -> None:
    """Remember who makes the sounds; "" changes nothing.

    Raises:
        NotWritten: the folder is read-only or full.
    """
    wanted = name.strip()[:LONGEST]
    if wanted and wanted != known(folder):
        place = folder or state_folder()
        with told(place):
            place.mkdir(parents=True, exist_ok=True)
        stored.save(place / NAME, Creator(name=wanted))
