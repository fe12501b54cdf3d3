"""The intensity curve as numbers: what it does to samples, how it is written, and every wrong one refused."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from presets.errors import InvalidRequest
from presets.intensity import HIGHEST_DB, LOWEST_DB, MOST_POINTS, NEAREST, checked, read, written
from presets.intensity_gains import followed, gains

levels = st.floats(LOWEST_DB, HIGHEST_DB)


@st.composite
def curves(draw):
    """Any curve, with points as near as they may be."""
    places = draw(st.lists(st.integers(0, round(1 / NEAREST)), min_size=1, max_size=MOST_POINTS, unique=True))
    return tuple((place * NEAREST, draw(levels)) for place in sorted(places) if place * NEAREST <= 1.0)


@given(curves(), st.integers(0, 3000))
def test_gains_are_straight_in_db_between_the_points_and_level_beyond_them(points, count):
    found = gains(points, count)
    assert found.dtype == np.float32
    at, db = zip(*points, strict=True)
    wanted = 10 ** (np.interp(np.arange(count) / max(count, 1), at, db) / 20)
    assert np.allclose(found, wanted, rtol=1e-6, atol=0)


@given(curves(), st.integers(1, 2), st.integers(0, 500))
def test_every_channel_follows_and_the_sound_itself_is_not_changed(points, channels, count):
    samples = np.linspace(-1, 1, channels * count, dtype=np.float32).reshape(channels, count)
    before = samples.copy()
    heard = followed(samples, points)
    assert heard.dtype == np.float32
    assert heard.flags.c_contiguous
    assert np.array_equal(samples, before)
    for channel in range(channels):
        assert np.array_equal(heard[channel], samples[channel] * gains(points, count))


def test_without_points_it_is_the_very_same_sound():
    samples = np.ones((1, 10), np.float32)
    assert followed(samples, ()) is samples


def test_at_0_db_no_bit_changes():
    assert np.array_equal(gains([(0.0, 0.0), (0.3, 0.0), (1.0, 0.0)], 1000), np.ones(1000, np.float32))
    swell = gains([(0.0, -37.3), (0.5, 0.0)], 1000)
    assert np.array_equal(swell[500:], np.ones(500, np.float32))
    assert swell[499] < 1.0


@pytest.mark.parametrize(
    ("curve", "count", "digest"),
    [
        ("0:-30,0.5:0,1:-12", 131072, "7bb39ef615cd43f6e90be3a5225b61be523f8677d3238f8c6d7aede5be20659a"),
        (
            "0.1:-59.3,0.1001:11.7,0.333:0.1,0.9:-6.02",
            44101,
            "1d0e288976425d7b98349a36c51f4f00256f54aa79de10fe3feef450932a75b0",
        ),
    ],
)
def test_the_gains_are_the_same_bits_on_every_machine(curve, count, digest):
    assert hashlib.sha256(gains(read(curve), count).astype("<f4").tobytes()).hexdigest() == digest


@given(curves())
def test_what_is_written_is_read_as_the_same_curve(points):
    assert read(written(checked(points))) == checked(points)


def test_it_is_read_as_a_person_writes_it():
    assert read(" 0 : -30 , 0.5:0,1:-12.5 ") == ((0.0, -30.0), (0.5, 0.0), (1.0, -12.5))
    assert read("") == read("  ") == ()
    assert written(()) == ""
    assert math.copysign(1.0, read("-0:-0")[0][0]) == math.copysign(1.0, read("-0:-0")[0][1]) == 1.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("loud", "POSITION:DB"),
        ("0.5", "POSITION:DB"),
        ("0:-30:2", "POSITION:DB"),
        ("0:-30,", "POSITION:DB"),
        ("0:x", "POSITION:DB"),
        ("-0.1:0", "0 to 1"),
        ("1.01:0", "0 to 1"),
        ("nan:0", "0 to 1"),
        ("0:nan", "-72 to 12 dB"),
        ("0:inf", "-72 to 12 dB"),
        ("0:-72.1", "-72 to 12 dB"),
        ("0:12.1", "-72 to 12 dB"),
        ("0.5:0,0.5:1", "left to right"),
        ("0.5:0,0.2:1", "left to right"),
        ("0.5:0,0.50001:1", "left to right"),
        (",".join(f"{n / 40}:0" for n in range(33)), "at most 32"),
    ],
)
def test_a_wrong_curve_is_refused_in_a_sentence(text, words):
    with pytest.raises(InvalidRequest, match=words) as caught:
        read(text)
    assert caught.value.exit_status == 2
