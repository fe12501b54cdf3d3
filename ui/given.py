"""A take as it is given away: what is heard of it, wet if it has effects, with all that makes it again.

What is given is what was heard: the same file that the audio process plays, at the gain of its set.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from presets.assemblies import assembled
from presets.files import safe_name
from presets.placing import Given
from presets.schema import Piece, Recipe, Version
from presets.sound import Sound
from ui import hearing
from ui.carrying import Wanted
from ui.chains import chain_id, chain_of, sounds
from ui.flow import Flow, lineage
from ui.given_files import given_of
from ui.shelf import Made, Shelf, WetHeard, edit_of, heard_name, version_of

SHORTEST = 0.005
"""Seconds of the shortest part that is cut out."""

Span = tuple[float, float]
"""Seconds of what is heard where a part begins and ends."""


@dataclass(frozen=True)
class Heard:
    """What is heard of a take now. version: without its effects; wet: its sound with them, None where it has none.

    gain_db: of the set that it stands in.
    """

    made: Made
    version: Version
    wet: WetHeard | None
    gain_db: float

    @property
    def told(self) -> Version:
        """The version as its file will say it, but for the gain behind its effects."""
        return replace(self.version, chain=self.wet.printed) if self.wet else self.version

    @property
    def key(self) -> str:
        """Equal for equal sounds."""
        name = heard_name(self.made, self.version.edit)
        return f"{name} {self.wet.name if self.wet else ''} {self.gain_db}"


def heard_of(flow: Flow, shelf: Shelf, recipe: Recipe) -> Heard | None:
    """What is heard of a take; None while it is not made, or its effects are still being rendered.

    Wet if it has effects, also while it is compared with the dry one.
    """
    made = shelf.shown(flow, recipe)
    if made is None:
        return None
    gain, chain = gain_of(flow, recipe), chain_of(flow, recipe)
    if not sounds(chain):
        return Heard(made, version_of(flow, shelf, made, gain), None, gain)
    wet = shelf.wet.get(heard_name(made, edit_of(flow, shelf, made.recipe)))
    if wet is None or wet.chain != chain_id(chain):
        return None
    return Heard(made, version_of(flow, shelf, made, 0.0), wet, gain)


def gain_of(flow: Flow, recipe: Recipe) -> float:
    """The gain of the set that a take stands in, dB."""
    take = lineage(recipe)
    return next((slot.gain_db for slot in flow.slots if slot.recipe and lineage(slot.recipe) == take), 0.0)


def of_take(flow: Flow, shelf: Shelf, recipe: Recipe, span: Span | None = None) -> Wanted | None:
    """A take of the grid, or a part of it, to be carried; None while it is not ready."""
    found = heard_of(flow, shelf, recipe)
    if found is None:
        return None
    name = f"{safe_name(recipe.prompt.text, 80)}_{recipe.seed % 100_000:05d}"
    if span is not None:
        return Wanted(f"{found.key} {span}", f"{name}_part", lambda rate: part(found, span, rate))
    return Wanted(found.key, name, lambda rate: whole(found, rate))


def of_file(path: Path, name: str) -> Wanted:
    """A take of the library to be carried, as its file says."""
    return Wanted(str(path), name, lambda _: given_of(path))


def whole(heard: Heard, rate: int) -> Given:
    """What is heard of a take, at a rate in Hz. Raises UnreadableFile."""
    sound, version = hearing.finished(heard.made, heard.version, heard.wet, heard.gain_db, rate)
    return Given(sound, version, onset=version.edit.onset)


def part(heard: Heard, span: Span, rate: int) -> Given:
    """A part of it, which says where in which take it lay: the very samples that the whole file has there.

    Nothing is faded, so that parts that follow one another join without a seam, and a loop goes round.

    Raises:
        UnreadableFile: the take's file is gone or broken.
    """
    sound, version = hearing.finished(heard.made, heard.version, heard.wet, heard.gain_db, rate)
    shortest = min(max(round(SHORTEST * rate), 1), sound.frames)
    begin = min(max(round(span[0] * rate), 0), sound.frames - shortest)
    end = min(max(round(span[1] * rate), begin + shortest), sound.frames)
    cut = Sound(sound.samples[:, begin:end].copy(), rate)
    made = assembled(cut, [Piece(source=version, begin=begin / rate, end=end / rate)])
    return Given(made.sound, assembly=made.assembly)
