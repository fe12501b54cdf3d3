"""What can be exported from the panel, as a selection that the formats take; made in a worker's thread.

A take of the grid has no file of its own yet, so one is written for the time of the export, with all that it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from presets import kits
from presets.export import version as versions
from presets.export.formats import Exported, Format, Selection, export
from presets.export.parcel import Told
from presets.export.wishes import Value
from presets.files import safe_name
from presets.index_search import EVERY, Hit, Query
from presets.kits import FIRST_NOTE
from presets.library import Library
from presets.schema import Kit, Zone
from ui import hearing
from ui.flow import Flow, lineage
from ui.given import Heard, heard_of
from ui.shelf import Shelf

_RATE = 48_000


@dataclass(frozen=True)
class Source:
    """Something that can be exported. words: as it is offered; make: the selection, its files in a folder."""

    words: str
    name: str
    make: Callable[[Path], Selection]


def sources(flow: Flow, shelf: Shelf, takes: Path, selected: Sequence[Hit]) -> list[Source]:
    """What there is to export now, the nearest to hand first.

    takes: the folder of what was kept; selected: takes of the library.
    """
    found = []
    files = tuple(takes / hit.wav for hit in selected if hit.wav)
    if files:
        words = selected[0].name if len(files) == 1 else f"{len(files)} takes of the library"
        found.append(Source(words, kits.family([path.stem for path in files]), lambda _: _of_files(files)))
    chosen = heard_of(flow, shelf, flow.chosen.recipe) if flow.chosen.recipe else None
    if chosen is not None:
        found.append(Source("The selected take", _name(chosen), lambda folder: _of_takes(folder, [chosen])))
    grid = [heard_of(flow, shelf, slot.recipe) for slot in flow.slots if slot.recipe]
    eight = [one for one in grid if one is not None]
    if len(eight) > 1:
        words = f"The {len(eight)} takes of the grid"
        found.append(Source(words, _name(eight[0]), lambda folder: _of_takes(folder, eight)))
    laid = _laid(flow, shelf)
    if laid:
        found.append(Source(f"The kit on {len(laid)} keys", "Kit", lambda folder: _of_kit(folder, laid)))
    return found


def everything(library: Library) -> Selection:
    """All that was kept and is not in the trash."""
    hits = [hit for hit in library.find(Query(order="name", limit=EVERY)) if hit.wav]
    return Selection(library.session.folder.name, tuple(library.session.path(hit.file) for hit in hits))


def run(
    form: Format,
    source: Source,
    name: str,
    into: Path,
    asked: Mapping[str, Value],
    overwrite: bool,
    scratch: Path,
    told: Told,
) -> Exported | None:
    """Export; None where it was given up. Errors as in presets.export.formats.export."""
    made = source.make(scratch)
    selection = Selection(name or made.name, made.paths, made.kit, made.sounds, made.spots)
    return export(form, selection, into, asked, told, overwrite)


def _of_files(files: tuple[Path, ...]) -> Selection:
    return Selection(kits.family([path.stem for path in files]), files)


def _of_takes(folder: Path, takes: Sequence[Heard]) -> Selection:
    paths = tuple(_written(folder, one, number) for number, one in enumerate(takes, 1))
    return Selection(_name(takes[0]), paths)


def _of_kit(folder: Path, laid: Mapping[int, Heard]) -> Selection:
    sounds: dict[str, Path] = {}
    for number, one in enumerate(laid.values(), 1):
        take = lineage(one.made.recipe)
        if take not in sounds:
            sounds[take] = _written(folder, one, number)
    zones = tuple(
        Zone(take=lineage(one.made.recipe), low=note, high=note, root=note) for note, one in sorted(laid.items())
    )
    return Selection("Kit", tuple(sounds.values()), Kit(name="Kit", zones=zones), sounds)


def _laid(flow: Flow, shelf: Shelf) -> dict[int, Heard]:
    """What lies on notes and can be given away."""
    recipes = {FIRST_NOTE + i: slot.recipe for i, slot in enumerate(flow.slots) if slot.recipe is not None}
    recipes |= flow.pads
    found = {note: heard_of(flow, shelf, recipe) for note, recipe in recipes.items()}
    return {note: one for note, one in found.items() if one is not None}


def _written(folder: Path, one: Heard, number: int) -> Path:
    sound, version = hearing.finished(one.made, one.version, one.wet, one.gain_db, _RATE)
    path = folder / f"{_name(one)}_{number}.wav"
    versions.write(path, sound, version, "32f")
    return path


def _name(one: Heard) -> str:
    return safe_name(one.made.recipe.prompt.text, 60)
