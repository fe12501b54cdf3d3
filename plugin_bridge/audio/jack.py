"""JACK (and PipeWire's JACK): one client owns audio and MIDI, so a note sounds at its own frame of the same block.

The DAW takes the sounds from `out_1`, `out_2` …, a pair for every output in use; the monitor is connected to the
ears. Times, rates and blocks are the server's; when it dies there is nothing to close, and stopping may hang: the
supervisor ends the process (client.py).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from plugin_bridge.audio import jack_library, jack_plain
from plugin_bridge.audio.driver import PAIRS, Event, Render
from plugin_bridge.audio.errors import NoDevice
from plugin_bridge.audio.jack_plain import PlainCallback
from plugin_bridge.audio.measure import ClickWatch
from plugin_bridge.audio.mixer import MOST_FRAMES, Mixer
from plugin_bridge.audio.ports import THRU

CLIENT = "Onetake"

_ADVICE = "Start JACK (or PipeWire's), or choose another driver."

jack = jack_library.load()


class JackDriver:
    """An open client. See driver.Driver.

    Attributes:
        name: the client's, as other programs see it.
    """

    offsets = True

    def __init__(self, device: str = "", pairs: int = 1, name: str = CLIENT) -> None:
        """Enter the running server. device: the client whose inputs are the ears; "" the physical ones.

        Raises:
            NoDevice: no server runs, its blocks are too large, or no such client takes audio.
        """
        if jack is None:
            raise NoDevice(f"JACK is not installed here. {_ADVICE}")
        try:
            self._client = jack.Client(name, no_start_server=True)
        except jack.JackError as error:
            raise NoDevice(f"No JACK server answers. {_ADVICE}") from error
        self.name, self.rate, self.block = self._client.name, self._client.samplerate, self._client.blocksize
        try:
            self._ears = self._found(device)
        except NoDevice:
            self._client.close()
            raise
        self._alive, self._late = True, 0
        self._midi_in = self._client.midi_inports.register("midi_in")
        self._midi_thru = self._client.midi_outports.register("midi_thru")
        self._return = self._client.inports.register("return")
        self._monitor = [self._client.outports.register(f"monitor_{side}") for side in ("left", "right")]
        self._outputs: list[tuple[Any, Any]] = []
        self._watch: ClickWatch | None = None
        self._plain: PlainCallback | None = None
        self.thru, self._passed = False, ""
        self.use_pairs(pairs)

    @property
    def latency(self) -> int:
        """Frames to the ears as the server tells them; `measure` tells more.

        Where it does not: the two blocks that a server's device holds unless it was told otherwise.
        """
        told = jack_plain.latency(self._client, self._ears[0]) if self._ears else 0
        return told or 2 * self.block

    def use_pairs(self, pairs: int) -> None:
        """Have ports for so many pairs of outputs; those that are there stay, with their connections."""
        while len(self._outputs) < min(pairs, PAIRS):
            number = 2 * len(self._outputs) + 1
            both = [self._client.outports.register(f"out_{number + side}") for side in (0, 1)]
            self._outputs = [*self._outputs, (both[0], both[1])]
        if self._plain is not None:
            self._plain.use(self._outputs)

    def start(self, render: Render) -> None:
        """Begin, with the monitor connected to the ears.

        Raises:
            NoDevice: the server refused.
        """
        self._be_called(render)
        self._client.set_shutdown_callback(self._ended)
        self._client.set_xrun_callback(self._was_late)
        try:
            self._client.activate()
            for port, ear in zip(self._monitor, self._ears, strict=False):
                self._client.connect(port, ear)
        except jack.JackError as error:
            raise NoDevice(f"JACK refused: {error}. {_ADVICE}") from error

    def alive(self) -> bool:
        """Whether the server has not said goodbye. It does not when it is killed: watch the beat as well."""
        return self._alive

    def underruns(self) -> int:
        """The server's xruns, whoever caused them."""
        return self._late

    def measure(self, play: Callable[[], None]) -> int:
        """Frames from `out_1` back to `return`, connected with each other where nothing else is. play: the click.

        Raises:
            NoDevice: nothing came back.
        """
        alone = not self._return.connections
        if alone:
            self._client.connect(self._outputs[0][0], self._return)
        self._watch = watch = ClickWatch()
        try:
            self._leave_to_python(True)
            play()
            return watch.wait()
        finally:
            self._leave_to_python(False)
            self._watch = None
            if alone:
                self._client.disconnect(self._outputs[0][0], self._return)

    def listen_to(self, inputs: tuple[str, ...] | None) -> tuple[str, ...]:
        """Connect MIDI sources to `midi_in`: None is every hardware port. Returns those that are connected."""
        there = self._client.get_ports(is_midi=True, is_output=True, is_physical=inputs is None)
        wanted = [port for port in there if inputs is None or port.name in inputs]
        connected = {port.name for port in self._midi_in.connections}
        for port in wanted:
            if port.name not in connected:
                with contextlib.suppress(jack.JackError):  # it may just have gone
                    self._client.connect(port, self._midi_in)
        return tuple(port.name for port in self._midi_in.connections)

    def sources(self) -> tuple[str, ...]:
        """MIDI ports that can be listened to, Onetake's own left out."""
        ports = self._client.get_ports(is_midi=True, is_output=True)
        return tuple(port.name for port in ports if _owner(port.name) != self.name)

    def sinks(self) -> tuple[str, ...]:
        """MIDI ports that can be played on to, Onetake's own left out."""
        ports = self._client.get_ports(is_midi=True, is_input=True)
        return tuple(port.name for port in ports if _owner(port.name) != self.name)

    def pass_on_to(self, name: str) -> None:
        """Write what comes in to `midi_thru`, connected with that port; THRU connects none, "" ends it."""
        before, self._passed, self.thru = self._passed, name, bool(name)
        there = {port.name for port in self._midi_thru.connections}
        with contextlib.suppress(jack.JackError):  # it may just have gone
            if before in there and before != name:
                self._client.disconnect(self._midi_thru, before)
            if name not in ("", THRU, *there) and name in self.sinks():
                self._client.connect(self._midi_thru, name)

    def stop(self) -> None:
        """Leave the server."""
        with contextlib.suppress(jack.JackError):
            self._client.deactivate()
            self._client.close()

    def _be_called(self, render: Render) -> None:
        """Register what JACK calls: compiled where it can be, which calls Python for a block with news."""
        process = self._callback(render)
        if isinstance(render, Mixer) and render.plain is not None:
            with contextlib.suppress(OSError):  # no library to be found: Python does the same, if later
                self._plain = PlainCallback(self._client, render.plain, process)
                self._plain.use(self._outputs)
                return
        self._client.set_process_callback(process)

    def _leave_to_python(self, everything: bool) -> None:
        if self._plain is not None:
            self._plain.leave_to_python(everything)

    def _callback(self, render: Render) -> Callable[[int], None]:
        """What JACK calls, once a block; it must never raise, and `render` never does."""

        def process(frames: int) -> None:
            events: list[Event] = [(at, bytes(data)) for at, data in self._midi_in.incoming_midi_events()]
            buses = render(frames, events)
            for pair, bus in zip(self._outputs, buses.outputs, strict=False):
                pair[0].get_array()[:] = bus.real
                pair[1].get_array()[:] = bus.imag
            for spare in self._outputs[len(buses.outputs) :]:
                spare[0].get_array()[:] = spare[1].get_array()[:] = 0
            self._monitor[0].get_array()[:] = buses.monitor.real
            self._monitor[1].get_array()[:] = buses.monitor.imag
            if self._watch is not None:
                self._watch.block(buses.outputs[0], self._return.get_array())
            self._midi_thru.clear_buffer()
            if self.thru:
                for at, data in events:
                    self._midi_thru.write_midi_event(at, data)

        return process

    def _found(self, device: str) -> list[Any]:
        """The inputs where the monitor goes.

        Raises:
            NoDevice: none, or the server's blocks are too large.
        """
        if self.block > MOST_FRAMES:
            raise NoDevice(f"JACK's blocks of {self.block} frames are too large; {MOST_FRAMES} is the most.")
        if not device:
            return self._client.get_ports(is_audio=True, is_input=True, is_physical=True)
        ports = self._client.get_ports(is_audio=True, is_input=True)
        ears = [port for port in ports if _owner(port.name) == device]
        if not ears:
            raise NoDevice(f"No JACK client {device!r} takes audio. {_ADVICE}")
        return ears

    def _ended(self, _status: Any, _reason: str) -> None:
        self._alive = False

    def _was_late(self, _delay: float) -> None:
        self._late += 1


def _owner(port: str) -> str:
    return port.partition(":")[0]


def listeners() -> tuple[str, ...]:
    """JACK clients that take audio; empty where no server runs."""
    if jack is None:
        return ()
    try:
        client = jack.Client("onetake-look", no_start_server=True)
    except jack.JackError:
        return ()
    with contextlib.closing(client):
        ports = client.get_ports(is_audio=True, is_input=True)
        return tuple(dict.fromkeys(_owner(port.name) for port in ports))
