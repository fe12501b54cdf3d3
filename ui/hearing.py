"""From a version on disk to what is seen and heard of it: runs in a worker's thread, knows no window.

The native WAV stays as it is; what is played is Edit(Sound) in a file of its own, so that the audio process reads
finished sounds only and what is heard is what a kept file holds.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from engine.local import correlation
from presets import edit as edits
from presets.character import is_bed
from presets.export import version as versions
from presets.export import wav
from presets.schema import Edit, Slot, Version
from presets.sound import Sound
from ui.kept import keep
from ui.session import Session
from ui.shelf import Heard, Made, WetHeard, heard_name

COLUMNS = 480
KEPT_RATE = 48_000
ENOUGH = 0.985
"""Log-mel correlation of two versions above which more steps are not heard."""

_CEILING_DB = -0.1
_LEAST_GAIN_DB, _MOST_GAIN_DB, _GAIN_SPAN_DB = -60.0, 24.0, 84.0  # of the built-in effect "gain"
_DEEP, _BRIGHT = 250.0, 6000.0  # Hz
_WINDOW, _ROWS, _MOST_COLUMNS = 1024, 160, 900
_LOWEST, _RANGE_DB = 40.0, 80.0
_AT_ONCE = 24  # frames; a transform keeps Python's lock, and the window waits for it


def prepare(session: Session, made: Made, edit: Edit) -> Heard:
    """A version as it is heard, in a file that can be played.

    Raises:
        UnreadableFile: the version's own file is gone or broken.
        NotWritten: the disk is full.
    """
    began = time.perf_counter()
    name = heard_name(made, edit)
    path = session.heard / f"{name}.wav"
    native = wav.read(made.path).sound
    sound = edits.apply(native, edit, made.version.match_db)
    if not path.is_file():
        wav.write(path, sound, depth="32f", overwrite=True, durable=False)
    return seen(name, path, sound, began, is_bed(made.version.recipe.prompt))


def preview(path: Path, edit: Edit) -> Heard:
    """How a refinement looks on its way; its file is gone afterwards.

    Raises:
        UnreadableFile: the file is gone already.
    """
    began = time.perf_counter()
    sound = edits.apply(wav.read(path).sound, edit)
    path.unlink(missing_ok=True)  # nobody looks at a step twice
    return seen(path.stem, path, sound, began)


def seen(name: str, path: Path, sound: Sound, began: float, bed: bool = False) -> Heard:
    """How a sound looks, and where it lies. bed: whether its level goes by its loudness."""
    lows, tint = peaks(sound)
    wanted = edits.own_gain(sound, bed)
    return Heard(name, path, sound.seconds, lows, tint, wanted, time.perf_counter() - began)


def peaks(sound: Sound, columns: int = COLUMNS) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Lowest and highest sample of each column (2, columns), and its brightness (columns,), 0 deep to 1 bright.

    Brightness is the mean frequency of a column's power, on a scale of octaves between 250 Hz and 6 kHz.
    """
    mono = sound.samples.mean(axis=0)
    columns = max(1, min(columns, mono.size))
    edges = np.linspace(0, mono.size, columns + 1).astype(np.intp)[:-1]
    shape = np.stack([np.minimum.reduceat(mono, edges), np.maximum.reduceat(mono, edges)]).astype(np.float32)
    # Rate of change against level: for a tone it is 2 pi f / rate, so no spectrum is needed.
    slope = np.diff(mono, prepend=mono[:1])
    power = np.add.reduceat(mono.astype(np.float64) ** 2, edges)
    change = np.add.reduceat(slope.astype(np.float64) ** 2, edges)
    hertz = np.sqrt(change / np.maximum(power, 1e-12)) * sound.rate / (2 * np.pi)
    octaves = np.log2(np.clip(hertz, _DEEP, _BRIGHT) / _DEEP) / np.log2(_BRIGHT / _DEEP)
    smooth = np.convolve(np.pad(octaves, 3, mode="edge"), np.ones(7) / 7, mode="valid")
    return shape, smooth.astype(np.float32)


