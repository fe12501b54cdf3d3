"""Which outputs there are, and the way to the one that was chosen.

A device is known by its name and host API, never by PortAudio's number or by any part of its name: numbers change
with every plug, and parts fit the wrong device ("Onetake" is also in "Monitor of Onetake"). On Linux the sound
server's outputs stand in the list beside PortAudio's; the way there is the server's ALSA plug-in, told by the
environment where to play. What would lose the sound without a word is refused here: playing into an input.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from msgspec import structs

from plugin_bridge.audio import jack_library, pa, soundserver, virtual
from plugin_bridge.audio.errors import NoDevice
from plugin_bridge.audio.protocol import Device
from plugin_bridge.audio.soundserver import Sink, SoundServer


class Backend(NamedTuple):
    """A host API. automatic: whether the system's default may be followed there without being asked to."""

    name: str
    automatic: bool
    remark: str


BACKENDS = (
    Backend("JACK Audio Connection Kit", False, "lowest latency, shared"),
    Backend("ASIO", False, "lowest latency; a DAW on ASIO may need the same driver for itself"),
    Backend("Core Audio", True, "low latency, shared"),
    Backend("Windows WASAPI", True, "low latency in exclusive mode, medium when shared"),
    Backend("Windows WDM-KS", False, "low latency, for one program at a time"),
    Backend("ALSA", True, "low latency, for one program at a time"),
    Backend("PipeWire", True, "low latency, shared"),
    Backend("PulseAudio", True, "medium latency, shared"),
    Backend("OSS", True, "medium latency"),
    Backend("Windows DirectSound", True, "high latency"),
    Backend("MME", True, "highest latency"),
)
"""The shortest way to the ears first; the lists are in this order."""

_ORDER = {backend.name: place for place, backend in enumerate(BACKENDS)}
_REMARKS = {backend.name: backend.remark for backend in BACKENDS}
_AUTOMATIC = {backend.name for backend in BACKENDS if backend.automatic}

_ASKS_SERVER = ("pipewire", "pulse", "default")
"""ALSA devices that lead to the sound server where one runs; the first that there is carries its outputs."""

_CARD = r" \(hw:\d+,\d+\)$"
_CUT = 31  # letters that MME leaves of a name


@dataclass(frozen=True)
class Way:
    """A device, and how PortAudio gets there.

    index: PortAudio's number of it, until the next refresh. environment: what ALSA's plug-ins read while its
    stream opens. watched: an output of the sound server whose end PortAudio would not notice, "" for none.
    """

    device: Device
    index: int
    environment: Mapping[str, str] = field(default_factory=dict)
    watched: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by, also after a restart: name without the card's number, and host API."""
        return identity(self.device.name), self.device.host_api


def identity(name: str) -> str:
    """A name without what changes when devices are plugged in another order ("(hw:1,0)")."""
    return re.sub(_CARD, "", name)


def ways(refresh: bool = False) -> tuple[Way, ...]:
    """Every output, in the order of BACKENDS.

    Args:
        refresh: read the devices anew, where no stream is open.

    Raises:
        NoDevice: PortAudio is missing.
    """
    library = pa.load()
    if refresh:
        pa.refresh()
    server = soundserver.look()
    with pa.told("The audio system", library):
        rows, apis = list(library.query_devices()), list(library.query_hostapis())
    found = [
        _plain(index, row, apis[row["hostapi"]], server)
        for index, row in enumerate(rows)
        if row["max_output_channels"] > 0
    ]
    found = [way for way in found if not _loses(way, server)]
    if server is not None:
        found = _with_server(found, server)
    return tuple(_distinct(sorted(found, key=lambda way: _ORDER.get(way.device.host_api, len(_ORDER)))))


def choose(name: str = "", host_api: str = "", among: Iterable[Way] | None = None) -> Way:
    """The way to a device.

    Args:
        name: as `ways` tells it, or the beginning of just one; "" follows the system's default.
        host_api: as `ways` tells it, "" any: then the first in the order of BACKENDS.
        among: what there is, None looks.

    Raises:
        NoDevice: there is none, or several; the text tells which.
    """
    there = tuple(ways() if among is None else among)
    offered = [way for way in there if host_api in ("", way.device.host_api)]
    if not name:
        return _following(offered, host_api)
    folded = name.casefold()
    for fits in (
        [way for way in offered if way.device.name == name],
        [way for way in offered if way.key[0] == identity(name)],
        [way for way in offered if way.device.name.casefold().startswith(folded)],
    ):
        if fits and _is_one(fits):
            return _kept(fits[0])
        if fits:
            raise NoDevice(f"{name!r} could be {_listed(fits)}. Give the whole name.")
    raise NoDevice(_missing(name, host_api, there))


def default_of(rows: Iterable[Device], host_api: str = "") -> Device | None:
    """The default among devices in the order of BACKENDS, as `choose` follows it; None where none is told."""
    followed = [row for row in rows if row.default and host_api in ("", row.host_api)]
    return next((row for row in followed if host_api or row.host_api in _AUTOMATIC), None)


def own() -> Device | None:
    """The virtual device that we make where a sound server lets us; None where there is none to ask."""
    server = soundserver.look()
    if server is None:
        return None
    made = f"made while it is open; a DAW finds it as the input {virtual.NAME} output"
    return Device(
        name=virtual.NAME, host_api=server.kind, outputs=2, inputs=0, rate=server.rate, latency=0.0, virtual=True,
        remark=made,
    )  # fmt: skip


def advice(among: Iterable[Way]) -> str:
    """Two sentences on how to get a virtual device, "" where there is one."""
    return "" if any(way.device.virtual for way in among) else virtual.advice()


