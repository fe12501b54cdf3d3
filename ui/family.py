"""A family: what one key plays instead of one take, and how it is planned.

Members are neighbours of one take: the same words softer and harder (intensities, by velocity), each in several
noises near the take's own (turns, round robin). Intensity is said in words and levelled afterwards, because words
are what a model was taught to follow: the starter makes "soft" 8 to 22 dB softer and keeps the sound, and "hard"
differs little from no word at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import replace

from presets.schema import Recipe, lineage_id

WORDS = {-1: "soft", 0: "", 1: "hard"}
"""How each intensity is said in front of the words of a take."""

MOST_TURNS = 12
MOST_INTENSITIES = len(WORDS)

Intensity = Literal[-1, 0, 1]
Draw = Callable[[], int]


class Member(Struct, frozen=True, kw_only=True):
    """One sound of a family. recipe: its draft; turn 0 is its intensity in the take's own noise. tries: so far."""

    intensity: Intensity
    turn: int
    recipe: Recipe
    tries: int = 0


class Family(Struct, frozen=True, kw_only=True):
    """What a key plays. steps: to which its members are refined, once they are checked.

    gains: dB of each intensity, found by the check. replaced: how many members were, because they were too alike,
    and because they were off.
    """

    parent: Recipe
    members: tuple[Member, ...]
    radius: float
    steps: Annotated[int, Meta(ge=1)] = 1
    gains: dict[int, float] = {}
    replaced: tuple[int, int] = (0, 0)
    checked: bool = False

    @property
    def intensities(self) -> list[int]:
        """From soft to hard."""
        return sorted({member.intensity for member in self.members})

    @property
    def turns(self) -> int:
        """The most that any intensity has."""
        return max((member.turn + 1 for member in self.members), default=0)

    @property
    def size(self) -> str:
        """Such as "3×6"."""
        return f"{len(self.intensities)}×{self.turns}"


class Seat(NamedTuple):
    """What a take has from its family. parent: lineage of the take it is like; steps: to which it is refined."""

    parent: str
    steps: int


def seats(families: Mapping[int, Family]) -> Mapping[str, Seat]:
    """The takes that sit in families, by lineage; remembered, because it is asked for on every repaint."""
    if not families:
        return {}
    for known, seated in _seated:
        if known is families:
            return seated
    found: dict[str, Seat] = {}
    for one in families.values():
        seat = Seat(lineage_id(one.parent), one.steps if one.checked else 1)
        for member in one.members:
            take = lineage_id(member.recipe)
            if take not in found or found[take].steps < seat.steps:  # of two families that share a take
                found[take] = seat
    _seated[:] = [(families, found), *_seated[: _REMEMBERED - 1]]
    return found


_REMEMBERED = 4
_seated: list[tuple[Mapping[int, Family], Mapping[str, Seat]]] = []

# ── words ─────────────────────────────────────────────────────────────────────────────────────────────────────


def intensity_of(text: str) -> Intensity:
    """The intensity that words ask for already."""
    first, _ = _split(text)
    return -1 if first == WORDS[-1] else 1 if first == WORDS[1] else 0


def worded(text: str, intensity: Intensity) -> str:
    """The same words at another intensity; those that ask for it already stay as they are."""
    if intensity_of(text) == intensity:
        return text
    first, rest = _split(text)
    while first:
        text = rest
        first, rest = _split(text)
    return f"{WORDS[intensity]} {text.strip()}".strip()


def _split(text: str) -> tuple[str, str]:
    """The word of intensity that words begin with, "" for none, and the others; they are never nothing."""
    words = text.split(maxsplit=1)
    if len(words) == 2 and words[0].lower() in (WORDS[-1], WORDS[1]):
        return words[0].lower(), words[1]
    return "", text


def at_intensity(recipe: Recipe, intensity: Intensity) -> Recipe:
    """The draft of the same noise at another intensity: only the words differ, so only they are heard."""
    prompt = replace(recipe.prompt, text=worded(recipe.prompt.text, intensity))
    return replace(recipe, prompt=prompt, steps=1)


# ── planning ──────────────────────────────────────────────────────────────────────────────────────────────────


def intensities(parent: Recipe, count: int) -> tuple[Intensity, ...]:
    """One to three intensities, from soft to hard; the take's own is always one of them."""
    own = intensity_of(parent.prompt.text)
    if count <= 1:
        return (own,)
    if count == 2:
        return (0, 1) if own == 1 else (-1, 0)
    return (-1, 0, 1)


def planned(parent: Recipe, count: int, turns: int, radius: float, steps: int, draw: Draw) -> Family:
    """So many intensities, and turns of each; the take itself is one member, its neighbours are the others.

    Those that come first make every intensity playable at once. radius: how far from the take's noise, 0 .. 1.
    """
    parent = replace(parent, steps=1)
    members = [
        _member(parent, intensity, turn, radius, draw)
        for turn in range(min(max(turns, 1), MOST_TURNS))
        for intensity in intensities(parent, count)
    ]
    return Family(parent=parent, members=tuple(members), radius=radius, steps=steps)


def _member(parent: Recipe, intensity: Intensity, turn: int, radius: float, draw: Draw) -> Member:
    recipe = at_intensity(parent, intensity)
    if turn:
        recipe = replace(recipe, variation_seed=draw(), variation_radius=radius)
    return Member(intensity=intensity, turn=turn, recipe=recipe)
