"""Names of notes. MIDI has numbers only, and makers disagree: 60 is C3 for Yamaha, C4 in science, C5 for some.

So the octave of middle C is a setting of whoever reads or writes a name, and the number is always told beside it.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from presets.errors import InvalidRequest

MiddleC = Literal[3, 4, 5]
"""The octave in which note 60 lies."""

HIGHEST = 127

_SHARPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_STEPS = {name: step for step, name in enumerate(_SHARPS) if len(name) == 1}
_SIGNS = {"": 0, "#": 1, "♯": 1, "b": -1, "♭": -1}
_NAME = re.compile(r"([A-G])([#♯b♭]?)(-?[0-9]{1,2})", re.IGNORECASE | re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,3}", re.ASCII)


def name(note: int, middle: MiddleC = 3) -> str:
    """The name of a note, with sharps: 61 is "C#3" where middle C is C3.

    Raises:
        InvalidRequest: no note of MIDI, or no such convention.
    """
    octave, step = divmod(_checked(note, str(note)), 12)
    return f"{_SHARPS[step]}{octave - 5 + _octave(middle)}"


def number(text: str, middle: MiddleC = 3) -> int:
    """The note, 0..127, of a name ("C3", "f#-1", "Bb2", "E♭4") or of its number ("60").

    Raises:
        InvalidRequest: no name of a note, or one that MIDI does not have.
    """
    octave = _octave(middle)
    wanted = text.strip()
    if _NUMBER.fullmatch(wanted):
        return _checked(int(wanted), wanted)
    match = _NAME.fullmatch(wanted)
    if not match:
        raise InvalidRequest(
            f"{wanted[:20]!r} is no note. Write it like C{octave}, F#2 or Bb1, or as a number 0-127."
        )
    letter, sign, height = match.groups()
    steps = _STEPS[letter.upper()] + _SIGNS[sign.lower()]
    return _checked(12 * (int(height) - octave + 5) + steps, wanted)


def _octave(middle: int) -> int:
    if middle not in get_args(MiddleC):
        raise InvalidRequest(f"Middle C is called C3, C4 or C5, not C{middle}.")
    return middle


def _checked(note: int, text: str) -> int:
    if not 0 <= note <= HIGHEST:
        raise InvalidRequest(f"MIDI has no note {text}: its notes are the numbers 0 to {HIGHEST}.")
    return note
