"""Undo as the difference between two Flows, so that what arrives meanwhile is never taken back with it.

Only what a step changed is set back: a pin that is undone after new drafts came leaves the new drafts there.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ui.flow import Flow, Marks

_SLOT_FIELDS = ("seed", "recipe", "wanted", "pinned")
_ARRIVES = "arrives"
_FIELDS = ("wishes", "back", "ahead", "previous", "made_for", "held", "pads", "every")


class Change(Struct, frozen=True):
    """One thing that a step changed.

    place: a field of the Flow, ("slots", index, field), ("marks", take), ("families", note) or ("chains", take). A
    slot's "arrives" is what comes of a step later: the take that was there, and the one that was asked for.
    """

    place: tuple[Any, ...]
    before: Any
    after: Any


def difference(before: Flow, after: Flow) -> tuple[Change, ...]:
    """What differs, apart from what is only a fact (levels, whether somebody listened)."""
    found = [Change((f,), getattr(before, f), getattr(after, f)) for f in _FIELDS]
    for i, (old, new) in enumerate(zip(before.slots, after.slots, strict=True)):
        found += [Change(("slots", i, f), getattr(old, f), getattr(new, f)) for f in _SLOT_FIELDS]
        if new.wanted not in (None, old.wanted) and old.recipe == new.recipe:
            found.append(Change(("slots", i, _ARRIVES), old.recipe, new.wanted))
    for take in before.marks.keys() | after.marks.keys():
        found.append(Change(("marks", take), before.marks.get(take), after.marks.get(take)))
    for note in before.families.keys() | after.families.keys():
        found.append(Change(("families", note), before.families.get(note), after.families.get(note)))
    for take in before.chains.keys() | after.chains.keys():
        found.append(Change(("chains", take), before.chains.get(take), after.chains.get(take)))
    return tuple(change for change in found if change.before != change.after)


def patched(flow: Flow, changes: tuple[Change, ...], forward: bool) -> Flow:
    """The Flow with these changes made (again), or taken back."""
    for change in changes:
        if change.place[-1] == _ARRIVES:
            flow = flow if forward else _gone(flow, change)
        else:
            flow = _set(flow, change.place, change.after if forward else change.before)
    return flow


def _gone(flow: Flow, change: Change) -> Flow:
    """The Flow with what was there before, where what a step asked for has come since."""
    _, index, _ = change.place
    came = flow.slots[index].recipe == change.after
    return _set(flow, ("slots", index, "recipe"), change.before) if came else flow


def _set(flow: Flow, place: tuple[Any, ...], value: Any) -> Flow:
    if place[0] == "slots":
        _, index, field = place
        slots = tuple(replace(s, **{field: value}) if i == index else s for i, s in enumerate(flow.slots))
        return replace(flow, slots=slots)
    if place[0] == "marks":
        rest = {take: marks for take, marks in flow.marks.items() if take != place[1]}
        return replace(flow, marks=rest if value in (None, Marks()) else {**rest, place[1]: value})
    if place[0] in ("chains", "families"):
        others = {key: one for key, one in getattr(flow, place[0]).items() if key != place[1]}
        return replace(flow, **{place[0]: others if value is None else {**others, place[1]: value}})
    return replace(flow, **{place[0]: value})