def jack_runs() -> bool:
    """Whether a JACK server (or PipeWire's) answers. Says nothing on stderr, and starts none."""
    jack = jack_library.load()
    if jack is None:
        return False
    try:
        jack.Client("onetake-look", no_start_server=True).close()
    except jack.JackError:
        return False
    return True


def _plain(index: int, row: Mapping[str, Any], host_api: Mapping[str, Any], server: SoundServer | None) -> Way:
    """A row of PortAudio's."""
    api = str(host_api["name"])
    to_server = server is not None and api == "ALSA" and row["name"] in _ASKS_SERVER
    sink = server.sink(server.default) if server is not None and to_server else None
    device = Device(
        name=row["name"],
        host_api=api,
        outputs=min(row["max_output_channels"], sink.channels) if sink else row["max_output_channels"],
        inputs=row["max_input_channels"],
        rate=server.rate if server is not None and to_server else int(row["default_samplerate"]),
        latency=float(row["default_low_output_latency"]),
        default=index == host_api["default_output_device"],
        virtual=virtual.is_virtual(row["name"], api),
        remark="the system's default output" if to_server else _REMARKS.get(api, ""),
    )
    return Way(device, index)


def _with_server(found: list[Way], server: SoundServer) -> list[Way]:
    """The outputs of the sound server as well, where an ALSA plug-in leads there."""
    for plug_in in _ASKS_SERVER[:2]:
        carrier = next((way for way in found if (way.device.name, way.device.host_api) == (plug_in, "ALSA")), None)
        if carrier is not None:
            sinks = [_to_sink(sink, carrier, server) for sink in server.sinks]
            return [*map(_not_default, found), *sinks]
    return found


def _to_sink(sink: Sink, carrier: Way, server: SoundServer) -> Way:
    """The way to one output of the server.

    Without dont-reconnect the server would move the stream to another output when this one goes, in silence.
    Without dont-remix it would fold channels that have no place in a room (aux0) into the first two.
    """
    device = structs.replace(
        carrier.device,
        name=sink.description,
        host_api=server.kind,
        outputs=sink.channels,
        inputs=0,
        rate=sink.rate,
        default=sink.name == server.default,
        virtual=sink.virtual,
        remark=_REMARKS[server.kind],
    )
    if carrier.device.name == "pipewire":
        unmixed = "stream.dont-remix = true " if sink.virtual and sink.channels > 2 else ""
        properties = f"{{ node.dont-reconnect = true {unmixed}}}"
        return Way(device, carrier.index, {"PIPEWIRE_NODE": sink.name, "PIPEWIRE_ALSA": properties})
    environment = {"PULSE_SINK": sink.name, "PULSE_PROP": "node.dont-reconnect=true"}
    return Way(device, carrier.index, environment, watched=sink.name)


def _not_default(way: Way) -> Way:
    """ALSA's default is the server's; the server's own row tells it."""
    alsa = way.device.host_api == "ALSA"
    return replace(way, device=structs.replace(way.device, default=False)) if alsa else way


def _is_one(fits: list[Way]) -> bool:
    """Whether all are one device under several host APIs, one of which cuts names off."""
    first = {way.key for way in fits if way.device.host_api == fits[0].device.host_api}
    return len(first) == 1 and len({way.key[0][:_CUT] for way in fits}) == 1


def _following(offered: list[Way], host_api: str) -> Way:
    """The default; where the sound server has it, the way without an address: the server moves it along."""
    default = default_of([way.device for way in offered], host_api)
    chosen = next((way for way in offered if default in (None, way.device)), None)
    if chosen is None:
        where = f" of {host_api}" if host_api else ""
        raise NoDevice(f"There is no output{where}. Plug one in, start the sound system, or choose another one.")
    return _kept(replace(chosen, environment={}, watched=""))


def _kept(way: Way) -> Way:
    """The same way, unless the process's environment sends it into an input, where it is lost without a word.

    Raises:
        NoDevice: it does.
    """
    targets = {name: os.environ[name] for name in ("PIPEWIRE_NODE", "PULSE_SINK") if os.environ.get(name)}
    server = soundserver.look() if targets and not way.environment else None
    for variable, target in targets.items():
        if server is not None and server.is_input_only(target):
            lost = f"{variable} sends the sound into the input {target!r}, where it is lost"
            raise NoDevice(f"{lost}. Unset it, or choose another output.")
    return way


def _loses(way: Way, server: SoundServer | None) -> bool:
    """PipeWire's JACK shows inputs of the server as if one could play into them; what one plays there is lost."""
    jack_row = way.device.host_api == "JACK Audio Connection Kit"
    return jack_row and server is not None and server.is_input_only(way.device.name)


def _missing(name: str, host_api: str, there: tuple[Way, ...]) -> str:
    server = soundserver.look()
    if server is not None and server.is_input_only(name):
        return f"{name!r} is an input: what is played into it is lost. Choose an output."
    elsewhere = [way for way in there if way.device.name == name]
    if elsewhere:
        return f"{name!r} is under {elsewhere[0].device.host_api}, not under {host_api}. Choose it there."
    return f"There is no output {name!r}. Plug it in and refresh the list, or choose {_listed(there)}."


def _listed(found: Iterable[Way]) -> str:
    names = list(dict.fromkeys(repr(way.device.name) for way in found))
    return " or ".join(names) if names else "another one when there is one"


def _distinct(found: Iterable[Way]) -> list[Way]:
    """Two of the same name and host API would be one to whoever chooses: the second gets a number."""
    seen: dict[tuple[str, str], int] = {}
    rows = []
    for way in found:
        key = (way.device.name, way.device.host_api)
        seen[key] = seen.get(key, 0) + 1
        number = f" ({seen[key]})" if seen[key] > 1 else ""
        rows.append(replace(way, device=structs.replace(way.device, name=way.device.name + number)))
    return rows
