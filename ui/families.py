"""Families on keys: where they lie, what they want to be made, and how far they are. Every function is pure.

Drafts come first and are laid at once, so a key plays after a moment; refinements follow when the family is
checked. All of it waits behind what the designer wants now: the engine gets few of these orders at a time, as
refinements, which give way to any draft.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from presets.kits import FIRST_NOTE, HIGHEST_NOTE
from presets.schema import Edit, Recipe, Zone, with_steps
from ui.family import Family, Member
from ui.flow import SLOTS, Flow, content, lineage, on_pad
from ui.shelf import Shelf, edit_of
from ui.spread import TRIES

AT_ONCE = 2
"""Orders that the engine has at a time: one that runs, and the next; so nobody's refinement waits for a family."""

LOWEST_GAIN, HIGHEST_GAIN = -60.0, 24.0
"""dB that a note's level may be changed by."""

_LOUDEST = 127
_OF_SLOTS = range(FIRST_NOTE, FIRST_NOTE + SLOTS)


@dataclass(frozen=True)
class Laid:
    """What a note plays between two velocities. turn: 0 always plays, 1, 2 … take turns. member: of a family."""

    note: int
    recipe: Recipe
    gain_db: float = 0.0
    softest: int = 1
    loudest: int = _LOUDEST
    turn: int = 0
    member: bool = False

    @property
    def place(self) -> tuple[int, str]:
        """The same for what takes its place: on a family's key every take has one of its own."""
        return self.note, lineage(self.recipe) if self.member else ""

    def zone(self, take: str, gain_db: float) -> Zone:
        """As a zone of a kit. take: what the kit calls the sound; gain_db: cut to what a zone can have."""
        return Zone(
            take=take,
            low=self.note,
            high=self.note,
            root=self.note,
            softest=self.softest,
            loudest=self.loudest,
            round_robin=self.turn,
            gain_db=min(max(gain_db, LOWEST_GAIN), HIGHEST_GAIN),
        )


@dataclass(frozen=True)
class Progress:
    """How far a family is. done, of: of its takes, in this stage."""

    note: int
    stage: Literal["drafts", "checking", "refining"]
    done: int
    of: int

    def __str__(self) -> str:
        return self.stage if self.stage == "checking" else f"{self.stage} {self.done} of {self.of}"


# ── choosing ──────────────────────────────────────────────────────────────────────────────────────────────────


def target(flow: Flow, chosen: int | None) -> tuple[int, Recipe] | None:
    """The key on which a family is built, and the take it is like; None without a take.

    That is the chosen key with the take on it, else the selected take. The eight keys of the slots stay theirs:
    what is built from their takes comes on the first free key above them.
    """
    of_slot = chosen is not None and chosen in _OF_SLOTS
    if chosen is not None and of_slot:
        recipe = flow.slots[chosen - FIRST_NOTE].recipe
    else:
        recipe = flow.pads.get(-1 if chosen is None else chosen, flow.chosen.recipe)
    if recipe is None:
        return None
    if chosen is None or of_slot:
        others = (*range(_OF_SLOTS.stop, HIGHEST_NOTE + 1), *range(FIRST_NOTE))
        free = [note for note in others if note not in flow.pads and note not in flow.families]
        chosen = free[0] if free else HIGHEST_NOTE
    return chosen, with_steps(recipe, 1)


def lay(flow: Flow, note: int, family: Family) -> Flow:
    """A family on a key, its take below it."""
    flow = on_pad(flow, note, family.parent)
    return replace(flow, families={**flow.families, note: family})


def with_family(flow: Flow, note: int, family: Family) -> Flow:
    """Another state of the family that lies on a key; nothing where none does."""
    return replace(flow, families={**flow.families, note: family}) if note in flow.families else flow


