"""The device that a DAW records from: known by name where it is a driver, made and taken away on Linux.

macOS and Windows need a driver that somebody else signs (BlackHole, VB-Cable …), so there we recognise what is
installed, and say in two sentences how to get one. On Linux the sound server makes one for the asking: a sink that
Onetake plays into, and a source "Onetake output" among the DAW's inputs, because many DAWs hide a sink's monitor.

    Onetake ─► sink "Onetake" ─► its monitor ─► source "Onetake output" ─► DAW

When an audio process dies, its sink and source stay behind, with the DAW still connected. The next process adopts
them, so a crash does not cost the connection; what no living process owns is taken away (`tidy`). Who owns them is
told by a socket name in the kernel, which is free the moment its owner dies.
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import sys
from typing import NamedTuple

from plugin_bridge.audio import soundserver
from plugin_bridge.audio.driver import PAIRS
from plugin_bridge.audio.errors import NoDevice
from plugin_bridge.audio.soundserver import Module

NAME = "Onetake"

_SINK, _SOURCE = "module-null-sink", "module-remap-source"
_MOST = 4  # virtual devices of one person at once; more windows than that is a mistake
_MME_LETTERS = 31  # the oldest Windows host API cuts names off


class Driver(NamedTuple):
    """A virtual device by the whole name that PortAudio tells. names: a regular expression for all of it."""

    product: str
    names: str


KNOWN = (
    Driver("BlackHole", r"BlackHole (2|16|64|128|256)ch"),
    Driver("Loopback", r"Loopback Audio( \d+)?"),
    Driver("VB-Cable", r"CABLE(-[A-D])? (Input|In 16ch) \((\d+- )?VB-Audio (Virtual )?Cable( [A-D])?\)"),
    Driver("VB-Cable", r"VB-Cable( [A-D])?"),
    Driver("VoiceMeeter", r"VoiceMeeter (AUX |VAIO3 )?Input \((\d+- )?VB-Audio VoiceMeeter (AUX )?VAIO3?\)"),
    Driver("VoiceMeeter", r"VoiceMeeter In [1-5] \((\d+- )?VB-Audio VoiceMeeter VAIO\)"),
    Driver("VoiceMeeter", r"VoiceMeeter (AUX |VAIO3 )?Virtual ASIO"),
)
"""Read off people's machines, as quoted in public issues and sources. Whole names, because parts of names lie:
"Loopback Audio" leads into a DAW, an interface's "Loopback 1" does not."""

_CUT = (
    "CABLE Input (VB-Audio Virtual Cable)",
    "VoiceMeeter Input (VB-Audio VoiceMeeter VAIO)",
    "VoiceMeeter AUX Input (VB-Audio VoiceMeeter AUX VAIO)",
    "VoiceMeeter VAIO3 Input (VB-Audio VoiceMeeter VAIO3)",
)

HOW_TO = {
    "darwin": "Install BlackHole (free, existential.audio/blackhole) and start Onetake again. "
    "Then choose BlackHole as the way to the DAW here, and as the input of a track there.",
    "win32": "Install VB-Cable (vb-audio.com/Cable) and start Onetake again, or put the free ReaStream plug-in "
    "(reaper.fm/reaplugs) on a track. Then choose CABLE Input here and CABLE Output in the DAW; or ReaStream "
    "here, which also serves a DAW on ASIO.",
    "linux": f"Run this line and log in again: {soundserver.INSTALL}. "
    "Then Onetake makes its own device, and the DAW finds it as the input Onetake output.",
}
"""How to get a virtual device, by sys.platform."""


def is_virtual(name: str, host_api: str = "") -> bool:
    """Whether a device of that name leads into other programs. name, host_api: as PortAudio tells them."""
    if any(re.fullmatch(known.names, name, re.IGNORECASE) for known in KNOWN):
        return True
    return host_api == "MME" and name.lower() in {whole[:_MME_LETTERS].lower() for whole in _CUT}


def advice() -> str:
    """Two sentences on how to get a virtual device on this system."""
    return HOW_TO.get(sys.platform, HOW_TO["linux"])


