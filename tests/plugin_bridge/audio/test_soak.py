"""Sixty-four pitched voices while the engine works on every core: no more late than a callback that does nothing.

Two JACK servers run side by side, so that each counts its own client's late blocks. Median of five stretches,
because a machine that is not ours alone is disturbed now and then. ONETAKE_SOAK_RECORD
names a file for the figures.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import pytest

from plugin_bridge.audio.protocol import KitReady, Loaded
from presets.export import wav
from presets.schema import Kit, Zone
from presets.sound import Sound
from tests.plugin_bridge.audio.test_audio_process import RATE, process

HERE = Path(__file__).parent
VOICES = 64

__all__ = ["process"]


class Bare:
    """A callback that does nothing, in a process and on a server of its own."""

    def __init__(self, server):
        environment = {**os.environ, "JACK_DEFAULT_SERVER": server.name}
        command = [sys.executable, str(HERE / "bare_callback.py")]
        self.child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True
        )

    def counts(self):
        self.child.stdin.write("?\n")
        self.child.stdin.flush()
        return tuple(map(int, self.child.stdout.readline().split()))

    def close(self):
        self.child.stdin.close()
        self.child.wait(10)
        self.child.stdout.close()


def soak(jack_server, process, tmp_path, block, stretch, stretches=5):
    """Late blocks in ten thousand, of ours and of the bare callback, stretch by stretch; and our load's p99."""
    bare = Bare(jack_server(block, realtime=True))
    jack_server(block, realtime=True)
    player = process()
    path = tmp_path / "loop.wav"
    wav.write(
        path,
        Sound(np.random.default_rng(0).uniform(-0.01, 0.01, (2, 2 * RATE)).astype(np.float32), RATE),
        depth="32f",
    )
    player.client.load("loop", path)
    player.wait(Loaded)
    zone = Zone(take="loop", low=20, high=20 + VOICES - 1, root=50, tracking=True, mode="loop", loop=(0.1, 1.9))
    player.client.use_kit(Kit(name="soak", zones=(zone,)))
    player.wait(KitReady)
    for note in range(20, 20 + VOICES):
        player.client.midi(bytes((0x90, note, 100)))
    player.until(lambda state: state.voices == VOICES)
    engines = [subprocess.Popen([sys.executable, str(HERE / "busy_engine.py")], cwd=HERE.parents[2])]
    time.sleep(4)  # it loads torch; that is not what is measured
    try:
        ours, theirs, loads = [], [], []
        for _ in range(stretches):
            before, bare_before = player.state, bare.counts()
            until = time.monotonic() + stretch
            while time.monotonic() < until:
                time.sleep(0.2)
                loads.append(player.state.load[1])
            after, bare_after = player.state, bare.counts()
            ours.append(1e4 * (after.underruns - before.underruns) / (after.beat - before.beat))
            theirs.append(1e4 * (bare_after[1] - bare_before[1]) / (bare_after[0] - bare_before[0]))
        assert player.state.voices == VOICES
        assert player.state.faults == 0
        assert player.client.restarts == 0
    finally:
        for engine in engines:
            engine.kill()
            engine.wait()
        bare.close()
    told = f"{block} frames: late in 10,000: ours {ours}, bare {theirs}; load p99 {median(loads):.2f} of a block\n"
    with Path(os.environ.get("ONETAKE_SOAK_RECORD", os.devnull)).open("a") as record:
        record.write(told)
    return ours, theirs


def test_a_short_soak(jack_server, process, tmp_path):
    ours, theirs = soak(jack_server, process, tmp_path, 256, 2.0, 3)
    assert median(ours) <= median(theirs) + 50  # seconds only tell what is broken; the long form tells the rest


@pytest.mark.long
@pytest.mark.parametrize(("block", "stretch", "most"), [(128, 120.0, 1.0), (256, 30.0, 0.0)])
def test_a_long_soak(jack_server, process, tmp_path, block, stretch, most):
    """Ten minutes at 128 frames: at most one block in 10,000 later than the bare callback's; at 256 none."""
    ours, theirs = soak(jack_server, process, tmp_path, block, stretch)
    assert median(ours) <= (median(theirs) + most if most else 0.0)
