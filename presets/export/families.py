"""Which sounds belong together: variations and versions of one prompt, or files that only numbers tell apart.

An editor gets them as alternates of one clip, a game as one folder of numbered files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from presets.errors import NoRecipe
from presets.export.version import read_source
from presets.schema import Version
from presets.stereo import take_of

_NUMBER = re.compile(r"[ _.-]*(?:\(\d+\)|\d+(?:steps)?|draft)$", re.IGNORECASE)
_LONGEST = 60


@dataclass(frozen=True)
class Member:
    """A sound of a family. version: what it is, None for one that Onetake did not make."""

    path: Path
    version: Version | None


@dataclass(frozen=True)
class Family:
    """Sounds that belong together. name: the prompt, or what the names of its files have in common."""

    name: str
    members: tuple[Member, ...]

    @property
    def best(self) -> int:
        """Place of the member that was refined most; of equals the first."""
        steps = [member.version.recipe.steps if member.version else 0 for member in self.members]
        return steps.index(max(steps))


def families(paths: Sequence[Path]) -> tuple[Family, ...]:
    """Sounds by family, both in the order in which they come.

    Raises:
        UnreadableFile: a file is no WAV, or its recipe is broken.
    """
    found: dict[tuple[str, str], list[Member]] = {}
    for path in dict.fromkeys(paths):
        version = version_of(path)
        prompt = " ".join(version.recipe.prompt.text.split()) if version else ""
        key = ("prompt", prompt) if prompt else ("name", base(path.stem))
        found.setdefault(key, []).append(Member(path, version))
    return tuple(Family(name[:_LONGEST].strip(), tuple(members)) for (_, name), members in found.items())


def version_of(path: Path) -> Version | None:
    """What a file says it is; None for a sound that Onetake did not make.

    Raises:
        UnreadableFile: no WAV, or a broken recipe.
    """
    try:
        return take_of(read_source(path))
    except NoRecipe:
        return None


def base(stem: str) -> str:
    """A name without the numbers that count it: "door" of "door_3", "door (2)" and "door_3_8steps"."""
    short = stem
    while (shorter := _NUMBER.sub("", short)) and shorter != short:
        short = shorter
    return short
