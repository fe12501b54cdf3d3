"""What a built-in effect is, as a row of a table: its knobs, what they mean, and what makes the sound.

A knob stands at a place from 0 to 1, as a plug-in's does; the effect's function gets what that place means, in the
knob's own unit. Names, texts, defaults and checks all follow from the row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from plugin_bridge.rack.errors import PluginRefused
from plugin_bridge.rack.parameter import Parameter
from presets.sound import Samples

Values = Mapping[str, float]
"""By knob, in its unit; of a knob with choices, the number of the choice."""

Process = Callable[..., Samples]
"""(values, samples (C, N), rate in Hz, the sounds of the row's files …) -> (C', N); what it was given stays."""

_DECIMALS = 6  # of a value: 0 dB is exactly 0, wherever it lies between the ends


@dataclass(frozen=True)
class Knob:
    """A knob of a built-in effect.

    Attributes:
        id: what it is called in files; never changes.
        name: what a person reads.
        low, high: the ends, in `unit`.
        default: where it stands at first, in `unit`.
        curve: how the places lie between the ends; "log" for what the ear hears in ratios.
        digits: decimals of its text.
        off: the end that means off, "" for none.
        choices: words for whole numbers from 0; then low and high follow from them.
    """

    id: str
    name: str
    low: float = 0.0
    high: float = 1.0
    default: float = 0.0
    unit: str = ""
    curve: Literal["linear", "log"] = "linear"
    digits: int = 1
    off: Literal["", "low", "high"] = ""
    choices: tuple[str, ...] = ()

    @property
    def place(self) -> float:
        """Where it stands at first, 0 to 1."""
        return self.placed(self.default)

    def value(self, place: float) -> float:
        """What a place means, in `unit`."""
        if self.choices:
            return float(round(place * (len(self.choices) - 1)))
        if self.curve == "log":
            return round(self.low * (self.high / self.low) ** place, _DECIMALS)
        return round(self.low + (self.high - self.low) * place, _DECIMALS) + 0.0  # + 0.0: never -0.0

    def placed(self, value: float) -> float:
        """The place of a value, 0 to 1; what lies beyond an end is at it."""
        if self.choices:
            place = value / max(1, len(self.choices) - 1)
        elif self.curve == "log":
            place = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            place = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, place))

    def parameter(self, place: float) -> Parameter:
        """The knob as it stands."""
        is_off = (self.off == "low" and place <= 0.0) or (self.off == "high" and place >= 1.0)
        value = self.value(place)
        text = self.choices[int(value)] if self.choices else "off" if is_off else f"{value:.{self.digits}f}"
        unit = "" if is_off else self.unit
        return Parameter(id=self.id, name=self.name, value=place, text=text, unit=unit, steps=len(self.choices))


@dataclass(frozen=True)
class BuiltIn:
    """A built-in effect.

    Attributes:
        id: what it is called in files; never changes.
        name: what a person reads.
        category: where it stands in a menu.
        does: one sentence.
        process: makes the sound.
        knobs: in the order they are shown.
        mix: how much of it is heard at first, 0 to 1.
        whole: whether it needs the end of the sound (to reverse it, say), so that no silence may be appended.
        files: what it plays with, by name: content hashes in the slot, found in the user's own folder.
        quiet: of (values, seconds of its files): the longest silence that may lie inside what it makes after its
            input has ended, in seconds; None rings on by nothing.
    """

    id: str
    name: str
    category: Literal["level", "tone", "space", "motion", "dirt", "pitch", "shape", "width"]
    does: str
    process: Process
    knobs: tuple[Knob, ...] = ()
    mix: float = 1.0
    whole: bool = False
    files: tuple[str, ...] = ()
    quiet: Callable[[Values, float], float] | None = None

    def knob(self, id_: str) -> Knob:
        """One of its knobs.

        Raises:
            PluginRefused: it has none of that id.
        """
        for knob in self.knobs:
            if knob.id == id_:
                return knob
        known = ", ".join(knob.id for knob in self.knobs) or "none"
        raise PluginRefused(f"{self.name} has no parameter {id_!r}. It has: {known}.")
