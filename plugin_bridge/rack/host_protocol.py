"""What a child that holds one plug-in and its parent say to each other.

One request, one answer. Sounds travel as raw float32 files (channel after channel) and long states as files too,
both in a folder that only the two of them use, because a message holds one MiB at most.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from plugin_bridge.rack.parameter import Parameter
from presets.messages import Message, Part, Path, reader

SHORT_STATE = 64 * 1024
"""Bytes of a state that a message carries itself."""

_Seconds = Annotated[float, Meta(gt=0.0, le=86_400.0)]
_Id = Annotated[str, Meta(max_length=1024)]
_State = Annotated[bytes, Meta(max_length=SHORT_STATE)]


class About(Part, frozen=True, kw_only=True):
    """Who a plug-in is. channels: the numbers of channels it takes as they come. latency: frames, taken away."""

    name: str
    maker: str
    version: str
    identifier: str
    category: str
    channels: tuple[int, ...]
    latency: int


class Kept(Part, frozen=True, kw_only=True):
    """A state. path: a file that holds it where it is too long for `short`, else ""."""

    short: _State = b""
    path: str = ""


class Load(Message, frozen=True, kw_only=True):
    """Load a plug-in; the first request. Answered by Loaded. seconds, here and below: when to give up."""

    seconds: _Seconds
    path: Path
    name: str = ""


class Tell(Message, frozen=True, kw_only=True):
    """Ask for all parameters: answered by Values."""

    seconds: _Seconds


class Turn(Message, frozen=True, kw_only=True):
    """Turn a parameter: answered by Turned."""

    seconds: _Seconds
    id: _Id
    value: float


class Keep(Message, frozen=True, kw_only=True):
    """Ask for the state: answered by Stated."""

    seconds: _Seconds


class Restore(Message, frozen=True, kw_only=True):
    """Take up a state: answered by Stated with what the plug-in made of it."""

    seconds: _Seconds
    state: Kept


class Process(Message, frozen=True, kw_only=True):
    """Make a sound wet. source, target: raw files. Answered by Processed."""

    seconds: _Seconds
    source: Path
    target: Path
    channels: Annotated[int, Meta(ge=1, le=64)]
    frames: Annotated[int, Meta(ge=0)]
    rate: Annotated[int, Meta(ge=1)]


class Show(Message, frozen=True, kw_only=True):
    """Load a plug-in with a state and show its window (the window's child only). Answered by Shown."""

    seconds: _Seconds
    path: Path
    name: str = ""
    state: Kept = Kept()


class Hide(Message, frozen=True, kw_only=True):
    """Close the window (the window's child only). Answered by a last Stated and Closed."""


class Loaded(Message, frozen=True, kw_only=True):
    """A plug-in is ready."""

    about: About
    state: Kept


class Values(Message, frozen=True, kw_only=True):
    """All parameters, in the plug-in's order."""

    parameters: tuple[Parameter, ...]


class Turned(Message, frozen=True, kw_only=True):
    """Where a parameter stands now, and the state where it is short: a long one is written on request only."""

    parameter: Parameter
    state: _State = b""


class Stated(Message, frozen=True, kw_only=True):
    """The state."""

    state: Kept


class Processed(Message, frozen=True, kw_only=True):
    """A wet sound is in the target file."""

    channels: int


class Shown(Message, frozen=True, kw_only=True):
    """A plug-in's window is open."""

    parameters: tuple[Parameter, ...]


class Moved(Message, frozen=True, kw_only=True):
    """Parameters that were moved in the window."""

    parameters: tuple[Parameter, ...]


class Closed(Message, frozen=True, kw_only=True):
    """The window was closed. Its last state went before this."""


class Failed(Message, frozen=True, kw_only=True):
    """It cannot be done. kind: the error's class in plugin_bridge/rack/errors.py, or "InvalidRequest"."""

    kind: str
    sentence: str


Request = Load | Tell | Turn | Keep | Restore | Process | Show | Hide
Answer = Loaded | Values | Turned | Stated | Processed | Shown | Moved | Closed | Failed

request: Any = reader(Request, "request to a plug-in's process")
answer: Any = reader(Answer, "answer of a plug-in's process")
