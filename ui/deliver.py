"""From sounds that were made to files: levels that fit, names that are free, and what a person must be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec

from engine.local import Made
from presets import stereo
from presets.assemblies import as_stored
from presets.errors import NotWritten
from presets.export import ucs
from presets.export import version as versions
from presets.export.version import About
from presets.export.wav import Depth
from presets.schema import Assembly, Chain, Version
from presets.sound import Sound
from presets.stereo import Stereo
from ui import report
from ui.chaining import through_chain
from ui.targets import Target

_MOST_NAMES = 1000


def deliver(
    made: Sequence[Made],
    places: Sequence[Target],
    rate: int,
    depth: Depth,
    chain: Chain | None = None,
    trusted: bool = False,
    way: Stereo = "",
    others: Sequence[Version] = (),
) -> None:
    """Write every version to its place and show the table of them.

    Args:
        made: what was rendered.
        places: a place for each.
        rate: of the files, Hz.
        depth: of the files.
        chain: effects that everything goes through; None leaves it dry.
        trusted: whether states of plug-ins in the chain may be used.
        way: "wide" widens what is mono at the end of all effects.
        others: for siblings, whose sounds have their two channels already, the version of each one's sides.

    Raises:
        RackError: the effects cannot be rendered.
        NotWritten: the folder is read-only or full; what was written before stays, and is shown.
    """
    family = [one.version for one in made]
    if chain is None:
        heard = [versions.heard(one.sound, one.version, rate) for one in made]
    else:
        wet = through_chain([(one.sound, one.version) for one in made], chain, rate, trusted)
        heard, family = [sound for sound, _ in wet], [version for _, version in wet]
    if way == "wide":
        heard, family = _widened(heard, family)
    if depth != "32f":
        heard, family, lowered = versions.fitting(heard, family)
        if lowered:
            report.warn(
                f"Louder than full scale: lowered by {lowered:.1f} dB, all alike. --bit-depth 32f keeps the level."
            )
    rows: list[tuple[Path, Made, Sound]] = []
    try:
        for number, (one, sound, version, place) in enumerate(zip(made, heard, family, places, strict=True)):
            path = _write(place, sound, version, depth, others[number] if others else None)
            _remark(one, place, path, rate)
            rows.append((path, replace(one, version=version), sound))
    except NotWritten as error:
        seed = made[len(rows)].version.recipe.seed
        raise NotWritten(
            f"{error} {len(rows)} of {len(made)} were written; the next one has --seed {seed}."
        ) from error
    finally:
        if rows:
            report.made(rows)


def about(prompt: str, category: str = "") -> About:
    """What a new file says of itself: its day and its category.

    category: a UCS CatID, or a word of the user's own; "" is proposed from the prompt.
    """
    day = date.today().isoformat()
    if category and category not in ucs.categories():
        return About(date=day, user_category=category)
    return About(date=day, cat_id=category or ucs.proposed(prompt).cat_id)


def _widened(heard: Sequence[Sound], family: Sequence[Version]) -> tuple[list[Sound], list[Version]]:
    both = [
        stereo.wide(sound, version) if sound.channels == 1 else (sound, version)
        for sound, version in zip(heard, family, strict=True)
    ]
    if any(sound.channels != 1 for sound in heard):
        report.note("The effects make two channels already; what has them stays as it is.")
    return [sound for sound, _ in both], [version for _, version in both]


def _write(place: Target, sound: Sound, version: Version, depth: Depth, other: Version | None) -> Path:
    """Write under the first name that is free, even if another program takes one in between."""
    source: Version | Assembly = version
    told = about(version.recipe.prompt.text)
    if other is not None:
        sound, _ = as_stored(sound, depth)
        source = stereo.pair(
            version, msgspec.structs.replace(version, recipe=other.recipe, checksum=other.checksum), sound
        )
        told = replace(told, notes=stereo.NOTE)
    for _ in range(_MOST_NAMES):
        path = place.ready()
        try:
            versions.write(path, sound, source, depth, place.overwrite, about=told)
        except NotWritten:
            if place.overwrite or not path.exists():
                raise
        else:
            return path
    raise NotWritten(f"Every name like {place.wanted} is taken. Choose another with -o.")


def _remark(made: Made, place: Target, path: Path, rate: int) -> None:
    if path != place.wanted:
        report.note(f"{place.wanted} is there already and stays as it is: wrote {path.name}.")
    steps = made.version.recipe.steps
    if made.silent and made.version.recipe.prompt.intensity:
        report.warn(f"{path.name} is silent under its intensity curve. Raise the curve, or try another seed.")
    elif made.silent and steps > 1:
        report.warn(
            f"{path.name} is silent: the model lost this sound in {steps} steps. Keep the draft, or try others."
        )
    elif made.silent:
        report.warn(
            f"{path.name} is silent: the model heard nothing in this prompt. Try other words or another seed."
        )
    if rate >= 2 * made.sound.rate:
        top = made.sound.rate / 2000
        report.note(f"{path.name} holds no content above {top:g} kHz: {made.version.recipe.model} makes none.")
