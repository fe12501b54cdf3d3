"""Tempo and place in the song, from clocks that come when blocks begin."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.audio.midi import CLOCKS, HIGHEST_TEMPO, Kind, Message, Transport

RATE = 48_000
CLOCK, START, CONTINUE, STOP = (Message(kind) for kind in (Kind.CLOCK, Kind.START, Kind.CONTINUE, Kind.STOP))


def run(transport: Transport, tempo: float, clocks: int, first: float = 0.0, block: int = 1) -> float:
    """Feed clocks as late as the next block's begin; returns the frame of the next one."""
    for _ in range(clocks):
        transport.feed(CLOCK, math.ceil(first / block) * block)
        first += 60 * RATE / (CLOCKS * tempo)
    return first


@given(st.floats(30, 300), st.sampled_from([1, 64, 128, 256]))
def test_a_steady_tempo_is_found(tempo: float, block: int) -> None:
    transport = Transport(RATE)
    run(transport, tempo, 4 * CLOCKS, block=block)
    assert transport.tempo == pytest.approx(tempo, rel=0.004 * block / 256 * max(1.0, tempo / 120) + 1e-3)


def test_there_is_no_tempo_before_a_quarter_of_a_beat() -> None:
    transport = Transport(RATE)
    run(transport, 120, 6)
    assert transport.tempo == 0.0
    run(transport, 120, 1, first=6000.0)
    assert transport.tempo == pytest.approx(120)


def test_a_new_tempo_is_reached_in_two_beats() -> None:
    transport = Transport(RATE)
    there = run(transport, 120, 10 * CLOCKS, block=128)
    run(transport, 150, 2 * CLOCKS + 1, first=there, block=128)
    assert transport.tempo == pytest.approx(150, rel=0.01)


def test_after_a_pause_the_next_clock_begins_anew() -> None:
    transport = Transport(RATE)
    there = run(transport, 120, 48)
    run(transport, 90, 8, first=there + 10 * RATE)
    assert transport.tempo == pytest.approx(90, rel=1e-3)


def test_the_first_clock_after_start_is_beat_nought() -> None:
    transport = Transport(RATE)
    there = run(transport, 120, CLOCKS)
    assert transport.beats == 0.0
    transport.feed(START, round(there))
    assert transport.playing
    assert transport.position(round(there) + 10_000) == 0.0
    there = run(transport, 120, CLOCKS + 1, first=there)
    assert transport.beats == 1.0
    assert transport.position(round(there - 500)) == pytest.approx(1.0 + 0.5 / CLOCKS, abs=0.01)
    assert transport.position(round(there + 99_999)) == pytest.approx(1.0 + 1 / CLOCKS)  # waits for the clock
    transport.feed(STOP, round(there))
    run(transport, 120, CLOCKS, first=there)
    assert (transport.beats, transport.playing) == (1.0, False)
    assert transport.position(10**9) == 1.0


def test_song_position_and_continue() -> None:
    transport = Transport(RATE)
    there = run(transport, 120, 8)
    transport.feed(Message(Kind.SONG, 0, 34), 8000)
    assert transport.beats == 8.5
    transport.feed(CONTINUE, 8000)
    assert transport.position(8500) == 8.5
    run(transport, 120, 13, first=there)
    assert transport.beats == 9.0
    transport.feed(START, 30_000)
    assert transport.beats == 0.0


@given(st.lists(st.tuples(st.sampled_from([CLOCK, START, CONTINUE, STOP]), st.integers(0, 10**6))))
def test_any_order_at_any_time_gives_numbers(events: list[tuple[Message, int]]) -> None:
    transport, frame = Transport(RATE), 0
    for message, later in events:
        frame += later
        transport.feed(message, frame)
        assert math.isfinite(transport.tempo)
        assert math.isfinite(transport.position(frame))
        assert 0.0 <= transport.tempo <= HIGHEST_TEMPO
        assert 0.0 <= transport.position(frame) - transport.beats < 1.001 / CLOCKS
