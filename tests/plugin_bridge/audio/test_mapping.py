"""What notes play: ranges, layers, turns, levels and pitches of kits, hand-made and random."""

from __future__ import annotations

import timeit
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.audio.mapping import MOST_ON_A_NOTE, NOTES, Choice, Mapping, velocity_gain
from presets.errors import InvalidRequest
from presets.kits import default_kit
from presets.schema import Kit, Zone

RATE = 48_000

velocities = st.integers(1, 127)
notes = st.integers(0, 127)


@st.composite
def zones(draw: st.DrawFn) -> Zone:
    low, high = sorted((draw(notes), draw(notes)))
    softest, loudest = sorted((draw(velocities), draw(velocities)))
    return Zone(
        take=draw(st.sampled_from("abcdef")),
        low=low,
        high=high,
        root=draw(notes),
        softest=softest,
        loudest=loudest,
        round_robin=draw(st.sampled_from([0, 0, 1, 2, 3])),
        channel=draw(st.sampled_from([0, 0, 1, 16])),
        tracking=draw(st.booleans()),
        touch=draw(st.floats(0, 1)),
    )


kits = st.builds(lambda z: Kit(name="random", zones=tuple(z)), st.lists(zones(), max_size=12))


def zone(take: str = "a", **fields: object) -> Zone:
    return Zone(**{"take": take, "low": 36, "high": 36, "root": 36, **fields})


def mapping(*of: Zone, rate: int = RATE) -> Mapping[Zone]:
    """A kit in which every zone is its own sound."""
    return Mapping(Kit(name="k", zones=of), lambda zone: zone, rate)


def takes(chosen: tuple[Choice[Zone], ...]) -> str:
    return "".join(choice.sound.take for choice in chosen)


@given(kits, st.integers(0, 15), notes, velocities)
def test_a_note_plays_all_that_match_and_one_of_those_that_take_turns(
    kit: Kit, channel: int, note: int, velocity: int
) -> None:
    ready = Mapping(kit, lambda zone: zone, RATE)
    turns = ready.turns()
    matching = [
        zone
        for zone in kit.zones
        if zone.low <= note <= zone.high
        and zone.softest <= velocity <= zone.loudest
        and zone.channel in (0, channel + 1)
    ]
    always = [zone for zone in matching if not zone.round_robin]
    turning = sorted((zone for zone in matching if zone.round_robin), key=lambda zone: zone.round_robin)
    for hit in range(2 * len(turning) + 1):
        chosen = [choice.sound for choice in ready.choose(channel, note, velocity, turns)]
        assert chosen == [*always, *turning[hit % len(turning) :][:1]] if turning else chosen == always


@given(kits, st.lists(st.tuples(st.integers(0, 15), notes, velocities), max_size=40))
def test_a_reset_repeats_what_was_played(kit: Kit, hits: list[tuple[int, int, int]]) -> None:
    ready = Mapping(kit, lambda zone: zone, RATE)
    turns = ready.turns()
    first = [ready.choose(*hit, turns) for hit in hits]
    turns.reset()
    assert [ready.choose(*hit, turns) for hit in hits] == first


def test_each_layer_takes_its_own_turns() -> None:
    layers = [zone("ab"[r - 1], softest=1, loudest=63, round_robin=r) for r in (1, 2)]
    layers += [zone("cd"[r - 1], softest=64, round_robin=r) for r in (1, 2)]
    ready = mapping(*layers)
    turns = ready.turns()
    assert "".join(takes(ready.choose(0, 36, v, turns)) for v in (9, 99) * 4) == "acbdacbd"


def test_each_note_takes_its_own_turns() -> None:
    ready = mapping(*(zone("ab"[r - 1], high=37, round_robin=r) for r in (1, 2)))
    turns = ready.turns()
    assert "".join(takes(ready.choose(0, note, 9, turns)) for note in (36, 37, 37, 36)) == "aabb"


@given(st.floats(0, 1))
def test_louder_hits_are_louder_and_the_loudest_is_full(touch: float) -> None:
    gains = [velocity_gain(velocity, touch) for velocity in range(128)]
    assert gains[127] == 1.0
    assert all(0.0 <= soft <= loud for soft, loud in pairwise(gains))
    assert touch < 1e-6 or gains[1] < gains[126]
    (choice,) = mapping(zone(touch=touch)).choose(0, 36, 127, mapping().turns())
    assert list(choice.levels) == gains


def test_levels_carry_the_gain_of_the_zone() -> None:
    (choice,) = mapping(zone(gain_db=-6.0)).choose(0, 36, 64, mapping().turns())
    assert choice.levels[127] == pytest.approx(10 ** (-6 / 20))
    assert choice.levels[64] == pytest.approx(10 ** (-6 / 20) * (64 / 127) ** 2)


@given(notes, st.floats(-2400, 2400))
def test_pitch_follows_the_note_only_where_it_is_asked_to(note: int, cents: float) -> None:
    still, follows = (
        mapping(zone(low=0, high=127, root=60, tracking=t, tune=cents)).choose(0, note, 9, mapping().turns())[0]
        for t in (False, True)
    )
    assert still.ratios[note] == pytest.approx(2 ** (cents / 1200))
    assert follows.ratios[note] == pytest.approx(still.ratios[note] * 2 ** ((note - 60) / 12))
    assert follows.ratios[72] == pytest.approx(2 * follows.ratios[60])


def test_times_are_frames_of_the_rate_and_numbers_begin_at_nought() -> None:
    ready = mapping(
        zone(attack=0.01, release=0.5, channel=16, output=3, choke=7, pan=-0.5, mode="gate"), rate=44_100
    )
    assert ready.choose(0, 36, 9, ready.turns()) == ()
    (choice,) = ready.choose(15, 36, 9, ready.turns())
    assert (choice.attack, choice.release) == (441, 22_050)
    assert (choice.output, choice.choke, choice.pan, choice.mode) == (2, 7, -0.5, "gate")


def test_takes_that_are_not_loaded_are_told_once_and_are_silent() -> None:
    kit = Kit(
        name="k", zones=(zone("a"), zone("x"), zone("b", round_robin=1), zone("y", round_robin=2), zone("x"))
    )
    ready = Mapping(kit, lambda zone: zone if zone.take in "ab" else None, RATE)
    turns = ready.turns()
    assert ready.missing == ("x", "y")
    assert [takes(ready.choose(0, 36, 9, turns)) for _ in range(2)] == ["ab", "ab"]


def test_the_default_kit_lies_on_the_pads() -> None:
    ready = Mapping(default_kit("abcdefgh"), lambda zone: zone.take, RATE)
    turns = ready.turns()
    for note in range(NOTES):
        for channel in (0, 15):
            heard = [choice.sound for choice in ready.choose(channel, note, 100, turns)]
            assert heard == (["abcdefgh"[note - 36]] if 36 <= note < 44 else [])


def test_too_many_zones_on_a_note_are_refused() -> None:
    mapping(*[zone()] * MOST_ON_A_NOTE)
    with pytest.raises(InvalidRequest, match="65 zones on note 36"):
        mapping(*[zone()] * (MOST_ON_A_NOTE + 1))


def test_a_note_of_many_zones_costs_little() -> None:
    ready = mapping(*(zone(round_robin=r % 5) for r in range(32)))
    turns = ready.turns()
    best = min(timeit.repeat(lambda: ready.choose(0, 36, 100, turns), number=500, repeat=20)) / 500
    assert best < 10e-6  # seconds; the quietest of 20 runs: the machine may be busy
