"""What a client and the audio process say to each other: frozen values, sent as MessagePack bytes.

A sound travels as the path of a WAV, never as bytes. Every request is answered or shows in the next State;
what cannot be done is answered by Failed with a sentence. What does not validate ends the line.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from presets import messages
from presets.messages import Message, Part, Path
from presets.schema import Decibels, Kit, Name

PROTOCOL = 2
"""Raised whenever a message changes; a client and a process of different numbers do not talk."""

Hear = Literal["here", "daw", "both"]
DriverName = Literal["auto", "jack", "portaudio", "none"]


# ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────


class Output(Part, frozen=True, kw_only=True):
    """Where the sound goes. "" follows the system's default, or the JACK server's first outputs.

    device, daw: names as `Devices` tells them; daw: the virtual device a DAW records from, "" none. ears:
    whether the monitor has a device beside the DAW's; without, every frame goes to the DAW untouched. host_api:
    PortAudio's, of both. rate, block: 0 takes the device's own. exclusive: where the system has it (WASAPI).
    reastream: identifier of a ReaStream receiver, "" none.
    """

    driver: DriverName = "auto"
    device: str = ""
    daw: str = ""
    ears: bool = True
    host_api: str = ""
    rate: Annotated[int, Meta(ge=0, le=384_000)] = 0
    block: Annotated[int, Meta(ge=0, le=8192)] = 0
    exclusive: bool = False
    reastream: Annotated[str, Meta(max_length=31)] = ""


class Monitor(Part, frozen=True, kw_only=True):
    """The monitor path alone: what reaches a DAW never passes it. match: auditions at equal loudness."""

    hear: Hear = "both"
    level_db: Decibels = 0.0
    dim: bool = False
    mute: bool = False
    match: bool = True
    limiter: bool = True


class Open(Message, frozen=True, kw_only=True):
    """Open an output, closing the one that is open. Answered by Opened or Failed."""

    output: Output


class Load(Message, frozen=True, kw_only=True):
    """Make a sound ready to play under a name; the same name again replaces it, never in the middle of a hit."""

    sound: Name
    path: Path


class Unload(Message, frozen=True, kw_only=True):
    """Forget a sound once nothing plays it."""

    sound: Name


class UseKit(Message, frozen=True, kw_only=True):
    """Know a kit by its program, replacing the one there. Its zones' takes are names of loaded sounds."""

    kit: Kit


class Select(Message, frozen=True, kw_only=True):
    """Play the kit of that program, as a MIDI program change does."""

    program: Annotated[int, Meta(ge=0, le=127)]


class Audition(Message, frozen=True, kw_only=True):
    """Play a loaded sound at once through the monitor path; the audition before it fades out in 5 ms."""

    sound: Name
    gain_db: Decibels = 0.0


class Stop(Message, frozen=True, kw_only=True):
    """End what plays: auditions only, all notes, or everything at once with every state forgotten."""

    what: Literal["auditions", "notes", "panic"] = "notes"


class SetMonitor(Message, frozen=True, kw_only=True):
    """Change the monitor path."""

    monitor: Monitor


class Play(Message, frozen=True, kw_only=True):
    """Treat these bytes as a MIDI message that came in: the keys on the screen."""

    data: Annotated[bytes, Meta(min_length=1, max_length=1024)]


class MidiPorts(Message, frozen=True, kw_only=True):
    """Which inputs to listen to (None: every one, also those that come later), and where to pass events on."""

    inputs: tuple[Name, ...] | None = None
    thru: str = ""
    watch: bool = False


class Learn(Message, frozen=True, kw_only=True):
    """Answer with the next note or controller that comes in, or with Failed after that many seconds."""

    ticket: Name
    seconds: Annotated[float, Meta(gt=0.0, le=60.0)] = 10.0


class TestTone(Message, frozen=True, kw_only=True):
    """1 kHz at -20 dBFS: left, then right, through the monitor path."""

    seconds: Annotated[float, Meta(gt=0.0, le=30.0)] = 2.0


class ListDevices(Message, frozen=True, kw_only=True):
    """Ask for Devices."""


class Measure(Message, frozen=True, kw_only=True):
    """Send a click out and wait until it is back: answered by Measured or Failed. The sound stops meanwhile.

    source: the input that records it, by PortAudio's name; "" is JACK's own, `return`.
    """

    ticket: Name
    source: str = ""


class ResetLoudness(Message, frozen=True, kw_only=True):
    """Measure the integrated loudness of what plays from now on."""


class Status(Message, frozen=True, kw_only=True):
    """Ask for a State; also the heartbeat."""


# ── events ────────────────────────────────────────────────────────────────────────────────────────────────────


class Welcome(Message, frozen=True, kw_only=True):
    """The first message of the process."""

    protocol: int
    pid: int


