"""How well a sound fits words, for the engine's process: the judge, and where the sounds lie that it may hear.

A file named by a client is only read inside the folder which that client said at first. Judge and words are loaded
when the first sound is judged, so that a draft costs nothing more. The words are always the starter's own reading,
because the judge was trained on it; where another model is loaded the starter's text is loaded beside it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from engine.local import Engine
from engine.models.catalog import STARTER
from engine.plain import Floats
from presets.errors import InvalidRequest
from presets.export import wav
from presets.sound import Sound

LONGEST = 60.0
"""Seconds of a sound that are heard: what comes later changes little and would keep drafts waiting."""


class Opinion(NamedTuple):
    """fit: cosine of sound and words, -1 .. 1. mark: (128,) the sound's unit vector."""

    fit: float
    mark: Floats


def inside(path: Path, folder: Path | None) -> Path:
    """A sound's place, where it lies in a folder or below it, links followed.

    Raises:
        InvalidRequest: it lies elsewhere, there is no such folder, or it is no file.
    """
    try:
        place = path.resolve()
        is_inside = folder is not None and place.is_relative_to(folder.resolve())
        is_file = is_inside and place.is_file()  # a pipe would wait for ever
    except (OSError, ValueError) as error:
        raise InvalidRequest(f"That is no place of a sound: {error}. Ask for another one.") from error
    if not is_inside:
        raise InvalidRequest(f"{path.name} lies outside the session. Only sounds of the session are judged.")
    if not is_file:
        raise InvalidRequest(f"{path.name} is gone. It is made again when it is wanted.")
    return place


def read(path: Path) -> Sound:
    """The first minute of a WAV.

    Raises:
        UnreadableFile: it is gone or broken.
    """
    sound = wav.read(path).sound
    most = round(LONGEST * sound.rate)
    return sound if sound.frames <= most else Sound(np.ascontiguousarray(sound.samples[:, :most]), sound.rate)


class Judging:
    """The judge and its reading of words."""

    def __init__(self) -> None:
        """Nothing is loaded yet."""
        self._reader: Engine | None = None
        self._words = lru_cache(64)(self._read)

    def opinion(self, sound: Sound, text: str, loaded: Engine | None = None) -> Opinion:
        """What the judge makes of a sound and words.

        Args:
            sound: any length, rate and level.
            text: the words.
            loaded: the engine that is loaded anyway; it reads the words if it is the starter.

        Raises:
            BadWeights: the judge's weights, or the starter's, are missing or altered.
        """
        from engine.models import judge  # noqa: PLC0415 (torch is loaded with the first sound, not with the process)

        if self._reader is None:
            is_starter = loaded is not None and loaded.card.id == STARTER.id
            self._reader = loaded if is_starter else Engine(STARTER.id, "cpu")
        mark = judge.load().hear([sound]).embeddings[0]
        # Not `@`: NumPy's BLAS lets its thread spin for 0.1 s after a product, in an engine that should be idle.
        return Opinion(float(np.einsum("d,d->", mark, self._words(text))), mark)

    def _read(self, text: str) -> Floats:
        from engine.models import judge  # noqa: PLC0415

        assert self._reader is not None
        words: Floats = judge.load().read(np.array([self._reader.embed(text)], np.float32))[0]
        return words
