"""Every effect looks the same from here: what it is asked, and the table of the built-in ones.

A built-in effect and a plug-in in its process both are an Effect, so that a chain need not know which is which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec
import numpy as np

from plugin_bridge.rack import builtin, own_effects
from plugin_bridge.rack.errors import PluginMissing, PluginRefused
from plugin_bridge.rack.impulses import Impulses
from plugin_bridge.rack.knobs import BuiltIn
from plugin_bridge.rack.parameter import Parameter
from presets.schema import Slot
from presets.sound import Samples, Sound

REVISION = 1
"""Raised whenever a built-in effect makes other bytes of the same sound and knobs."""

BUILT_IN: Mapping[str, BuiltIn] = {row.id: row for row in (*builtin.ROWS, *own_effects.ROWS)}
"""The built-in effects by id, in the order of a menu."""


class Effect(Protocol):
    """One effect that is loaded. Every method may raise a RackError, `set` InvalidRequest too."""

    @property
    def last_state(self) -> bytes:
        """The last state that it told, also when it cannot tell any more."""

    def parameters(self) -> tuple[Parameter, ...]:
        """Its knobs as they stand."""

    def set(self, parameter: str, value: float, /) -> Parameter:
        """Turn a knob to a place, 0 to 1; the knob as it then stands, which a stepped one rounds."""

    def state(self) -> bytes:
        """All that it is set to, as it likes to have it given back."""

    def restore(self, state: bytes) -> None:
        """Be as a state says."""

    def process(self, samples: Samples, rate: int) -> Samples:
        """(C, N) -> (C', N) float32, from silence on: what was processed before is not heard."""

    def reload(self) -> None:
        """Start it anew, set as it was."""

    def close(self) -> None:
        """Let go of it."""


class LiveBuiltIn:
    """A built-in effect with its knobs and the sounds that it plays with."""

    def __init__(self, row: BuiltIn, sounds: tuple[Sound, ...] = ()) -> None:
        """row: of the table. sounds: of its files, in their order."""
        self.row = row
        self._sounds = sounds
        self._places = {knob.id: knob.place for knob in row.knobs}

    @property
    def last_state(self) -> bytes:
        """Its state."""
        return self.state()

    def parameters(self) -> tuple[Parameter, ...]:
        """Its knobs as they stand."""
        return tuple(knob.parameter(self._places[knob.id]) for knob in self.row.knobs)

    def set(self, parameter: str, value: float) -> Parameter:
        """Turn a knob.

        Raises:
            PluginRefused: there is none of that id, or the place is not from 0 to 1.
        """
        knob = self.row.knob(parameter)
        if not 0.0 <= value <= 1.0:
            raise PluginRefused(f"{knob.name} of {self.row.name} stands between 0 and 1, not at {value}.")
        self._places[parameter] = knob.placed(knob.value(value)) if knob.choices else value
        return knob.parameter(self._places[parameter])

    def state(self) -> bytes:
        """Its places as JSON, by knob."""
        return msgspec.json.encode(self._places, order="sorted")

    def restore(self, state: bytes) -> None:
        """Be as a state says; what it does not name stays.

        Raises:
            PluginRefused: this is no state of it.
        """
        try:
            places = msgspec.json.decode(state, type=dict[str, float])
        except msgspec.DecodeError as error:
            raise PluginRefused(f"This is no state of {self.row.name}: {error}.") from error
        for parameter, value in places.items():
            self.set(parameter, value)

    def process(self, samples: Samples, rate: int) -> Samples:
        """(C, N) -> (C', N)."""
        if not samples.shape[1]:
            return samples
        return np.ascontiguousarray(self.row.process(self._values(), samples, rate, *self._sounds), np.float32)

    def quiet(self) -> float:
        """The longest silence that may lie inside what rings on, in seconds; 0 where nothing rings on."""
        if self.row.quiet is None:
            return 0.0
        return self.row.quiet(self._values(), max((sound.seconds for sound in self._sounds), default=0.0))

    def reload(self) -> None:
        """Nothing can have happened to it."""

    def close(self) -> None:
        """Nothing is held."""

    def _values(self) -> dict[str, float]:
        return {knob.id: knob.value(self._places[knob.id]) for knob in self.row.knobs}


def row_of(slot: Slot) -> BuiltIn | None:
    """What a slot's built-in effect is; None for a plug-in, or where there is none of that id."""
    return BUILT_IN.get(slot.effect) if slot.format == "builtin" else None


def new_slot(effect: str, **places: float) -> Slot:
    """A slot with a built-in effect as it stands at first. places: of knobs that stand elsewhere, 0 to 1.

    Raises:
        PluginMissing: there is none of that id.
        PluginRefused: it has no such knob.
    """
    row = _row(effect)
    live = LiveBuiltIn(row)
    for parameter, place in places.items():
        live.set(parameter, place)
    parameters = {one.id: one.value for one in live.parameters()}
    return Slot(effect=effect, effect_version=str(REVISION), parameters=parameters, mix=row.mix)


def load_built_in(slot: Slot, impulses: Impulses) -> LiveBuiltIn:
    """The built-in effect of a slot, with the slot's knobs; knobs it does not name stand where they are at first.

    Raises:
        PluginMissing: there is none of that id, or a file that it plays with is not in the user's folder.
        PluginRefused: the slot names a knob that there is not.
    """
    row = _row(slot.effect)
    sounds = tuple(impulses.find(slot.files.get(name, "")) for name in row.files)
    live = LiveBuiltIn(row, sounds)
    for parameter, place in slot.parameters.items():
        live.set(parameter, place)
    return live


def _row(effect: str) -> BuiltIn:
    try:
        return BUILT_IN[effect]
    except KeyError:
        known = ", ".join(BUILT_IN)
        raise PluginMissing(f"There is no built-in effect {effect!r}. There are: {known}.") from None
