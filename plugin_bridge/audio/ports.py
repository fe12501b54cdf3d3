"""MIDI ports where JACK does not serve them: our own virtual port, and devices that come and go.

By python-rtmidi, whose own threads keep what comes in until the audio thread asks for it. Its callbacks are not
used: they are Python on one more thread, and rtmidi holds the interpreter while it opens and closes ports, for
which ALSA and JACK wait for those very callbacks. For the same reason a port that is opened under JACK stops every
audio callback of this process for 4 s (measured): there devices are opened only by name, the rest is for its
patchbay, and Ports are best made before the audio starts.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from plugin_bridge.audio.errors import NoMidi
from plugin_bridge.audio.thru import Thru

NAME = "Onetake"
"""Our virtual input, as a DAW sees it."""

THRU = "Onetake thru"
"""Our virtual output: one of the ways on for what comes in."""

_QUEUED = 1024  # messages of a port that wait for the audio thread; a block brings a handful
_FORGOTTEN_SECONDS = 1.0  # no block lasts longer
_SYSTEM_EXCLUSIVE = (0xF0, 0xF7)
_SEQUENCER = "/dev/snd/seq"

_ADVICE = (
    "Windows has no virtual MIDI ports of its own. Install loopMIDI (free, from tobias-erichsen.de), add a port "
    "named Onetake in it, and send to that port from your DAW."
)
_NO_SYSTEM = "There is no MIDI system here: the keys on the screen work, MIDI devices do not."
_NO_LINUX = (
    "There is no MIDI system here: neither ALSA's sequencer nor a JACK server answers. Load the one "
    "(sudo modprobe snd-seq) or start the other, then try again."
)
_NO_LIBRARY = "MIDI cannot be used: {}. Install what is missing (on Linux the package libasound2), then try again."
_BUSY = "{} cannot be opened: another program may hold it. Close it there, then choose the port again."


class Changes(NamedTuple):
    """What a poll did. opened, closed: inputs. failed: (port, sentence), told once."""

    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


class Ports:
    """Every port that is open. Ports are named as `inputs` and `outputs` tell them.

    Attributes:
        virtual: whether a DAW sees our own input.
    """

    def __init__(self, system: str = sys.platform) -> None:
        """Open our virtual input where the system has such; devices are opened by `choose` and `poll`.

        Raises:
            NoMidi: no MIDI system here.
        """
        self._system = system
        self._midi = _library()
        self._errors: tuple[type[Exception], ...] = (self._midi.RtMidiError, NotImplementedError)
        self._api, self._own, self._listing = self._connect()
        self._open: dict[str, Any] = {}
        self._closed: list[tuple[float, Any]] = []  # when, and not deleted yet
        self._drained: tuple[Any, ...] = (self._own,)  # replaced whole: the audio thread may be reading it
        self._wanted: tuple[str, ...] | None = ()
        self._refused: set[str] = set()
        self._thru = ""
        self._way = Thru(self._errors)
        self.virtual = self._open_virtual()

    # ── for the audio thread ──────────────────────────────────────────────────────────────────────────────────

    def drain(self, most: int = _QUEUED) -> list[tuple[float, bytes]]:
        """What came in since the last call, as (seconds of time.perf_counter, raw message), port by port.

        The time is that of this call. System exclusives are passed on, and left out here. Where no audio thread
        runs, the control thread calls this. most: messages of a port in one call; the others wait.
        """
        messages: list[tuple[float, bytes]] = []
        now = time.perf_counter()
        for port in self._drained:
            for _ in range(most):
                event = port.get_message()
                if event is None:
                    break
                message = bytes(event[0])
                self._way.send(message)
                if message and message[0] not in _SYSTEM_EXCLUSIVE:
                    messages.append((now, message))
        return messages

    # ── for the control thread ────────────────────────────────────────────────────────────────────────────────

    @property
    def advice(self) -> str:
        """How to get a port that a DAW can send to; "" where there is one."""
        cables = [name for name in self.inputs() if "loopmidi" in name.lower() or NAME in name]
        return "" if self.virtual or cables or self._system != "win32" else _ADVICE

    @property
    def lost(self) -> int:
        """Messages that could not be passed on."""
        return self._way.lost

    @property
    def listening(self) -> tuple[str, ...]:
        """Inputs that are open."""
        return tuple(self._open)

    def inputs(self) -> tuple[str, ...]:
        """Devices and programs that can be listened to."""
        return tuple(self._listed(self._own))

    def outputs(self) -> tuple[str, ...]:
        """Where events can be passed on to."""
        return (*((THRU,) if self.virtual else ()), *self._listed(self._listing))

    def choose(self, inputs: tuple[str, ...] | None, thru: str) -> Changes:
        """Listen to these inputs (None: every one, also those that come later), and pass all that comes on.

        thru: an output, "" for none. An input of its name is not one of every one: most ports that are both are
        cables (loopMIDI, IAC, Midi Through), and events would go round for ever.
        """
        self._wanted, self._thru = inputs, thru
        self._refused.clear()
        return self.poll()

    def poll(self) -> Changes:
        """Open what came and close what went; to be called about once a second."""
        there = self._listed(self._own)
        wanted = [name for name in there if self._wants(name)]
        closed = tuple(name for name in self._open if name not in wanted)
        asked = [name for name in wanted if name not in self._open and name not in self._refused]
        self._forget(closed)
        opened = tuple(name for name in asked if self._open_input(name))
        failed = [name for name in asked if name not in opened]
        if not self._follow_thru():
            failed.append(self._thru)
        self._refused = {name for name in (*self._refused, *failed) if name in (*wanted, self._thru)}
        return Changes(opened, closed, tuple((name, _BUSY.format(name)) for name in failed))

    def close(self) -> None:
        """Close all ports and leave the MIDI system, once the audio thread has ended. `drain` then finds none."""
        self._forget(tuple(self._open))
        own, listing, self._own, self._listing, self._drained = self._own, self._listing, None, None, ()
        self._way.close()
        for port in (*(port for _, port in self._closed), own, listing):
            if port is not None:
                port.delete()  # it holds a reference to itself: JACK would keep our name taken
        self._closed = []

    def _connect(self) -> tuple[int, Any, Any]:
        """The first API that answers, with an input and an output of it."""
        for api in _apis(self._midi, self._system):
            with _quiet(), contextlib.suppress(*self._errors):
                return api, self._new_input(api), self._midi.MidiOut(api, name=NAME)
        raise NoMidi(_NO_LINUX if self._system.startswith("linux") else _NO_SYSTEM)

    def _open_virtual(self) -> bool:
        if self._system == "win32":
            return False
        with contextlib.suppress(*self._errors):
            self._own.open_virtual_port(NAME)
            return True
        return False

    def _listed(self, port: Any) -> list[str]:
        """What a port can be connected to, without our own ones."""
        with contextlib.suppress(*self._errors):
            return [name for name in labels(port.get_ports(), self._system) if not self._is_ours(name)]
        return []

    def _is_ours(self, name: str) -> bool:
        # On Windows a loopMIDI port may have our name; there we have no ports of our own.
        return self._system != "win32" and name.startswith(NAME)

    def _wants(self, name: str) -> bool:
        if self._wanted is not None:
            return name in self._wanted
        return name != self._thru and self._api != self._midi.API_UNIX_JACK

    def _new_input(self, api: int) -> Any:
        port = self._midi.MidiIn(api, name=NAME, queue_size_limit=_QUEUED)
        port.ignore_types(sysex=False, timing=False)
        return port

    def _open_input(self, name: str) -> bool:
        with _quiet(), contextlib.suppress(*self._errors):
            port = self._new_input(self._api)
            if self._plugged(port, name):
                self._open[name] = port
                self._drained = (self._own, *self._open.values())
                return True
        return False

    def _forget(self, names: Sequence[str]) -> None:
        """Close inputs."""
        # rtmidi crashes where the audio thread asks a port that was deleted: it is, once no block can know it.
        now = time.monotonic()
        for at, port in self._closed:
            if now > at + _FORGOTTEN_SECONDS:
                port.delete()
        ports = [self._open.pop(name) for name in names]
        self._drained = (self._own, *self._open.values())
        self._closed = [one for one in self._closed if now <= one[0] + _FORGOTTEN_SECONDS]
        self._closed += [(now, port) for port in ports]
        for port in ports:
            with contextlib.suppress(*self._errors):
                port.close_port()

    def _follow_thru(self) -> bool:
        """Open, change or close the way on; False where the one wanted is there and does not open."""
        wanted = self._thru if self._thru in self.outputs() else ""
        if wanted == self._way.name or wanted in self._refused:
            return True
        self._way.use("", None)
        if not wanted:
            return True
        with _quiet(), contextlib.suppress(*self._errors):
            port = self._midi.MidiOut(self._api, name=THRU)
            if self._plugged(port, wanted):
                self._way.use(wanted, port)
        return self._way.name == wanted

    def _plugged(self, port: Any, name: str) -> bool:
        """Connect a port to the one of a name, which may have got another number or gone since it was listed."""
        with contextlib.suppress(*self._errors, ValueError):
            if name == THRU and self.virtual:
                port.open_virtual_port(THRU)
            else:
                port.open_port(labels(port.get_ports(), self._system).index(name), name=name)
            return True
        return False


def labels(names: Sequence[str], system: str) -> list[str]:
    """Names that stay when other ports come and go: without the numbers that ALSA and Windows add.

    names: as rtmidi tells them. A second port of one name becomes "name (2)".
    """
    number = {"win32": r" \d+$"}.get(system, r" \d+:\d+$")
    plain = [re.sub(number, "", name) for name in names]
    counts = [plain[:at].count(name) + 1 for at, name in enumerate(plain)]
    return [name if count == 1 else f"{name} ({count})" for name, count in zip(plain, counts, strict=True)]


def _library() -> Any:
    try:
        import rtmidi  # noqa: PLC0415 - a machine without ALSA's library lacks MIDI, not sound
    except ImportError as error:
        raise NoMidi(_NO_LIBRARY.format(error)) from error
    return rtmidi


def _apis(midi: Any, system: str) -> list[int]:
    """The ways to MIDI on a system, best first."""
    if system == "win32":
        return [midi.API_WINDOWS_MM]
    if system == "darwin":
        return [midi.API_MACOSX_CORE]
    sequencer = os.access(_SEQUENCER, os.R_OK | os.W_OK)
    return [*([midi.API_LINUX_ALSA] if sequencer else []), midi.API_UNIX_JACK]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Nothing reaches the terminal meanwhile: ALSA and libjack complain there, and cannot be asked not to."""
    try:
        kept = os.dup(2)
    except OSError:  # a program without a terminal
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
