"""What is known of plug-ins, as plain values: what a probe tells, and what a scan keeps of a bundle.

One place for both, because the probe's answer is what lies in the file: a child process says it, the scan writes
it, the catalogue reads it.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from plugin_bridge.rack.bundles import Fingerprint
from presets import messages
from presets.messages import Message

Format = Literal["vst3", "au"]
Outcome = Literal["known", "slow", "broken", "crashed", "hung", "never"]
BLOCKED: tuple[Outcome, ...] = ("crashed", "hung", "never")
"""What is not loaded before somebody says "try again"."""

LONGEST_TEXT = 200
Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Count = Annotated[int, Meta(ge=0, le=2**31)]


class Plugin(Message, frozen=True, kw_only=True):
    """A plug-in as it tells of itself.

    plugin_name: what the host asks the bundle for, "" where it holds only one. inputs, outputs: channels of its
    main bus as it comes, None where it takes any. latency: samples at 44.1 kHz. parameters: without a
    framework's wiring (hidden.py).
    """

    name: Text
    plugin_name: Text = ""
    maker: Text = ""
    version: Text = ""
    category: Text = ""
    id: Text = ""
    effect: bool = True
    instrument: bool = False
    inputs: Count | None = None
    outputs: Count | None = None
    latency: Count = 0
    parameters: Count = 0


class Examine(Message, frozen=True, kw_only=True):
    """Parent to probe: which bundle."""

    path: messages.Path
    format: Format


class Ready(Message, frozen=True, kw_only=True):
    """Probe: what happens from now on is the plug-in's doing."""


class Unloadable(Message, frozen=True, kw_only=True):
    """Probe: the host refused it, and says why. sentence: for a person, "" where only its files can tell."""

    reason: Annotated[str, Meta(max_length=2000)]
    sentence: str = ""


class Done(Message, frozen=True, kw_only=True):
    """Probe: every plug-in in it was told."""


Told = Ready | Plugin | Unloadable | Done
read_told = messages.reader(Told, "answer of a probe")
read_examine = messages.reader(Examine, "order to a probe")


class Record(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a scan keeps of a bundle.

    reason: a sentence, "" where all is well. printed: the last lines it printed. seconds: how long it took;
    slow: it needs more time than others do.
    """

    outcome: Outcome
    fingerprint: Fingerprint
    reason: str = ""
    printed: tuple[str, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    seconds: float = 0.0
    slow: bool = False


class Favourite(Struct, frozen=True, forbid_unknown_fields=True):
    """A plug-in that the user likes, by who it is."""

    format: Format
    name: str
    maker: str


class State(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is kept: bundles by path, favourites, folders of the user's own."""

    version: Literal[1] = 1
    bundles: dict[str, Record] = msgspec.field(default_factory=dict)
    favourites: tuple[Favourite, ...] = ()
    folders: tuple[str, ...] = ()
