"""Talks to the audio process from another one: starts it, watches it, and brings it back within a second.

Standard library and msgspec only, so that a window which imports this stays light. What was opened, loaded and
chosen is kept here and said again to a new process, so a dead one costs a moment of silence and nothing else. The
process is ended when it says nothing, when its callback stands still (a dead JACK server calls nobody and hangs
whoever closes it), or when one order takes too long.

Events arrive on a thread of the client's own (`on_event`); hop to yours if you have a screen.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from plugin_bridge.audio.errors import NoAudio
from plugin_bridge.audio.protocol import (
    PROTOCOL,
    Audition,
    Event,
    Failed,
    Learn,
    Learned,
    ListDevices,
    Load,
    Measure,
    Measured,
    MidiPorts,
    Monitor,
    Open,
    Opened,
    Output,
    Play,
    Request,
    ResetLoudness,
    Select,
    SetMonitor,
    State,
    Status,
    Stop,
    TestTone,
    Unload,
    UseKit,
    Welcome,
    event,
)
from plugin_bridge.supervised import Patience, Supervised
from presets.errors import OnetakeError
from presets.messages import Message
from presets.schema import Kit

HEARTBEAT_SECONDS = 0.1
SILENT_SECONDS = 1.0
STILL_SECONDS = 0.6
BUSY_SECONDS = 15.0  # opening a device may take that long
START_SECONDS = 15.0
_PATIENCE = Patience(
    heartbeat=HEARTBEAT_SECONDS,
    silent=SILENT_SECONDS,
    start=START_SECONDS,
    leave=3.0,  # a virtual device has to be taken away
    crashes=(5, 20.0),
)


class AudioClient(Supervised):
    """The audio process of one window or command."""

    def __init__(self, on_event: Callable[[Event], None], log: Path | None = None) -> None:
        """Start the process; it has no output until `open`.

        Args:
            on_event: called with every event, on the client's own thread.
            log: a file that takes what the process and its libraries print; None throws it away.

        Raises:
            NoAudio: it cannot be started.
        """
        super().__init__("plugin_bridge.audio", event, _PATIENCE, log)
        self._on_event = on_event
        self._output: Output | None = None
        self._monitor = Monitor()
        self._ports = MidiPorts()
        self._sounds: dict[str, str] = {}
        self._kits: dict[int, Kit] = {}
        self._program: int | None = None
        self._waiting: set[str] = set()
        self._begin("audio")

    # ── what can be asked ─────────────────────────────────────────────────────────────────────────────────────

    def open(self, output: Output) -> None:
        """Open an output; answered by Opened, also each time it is opened again."""
        with self._lock:
            self._output = output
            self._send(Open(output=output))

    def load(self, sound: str, path: Path) -> None:
        """Make a WAV ready to play under a name; answered by Loaded or Failed."""
        with self._lock:
            self._sounds[sound] = str(path.resolve())
            self._send(Load(sound=sound, path=self._sounds[sound]))

    def unload(self, sound: str) -> None:
        """Forget a sound once nothing plays it."""
        with self._lock:
            self._sounds.pop(sound, None)
            self._send(Unload(sound=sound))

    def use_kit(self, kit: Kit) -> None:
        """Know a kit by its program; its takes are names of loaded sounds. Answered by KitReady."""
        with self._lock:
            self._kits[kit.program] = kit
            self._send(UseKit(kit=kit))

    def select(self, program: int) -> None:
        """Play the kit of that program."""
        with self._lock:
            self._program = program
            self._send(Select(program=program))

    def audition(self, sound: str, gain_db: float = 0.0) -> None:
        """Play a loaded sound at once through the monitor path."""
        self._send(Audition(sound=sound, gain_db=gain_db))

    def stop(self) -> None:
        """End the audition."""
        self._send(Stop(what="auditions"))

    def panic(self) -> None:
        """Silence, now, with every pedal and wheel forgotten."""
        self._send(Stop(what="panic"))

    def monitor(self, settings: Monitor) -> None:
        """Change what the ears get."""
        with self._lock:
            self._monitor = settings
            self._send(SetMonitor(monitor=settings))

    def midi(self, data: bytes) -> None:
        """Play a MIDI message as if it had come in: the keys on the screen."""
        self._send(Play(data=data))

    def midi_ports(self, inputs: tuple[str, ...] | None = None, thru: str = "", watch: bool = False) -> None:
        """Choose what is listened to; see protocol.MidiPorts."""
        with self._lock:
            self._ports = MidiPorts(inputs=inputs, thru=thru, watch=watch)
            self._send(self._ports)

    def learn(self, ticket: str, seconds: float = 10.0) -> None:
        """Wait for a note or controller: answered by Learned, or by Failed after the time."""
        self._ask(Learn(ticket=ticket, seconds=seconds), ticket)

    def measure(self, ticket: str, source: str = "") -> None:
        """Measure how late a recording is: answered by Measured or Failed. source: see protocol.Measure."""
        self._ask(Measure(ticket=ticket, source=source), ticket)

    def test_tone(self, seconds: float = 2.0) -> None:
        """Left, then right."""
        self._send(TestTone(seconds=seconds))

    def reset_loudness(self) -> None:
        """Measure the integrated loudness of what plays from now on; told in State."""
        self._send(ResetLoudness())

    def devices(self) -> None:
        """Ask for Devices."""
        self._send(ListDevices())

    # ── the process ───────────────────────────────────────────────────────────────────────────────────────────

    def _refused(self, reason: OSError) -> OnetakeError:
        return NoAudio(f"The audio process cannot be started: {reason}.")

    def _question(self) -> Message:
        return Status()

    def _begun(self) -> None:
        self._moved = self._told = self._heard
        self._beat, self._open, self._busy = -1, False, 0.0

    def _ask(self, message: Request, ticket: str) -> None:
        with self._lock:
            self._waiting.add(ticket)
            self._send(message)

    def _hear(self, news: Event) -> None:
        self._note(news)
        self._on_event(news)

    def _note(self, news: Event) -> None:
        now = time.monotonic()
        if isinstance(news, Welcome):
            self._moved = now
            self._welcomed(news.protocol == PROTOCOL)
        elif isinstance(news, Opened):
            self._moved = now
        elif isinstance(news, State):
            self._told = now
            if news.beat != self._beat or not news.open:
                self._moved = max(self._moved, now)
            self._beat, self._open, self._busy = news.beat, news.open, news.busy
            if news.open and not news.busy:
                self._program = news.program  # a MIDI program change chooses kits too
        elif isinstance(news, Learned | Measured):
            self._waiting.discard(news.ticket)
        elif isinstance(news, Failed):
            self._waiting.discard(news.about)

    def _is_unwell(self, now: float) -> bool:
        """Its callback stands still, as it told itself, or one order takes too long."""
        return (self._open and self._told - self._moved > STILL_SECONDS) or self._busy > BUSY_SECONDS

    def _restarted(self) -> None:
        self._fail_waiting("The audio process was started again. Try once more.")

    def _given_up(self) -> None:
        sentence = "The audio process stopped again and again. Choose another device, then try again."
        self._fail_waiting(sentence)
        self._on_event(Failed(about="audio", sentence=sentence))

    def _say_everything(self) -> None:
        """The order lets sound come back first: monitor, device, what is played."""
        self._send(SetMonitor(monitor=self._monitor))
        if self._output is not None:
            self._send(Open(output=self._output))
        self._send(self._ports)
        for sound, path in self._sounds.items():
            self._send(Load(sound=sound, path=path))
        for kit in self._kits.values():
            self._send(UseKit(kit=kit))
        if self._program in self._kits:
            self._send(Select(program=self._program))

    def _fail_waiting(self, sentence: str) -> None:
        failed, self._waiting = self._waiting, set()
        for ticket in failed:
            self._on_event(Failed(about=ticket, sentence=sentence))
