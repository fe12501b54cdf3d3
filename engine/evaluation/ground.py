"""What every model is measured against: the judge, and real sounds as the judge hears them.

Made once for all models of a table, so that they are asked the same prompts with the same seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.evaluation import attributes, frechet
from engine.evaluation.heldout import TEST_SEED, recordings, unmixed
from engine.evaluation.intervals import normal
from engine.evaluation.retrieval import free_prompts, retrieval
from engine.evaluation.table import Column, Figure, estimated
from engine.evaluation.watch import Watch, nobody
from engine.models.judge import Heard, Judge
from engine.plain import Floats
from presets.sound import Sound

FIRST_TAKE = 7_000_000
"""Seed of the first take that is rendered for evaluation."""

_OTHER_SEED = TEST_SEED + 100


@dataclass(frozen=True)
class Size:
    """How much is measured.

    corpus: held-out captions, and as many real sounds. prompts: of those in free words. steps: of a refined take.
    takes, seeds: prompts whose identity and diversity are measured, and seeds of each. codec: real sounds through
    the codec. attribute_seeds: of every attribute prompt. seconds: of every sound. teacher_steps: where there is
    a teacher.
    """

    corpus: int
    prompts: int
    steps: int
    takes: int
    seeds: int
    codec: int
    attribute_seeds: int
    seconds: float
    teacher_steps: int


FULL = Size(2048, 200, 8, 16, 64, 64, 8, 3.0, 40)
QUICK = Size(192, 200, 8, 4, 16, 24, 2, 3.0, 40)


@dataclass(frozen=True)
class Ground:
    """The judge, and what it makes of the real sounds.

    captions, families: of the held-out sounds. heard: the judge on them; other: its embeddings of another such
    set; recordings: of a user's folder, or None. some: the first few sounds.
    """

    judge: Judge
    size: Size
    captions: tuple[str, ...]
    families: tuple[str, ...]
    heard: Heard
    other: Floats
    recordings: Floats | None
    some: tuple[Sound, ...]
    prompts: tuple[tuple[str, str], ...]


def ground(judge: Judge, size: Size, folder: Path | None = None, watch: Watch = nobody) -> Ground:
    """Draw the held-out sounds and hear them.

    Raises:
        UnreadableFile: the folder holds no sounds, or one that cannot be read.
    """
    captions: list[str] = []
    families: list[str] = []
    some: list[Sound] = []
    kept = max(size.codec, 12)

    def sounds() -> Iterator[Sound]:
        for real in unmixed(TEST_SEED, size.corpus, size.seconds, watch):
            if real.family not in judge.families:  # newer than the judge: it cannot say whether it is right
                continue
            captions.append(real.caption)
            families.append(real.family)
            if len(some) < kept:
                some.append(real.sound)
            yield real.sound

    heard = judge.hear(sounds())
    other = judge.hear(real.sound for real in unmixed(_OTHER_SEED, size.corpus, size.seconds, watch))
    own = None if folder is None else judge.hear(recordings(folder, size.seconds)).embeddings
    everything = free_prompts()
    every = max(1, len(everything) // size.prompts)
    return Ground(
        judge,
        size,
        tuple(captions),
        tuple(families),
        heard,
        other.embeddings,
        own,
        tuple(some),
        tuple(everything[::every][: size.prompts]),
    )


def real_column(there: Ground) -> Column:
    """What the judge says of the real sounds: the most that a model can be told to reach."""
    column = Column("real sounds")
    found = retrieval(there.heard.scores, there.families, there.judge.families)
    column.figures["captions: family"] = estimated(found.first, "%")
    column.figures["captions: among five"] = estimated(found.among_five, "%")
    distances(column, "held-out", there.heard.embeddings, there.other)
    if there.recordings is not None:
        distances(column, "recordings", there.heard.embeddings, there.recordings)
    asked = attributes.in_captions(there.captions, there.families)
    truth = attributes.truth([one for _, one in asked], [there.heard.plain[i] for i, _ in asked])
    for name, estimate in truth.items():
        column.figures[f"captions: {name}"] = estimated(estimate)
    column.details["by_family"] = found.by_family
    return column


def distances(column: Column, name: str, sounds: Floats, others: Floats) -> None:
    """Fréchet's and the kernel distance of two sets of embeddings, as figures."""
    column.figures[f"Fréchet: {name}"] = Figure(frechet.frechet(sounds, others))
    column.figures[f"kernel: {name}"] = estimated(normal(*frechet.kernel(sounds, others)), "x 1000")
