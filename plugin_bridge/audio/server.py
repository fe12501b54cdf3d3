"""The audio process's control side: does what the client says, one order at a time, beside the audio thread.

Two threads besides the device's own. One reads the pipe and answers Status at once, so that the client can tell
a process that works from one that hangs. The main thread does everything else: it opens devices, loads sounds,
watches MIDI ports. It sleeps when there is nothing to do, because every line of Python beside the callback costs
it time.

A device that is lost is not closed, because closing a dead one may hang for ever: the process ends, and the client
starts a new one with the same state.
"""

from __future__ import annotations

import contextlib
import gc
import os
import queue
import sys
import threading
import time
from functools import singledispatchmethod
from pathlib import Path

from plugin_bridge.audio import protocol
from plugin_bridge.audio.control import MidiDesk
from plugin_bridge.audio.desk import Desk
from plugin_bridge.audio.errors import NoDevice
from plugin_bridge.audio.following import Following
from plugin_bridge.audio.jack import JackDriver
from plugin_bridge.audio.listing import DeviceLister
from plugin_bridge.audio.measure import round_trip
from plugin_bridge.audio.outputs import Route, by_jack, nowhere, open_route
from plugin_bridge.audio.pool import lock_pages
from plugin_bridge.audio.protocol import Event, Output
from plugin_bridge.audio.urgency import hurry
from plugin_bridge.pipes import Pipe, PipeClosed
from presets.errors import OnetakeError, UnreadableFile
from presets.messages import encode

TICK_SECONDS = 0.05
RETURN_SECONDS = 2.0
POOL_MEGABYTES = 512
VOICES = 64
LOST = 3
"""Exit status of a process that has lost its device."""

_SWITCH_SECONDS = 1e-4  # the audio thread never waits longer than this for the interpreter


