"""Sounds for a game engine: a folder for every family, numbered files, mono, each beginning at its onset.

A game places sounds in a space itself, so they are mono; it answers a button, so nothing stands before the onset;
and it picks variations at random, so that a family has one gain for all. Levels: one-shots peak at -3 dBFS and at
most at -1 dBTP, beds have -23 LUFS; a silent family stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from presets import edit as edits
from presets import files, levels
from presets.character import CHARACTERS, Character, character, is_bed
from presets.errors import InvalidRequest
from presets.export import carried, wav
from presets.export.families import Family, Member, families
from presets.export.parcel import Told, step
from presets.export.samples import Depth, unique
from presets.sound import Sound

_FADE = 0.0005  # seconds before the onset, in which the sound rises
_SAME = 0.002  # seconds by which a file's length may differ from its edit's, and still be what the edit says


@dataclass(frozen=True)
class GameFile:
    """A file that was written. path: relative, with "/". gain_db: what its whole family was raised by."""

    path: str
    gain_db: float
    seconds: float


def write_families(
    folder: Path, paths: Sequence[Path], rate: int, depth: Depth, told: Told
) -> tuple[GameFile, ...]:
    """Write every family into a folder of its own: Door_Slam/Door_Slam_01.wav.

    Args:
        folder: exists.
        paths: WAV files.
        rate: Hz; 0 keeps each sound's own.
        depth: bits of a sample.
        told: hears the share that is done.

    Raises:
        UnreadableFile: a sound.
        InvalidRequest: no sounds.
        Stopped: `told` returned False.
    """
    if not paths:
        raise InvalidRequest("There are no sounds to export.")
    written: list[GameFile] = []
    names: set[str] = set()
    for family in families(paths):
        name = unique(title(family.name), "", names)
        sounds = [tight(member, rate) for member in family.members]
        gain = family_gain(family, sounds)
        with files.told(folder):
            (folder / name).mkdir()
        digits = max(2, len(str(len(sounds))))
        for number, (member, sound) in enumerate(zip(family.members, sounds, strict=True), 1):
            path = f"{name}/{name}_{number:0{digits}d}.wav"
            raised = sound.scaled(gain)
            chunks = carried.chunks(member.path, raised, depth, moments=False)
            wav.write(folder / path, raised, depth=depth, chunks=chunks, durable=False)
            written.append(GameFile(path, gain, sound.seconds))
            step(told, len(written) / len(paths))
    return tuple(written)


def title(name: str) -> str:
    """A name as game engines write them: "huge door slam" is Huge_Door_Slam."""
    return "_".join(word[:1].upper() + word[1:] for word in files.safe_name(name, 40).split("_"))


def tight(member: Member, rate: int) -> Sound:
    """A sound in mono that begins at its onset; what is a bed keeps its begin."""
    sound = _mono(wav.read(member.path).sound)
    if rate:
        sound = sound.resampled(rate)
    kind = _character(member)
    if kind.kind == "ambience" or edits.is_silent(sound):
        return sound
    fade = round(_FADE * sound.rate)
    first = max(0, round(_onset(member, sound, kind) * sound.rate) - fade)
    cut = sound.samples[:, first:].copy()
    if first:  # what begins with the file has its edit's own fade
        rise = min(fade, cut.shape[1])
        cut[:, :rise] *= np.linspace(0.0, 1.0, rise, endpoint=False, dtype=np.float32)
    return Sound(cut, sound.rate)


def family_gain(family: Family, sounds: Sequence[Sound]) -> float:
    """The gain in dB that brings a family to its level; 0 for silence."""
    bed = all(_character(member).kind == "ambience" for member in family.members)
    return levels.family_gain(edits.own_gain(sound, bed) for sound in sounds)


def _character(member: Member) -> Character:
    if member.version is None:
        return CHARACTERS["hit"]
    prompt = member.version.recipe.prompt
    return CHARACTERS["ambience"] if is_bed(prompt) else character(prompt.text)


def _onset(member: Member, sound: Sound, kind: Character) -> float:
    """Seconds; the edit knows it, unless the file was cut elsewhere."""
    edit = member.version.edit if member.version else None
    if edit is not None and abs(edit.length - sound.seconds) < _SAME:
        return edit.onset
    found = edits.find(sound, kind, None)
    return found.start + found.onset


def _mono(sound: Sound) -> Sound:
    return Sound(sound.samples.mean(axis=0, keepdims=True, dtype=np.float32), sound.rate)
