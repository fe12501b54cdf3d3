"""Who says something to another process never waits: order, bound and end of what is on its way."""

from __future__ import annotations

import os
import threading

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from plugin_bridge.pipes import Pipe, PipeClosed
from presets.outbox import Outbox, Overfull

PATIENCE = 30


class Line:
    """A real pipe to nobody yet: what is written stays in it until it is read."""

    def __init__(self, **options):
        here, there = os.pipe()
        self.reader = os.fdopen(here, "rb")
        self.sink = os.fdopen(there, "wb")
        self.pipe = Pipe(self.reader, self.sink)
        options = {"at_once": self.pipe.has_room} | options
        self.outbox = Outbox(self.pipe.send, (PipeClosed,), "test-orders", end=self.pipe.close, **options)

    def rest(self):
        """All that comes until the line ends."""
        heard = []
        try:
            while True:
                heard.append(self.pipe.receive())
        except PipeClosed:
            self.reader.close()
            return heard


messages = st.lists(st.integers(0, 9000).map(lambda size: os.urandom(8) + bytes(size)), max_size=60)


@settings(deadline=None, max_examples=40)
@given(messages, st.booleans())
def test_all_of_it_arrives_in_order_however_late_it_is_read(said, directly):
    """Also where nobody reads before the last word is said, and half of them do not fit into the pipe."""
    line = Line() if directly else Line(at_once=lambda _: False)
    for one in said:
        line.outbox.put(one)
    line.outbox.finish()
    line.outbox.put(b"too late")
    assert line.rest() == said
    assert line.outbox.join(PATIENCE)


def test_several_who_speak_keep_their_own_order():
    line = Line()

    def speak(who):
        for number in range(3000):
            line.outbox.put(f"{who} {number}".encode())

    speakers = [threading.Thread(target=speak, args=(who,)) for who in range(4)]
    for one in speakers:
        one.start()
    for one in speakers:
        one.join(PATIENCE)
        assert not one.is_alive()  # nobody has read a word yet
    line.outbox.finish()
    heard = [tuple(map(int, one.split())) for one in line.rest()]
    for who in range(4):
        assert [number for speaker, number in heard if speaker == who] == list(range(3000))
    assert line.outbox.join(PATIENCE)


def test_what_does_not_fit_is_told_once_and_then_all_is_forgotten():
    line = Line(most=1 << 20)
    with pytest.raises(Overfull):
        for _ in range(1000):
            line.outbox.put(bytes(4000))
    line.outbox.put(b"after")
    heard = line.rest()
    assert 0 < len(heard) < 300
    assert b"after" not in heard
    assert line.outbox.join(PATIENCE)


@pytest.mark.parametrize("full", [False, True])
def test_a_line_that_is_dead_ends_the_thread_and_nobody_is_bothered(full):
    line = Line()
    for _ in range(100 if full else 0):
        line.outbox.put(bytes(4000))  # the thread is in the middle of a write
    line.reader.close()
    for _ in range(100):
        line.outbox.put(bytes(4000))
    assert line.outbox.join(PATIENCE)


def test_what_is_dropped_is_not_written():
    line = Line()
    for number in range(100):
        line.outbox.put(number.to_bytes(4000, "big"))
    line.outbox.drop()
    heard = line.rest()
    assert heard == [number.to_bytes(4000, "big") for number in range(len(heard))]
    assert len(heard) < 100
    assert line.outbox.join(PATIENCE)
