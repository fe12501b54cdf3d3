"""A spotting list with drafts in place: the rows that nobody has made a sound for are made, and stay as takes.

They are made as a batch is (ui/batch.py): a run that ends goes on with the next row, and makes nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from presets.export import spotting, timeline
from presets.export.formats import Selection
from presets.export.parcel import Stopped, Told
from presets.export.spotting import Spot
from presets.export.wav import Depth
from ui import batch
from ui.batch_table import Row, finished
from ui.engine_link import Maker
from ui.spots import rows

_DEPTH: Depth = "24"
_RATE = 48_000


def drafted(
    wanted: Selection,
    fps: str,
    folder: Path,
    model: str,
    engine: Callable[[], AbstractContextManager[Maker]],
    told: Told,
) -> tuple[Selection, list[str]]:
    """A selection with a spotting list, and a draft for every row that none of its sounds is for.

    Args:
        wanted: its spots are a file.
        fps: of the list's timecodes.
        folder: where the drafts go and stay; made if it is not there.
        model: that makes them.
        engine: opens what makes them; asked only where there is something to make.
        told: hears the share that is done; ends it by returning False. What was made until then stays.

    Returns:
        The selection with the drafts, and what a person should know.

    Raises:
        Stopped: `told` returned False.
        InvalidRequest, UnreadableFile: the list, or a sound.
        NotWritten: the folder is read-only or full.
    """
    assert wanted.spots is not None
    lost = [spot for spot in timeline.unmade(spotting.read(wanted.spots, fps), wanted.paths) if spot.prompt]
    if not lost:
        return wanted, []
    planned, remarks = _planned(lost, folder, model)
    total = sum(recipe.steps for row in planned for recipe in row.recipes)
    done = 0

    def advance(_: object) -> None:
        nonlocal done
        done += 1
        if not told(min(1.0, done / total)):
            raise Stopped

    batch.make_folder(folder)
    paths: list[Path] = []
    new = 0
    with engine() as maker:
        for row in planned:
            made = batch.made_row(row, maker, folder, _RATE, _DEPTH, advance)
            remarks += [f"row {row.number}: {one.remark}" for one in made if one.remark]
            new += sum(one.state in ("made", "silent") for one in made)
            paths += [path for one, path in zip(made, row.paths, strict=True) if one.state != "failed"]
    batch.clear(folder)
    told_new = [f"Made {new} draft{'s' * (new != 1)} in {folder}."] * bool(new)
    return replace(wanted, paths=(*wanted.paths, *paths)), [*told_new, *remarks]


def _planned(lost: Sequence[Spot], folder: Path, model: str) -> tuple[list[Row], list[str]]:
    """The rows, under names that are free or hold the very draft, which a run before this one made."""
    taken: set[str] = set()
    while True:
        planned, remarks = rows(lost, folder, model, taken)
        places = [pair for row in planned for pair in zip(row.recipes, row.paths, strict=True)]
        others = {path.stem for recipe, path in places if path.exists() and finished(path, recipe) is None}
        if not others:
            return planned, remarks
        taken |= others
