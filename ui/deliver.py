"""From sounds that were made to files: levels that fit, names that are free, and what a person must be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from engine.local import Made
from presets.errors import NotWritten
from presets.export import ucs
from presets.export import version as versions
from presets.export.version import About
from presets.export.wav import Depth
from presets.schema import Chain, Version
from presets.sound import Sound
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
) -> None:
    """Write every version to its place and show the table of them.

    Args:
        made: what was rendered.
        places: a place for each.
        rate: of the files, Hz.
        depth: of the files.
        chain: effects that everything goes through; None leaves it dry.
        trusted: whether states of plug-ins in the chain may be used.

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
    if depth != "32f":
        heard, family, lowered = versions.fitting(heard, family)
        if lowered:
            report.warn(
                f"Louder than full scale: lowered by {lowered:.1f} dB, all alike. --bit-depth 32f keeps the level."
            )
    rows: list[tuple[Path, Made, Sound]] = []
    try:
        for one, sound, version, place in zip(made, heard, family, places, strict=True):
            path = _write(place, sound, version, depth)
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


def _write(place: Target, sound: Sound, version: Version, depth: Depth) -> Path:
    """Write under the first name that is free, even if another program takes one in between."""
    for _ in range(_MOST_NAMES):
        path = place.ready()
        try:
            versions.write(path, sound, version, depth, place.overwrite, about=about(version.recipe.prompt.text))
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
    if made.silent and steps > 1:
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
