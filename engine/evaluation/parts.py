"""What is measured of one model, part by part; each part fills its rows of the model's column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from engine.evaluation import attributes, take_identity
from engine.evaluation.codec_fidelity import fidelity
from engine.evaluation.diversity import diversity
from engine.evaluation.ground import FIRST_TAKE, Ground, distances
from engine.evaluation.heldout import TEST_SEED, members
from engine.evaluation.retrieval import Retrieval, relative, retrieval
from engine.evaluation.subject import Subject
from engine.evaluation.table import Column, Figure, estimated
from engine.evaluation.teacher import Teacher
from engine.evaluation.watch import Watch
from engine.models.judge import Heard
from presets.edit import is_silent
from presets.sound import Sound

Render = Callable[[str, int, int, float], Sound]
"""(prompt, seed, steps, seconds) to a sound."""


def measured(subject: Subject, there: Ground, watch: Watch, teacher: Path | None = None) -> Column:
    """All that is measured of a model."""
    column = Column(subject.name)
    drafts = _captions(subject, there, column, watch)
    if teacher is not None:
        _teacher(Teacher(subject, teacher), there, column, drafts, watch)
    _free_words(subject, there, column, watch)
    _takes(subject, there, column, watch)
    _attributes(subject, there, column, watch)
    _codec(subject, there, column, watch)
    return column


def _captions(subject: Subject, there: Ground, column: Column, watch: Watch) -> Heard:
    """Held-out captions, drafts and refined takes: retrieval, distances, how many are silent."""
    silent = 0
    real = retrieval(there.heard.scores, there.families, there.judge.families)

    def counted(sounds: Iterable[Sound]) -> Iterator[Sound]:
        nonlocal silent
        for sound in sounds:
            silent += is_silent(sound)
            yield sound

    heard: dict[int, Heard] = {}
    for steps in (1, there.size.steps):
        sounds = counted(rendered(subject.render, _label(subject, steps), there.captions, steps, there, watch))
        heard[steps] = there.judge.hear(sounds)
        found = retrieval(heard[steps].scores, there.families, there.judge.families)
        _retrieved(column, f"captions{_suffix(steps)}", found)
        if steps == 1:
            column.figures["captions: part of the judge's own"] = Figure(relative(found.first, real.first), "%")
            column.figures["captions: silent"] = Figure(silent / max(1, len(there.captions)), "%")
            column.details["captions"] = {"by_family": found.by_family, "missed": found.missed}
    draft, refined = heard[1].embeddings, heard[there.size.steps].embeddings
    distances(column, "held-out", draft, there.heard.embeddings)
    distances(column, f"held-out{_suffix(there.size.steps)}", refined, there.heard.embeddings)
    distances(column, f"draft to {there.size.steps} steps", draft, refined)
    if there.recordings is not None:
        distances(column, "recordings", draft, there.recordings)
    asked = attributes.in_captions(there.captions, there.families)
    _truths(column, "captions", [one for _, one in asked], heard[1], [i for i, _ in asked])
    return heard[1]


def _teacher(teacher: Teacher, there: Ground, column: Column, drafts: Heard, watch: Watch) -> None:
    """The same captions and noise by the teacher, and the drafts' distance beside its own."""
    steps = there.size.teacher_steps
    sounds = rendered(teacher.render, f"teacher: {steps} steps", there.captions, steps, there, watch)
    heard = there.judge.hear(sounds)
    _retrieved(
        column, f"captions, teacher {steps} steps", retrieval(heard.scores, there.families, there.judge.families)
    )
    distances(column, f"held-out, teacher {steps} steps", heard.embeddings, there.heard.embeddings)
    distances(column, f"draft to teacher {steps} steps", drafts.embeddings, heard.embeddings)
    own = column.figures["Fréchet: held-out"].value
    of_teacher = column.figures[f"Fréchet: held-out, teacher {steps} steps"].value
    column.figures["Fréchet: draft's over teacher's"] = Figure(own / of_teacher if of_teacher else 0.0)


def _free_words(subject: Subject, there: Ground, column: Column, watch: Watch) -> None:
    prompts, families = [p for p, _ in there.prompts], [f for _, f in there.prompts]
    real = retrieval(there.heard.scores, there.families, there.judge.families)
    for steps in (1, there.size.steps):
        sounds = rendered(subject.render, _label(subject, steps), prompts, steps, there, watch)
        found = retrieval(there.judge.hear(sounds).scores, families, there.judge.families)
        _retrieved(column, f"free words{_suffix(steps)}", found)
        if steps == 1:
            column.figures["free words: part of the judge's own"] = Figure(relative(found.first, real.first), "%")
            column.details["free words"] = {"by_family": found.by_family, "missed": found.missed}


