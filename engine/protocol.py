"""What a client and the engine's process say to each other: frozen values, sent as MessagePack bytes.

Every message is a row of REQUESTS or EVENTS; `message_table` makes the documentation's table of them. A sound
travels as the path of a WAV in the client's session folder, never as bytes. Nothing is ever unpickled; what
does not validate ends the connection.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from presets.errors import UnreadableFile
from presets.schema import Edit, Recipe, Version

PROTOCOL = 1
"""Raised whenever a message changes; a client and a server of different numbers do not talk."""

LARGEST_MESSAGE = 2**20

Name = Annotated[str, Meta(min_length=1, max_length=200)]


class _Message(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag=True):
    """A message; its tag is its class's name."""


class Hello(_Message, frozen=True, kw_only=True):
    """First message of a client: who it is, and the folder in which its sounds are written."""

    protocol: int
    folder: Name


class Draft(_Message, frozen=True, kw_only=True):
    """Make a draft for a slot; it replaces the slot's draft that still waits. recipe: 1 step."""

    ticket: Name
    slot: Name
    recipe: Recipe


class Refine(_Message, frozen=True, kw_only=True):
    """Make a refined version. edit: the take's own, None finds it. preview: write what each jump estimates."""

    ticket: Name
    recipe: Recipe
    edit: Edit | None = None
    preview: bool = False


class Cancel(_Message, frozen=True, kw_only=True):
    """Give up a draft or refinement, at the next layer at the latest."""

    ticket: Name


class Warm(_Message, frozen=True, kw_only=True):
    """Load a model and run it once, so that the next draft is fast."""

    model: Name


class Embed(_Message, frozen=True, kw_only=True):
    """Read a text, so that its next draft need not; answered with what it means as numbers."""

    ticket: Name
    model: Name
    text: str


class Status(_Message, frozen=True, kw_only=True):
    """Ask for Metrics; also the heartbeat."""


class Welcome(_Message, frozen=True, kw_only=True):
    """The engine's answer to Hello."""

    protocol: int
    onetake: str
    pid: int


class Progress(_Message, frozen=True, kw_only=True):
    """A jump of a refinement is done. preview: path of a WAV, "" without."""

    ticket: Name
    done: int
    steps: int
    preview: str = ""


class Ready(_Message, frozen=True, kw_only=True):
    """A sound is on disk. path: its untrimmed native float WAV, with its Version inside. Times in seconds.

    remarks: what a person should know of how the prompt was read.
    """

    ticket: Name
    slot: str
    path: str
    version: Version
    silent: bool
    text: float
    network: float
    codec: float
    remarks: tuple[str, ...] = ()


class Embedded(_Message, frozen=True, kw_only=True):
    """A text as a unit vector."""

    ticket: Name
    vector: tuple[float, ...]


class Failed(_Message, frozen=True, kw_only=True):
    """Something asked for will not come. kind: "replaced" and "cancelled" were wanted, "failed" was not."""

    ticket: str
    kind: Literal["failed", "replaced", "cancelled"]
    sentence: str


class Metrics(_Message, frozen=True, kw_only=True):
    """How the engine is: seconds up, work waiting and done, memory in MB, where it runs, what it has loaded."""

    up: float
    waiting_drafts: int
    waiting_refinements: int
    done: int
    memory: float
    device: str
    models: tuple[str, ...]


REQUESTS = (Hello, Draft, Refine, Cancel, Warm, Embed, Status)
EVENTS = (Welcome, Progress, Ready, Embedded, Failed, Metrics)

Request = Hello | Draft | Refine | Cancel | Warm | Embed | Status
Event = Welcome | Progress | Ready | Embedded | Failed | Metrics

_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(Request)
_events = msgspec.msgpack.Decoder(Event)


def encode(message: Request | Event) -> bytes:
    """A message as bytes."""
    return _encoder.encode(message)


def request(data: bytes) -> Request:
    """A request from bytes.

    Raises:
        UnreadableFile: no valid request.
    """
    try:
        return _requests.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableFile(f"That is no request to the engine: {error}.") from error


def event(data: bytes) -> Event:
    """An event from bytes.

    Raises:
        UnreadableFile: no valid event.
    """
    try:
        return _events.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableFile(f"That is no event of the engine: {error}.") from error


def message_table() -> str:
    """The messages as a Markdown table, for ARCHITECTURE.md."""
    rows = ["| message | from | what it says | fields |", "|---|---|---|---|"]
    for kinds, sender in ((REQUESTS, "client"), (EVENTS, "engine")):
        for kind in kinds:
            says = " ".join((kind.__doc__ or "").split())
            rows.append(f"| {kind.__name__} | {sender} | {says} | {', '.join(kind.__struct_fields__)} |")
    return "\n".join(rows) + "\n"
