"""MIDI learn: what counts as touched, what does not, and how waiting ends."""

from __future__ import annotations

import pytest

from plugin_bridge.audio.learn import Learner
from plugin_bridge.audio.protocol import Learn, Learned


def waiting(seconds: float = 10.0) -> Learner:
    learner = Learner()
    assert learner.begin(Learn(ticket="t", seconds=seconds), now=100.0) is None
    return learner


def test_the_first_key_is_learnt_and_only_once() -> None:
    learner = waiting()
    assert learner.feed(b"\x93\x24\x64") == Learned(ticket="t", kind="note", channel=4, number=36, value=100)
    assert not learner.waiting
    assert learner.feed(b"\x93\x24\x64") is None
    assert learner.tick(1e9) is None


@pytest.mark.parametrize("number", [1, 7, 64, 119])
def test_a_knob_or_pedal_is_learnt(number: int) -> None:
    found = waiting().feed(bytes([0xBF, number, 3]))
    assert found == Learned(ticket="t", kind="controller", channel=16, number=number, value=3)


def test_a_knob_that_repeats_where_it_stood_has_not_moved() -> None:
    learner = Learner()
    learner.feed(b"\xb0\x07\x40")
    learner.begin(Learn(ticket="t"), now=0.0)
    assert learner.feed(b"\xb0\x07\x40") is None
    assert learner.feed(b"\xb1\x07\x40") is not None  # the same knob of another channel


@pytest.mark.parametrize(
    "data",
    [
        b"\xf8",
        b"\xfe",
        b"\x80\x24\x40",
        b"\x90\x24\x00",
        b"\xc0\x05",
        b"\xb0\x00\x01",
        b"\xb0\x20\x01",
        b"\xb0\x7b\x00",
        b"\xe0\x00\x40",
        b"\xd0\x40",
        b"\xf0\x01\xf7",
        b"\x90\x24",
        b"",
    ],
)
def test_what_nobody_touched_on_purpose_is_not_learnt(data: bytes) -> None:
    learner = waiting()
    assert learner.feed(data) is None
    assert learner.waiting


def test_waiting_ends_with_a_sentence_after_its_time() -> None:
    learner = waiting(seconds=10.0)
    assert learner.tick(109.9) is None
    failed = learner.tick(110.0)
    assert failed is not None
    assert failed.about == "t"
    assert "try again" in failed.sentence
    assert learner.tick(111.0) is None
    assert learner.feed(b"\x93\x24\x64") is None


def test_a_second_one_takes_the_place_of_the_first() -> None:
    learner = waiting()
    told = learner.begin(Learn(ticket="u"), now=0.0)
    assert told is not None
    assert told.about == "t"
    found = learner.feed(b"\x90\x24\x64")
    assert found is not None
    assert found.ticket == "u"
