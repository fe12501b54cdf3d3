"""Real sounds that no model was trained on: held-out seeds of the corpus, and folders of recordings.

The corpus is procedural, so a seed that nobody trains with is a test set of any size that never has to be
stored. Training uses small seeds; the ones here are for evaluation only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.evaluation.watch import Watch, nobody
from engine.plain import RATE
from engine.training.corpus.chunks import Clips, chunk, family
from engine.training.corpus.registry import FAMILIES
from presets.errors import UnreadableFile
from presets.export import wav
from presets.sound import Sound

FIRST_SEED = 910_000_000
"""Corpus seeds from here on are for evaluation; no model is trained on them."""

JUDGE_SEED, CHECK_SEED, TEST_SEED = range(FIRST_SEED, FIRST_SEED + 3)
"""What the judge learns from; what it is checked on; what models are measured on."""

_CHUNK = 64
_MIXED = re.compile(r"[+>]")
_READ = (".wav", ".flac", ".aif", ".aiff", ".ogg")


@dataclass(frozen=True)
class Real:
    """A real sound, what it was described as, and its families, the first one the main one."""

    sound: Sound
    caption: str
    families: tuple[str, ...]

    @property
    def family(self) -> str:
        """The main family."""
        return self.families[0]


def family_names() -> tuple[str, ...]:
    """The families that there are, in alphabetical order."""
    return tuple(sorted(FAMILIES))


def of_chunk(seed: int, k: int, count: int, seconds: float, mixed: float = 0.2) -> list[Real]:
    """The sounds of one chunk of the corpus; `mixed` is the share of sounds of two families."""
    return _reals(chunk(seed, k, count, seconds, "cpu", mixed))


def unmixed(seed: int, count: int, seconds: float, watch: Watch = nobody) -> Iterator[Real]:
    """`count` sounds of a single family each, so that a prompt has one right answer."""
    for first in range(0, count, _CHUNK):
        yield from of_chunk(seed, first // _CHUNK, _CHUNK, seconds, 0.0)[: count - first]
        watch("held-out sounds", min(first + _CHUNK, count), count)


def members(name: str, count: int, seconds: float, seed: int) -> list[Sound]:
    """Sounds of one family."""
    return [real.sound for real in _reals(family(name, count, seconds, seed))]


def recordings(folder: Path, longest: float) -> list[Sound]:
    """The sounds of a folder, in the order of their names, each at 44.1 kHz, mono and cut to `longest` seconds.

    Raises:
        UnreadableFile: there is none, or one that cannot be read; the sentence says which.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _READ)
    if not paths:
        raise UnreadableFile(f"{folder} holds no sounds. Give a folder with {', '.join(_READ)} files.")
    return [_mono(_read(path), longest) for path in paths]


def _reals(drawn: Clips) -> list[Real]:
    return [
        Real(Sound(one[None], RATE), caption, tuple(_MIXED.split(name)))
        for one, caption, name in zip(drawn.audio.numpy(), drawn.captions, drawn.families, strict=True)
    ]


def _mono(sound: Sound, longest: float) -> Sound:
    mean = sound.samples.mean(axis=0, keepdims=True)
    there = Sound(np.ascontiguousarray(mean[:, : round(longest * sound.rate)]), sound.rate)
    return there.resampled(RATE)


def _read(path: Path) -> Sound:
    if path.suffix.lower() == ".wav":
        return wav.read(path).sound
    try:
        import soundfile  # noqa: PLC0415 (comes with the training packages)
    except ImportError as error:
        raise UnreadableFile(f"{path.name} needs the Python package soundfile: pip install soundfile.") from error
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise UnreadableFile(f"{path} cannot be read: {error}.") from error
    return Sound(np.ascontiguousarray(samples.T), int(rate))
