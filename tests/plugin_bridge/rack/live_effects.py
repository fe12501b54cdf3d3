"""Effects that speak the real protocol, to see what a chain makes of them; and where the real plug-ins are."""

from __future__ import annotations

import types
from pathlib import Path

import numpy as np
import pytest

from plugin_bridge.rack.errors import PluginDied, PluginMissing, PluginRefused
from plugin_bridge.rack.impulses import Impulses
from plugin_bridge.rack.load import Loader
from plugin_bridge.rack.parameter import Parameter

VST3 = Path("/usr/lib/vst3")

needs_zam = pytest.mark.skipif(not (VST3 / "ZamGateX2.vst3").exists(), reason="needs Debian's zam-plugins")


def find(format_, name, maker, version):
    """What a catalogue knows: the real zam-plugins by name."""
    path = VST3 / f"{name}.vst3"
    if format_ != "vst3" or "/" in name or not path.exists():
        return None
    return types.SimpleNamespace(path=path, plugin_name="", slow=name == "ZamVerb")


def loader(impulses=None):
    """Loads built-ins and the real zam-plugins."""
    return Loader(Impulses(impulses), find)


class Scale:
    """A plug-in that multiplies: one knob, a state, and a process that can be killed."""

    made = 0

    def __init__(self):
        Scale.made += 1
        self.factor, self.dead, self.closed, self.restored = 0.5, False, False, 0
        self.breaks = None

    @property
    def last_state(self):
        return f"scale {self.factor}".encode()

    def parameters(self):
        self._check()
        return (Parameter(id="factor", name="Factor", value=self.factor, text=str(self.factor)),)

    def set(self, parameter, value, /):
        self._check()
        if parameter != "factor":
            raise PluginRefused("It has a factor.")
        self.factor = value
        return self.parameters()[0]

    def state(self):
        self._check()
        return self.last_state

    def restore(self, state):
        self._check()
        if not state.startswith(b"scale "):
            raise PluginRefused("No state of it.")
        self.factor, self.restored = float(state.split()[1]), self.restored + 1

    def process(self, samples, rate):
        self._check()
        if self.breaks is not None:
            return self.breaks(samples)
        return samples * np.float32(self.factor)

    def reload(self):
        self.dead = False

    def close(self):
        self.closed = True

    def _check(self):
        if self.dead:
            raise PluginDied("It ended itself.")


class Loads:
    """Loads Scales for plug-ins called "scale", real effects else; remembers what it made."""

    def __init__(self):
        self.made = []
        self._real = loader()

    def __call__(self, slot):
        if slot.format == "builtin":
            return self._real(slot)
        if slot.effect != "scale":
            raise PluginMissing(f"{slot.effect} is not on this machine.")
        self.made.append(Scale())
        return self.made[-1]
