"""A folder's sounds as examples for a model: as long as the model can make, from where they sound, at one level.

Recordings are rarely one sound a file: takes follow each other with pauses between. A file that is longer than
the model's longest sound is parted at its pauses, and what is still too long is cut into even pieces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from engine.models.cards import ModelCard
from engine.training.corpus.filters import RATE
from engine.training.corpus.folder import ENDINGS, Entry, Floats, Folder, Skipped, read
from engine.training.lesson import Example
from presets.errors import InvalidRequest

MOST_FILES = 2000
"""More are not learned in minutes, and would not fit into the memory of a laptop."""

_MOST_PIECES, _MOST_IN_ALL = 8, 2000
_FRAME = RATE // 100
_QUIET_DB = -45.0  # below a file's loudest 10 ms: where a pause or a tail is over
_PAUSE = 60  # frames; steps and knocks of one sound follow each other faster
_SHORTEST = 3  # frames; what sounds for less is a click between takes
_BEFORE = round(0.005 * RATE)
_FADE_IN, _FADE_OUT = round(0.002 * RATE), round(0.02 * RATE)
_PEAK = 10 ** (-3 / 20)


@dataclass(frozen=True)
class Studied:
    """A usable file: where it is, its first caption, seconds, and how many pieces of it are learned."""

    path: Path
    caption: str
    seconds: float
    pieces: int


@dataclass(frozen=True)
class Study:
    """What there is to learn in a folder, and what was left out and why."""

    examples: tuple[Example, ...]
    files: tuple[Studied, ...]
    skipped: tuple[Skipped, ...]


def study(folder: Path, card: ModelCard) -> Study:
    """Read a folder for a model.

    Raises:
        InvalidRequest: no folder, too many files in it, a broken table of captions, or no sound that can be used.
    """
    count = sum(1 for file in folder.rglob("*") if file.suffix.lower() in ENDINGS) if folder.is_dir() else 0
    if count > MOST_FILES:
        raise InvalidRequest(
            f"{folder} holds {count} sounds; a model is taught up to {MOST_FILES}. Choose those that matter most."
        )
    found = Folder(folder)
    most = min(max(_MOST_IN_ALL // len(found.entries), 1), _MOST_PIECES)
    examples: list[Example] = []
    files = []
    for entry in found.entries:
        parts = pieces(read(entry.path), card.longest_frames * card.hop, most)
        examples += _examples(entry, parts, folder)
        files.append(Studied(entry.path, entry.captions[0], entry.seconds, len(parts)))
    return Study(tuple(examples), tuple(files), found.skipped)


def pieces(sound: Floats, longest: int, most: int = _MOST_PIECES) -> list[Floats]:
    """What is learned of a sound.

    Args:
        sound: (N,) at 44.1 kHz, not silent.
        longest: samples of the longest piece.
        most: how many pieces at most; where there are more, they are taken evenly from the whole sound.
    """
    gain = _PEAK / float(np.abs(sound).max())
    spans = _spans(sound, longest)
    chosen = np.unique(np.linspace(0, len(spans) - 1, min(most, len(spans))).round().astype(int))
    return [_cut(sound, *spans[i]) * np.float32(gain) for i in chosen]


def _examples(entry: Entry, parts: Sequence[Floats], folder: Path) -> Iterator[Example]:
    """Every piece and every caption at least once."""
    with entry.path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    name = entry.path.relative_to(folder).as_posix()
    for i in range(max(len(parts), len(entry.captions))):
        caption = entry.captions[i % len(entry.captions)]
        yield Example(torch.from_numpy(parts[i % len(parts)]), caption, name, sha256)


def _spans(sound: Floats, longest: int) -> list[tuple[int, int]]:
    """Where the pieces begin and end, in samples."""
    loud = _loud(sound)
    first, last = int(loud[0]), int(loud[-1]) + 1
    whole = _span(sound, first, last)
    if whole[1] - whole[0] <= longest:
        return [whole]
    gaps = np.flatnonzero(np.diff(loud) > _PAUSE)
    starts = [first, *(int(loud[i + 1]) for i in gaps)]
    ends = [*(int(loud[i]) + 1 for i in gaps), last]
    stretches = [(s, e) for s, e in zip(starts, ends, strict=True) if e - s >= _SHORTEST]
    parted = [_span(sound, s, e) for s, e in stretches or [(first, last)]]
    return [span for stretch in parted for span in _even(*stretch, longest)]


def _loud(sound: Floats) -> np.ndarray:
    """The frames of 10 ms in which something is heard; there is one at least."""
    whole = np.pad(sound, (0, -len(sound) % _FRAME)).reshape(-1, _FRAME)
    power = np.square(whole, dtype=np.float64).mean(axis=1)
    return np.flatnonzero(power >= power.max() * 10 ** (_QUIET_DB / 10))


def _span(sound: Floats, start: int, end: int) -> tuple[int, int]:
    return max(0, start * _FRAME - _BEFORE), min(len(sound), end * _FRAME)


def _even(start: int, end: int, longest: int) -> list[tuple[int, int]]:
    """A stretch as it is, or as the fewest pieces of full length that cover it."""
    length = end - start
    if length <= longest:
        return [(start, end)]
    begins = np.linspace(start, end - longest, -(-length // longest)).round().astype(int)
    return [(int(b), int(b) + longest) for b in begins]


def _cut(sound: Floats, start: int, end: int) -> Floats:
    piece = sound[start:end].copy()
    if start > 0:
        edge = min(_FADE_IN, len(piece))
        piece[:edge] *= np.linspace(0, 1, edge, dtype=np.float32)
    if end < len(sound):
        edge = min(_FADE_OUT, len(piece))
        piece[-edge:] *= np.linspace(1, 0, edge, dtype=np.float32)
    return piece