class Opened(Message, frozen=True, kw_only=True):
    """An output is open. remark: what a person should know, "" if it is as asked. latency: frames."""

    driver: str
    device: str
    daw: str
    rate: int
    block: int
    latency: int
    midi: tuple[str, ...] = ()
    remark: str = ""


class Lost(Message, frozen=True, kw_only=True):
    """The output is gone; another may be Opened in its place, and it comes back by itself when it can."""

    device: str
    sentence: str


class Loaded(Message, frozen=True, kw_only=True):
    """A sound can be played. loudness: its momentary maximum in LUFS, None for silence."""

    sound: Name
    seconds: float
    channels: int
    loudness: float | None


class KitReady(Message, frozen=True, kw_only=True):
    """A kit can be played. missing: takes of its zones that no sound is loaded for; they are silent."""

    program: int
    missing: tuple[str, ...] = ()


class Failed(Message, frozen=True, kw_only=True):
    """Something asked for will not come. about: the sound, ticket or device; sentence: why, and what to do."""

    about: str
    sentence: str


class MidiSeen(Message, frozen=True, kw_only=True):
    """What came in since the last one, as (seconds, bytes); sent while MidiPorts.watch holds."""

    events: tuple[tuple[float, bytes], ...]


class Learned(Message, frozen=True, kw_only=True):
    """The note or controller that Learn waited for. channel: 1..16."""

    ticket: Name
    kind: Literal["note", "controller"]
    channel: int
    number: int
    value: int


class Device(Part, frozen=True, kw_only=True):
    """A way out. latency: seconds that the host API tells for its low setting."""

    name: str
    host_api: str
    outputs: int
    inputs: int
    rate: int
    latency: float
    default: bool = False
    virtual: bool = False
    remark: str = ""


class Devices(Message, frozen=True, kw_only=True):
    """What there is. advice: two sentences on how to get a virtual device or MIDI port, "" if there is one."""

    devices: tuple[Device, ...]
    midi_inputs: tuple[str, ...] = ()
    midi_outputs: tuple[str, ...] = ()
    advice: str = ""


class Measured(Message, frozen=True, kw_only=True):
    """How late a recording is: the click came back that many frames after it was rendered."""

    ticket: Name
    frames: int
    rate: int


class State(Message, frozen=True, kw_only=True):
    """One snapshot. Peaks are dBFS with hold, pairs 1..16 then the monitor, left and right each.

    load: share of the block that rendering took, p50, p99 and largest of the last 4096. beat: blocks
    rendered. latency: frames. pool: bytes of loaded sound, and of the pool. busy: seconds that the order being
    done has taken. loudness: LUFS of what the ears get, of the last 400 ms, of the last 3 s, and integrated since
    ResetLoudness; -200 is silence.
    """

    open: bool
    beat: int
    peaks: tuple[float, ...] = ()
    clips: int = 0
    load: tuple[float, float, float] = (0.0, 0.0, 0.0)
    underruns: int = 0
    voices: int = 0
    stolen: int = 0
    faults: int = 0
    latency: int = 0
    rate: int = 0
    block: int = 0
    reduction_db: float = 0.0
    midi_active: bool = False
    tempo: float = 0.0
    playing: bool = False
    song_beats: float = 0.0
    program: int = 0
    pool: tuple[int, int] = (0, 0)
    busy: float = 0.0
    loudness: tuple[float, float, float] = (-200.0, -200.0, -200.0)


REQUESTS = (
    Open, Load, Unload, UseKit, Select, Audition, Stop, SetMonitor, Play, MidiPorts, Learn, TestTone, ListDevices,
    Measure, ResetLoudness, Status,
)  # fmt: skip
EVENTS = (Welcome, Opened, Lost, Loaded, KitReady, Failed, MidiSeen, Learned, Devices, Measured, State)

Request = (
    Open | Load | Unload | UseKit | Select | Audition | Stop | SetMonitor | Play | MidiPorts | Learn | TestTone
    | ListDevices | Measure | ResetLoudness | Status
)  # fmt: skip
Event = Welcome | Opened | Lost | Loaded | KitReady | Failed | MidiSeen | Learned | Devices | Measured | State

_requests = messages.reader(Request, "request to the audio process")
_events = messages.reader(Event, "event of the audio process")


def request(data: bytes) -> Request:
    """A request from bytes.

    Raises:
        UnreadableFile: no valid request.
    """
    return _requests(data)


def event(data: bytes) -> Event:
    """An event from bytes.

    Raises:
        UnreadableFile: no valid event.
    """
    return _events(data)


def message_table() -> str:
    """The messages as a Markdown table, for ARCHITECTURE.md."""
    return messages.table(("client", REQUESTS), ("audio", EVENTS))
