"""The whole evaluation: the ground, then model after model, then table, JSON and contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from engine.evaluation import sheet
from engine.evaluation.ground import FULL, QUICK, Size, ground, real_column
from engine.evaluation.parts import measured
from engine.evaluation.subject import Subject
from engine.evaluation.table import Results, markdown, write
from engine.evaluation.watch import Watch, nobody
from engine.models import judge as judges
from engine.plan import RENDERER
from presets.errors import InvalidRequest
from presets.files import write_atomically

__all__ = ["FULL", "QUICK", "Size", "evaluate"]


def evaluate(
    models: Sequence[str],
    size: Size = FULL,
    device: str = "cpu",
    recordings: Path | None = None,
    teacher: Path | None = None,
    out: Path | None = None,
    watch: Watch = nobody,
) -> Results:
    """Measure models side by side, with the same prompts and seeds.

    Args:
        models: ids of the catalog, or folders of packed weights.
        size: how much is measured.
        device: where the models run.
        recordings: a folder of real sounds to compare with.
        teacher: packed weights of the teacher that the first model learned from.
        out: a folder for evaluation.json, evaluation.md and sheet.png; None writes nothing.
        watch: called after every sound; may raise.

    Raises:
        Cancelled: by `watch`; nothing is written.
        OnetakeError: a model or a folder that cannot be read, or a file that cannot be written.
    """
    if not models:
        raise InvalidRequest("Name at least one model to evaluate. onetake models lists them.")
    subjects = [Subject(model, device) for model in models]
    if len({subject.name for subject in subjects}) < len(subjects):
        raise InvalidRequest("Two of the models have the same name. Rename the folder of one of them.")
    there = ground(judges.load(), size, recordings, watch)
    columns = [measured(one, there, watch, teacher if i == 0 else None) for i, one in enumerate(subjects)]
    hashes = {subject.name: subject.card.model_hash for subject in subjects}
    settings = {**asdict(size), "device": device, "renderer": RENDERER, "models": hashes}
    results = Results((real_column(there), *columns), settings)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write(results, out / "evaluation.json")
        write_atomically(out / "evaluation.md", markdown(results).encode(), overwrite=True)
        sheet.write(sheet.strips(subjects, there, watch), out / "sheet.png")
    return results