def spectrogram(sound: Sound) -> NDArray[np.float32]:
    """(columns, 160) level of bands evenly spaced in octaves from 40 Hz to half the rate, 0 .. 1 over 80 dB."""
    mono = np.pad(sound.samples.mean(axis=0), _WINDOW // 2)
    hop = max(128, (mono.size - _WINDOW) // _MOST_COLUMNS)
    frames = np.lib.stride_tricks.sliding_window_view(mono, _WINDOW)[::hop]
    hertz = np.geomspace(_LOWEST, sound.rate / 2 * 0.98, _ROWS)
    at = hertz * _WINDOW / sound.rate
    low = np.minimum(at.astype(np.intp), _WINDOW // 2 - 1)
    share = (at - low).astype(np.float32)
    window, parts = np.hanning(_WINDOW).astype(np.float32), []
    for first in range(0, len(frames), _AT_ONCE):
        power = np.abs(np.fft.rfft(frames[first : first + _AT_ONCE] * window)) ** 2
        parts.append(power[:, low] * (1 - share) + power[:, low + 1] * share)
    bands = np.concatenate(parts)
    level = 10 * np.log10(np.maximum(bands / max(float(bands.max()), 1e-12), 1e-12))
    picture: NDArray[np.float32] = np.clip(1 + level / _RANGE_DB, 0, 1).astype(np.float32)
    return picture


def whole(made: Made) -> Sound:
    """The native sound of a version, untrimmed, at the level at which it is heard."""
    return wav.read(made.path).sound.scaled(made.version.match_db)


def alike(one: Made, other: Made) -> float:
    """How much two versions of a take sound alike, -1 .. 1."""
    return correlation(wav.read(one.path).sound, wav.read(other.path).sound)


def keep_take(
    session: Session, made: Made, version: Version, with_effects: WetHeard | None = None, gain_db: float = 0.0
) -> Path:
    """Write what is heard of a version into the session's takes, 48 kHz, 24 bit; returns its place.

    with_effects: its sound with them, where that is what is heard; gain_db: behind them, what its set has.

    Raises:
        UnreadableFile, NotWritten: nothing was written.
    """
    sound, version = finished(made, version, with_effects, gain_db, KEPT_RATE)
    return keep(session, sound, version)


def finished(
    made: Made, version: Version, with_effects: WetHeard | None, gain_db: float, rate: int
) -> tuple[Sound, Version]:
    """What is heard of a version as it goes into integer files at a rate, Hz; see `keep_take`.

    Raises:
        UnreadableFile: its file is gone or broken.
    """
    if with_effects is not None:
        return _printed(with_effects, version, gain_db, rate)
    sound = versions.heard(wav.read(made.path).sound, version, rate)
    (sound,), (version,), _ = versions.fitting([sound], [version])
    return sound, version


def _printed(heard: WetHeard, version: Version, gain_db: float, rate: int) -> tuple[Sound, Version]:
    """A sound with its effects as it goes into a file; the gain behind them is one more effect of its chain."""
    sound = wav.read(heard.path).sound
    seconds = version.edit.length + sum(heard.tails)
    sound = sound.resampled(rate).fitted(round(seconds * rate))
    gain_db = min(gain_db, _CEILING_DB - sound.peak_db, _MOST_GAIN_DB)
    gain = Slot(effect="gain", parameters={"gain": max((gain_db - _LEAST_GAIN_DB) / _GAIN_SPAN_DB, 0.0)})
    slots = heard.printed.slots if abs(gain_db) < 1e-6 else (*heard.printed.slots, gain)
    return sound.scaled(gain_db), replace(version, chain=replace(heard.printed, slots=slots))


def fingerprint(heard: Heard) -> NDArray[np.float64]:
    """A sound as a unit vector, for telling alike ones apart: how its level and its brightness move."""
    span = np.array_split(np.arange(heard.peaks.shape[1]), 24)
    level = np.array([np.abs(heard.peaks[:, part]).max() for part in span])
    tint = np.array([heard.tint[part].mean() for part in span])
    vector = np.concatenate([level / max(float(level.max()), 1e-9), tint])
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
