"""Chain(Edit(Sound)) -> Sound, at the sound's own rate, with everything that rings on.

The chain is rendered in stretches. Through a stretch goes the sound with silence behind it until that is silent
again; an effect that needs the end of a sound (reverse) gets the whole of what came before, tail included, and no
silence. So a reversed reverb is the reverb's tail, reversed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from plugin_bridge.rack.chain import LiveChain
from plugin_bridge.rack.effects import row_of
from plugin_bridge.rack.tails import LONGEST, ring_out
from presets import edit as edits
from presets.errors import InvalidRequest
from presets.export.wet import Printed
from presets.schema import Chain, Edit, Slot
from presets.sound import Samples, Sound


class Abandoned(Exception):
    """Nobody wants this rendering any more."""


class Wet(NamedTuple):
    """A sound that went through a chain, at the rate of what went in; and what is to be said of it."""

    sound: Sound
    printed: Printed


def render(
    live: LiveChain,
    sound: Sound,
    edit: Edit | None = None,
    match_db: float = 0.0,
    tails: Sequence[float] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Wet:
    """What a sound is like through a chain.

    Args:
        live: the effects.
        sound: the untrimmed native sound, or with edit None any sound as it is.
        edit: what is cut out of it before.
        match_db: the version's level match, see presets.schema.Version.
        tails: of the draft, one for each stretch of the chain; None finds them.
        cancelled: asked before every effect.

    Raises:
        InvalidRequest: another number of tails than the chain has stretches.
        Abandoned: it was cancelled.
    """
    dry = sound if edit is None else edits.apply(sound, edit, match_db)
    samples, found, remarks = dry.samples, list[float](), list[str]()
    parts = stretches([one.slot for one in live.slots])
    if tails is not None and len(tails) != len(parts):
        raise InvalidRequest(f"The chain has {len(parts)} stretches, not {len(tails)}. Let their tails be found.")
    for number, part in enumerate(parts):
        tail = None if tails is None else tails[number]
        samples, seconds, cut = _stretch(live, part, samples, dry.rate, tail, cancelled)
        found.append(seconds)
        if cut:
            name = live.slots[part[-1]].slot.effect
            remarks.append(f"What rings on behind {name} was faded out after {LONGEST:g} s.")
    said = [one.problem or one.remark for one in live.slots if one.heard and not one.as_saved]
    printed = Printed(chain=_heard(live, found), tails=tuple(found), remarks=(*said, *remarks))
    return Wet(Sound(samples, dry.rate), printed)


def stretches(slots: Sequence[Slot]) -> list[tuple[int, ...]]:
    """The slots that are switched on, as stretches that ring on together: an effect on the whole is one alone."""
    parts: list[tuple[int, ...]] = []
    joined = False
    for index, slot in enumerate(slots):
        if not slot.enabled or not slot.mix:
            continue
        row = row_of(slot)
        alone = row is not None and row.whole
        if joined and not alone:
            parts[-1] = (*parts[-1], index)
        else:
            parts.append((index,))
        joined = not alone
    return parts


def with_tails(chain: Chain, tails: Sequence[float]) -> Chain:
    """The chain with its tails, one for each stretch, as it is written into files."""
    slots = [replace(slot, tail=None) for slot in chain.slots]
    for part, seconds in zip(stretches(chain.slots), tails, strict=True):
        slots[part[-1]] = replace(slots[part[-1]], tail=seconds)
    return replace(chain, slots=tuple(slots))


def _heard(live: LiveChain, tails: Sequence[float]) -> Chain:
    """The chain with its tails; what was bypassed is switched off in it."""
    chain = with_tails(live.chain(), tails)
    slots = (
        replace(slot, enabled=slot.enabled and not one.problem)
        for slot, one in zip(chain.slots, live.slots, strict=True)
    )
    return replace(chain, slots=tuple(slots))


def _stretch(
    live: LiveChain,
    part: tuple[int, ...],
    samples: Samples,
    rate: int,
    tail: float | None,
    cancelled: Callable[[], bool],
) -> tuple[Samples, float, bool]:
    """One stretch; what stands before its first effect that rings on needs no silence behind it."""

    def through(indexes: Sequence[int], sound: Samples) -> Samples:
        for index in indexes:
            if cancelled():
                raise Abandoned
            sound = live.through(index, sound, rate)
        return sound

    quiet = [live.slots[index].quiet for index in part]
    first = next((place for place, seconds in enumerate(quiet) if seconds), len(part))
    ready = through(part[:first], samples)
    return ring_out(lambda sound: through(part[first:], sound), ready, rate, sum(quiet), tail)
