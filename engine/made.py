"""What came of a recipe: a version of a take, its sound and its draft's, and what it took. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from presets import edit as edits
from presets.character import is_bed
from presets.schema import Version
from presets.sound import Sound


@dataclass(frozen=True)
class Timing:
    """Seconds that each part took."""

    text: float
    network: float
    codec: float


@dataclass(frozen=True)
class Estimate:
    """Seconds that a sound takes at least, told before it is begun; 0.0 where that is short, or not known.

    a_step: one jump. decoding: from the latent to the waveform, whatever the steps.
    """

    a_step: float = 0.0
    decoding: float = 0.0

    def of(self, steps: int) -> float:
        """A version of so many steps, the draft that it is compared with included."""
        alone = steps * self.a_step + self.decoding
        return alone if steps == 1 else self.of(1) + alone


@dataclass(frozen=True)
class Made:
    """A version of a take: what it is, its untrimmed native sound, its draft's, and what it took.

    remarks: what a person should know of how the prompt was read, a sentence each. unfamiliar: whether the model
    was taught nothing like the prompt, so that a larger one may know it better.
    """

    version: Version
    sound: Sound
    draft: Sound
    timing: Timing
    remarks: tuple[str, ...] = ()
    unfamiliar: bool = False

    @property
    def heard(self) -> Sound:
        """Edit(Sound) at the native rate, at its draft's level."""
        return edits.apply(self.sound, self.version.edit, self.version.match_db)

    @property
    def silent(self) -> bool:
        """Whether there is nothing to hear."""
        return edits.is_silent(self.sound)


def link(made: Sequence[Made]) -> list[Made]:
    """The same gain for all variations of a prompt: one-shots by their peaks, beds by their loudness."""
    bed = all(is_bed(m.version.recipe.prompt) for m in made)
    linked = edits.link([m.version.edit for m in made], [m.draft for m in made], bed)
    return [
        replace(m, version=msgspec.structs.replace(m.version, edit=edit))
        for m, edit in zip(made, linked, strict=True)
    ]
