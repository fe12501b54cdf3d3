"""How hard the take of a slot is: said in words, or drawn as a curve over its length.

Both are asked for in the same noise and steps, so it stays the take that it was: words change how the model makes
it, a curve how much of that is heard, moment by moment (presets/intensity.py).
"""

from __future__ import annotations

from msgspec.structs import replace

from presets.intensity import Points, checked
from presets.schema import Recipe
from ui.family import Intensity, at_intensity, intensity_of
from ui.flow import Flow, Marks, lineage

WORDS: dict[Intensity, str] = {-1: "soft", 0: "as said", 1: "hard"}
"""What each intensity is called."""


def asked(flow: Flow, index: int) -> Recipe | None:
    """The take that a slot holds, or will."""
    slot = flow.slots[index]
    return slot.wanted or slot.recipe


def intensity(flow: Flow, index: int) -> Intensity:
    """What the take of a slot is asked for, or will be."""
    recipe = asked(flow, index)
    return 0 if recipe is None else intensity_of(recipe.prompt.text)


def by(flow: Flow, index: int, steps: int) -> Flow:
    """So many intensities harder, or softer; the ends are the ends."""
    at = min(max(intensity(flow, index) + steps, -1), 1)
    return put(flow, index, next(one for one in WORDS if one == at))


def put(flow: Flow, index: int, wanted: Intensity) -> Flow:
    """Want the take of a slot at an intensity. Cut, steps and effects go with it; the old one plays until then."""
    recipe = asked(flow, index)
    if recipe is None or intensity_of(recipe.prompt.text) == wanted:
        return flow
    return _otherwise(flow, index, recipe, at_intensity(recipe, wanted))


def curve(flow: Flow, index: int) -> Points:
    """The curve of the take of a slot, or the one it is asked for; () is none."""
    recipe = asked(flow, index)
    return () if recipe is None else recipe.prompt.intensity


def drawn(flow: Flow, index: int, points: Points) -> Flow:
    """Want the take of a slot under a curve, () for none; what goes with it is as in `put`.

    Raises:
        InvalidRequest: these points are no curve.
    """
    recipe = asked(flow, index)
    points = checked(points)
    if recipe is None or recipe.prompt.intensity == points:
        return flow
    other = replace(recipe, prompt=replace(recipe.prompt, intensity=points), steps=1)
    return _otherwise(flow, index, recipe, other)


def _otherwise(flow: Flow, index: int, recipe: Recipe, other: Recipe) -> Flow:
    """Want another recipe in place of a slot's; cut, steps and effects go with it."""
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
