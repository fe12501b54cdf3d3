"""Does this machine render what it should? One known recipe, its level in eight octave bands.

Another processor rounds differently, so bytes may differ between machines; levels may not: 0.1 dB is what the
design allows. Static, silence or a broken library shows at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine.models.catalog import ModelCard
from engine.plan import Ask, plan
from presets.schema import Recipe
from presets.sound import Sound

TOLERANCE_DB = 0.1

_OCTAVES = (62.5, 125, 250, 500, 1000, 2000, 4000, 8000, 16000)
_KNOWN_DB: dict[str, tuple[float, ...]] = {
    "starter": (-46.55, -29.027, -43.131, -43.509, -38.973, -51.055, -57.623, -53.052),
}


@dataclass(frozen=True)
class SelfTest:
    """Band levels in dB as they should be and as they are, lowest octave first."""

    known: tuple[float, ...]
    found: tuple[float, ...]
    checksum: str

    @property
    def worst_db(self) -> float:
        """The largest difference of any band."""
        return max(abs(k - f) for k, f in zip(self.known, self.found, strict=True))

    @property
    def passed(self) -> bool:
        """Whether every band is within the tolerance."""
        return self.worst_db <= TOLERANCE_DB


def self_test(card: ModelCard, render: Callable[[Recipe], Sound]) -> SelfTest:
    """Render the known recipe: a refined take, so that every part of the engine has its share."""
    ask = Ask("huge metal door slam in a cathedral", length=1.0, steps=4, seed=5031, model=card.id)
    sound = render(plan(ask)[0])
    return SelfTest(_KNOWN_DB[card.id], octave_levels(sound), sound.checksum())


def octave_levels(sound: Sound) -> tuple[float, ...]:
    """Level of each octave from 62.5 Hz to 16 kHz in dB, channels averaged."""
    mono = sound.samples.mean(axis=0, dtype=np.float64)
    power = np.abs(np.fft.rfft(mono)) ** 2 / len(mono) ** 2
    hertz = np.fft.rfftfreq(len(mono), 1 / sound.rate)
    sums = [power[(hertz >= low) & (hertz < high)].sum() for low, high in pairwise(_OCTAVES)]
    return tuple(round(float(10 * np.log10(max(s, 1e-20))), 3) for s in sums)
