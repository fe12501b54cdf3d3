"""What can be exported from the panel, as a selection that the formats take; made in a worker's thread.

A take of the grid has no file of its own yet, so one is written for the time of the export, with all that it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from presets import kits
from presets.export import version as versions
from presets.export.formats import Exported, Format, Selection, export
from presets.export.parcel import Stopped, Told
from presets.export.wishes import Value
from presets.files import safe_name
from presets.index_search import Hit
from presets.schema import Kit
from ui import families, hearing
from ui.families import Laid
from ui.flow import Flow, lineage
from ui.given import Heard, heard_of
from ui.shelf import Shelf

if TYPE_CHECKING:
    from ui.engine_link import Maker

_RATE = 48_000
_WAY = 0.9


@dataclass(frozen=True)
class Source:
    """Something that can be exported.

    words: as it is offered; make: the selection, its files in a folder. drafts: where drafts of what a spotting
    list misses are kept; None for what is no list.
    """

    words: str
    name: str
    make: Callable[[Path], Selection]
    drafts: Path | None = None


@dataclass(frozen=True)
class Wanted:
    """One export. asked: options by name; model: makes drafts of what a spotting list misses, "" makes none."""

    name: str
    into: Path
    asked: Mapping[str, Value]
    overwrite: bool = False
    model: str = ""


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
        keys = len({where.note for where, _ in laid})
        found.append(Source(f"The kit on {keys} keys", "Kit", lambda folder: _of_kit(folder, laid)))
    return found


def run(form: Format, source: Source, wanted: Wanted, scratch: Path, told: Told) -> Exported | None:
    """Export; None where it was given up. Errors as in presets.export.formats.export, and ui.drafting.drafted."""
    made = source.make(scratch)
    made = replace(made, name=wanted.name or made.name)
    if made.spots is None or source.drafts is None or not wanted.model or "spotting list" not in form.takes:
        return _written_out(form, made, wanted, told)
    from ui.drafting import drafted  # noqa: PLC0415 (a window does not wait for it)

    fps = str(wanted.asked.get("fps", "25"))
    try:
        # The drafts are what takes long: all but a tenth of the way.
        made, remarks = drafted(made, fps, source.drafts, wanted.model, engine, lambda share: told(_WAY * share))
    except Stopped:
        return None

    def rest(share: float) -> bool:
        return told(_WAY + (1 - _WAY) * share)

    done = _written_out(form, made, wanted, rest)
    return done and replace(done, remarks=(*remarks, *done.remarks))


def _written_out(form: Format, made: Selection, wanted: Wanted, told: Told) -> Exported | None:
    if wanted.asked.get("stereo") != "siblings":
        return export(form, made, wanted.into, wanted.asked, told, wanted.overwrite)
    from ui.siblings import natives  # noqa: PLC0415 (a window does not wait for it)

    with natives(lambda _: engine()) as native:
        return export(form, made, wanted.into, wanted.asked, told, wanted.overwrite, native=native)


def of_list(spots: Path, takes: Path) -> Source:
    """A spotting list, with what was kept in the folder of takes."""

    def make(_: Path) -> Selection:
        paths = sorted(path for path in takes.glob("*") if path.suffix.lower() == ".wav")
        return Selection(spots.stem, tuple(paths), spots=spots)

    return Source(f"Spotting list {spots.name}", spots.stem, make, takes)


def engine() -> AbstractContextManager[Maker]:
    """What makes the drafts of a spotting list: the engine's process, as for the grid."""
    from ui.engine_link import process  # noqa: PLC0415 (a window does not wait for it)

    return process()


def _of_files(files: tuple[Path, ...]) -> Selection:
    return Selection(kits.family([path.stem for path in files]), files)


def _of_takes(folder: Path, takes: Sequence[Heard]) -> Selection:
    paths = tuple(_written(folder, one, number) for number, one in enumerate(takes, 1))
    return Selection(_name(takes[0]), paths)


def _of_kit(folder: Path, laid: Sequence[tuple[Laid, Heard]]) -> Selection:
    sounds: dict[str, Path] = {}
    zones = []
    for where, one in laid:
        take = lineage(one.made.recipe)
        if take not in sounds:
            sounds[take] = _written(folder, one, len(sounds) + 1)
        # A file is at the gain of its set, which a family on a key does not have.
        zones.append(where.zone(take, where.gain_db - one.gain_db if where.member else 0.0))
    return Selection("Kit", tuple(sounds.values()), Kit(name="Kit", zones=tuple(zones)), sounds)


def _laid(flow: Flow, shelf: Shelf) -> list[tuple[Laid, Heard]]:
    """What lies on notes and can be given away."""
    found = families.laid(flow, lambda recipe: heard_of(flow, shelf, recipe) is not None)
    heard = [(where, heard_of(flow, shelf, where.recipe)) for where in found]
    return [(where, one) for where, one in heard if one is not None]


def _written(folder: Path, one: Heard, number: int) -> Path:
    sound, version = hearing.finished(one.made, one.version, one.wet, one.gain_db, _RATE)
    path = folder / f"{_name(one)}_{number}.wav"
    versions.write(path, sound, version, "32f")
    return path


def _name(one: Heard) -> str:
    return safe_name(one.made.recipe.prompt.text, 60)
