"""Which members of a family may stay: none too alike, none off the family, their levels linked.

What is usual is the family's own, because one bound fits no two sounds: snares are more alike than bells, at any
radius. What is too alike or off is tried in another noise, a few times. Pure: what was measured comes in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from presets import levels
from ui.family import Draw, Family, Member

TRIES = 3
"""Noises that are tried for a member, beside its first one."""

STEP_DB = 3.0
"""How much softer each intensity is than the next one, beside what the velocity does."""

VERY_ALIKE = 0.985
"""Usual likeness above which most ears hear one sound: `ui.hearing.ENOUGH`."""

_ALIKE, _OFF = 0.3, 2.5  # shares of the usual distance: nearer is too alike, farther is off the family
_SAME = 1e-4  # 1 - correlation below which two sounds are one
_OFF_DB = 9.0  # from the usual level of its intensity

Fault = Literal["", "alike", "off", "silent"]


@dataclass(frozen=True)
class Verdict:
    """What the check found. faults: of each member; gains: by intensity, dB.

    likeness: of the members and their first, the lowest, the usual and the highest; 1 where nothing is compared.
    """

    faults: tuple[Fault, ...]
    gains: dict[int, float]
    likeness: tuple[float, float, float]


def pairs(family: Family) -> Iterator[tuple[int, int]]:
    """The members that are compared: those of one intensity, each with each."""
    for i, one in enumerate(family.members):
        for j, other in enumerate(family.members[:i]):
            if one.intensity == other.intensity:
                yield j, i


def check(family: Family, likeness: NDArray[np.float64], gains: Sequence[float | None]) -> Verdict:
    """Which members are too alike or off the family, and the linked level of each intensity.

    Args:
        family: what was made.
        likeness: (n, n) correlation of each pair of `pairs`; whatever elsewhere.
        gains: what would bring each member alone to its level, dB; None for silence, or what could not be made.
    """
    faults: dict[int, Fault] = {i: "silent" for i, gain in enumerate(gains) if gain is None}
    near: list[float] = []
    for intensity in family.intensities:
        layer = _layer(family, intensity, faults)
        faults |= _faults(layer, 1.0 - likeness, gains)
        near += [float(likeness[min(i, layer[0]), max(i, layer[0])]) for i in layer[1:]]
    told = (min(near), float(median(near)), max(near)) if near else (1.0, 1.0, 1.0)
    return Verdict(
        tuple(faults.get(i, "") for i in range(len(family.members))), _linked(family, gains, faults), told
    )


def _layer(family: Family, intensity: int, faults: dict[int, Fault]) -> list[int]:
    found = [i for i, one in enumerate(family.members) if one.intensity == intensity and i not in faults]
    return sorted(found, key=lambda i: family.members[i].turn)


def _faults(layer: list[int], distance: NDArray[np.float64], gains: Sequence[float | None]) -> dict[int, Fault]:
    """What is wrong with the members of one intensity; the first one, in the take's own noise, always stays."""
    if len(layer) < 2:
        return {}
    first, rest = layer[0], layer[1:]
    between = [float(distance[min(i, j), max(i, j)]) for n, i in enumerate(layer) for j in layer[:n]]
    usual = float(median(between))
    from_first = {i: float(distance[min(first, i), max(first, i)]) for i in rest}
    level = median([gain for i in layer if (gain := gains[i]) is not None])
    found: dict[int, Fault] = {}
    good = [first]
    for i in rest:
        gain = gains[i]
        far = from_first[i] > _OFF * max(float(median(from_first.values())), _SAME)
        if far or (gain is not None and abs(gain - level) > _OFF_DB):
            found[i] = "off"
        elif any(distance[min(i, j), max(i, j)] < max(_ALIKE * usual, _SAME) for j in good):
            found[i] = "alike"
        else:
            good.append(i)
    return found


def _linked(family: Family, gains: Sequence[float | None], faults: dict[int, Fault]) -> dict[int, float]:
    """One gain for each intensity: its loudest comes to its level, each softer one `STEP_DB` below the next."""
    found = {}
    for step, intensity in enumerate(reversed(family.intensities)):
        mine = [i for i, one in enumerate(family.members) if one.intensity == intensity]
        heard = [i for i in mine if not faults.get(i)] or mine
        gain = levels.family_gain([gains[i] for i in heard]) - STEP_DB * step
        found[intensity] = gain
    return found


def judged(family: Family, verdict: Verdict, draw: Draw) -> Family:
    """The family with other noises for what the check did not like, or checked where there is no more to try.

    What stays too alike or off after all tries stays; what is silent goes.
    """
    again = {i for i, fault in enumerate(verdict.faults) if fault and _may_try(family.members[i])}
    alike = sum(verdict.faults[i] == "alike" for i in again)
    replaced = (family.replaced[0] + alike, family.replaced[1] + len(again) - alike)
    left = tuple(
        _another(family, one, draw) if i in again else one
        for i, one in enumerate(family.members)
        if i in again or verdict.faults[i] != "silent"
    )
    return replace(family, members=left, gains=verdict.gains, replaced=replaced, checked=not again)


def _may_try(member: Member) -> bool:
    return member.turn > 0 and member.tries < TRIES


def _another(family: Family, member: Member, draw: Draw) -> Member:
    recipe = replace(member.recipe, variation_seed=draw(), variation_radius=family.radius)
    return replace(member, recipe=recipe, tries=member.tries + 1)


# ── telling ───────────────────────────────────────────────────────────────────────────────────────────────────


def sentence(family: Family, verdict: Verdict, where: str) -> str:
    """What became of a family, in one line. where: its key."""
    count, layers = len(family.members), len(family.intensities)
    alike, off = family.replaced
    left = [fault for fault in verdict.faults if fault in ("alike", "off")]
    words = [f"{where} plays {count} takes"]
    if layers > 1:
        words[0] += f" in {layers} intensities, {STEP_DB:g} dB apart"
    low, usual, high = verdict.likeness
    if count > layers:
        words.append(f"{low:.2f} to {high:.2f} like {'their first' if layers > 1 else 'the take'}")
    if alike + off:
        words.append(f"{alike + off} replaced ({alike} too alike, {off} off)")
    if left:
        words.append(f"{len(left)} still {'too alike' if 'off' not in left else 'off or too alike'}")
    if usual > VERY_ALIKE and count > layers:
        words.append("a larger radius makes them differ more")
    return "; ".join(words) + "."
