"""A kept take back on the desk: its recipe, cut and effects in a slot, as it was when it was kept.

It is pinned, because words that are typed next must not replace what was just fetched.
"""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from presets.chains import without_tails
from presets.contents import made_of
from presets.entry import Entry
from presets.errors import InvalidRequest
from presets.index_search import EVERY, Query
from presets.library import Library
from presets.schema import Assembly, Chain, Edit, Preset, Recipe, Version, with_steps
from ui.flow import STEPS, Flow, Marks, content, lineage


@dataclass(frozen=True)
class Fetched:
    """A take of the library as it goes into a slot. kept: files of its versions, by content id."""

    recipe: Recipe
    edit: Edit | None
    chain: Chain | None
    kept: dict[str, str]


def fetched(library: Library, name: str) -> Fetched:
    """What a take of the library is.

    Raises:
        InvalidRequest: it has no recipe, or one that the grid does not refine.
        UnreadableFile: its file says something that cannot be read.
    """
    hit = library.take(name)
    entry = library.session.entry(name) or Entry()
    made = made_of(library.session.path(name)) if hit.wav else None
    if isinstance(made, Assembly):
        raise InvalidRequest(f"{hit.name} was cut or layered: it plays and can be given away, but fills no slot.")
    recipe = made.recipe if made else entry.recipe
    if recipe is None:
        raise InvalidRequest(f"{hit.name} was not generated: it plays and can be given away, but fills no slot.")
    chain = entry.chain if entry.chain is not None else made.chain if made else None
    return _fetched(library, recipe, entry.edit or (made.edit if made else None), chain)


def of_version(library: Library, version: Version) -> Fetched:
    """What a file says it is; errors as in `fetched`."""
    return _fetched(library, version.recipe, version.edit, version.chain)


def of_preset(library: Library, preset: Preset) -> Fetched:
    """What somebody shares; errors as in `fetched`."""
    if preset.recipe is None:
        raise InvalidRequest(f"The preset {preset.name} holds no recipe, so there is no take to open.")
    return _fetched(library, preset.recipe, preset.edit, preset.chain)


def _fetched(library: Library, recipe: Recipe, edit: Edit | None, chain: Chain | None) -> Fetched:
    if recipe.steps not in STEPS:
        steps = ", ".join(map(str, STEPS))
        raise InvalidRequest(f"This take was refined in {recipe.steps} steps; slots of the grid hold {steps}.")
    found = library.find(Query(lineage=lineage(recipe), trashed=None, limit=EVERY))
    kept = {one.content: one.wav for one in found if one.wav}
    draft = content(with_steps(recipe, 1))
    if kept and draft not in kept:
        kept[draft] = next(iter(kept.values()))  # a take that was kept refined needs no file of its draft
    return Fetched(recipe, edit, without_tails(chain) if chain else None, kept)


def in_slot(flow: Flow, index: int, what: Fetched) -> Flow:
    """The take in a slot; the sound that was there stays on its key until the new one is ready."""
    draft = with_steps(what.recipe, 1)
    take = lineage(draft)
    slots = tuple(
        replace(slot, seed=draft.seed, recipe=draft, wanted=None, pinned=True, gain_db=0.0) if i == index else slot
        for i, slot in enumerate(flow.slots)
    )
    marks = Marks(steps=what.recipe.steps, edit=what.edit, kept=bool(what.kept))
    chains = {k: v for k, v in flow.chains.items() if k != take}
    if what.chain is not None:
        chains[take] = what.chain
    elif flow.every.slots:
        chains[take] = Chain()
    return replace(
        flow, slots=slots, selected=index, marks={**flow.marks, take: marks}, chains=chains, touched=True
    )


def free_slot(flow: Flow) -> int:
    """Where a fetched take goes: the selected slot, or the first that is empty or not pinned."""
    if not flow.chosen.pinned:
        return flow.selected
    empty = [i for i, slot in enumerate(flow.slots) if slot.recipe is None]
    loose = [i for i, slot in enumerate(flow.slots) if not slot.pinned]
    return next(iter((*empty, *loose)), flow.selected)
