"""How a chain of effects changes: pure functions, each returns a new Chain; and who a chain is.

A chain that has nothing switched on is no chain: its take is heard dry, bit for bit.
"""

from __future__ import annotations

import hashlib
from typing import Any

from msgspec.structs import replace

from presets.chains import without_tails
from presets.schema import Chain, Recipe, Slot, canonical
from ui.family import seats
from ui.flow import Flow, lineage

MOST_SLOTS = 64
EVERY = "every"
"""The rack of all takes that have no effects of their own."""

_MOST_IDS = 256
_ids: dict[int, tuple[Chain, str]] = {}


def chain_id(chain: Chain) -> str:
    """Identity of a chain, whatever its tails: 12 hex digits.

    Remembered by object, because it is asked for on every repaint and states may be long.
    """
    known = _ids.get(id(chain))
    if known is None or known[0] is not chain:
        while len(_ids) >= _MOST_IDS:
            del _ids[next(iter(_ids))]
        known = (chain, hashlib.sha256(canonical(without_tails(chain))).hexdigest()[:12])
        _ids[id(chain)] = known
    return known[1]


def sounds(chain: Chain) -> bool:
    """Whether anything in it is switched on."""
    return any(slot.enabled and slot.mix > 0.0 for slot in chain.slots)


def added(chain: Chain, slot: Slot) -> Chain:
    """With one more effect at the end; a chain that is full stays as it is."""
    return replace(chain, slots=(*chain.slots, slot)) if len(chain.slots) < MOST_SLOTS else chain


def removed(chain: Chain, index: int) -> Chain:
    """Without that effect."""
    return replace(chain, slots=tuple(slot for i, slot in enumerate(chain.slots) if i != index))


def moved(chain: Chain, index: int, to: int) -> Chain:
    """With an effect in another place; the ends are the ends."""
    if not 0 <= index < len(chain.slots):
        return chain
    rest = [slot for i, slot in enumerate(chain.slots) if i != index]
    rest.insert(min(max(to, 0), len(rest)), chain.slots[index])
    return replace(chain, slots=tuple(rest))


def changed(chain: Chain, index: int, **fields: Any) -> Chain:
    """With other settings of one effect (enabled, mix, files)."""
    slots = tuple(replace(slot, **fields) if i == index else slot for i, slot in enumerate(chain.slots))
    return replace(chain, slots=slots)


def alike(one: Chain, other: Chain) -> bool:
    """Whether both have the same effects in the same order, however they are set."""
    return [_who(slot) for slot in one.slots] == [_who(slot) for slot in other.slots]


def _who(slot: Slot) -> tuple[str, str, str]:
    return slot.format, slot.effect, slot.maker


def chain_of(flow: Flow, recipe: Recipe | None) -> Chain:
    """The effects of a take: its own, else those of every take."""
    return Chain() if recipe is None else flow.chains.get(rack_of(flow, recipe), flow.every)


def rack_of(flow: Flow, recipe: Recipe) -> str:
    """The rack that a take goes through: takes with the same effects share one, a family that of its take."""
    take = lineage(recipe)
    if take in flow.chains:
        return take
    seat = seats(flow.families).get(take) if flow.families else None
    return seat.parent if seat is not None and seat.parent in flow.chains else EVERY


def with_chain(flow: Flow, recipe: Recipe, chain: Chain) -> Flow:
    """Other effects for whoever shares a take's: itself, or every take."""
    rack = rack_of(flow, recipe)
    if rack == EVERY and flow.every.slots:
        return replace(flow, every=chain)
    return replace(flow, chains={**flow.chains, lineage(recipe) if rack == EVERY else rack: chain})


def in_rack(flow: Flow, rack: str) -> Chain | None:
    """The effects that a rack holds; None where there is no such rack any more."""
    return flow.every if rack == EVERY else flow.chains.get(rack)


def with_rack(flow: Flow, rack: str, chain: Chain) -> Flow:
    """Other effects for a rack."""
    return replace(flow, every=chain) if rack == EVERY else replace(flow, chains={**flow.chains, rack: chain})


def for_all(flow: Flow, recipe: Recipe) -> Flow:
    """Every take has the effects of this one, those that come later too."""
    return replace(flow, every=chain_of(flow, recipe), chains={})


def for_this(flow: Flow, recipe: Recipe) -> Flow:
    """A take goes its own way from the effects of every take."""
    return replace(flow, chains={**flow.chains, lineage(recipe): chain_of(flow, recipe)})
