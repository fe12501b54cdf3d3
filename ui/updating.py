"""What a hand-off's take is now, and so whether a newer version waits to go into the DAW.

First what stands on the desk, as it is heard: refined, cut and wet. Else the best file of the take in the library.
Runs in the library's thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from presets import handoff
from presets.errors import OnetakeError
from presets.export.version import read_version
from presets.handed import shown_by
from presets.handoff import Handoff, Newest, Outcome
from presets.index_search import EVERY, Query
from presets.library import Library
from presets.placing import Given
from presets.schema import Version
from presets.session import Cancelled, Progress
from presets.sound import Sound
from ui import given
from ui.flow import Flow, lineage, takes
from ui.given import Heard
from ui.given_files import as_said
from ui.shelf import Shelf

State = Literal["frozen", "linked", "newer version waiting", "held open", "missing"]

Desk = Mapping[str, Heard]
"""What is heard of the takes on the desk, by lineage."""

_NOTHING = Sound(np.zeros((1, 1), np.float32), 48_000)


@dataclass(frozen=True)
class Row:
    """A hand-off as it is listed."""

    handoff: Handoff
    path: Path
    state: State


def desk_of(flow: Flow, shelf: Shelf) -> Desk:
    """What is heard now; what is not ready is left out."""
    found = {lineage(recipe): given.heard_of(flow, shelf, recipe) for recipe in takes(flow)}
    return {take: one for take, one in found.items() if one is not None}


def rows(library: Library, desk: Desk, passing: frozenset[str] = frozenset()) -> tuple[list[Row], list[str]]:
    """The hand-offs of the session, and what could not be read. passing: files that no DAW has got yet."""
    folder = library.session.folder
    handoffs, unread = handoff.listed(folder)
    listed = [one for one in handoffs if one.name not in passing]
    return [Row(one, folder / handoff.FOLDER / one.name, _state(library, desk, one)) for one in listed], unread


def update(library: Library, desk: Desk, progress: Progress) -> list[Outcome]:
    """Bring every linked file to what its take is now.

    Raises:
        Cancelled: progress said so; the files before are updated, the others are as they were.
    """

    def step(_: Outcome, done: int, total: int) -> None:
        if not progress(done, total):
            raise Cancelled(f"Stopped: {done} of {total} hand-offs were looked at, the others are as before.")

    return handoff.update(library.session.folder, _newest(library, desk), step)


def told(outcomes: list[Outcome]) -> tuple[str, list[str]]:
    """A sentence on an update, and those on files that did not become what they should."""
    updated = sum(one.state == "updated" for one in outcomes)
    linked = sum(one.state != "frozen" for one in outcomes)
    if not linked:
        return "Nothing is linked: hand a take off with a link, then changes of it can be sent on.", []
    files = "1 file" if updated == 1 else f"{updated} files"
    said = f"{files} updated in the DAW." if updated else "Every linked file is the newest already."
    return said, [one.sentence for one in outcomes if one.sentence]


def _newest(library: Library, desk: Desk) -> Newest:
    def newest(one: Handoff) -> Given | None:
        here = desk.get(one.take)
        if here is not None:
            return given.whole(here, one.rate)
        path = _best(library, one.take)
        return None if path is None else as_said(path)

    return newest


def _best(library: Library, take: str) -> Path | None:
    """The file of a take with the most steps, of several the newest."""
    found = [hit for hit in library.find(Query(lineage=take, order="newest", limit=EVERY)) if hit.wav]
    return library.session.path(max(found, key=lambda hit: hit.steps).file) if found else None


def _state(library: Library, desk: Desk, one: Handoff) -> State:
    if not (library.session.folder / handoff.FOLDER / one.name).is_file():
        return "missing"
    if one.coming is not None:
        return "held open"
    if not one.linked:
        return "frozen"
    version = _version(library, desk, one.take)
    return "newer version waiting" if version is not None and _differs(version, one) else "linked"


def _version(library: Library, desk: Desk, take: str) -> Version | None:
    """What a take is now, without its sound."""
    here = desk.get(take)
    path = None if here else _best(library, take)
    try:
        return here.told if here else read_version(path) if path else None
    except OnetakeError:  # the update says what is wrong with it
        return None


def _differs(version: Version, one: Handoff) -> bool:
    now, before = shown_by(Given(_NOTHING, version)), one.shown
    return (now.content, now.edit, now.chain) != (before.content, before.edit, before.chain)
