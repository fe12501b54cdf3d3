"""What Linux's sound server (PipeWire or PulseAudio) has, asked through `pactl`.

PortAudio sees such a server as one device and not what stands behind it, yet it is there that a virtual device is
made, a default changes and a sound is lost. `pactl` speaks to both servers. Its text is read and not its JSON, in
which version 16 writes "(null)" for any name that is not ASCII. Every call takes about 10 ms and is given up after
PATIENCE; nothing here is for the audio thread.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

PATIENCE = 3.0
"""Seconds after which a server counts as silent."""

INSTALL = "sudo apt-get install -y pipewire-pulse pipewire-alsa pulseaudio-utils"
"""What gives a Debian machine a sound server that Onetake can ask."""

_NO_MODULE = 2**32 - 1


@dataclass(frozen=True)
class Sink:
    """An output of the server.

    rate: Hz. virtual: whether it leads into other programs only; the server's stopgap ("auto_null", there while no
    card is) does not. module: index of the module that made it, -1 for none.
    """

    name: str
    description: str
    channels: int
    rate: int
    virtual: bool
    module: int


@dataclass(frozen=True)
class SoundServer:
    """The server at one moment.

    Attributes:
        kind: "PipeWire" or "PulseAudio".
        rate: Hz, what it runs at while nobody asks for another.
        sinks: its outputs.
        default: name of the output that the system plays to.
        sources: names and descriptions of its inputs, without the monitors of its outputs.
    """

    kind: str
    rate: int
    sinks: tuple[Sink, ...]
    default: str
    sources: frozenset[str]

    def sink(self, name: str) -> Sink | None:
        """The output of that name."""
        return next((sink for sink in self.sinks if sink.name == name), None)

    def is_input_only(self, name: str) -> bool:
        """Whether that is an input and no output: what is played into it is lost, and nothing tells."""
        return name in self.sources and not any(name in (sink.name, sink.description) for sink in self.sinks)


@dataclass(frozen=True)
class Module:
    """A loaded module. arguments: as they were given."""

    index: int
    name: str
    arguments: str


def look() -> SoundServer | None:
    """The server, None where none answers (or the system is not Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    info, sinks, sources = (_pactl(*words) for words in (["info"], ["list", "sinks"], ["list", "sources"]))
    if info is None or sinks is None or sources is None:
        return None
    told = _fields(info)
    inputs = [row for row in _objects(sources) if row.get("Monitor of Sink", "n/a") == "n/a"]
    return SoundServer(
        kind="PipeWire" if "PipeWire" in told.get("Server Name", "") else "PulseAudio",
        rate=_format(told.get("Default Sample Specification", ""))[1],
        sinks=tuple(_sink(row) for row in _objects(sinks)),
        default=told.get("Default Sink", ""),
        sources=frozenset(word for row in inputs for word in (row.get("Name", ""), row.get("Description", ""))),
    )


def has_sink(name: str) -> bool:
    """Whether the server still has that output; one quick question."""
    rows = (_pactl("list", "short", "sinks") or "").splitlines()
    return any(row.split("\t")[1:2] == [name] for row in rows)


def modules(*names: str) -> tuple[Module, ...]:
    """The loaded modules of those names."""
    rows = [row.split("\t") for row in (_pactl("list", "short", "modules") or "").splitlines()]
    return tuple(
        Module(int(row[0]), row[1], row[2])
        for row in rows
        if len(row) > 2 and row[0].isdecimal() and row[1] in names
    )


def load(module: str, **arguments: object) -> int | None:
    """Load a module; returns its index, None where the server refused."""
    answer = _pactl("load-module", module, *(f"{key}={value}" for key, value in arguments.items()))
    return int(answer) if answer and answer.strip().isdecimal() else None


def unload(index: int) -> None:
    """Take a module away; one that is gone stays gone."""
    _pactl("unload-module", str(index))


def quoted(**properties: str) -> str:
    """Properties as a module takes them: bare quotes would end at the first blank, and the rest be ignored."""
    return '"' + " ".join(f"{key.replace('_', '.')}='{value}'" for key, value in properties.items()) + '"'


def _sink(row: Mapping[str, str]) -> Sink:
    channels, rate = _format(row.get("Sample Specification", ""))
    name, module = row.get("Name", ""), row.get("Owner Module", "n/a")
    made_of_nothing = row.get("factory.name") == "support.null-audio-sink" and name != "auto_null"
    return Sink(
        name=name,
        description=row.get("Description", name),
        channels=channels,
        rate=rate,
        virtual=made_of_nothing or row.get("Driver") == "module-null-sink.c",
        module=int(module) if module.isdecimal() and int(module) != _NO_MODULE else -1,
    )


def _format(text: str) -> tuple[int, int]:
    """Channels and Hz of "float32le 2ch 48000Hz"."""
    found = re.search(r" (\d+)ch (\d+)Hz$", text)
    return (int(found[1]), int(found[2])) if found else (2, 48_000)


def _objects(text: str) -> list[dict[str, str]]:
    """What `pactl list` tells, object by object: each begins at the left edge."""
    return [_fields(part) for part in re.split(r"^\S.*$", text, flags=re.MULTILINE)[1:]]


def _fields(text: str) -> dict[str, str]:
    """The lines "Key: value", one step in at most, and the properties `key = "value"`, two steps in."""
    fields = re.findall(r"^\t?(\w[\w ]*): (.*)$", text, re.MULTILINE)
    properties = re.findall(r'^\t\t([\w.-]+) = "(.*)"$', text, re.MULTILINE)
    return dict(properties) | dict(fields)


def _pactl(*words: str) -> str | None:
    """What pactl answers, in English; None where it is missing, silent or refused."""
    program = shutil.which("pactl")
    if program is None:
        return None
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 (words of our own, no shell)
            [program, *words],
            capture_output=True,
            env=environment,
            timeout=PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace") if done.returncode == 0 else None