class VirtualDevice:
    """Our own sink and source on Linux, there until `close`.

    Attributes:
        sink: what `devices` finds it by, and PortAudio plays into.
        name: what people see of the sink: "Onetake", or "Onetake 2" beside another Onetake.
        source: what a DAW sees among its inputs: "Onetake output".
        pairs: how many stereo pairs it carries.
    """

    def __init__(self, pairs: int = 1, rate: int = 0) -> None:
        """Adopt what a dead process left, else make it.

        Args:
            pairs: 1..PAIRS.
            rate: Hz; 0 takes the server's own, at which nothing is resampled.

        Raises:
            NoDevice: no sound server answers, or it refuses.
        """
        server = soundserver.look()
        if server is None:
            raise NoDevice(f"There is no virtual device here. {advice()}")
        self.pairs, self._modules = min(max(pairs, 1), PAIRS), (-1, -1)
        number, self._owned = _own()
        self.sink = "onetake" if number == 1 else f"onetake_{number}"
        self.name = NAME if number == 1 else f"{NAME} {number}"
        self.source = f"{self.name} output"
        try:
            self._modules = _adopted(*self._wanted(rate or server.rate)) or self._made(rate or server.rate)
        except BaseException:
            self._owned.close()
            raise

    def there(self) -> bool:
        """Whether the server still has it; it does not after a restart of the server."""
        return soundserver.has_sink(self.sink)

    def close(self) -> None:
        """Take it away: the source first, for without its sink it would turn to another output's sound."""
        sink, source = self._modules
        self._modules = (-1, -1)
        for index in (source, sink):
            if index >= 0:
                soundserver.unload(index)
        self._owned.close()

    def _made(self, rate: int) -> tuple[int, int]:
        """Indexes of the two modules, newly loaded; what is left of earlier ones of that name goes first."""
        for old in reversed(_modules_of(self.sink)):
            soundserver.unload(old.index)
        indexes: list[int] = []
        for module, arguments in zip((_SINK, _SOURCE), self._wanted(rate), strict=True):
            index = soundserver.load(module, **arguments)
            if index is None:
                for made in reversed(indexes):
                    soundserver.unload(made)
                raise NoDevice("The sound server refused to make a virtual device. Restart it, or log in again.")
            indexes.append(index)
        return indexes[0], indexes[1]

    def _wanted(self, rate: int) -> tuple[dict[str, object], dict[str, object]]:
        """Arguments of the sink and of the source."""
        channels = "front-left,front-right" if self.pairs == 1 else _numbered(2 * self.pairs)
        shape = {"channels": 2 * self.pairs, "channel_map": channels, "rate": rate}
        sink = {"media.class": "Audio/Sink", "sink_name": self.sink}
        source = {"master": f"{self.sink}.monitor", "source_name": f"{self.sink}_output"}
        named_sink = {"sink_properties": soundserver.quoted(device_description=self.name)}
        named_source = {"source_properties": soundserver.quoted(device_description=self.source)}
        same = {"master_channel_map": channels, "remix": "no"}
        return {**sink, **shape, **named_sink}, {**source, **shape, **same, **named_source}


def tidy() -> None:
    """Take away what dead processes left."""
    for number in range(1, _MOST + 1):
        try:
            owned = _claim(number)
        except OSError:
            continue
        with owned:
            for old in reversed(_modules_of("onetake" if number == 1 else f"onetake_{number}")):
                soundserver.unload(old.index)


def _own() -> tuple[int, socket.socket]:
    """The first number that nobody alive has, and what keeps it ours."""
    for number in range(1, _MOST + 1):
        try:
            return number, _claim(number)
        except OSError:
            continue
    raise NoDevice(f"{_MOST} Onetakes already have a virtual device. Close one of them first.")


def _claim(number: int) -> socket.socket:
    """A name in the kernel, of this person and this sound server; taken: OSError. Free when the process ends."""
    where = "\n".join(os.environ.get(key, "") for key in ("PULSE_SERVER", "PULSE_RUNTIME_PATH", "XDG_RUNTIME_DIR"))
    server = hashlib.sha256(where.encode(errors="replace")).hexdigest()[:16]
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claim.bind(f"\0onetake-device-{os.getuid()}-{server}-{number}")
    except OSError:
        claim.close()
        raise
    return claim


def _adopted(sink: dict[str, object], source: dict[str, object]) -> tuple[int, int] | None:
    """Indexes of a sink and a source exactly as wanted that are there already."""
    there = _modules_of(str(sink["sink_name"]))
    if [module.name for module in there] != [_SINK, _SOURCE]:
        return None
    as_wanted = [" ".join(f"{key}={value}" for key, value in one.items()) for one in (sink, source)]
    return (there[0].index, there[1].index) if [one.arguments for one in there] == as_wanted else None


def _modules_of(sink: str) -> list[Module]:
    """The sink of that name and the sources that listen to it, in the order in which they were loaded."""
    words = {_SINK: f"sink_name={sink}", _SOURCE: f"master={sink}.monitor"}
    return [
        module for module in soundserver.modules(_SINK, _SOURCE) if words[module.name] in module.arguments.split()
    ]


def _numbered(channels: int) -> str:
    """A map of channels without places in a room: aux0, aux1 and so on."""
    return ",".join(f"aux{n}" for n in range(channels))
