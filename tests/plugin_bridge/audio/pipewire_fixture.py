"""A PipeWire of a test's own with its session manager and PulseAudio door, and processes that play into it.

A module that wants them says `pytest_plugins = ["tests.plugin_bridge.audio.pipewire_fixture"]`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.plugin_bridge.audio.playing import Playing

INSTALL = (
    "apt-get install -y --no-install-recommends dbus pipewire wireplumber pipewire-pulse pipewire-alsa "
    "pipewire-jack pulseaudio-utils libportaudio2 libasound2-plugins"
)
PATIENCE = 20.0  # seconds
LONGEST = 120  # seconds; then a server ends by itself, even if the tests are gone
_PROGRAMS = ("dbus-daemon", "pipewire", "wireplumber", "pipewire-pulse", "pactl", "parec", "pw-link", "timeout")
_FOREIGN = ("PULSE_SERVER", "PULSE_SINK", "PULSE_RUNTIME_PATH", "PIPEWIRE_REMOTE", "PIPEWIRE_NODE", "DISPLAY")


class PipeWire:
    """A running server. environment: what makes a program its client. folder: its sockets, state and logs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "XDG_STATE_HOME": str(folder / "state")}
        own |= {"XDG_CONFIG_HOME": str(folder / "config"), "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus"}
        self.environment = {k: v for k, v in os.environ.items() if k not in _FOREIGN} | own
        self._servers: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start it; returns when clients may come and there is an output."""
        (self.folder / "pulse").mkdir(mode=0o700)  # else its server and its first client race to make it
        bus = self._serve(
            "dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address=unix:path={self.folder}/bus"
        )
        self._until((self.folder / "bus").exists, bus)
        server = self._serve("pipewire")
        self._until((self.folder / "pipewire-0").exists, server)
        self._serve("wireplumber")
        door = self._serve("pipewire-pulse")
        self._until(lambda: "Default Sink: @" not in self.pactl("info", check=False) and bool(self.sinks()), door)

    def stop(self) -> None:
        """End it."""
        for server in reversed(self._servers):
            server.terminate()
        for server in reversed(self._servers):
            try:
                server.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        self._servers = []

    def pactl(self, *words: str, check: bool = True) -> str:
        """What pactl answers."""
        done = subprocess.run(
            ["pactl", *words], env=self.environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout

    def sinks(self) -> list[str]:
        """Names of the outputs."""
        return [row.split("\t")[1] for row in self.pactl("list", "short", "sinks", check=False).splitlines()]

    def sources(self) -> list[str]:
        """Names of the inputs."""
        return [row.split("\t")[1] for row in self.pactl("list", "short", "sources", check=False).splitlines()]

    def null_sink(self, name: str, media_class: str = "Audio/Sink", rate: int = 48_000) -> str:
        """Make an output, or an input, that leads nowhere; returns the index of its module."""
        shape = ["channel_map=stereo", f"rate={rate}", f"sink_properties=device.description={name}"]
        words = ["load-module", "module-null-sink", f"media.class={media_class}", f"sink_name={name}", *shape]
        index = self.pactl(*words).strip()
        listed = self.sources if "Source" in media_class else self.sinks
        self._until(lambda: name in listed(), None)
        return index

    def _serve(self, *command: str) -> subprocess.Popen[bytes]:
        limited = ["timeout", "-k", "5", str(LONGEST), *command]
        with (self.folder / f"{command[0]}.log").open("wb") as log:
            server = subprocess.Popen(
                limited, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder
            )
        self._servers.append(server)
        return server

    def _until(self, ready: Callable[[], bool], server: subprocess.Popen[bytes] | None) -> None:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            ended = server is not None and server.poll() is not None
            if ended or time.monotonic() > deadline:
                logs = "\n".join(f"{log.name}: {log.read_text()}" for log in self.folder.glob("*.log"))
                pytest.fail(f"PipeWire did not start:\n{logs}")
            time.sleep(0.02)


@pytest.fixture
def pipewire() -> Iterator[Callable[[], PipeWire]]:
    """Starts PipeWires, which end with the test."""
    missing = [program for program in _PROGRAMS if not shutil.which(program)]
    if missing:
        pytest.fail(f"These tests need {', '.join(missing)}. Install them: {INSTALL}")
    with contextlib.ExitStack() as running:

        def start() -> PipeWire:
            # A socket's path has room for 107 letters, so not below pytest's own folders.
            folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="onetake-pw-")))
            server = PipeWire(folder)
            running.callback(server.stop)
            server.start()
            return server

        yield start


@pytest.fixture
def play() -> Iterator[Callable[..., Playing]]:
    """Starts ring players."""
    with contextlib.ExitStack() as playing:

        def start(environment: dict[str, str] | None = None, **options: object) -> Playing:
            one = Playing(environment, **options)
            playing.callback(one.end)
            return one

        yield start
