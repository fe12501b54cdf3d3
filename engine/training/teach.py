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
from engine.training.adapter import Adapter
from engine.training.lesson import Example, Lesson, Teaching
from presets.errors import InvalidRequest
from presets.files import safe_name, write_atomically

ADAPTER = "adapter.safetensors"
PROVENANCE = "provenance.json"


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
        out: its folder, made where it is missing.
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
        InvalidRequest: no sounds, no name, or no time.
        BadWeights: the base cannot be read.
        NotWritten: the folder cannot be written.
    """
    _check(sounds, base, name, minutes)
    how = teaching or Teaching()
    model = load(base, choose(device).torch)
    lesson = Lesson(model, sounds, how, seed)
    try:
        done = _trained(lesson, minutes, steps, progress, cancel)
    finally:
        lesson.close()
    return _written(lesson.adapter, base, name, out, licence, _provenance(sounds, base, name, licence, how, done))


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
    return {
        "format": "onetake-taught",
        "version": 1,
        "name": name,
        "base": base.id,
        "base_hash": base.model_hash,
        "licence": licence,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "onetake": installed_version("onetake"),
        "count": len(sounds),
        "files": [{"name": s.file, "sha256": s.sha256, "caption": s.caption} for s in sounds],
        "teaching": asdict(how),
        **done,
    }


def _written(
    adapter: Adapter, base: ModelCard, name: str, out: Path, licence: str, provenance: dict[str, object]
) -> ModelCard:
    """The model's folder: the base's files, the adapter, the provenance, and the card, last."""
    out.mkdir(parents=True, exist_ok=True)
    for file in base.files:
        write_atomically(out / file.name, (base.folder / file.name).read_bytes(), overwrite=True)
    count = provenance["count"]
    source = f"{base.training_data}; then {count} sounds of a folder"
    adapter.write(out / ADAPTER, licence, source)
    write_atomically(out / PROVENANCE, json.dumps(provenance, indent=1).encode(), overwrite=True)
    card = replace(
        base,
        id=safe_name(name),
        title=f"{name}: {base.id}, taught {count} sounds",
        folder=out,
        files=(*base.files, cards.described("adapter", out / ADAPTER)),
        licence=f"{base.licence}; taught sounds: {licence}",
        training_data=source,
    )
    cards.write(card)
    return card
