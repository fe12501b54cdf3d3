"""The door to what takes minutes, for the command line: teaching a model a folder, measuring and fetching models.

Beside engine.local, because rendering must not wait for it: importing this costs nothing, training and evaluation
are loaded when they are called. Wrong wishes are refused before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from engine.models import offers, own
from engine.models.catalog import MODELS, ModelCard, find
from engine.models.offers import OFFERS, Offer
from engine.places import models_folder
from presets.errors import InvalidRequest
from presets.files import write_atomically

__all__ = [
    "RESULTS", "SHEET", "Evaluation", "Offer", "OnPart", "Wish",
    "evaluate", "fetch", "find_offer", "offered", "place_for", "study", "teach",
]  # fmt: skip

if TYPE_CHECKING:
    from rich.table import Table

    from engine.evaluation.watch import Watch
    from engine.training.pieces import Study
    from engine.training.teach import TeachProgress

OnProgress = Callable[[float, float, float], None]
"""Called after every step of teaching: the share that is done, the loss (its running mean), seconds left."""

OnPart = Callable[[str, int, int], None]
"""Called with what is being done, bytes or parts done, and how many in all; may raise to stop."""

RESULTS = "evaluation.json"
SHEET = "sheet.png"

find_offer = offers.find

_SMOOTHING = 0.9  # of the loss, which jumps from step to step
_LONGEST_MINUTES = 7 * 24 * 60
_LARGEST_SEED = 2**31


@dataclass(frozen=True)
class Wish:
    """What a person wants taught. minutes: of learning; steps: end after so many even if minutes are left.

    licence: of the sounds, as they say; it goes into the model and into every file that it makes.
    """

    name: str
    licence: str
    base: str = "starter"
    minutes: float = 10.0
    steps: int | None = None
    seed: int = 0
    device: str = "auto"


@dataclass(frozen=True)
class Evaluation:
    """Models side by side: the table for eyes, the files that were written, and what could not be."""

    table: Table
    written: tuple[Path, ...]
    remarks: tuple[str, ...]


def place_for(wish: Wish) -> Path:
    """The folder of the model that will be made; its name is the model's.

    Raises:
        InvalidRequest: a wish that cannot be fulfilled, or a name that is taken; says what to do.
        UnknownModel: there is no such base.
    """
    base = find(wish.base)
    if base.has("adapter"):
        raise InvalidRequest(f"{base.id} was taught already. Teach the model that it was made from.")
    if not wish.name.strip():
        raise InvalidRequest('The new model needs a name, for example --name "My metal".')
    if not 0 < wish.minutes <= _LONGEST_MINUTES:
        raise InvalidRequest(
            f"Teach for more than 0 and at most {_LONGEST_MINUTES} minutes, not {wish.minutes:g}."
        )
    if wish.steps is not None and wish.steps < 1:
        raise InvalidRequest(f"Teach for at least 1 step, not {wish.steps}.")
    if not 0 <= wish.seed < _LARGEST_SEED:
        raise InvalidRequest(f"A seed of teaching is a whole number from 0 to {_LARGEST_SEED - 1}.")
    name = own.id_for(wish.name)
    place = models_folder() / name
    if any(card.id == name for card in MODELS):
        raise InvalidRequest(f"{name} is the name of a model that comes with Onetake. Choose another --name.")
    if os.path.lexists(place):
        raise InvalidRequest(
            f"There is a model called {name} already. Choose another --name, or delete the folder {place} first; "
            "sounds that were made with it can then be played but not refined."
        )
    return place


def study(folder: Path, base: str) -> Study:
    """What there is to learn in a folder, and what was left out and why.

    Raises:
        InvalidRequest: no folder, or no sound in it that can be used.
    """
    from engine.training import pieces

    return pieces.study(folder, find(base))


def teach(study: Study, wish: Wish, progress: OnProgress) -> ModelCard:
    """Teach a model what was found in a folder; an exception or Ctrl-C on the way leaves nothing behind.

    Raises:
        OnetakeError: see `place_for`; or the model's folder cannot be written.
    """
    from engine.training import teach as teaching

    place = place_for(wish)
    return teaching.teach(
        study.examples,
        find(wish.base),
        _one_line(wish.name),
        place,
        wish.minutes,
        _one_line(wish.licence),
        _told(progress),
        steps=wish.steps,
        device=wish.device,
        seed=wish.seed,
    )


def evaluate(
    models: Sequence[str], *, quick: bool, out: Path, real: Path | None, device: str, watch: Watch
) -> Evaluation:
    """Measure models side by side, and write what was found into a folder.

    Args:
        models: ids, or folders of weights.
        quick: a tenth of the sounds; the intervals are wider.
        out: made where it is missing; it holds no evaluation yet.
        real: a folder of recordings to compare with.
        device: where the models run.
        watch: called after every sound; may raise, and then nothing is written.

    Raises:
        OnetakeError: a model or folder that cannot be read, or a file that cannot be written.
    """
    if (out / RESULTS).exists():
        raise InvalidRequest(f"{out} holds an evaluation already. Choose another folder with --out.")
    subjects = [_subject(model) for model in models]
    if real is not None and not real.is_dir():
        raise InvalidRequest(f"{real} is not a folder. Give one that holds recordings.")

    from engine.evaluation import run
    from engine.evaluation.table import markdown, table, write

    size = run.QUICK if quick else run.FULL
    drawing = find_spec("matplotlib") is not None
    found = run.evaluate(subjects, size, device, real, out=out if drawing else None, watch=watch)
    written = [out / RESULTS, out / "evaluation.md", out / SHEET]
    if drawing:
        return Evaluation(table(found), tuple(written), ())
    out.mkdir(parents=True, exist_ok=True)
    write(found, written[0])
    write_atomically(written[1], markdown(found).encode(), overwrite=True)
    remark = "The contact sheet needs matplotlib, which is not installed: pip install matplotlib."
    return Evaluation(table(found), tuple(written[:2]), (remark,))


def _subject(model: str) -> str:
    """A model as the evaluation takes it: an id of ours, or a folder; the user's own are folders.

    Raises:
        UnknownModel: neither.
    """
    if any(card.id == model for card in MODELS):
        return model
    mine = own.find(model)
    if mine is not None:
        return str(mine.folder)
    return model if Path(model).is_dir() else find(model).id


def _told(progress: OnProgress) -> Callable[[TeachProgress], None]:
    shown: float | None = None

    def told(one: TeachProgress) -> None:
        nonlocal shown
        loss = sum(one.losses.values())
        shown = loss if shown is None else _SMOOTHING * shown + (1 - _SMOOTHING) * loss
        progress(one.share, shown, one.seconds_left)

    return told


def _one_line(words: str) -> str:
    """Words that may stand in a card, on a screen and in a file."""
    return "".join(c if c.isprintable() else " " for c in " ".join(words.split()))[:200]


def offered() -> tuple[tuple[Offer, bool], ...]:
    """The models that can be fetched, and whether they are here."""
    return tuple((offer, (models_folder() / offer.id).exists()) for offer in OFFERS)


def fetch(name: str, folder: Path | None, mirror: str | None, on_part: OnPart) -> ModelCard:
    """Fetch a model and make it ready.

    Args:
        name: of an offer.
        folder: that holds its files, in place of the network.
        mirror: address of a copy of the hub.
        on_part: told of every piece.

    Raises:
        UnknownModel: there is no such offer.
        OnetakeError: see `engine.models.install.install`.
    """
    from engine.models.fetch import Hub, Shelf
    from engine.models.install import install

    offer = offers.find(name)
    return install(offer, Shelf(folder) if folder is not None else Hub(mirror), on_part)
