"""A process that plays a known ring of frames through PortAudioDriver, as the audio process plays a mixer.

`python ring_player.py '{"device": …}'` writes a line of JSON when it plays, and its state for every line that it
reads, until its input ends; "die" ends it without a word. Options: those of PortAudioDriver; "virtual": pairs of a
virtual device of its own; "raises": every second block fails; "plain_pulse": through a plainer door.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from plugin_bridge.audio import devices
from plugin_bridge.audio.driver import Buses, Event
from plugin_bridge.audio.errors import NoDevice
from plugin_bridge.audio.portaudio import PortAudioDriver
from plugin_bridge.audio.virtual import VirtualDevice

FRAMES = 48_000
PAIRS = 4


def ring(pair: int = 0) -> np.ndarray[Any, np.dtype[np.complex64]]:
    """(FRAMES,) random frames of a pair of outputs; -1 is the monitor's."""
    noise = np.random.default_rng(pair + 1).uniform(-0.5, 0.5, (FRAMES, 2)).astype(np.float32)
    return noise.view(np.complex64)[:, 0]


class Player:
    """Renders the rings, each from its beginning."""

    def __init__(self, raises: bool) -> None:
        self._outputs = np.stack([np.tile(ring(n), 2) for n in range(PAIRS)])
        self._monitor = np.tile(ring(-1), 2)
        self._raises = raises
        self.beat = self.frames = self.events = 0

    def render(self, frames: int, events: Sequence[Event]) -> Buses:
        at = self.frames % FRAMES
        self.frames += frames
        self.beat += 1
        self.events += len(events)
        if self._raises and self.beat % 2:
            raise ValueError("a fault")
        return Buses(self._outputs[:, at : at + frames], self._monitor[at : at + frames])


def main(options: dict[str, Any]) -> None:
    virtual = VirtualDevice(options.pop("virtual")) if "virtual" in options else None
    player = Player(options.pop("raises", False))
    plain = options.pop("plain_pulse", False)
    midi = [[(0, b"\x90\x24\x7f")]]
    if plain:  # as a PulseAudio would that knows no dont-reconnect
        way = devices.choose(options["daw"])
        carrier = devices.choose("pulse", "ALSA")
        sink = way.environment["PIPEWIRE_NODE"]
        options["daw"] = devices.Way(way.device, carrier.index, {"PULSE_SINK": sink}, watched=sink)
    try:
        driver = PortAudioDriver(**options, midi=lambda: midi.pop() if midi else ())
        driver.start(player.render)
    except NoDevice as error:
        tell(error=str(error))
        return
    about = {key: getattr(driver, key) for key in ("device", "daw", "rate", "block", "latency", "remark")}
    tell(**about, sink=virtual.sink if virtual else "", source=virtual.source if virtual else "")
    for line in sys.stdin:
        if line.strip() == "die":
            os._exit(1)
        state = {"alive": driver.alive(), "underruns": driver.underruns(), "faults": driver.faults}
        tell(**state, beat=player.beat, events=player.events, frames=player.frames)
    driver.stop()
    if virtual is not None:
        virtual.close()
    tell(stopped=True)


def tell(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
