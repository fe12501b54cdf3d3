"""Timecode: what is typed is what is shown, and drop frame keeps to the clock."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from presets.errors import InvalidRequest
from presets.export import timecode
from presets.export.timecode import RATES, Timecode

short = settings(deadline=None, derandomize=True, max_examples=200)


@given(st.sampled_from(sorted(RATES)), st.floats(0, 0.999))
@short
def test_every_frame_of_a_day_has_its_own_number(rate: str, share: float) -> None:
    known = RATES[rate]
    numbers = 24 * 3600 * known.numbers
    frames = numbers - (24 * 54 * known.numbers // 15 if known.drop else 0)
    code = Timecode(int(share * frames), rate)
    assert timecode.parse(str(code), rate) == code
    following = Timecode(code.frame + 1, rate)
    assert str(following) > str(code)


def test_known_positions() -> None:
    assert timecode.parse("01:00:00:00", "25").samples(48000) == 3600 * 48000
    assert timecode.parse("00:00:01:00", "23.976").samples(48000) == 48048
    assert timecode.parse("10:00:00;00", "29.97df").frame == 1_078_920
    # Drop frame keeps to the clock within two frames a day; without, a day is 86.4 s longer.
    assert timecode.seconds("23:59:59;29", RATES["29.97df"]) == pytest.approx(86400, abs=0.2)
    assert timecode.seconds("23:59:59:29", RATES["29.97"]) == pytest.approx(86486.4, abs=0.1)
    assert str(Timecode(1800, "29.97df")) == "00:01:00;02"
    assert str(Timecode(17982, "29.97df")) == "00:10:00;00"


@pytest.mark.parametrize(
    ("text", "rate", "reason"),
    [
        ("1:2:3", "25", "hours:minutes:seconds:frames"),
        ("01:02:03:25", "25", "too large"),
        ("24:00:00:00", "25", "too large"),
        ("00:60:00:00", "25", "too large"),
        ("00:01:00:01", "29.97df", "left out"),
        ("00:00:00:00", "26", "Frame rates are"),
        ("", "25", "hours"),
        ("٠٠:00:00:00x", "25", "hours"),
    ],
)
def test_what_is_none_is_refused(text: str, rate: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        timecode.parse(text, rate)
