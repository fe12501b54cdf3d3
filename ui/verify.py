"""`onetake info --verify`: does the recipe in a file make that very sound, here and now?

On the same device and with the same renderer it must, to the last bit of the untrimmed native sound. Elsewhere
numbers differ in their last places, and what is heard must agree: every octave within 0.1 dB. The residual, what
is left when one is taken from the other, is told in any case.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.local import find
from presets import assemblies
from presets.assemblies import as_stored
from presets.errors import InvalidRequest, NoRecipe, UnreadableFile
from presets.export import version as versions
from presets.export import wav
from presets.export.wav import Depth, WavFile
from presets.schema import Version
from presets.sound import Sound, decibels
from ui import report
from ui.engine_link import maker

TOLERANCE_DB = 0.1
"""How far a band of what is heard may be off on another device or with another renderer."""

LIKE_DB = -6.0
"""How far below the sound the residual lies at least: the same bands in another order are another sound."""

_LOWEST, _BANDS = 31.25, 10  # Hz, octaves
_COUNTS_DB = -60.0  # below the loudest band, a band is not compared


@dataclass(frozen=True)
class Verdict:
    """What came of making a sound again.

    holds: whether the file is what its recipe makes. same: whether the native sound is the same to the last bit.
    bands_db: the largest difference of an octave, None where it cannot be compared. residual_db: of what is heard,
    below it; -inf is equal samples, None where it cannot be compared. sentence: for a person.
    """

    holds: bool
    same: bool
    bands_db: float | None
    residual_db: float | None
    sentence: str


def verify(file: Path, device: str = "auto", local: bool = False) -> Verdict:
    """Make a file's sound again and compare.

    Args:
        file: a WAV that Onetake wrote: a version, a slice or a layered sound.
        device: where to make it; "auto" may use a running engine.
        local: whether to make it in this process.

    Raises:
        NoRecipe: the file holds none.
        UnreadableFile: no WAV, or a broken one.
        EngineError: its model is not here.
    """
    there = wav.read(file)
    version = assemblies.source_of(file)
    if version is not None:
        return _of_version(there, version, device, local)
    try:
        assembly = assemblies.read(file)
    except NoRecipe as error:
        versions.read_version(file)  # says what is missing
        raise UnreadableFile(str(error)) from error
    intact = there.sound.checksum() == assembly.checksum
    verdicts = [_made_again(piece.source, device, local) for piece in assembly.pieces if piece.source is not None]
    equal = sum(verdicts)
    words = (
        f"{equal} of {len(verdicts)} takes that it is made of come out the same to the last bit"
        if verdicts
        else ("it was made of recordings alone, which cannot be made again")
    )
    state = "is as it was written" if intact else "was changed since it was written"
    sentence = f"The audio of {file.name} {state}; {words}."
    return Verdict(intact and equal == len(verdicts), equal == len(verdicts), None, None, sentence)


def tell(file: Path, device: str, local: bool) -> bool:
    """Verify a file and show what came of it; whether it is what its recipe makes. For `onetake info --verify`.

    Errors as in `verify`.
    """
    found = verify(file, device, local)
    rows = [("verified", "yes" if found.holds else "NO")]
    if found.bands_db is not None:
        rows.append(("octaves", f"within {found.bands_db:.3f} dB"))
    if found.residual_db is not None:
        rows.append(("residual", "none" if found.residual_db == -np.inf else f"{found.residual_db:.1f} dB"))
    report.pairs(rows)
    (report.line if found.holds else report.warn)(found.sentence)
    return found.holds


def _of_version(there: WavFile, version: Version, device: str, local: bool) -> Verdict:
    with maker(_model(version), device, local) as engine, report.progress("Verifying", version.recipe.steps) as on:
        made = engine.make(version.recipe, version.edit, on)
    same = made.version.checksum == version.checksum
    if version.chain is not None and version.chain.slots:
        words = "Effects are printed into the file, so only the sound before them was compared: it "
        words += (
            "is the same to the last bit." if same else "differs; it was made elsewhere, or by another renderer."
        )
        return Verdict(same, same, None, None, words)
    try:
        heard = versions.heard(made.sound, version, there.sound.rate)
    except InvalidRequest:  # a rate that another program gave it
        heard = made.heard.resampled(there.sound.rate)
    if there.depth in ("16", "24"):
        heard, _ = as_stored(heard, _depth(there))
    bands, residual = _compared(there.sound, heard)
    return _judged(version, made.version, same, bands, residual)


def _judged(version: Version, made: Version, same: bool, bands: float, residual: float) -> Verdict:
    where = (
        f"made by {version.device} with renderer {version.recipe.renderer}, here by {made.device} with renderer "
        f"{made.recipe.renderer}"
    )
    alike = bands <= TOLERANCE_DB and residual <= LIKE_DB
    native = "the same to the last bit" if same else f"another one ({where})"
    if alike:
        words = f"The file is what its recipe makes; the native audio is {native}."
    elif same:
        words = "The recipe makes the native audio that it promises, but the file plays something else."
    else:
        words = f"The file is not what its recipe makes here; the native audio is {native}."
    return Verdict(alike, same, bands, residual, words)


def _made_again(version: Version, device: str, local: bool) -> bool:
    with maker(_model(version), device, local) as engine:
        return engine.make(version.recipe, version.edit, lambda step: None).version.checksum == version.checksum


def _compared(one: Sound, other: Sound) -> tuple[float, float]:
    """The largest difference of an octave's level, and how far the difference lies below the first sound, dB."""
    frames, channels = max(one.frames, other.frames), min(one.channels, other.channels)
    a, b = (sound.fitted(frames).samples[:channels].astype(np.float64) for sound in (one, other))
    rest = float(np.sqrt(np.mean(np.square(a - b)))) if frames else 0.0
    residual = -np.inf if rest == 0.0 else decibels(rest / max(one.rms, 1e-12))
    first, second = _octaves(a, one.rate), _octaves(b, one.rate)
    if one.channels != other.channels or not first.max(initial=0.0):
        return (0.0 if residual == -np.inf else np.inf), residual
    counted = np.maximum(first, second) > first.max() * 10 ** (_COUNTS_DB / 10)
    levels = 10 * np.abs(np.log10(np.maximum(first, 1e-30)) - np.log10(np.maximum(second, 1e-30)))
    return float(levels[counted].max()), residual


def _octaves(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """Energy in ten octaves from 31 Hz to 32 kHz, (10,)."""
    power = np.square(np.abs(np.fft.rfft(samples, axis=1))).sum(axis=0)
    bins = _LOWEST * 2.0 ** np.arange(_BANDS + 1) * samples.shape[1] / rate
    edges = np.minimum(bins, len(power)).astype(int)
    return np.array([power[low:high].sum() for low, high in pairwise(edges)])


def _model(version: Version) -> str:
    return find(version.recipe.model).id


def _depth(there: WavFile) -> Depth:
    return "16" if there.depth == "16" else "24"
