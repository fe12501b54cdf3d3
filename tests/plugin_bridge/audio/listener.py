"""Independent JACK clients for the tests: one sends notes at known frames, one records what comes, frame by frame.

Two, because a client that did both would make a circle, in which JACK itself adds a block.
"""

from __future__ import annotations

import time

import jack
import numpy as np

jack.set_error_function(lambda _text: None)
jack.set_info_function(lambda _text: None)


class Listener:
    """Records two channels of another client, and plays it MIDI.

    Attributes:
        recorded: (2, frames) float32.
        sent: frames at which notes were sent.
    """

    def __init__(self, seconds: float, name: str = "listener") -> None:
        self.client = jack.Client(name, no_start_server=True)
        self.sender = jack.Client(f"{name}-keys", no_start_server=True)
        self.rate, self.block = self.client.samplerate, self.client.blocksize
        self._ins = [self.client.inports.register(side) for side in ("left", "right")]
        self._midi = self.sender.midi_outports.register("midi")
        self.recorded = np.zeros((2, int(seconds * self.rate)), np.float32)
        self._begin: int | None = None
        self._frame, self._wanted, self.xruns = 0, False, 0
        self._due: list[tuple[int, bytes]] = []
        self.sent: list[int] = []
        self.client.set_process_callback(self._record)
        self.sender.set_process_callback(self._send)
        self.client.set_xrun_callback(self._late)
        self.client.activate()
        self.sender.activate()

    def connect(self, client: str, left: str = "out_1", right: str = "out_2", midi: str = "midi_in") -> None:
        """Hear a client's ports, and play its MIDI input; waits until they are there."""
        until = time.monotonic() + 10
        names = [f"{client}:{port}" for port in (left, right, midi)]
        while not {port.name for port in self.client.get_ports(f"^{client}:")} >= set(names):
            assert time.monotonic() < until, f"{client} did not come"
            time.sleep(0.01)
        while not self._joined(names):
            assert time.monotonic() < until, f"{client} does not let itself be connected"
            time.sleep(0.01)

    def _joined(self, names: list[str]) -> bool:
        """Connect what is not yet; JACK refuses ports whose client is there but not active yet."""
        try:
            for name, port in zip(names, self._ins, strict=False):
                if not self.client.get_all_connections(port):
                    self.client.connect(name, port)
            if not self.sender.get_all_connections(self._midi):
                self.sender.connect(self._midi, names[2])
        except jack.JackErrorCode:
            return False
        return True

    def start(self, events: list[tuple[int, bytes]]) -> None:
        """Record from the next block on; events at frames of the recording."""
        self._wanted, self._begin = False, None
        self._due = sorted(events)
        self.recorded[:] = 0
        self.sent, self._frame = [], 0
        self._wanted = True

    def heard(self, events: list[tuple[int, bytes]], tries: int = 5) -> np.ndarray:
        """(2, frames), recorded while these events were sent; anew where the machine made JACK late meanwhile."""
        for _ in range(tries):
            before = self.xruns
            self.start(events)
            heard = self.wait()
            if self.xruns == before:
                break
            time.sleep(0.5)
        return heard

    def wait(self) -> np.ndarray:
        """(2, frames), when the recording is full."""
        until = time.monotonic() + 60 + self.recorded.shape[1] / self.rate
        while self._frame < self.recorded.shape[1]:
            assert time.monotonic() < until, "JACK stands still"
            time.sleep(0.01)
        return self.recorded

    def close(self) -> None:
        """Leave."""
        for client in (self.sender, self.client):
            client.deactivate()
            client.close()

    def _record(self, frames: int) -> None:
        now = self.client.last_frame_time
        if not self._wanted or self._frame >= self.recorded.shape[1]:
            return
        if self._begin is None:
            self._begin = now
        at = now - self._begin
        count = min(frames, self.recorded.shape[1] - at)
        for row, port in enumerate(self._ins):
            self.recorded[row, at : at + count] = port.get_array()[:count]
        self._frame = at + frames

    def _send(self, frames: int) -> None:
        self._midi.clear_buffer()
        if self._begin is None:
            return
        at = self.sender.last_frame_time - self._begin
        while self._due and self._due[0][0] < at + frames:
            when, data = self._due.pop(0)
            self._midi.write_midi_event(max(when - at, 0), data)
            self.sent.append(when)

    def _late(self, _delay: float) -> None:
        self.xruns += 1