def _takes(subject: Subject, there: Ground, column: Column, watch: Watch) -> None:
    """Many seeds of a few prompts: identity and diversity."""
    identities: dict[str, take_identity.Identity] = {}
    spreads = {}
    for family, caption in _some_prompts(there):
        what, count = f"{subject.name}: takes of {family}", there.size.seeds
        again = [caption] * count
        drafts = list(rendered(subject.render, what, again, 1, there, watch))
        refined = list(rendered(subject.render, what, again, there.size.steps, there, watch))
        identities[family] = take_identity.identity(drafts, refined)
        real = there.judge.hear(members(family, count, there.size.seconds, TEST_SEED))
        spreads[family] = diversity(there.judge.hear(drafts).embeddings, real.embeddings)
    found = list(identities.values())
    column.figures["identity: nearest is its own"] = estimated(take_identity.rate(found), "%")
    column.figures["identity: of the worst prompt"] = Figure(min(one.hits / one.takes for one in found), "%")
    column.figures["identity: own correlation"] = Figure(float(np.mean([one.own for one in found])))
    column.figures["identity: other seeds' correlation"] = Figure(float(np.mean([one.others for one in found])))
    column.figures["identity: margin"] = Figure(float(np.mean([one.margin for one in found])))
    column.figures["diversity: takes"] = Figure(float(np.mean([one.takes for one in spreads.values()])))
    column.figures["diversity: real"] = Figure(float(np.mean([one.real for one in spreads.values()])))
    column.details["identity"] = {family: asdict(one) for family, one in identities.items()}
    column.details["diversity"] = {family: asdict(one) for family, one in spreads.items()}


def _attributes(subject: Subject, there: Ground, column: Column, watch: Watch) -> None:
    asked = attributes.prompts() * there.size.attribute_seeds
    prompts = [one.prompt for one in asked]
    sounds = rendered(subject.render, f"{subject.name}: attributes", prompts, 1, there, watch)
    heard = there.judge.hear(sounds)
    _truths(column, "asked", asked, heard, range(len(asked)))


def _codec(subject: Subject, there: Ground, column: Column, watch: Watch) -> None:
    sounds = there.some[: there.size.codec]
    latents, maps = fidelity(subject.through_codec, sounds, watch), fidelity(subject.through_maps, sounds, watch)
    for name, found in (("codec", latents), ("its maps alone", maps)):
        column.figures[f"{name}: spectral distance, mean"] = Figure(float(np.mean(found.lsd_db)), "dB")
        column.figures[f"{name}: spectral distance, worst"] = Figure(float(np.max(found.lsd_db)), "dB")
        column.figures[f"{name}: tone error, median"] = Figure(float(np.median(found.cents)), "cents")
        column.figures[f"{name}: tone error, worst"] = Figure(float(np.max(found.cents)), "cents")
        column.figures[f"{name}: onset smear, mean"] = Figure(float(np.mean(found.smear_ms)), "ms")
        column.figures[f"{name}: floor after a tone"] = Figure(found.floor_db, "dBFS")
        column.figures[f"{name}: floor of silence"] = Figure(found.silent_db, "dBFS")
        rows = zip(there.families, there.captions, found.lsd_db, strict=False)
        column.details[name] = {**asdict(found), "worst": sorted(rows, key=lambda row: -row[2])[:10]}


def rendered(
    render: Render, what: str, prompts: Sequence[str], steps: int, there: Ground, watch: Watch
) -> Iterator[Sound]:
    """A sound for each prompt, the seeds following each other from the evaluation's first one."""
    for i, prompt in enumerate(prompts):
        yield render(prompt, FIRST_TAKE + i, steps, there.size.seconds)
        watch(what, i + 1, len(prompts))


def _retrieved(column: Column, name: str, found: Retrieval) -> None:
    column.figures[f"{name}: family"] = estimated(found.first, "%")
    column.figures[f"{name}: among five"] = estimated(found.among_five, "%")


def _truths(
    column: Column, name: str, asked: Sequence[attributes.Asked], heard: Heard, rows: Sequence[int]
) -> None:
    truth = attributes.truth(asked, [heard.plain[i] for i in rows])
    for pair, estimate in truth.items():
        column.figures[f"{name}: {pair}"] = estimated(estimate)


def _some_prompts(there: Ground) -> list[tuple[str, str]]:
    """(family, caption): the first caption of each family, evenly spaced over the families' names."""
    first: dict[str, str] = {}
    for family, caption in zip(there.families, there.captions, strict=True):
        first.setdefault(family, caption)
    names = sorted(first)
    places = np.linspace(0, len(names) - 1, min(there.size.takes, len(names))).round().astype(int)
    return [(names[i], first[names[i]]) for i in places]


def _label(subject: Subject, steps: int) -> str:
    return f"{subject.name}: {'drafts' if steps == 1 else f'{steps} steps'}"


def _suffix(steps: int) -> str:
    return "" if steps == 1 else f", {steps} steps"
