"""A folder of real sounds as a corpus: the same clips, by the same rule, from files instead of procedures.

Every file is read once when the folder is opened: a training that runs through the night should not stop at a
broken one. What cannot be used is left out and told, with the reason.
"""

from __future__ import annotations

import importlib
import random
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from engine.training.corpus.chunks import SHORTEST, Clips
from engine.training.corpus.family import sub_seed
from engine.training.corpus.filters import RATE
from engine.training.corpus.labels import captions_of, table
from presets.errors import InvalidRequest, OnetakeError
from presets.export import wav

Floats = NDArray[np.float32]

ENDINGS = frozenset({".wav", ".flac", ".aif", ".aiff", ".ogg"})
_KEPT_SAMPLES = 256 << 20
"""Samples that stay in memory: 1 GiB, 100 minutes."""
_SILENT = 1e-4
"""Peak below which a file is silence: -80 dBFS."""
_LONGEST = 3600.0
_TRIES = 8
_EDGE = 0.004


@dataclass(frozen=True)
class Entry:
    """A usable file: where it is, its captions, seconds."""

    path: Path
    captions: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class Skipped:
    """A file that was left out, and why, in a sentence for a person."""

    path: Path
    reason: str


class Folder:
    """The sounds of a folder and all below it, in the order of their names."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise InvalidRequest(f"{path} is not a folder. Give the folder that holds the sounds.")
        self.path = path
        self._kept: OrderedDict[Path, Floats] = OrderedDict()
        self._kept_samples = 0
        listed = table(path)
        entries: list[Entry] = []
        skipped: list[Skipped] = []
        for file in sorted(
            f for f in path.rglob("*") if f.suffix.lower() in ENDINGS and not f.name.startswith(".")
        ):
            found = self._examined(file, captions_of(file, listed))
            if isinstance(found, Entry):
                entries.append(found)
            else:
                skipped.append(found)
        self.entries, self.skipped = tuple(entries), tuple(skipped)
        if not entries:
            raise InvalidRequest(_nothing(path, self.skipped))

    def chunk(self, seed: int, k: int, count: int = 64, seconds: float = 6.0, device: str = "cpu") -> Clips:
        """Chunk number k: every clip a random file, at a random place, under one of its captions.

        A file that is longer is cut, at a place where it sounds; a shorter one is followed by silence. Facts:
        start (seconds into the file), seconds (of the file in the clip), level (peak, dBFS).
        """
        if count < 1 or seconds < SHORTEST:
            raise InvalidRequest(f"Ask for at least one clip of at least {SHORTEST} s.")
        samples = round(seconds * RATE)
        rng = random.Random(sub_seed("folder", seed, k, count, samples))  # noqa: S311  no secret
        audio = np.zeros((count, samples), np.float32)
        captions, facts = [], []
        for row in audio:
            entry = rng.choice(self.entries)
            captions.append(rng.choice(entry.captions))
            facts.append(_cut(self._sound(entry.path), row, rng))
        return Clips(torch.from_numpy(audio).to(device), tuple(captions), ("folder",) * count, tuple(facts))

    def _examined(self, file: Path, captions: tuple[str, ...]) -> Entry | Skipped:
        if not captions:
            return Skipped(file, "nothing says what it is. Name it, or put a text file of the same name beside it")
        try:
            sound = self._sound(file)
        except OnetakeError as error:
            return Skipped(file, str(error))
        if not np.isfinite(sound).all():
            reason = "it holds numbers that are no sound (NaN or infinite)"
        elif len(sound) == 0 or float(np.abs(sound).max()) < _SILENT:
            reason = "it is silent"
        else:
            return Entry(file, captions, len(sound) / RATE)
        self._kept_samples -= len(self._kept.pop(file, np.empty(0)))
        return Skipped(file, reason)

    def _sound(self, file: Path) -> Floats:
        if file in self._kept:
            self._kept.move_to_end(file)
            return self._kept[file]
        sound = read(file)
        self._kept[file] = sound
        self._kept_samples += len(sound)
        while self._kept_samples > _KEPT_SAMPLES and len(self._kept) > 1:
            self._kept_samples -= len(self._kept.popitem(last=False)[1])
        return sound


def read(file: Path) -> Floats:
    """A sound file as mono float32 (N,) at 44.1 kHz.

    Raises:
        OnetakeError: it cannot be read, or lasts longer than an hour.
    """
    samples, rate = _read_wav(file) if file.suffix.lower() == ".wav" else _read_other(file)
    if samples.shape[0] > _LONGEST * rate:
        raise InvalidRequest(f"{file.name} is longer than an hour. Cut it into sounds.")
    mono = samples.mean(axis=1, dtype=np.float32) if samples.shape[0] else np.zeros(0, np.float32)
    if rate == RATE:
        return np.ascontiguousarray(mono)
    return soxr.resample(mono, rate, RATE, quality="VHQ").astype(np.float32)


def _read_wav(file: Path) -> tuple[Floats, int]:
    sound = wav.read(file).sound
    return sound.samples.T, sound.rate


def _read_other(file: Path) -> tuple[Floats, int]:
    """Frames (N, C) and rate of a FLAC, AIFF or Ogg."""
    try:
        # An extra that only training needs: whoever renders sounds never loads it.
        soundfile: Any = importlib.import_module("soundfile")
    except ImportError as error:
        raise InvalidRequest(f"To read {file.name}, install soundfile: pip install 'onetake[train]'.") from error
    try:
        samples, rate = soundfile.read(str(file), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise InvalidRequest(f"{file.name} cannot be read: {error}.") from error
    return samples, int(rate)


def _cut(sound: Floats, into: Floats, rng: random.Random) -> dict[str, float]:
    """Put a stretch of the sound into a row of silence; what was done."""
    length = min(len(sound), len(into))
    start = _place(sound, length, rng)
    piece = sound[start : start + length].copy()
    edge = np.minimum(1.0, np.arange(1, length + 1, dtype=np.float32) / (_EDGE * RATE))
    if start > 0:
        piece *= edge
    if start + length < len(sound):
        piece *= edge[::-1]
    level = rng.uniform(-12, -1)
    into[:length] = piece * (10 ** (level / 20) / max(float(np.abs(piece).max()), _SILENT))
    return {"start": start / RATE, "seconds": length / RATE, "level": level}


def _place(sound: Floats, length: int, rng: random.Random) -> int:
    """A random start whose stretch is not much quieter than the loudest of a few."""
    last = len(sound) - length
    starts = [rng.randint(0, last) for _ in range(_TRIES)]
    if last == 0:
        return 0
    energy = [float(np.square(sound[s : s + length], dtype=np.float64).mean()) for s in starts]
    enough = 0.1 * max(energy)
    return next(s for s, e in zip(starts, energy, strict=True) if e >= enough)


def _nothing(path: Path, skipped: tuple[Skipped, ...]) -> str:
    if not skipped:
        return f"{path} holds no sounds. Put WAV or FLAC files there."
    worst = "; ".join(f"{s.path.name}: {s.reason}" for s in skipped[:3])
    more = max(0, len(skipped) - 3)
    return f"No sound in {path} can be used. {worst}" + (f"; and {more} more." if more else ".")
