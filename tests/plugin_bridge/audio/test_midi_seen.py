"""The monitor view: what is kept, and how it reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_bridge.audio.seen import KEPT, Seen, line


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("90 3c 64", "ch 1  note on  C3 (60)  100"),
        ("8f 3d 40", "ch 16  note off  C#3 (61)  64"),
        ("b0 40 7f", "ch 1  controller  64 (sustain)  127"),
        ("b0 07 10", "ch 1  controller  7  16"),
        ("b2 7b 00", "ch 3  all notes off"),
        ("e0 00 00", "ch 1  bend  -8192"),
        ("c0 05", "ch 1  program  5"),
        ("f2 02 00", "song position  0.5 beats"),
        ("fa", "start"),
        ("f0 7e 01 f7", "system exclusive  f0 7e 01 f7"),
        ("ff", "system  ff"),
        ("90 3c", "broken  90 3c"),
        ("", "broken"),
    ],
)
def test_how_events_read(data: str, text: str) -> None:
    assert line(bytes.fromhex(data)) == text


def test_the_octave_is_the_readers() -> None:
    assert line(b"\x90\x3c\x64", middle=5) == "ch 1  note on  C5 (60)  100"


@given(st.binary(max_size=100))
def test_any_bytes_read_as_one_short_line(data: bytes) -> None:
    assert "\n" not in line(data)
    assert len(line(data)) < 200


def test_only_the_last_events_are_kept_without_clock_and_cut() -> None:
    seen = Seen()
    for n in range(KEPT + 10):
        seen.add(float(n), bytes([0x90, 60, n % 128]))
        seen.add(float(n), b"\xf8")
        seen.add(float(n), b"\xfe")
        seen.add(float(n), b"")
    events = seen.take()
    assert [when for when, _ in events] == [float(n) for n in range(10, KEPT + 10)]
    assert seen.take() == ()
    seen.add(0.0, b"\xf0" + bytes(5000))
    assert len(seen.take()[0][1]) == 32
