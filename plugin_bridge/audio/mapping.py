"""What each note plays: a Kit and the sounds that are loaded, prepared so that a note costs a look at a list.

Built on the control thread, only read by the audio thread. Whoever replaces a Mapping keeps the old one until
the audio thread has the new one: taking thousands of objects apart takes longer than a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Generic, Literal, TypeVar

from presets.errors import InvalidRequest
from presets.schema import Kit, Zone
from presets.sound import linear

T = TypeVar("T")

NOTES = 128
ANY_CHANNEL = -1

MOST_ON_A_NOTE = 64
"""Zones that may lie on a note: as many as there are voices, so that what a note costs has a bound (6 µs)."""


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """A zone as the audio thread plays it.

    Attributes:
        sound: what `find` gave for the zone.
        low, high: velocities that play it, both included.
        channel: 0..15, or ANY_CHANNEL.
        choke: group whose voices it ends, 0 for none.
        mode: as Zone.mode.
        attack, release: frames.
        levels: by velocity 0..127, linear, the zone's own gain included.
        ratios: by note 0..127, how much faster than it is the sound plays; 2.0 is an octave up.
        pan: -1 left .. 1 right.
        output: pair of outputs, 0..15.
    """

    sound: T
    low: int
    high: int
    channel: int
    choke: int
    mode: Literal["one-shot", "gate", "loop"]
    attack: int
    release: int
    levels: tuple[float, ...]
    ratios: tuple[float, ...]
    pan: float
    output: int


class Turns:
    """When each zone that takes turns was played last, note by note. Owned by whoever plays a Mapping.

    What was played longest ago comes next: so each layer of velocity goes round by itself, even where soft and
    loud hits alternate, which counting a note's hits would not do.
    """

    __slots__ = ("_fresh", "last", "played")

    def __init__(self, places: int) -> None:
        """All have their first turn. places: zones that take turns, on all notes together."""
        self.played = 0
        self.last = [0] * places
        self._fresh = tuple(self.last)

    def reset(self) -> None:
        """Begin anew, as at the transport's start, so that a bounce repeats. For the audio thread too."""
        self.played = 0
        self.last[:] = self._fresh


_Row = tuple[
    int, int, int, Choice[T]
]  # what is asked of every zone of a note lies beside the choice: half the time
_Rows = tuple[tuple[_Row[T], ...], ...]


class Mapping(Generic[T]):
    """A kit, ready to be played.

    Attributes:
        kit: the kit.
        missing: takes of its zones that `find` does not know, once each, in order; those zones are silent.
    """

    __slots__ = ("_always", "_begins", "_turning", "kit", "missing")

    def __init__(self, kit: Kit, find: Callable[[Zone], T | None], rate: int) -> None:
        """Prepare a kit.

        Args:
            kit: the kit.
            find: the loaded sound that a zone plays, None if there is none.
            rate: frames a second of the device, Hz.

        Raises:
            InvalidRequest: too many zones on a note.
        """
        _check(kit)
        found = [(zone, find(zone)) for zone in kit.zones]
        self.kit = kit
        self.missing = tuple(dict.fromkeys(zone.take for zone, sound in found if sound is None))
        playable = [(zone, _choice(zone, sound, rate)) for zone, sound in found if sound is not None]
        turning = sorted((pair for pair in playable if pair[0].round_robin), key=lambda pair: pair[0].round_robin)
        self._always = _by_note([pair for pair in playable if not pair[0].round_robin])
        self._turning = _by_note(turning)
        self._begins = tuple(accumulate(map(len, self._turning), initial=0))

    def turns(self) -> Turns:
        """New counters for this mapping."""
        return Turns(self._begins[-1])

    def choose(self, channel: int, note: int, velocity: int, turns: Turns) -> tuple[Choice[T], ...]:
        """What a note-on plays: all that always play, and one of those that take turns.

        Args:
            channel: 0..15.
            note: 0..127.
            velocity: 1..127.
            turns: made by this mapping; changed.
        """
        chosen = [
            choice
            for low, high, of, choice in self._always[note]
            if low <= velocity <= high and of in (ANY_CHANNEL, channel)
        ]
        if self._turning[note]:
            chosen += self._next(channel, note, velocity, turns)
        return tuple(chosen)

    def _next(self, channel: int, note: int, velocity: int, turns: Turns) -> tuple[Choice[T], ...]:
        """The one that waited longest; of those that never played, the one with the lowest number."""
        rows, begin, last = self._turning[note], self._begins[note], turns.last
        found, longest_ago = -1, turns.played + 1
        for place, (low, high, of, _) in enumerate(rows, begin):
            if last[place] < longest_ago and low <= velocity <= high and of in (ANY_CHANNEL, channel):
                found, longest_ago = place, last[place]
        if found < 0:
            return ()
        turns.played += 1
        last[found] = turns.played
        return (rows[found - begin][3],)


def velocity_gain(velocity: int, touch: float) -> float:
    """Linear gain of a velocity, 0..127: its square where touch is 1, one where it is 0; full is always one.

    It is what SFZ calls amp_veltrack, so that an exported kit answers alike.
    """
    return 1.0 - touch * (1.0 - (velocity / 127) ** 2)


def playback_ratio(zone: Zone, note: int) -> float:
    """How much faster than it is a zone's sound plays on a note, 0..127."""
    cents = zone.tune + (100 * (note - zone.root) if zone.tracking else 0)
    return 2.0 ** (cents / 1200)


def _by_note(zones: Iterable[tuple[Zone, Choice[T]]]) -> _Rows[T]:
    notes: list[list[_Row[T]]] = [[] for _ in range(NOTES)]
    for zone, choice in zones:
        row = (choice.low, choice.high, choice.channel, choice)
        for note in range(zone.low, zone.high + 1):
            notes[note].append(row)
    return tuple(map(tuple, notes))


def _choice(zone: Zone, sound: T, rate: int) -> Choice[T]:
    gain = linear(zone.gain_db)
    return Choice(
        sound=sound,
        low=zone.softest,
        high=zone.loudest,
        channel=zone.channel - 1 if zone.channel else ANY_CHANNEL,
        choke=zone.choke,
        mode=zone.mode,
        attack=round(zone.attack * rate),
        release=round(zone.release * rate),
        levels=tuple(gain * velocity_gain(velocity, zone.touch) for velocity in range(128)),
        ratios=tuple(playback_ratio(zone, note) for note in range(NOTES)),
        pan=zone.pan,
        output=zone.output - 1,
    )


def _check(kit: Kit) -> None:
    counts = [0] * (NOTES + 1)
    for zone in kit.zones:
        for note in range(zone.low, zone.high + 1):
            counts[note] += 1
    note = max(range(NOTES), key=counts.__getitem__)
    if counts[note] > MOST_ON_A_NOTE:
        raise InvalidRequest(
            f"The kit {kit.name!r} has {counts[note]} zones on note {note}, and {MOST_ON_A_NOTE} is the most. "
            "Spread them over more notes or more kits."
        )
