"""One plug-in, loaded into this very process through pedalboard: only ever called inside a child that may die.

Every sound starts from a fresh instance. pedalboard's own judgement of whether a reset clears a plug-in looks at
512 frames of silence, so a longer echo may leak from one sound into the next. Therefore the instance is made anew
for each sound: a fraction of a millisecond where the library is loaded already. Then its knobs are turned while it
runs on silence, and its state is given last: a ZamHeadX2 that only gets its state back stays dry until somebody
turns a knob. So what a sound becomes depends on sound, rate and state alone, and is the same after each restoring,
to the bit. Plug-ins that take long to make and come back exactly from a plain reset are reset instead. A mono
effect gets one channel after another, each from a fresh instance.

Channels: mono stays mono until an effect widens it. An effect that only takes stereo gets a mono sound twice; when
its two channels come back equal to the bit, the result is mono again.

No tempo and no MIDI reach a plug-in through pedalboard: what follows the host's tempo stays at its own.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pedalboard

from plugin_bridge.rack.errors import NoDisplay, PluginBroken, PluginRefused
from plugin_bridge.rack.hidden import knobs
from plugin_bridge.rack.host_protocol import About
from plugin_bridge.rack.loading import load, named, odd_width, stepped, steps, told
from plugin_bridge.rack.parameter import Parameter
from presets.errors import InvalidRequest
from presets.sound import Samples

BLOCK = 512
"""Frames a plug-in gets at once. Sounds are filled up to whole blocks, so what a sound becomes up to some frame
never depends on how long it goes on."""

_RATE = 48_000  # until the first sound says otherwise
_SLOW_SECONDS = 0.25  # a plug-in that takes longer to be made anew is reset, if it proves exact


class Plugin:
    """A loaded effect. Not for threads: pedalboard makes instances on the main thread only."""

    def __init__(self, path: Path, name: str = "") -> None:
        """Load it.

        Args:
            path: a .vst3 bundle or file, or an Audio Unit's .component.
            name: which plug-in of a bundle that holds several.

        Raises:
            PluginMissing: no such file, or no plug-in of that name in it.
            PluginBroken: it cannot be loaded, or is an instrument.
        """
        self._plugin = load(path, name)
        if self._plugin.is_instrument:
            raise PluginBroken(
                f"{self._plugin.name} is an instrument: it plays notes and takes no sound. "
                "Choose an effect, or play the instrument in your DAW."
            )
        self._rate = _RATE
        self._widths = [c for c in (1, 2) if self._takes(c)]
        if not self._widths:
            raise PluginBroken(odd_width(self._plugin.name))
        self._first_state = self._state = bytes(self._plugin.raw_state)
        self._places = named(knobs(self._plugin._parameters, self._state_after))
        self._plugin.raw_state = self._first_state
        self._flush()
        self._first_values = self._values = self._read()
        self._slow = False
        self._slow = self._is_slow()

    @property
    def about(self) -> About:
        """Who it is and what it takes."""
        plugin = self._plugin
        return About(
            name=plugin.name,
            maker=plugin.manufacturer_name,
            version=plugin.version,
            identifier=plugin.identifier,
            category=plugin.category,
            channels=tuple(self._widths),
            latency=plugin.reported_latency_samples,
        )

    # ── knobs and state ───────────────────────────────────────────────────────────────────────────────────────

    def parameters(self) -> tuple[Parameter, ...]:
        """Its knobs as they stand, in its own order."""
        raw = self._plugin._parameters  # asked for each time: they belong to an instance, which is made anew
        return tuple(told(knob, raw[place]) for knob, place in self._places.items())

    def set(self, parameter: str, value: float) -> Parameter:
        """Turn a knob, and say where it really stands then.

        Raises:
            InvalidRequest: no such knob, or the value is not between 0 and 1.
        """
        if parameter not in self._places:
            raise InvalidRequest(f"{self._plugin.name} has no parameter {parameter!r}.")
        if not 0.0 <= value <= 1.0:
            raise InvalidRequest(f"A parameter stands between 0 and 1, not at {value}.")
        raw = self._plugin._parameters[self._places[parameter]]
        raw.raw_value = stepped(value, steps(raw))
        self._flush()
        self._note()
        return told(parameter, raw)

    def state(self) -> bytes:
        """All that the plug-in keeps of its settings, as it writes it."""
        return self._state

    def restore(self, state: bytes) -> None:
        """Take up a state that `state` gave, and read it back.

        Raises:
            PluginRefused: it is no state, or the plug-in did not take it; what was there before stays.
        """
        if isinstance(self._plugin, pedalboard.VST3Plugin) and not state.startswith(b"VC2!"):
            raise PluginRefused(f"That is no saved state of {self._plugin.name}.")
        self._plugin.raw_state = state
        self._flush()
        if state != self._state and bytes(self._plugin.raw_state) == self._state:
            raise PluginRefused(f"{self._plugin.name} did not take that state: it may be of another version.")
        self._note()

    def _note(self) -> None:
        """Keep what it is set to now: every sound is made from there."""
        self._state, self._values = bytes(self._plugin.raw_state), self._read()

    def _read(self) -> list[float]:
        raw = self._plugin._parameters
        return [raw[place].raw_value for place in self._places.values()]

    def _turn(self, values: list[float]) -> None:
        raw = self._plugin._parameters
        for place, value in zip(self._places.values(), values, strict=True):
            if raw[place].raw_value != value:
                raw[place].raw_value = value
        self._flush()

    def _state_after(self, raw: Any, value: float) -> bytes:
        raw.raw_value = value
        self._flush()
        return bytes(self._plugin.raw_state)

    def _flush(self) -> None:
        """A block of silence: knobs reach a plug-in, and so its state, with the next block only."""
        self._plugin.process(self._silence(), self._rate, BLOCK, reset=False)

    # ── its window ────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, closing: Any) -> None:
        """Show its own window; returns when that was closed.

        Args:
            closing: asked `is_set()` about a hundred times a second, on this thread: True closes the window.

        Raises:
            PluginRefused: it has no window.
            NoDisplay: there is no screen.
        """
        try:
            self._plugin.show_editor(closing)
        except RuntimeError as error:
            if "display" in str(error):
                raise NoDisplay(f"There is no screen for the window of {self._plugin.name}.") from error
            raise PluginRefused(f"{self._plugin.name} has no window of its own. Turn its knobs here.") from error

    def moved(self) -> tuple[Parameter, ...]:
        """The knobs that were turned, in its window or by it, since `keep`, `set` or this was last called."""
        values, raw = self._read(), self._plugin._parameters
        turned = tuple(
            told(knob, raw[place])
            for (knob, place), old, new in zip(self._places.items(), self._values, values, strict=True)
            if old != new
        )
        self._values = values
        return turned

    def keep(self) -> bytes:
        """The state as it is now, with what was turned in the window in it."""
        self._flush()
        self._note()
        return self._state

    # ── sound ─────────────────────────────────────────────────────────────────────────────────────────────────

    def process(self, samples: Samples, rate: int) -> Samples:
        """What becomes of a sound, from a fresh state, without the plug-in's delay, as long as it was.

        Args:
            samples: (C, N) float32.
            rate: Hz.

        Returns:
            (C', N) float32; C' is C, or 2 where a mono sound was widened.

        Raises:
            PluginRefused: it does not take that many channels, or makes samples that are no numbers.
        """
        self._rate = rate
        made = self._spread(samples)
        if not np.isfinite(made).all():
            raise PluginRefused(
                f"{self._plugin.name} made samples that are infinite or no numbers. Change its settings."
            )
        return made

    def _spread(self, samples: Samples) -> Samples:
        channels = samples.shape[0]
        if not samples.shape[1]:
            return samples.copy()
        if channels in self._widths:
            return self._run(samples)
        if channels == 1:
            left, right = self._run(np.repeat(samples, 2, axis=0))
            return left[None] if np.array_equal(left, right) else np.stack((left, right))
        if 1 in self._widths:
            return np.concatenate([self._run(samples[c : c + 1]) for c in range(channels)])
        raise PluginRefused(f"{self._plugin.name} takes one or two channels, not {channels}.")

    def _run(self, samples: Samples) -> Samples:
        """One pass from a fresh instance. pedalboard takes the reported delay away and lets the end come out."""
        if not self._slow:
            self._renew()
        frames = samples.shape[1]
        whole = np.zeros((samples.shape[0], -(-frames // BLOCK) * BLOCK), np.float32)
        whole[:, :frames] = samples
        made: Samples = self._plugin.process(whole, self._rate, BLOCK, reset=True)
        return np.ascontiguousarray(made[:, :frames])

    def _takes(self, channels: int) -> bool:
        try:
            self._plugin.process(np.zeros((channels, BLOCK), np.float32), self._rate, BLOCK, reset=False)
        except ValueError:
            return False
        return True

    def _renew(self) -> None:
        """Make the instance anew, as it first was, and set it, while it runs on silence, to what it is set to."""
        plugin, kinds = self._plugin, type(self._plugin._reload_type)
        if self._state != self._first_state:
            plugin.raw_state = self._first_state
        self._turn(self._first_values)
        plugin._reload_type = kinds.PersistsAudioOnReset  # pedalboard's way of saying: a reset makes it anew
        plugin.process(self._silence(), self._rate, BLOCK, reset=True)
        plugin._reload_type = kinds.ClearsAudioOnReset
        self._flush()
        if self._values != self._first_values:
            self._turn(self._values)
        if self._state != self._first_state:
            plugin.raw_state = self._state
            self._flush()

    def _is_slow(self) -> bool:
        """Whether it takes long to be made anew, and need not be, because a reset gives the very same."""
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, (self._widths[-1], 8 * BLOCK)).astype(np.float32)
        start = time.monotonic()
        anew = self._run(noise)
        if time.monotonic() - start < _SLOW_SECONDS:
            return False
        return all(np.array_equal(self._plugin.process(noise, self._rate, BLOCK), anew) for _ in range(2))

    def _silence(self) -> Samples:
        return np.zeros((self._widths[-1], BLOCK), np.float32)
