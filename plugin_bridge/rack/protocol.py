"""What a client and the rack process say to each other: frozen values, sent as MessagePack bytes.

Sounds and chains travel as paths: a sound is long, and some plug-ins put whole recordings into their states. A
Render is answered once, by Rendered or Failed; what cannot be done besides is answered by Failed with a sentence.
What does not validate ends the line.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from plugin_bridge.rack.parameter import Parameter
from presets import messages
from presets.messages import Message, Part, Path
from presets.schema import Decibels, Edit, Name, Seconds, Unit

PROTOCOL = 1
"""Raised whenever a message changes; a client and a process of different numbers do not talk."""

UNASKED = "unasked"
"""Ticket of a Saved that nobody asked for: the client keeps it for a process that must be started again."""

SlotIndex = Annotated[int, Meta(ge=0, lt=64)]


# ── requests ──────────────────────────────────────────────────────────────────────────────────────────────────


class Hello(Message, frozen=True, kw_only=True):
    """First message of a client: where things lie.

    state: the user's own folder, in which a scan writes what it found. cache: folder of wet sounds, and how many
    MB it may hold. impulses: folder of the user's impulse responses. folder: where racks that were read back are
    written.
    """

    protocol: int
    state: Path
    cache: Path
    megabytes: Annotated[float, Meta(gt=0.0)]
    impulses: Path
    folder: Path


class SetChain(Message, frozen=True, kw_only=True):
    """Make a rack be that chain; what is loaded already stays loaded. Answered by ChainReady or Failed.

    chain: path of a chain file. foreign: slots whose state comes from elsewhere without the user's consent.
    """

    rack: Name
    chain: Path
    foreign: tuple[SlotIndex, ...] = ()


class DropRack(Message, frozen=True, kw_only=True):
    """Forget a rack and end its plug-ins."""

    rack: Name


class SetParameter(Message, frozen=True, kw_only=True):
    """Turn a knob. Answered by ParameterChanged, or Failed about the rack."""

    rack: Name
    slot: SlotIndex
    parameter: str
    value: Unit


class SetSlot(Message, frozen=True, kw_only=True):
    """Switch a slot on or off, and say how much of it is heard."""

    rack: Name
    slot: SlotIndex
    enabled: bool = True
    mix: Unit = 1.0


class Reload(Message, frozen=True, kw_only=True):
    """Load a slot's effect anew with its last good state. Answered by ChainReady."""

    rack: Name
    slot: SlotIndex


class Allow(Message, frozen=True, kw_only=True):
    """The user's consent to use the foreign state of a slot. Answered by ChainReady."""

    rack: Name
    slot: SlotIndex


class OpenEditor(Message, frozen=True, kw_only=True):
    """Open a plug-in's own window. What is turned there comes as ParameterChanged."""

    rack: Name
    slot: SlotIndex


class Render(Message, frozen=True, kw_only=True):
    """Send a sound through a rack; for each key the newest counts. A knob that moves meanwhile begins it anew.

    path: an untrimmed native WAV. edit: None takes it as it is. tails: the draft's, None finds them.
    """

    ticket: Name
    rack: Name
    key: Name
    path: Path
    edit: Edit | None = None
    match_db: Decibels = 0.0
    tails: tuple[Seconds, ...] | None = None


class Cancel(Message, frozen=True, kw_only=True):
    """Give up a Render, before its next effect at the latest."""

    ticket: Name


class Save(Message, frozen=True, kw_only=True):
    """Read a rack back: answered by Saved, after everything that was asked of it before."""

    ticket: Name
    rack: Name


class ListBuiltIns(Message, frozen=True, kw_only=True):
    """Ask for BuiltIns."""


class Status(Message, frozen=True, kw_only=True):
    """Ask for a State; also the heartbeat."""


Request = (
    Hello | SetChain | DropRack | SetParameter | SetSlot | Reload | Allow | OpenEditor
    | Render | Cancel | Save | ListBuiltIns | Status
)  # fmt: skip
REQUESTS: tuple[type[Message], ...] = (
    Hello, SetChain, DropRack, SetParameter, SetSlot, Reload, Allow, OpenEditor, Render, Cancel, Save,
    ListBuiltIns, Status,
)  # fmt: skip


