"""What has to be asked for: follows from what is chosen (flow.py) and what is there (shelf.py), and nothing else.

So undo, redo, paging, a restored session and an engine that died need no code of their own: whatever is wanted and
missing is asked for, and whatever runs and is wanted no longer is taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from presets.schema import Edit, Recipe, with_steps
from ui.families import wanted
from ui.flow import Flow, Marks, content, takes
from ui.shelf import Made, Shelf, edit_of


@dataclass(frozen=True)
class Orders:
    """drafts: by slot name. refine: versions with the edit of their take. cancel: tickets. keep: to be written.

    level: pairs of versions, fewer and more steps, whose likeness decides whether still more are wanted.
    spare: versions of families, made when nobody waits for anything.
    """

    drafts: tuple[tuple[str, Recipe], ...] = ()
    refine: tuple[tuple[Recipe, Edit], ...] = ()
    cancel: tuple[str, ...] = ()
    keep: tuple[Made, ...] = ()
    level: tuple[tuple[Made, Made], ...] = ()
    spare: tuple[tuple[Recipe, Edit | None], ...] = ()


def orders(flow: Flow, shelf: Shelf, pending: Mapping[str, str]) -> Orders:
    """What to ask for now. pending: tickets of what was asked for and has not come, by content id."""
    drafts, refine = tuple(_drafts(flow, shelf, pending)), tuple(_refinements(flow, shelf, pending))
    asked = {content(recipe) for _, recipe in drafts} | {content(recipe) for recipe, _ in refine}
    return Orders(
        drafts=drafts,
        refine=refine,
        cancel=tuple(_unwanted(flow, shelf, pending)),
        keep=tuple(_keeping(flow, shelf)),
        level=tuple(_levelling(flow, shelf)),
        spare=tuple(one for one in wanted(flow, shelf, pending) if content(one[0]) not in asked),
    )


def drafts_wanted(flow: Flow) -> dict[str, Recipe]:
    """The draft that each slot needs, by the name of the slot."""
    named = [(f"slot-{i}", s.wanted or s.recipe) for i, s in enumerate(flow.slots)]
    named += [(f"old-{i}", s.recipe) for i, s in enumerate(flow.slots) if s.wanted]
    named += [(f"pool-{i}", recipe) for i, recipe in enumerate(flow.pool)]
    named += [(f"pad-{note}", recipe) for note, recipe in flow.pads.items()]
    return {name: recipe for name, recipe in named if recipe is not None}


def _drafts(flow: Flow, shelf: Shelf, pending: Mapping[str, str]) -> list[tuple[str, Recipe]]:
    found = []
    for name, recipe in drafts_wanted(flow).items():
        key = content(recipe)
        if not shelf.has(recipe) and key not in pending and key not in shelf.refused:
            found.append((name, recipe))
    return found


def _refinements(flow: Flow, shelf: Shelf, pending: Mapping[str, str]) -> list[tuple[Recipe, Edit]]:
    found = []
    for recipe in _worked_on(flow, shelf):
        steps = flow.marks_of(recipe).steps
        wanted = with_steps(recipe, steps)
        key = content(wanted)
        missing = steps > 1 and not shelf.has(wanted) and key not in pending and key not in shelf.refused
        if missing and shelf.has(recipe):
            found.append((wanted, edit_of(flow, shelf, recipe)))
    return found


def _unwanted(flow: Flow, shelf: Shelf, pending: Mapping[str, str]) -> list[str]:
    """Refinements that were undone; those of takes that left the grid are finished."""
    found = []
    for key, recipe in shelf.asked.items():
        if key in pending and recipe.steps > 1 and flow.marks_of(recipe).steps != recipe.steps:
            found.append(pending[key])
    return found


def _worked_on(flow: Flow, shelf: Shelf) -> list[Recipe]:
    """Takes whose versions are wanted: those that can be heard, and those that are kept wherever they are."""
    kept = [m.recipe for take in _kept(flow) for m in shelf.of_take(take) if m.recipe.steps == 1]
    return list(dict.fromkeys(takes(flow) + kept))


def _levelling(flow: Flow, shelf: Shelf) -> list[tuple[Made, Made]]:
    found = []
    for recipe in _worked_on(flow, shelf):
        marks = flow.marks_of(recipe)
        made = shelf.version(recipe, marks.steps) if marks.levelling else None
        fewer = [one for one in shelf.versions(recipe) if one.recipe.steps < marks.steps]
        if made is not None and fewer:
            found.append((fewer[-1], made))
    return found


def _keeping(flow: Flow, shelf: Shelf) -> list[Made]:
    """Versions of kept takes that have no file yet: the draft, and what it was refined to."""
    found = []
    for take, marks in _kept(flow).items():
        for made in shelf.of_take(take):
            finished = made.recipe.steps == 1 or (made.recipe.steps == marks.steps and not marks.levelling)
            if finished and content(made.recipe) not in shelf.kept:
                found.append(made)
    return found


def _kept(flow: Flow) -> dict[str, Marks]:
    """What was done to the takes that are kept; by far fewer than were made."""
    return {take: marks for take, marks in flow.marks.items() if marks.kept}
