"""What a client and the engine's process say to each other: frozen values, sent as MessagePack bytes.

Every message is a row of REQUESTS or EVENTS; `message_table` makes the documentation's table of them. A sound
travels as the path of a WAV in the client's session folder, never as bytes. Nothing is ever unpickled; what
does not validate ends the connection.
"""

from __future__ import annotations

from typing import Literal

from presets import messages
from presets.messages import Message, Path
from presets.schema import Edit, Name, Recipe, Version

PROTOCOL = 2
"""Raised whenever a message changes; a client and a server of different numbers do not talk."""


class Hello(Message, frozen=True, kw_only=True):
    """First message of a client: who it is, and the folder in which its sounds are written.

    sounds: the folder whose sounds, at any depth, it may let the engine judge; "" is none.
    """

    protocol: int
    folder: Name
    sounds: str = ""


class Draft(Message, frozen=True, kw_only=True):
    """Make a draft for a slot; it replaces the slot's draft that still waits. recipe: 1 step."""

    ticket: Name
    slot: Name
    recipe: Recipe


class Refine(Message, frozen=True, kw_only=True):
    """Make a refined version. edit: the take's own, None finds it. preview: write what each jump estimates."""

    ticket: Name
    recipe: Recipe
    edit: Edit | None = None
    preview: bool = False


class Cancel(Message, frozen=True, kw_only=True):
    """Give up what was asked for, at the next layer at the latest."""

    ticket: Name


class Warm(Message, frozen=True, kw_only=True):
    """Load a model and run it once, so that the next draft is fast."""

    model: Name


class Embed(Message, frozen=True, kw_only=True):
    """Read a text, so that its next draft need not; answered with what it means as numbers."""

    ticket: Name
    model: Name
    text: str


class Judge(Message, frozen=True, kw_only=True):
    """Hear how well a sound fits words: answered with Judged. path: a WAV inside Hello's `sounds`."""

    ticket: Name
    path: Path
    text: str


class Status(Message, frozen=True, kw_only=True):
    """Ask for Metrics; also the heartbeat."""


class Welcome(Message, frozen=True, kw_only=True):
    """The engine's answer to Hello."""

    protocol: int
    onetake: str
    pid: int


class Progress(Message, frozen=True, kw_only=True):
    """A jump of a refinement is done. preview: path of a WAV, "" without.

    With done = 0 it tells, before a slow sound is begun, how many seconds it takes at least; else seconds is 0.0.
    """

    ticket: Name
    done: int
    steps: int
    preview: str = ""
    seconds: float = 0.0


class Ready(Message, frozen=True, kw_only=True):
    """A sound is on disk. path: its untrimmed native float WAV, with its Version inside. Times in seconds.

    remarks: what a person should know of how the prompt was read. unfamiliar: whether the model was taught nothing
    like the prompt.
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
    unfamiliar: bool = False


class Embedded(Message, frozen=True, kw_only=True):
    """A text as a unit vector."""

    ticket: Name
    vector: tuple[float, ...]


class Judged(Message, frozen=True, kw_only=True):
    """What the judge makes of a sound, whatever its level.

    fit: cosine of sound and words in the judge's space, -1 to 1, higher is better. mark: the sound there as a unit
    vector; sounds that are alike have marks that are near.
    """

    ticket: Name
    fit: float
    mark: tuple[float, ...]


class Failed(Message, frozen=True, kw_only=True):
    """Something asked for will not come. kind: "replaced" and "cancelled" were wanted, "failed" was not."""

    ticket: str
    kind: Literal["failed", "replaced", "cancelled"]
    sentence: str


class Metrics(Message, frozen=True, kw_only=True):
    """How the engine is: seconds up, work waiting and done, memory in MB, where it runs, what it has loaded."""

    up: float
    waiting_drafts: int
    waiting_refinements: int
    waiting_judgements: int
    done: int
    memory: float
    device: str
    models: tuple[str, ...]


REQUESTS = (Hello, Draft, Refine, Cancel, Warm, Embed, Judge, Status)
EVENTS = (Welcome, Progress, Ready, Embedded, Judged, Failed, Metrics)

Request = Hello | Draft | Refine | Cancel | Warm | Embed | Judge | Status
Event = Welcome | Progress | Ready | Embedded | Judged | Failed | Metrics

_requests = messages.reader(Request, "request to the engine")
_events = messages.reader(Event, "event of the engine")


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
    return messages.table(("client", REQUESTS), ("engine", EVENTS))
