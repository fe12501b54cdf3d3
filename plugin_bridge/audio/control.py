"""MIDI on the control thread: which ports are heard, what is waited for, what is shown.

Under JACK the driver owns the port and the server connects it; elsewhere rtmidi's ports are opened, and drained by
the driver at the begin of each block.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from plugin_bridge.audio.driver import Event
from plugin_bridge.audio.errors import NoMidi
from plugin_bridge.audio.jack import JackDriver
from plugin_bridge.audio.learn import Learner
from plugin_bridge.audio.outputs import Route
from plugin_bridge.audio.ports import THRU, Ports
from plugin_bridge.audio.protocol import Event as News
from plugin_bridge.audio.protocol import Failed, Learn, MidiPorts, MidiSeen
from plugin_bridge.audio.seen import Seen

ACTIVE_SECONDS = 1.0
_LOOK_SECONDS = 1.0  # how often ports that came and went are looked for
_MOST_A_BLOCK = 256


class MidiDesk:
    """Everything about MIDI that the audio thread leaves to others."""

    def __init__(self, tell: Callable[[News], None]) -> None:
        """Nothing is heard yet. tell: takes events for the client."""
        self._tell = tell
        self._wanted = MidiPorts()
        self._learner, self._seen = Learner(), Seen()
        self._ports: Ports | None = None
        self._jack: JackDriver | None = None
        self._last = -ACTIVE_SECONDS
        self._look_at = 0.0

    @property
    def active(self) -> bool:
        """Whether something came in just now."""
        return time.perf_counter() - self._last < ACTIVE_SECONDS

    def drain(self) -> list[Event]:
        """What rtmidi brought since the last block; for the audio thread."""
        ports = self._ports
        return [(0, data) for _, data in ports.drain(_MOST_A_BLOCK)] if ports is not None else []

    def prepare(self, route: Route) -> None:
        """Have the ports that go with a route, before it starts.

        rtmidi holds the interpreter's lock while it enters or leaves a JACK server, which waits for our callback
        meanwhile: beside a route that plays, that was 2 to 4 seconds without sound.
        """
        self._jack = route.driver if isinstance(route.driver, JackDriver) else None
        if self._jack is None and self._ports is None:
            self._ports = self._opened()
        if self._jack is not None:
            self.close()

    def serve(self) -> tuple[str, ...]:
        """Listen to what is wanted, by the way that the route has; returns what is heard."""
        return self._apply()

    def choose(self, wanted: MidiPorts) -> None:
        """Listen to other ports, pass on elsewhere, show or hide what comes in."""
        self._wanted = wanted
        self._apply()
        there = self.names()[1]
        if wanted.thru and wanted.thru not in there:
            sentence = f"There is no MIDI output {wanted.thru!r} now; what comes in is passed on once it is there."
            self._tell(Failed(about=wanted.thru, sentence=f"{sentence} There is {_listed(there)}."))

    def learn(self, order: Learn) -> None:
        """Wait for a key or knob."""
        self._say(self._learner.begin(order, time.perf_counter()))

    def tick(self, came: deque[tuple[float, bytes]]) -> None:
        """Look through what came in, and for ports that came and went. came: the mixer's."""
        while came:
            self._last, data = came.popleft()
            self._seen.add(self._last, data)
            self._say(self._learner.feed(data))
        self._say(self._learner.tick(time.perf_counter()))
        events = self._seen.take()
        if events and self._wanted.watch:
            self._tell(MidiSeen(events=events))
        if time.perf_counter() > self._look_at:
            self._look_at = time.perf_counter() + _LOOK_SECONDS
            self._look()

    def names(self) -> tuple[tuple[str, ...], tuple[str, ...], str]:
        """Ports to listen to, ports to play on to, and how to get one where there is none."""
        if self._jack is not None:
            return self._jack.sources(), (THRU, *self._jack.sinks()), ""
        if self._ports is None:
            return (), (), ""
        return self._ports.inputs(), self._ports.outputs(), self._ports.advice

    def close(self) -> None:
        """Let every port of rtmidi's go."""
        if self._ports is not None:
            self._ports.close()
            self._ports = None

    def _opened(self) -> Ports | None:
        try:
            return Ports()
        except NoMidi as error:
            self._tell(Failed(about="midi", sentence=str(error)))
            return None

    def _apply(self) -> tuple[str, ...]:
        if self._jack is not None:
            self._jack.pass_on_to(self._wanted.thru)
            return self._jack.listen_to(self._wanted.inputs)
        if self._ports is None:
            return ()
        for name, sentence in self._ports.choose(self._wanted.inputs, self._wanted.thru).failed:
            self._tell(Failed(about=name, sentence=sentence))
        return self._ports.listening

    def _look(self) -> None:
        if self._jack is not None:
            self._apply()
        elif self._ports is not None:
            for name, sentence in self._ports.poll().failed:
                self._tell(Failed(about=name, sentence=sentence))

    def _say(self, news: News | None) -> None:
        if news is not None:
            self._tell(news)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(repr(name) for name in names) if names else "none"
