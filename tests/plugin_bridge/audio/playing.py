"""A ring player in a process of its own (ring_player.py), and whether what others heard of it is bit for bit."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.plugin_bridge.audio.ring_player import FRAMES

PATIENCE = 20.0
IN_ORDER = 2048  # frames without a break, at least once
PLAYER = Path(__file__).with_name("ring_player.py")


class Playing:
    """A ring player in a process of its own. about: what it said when it began."""

    def __init__(self, environment: dict[str, str] | None, **options: object) -> None:
        command = ["timeout", "-k", "2", "60", sys.executable, "-P", str(PLAYER), json.dumps(options)]
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # PortAudio's own remarks
            text=True,
        )
        self.about = self._hear()
        if "error" in self.about:
            self.process.wait(PATIENCE)  # jackd hangs when a client is killed while it leaves

    def ask(self, word: str = "state") -> dict[str, Any]:
        self._say(word)
        return self._hear()

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state that is wanted."""
        deadline = time.monotonic() + PATIENCE
        while not wanted(state := self.ask()):
            assert time.monotonic() < deadline, state
            time.sleep(0.02)
        return state

    def stop(self) -> dict[str, Any]:
        """End it in order."""
        assert self.process.stdin
        self.process.stdin.close()
        said = self._hear()
        assert self.process.wait(PATIENCE) == 0
        return said

    def die(self) -> None:
        self._say("die")
        self.process.wait(PATIENCE)

    def end(self) -> None:
        """End it, however it is."""
        self.process.terminate()  # timeout's, which ends its child too
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            with contextlib.suppress(OSError):
                pipe.close()

    def _say(self, word: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self.process.stdout
        return json.loads(self.process.stdout.readline())


def recorded(source: str, frames: int, environment: dict[str, str], channels: int = 2) -> np.ndarray:
    """(frames or more, channels) of what an independent program hears at an input, `frames` of them no silence."""
    command = ["timeout", "-k", "2", "30", "parec", "--raw", "--format=float32le", "--latency-msec=20"]
    command += ["--rate=48000", f"--channels={channels}", "-d", source]
    if channels > 2:
        command += ["--no-remix", "--channel-map=" + ",".join(f"aux{n}" for n in range(channels))]
    parts, sounding = [], 0
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as recorder:
        assert recorder.stdout
        while sounding < frames and (data := recorder.stdout.read(4096 * channels)):
            parts.append(np.frombuffer(data[: len(data) // (4 * channels) * 4 * channels], np.float32))
            parts[-1] = parts[-1].reshape(-1, channels)
            sounding += int(parts[-1].any(axis=1).sum())
        recorder.send_signal(signal.SIGINT)
    assert sounding >= frames, f"{sounding} frames were heard at {source}"
    return np.concatenate(parts)


def assert_bit_exact(heard: np.ndarray, expected: np.ndarray) -> None:
    """Every frame of (frames, 2) that is not silence is one of the (FRAMES,) ring, and they come in its order.

    A machine that is too busy may lose blocks; what it does not lose is still what was played.
    """
    frames = np.ascontiguousarray(heard).view(np.complex64)[:, 0]
    frames = frames[frames != 0]
    assert len(frames) >= 2 * IN_ORDER
    order = np.argsort(expected, kind="stable")
    place = order[np.clip(np.searchsorted(expected[order], frames), 0, FRAMES - 1)]
    np.testing.assert_array_equal(expected[place], frames)
    breaks = np.flatnonzero((place[1:] - place[:-1]) % FRAMES != 1)
    assert np.diff(breaks, prepend=-1, append=len(frames) - 1).max() >= IN_ORDER
