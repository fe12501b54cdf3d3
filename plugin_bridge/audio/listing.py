"""Which devices there are, looked up by a child process.

PortAudio reads the devices once, when it starts, and starting it again ends every stream. So whoever plays asks a
child, which looks with fresh eyes, at low priority, and may crash or hang in a driver without a glitch here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

from msgspec import structs

from plugin_bridge.audio import devices, jack
from plugin_bridge.audio.errors import NoDevice
from plugin_bridge.audio.outputs import by_jack
from plugin_bridge.audio.protocol import Device, Devices, Event, Failed, Output, event
from plugin_bridge.audio.urgency import calm_down
from plugin_bridge.pipes import Pipe, PipeClosed
from presets.errors import UnreadableFile
from presets.messages import encode

Names = tuple[tuple[str, ...], tuple[str, ...], str]

LOOK_SECONDS = 20.0
"""A look that takes longer is given up: a driver hangs."""

_AGAIN_SECONDS = 5.0  # how often somebody who waits for a device looks


class DeviceLister:
    """Looks without disturbing; for the control thread."""

    def __init__(self, tell: Callable[[Event], None], midi: Callable[[], Names]) -> None:
        """tell: takes Devices for the client. midi: MIDI inputs, outputs and advice."""
        self._tell, self._midi = tell, midi
        self._child: subprocess.Popen[bytes] | None = None
        self._found: list[Devices] = []
        self._asked, self._began = False, -_AGAIN_SECONDS
        self._known: Devices | None = None

    def ask(self) -> None:
        """Look, and tell the client."""
        self._asked = True
        self._look()

    def could_open(self, wanted: Output) -> bool:
        """Whether the device asked for has come back, as far as the last look tells; looks again now and then."""
        if by_jack(wanted):
            return True
        if wanted.driver == "jack":
            return False
        if time.monotonic() - self._began > _AGAIN_SECONDS:
            self._look()
        there = {device.name for device in self._known.devices} if self._known else set()
        return bool(there) and {wanted.device, wanted.daw} - {""} <= there

    def tick(self) -> None:
        """See whether a look has ended."""
        if self._child is None:
            return
        if self._found:
            self._known = self._found.pop()
            if self._asked:
                inputs, outputs, advice = self._midi()
                words = f"{self._known.advice} {advice}".strip()
                self._tell(structs.replace(self._known, midi_inputs=inputs, midi_outputs=outputs, advice=words))
            self._end()
        elif time.monotonic() - self._began > LOOK_SECONDS or self._child.poll() is not None:
            if self._asked:
                sentence = "The devices could not be listed: a driver does not answer. Restart the sound system."
                self._tell(Failed(about="devices", sentence=sentence))
            self._end()

    def _look(self) -> None:
        if self._child is not None:
            return
        command = [sys.executable, "-P", "-m", "plugin_bridge.audio", "--devices"]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._began = time.monotonic()
        threading.Thread(target=self._wait, args=(self._child,), name="devices", daemon=True).start()

    def _wait(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdout is not None
        assert child.stdin is not None
        pipe = Pipe(child.stdout, child.stdin)
        try:
            told = event(pipe.receive())
        except (PipeClosed, UnreadableFile):
            return
        finally:
            pipe.forget()
        if isinstance(told, Devices):
            self._found.append(told)

    def _end(self) -> None:
        assert self._child is not None
        self._child.kill()
        self._child.wait()
        self._child, self._asked = None, False


def look() -> Devices:
    """Everything there is, now. Reads PortAudio's devices in this process."""
    rows: tuple[Device, ...]
    try:
        ways = devices.ways()
        rows, advice = tuple(way.device for way in ways), devices.advice(ways)
    except NoDevice as error:
        rows, advice = (), str(error)
    ears = tuple(_jack_row(name) for name in jack.listeners())
    return Devices(devices=ears + rows, advice=advice)


def tell_devices(pipe: Pipe) -> None:
    """The child's work: one message, and the end."""
    calm_down()
    if hasattr(os, "nice"):
        os.nice(10)
    pipe.send(encode(look()))


def _jack_row(name: str) -> Device:
    remark = "JACK client; lowest latency, notes at their own frame"
    return Device(name=name, host_api="JACK", outputs=2, inputs=0, rate=0, latency=0.0, remark=remark)
