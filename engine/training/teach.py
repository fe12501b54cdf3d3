"""Teaching a finished model the sounds of a folder: from examples to a model's folder with its provenance.

How a step learns is in lesson.py. What is written is the base's files unchanged, a small adapter, and what the
model was taught: with which files, by their hashes, for how long, from which base, under which licence.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path

from engine.device import choose
from engine.errors import Cancelled
from engine.models import cards
from engine.models.catalog import ModelCard
from engine.models.load import load
from engine.models.own import PROVENANCE
from engine.models.whole_folder import appearing, check_place
from engine.training.adapter import Adapter
from engine.training.lesson import Example, Lesson, Teaching
from presets.errors import InvalidRequest
from presets.files import write_atomically

ADAPTER = "adapter.safetensors"
_ROOM = 16_000_000  # bytes for the adapter and what tells of it


@dataclass(frozen=True)
class TeachProgress:
    """How far it is: share 0 .. 1, steps, seconds left, and the losses of the last step."""

    share: float
    step: int
    seconds_left: float
    losses: dict[str, float]


def teach(
    sounds: Sequence[Example],
    base: ModelCard,
    name: str,
    out: Path,
    minutes: float,
    licence: str,
    progress: Callable[[TeachProgress], None] = lambda told: None,
    cancel: Callable[[], bool] = lambda: False,
    *,
    steps: int | None = None,
    device: str = "cpu",
    seed: int = 0,
    teaching: Teaching | None = None,
) -> ModelCard:
    """Teach a model the sounds of a folder; writes a model of its own into `out`.

    Args:
        sounds: what to learn, at least one.
        base: the model that is adapted; it stays as it is.
        name: what the new model is called.
        out: its folder, which appears when all of it is written; the model is called as the folder is.
        minutes: how long to train.
        licence: of the folder's sounds, as the user says.
        progress: told after every step.
        cancel: asked after every step.
        steps: end after so many even if minutes are left.
        device: what trains.
        seed: of the adapter and all that is drawn.
        teaching: how; the default suits the starter on a CPU.

    Returns:
        The new model's card; `load(card, device)` gives the model.

    Raises:
        Cancelled: by `cancel`; nothing is written.
        InvalidRequest: no sounds, no name, no time, or a folder that is there already.
        BadWeights: the base cannot be read.
        NotWritten: the folder cannot be written; as far as that can be known, before anything is learned.
    """
    _check(sounds, base, name, minutes)
    how = teaching or Teaching()
    check_place(out, base.bytes + _ROOM)
    model = load(base, choose(device).torch)
    lesson = Lesson(model, sounds, how, seed)
    try:
        done = _trained(lesson, minutes, steps, progress, cancel)
    finally:
        lesson.close()
    provenance = _provenance(sounds, base, name, licence, how, done)
    with appearing(out) as folder:
        card = _written(lesson.adapter, base, out.name, folder, provenance)
    return replace(card, folder=out)


def _trained(
    lesson: Lesson,
    minutes: float,
    steps: int | None,
    progress: Callable[[TeachProgress], None],
    cancel: Callable[[], bool],
) -> dict[str, float]:
    """Steps until the time or their number is used up; figures for the provenance."""
    started, step, share, losses = time.monotonic(), 0, 0.0, dict[str, float]()
    while share < 1.0:
        if cancel():
            raise Cancelled("Teaching was cancelled; nothing was written.")
        losses = lesson.step(step, share)
        step += 1
        seconds = time.monotonic() - started
        share = min(1.0, max(seconds / (60 * minutes), step / steps if steps else 0.0))
        progress(TeachProgress(share, step, seconds / share - seconds, losses))
    return {"steps": step, "seconds": round(time.monotonic() - started, 1), **losses}


def _check(sounds: Sequence[Example], base: ModelCard, name: str, minutes: float) -> None:
    if base.has("adapter"):
        raise InvalidRequest(f"{base.id} was taught already. Teach the model that it was made from.")
    if not sounds:
        raise InvalidRequest("There is nothing to learn: the folder holds no sounds with captions.")
    if not name.strip():
        raise InvalidRequest('The new model needs a name, for example "My metal".')
    if minutes <= 0:
        raise InvalidRequest(f"Teaching takes time: ask for more than {minutes:g} minutes.")


def _provenance(
    sounds: Sequence[Example], base: ModelCard, name: str, licence: str, how: Teaching, done: dict[str, float]
) -> dict[str, object]:
    """What the model was made from; of a long file several pieces are learned, and counted once."""
    files: dict[str, dict[str, object]] = {}
    for sound in sounds:
        known = files.setdefault(sound.file, {"name": sound.file, "sha256": sound.sha256, "captions": []})
        captions = known["captions"]
        assert isinstance(captions, list)
        if sound.caption not in captions:
            captions.append(sound.caption)
    return {
        "format": "onetake-taught",
        "version": 1,
        "name": name,
        "base": base.id,
        "base_hash": base.model_hash,
        "licence": licence,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "onetake": installed_version("onetake"),
        "count": len(files),
        "examples": len(sounds),
        "files": list(files.values()),
        "teaching": asdict(how),
        **done,
    }


def _written(
    adapter: Adapter, base: ModelCard, model: str, folder: Path, provenance: dict[str, object]
) -> ModelCard:
    """The model's folder: the base's files, the adapter, the provenance, and the card, last."""
    for file in base.files:
        write_atomically(folder / file.name, (base.folder / file.name).read_bytes())
    name, licence, count = (provenance[key] for key in ("name", "licence", "count"))
    source = f"{base.training_data}; then {count} sound files of a folder"
    adapter.write(folder / ADAPTER, str(licence), source)
    write_atomically(folder / PROVENANCE, json.dumps(provenance, indent=1).encode())
    card = replace(
        base,
        id=model,
        title=f"{name}: {base.id}, taught {count} sound files",
        folder=folder,
        files=(*base.files, cards.described("adapter", folder / ADAPTER)),
        licence=f"{base.licence}; taught sounds: {licence}",
        training_data=source,
    )
    cards.write(card)
    return card
