"""Under JACK a block without news waits for no thread of ours, and one with news is Python's as ever."""

from __future__ import annotations

import contextlib
import ctypes
import re
import subprocess
import time
from dataclasses import replace

import numpy as np
import pytest

from plugin_bridge.audio.jack import JackDriver
from plugin_bridge.audio.mixer import Mixer
from plugin_bridge.audio.voices import Start
from tests.plugin_bridge.audio.listener import Listener

POOL = np.full(9000, 0.25 + 0.125j, np.complex64)
LOOP = Start(first=8, length=8000, loop=7000)


@pytest.fixture
def playing(jack_server):
    """Makes a mixer play in this very process; the client is left after the test."""
    drivers = []

    def play(sync=False, **changes):
        jack_server(256, realtime=True, sync=sync)
        driver = JackDriver()
        drivers.append(driver)
        mixer = Mixer(driver.rate, POOL)
        for name, value in changes.items():
            setattr(mixer, name, value)
        driver.start(mixer)
        mixer.say(mixer.voices.start, LOOP, 0)
        settled(mixer)
        return driver, mixer

    yield play
    for driver in drivers:
        driver.stop()


def settled(mixer):
    until = time.monotonic() + 20
    while not mixer.heard_all():
        assert time.monotonic() < until
        time.sleep(0.005)


def blocks_without_the_interpreter(mixer):
    """How many blocks were made while this thread held the interpreter's lock for 0.4 s."""
    before = mixer.meters.beat
    ctypes.PyDLL(None).usleep(400_000)  # a PyDLL keeps the lock
    return mixer.meters.beat - before


def test_blocks_are_made_while_the_interpreter_is_held(playing):
    _, mixer = playing()
    assert blocks_without_the_interpreter(mixer) > 20  # 75 where the machine is ours
    assert mixer.meters.faults == 0


def test_the_test_before_can_fail(playing):
    _, mixer = playing(plain=None)
    assert blocks_without_the_interpreter(mixer) <= 2


def test_news_is_heard_in_the_middle_of_it(playing):
    driver, mixer = playing()
    for _ in range(20):
        mixer.say(mixer.player.stop, "notes")
        settled(mixer)
        mixer.say(mixer.voices.start, LOOP, 0)
        settled(mixer)
    assert mixer.voices.playing() == 1
    assert mixer.meters.faults == 0
    assert driver.alive()


def test_ports_added_while_it_plays_are_written_to(playing):
    driver, mixer = playing()
    driver.use_pairs(3)
    mixer.use_pairs(3)
    mixer.say(mixer.voices.start, replace(LOOP, bus=2), 0)
    settled(mixer)
    with contextlib.closing(Listener(0.1)) as ears:
        ears.connect(driver.name, "out_5", "out_6")
        heard = ears.heard([])
    assert (heard[0] == 0.25).all()
    assert (heard[1] == 0.125).all()


@pytest.mark.parametrize("sync", [False, True])
def test_the_latency_is_the_servers(playing, sync):
    driver, _ = playing(sync=sync)
    told = subprocess.run(["jack_lsp", "-l", "system:playback_1"], capture_output=True, text=True, check=True)
    (frames,) = re.findall(r"playback latency = \[ (\d+) ", told.stdout)
    assert driver.latency == int(frames) > 0
