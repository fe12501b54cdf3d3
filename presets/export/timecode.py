"""Timecode as typed, and as a position in samples: where a sound lies in a film.

Sources: SMPTE ST 12-1 (drop frame leaves out the first two numbers of every minute but each tenth; frame rates are
exact fractions such as 30000/1001).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from presets.errors import InvalidRequest


class FrameRate(NamedTuple):
    """A frame rate: exact frames a second, how many numbers a second has, and whether numbers are dropped."""

    exact: Fraction
    numbers: int
    drop: bool


RATES: dict[str, FrameRate] = {
    "23.976": FrameRate(Fraction(24000, 1001), 24, False),
    "24": FrameRate(Fraction(24), 24, False),
    "25": FrameRate(Fraction(25), 25, False),
    "29.97": FrameRate(Fraction(30000, 1001), 30, False),
    "29.97df": FrameRate(Fraction(30000, 1001), 30, True),
    "30": FrameRate(Fraction(30), 30, False),
    "47.952": FrameRate(Fraction(48000, 1001), 48, False),
    "48": FrameRate(Fraction(48), 48, False),
    "50": FrameRate(Fraction(50), 50, False),
    "59.94": FrameRate(Fraction(60000, 1001), 60, False),
    "59.94df": FrameRate(Fraction(60000, 1001), 60, True),
    "60": FrameRate(Fraction(60), 60, False),
}
"""Frame rates by the name that a person types."""

_DAY = 86_400
_SECONDS = re.compile(r"\d{1,9}([.,]\d{1,9})?")
_FORM = re.compile(r"(\d{1,2})[:.](\d{1,2})[:.](\d{1,2})([:;.])(\d{1,2})")


@dataclass(frozen=True)
class Timecode:
    """A frame of a film.

    Attributes:
        frame: frames since 00:00:00:00, none counted that drop frame leaves out.
        rate: a name in `RATES`.
    """

    frame: int
    rate: str

    def samples(self, sample_rate: int) -> int:
        """Samples since midnight at which the frame begins, rounded."""
        return round(self.frame * sample_rate / RATES[self.rate].exact)

    def __str__(self) -> str:
        rate = RATES[self.rate]
        number = self.frame + (_dropped_before(self.frame, rate) if rate.drop else 0)
        seconds, frames = divmod(number, rate.numbers)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours:02}:{minutes:02}:{seconds:02}{';' if rate.drop else ':'}{frames:02}"


def parse(text: str, rate: str) -> Timecode:
    """The frame that a typed timecode names.

    Args:
        text: "01:02:03:04"; "01:02:03;04" reads the same, the rate says whether numbers are dropped.
        rate: a name in `RATES`.

    Raises:
        InvalidRequest: no timecode, none of that rate, or no such rate.
    """
    known = RATES.get(rate)
    if known is None:
        raise InvalidRequest(f"Frame rates are {', '.join(RATES)}, not {rate}.")
    return Timecode(_frame(text, known), rate)


def position(text: str, rate: str) -> Fraction:
    """Seconds since midnight of a typed position: a timecode, or a number of seconds. Errors as in `parse`."""
    typed = text.strip()
    if not _SECONDS.fullmatch(typed):
        return parse(typed, rate).frame / RATES[rate].exact
    if not 0 <= (found := Fraction(typed.replace(",", "."))) < _DAY:
        raise InvalidRequest(f"A position is less than a day, {_DAY} seconds, not {typed[:40]}.")
    return found


def seconds(text: str, rate: FrameRate) -> float:
    """Seconds from 00:00:00:00 to a typed timecode; errors as in `parse`."""
    return float(_frame(text, rate) / rate.exact)


def _frame(text: str, rate: FrameRate) -> int:
    match = _FORM.fullmatch(text.strip())
    if match is None:
        raise InvalidRequest(f"A timecode is hours:minutes:seconds:frames such as 01:02:03:04, not {text[:40]!r}.")
    hours, minutes, secs, frames = (int(match[group]) for group in (1, 2, 3, 5))
    if hours > 23 or minutes > 59 or secs > 59 or frames >= rate.numbers:
        raise InvalidRequest(f"There is no {text} at {rate.numbers} numbers a second: a part of it is too large.")
    number = ((hours * 60 + minutes) * 60 + secs) * rate.numbers + frames
    if not rate.drop:
        return number
    if secs == 0 and minutes % 10 and frames < _step(rate):
        raise InvalidRequest(f"There is no {text} in drop frame: that number is left out. Take the next one.")
    total = hours * 60 + minutes
    return number - _step(rate) * (total - total // 10)


def _step(rate: FrameRate) -> int:
    """Numbers that a minute leaves out."""
    return rate.numbers // 15


def _dropped_before(frame: int, rate: FrameRate) -> int:
    """How many numbers were left out up to a frame (SMPTE ST 12-1, 9.3)."""
    step = _step(rate)
    ten_minutes = rate.numbers * 600 - 9 * step
    tens, rest = divmod(frame, ten_minutes)
    first, others = rate.numbers * 60, rate.numbers * 60 - step
    minutes = 0 if rest < first else 1 + (rest - first) // others
    return step * (9 * tens + minutes)
