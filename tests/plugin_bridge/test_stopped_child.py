"""A child that hangs holds nobody: a window floods it and goes on, and nothing that was asked for is lost.

The children are the real processes, stopped by the system as a hung driver or plug-in stops them.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from plugin_bridge.audio import client as audio
from plugin_bridge.audio import protocol as audio_protocol
from plugin_bridge.rack import client as rack
from plugin_bridge.rack import protocol as rack_protocol
from plugin_bridge.rack.effects import new_slot
from presets.export import wav
from presets.schema import Chain
from presets.sound import Sound

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a stopped process is known by /proc")

PATIENCE = 60.0
MANY = 4000
"""Messages of about 60 bytes: several times what a pipe holds."""


class Ears:
    """A client's events, to be waited for."""

    def __init__(self):
        self.events = queue.SimpleQueue()

    def wait(self, kind, **fields):
        end = time.monotonic() + PATIENCE
        while True:
            news = self.events.get(timeout=max(0.01, end - time.monotonic()))
            if isinstance(news, kind) and all(getattr(news, name) == value for name, value in fields.items()):
                return news


def stopped(pid):
    """Whether a process stands still."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def stop(pid):
    os.kill(pid, signal.SIGSTOP)
    end = time.monotonic() + PATIENCE
    while not stopped(pid):
        assert time.monotonic() < end
        time.sleep(0.001)


def longest(calls):
    """Seconds of the call that took longest."""
    most = 0.0
    for call in calls:
        began = time.monotonic()
        call()
        most = max(most, time.monotonic() - began)
    return most


def threads(name):
    return [one for one in threading.enumerate() if one.name.startswith(f"{name}-")]


@pytest.fixture
def racks(tmp_path):
    """A rack process with one chain; its threads end with it."""
    ears = Ears()
    client = rack.RackClient(ears.events.put, tmp_path / "state", log=tmp_path / "rack.log")
    client.set_chain("a", Chain(slots=(new_slot("gain"),)))
    ears.wait(rack_protocol.ChainReady, rack="a")
    yield client, ears
    client.close()
    assert not threads("rack")


def test_a_stopped_rack_holds_nobody_and_then_hears_all_of_it_in_order(racks, tmp_path):
    client, ears = racks
    before = client.pid
    stop(before)
    tickets = []

    def ask(number):
        tickets.append(client.render("a", f"key {number}", tmp_path / f"none {number}.wav"))

    most = longest(lambda n=number: ask(n) for number in range(MANY))
    assert stopped(before)
    assert client.pid == before  # nobody had to end it first
    assert most < rack.SILENT_SECONDS / 5
    os.kill(before, signal.SIGCONT)
    answered = [ears.wait(rack_protocol.Failed).about for _ in tickets]
    assert answered == tickets
    assert (client.pid, client.restarts) == (before, 0)


def test_a_rack_that_never_reads_again_is_started_anew_with_its_chains(racks):
    """More than may wait: it is ended at once, long before its silence is noticed."""
    client, ears = racks
    before = client.pid
    stop(before)
    began = time.monotonic()
    assert longest(lambda: client.cancel("x" * 1_000_000) for _ in range(70)) < rack.SILENT_SECONDS / 5
    ears.wait(rack_protocol.Welcome)
    ears.wait(rack_protocol.ChainReady, rack="a")
    assert client.pid != before
    assert client.restarts == 1
    assert time.monotonic() - began < PATIENCE


def test_a_stopped_audio_process_holds_nobody_and_its_successor_knows_everything(tmp_path):
    wav.write(tmp_path / "a.wav", Sound(np.full((2, 4800), 0.1, np.float32), 48_000), depth="32f")
    ears = Ears()
    client = audio.AudioClient(ears.events.put, tmp_path / "audio.log")
    try:
        client.open(audio_protocol.Output(driver="none"))
        ears.wait(audio_protocol.Opened)
        before = client.pid
        stop(before)
        most = longest(
            [*[lambda: client.midi(bytes((0x90, 40, 100)))] * MANY, lambda: client.load("a", tmp_path / "a.wav")]
        )
        assert most < audio.SILENT_SECONDS / 2
        ears.wait(audio_protocol.Welcome)
        assert ears.wait(audio_protocol.Opened).driver == "none"
        ears.wait(audio_protocol.Loaded, sound="a")
        assert client.pid != before
        assert client.restarts == 1
        client.audition("a")
        while ears.wait(audio_protocol.State).peaks[-1] < -40:
            pass
    finally:
        client.close()
    assert not threads("audio")
