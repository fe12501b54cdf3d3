"""The audio process as a command uses it: ask, wait for the answer, tell what a person should know."""

from __future__ import annotations

import queue
import time
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from plugin_bridge.audio.client import AudioClient
from plugin_bridge.audio.errors import AudioError, NoAudio, NoDevice, NotLoaded
from plugin_bridge.audio.protocol import (
    Devices,
    Event,
    Failed,
    KitReady,
    Loaded,
    Lost,
    Measured,
    MidiSeen,
    Monitor,
    Opened,
    Output,
    State,
)
from plugin_bridge.audio.seen import line as midi_line
from presets.notes import MiddleC
from presets.schema import Kit
from ui import report

PATIENCE_SECONDS = 20.0
_T = TypeVar("_T", bound=Event)


class Speaker:
    """An audio process for as long as a command runs."""

    def __init__(self, middle: MiddleC = 3) -> None:
        """Start it. middle: the octave of note 60, for what is told of MIDI.

        Raises:
            NoAudio: it cannot be started.
        """
        self._news: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._middle = middle
        self.state = State(open=False, beat=0)
        self.client = AudioClient(self._hear)

    def __enter__(self) -> Speaker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    def open(self, output: Output, monitor: Monitor) -> Opened:
        """Open an output; a remark about it is told.

        Raises:
            NoDevice: nothing can be heard at all.
        """
        self.client.monitor(monitor)
        self.client.open(output)
        opened = self._wait(Opened, "Open", NoDevice)
        if opened.remark:
            report.warn(opened.remark)
        return opened

    def load(self, name: str, path: Path) -> Loaded:
        """Make a WAV ready to play.

        Raises:
            NotLoaded: it cannot be.
        """
        self.client.load(name, path)
        return self._wait(Loaded, name, NotLoaded)

    def use(self, kit: Kit) -> KitReady:
        """Play a kit.

        Raises:
            NotLoaded: a loop lies outside of its sound.
        """
        self.client.use_kit(kit)
        self.client.select(kit.program)
        return self._wait(KitReady, "UseKit", NotLoaded)

    def devices(self) -> Devices:
        """What there is.

        Raises:
            NoDevice: the devices do not answer.
        """
        self.client.devices()
        return self._wait(Devices, "devices", NoDevice)

    def measured(self, source: str) -> Measured:
        """How late a recording is. source: the input that records, "" JACK's own.

        Raises:
            NoDevice: it cannot be measured here.
        """
        self.client.measure("measure", source)
        return self._wait(Measured, "measure", NoDevice)

    def sleep(self, seconds: float) -> None:
        """Let it play, and tell what happens meanwhile."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                self._tell(self._news.get(timeout=left))
            except queue.Empty:
                return

    def _hear(self, news: Event) -> None:
        if isinstance(news, State):
            self.state = news
        else:
            self._news.put(news)

    def _wait(self, kind: type[_T], about: str, error: type[AudioError]) -> _T:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                news = self._news.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise NoAudio(
                    "The audio process does not answer. Try again; onetake devices tells more."
                ) from None
            if isinstance(news, kind):
                return news
            if isinstance(news, Failed) and news.about in (about, "audio"):
                raise error(news.sentence)
            self._tell(news)

    def _tell(self, news: Event) -> None:
        if isinstance(news, Lost | Failed):
            report.warn(news.sentence)
        elif isinstance(news, MidiSeen):
            for _, data in news.events:
                report.line(midi_line(data, self._middle))
        elif isinstance(news, Opened) and news.remark:
            report.warn(news.remark)
