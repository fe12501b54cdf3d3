"""bext, LIST/INFO, cue, smpl, acid: what is written comes back, broken bytes are read or told in a sentence."""

from __future__ import annotations

import string
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presets import loudness
from presets.export import acid, bext, cues, info_list, ixml, sampler_chunk
from presets.export.acid import Acid
from presets.export.bext import Bext, Levels
from presets.export.cues import Marker
from presets.export.riff import RiffError
from presets.export.sampler_chunk import Loop, Sampler
from presets.sound import Sound

short = settings(deadline=None, derandomize=True, max_examples=60)
PRINTABLE = st.text(string.ascii_letters + string.digits + " .,:;!?-_'\"()", max_size=32).map(str.strip)
LEVELS = st.none() | st.integers(-9999, 9999).map(lambda hundredths: hundredths / 100)
READERS: dict[str, Callable[[bytes], object]] = {
    "bext": bext.from_bytes,
    "info": info_list.from_bytes,
    "cue": cues.from_bytes,
    "cue with labels": lambda body: cues.from_bytes(body, body),
    "smpl": sampler_chunk.from_bytes,
    "acid": acid.from_bytes,
    "ixml": ixml.from_bytes,
}


@given(
    st.builds(
        Bext,
        description=PRINTABLE,
        originator=PRINTABLE,
        originator_reference=PRINTABLE,
        date=st.just("2026-11-21"),
        time=st.just("12:34:56"),
        time_reference=st.integers(0, 2**64 - 1),
        umid=st.binary(min_size=64, max_size=64),
        levels=st.builds(Levels, LEVELS, LEVELS, LEVELS, LEVELS, LEVELS),
        coding_history=st.lists(PRINTABLE.filter(bool), max_size=3).map("\n".join),
    )
)
@short
def test_bext_comes_back(value: Bext) -> None:
    body = bext.to_bytes(value)
    assert len(body) >= 602
    assert bext.from_bytes(body) == value


def test_bext_holds_ascii_and_silence_is_not_measured() -> None:
    body = bext.to_bytes(Bext(description="Türe — „ÆON“ 日本 " + "x" * 300))
    assert body[:256].isascii()
    assert bext.from_bytes(body).description.startswith("Ture - ")
    silent = bext.levels(loudness.measure(Sound(np.zeros((1, 48000), np.float32), 48000)))
    assert silent == Levels()
    assert body[412:422] == b"\xff\x7f" * 5


def test_older_bext_says_less() -> None:
    body = bytearray(bext.to_bytes(Bext(levels=Levels(-23.0), umid=b"\1" * 64)))
    body[346] = 1
    assert bext.from_bytes(bytes(body)).levels == Levels()
    body[346] = 0
    assert bext.from_bytes(bytes(body)).umid == bytes(64)
    assert bext.from_bytes(bytes(body[:422])).version == 0  # some programs leave the reserved bytes out


TEXT = st.text(max_size=60).filter(lambda text: "\0" not in text and text != "" and text.isprintable())


@given(st.dictionaries(st.sampled_from(sorted(info_list.NAMES)), TEXT, max_size=12))
@short
def test_info_comes_back(fields: dict[str, str]) -> None:
    value = info_list.texts(**fields)
    assert info_list.from_bytes(info_list.to_bytes(value)) == value


def test_info_cuts_what_is_too_long_between_characters() -> None:
    (found,) = info_list.from_bytes(info_list.to_bytes(((b"ICMT", "x" + "é" * 40_000),)))
    assert found[1] == "x" + "é" * 32_767


@given(st.lists(st.builds(Marker, st.integers(0, 2**32 - 1), st.just("") | TEXT), max_size=20))
@short
def test_markers_come_back(markers: list[Marker]) -> None:
    points, labels = cues.to_bytes(markers)
    assert cues.from_bytes(points, labels) == tuple(markers)
    assert cues.from_bytes(points) == tuple(Marker(marker.frame) for marker in markers)


@given(
    st.sampled_from([22050, 44100, 48000, 96000]),
    st.integers(0, 127),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), max_size=4),
)
@short
def test_loops_come_back(rate: int, note: int, loops: list[tuple[int, int]]) -> None:
    value = Sampler(rate, note, 0.0, tuple(Loop(begin, begin + length) for begin, length in loops))
    assert sampler_chunk.from_bytes(sampler_chunk.to_bytes(value)) == value


def test_loops_that_hold_nothing_are_not_written() -> None:
    value = Sampler(48000, 60, 50.0, (Loop(5, 5), Loop(-1, 4), Loop(3, 9)))
    found = sampler_chunk.from_bytes(sampler_chunk.to_bytes(value))
    assert found.loops == (Loop(3, 9),)
    assert found.cents == pytest.approx(50, abs=1e-6)


@given(
    st.integers(1, 4000).map(lambda n: n / 8), st.integers(0, 999), st.none() | st.integers(0, 127), st.booleans()
)
@short
def test_tempo_comes_back(tempo: float, beats: int, root: int | None, one_shot: bool) -> None:
    value = Acid(tempo, beats, root, (3, 4), one_shot)
    assert acid.from_bytes(acid.to_bytes(value)) == value


def test_a_loop_has_as_many_beats_as_come_nearest() -> None:
    assert acid.for_tempo(120.0, 4.01).beats == 8
    assert acid.for_tempo(60.0, 0.1).beats == 1


@pytest.mark.parametrize("reader", READERS)
def test_any_bytes_are_read_or_told(reader: str) -> None:
    @given(st.binary(max_size=700) | st.binary(max_size=100).map(lambda tail: b"INFO" + tail))
    @settings(deadline=None, derandomize=True, max_examples=150)
    def check(body: bytes) -> None:
        try:
            READERS[reader](body)
        except RiffError as error:
            assert str(error).endswith(("wave", "WAV", "again", "fewer", "without it", "it"))  # what to do next

    check()


def test_promises_are_not_believed() -> None:
    assert cues.from_bytes(b"\xff\xff\xff\xff") == ()
    assert sampler_chunk.from_bytes(bytes(28) + b"\xff\xff\xff\xff" + bytes(4)).loops == ()
    with pytest.raises(RiffError, match="more than 1000"):
        info_list.from_bytes(b"INFO" + (b"INAM" + bytes(4)) * 1001)
    with pytest.raises(RiffError, match="cue points"):
        cues.from_bytes((20_000).to_bytes(4, "little") + bytes(24 * 20_000))
    with pytest.raises(RiffError, match="tempo"):
        acid.from_bytes(bytes(20) + b"\0\0\xc0\x7f")
