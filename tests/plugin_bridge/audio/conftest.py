"""JACK servers of a test's own: the real thing with a dummy driver, beside whatever else runs on the machine."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

INSTALL = "apt-get install -y --no-install-recommends jackd2"
PATIENCE = 10  # seconds
_NAMES = tuple(f"onetake-test-{n}" for n in range(6))


@dataclass
class JackServer:
    """A running jackd with two dummy inputs and outputs. name: what JACK_DEFAULT_SERVER says meanwhile.

    period: frames; rate: Hz. sync: wait for every client in every cycle, so that a busy machine loses no event;
    else a client that is late is left behind, as with a real device.
    """

    name: str
    period: int
    rate: int
    realtime: bool
    sync: bool
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it, or start it again after `kill`; returns when clients may come."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._ended_within(0.02) or time.monotonic() > deadline:
                self.stop()
                pytest.fail(f"jackd did not start:\n{self.log.read_text(errors='replace')}")

    def kill(self) -> None:
        """End it without a word, as a crash does."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it in order."""
        self.process.terminate()
        if not self._ended_within(PATIENCE):
            self.kill()

    def clean_up(self) -> None:
        """End it, and take away what a killed one left: a server of the same name takes that over and ends."""
        if self.process.poll() is None:
            self.stop()
        if self.process.returncode == -signal.SIGKILL:
            self.start()
            self.stop()

    def _command(self) -> list[str]:
        # Without -t 2000 a client that is slow once is thrown off.
        priority = ["-R", "-P", "70"] if self.realtime else ["-r"]
        driver = ["-d", "dummy", "-r", str(self.rate), "-p", str(self.period)]
        waiting = ["-S"] if self.sync else []
        return ["jackd", "-n", self.name, *priority, *waiting, "-t", "2000", *driver]

    def _answers(self) -> bool:
        asked = subprocess.run(["jack_lsp", "-s", self.name], capture_output=True, check=False)
        return asked.returncode == 0

    def _ended_within(self, seconds: float) -> bool:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.poll() is not None


Factory = Callable[..., JackServer]


@pytest.fixture
def jack_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Factory]:
    """Starts JACK servers (period in frames, realtime, rate in Hz, sync), and ends them after the test.

    The environment names the newest one, for this process and for those that it starts.
    """
    if not shutil.which("jackd"):
        pytest.fail(f"These tests need a JACK server. Install it: {INSTALL}")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("JACK_NO_AUDIO_RESERVATION", "1")
    with contextlib.ExitStack() as running:

        def start(period: int = 128, realtime: bool = False, rate: int = 48000, sync: bool = False) -> JackServer:
            name = running.enter_context(_own_name())
            monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
            server = JackServer(name, period, rate, realtime, sync, tmp_path / f"{name}.log")
            server.start()
            running.callback(server.clean_up)
            return server

        yield start


@contextlib.contextmanager
def _own_name() -> Iterator[str]:
    """A server name that no other test run uses now.

    JACK's registry holds eight names, and a killed server's stays until another of the same name comes: so
    there are a few names, lent under a lock that the system lets go when the run that holds it dies.
    """
    import fcntl

    for name in _NAMES:
        with (Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}.lock").open("wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield name
            return
    pytest.fail(f"{len(_NAMES)} JACK servers are in use by tests. Let the other test runs end first.")
