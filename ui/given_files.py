"""A take as a file for a DAW: what is heard, with its recipe; made again where it was cut otherwise since.

For the commands and the panel alike; neither a screen nor the command line is needed here.
"""

from __future__ import annotations

from pathlib import Path

from engine.local import find
from presets import assemblies
from presets.entry import SIDECAR, read_entry
from presets.errors import InvalidRequest, NoRecipe
from presets.export import wav
from presets.onsets import first_onset
from presets.placing import Given


def given_of(path: Path) -> Given:
    """A file as it is given to a DAW: what is heard, with its recipe where it has one.

    Raises:
        UnreadableFile: no WAV, or its recipe is broken or newer.
    """
    sound = wav.read(path).sound
    version = assemblies.source_of(path)
    if version is not None:
        return Given(sound, version, onset=version.edit.onset)
    try:
        assembly = assemblies.read(path)
    except NoRecipe:
        assembly = None
    return Given(sound, assembly=assembly, onset=first_onset(sound) / sound.rate)


def as_said(path: Path) -> Given:
    """A take's file, made again where the user has given the take another edit since it was written.

    Raises:
        InvalidRequest: other effects are wished for than the file holds.
        UnreadableFile: the file or what was said about it cannot be read.
        EngineError: the take's model is not here.
    """
    from ui.engine_link import maker  # noqa: PLC0415 (seldom, and it brings the command line along)

    given, entry = given_of(path), read_entry(path.with_suffix(SIDECAR))
    version = given.version
    if entry is None or version is None:
        return given
    chain = entry.chain if entry.chain is not None else version.chain
    if chain != version.chain or (version.chain and entry.edit not in (None, version.edit)):
        raise InvalidRequest(
            f"The effects of {path.name} were changed since it was written: update it from the panel."
        )
    if entry.edit in (None, version.edit):
        return given
    with maker(find(version.recipe.model).id, "auto", local=False) as engine:
        made = engine.make(version.recipe, entry.edit, lambda step: None)
    return Given(made.heard, made.version, onset=made.version.edit.onset)