# ── events ────────────────────────────────────────────────────────────────────────────────────────────────────


class SlotState(Part, frozen=True, kw_only=True):
    """A slot as it is. problem: why it is bypassed, "" if it is not; remark: what a person should know besides.

    foreign: whether its state waits for consent.
    """

    effect: str
    problem: str = ""
    remark: str = ""
    foreign: bool = False
    parameters: tuple[Parameter, ...] = ()


class BuiltInCard(Part, frozen=True, kw_only=True):
    """A built-in effect: what a new slot of it is.

    mix: how much of it is heard at first; files: names of what it plays with.
    """

    effect: str
    name: str
    category: str
    does: str
    mix: Unit
    files: tuple[str, ...]
    parameters: tuple[Parameter, ...]


class ImpulseCard(Part, frozen=True, kw_only=True):
    """An impulse response of the user's. content: what a slot's `files` holds."""

    content: str
    name: str


class Welcome(Message, frozen=True, kw_only=True):
    """The first message of the process."""

    protocol: int
    pid: int


class ChainReady(Message, frozen=True, kw_only=True):
    """A rack is as it was asked to be."""

    rack: Name
    slots: tuple[SlotState, ...]


class ParameterChanged(Message, frozen=True, kw_only=True):
    """Where a knob stands now, whoever turned it."""

    rack: Name
    slot: SlotIndex
    parameter: Parameter


class SlotFailed(Message, frozen=True, kw_only=True):
    """A slot is bypassed from now on. Its last good state is kept, Reload brings it back."""

    rack: Name
    slot: SlotIndex
    sentence: str


class EditorClosed(Message, frozen=True, kw_only=True):
    """A plug-in's own window is closed. sentence: why, where nobody closed it, and what to do; else ""."""

    rack: Name
    slot: SlotIndex
    sentence: str = ""


class Rendered(Message, frozen=True, kw_only=True):
    """A sound with effects, at the rate of what went in: load or copy it, the file is kept for a while only.

    tails: seconds that each stretch of the chain rings on, for the refined versions. remarks: what a person should
    know, bypassed slots first. cached: whether it was there already. seconds: that the rendering took, 0 or more.
    """

    ticket: Name
    key: Name
    path: Path
    tails: tuple[Seconds, ...]
    remarks: tuple[str, ...] = ()
    cached: bool = False
    seconds: Seconds = 0.0


class BuiltIns(Message, frozen=True, kw_only=True):
    """The effects that need no plug-in, and the impulse responses in the user's folder."""

    effects: tuple[BuiltInCard, ...]
    impulses: tuple[ImpulseCard, ...]


class Saved(Message, frozen=True, kw_only=True):
    """A rack read back, as a chain file; foreign: slots whose state still waits for consent.

    ticket: of the Save; UNASKED where nobody asked: for a process that must be started again.
    """

    ticket: Name
    rack: Name
    chain: Path
    foreign: tuple[SlotIndex, ...] = ()


class Failed(Message, frozen=True, kw_only=True):
    """Something asked for will not come. about: the ticket or rack; sentence: why, and what to do.

    kind: "failed" was not wanted, the others were.
    """

    about: str
    kind: Literal["failed", "replaced", "cancelled"] = "failed"
    sentence: str


class State(Message, frozen=True, kw_only=True):
    """How the process is. racks: how many there are; waiting: renderings."""

    racks: int
    waiting: int


Event = (
    Welcome
    | ChainReady
    | ParameterChanged
    | SlotFailed
    | EditorClosed
    | Rendered
    | BuiltIns
    | Saved
    | Failed
    | State
)
EVENTS: tuple[type[Message], ...] = (
    Welcome, ChainReady, ParameterChanged, SlotFailed, EditorClosed, Rendered, BuiltIns, Saved, Failed,
    State,
)  # fmt: skip

_requests = messages.reader(Request, "request to the rack")
_events = messages.reader(Event, "event of the rack")


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
    return messages.table(("client", REQUESTS), ("rack", EVENTS))
