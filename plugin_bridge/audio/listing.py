"""Which devices there are, looked up by a child process.

PortAudio reads the devices once, when it starts, and starting it again ends every stream. So whoever plays asks a
child, which looks with fresh eyes, at low priority, and may crash or hang in a driver without a glitch here.
"""

from __future__ import annotations

import contextlib
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
from plugin_bridge.audio.protocol import Device, Devices, Event, Failed, ListDevices, Output, event
from plugin_bridge.audio.urgency import calm_down
from plugin_bridge.pipes import Pipe, PipeClosed
from presets.errors import UnreadableFile
from presets.messages import encode

Names = tuple[tuple[str, ...], tuple[str, ...], str]

LOOK_SECONDS = 20.0
"""A look that takes longer is given up: a driver hangs."""

_LEAVE_SECONDS = 5.0
_AGAIN_SECONDS = 5.0  # how often somebody who waits for a device looks


class DeviceLister:
    """Looks without disturbing; for the control thread."""

    def __init__(self, tell: Callable[[Event], None], midi: Callable[[], Names]) -> None:
        """tell: takes Devices for the client. midi: MIDI inputs, outputs and advice."""
        self._tell, self._midi = tell, midi
        self._looker: _Looker | None = None
        self._asked, self._looking, self._stays = False, False, False
        self._began = self._known_since = -_AGAIN_SECONDS
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
        self._look_again()
        there = {device.name for device in self._known.devices} if self._known else set()
        return bool(there) and {wanted.device, wanted.daw} - {""} <= there

    def default(self, host_api: str, since: float) -> Device | None:
        """The system's default output, of a host API or of any; None while no look tells that began after `since`.

        Looks again now and then, by a child that stays for that: to begin anew costs more than to look.
        """
        self._stays = True
        self._look_again()
        if self._known is None or self._known_since < since:
            return None
        return devices.default_of(self._known.devices, host_api)

    def rest(self) -> None:
        """Nobody waits for a look any more."""
        self._stays = False
        if not self._looking:
            self._end()

    def tick(self) -> None:
        """See whether a look has ended."""
        if self._looker is None or not self._looking:
            return
        if self._looker.found:
            self._known, self._known_since = self._looker.found.pop(), self._began
            if self._asked:
                inputs, outputs, advice = self._midi()
                words = f"{self._known.advice} {advice}".strip()
                self._tell(structs.replace(self._known, midi_inputs=inputs, midi_outputs=outputs, advice=words))
            self._asked = self._looking = False
            if not self._stays:
                self._end()
        elif time.monotonic() - self._began > LOOK_SECONDS or self._looker.ended():
            if self._asked:
                sentence = "The devices could not be listed: a driver does not answer. Restart the sound system."
                self._tell(Failed(about="devices", sentence=sentence))
            self._asked = False
            self._end()

    def _look_again(self) -> None:
        if time.monotonic() - self._began > _AGAIN_SECONDS:
            self._look()

    def _look(self) -> None:
        if self._looking:
            return
        self._began, self._looking = time.monotonic(), True
        if self._looker is None:
            self._looker = _Looker()
        else:
            self._looker.again()

    def _end(self) -> None:
        looker, self._looker, self._looking = self._looker, None, False
        if looker is not None:
            looker.end()


class _Looker:
    """The child, which looks when it begins and whenever it is asked. found: what it told."""

    def __init__(self) -> None:
        self.found: list[Devices] = []
        command = [sys.executable, "-P", "-m", "plugin_bridge.audio", "--devices"]
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._child.stdout is not None
        assert self._child.stdin is not None
        self._pipe = Pipe(self._child.stdout, self._child.stdin)
        threading.Thread(target=self._wait, name="devices", daemon=True).start()

    def again(self) -> None:
        """Let it look once more; where it has died, `ended` tells."""
        with contextlib.suppress(PipeClosed):
            self._pipe.send(encode(ListDevices()))

    def ended(self) -> bool:
        """Whether it is gone."""
        return self._child.poll() is not None

    def end(self) -> None:
        """Let it leave: one that is killed leaves a JACK server waiting for it. One that hangs is killed."""
        self._pipe.close()
        threading.Thread(target=self._see_off, name="devices-end", daemon=True).start()

    def _see_off(self) -> None:
        try:
            self._child.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def _wait(self) -> None:
        try:
            while True:
                told = event(self._pipe.receive())
                if isinstance(told, Devices):
                    self.found.append(told)
        except (PipeClosed, UnreadableFile):
            return
        finally:
            self._pipe.forget()


def look(again: bool = False) -> Devices:
    """Everything there is, now. Reads PortAudio's devices in this process; again: anew, where nothing plays."""
    rows: tuple[Device, ...]
    try:
        ways = devices.ways(refresh=again)
        rows, advice = tuple(way.device for way in ways), devices.advice(ways)
        own = devices.own()
        if own is not None and all(row.name != own.name for row in rows):
            rows, advice = (*rows, own), ""
    except NoDevice as error:
        rows, advice = (), str(error)
    ears = tuple(_jack_row(name) for name in jack.listeners())
    return Devices(devices=ears + rows, advice=advice)


def tell_devices(pipe: Pipe) -> None:
    """The child's work: what there is, once and whenever it is asked, until nobody listens."""
    calm_down()
    if hasattr(os, "nice"):
        os.nice(10)
    again = False
    with contextlib.suppress(PipeClosed):
        while True:
            pipe.send(encode(look(again)))
            pipe.receive()
            again = True


def _jack_row(name: str) -> Device:
    remark = "JACK client; lowest latency, notes at their own frame"
    return Device(name=name, host_api="JACK", outputs=2, inputs=0, rate=0, latency=0.0, remark=remark)