def stopped(flow: Flow, note: int, shelf: Shelf) -> Flow:
    """Nothing more is made for a family: what is there stays, as drafts, so that its members still match."""
    family = flow.families[note]
    there = tuple(replace(one, tries=TRIES) for one in family.members if shelf.has(one.recipe))
    return with_family(flow, note, replace(family, members=there, steps=1))


# ── what is wanted ────────────────────────────────────────────────────────────────────────────────────────────


def recipes(flow: Flow) -> list[Recipe]:
    """The drafts of all members, once each."""
    return list(dict.fromkeys(one.recipe for family in flow.families.values() for one in family.members))


def wanted(flow: Flow, shelf: Shelf, pending: Mapping[str, str]) -> list[tuple[Recipe, Edit | None]]:
    """What the engine is asked for next, drafts of all families first. pending: as in orders.orders."""
    members = recipes(flow)
    versions = [with_steps(one, flow.marks_of(one).steps) for one in members]
    every = list(dict.fromkeys(members + versions))
    missing = [one for one in every if not shelf.has(one) and content(one) not in shelf.refused]
    room = AT_ONCE - sum(content(one) in pending for one in every)
    new = [one for one in missing if content(one) not in pending]
    return [(one, None if one.steps == 1 else edit_of(flow, shelf, one)) for one in new[: max(room, 0)]]


def drafted(family: Family, shelf: Shelf) -> bool:
    """Whether every draft that can be made is there."""
    return all(shelf.has(one.recipe) or content(one.recipe) in shelf.refused for one in family.members)


def progress(flow: Flow, shelf: Shelf) -> Progress | None:
    """How far the first family is that is not done."""
    for note, family in flow.families.items():
        found = _progress(note, family, flow, shelf)
        if found is not None:
            return found
    return None


def in_work(flow: Flow, shelf: Shelf, note: int) -> bool:
    """Whether the family on a key is still being made."""
    family = flow.families.get(note)
    return family is not None and _progress(note, family, flow, shelf) is not None


def _progress(note: int, family: Family, flow: Flow, shelf: Shelf) -> Progress | None:
    of = len(family.members)
    if not drafted(family, shelf):
        return Progress(note, "drafts", sum(shelf.has(one.recipe) for one in family.members), of)
    if not family.checked:
        return Progress(note, "checking", of, of)
    versions = [with_steps(one.recipe, flow.marks_of(one.recipe).steps) for one in family.members]
    done = sum(shelf.has(one) or content(one) in shelf.refused for one in versions)
    return Progress(note, "refining", done, of) if done < of else None


# ── what keys play ────────────────────────────────────────────────────────────────────────────────────────────


def laid(flow: Flow, there: Callable[[Recipe], bool]) -> list[Laid]:
    """What every note plays: slots, takes on keys, and families as far as they are there.

    there: whether a take can be played. The intensities that are there share the velocities evenly, so a family
    answers every touch from its first draft on.
    """
    found = {
        FIRST_NOTE + i: [Laid(FIRST_NOTE + i, slot.recipe, slot.gain_db)]
        for i, slot in enumerate(flow.slots)
        if slot.recipe is not None
    }
    found |= {note: [Laid(note, recipe)] for note, recipe in flow.pads.items()}
    for note, family in flow.families.items():
        members = [one for one in family.members if there(one.recipe)]
        if members:
            found[note] = _family(note, family, members)
    return [one for _, on_note in sorted(found.items()) for one in on_note]


def _family(note: int, family: Family, members: list[Member]) -> list[Laid]:
    layers = sorted({one.intensity for one in members})
    found = []
    for n, layer in enumerate(layers):
        softest, loudest = (_LOUDEST * n) // len(layers) + 1, (_LOUDEST * (n + 1)) // len(layers)
        for one in sorted(members, key=lambda one: one.turn):
            if one.intensity == layer:
                gain = family.gains.get(layer, 0.0)
                found.append(Laid(note, one.recipe, gain, softest, loudest, one.turn + 1, member=True))
    return found