class Server:
    """One audio process."""

    def __init__(self, pipe: Pipe, megabytes: int = POOL_MEGABYTES, voices: int = VOICES) -> None:
        """pipe: the line to the client. megabytes: of loaded sound. voices: at once."""
        self._pipe, self._megabytes, self._voices = pipe, megabytes, voices
        self._orders: queue.SimpleQueue[protocol.Request | None] = queue.SimpleQueue()
        self._monitor = protocol.Monitor()
        self._desk = Desk(48_000, megabytes, voices, self._monitor)
        self._midi = MidiDesk(self._tell)
        self._lister = DeviceLister(self._tell, self._midi.names)
        self._wanted: Output | None = None
        self._route: Route | None = None
        self._began = 0.0
        self._following = Following()
        self._opened_at = self._retry_at = 0.0

    def run(self) -> int:
        """Serve until the client is gone; the exit status."""
        hurry()
        self._tell(protocol.Welcome(protocol=protocol.PROTOCOL, pid=os.getpid()))
        threading.Thread(target=self._read, name="orders", daemon=True).start()
        sys.setswitchinterval(_SWITCH_SECONDS)
        lock_pages()
        gc.collect()
        gc.freeze()
        gc.disable()
        while True:
            with contextlib.suppress(queue.Empty):
                order = self._orders.get(timeout=TICK_SECONDS)
                if order is None:
                    return self._leave()
                self._obey(order)
            self._tick()

    def _read(self) -> None:
        """The reading thread: orders wait in line, Status does not."""
        while True:
            try:
                order = protocol.request(self._pipe.receive())
            except (PipeClosed, UnreadableFile):
                self._orders.put(None)
                return
            if isinstance(order, protocol.Status):
                self._tell(self._state())
            else:
                self._orders.put(order)

    def _obey(self, order: protocol.Request) -> None:
        self._began = time.monotonic()
        try:
            self._do(order)
        except OnetakeError as error:
            self._tell(protocol.Failed(about=_about(order), sentence=str(error)))
        finally:
            self._began = 0.0

    # ── orders ────────────────────────────────────────────────────────────────────────────────────────────────

    @singledispatchmethod
    def _do(self, order: protocol.Request) -> None:
        raise NotImplementedError(type(order).__name__)

    @_do.register
    def _open(self, order: protocol.Open) -> None:
        self._wanted = order.output
        self._following.begin()
        self._reopen()

    @_do.register
    def _load(self, order: protocol.Load) -> None:
        placed = self._desk.load(order.sound, Path(order.path))
        loudness = self._desk.sounds.loudness(placed)
        self._tell(
            protocol.Loaded(sound=order.sound, seconds=placed.seconds, channels=placed.channels, loudness=loudness)
        )

    @_do.register
    def _unload(self, order: protocol.Unload) -> None:
        self._desk.unload(order.sound)

    @_do.register
    def _use_kit(self, order: protocol.UseKit) -> None:
        missing = self._desk.use_kit(order.kit)
        self._tell(protocol.KitReady(program=order.kit.program, missing=missing))
        if self._route is not None:
            self._route.use_pairs(self._desk.pairs)

    @_do.register
    def _select(self, order: protocol.Select) -> None:
        self._desk.select(order.program)

    @_do.register
    def _audition(self, order: protocol.Audition) -> None:
        self._desk.audition(order.sound, order.gain_db, self._monitor.match)

    @_do.register
    def _stop(self, order: protocol.Stop) -> None:
        mixer = self._desk.mixer
        mixer.say(mixer.player.stop, order.what)

    @_do.register
    def _set_monitor(self, order: protocol.SetMonitor) -> None:
        self._monitor = order.monitor
        self._desk.mixer.say(self._desk.mixer.monitor.set, order.monitor)

    @_do.register
    def _play(self, order: protocol.Play) -> None:
        self._desk.mixer.say(self._desk.mixer.player.midi, order.data, 0)

    @_do.register
    def _midi_ports(self, order: protocol.MidiPorts) -> None:
        self._midi.choose(order)

    @_do.register
    def _learn(self, order: protocol.Learn) -> None:
        self._midi.learn(order)

    @_do.register
    def _test_tone(self, order: protocol.TestTone) -> None:
        self._desk.test_tone(order.seconds)

    @_do.register
    def _reset_loudness(self, order: protocol.ResetLoudness) -> None:
        self._desk.mixer.heard.reset()

    @_do.register
    def _list_devices(self, order: protocol.ListDevices) -> None:
        self._lister.ask()

    @_do.register
    def _measure(self, order: protocol.Measure) -> None:
        if self._route is None or self._wanted is None:
            raise NoDevice("No output is open. Open one, then measure.")
        if self._monitor.hear == "here":
            raise NoDevice("Nothing goes out to the DAW now. Choose to hear in the DAW or in both, then measure.")
        if isinstance(self._route.driver, JackDriver):
            frames = self._route.driver.measure(self._desk.click)
        else:
            self._close()
            try:
                frames = round_trip(self._wanted, order.source, self._desk.rate)
            finally:
                self._reopen()
        self._tell(protocol.Measured(ticket=order.ticket, frames=frames, rate=self._desk.rate))

    # ── the device ────────────────────────────────────────────────────────────────────────────────────────────

    def _reopen(self) -> None:
        """Open what is wanted, or what can be had."""
        assert self._wanted is not None
        self._close()
        if by_jack(self._wanted):  # rtmidi's port may be a JACK client, which would keep our name
            self._midi.close()
        route = open_route(self._wanted, self._midi.drain, self._desk.pairs)
        try:
            self._start(route)
        except NoDevice as error:
            route.stop()
            self._start(nowhere(self._wanted, self._midi.drain, str(error)))

    def _start(self, route: Route) -> None:
        """Play through what was opened, on a desk of its rate."""
        if route.driver.rate != self._desk.rate:
            self._desk = self._desk.moved_to(route.driver.rate, self._megabytes, self._voices, self._monitor)
        self._midi.prepare(route)
        route.start(self._desk.mixer)
        route.use_pairs(self._desk.pairs)
        self._route = route
        self._opened_at = time.monotonic()
        self._retry_at = self._opened_at + RETURN_SECONDS
        self._tell(route.opened(self._midi.serve()))

    def _close(self) -> None:
        route, self._route = self._route, None
        if route is not None:
            route.stop()

    def _leave(self) -> int:
        self._close()
        self._midi.close()
        self._lister.rest()
        return 0

    def _tick(self) -> None:
        """What nobody asked for: MIDI that came and went, sounds that fell silent, devices lost and found."""
        self._midi.tick(self._desk.mixer.seen)
        self._desk.sweep()
        self._lister.tick()
        route = self._route
        if route is None:
            return
        if not route.driver.alive():
            sentence = f"{route.device or 'The output'} is gone. Onetake plays on elsewhere until it is back."
            self._tell(protocol.Lost(device=route.device, sentence=sentence))
            os._exit(LOST)
        if time.monotonic() > self._retry_at:
            self._retry_at = time.monotonic() + RETURN_SECONDS
            self._follow(route)

    def _follow(self, route: Route) -> None:
        """Go where what was asked for leads by now: a device that is back, JACK, another default of the system."""
        wanted = self._wanted
        assert wanted is not None
        if route.substitute:
            if self._lister.could_open(wanted):
                self._reopen()
        elif wanted.driver == "auto" and route.kind != "jack" and by_jack(wanted):
            self._reopen()
        elif self._following.follows(route, wanted):
            self._follow_default(route, self._lister.default(wanted.host_api, self._opened_at))
        else:
            self._lister.rest()

    def _follow_default(self, route: Route, default: protocol.Device | None) -> None:
        """default: None while nobody has looked since the route was opened."""
        found = "stays" if default is None else self._following.see(route, default)
        if found == "elsewhere":
            self._reopen()
        elif found == "carried":
            assert default is not None
            route.device = default.name
            self._tell(route.opened(self._midi.serve()))

    # ── what is told ──────────────────────────────────────────────────────────────────────────────────────────

    def _tell(self, news: Event) -> None:
        with contextlib.suppress(PipeClosed):
            self._pipe.send(encode(news))

    def _state(self) -> protocol.State:
        busy = time.monotonic() - self._began if self._began else 0.0
        return self._desk.state(self._route, self._midi.active, busy)


def _about(order: protocol.Request) -> str:
    """What a failed order was about, for the one who asked."""
    for field in ("sound", "ticket"):
        if hasattr(order, field):
            return str(getattr(order, field))
    return type(order).__name__
