"""Whether the system's default output has become another one, and who has to go there.

PortAudio opens what the default was and stays there. On Linux the sound server carries the stream along by itself,
so only its name is told anew; elsewhere the output has to be opened again.
"""

from __future__ import annotations

from typing import Literal

from plugin_bridge.audio.devices import identity
from plugin_bridge.audio.outputs import Route
from plugin_bridge.audio.protocol import Device, Output

_CARRIES = ("PipeWire", "PulseAudio")
_FIXED = "ALSA"  # its default is an entry of a file


class Following:
    """What is known of the default; for the control thread."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._key: tuple[str, str] | None = None

    def begin(self) -> None:
        """An output was asked for: what the default was before does not matter."""
        self._key = None

    def follows(self, route: Route, wanted: Output) -> bool:
        """Whether a route leads to the default because no device was named."""
        listens = wanted.ears or not wanted.daw
        fixed = self._key is not None and self._key[1] == _FIXED
        return route.kind == "portaudio" and listens and not wanted.device and not fixed

    def see(self, route: Route, default: Device) -> Literal["stays", "carried", "elsewhere"]:
        """What has become of the default since the last look; of a change it is told once.

        A route without a device of its own for the ears plays to the default as the DAW's.
        """
        before, self._key = self._key, (identity(default.name), default.host_api)
        ours = route.virtual.name if route.virtual is not None else ""
        if before == self._key or default.host_api == _FIXED or default.name == ours:
            return "stays"
        if identity(route.device) == self._key[0] or (before is None and not route.device):
            return "stays"
        return "carried" if route.device and default.host_api in _CARRIES else "elsewhere"
