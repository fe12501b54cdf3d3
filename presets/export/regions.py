"""A kit as the regions of a sampler: what every other sampler understands, from what our zones say.

Other samplers count turns by position and length of a sequence, and count them for a whole region. Our zones take
turns on every note by itself, among those that a note-on's velocity and channel select. So zones that take turns
are parted where their notes, velocities and channels part, and every part gets its place in its own sequence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from presets.schema import Kit, Zone

ANY_CHANNEL = (1, 16)


@dataclass(frozen=True)
class Region:
    """A part of a zone.

    Attributes:
        zone: what plays, and how.
        low, high: notes, both included.
        softest, loudest: velocities, both included.
        channels: lowest and highest MIDI channel, 1..16.
        length: how many take turns; 0 where the region always plays.
        position: 1..length, the turn of this one.
        together: how many regions of its choke group one note-on may start, itself counted.
    """

    zone: Zone
    low: int
    high: int
    softest: int
    loudest: int
    channels: tuple[int, int]
    length: int = 0
    position: int = 0
    together: int = 1


def regions(kit: Kit) -> tuple[Region, ...]:
    """The regions of a kit, by rising note; of one note, those that always play come first.

    Zones that no note-on can reach (their softest velocity is above their loudest) are left out.
    """
    zones = [zone for zone in kit.zones if zone.low <= zone.high and zone.softest <= zone.loudest]
    always = [_whole(zone, zones) for zone in zones if not zone.round_robin]
    turning = [zone for zone in zones if zone.round_robin]
    notes = sorted({note for zone in turning for note in range(zone.low, zone.high + 1)})
    parts = [region for note in notes for region in _taking_turns(note, turning, zones)]
    return tuple(sorted([*always, *parts], key=lambda region: region.low))


def _whole(zone: Zone, zones: Sequence[Zone]) -> Region:
    channels = _channels(zone)
    together = max(
        _together(zone.choke, note, velocity, channels, zones)
        for note in _borders(zone.low, zone.high, ((other.low, other.high) for other in zones))
        for velocity in _borders(zone.softest, zone.loudest, ((z.softest, z.loudest) for z in zones))
    )
    return Region(zone, zone.low, zone.high, zone.softest, zone.loudest, channels, together=together)


def _taking_turns(note: int, turning: Sequence[Zone], zones: Sequence[Zone]) -> Iterator[Region]:
    """The parts of what takes turns on a note, each with its place in the sequence of its part."""
    here = sorted((zone for zone in turning if zone.low <= note <= zone.high), key=lambda zone: zone.round_robin)
    for softest, loudest in _parted((zone.softest, zone.loudest) for zone in here):
        layer = [zone for zone in here if zone.softest <= softest and loudest <= zone.loudest]
        for channels in _parted(map(_channels, layer)):
            line = [zone for zone in layer if _covers(_channels(zone), channels)]
            for position, zone in enumerate(line, 1):
                together = _together(zone.choke, note, softest, channels, zones)
                yield Region(zone, note, note, softest, loudest, channels, len(line), position, together)


def _together(choke: int, note: int, velocity: int, channels: tuple[int, int], zones: Sequence[Zone]) -> int:
    """How many voices of a choke group a note-on starts: all that always play, and one of those in turn."""
    if not choke:
        return 1
    mine = [
        zone
        for zone in zones
        if zone.choke == choke
        and zone.low <= note <= zone.high
        and zone.softest <= velocity <= zone.loudest
        and _meet(_channels(zone), channels)
    ]
    always = sum(not zone.round_robin for zone in mine)
    return max(1, always + any(zone.round_robin for zone in mine))


def _channels(zone: Zone) -> tuple[int, int]:
    return (zone.channel, zone.channel) if zone.channel else ANY_CHANNEL


def _parted(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where ranges overlap, the parts in which the same of them lie: (1, 9), (5, 9) gives (1, 4), (5, 9)."""
    given = list(ranges)
    begins = sorted({begin for begin, _ in given} | {end + 1 for _, end in given})
    parts = [(begin, after - 1) for begin, after in pairwise(begins)]
    return [part for part in parts if any(_covers(one, part) for one in given)]


def _borders(low: int, high: int, ranges: Iterable[tuple[int, int]]) -> list[int]:
    """The values between low and high from which on something else may hold."""
    begins = {value for begin, end in ranges for value in (begin, end + 1)}
    return sorted({low} | {value for value in begins if low < value <= high})


def _covers(outer: tuple[int, int], inner: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
