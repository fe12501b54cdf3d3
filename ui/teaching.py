"""The commands that teach a model your own sounds and measure what models are worth.

Each is a short story; the work is done behind engine.lab, which loads training and evaluation when needed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from engine import lab
from engine.local import EngineError, UnknownModel, find, provenance
from presets.files import unused
from presets.schema import Recipe
from ui import report
from ui.options import On, Processor

_MOST_ROWS = 20
_NO_LICENCE = "not told"


def teach_(
    folder: Annotated[Path, typer.Argument(help="A folder of sounds, named or captioned for what they are.")],
    name: Annotated[str, typer.Option("--name", help='What the model is called, for example "My metal".')],
    minutes: Annotated[float, typer.Option(help="How long to learn.")] = 10.0,
    licence: Annotated[
        str, typer.Option(help="Of the sounds; it goes into the model and its files.", show_default=False)
    ] = _NO_LICENCE,
    base: Annotated[str, typer.Option(help="The model that learns; it stays as it is.")] = "starter",
    steps: Annotated[
        int | None, typer.Option(help="End after so many even if minutes are left.", show_default="no limit")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all that is drawn while learning.")] = 0,
    device: On = Processor.AUTO,
) -> None:
    """Teach a model the sounds of a folder: a model of your own, beside the one that it was made from."""
    wish = lab.Wish(name, licence, base, minutes, steps, seed, device.value)
    place = lab.place_for(wish)
    study = lab.study(folder, base)
    rows = [["file", "seconds", "pieces", "caption"]]
    rows += [[f.path.name, f"{f.seconds:.2f}", str(f.pieces), f.caption] for f in study.files[:_MOST_ROWS]]
    report.columns(rows)
    _more(len(study.files))
    for left_out in study.skipped[:_MOST_ROWS]:
        report.warn(f"{left_out.path.name} is left out: {left_out.reason.removesuffix('.')}.")
    _more(len(study.skipped))
    if licence == _NO_LICENCE:
        report.note(
            "No --licence was given: the model's files will say that the licence of its sounds was not told."
        )
    report.note(f"{wish.base} learns for up to {minutes:g} minutes; Ctrl-C stops it, and nothing is written then.")
    with report.teaching() as tell:
        card = lab.teach(study, wish, tell)
    taught = provenance(card)
    report.line(f"\n{card.id}: {card.title}")
    report.pairs(
        [
            ("  learned", report.provenance(taught) if taught else card.training_data),
            ("  use it", f'onetake render "{study.files[0].caption}" --model {card.id}'),
            ("  measure", f"onetake evaluate {card.id} {wish.base} --quick"),
            ("  remove it", f"delete the folder {place}"),
        ]
    )


def evaluate_(
    models: Annotated[
        list[str] | None,
        typer.Argument(help="Models side by side, by name or folder.", show_default="starter"),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the sounds: wider intervals.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="A folder for the results; made if it is not there.", show_default="evaluation/"
        ),
    ] = None,
    real: Annotated[Path | None, typer.Option(help="A folder of recordings to compare with.")] = None,
    device: On = Processor.CPU,
) -> None:
    """Measure models: how often a sound is what was asked for, how real, how varied, how faithful."""
    place = out or unused(Path("evaluation"))
    with report.measuring() as watch:
        found = lab.evaluate(
            models or ["starter"], quick=quick, out=place, real=real, device=device.value, watch=watch
        )
    report.evaluation(found.table)
    report.line(f"Wrote {', '.join(str(path) for path in found.written)}.")
    for words in found.remarks:
        report.warn(words)


def tell_model(recipe: Recipe) -> None:
    """What a person should know of a file's model: what it was taught, or why it cannot make the file again."""
    try:
        card = find(recipe.model)
    except (UnknownModel, EngineError) as error:
        report.note(f"The sound plays, but cannot be made again here. {error}")
        return
    if card.model_hash != recipe.model_hash:
        report.note(
            f"The {card.id} that is installed here has other weights than the one that made this sound: it plays, "
            "but cannot be made again here."
        )
    elif taught := provenance(card):
        report.pairs([("model", f"{card.id} was taught {report.provenance(taught)}")])


def _more(count: int) -> None:
    if count > _MOST_ROWS:
        report.line(f"and {count - _MOST_ROWS} more")


COMMANDS: dict[str, Callable[..., None]] = {"teach": teach_, "evaluate": evaluate_}
"""What the command line calls them."""
