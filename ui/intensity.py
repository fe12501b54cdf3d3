"""How hard the take of a slot is: said in words and heard in the same noise, so it stays the take that it was.

The prompt's curve of intensity over time is another matter: no renderer follows it yet.
"""

from __future__ import annotations

from msgspec.structs import replace

from ui.family import Intensity, at_intensity, intensity_of
from ui.flow import Flow, Marks, lineage

WORDS: dict[Intensity, str] = {-1: "soft", 0: "as said", 1: "hard"}
"""What each intensity is called."""


def intensity(flow: Flow, index: int) -> Intensity:
    """What the take of a slot is asked for, or will be."""
    slot = flow.slots[index]
    recipe = slot.wanted or slot.recipe
    return 0 if recipe is None else intensity_of(recipe.prompt.text)


def by(flow: Flow, index: int, steps: int) -> Flow:
    """So many intensities harder, or softer; the ends are the ends."""
    at = min(max(intensity(flow, index) + steps, -1), 1)
    return put(flow, index, next(one for one in WORDS if one == at))


def put(flow: Flow, index: int, wanted: Intensity) -> Flow:
    """Want the take of a slot at an intensity. Cut, steps and effects go with it; the old one plays until then."""
    slot = flow.slots[index]
    recipe = slot.wanted or slot.recipe
    if recipe is None or intensity_of(recipe.prompt.text) == wanted:
        return flow
    other = at_intensity(recipe, wanted)
    slots = tuple(
        replace(one, wanted=None if other == one.recipe else other) if i == index else one
        for i, one in enumerate(flow.slots)
    )
    before, after = lineage(recipe), lineage(other)
    marks, chains = dict(flow.marks), dict(flow.chains)
    mine = flow.marks_of(recipe)
    if mine.edit is not None or mine.steps > 1:
        marks[after] = Marks(steps=mine.steps, edit=mine.edit)
    if before in chains:
        chains[after] = chains[before]
    return replace(flow, slots=slots, marks=marks, chains=chains, touched=True)
