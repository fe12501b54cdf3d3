"""Which way out is open: the one asked for, or what takes its place until that can be had.

A device that is missing never leaves the designer without MIDI, meters and a sentence that says what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from plugin_bridge.audio import devices, soundserver
from plugin_bridge.audio.driver import Buses, Driver, Event, Render
from plugin_bridge.audio.errors import NoDevice
from plugin_bridge.audio.jack import JackDriver, listeners
from plugin_bridge.audio.portaudio import PortAudioDriver
from plugin_bridge.audio.protocol import Opened, Output
from plugin_bridge.audio.reastream import ReaStreamSender
from plugin_bridge.audio.silent import SilentDriver
from plugin_bridge.audio.virtual import NAME, VirtualDevice, tidy

Drain = Callable[[], list[Event]]


@dataclass
class Route:
    """An open way out.

    kind: "jack", "portaudio" or "none". device, daw: where it leads. remark: what a person should know, "" if it
    is as asked. substitute: whether it stands in for what was asked.
    """

    driver: Driver
    kind: str
    device: str
    daw: str = ""
    remark: str = ""
    substitute: bool = False
    virtual: VirtualDevice | None = None
    stream: ReaStreamSender | None = None

    def start(self, render: Render) -> None:
        """Begin to play.

        Raises:
            NoDevice: see Driver.start.
        """
        self.driver.start(render if self.stream is None else _streamed(render, self.stream))

    def use_pairs(self, pairs: int) -> None:
        """Have outputs for so many pairs, where they can be added while it plays."""
        if isinstance(self.driver, JackDriver):
            self.driver.use_pairs(pairs)

    def opened(self, midi: tuple[str, ...]) -> Opened:
        """What the client is told. midi: the inputs that are listened to."""
        return Opened(
            driver=self.kind,
            device=self.device,
            daw=self.daw if self.stream is None else " and ".join(filter(None, (self.daw, str(self.stream)))),
            rate=self.driver.rate,
            block=self.driver.block,
            latency=self.driver.latency,
            midi=midi,
            remark=self.remark,
        )

    def stop(self) -> None:
        """Close everything."""
        self.driver.stop()
        if self.virtual is not None:
            self.virtual.close()
        if self.stream is not None:
            self.stream.close()


def open_route(output: Output, drain: Drain, pairs: int = 1) -> Route:
    """Open what is asked for; else the system's default; else a way that leads nowhere.

    Args:
        output: what the client asked for.
        drain: MIDI for drivers that have none of their own.
        pairs: of outputs.
    """
    try:
        return _open(output, drain, pairs)
    except NoDevice as error:
        remark = str(error)
    follows_default = not output.device and not output.daw
    if not follows_default:
        try:
            default = _open(Output(rate=output.rate, block=output.block, reastream=output.reastream), drain, pairs)
        except NoDevice:
            pass
        else:
            default.remark, default.substitute = f"{remark} Until then it plays on {default.device}.", True
            return default
    return nowhere(output, drain, remark)


def nowhere(output: Output, drain: Drain, remark: str) -> Route:
    """What stands in where nothing can be opened. remark: why."""
    silent = SilentDriver(output.rate, output.block, drain)
    heard = "only ReaStream is heard" if output.reastream else "nothing is heard"
    route = Route(silent, "none", "", remark=f"{remark} Until then {heard}.", substitute=True)
    return _with_stream(route, output)


def by_jack(output: Output) -> bool:
    """Whether a JACK server runs that has what is asked for; a device of PortAudio's is no client of it."""
    if output.driver not in ("auto", "jack") or not devices.jack_runs():
        return False
    if output.driver == "auto" and (output.daw or output.host_api):
        return False
    return not output.device or output.device in listeners()


def _open(output: Output, drain: Drain, pairs: int) -> Route:
    """Open what is asked for.

    Raises:
        NoDevice: it cannot be had; the text says what to do.
    """
    kind = output.driver
    if kind == "auto":
        kind = "jack" if by_jack(output) else "portaudio"
    return _with_stream(_OPENERS[kind](output, drain, pairs), output)


def _with_stream(route: Route, output: Output) -> Route:
    if output.reastream:
        route.stream = ReaStreamSender(route.driver.rate, identifier=output.reastream)
    return route


def _jack(output: Output, _drain: Drain, pairs: int) -> Route:
    driver = JackDriver(output.device, pairs)
    unused = (
        f"Under JACK a DAW connects {driver.name}'s own ports; {output.daw} is not used." if output.daw else ""
    )
    return Route(driver, "jack", output.device or "JACK", daw=driver.name, remark=unused)


def _portaudio(output: Output, drain: Drain, pairs: int) -> Route:
    wants_own = output.daw == NAME and soundserver.look() is not None
    virtual = VirtualDevice(pairs, output.rate) if wants_own else None
    try:
        driver = PortAudioDriver(
            device=_ears(output),
            daw=virtual.name if virtual else output.daw,
            host_api=output.host_api,
            rate=output.rate,
            block=output.block,
            exclusive=output.exclusive,
            midi=drain,
        )
    except NoDevice:
        if virtual is not None:
            virtual.close()
        raise
    tidy()  # only now: what a dead process of ours left was adopted above, so that a DAW keeps its connection
    daw = virtual.source if virtual else driver.daw
    return Route(driver, "portaudio", driver.device, daw, driver.remark, virtual=virtual)


def _ears(output: Output) -> str | devices.Way:
    """Where the monitor goes; nowhere beside a DAW's device where it is not wanted, or there is nothing else."""
    if not output.daw:
        return output.device
    if not output.ears:
        return ""
    try:
        return devices.choose(output.device, output.host_api)
    except NoDevice:
        if output.device:
            raise
        return ""


def _none(output: Output, drain: Drain, _pairs: int) -> Route:
    return Route(SilentDriver(output.rate, output.block, drain), "none", "")


_OPENERS = {"jack": _jack, "portaudio": _portaudio, "none": _none}


def _streamed(render: Render, stream: ReaStreamSender) -> Render:
    """The mixer, with its first pair and its MIDI handed to ReaStream as well."""

    def rendered(frames: int, events: Sequence[Event]) -> Buses:
        buses = render(frames, events)
        stream.push(buses.outputs[0], events)
        return buses

    return rendered
