"""`onetake batch prompts.csv -o folder`: a table of prompts becomes a folder of sounds, made on where it ended.

Within a row, sounds share their gain, as variations of a prompt do; so they wait as native sounds in a hidden
folder until the row is whole. What is there is known by the recipes in the files and is not made again: a killed
run loses one sound at most.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from engine.local import EngineError, Made, Timing, link
from presets.errors import InvalidRequest, UnreadableFile
from presets.export import spotting, wav
from presets.export import version as versions
from presets.export.wav import Depth
from presets.files import sweep, told, write_atomically
from presets.schema import Recipe, Version, content_id, with_steps
from presets.sound import Sound
from ui import report, spots
from ui.batch_table import COLUMNS, Row, check_names, finished, read_table
from ui.deliver import about
from ui.engine_link import Maker, maker
from ui.options import On, Processor
from ui.targets import check_folder

REPORT = "report.csv"
"""What became of each sound, in the folder."""

_WAITING = ".onetake-batch"
_REPORT_HEAD = (
    "row",
    "prompt",
    "category",
    "file",
    "state",
    "seed",
    "steps",
    "seconds",
    "peak_db",
    "content",
    "remark",
)


@dataclass(frozen=True)
class Done:
    """What became of one sound. state: made, there already, silent or failed."""

    row: Row
    index: int
    state: str
    seconds: float = 0.0
    peak_db: float | None = None
    remark: str = ""


def batch_(
    table: Annotated[
        Path, typer.Argument(help=f"A CSV with the columns {', '.join(COLUMNS)}; or a spotting list.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="A folder; made if it is not there.")],
    model: Annotated[str, typer.Option(help="See onetake models.")] = "starter",
    rate: Annotated[int, typer.Option(help="Sample rate of the files, Hz.")] = 48_000,
    bit_depth: Annotated[Depth, typer.Option(help="Sample format of the files.")] = "24",
    fps: Annotated[str, typer.Option(help="Frame rate of a spotting list.")] = "25",
    device: On = Processor.AUTO,
    local: Annotated[bool, typer.Option("--local", help="Render in this process.")] = False,
) -> None:
    """Make all sounds of a table. Run it again to go on: what is there is not made again."""
    if rate not in versions.RATES:
        raise InvalidRequest(f"Files have {', '.join(map(str, versions.RATES))} Hz, not {rate}.")
    rows = _of_list(table, output, model, fps) if spotting.is_list(table) else read_table(table, output, model)
    check_names(rows)
    make_folder(output)
    done: list[Done] = []
    total = sum(recipe.steps for row in rows for recipe in row.recipes)
    with maker(model, device.value, local) as engine, report.progress("Making", total) as advance:
        try:
            for row in rows:
                done += made_row(row, engine, output, rate, bit_depth, advance)
                _write_report(output, done)
        finally:
            _write_report(output, done)
    _tell(done, output)


def made_row(
    row: Row, engine: Maker, folder: Path, rate: int, depth: Depth, advance: Callable[[object], None]
) -> list[Done]:
    """What is not there yet of a row, made and written; a sound that cannot be made does not stop the others."""
    there = [finished(path, recipe) for recipe, path in zip(row.recipes, row.paths, strict=True)]
    if all(there):
        for recipe in row.recipes:
            _steps(recipe, advance)
        return [_told(row, n, "there already", wav.read(path).sound) for n, path in enumerate(row.paths)]
    try:
        made = link([_made(recipe, engine, folder / _WAITING, advance) for recipe in row.recipes])
        done = _delivered(row, made, there, rate, depth)
    except EngineError as error:
        return [Done(row, n, "failed", remark=str(error)) for n in range(len(row.recipes))]
    for recipe in row.recipes:
        for steps in {1, recipe.steps}:
            _kept(folder / _WAITING, with_steps(recipe, steps)).unlink(missing_ok=True)
    return done


def _delivered(
    row: Row, made: Sequence[Made], there: Sequence[Version | None], rate: int, depth: Depth
) -> list[Done]:
    heard = [versions.heard(one.sound, one.version, rate) for one in made]
    family, lowered = [one.version for one in made], 0.0
    if depth != "32f":
        heard, family, lowered = versions.fitting(heard, family)
    done = []
    for n, (path, sound, version) in enumerate(zip(row.paths, heard, family, strict=True)):
        if there[n] is None:
            versions.write(path, sound, version, depth, about=about(version.recipe.prompt.text, row.category))
        remarks = [*made[n].remarks, *[f"lowered by {lowered:.1f} dB to fit into {depth} bit"] * bool(lowered)]
        state = "there already" if there[n] else "silent" if made[n].silent else "made"
        done.append(_told(row, n, state, sound, " ".join(remarks)))
    return done


def _made(recipe: Recipe, engine: Maker, waiting: Path, advance: Callable[[object], None]) -> Made:
    """A version as the engine makes it, or as a run before this one did."""
    try:
        version = versions.read_version(_kept(waiting, recipe))
        sound = wav.read(_kept(waiting, recipe)).sound
        draft = wav.read(_kept(waiting, with_steps(recipe, 1))).sound
    except UnreadableFile:
        made = engine.make(recipe, None, advance)
        versions.keep_native(waiting, made.draft, replace(made.version, recipe=with_steps(recipe, 1)))
        versions.keep_native(waiting, made.sound, made.version)
        return made
    _steps(recipe, advance)
    return Made(version, sound, draft, Timing(0.0, 0.0, 0.0))


def _kept(waiting: Path, recipe: Recipe) -> Path:
    return waiting / f"{content_id(recipe)}.wav"


def _steps(recipe: Recipe, advance: Callable[[object], None]) -> None:
    for _ in range(recipe.steps):
        advance(None)


def _told(row: Row, index: int, state: str, sound: Sound, remark: str = "") -> Done:
    peak = sound.peak_db if sound.peak else None
    return Done(row, index, state, sound.seconds, peak, remark)


def _write_report(folder: Path, done: Sequence[Done]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_REPORT_HEAD)
    for one in done:
        recipe = one.row.recipes[one.index]
        peak = "" if one.peak_db is None else f"{one.peak_db:.1f}"
        file = one.row.paths[one.index].name if one.state != "failed" else ""
        writer.writerow(
            [one.row.number, _cell(recipe.prompt.text), _cell(one.row.category), file, one.state, recipe.seed,
             recipe.steps, f"{one.seconds:.3f}", peak, content_id(recipe), _cell(one.remark)]
        )  # fmt: skip
    write_atomically(folder / REPORT, text.getvalue().encode(), overwrite=True)


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def _of_list(table: Path, folder: Path, model: str, fps: str) -> list[Row]:
    """The rows of a spotting list, each prompt once."""
    rows, remarks = spots.rows(spotting.read(table, fps), folder, model)
    for words in remarks:
        report.warn(words)
    return rows


def make_folder(folder: Path) -> None:
    """A folder for sounds, and in it the one where they wait.

    Raises:
        NotWritten: it cannot be made or written to.
    """
    with told(folder):
        (folder / _WAITING).mkdir(parents=True, exist_ok=True)
    check_folder(folder)
    sweep(folder / _WAITING)


def clear(folder: Path) -> None:
    """Take away what waited, once nothing does any more."""
    waiting = folder / _WAITING
    for left in waiting.glob("*.wav"):
        left.unlink(missing_ok=True)
    if not any(waiting.iterdir()):
        waiting.rmdir()


def _tell(done: Sequence[Done], folder: Path) -> None:
    """The sum of it; status 1 where something failed.

    Raises:
        typer.Exit: something failed.
    """
    failed = [one for one in done if one.state == "failed"]
    if not failed:
        clear(folder)
    for one in failed:
        report.error(f"row {one.row.number}: {one.remark}")
    counts = {
        state: sum(one.state == state for one in done) for state in ("made", "there already", "silent", "failed")
    }
    words = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    report.line(f"{folder}: {words or 'nothing'}. {folder / REPORT} tells each.")
    if failed:
        raise typer.Exit(1)


COMMANDS: dict[str, Callable[..., None]] = {"batch": batch_}
"""What the command line calls them."""
