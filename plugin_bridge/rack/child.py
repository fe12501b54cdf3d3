"""A child process that may hang, crash or print at any time, and its parent's hold on it.

It has a process group of its own, so that whatever it starts ends with it, and a folder of its own for what is too
long for a message. What it prints is kept as a short tail and never shown. It ends when its parent does: its input
ends then, and a kernel timer that needs no interpreter covers the time in which it may hang (host.py).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from plugin_bridge.pipes import Pipe, PipeClosed
from plugin_bridge.rack.errors import PluginBroken

_TAIL = 8192  # bytes of what it printed
_CHUNK = 4096
_JOIN_SECONDS = 2.0
_TRIES, _TRY_SECONDS = 5, 0.01
_GROUPS = hasattr(os, "killpg")


class Gone(Exception):
    """The child ended; its parent says to a person what that means."""


class Late(Gone):
    """The child did not answer in time and was ended."""


class Child:
    """A running child. `ask` and `listen` are for one thread at a time, `end` for any."""

    def __init__(self, module: str) -> None:
        """Start it.

        Args:
            module: what it runs, with its folder as the only argument.

        Raises:
            PluginBroken: no process can be started here.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="onetake-rack-"))
        command = [sys.executable, "-P", "-m", module, str(self.folder)]
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(  # noqa: S603  (this very Python with a module of this very package)
                command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=_GROUPS
            )
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise PluginBroken(f"A process for the plug-in cannot be started: {error}.") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self.pipe = Pipe(self._process.stdout, self._process.stdin)
        self._late = False
        self._ending, self._asking = threading.Lock(), threading.Lock()
        self._printed = bytearray()
        self._drain = threading.Thread(target=self._hear, args=(self._process.stderr,), daemon=True)
        self._drain.start()

    @property
    def pid(self) -> int:
        """The child's."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.returncode is None and self._process.poll() is None

    @property
    def said(self) -> str:
        """The last that it printed."""
        return bytes(self._printed).decode(errors="replace").strip()

    @property
    def how(self) -> str:
        """How it ended, in words: a signal's name, or its exit status."""
        status = self._process.returncode
        if status is None:
            return "it runs"
        if status < 0:
            with contextlib.suppress(ValueError):
                return signal.strsignal(-status) or signal.Signals(-status).name
        return f"exit status {status}"

    def ask(self, message: bytes, seconds: float) -> bytes:
        """Send a message and wait for one.

        Raises:
            Late: nothing came in time; the child was ended.
            Gone: it ended.
        """
        timer = threading.Timer(seconds, self._too_late)
        timer.daemon = True
        timer.start()
        try:
            with self._asking:
                self.pipe.send(message)
                said = self.pipe.receive()
        except PipeClosed:
            self.end()
            raise (Late if self._late or self._alarmed else Gone) from None
        finally:
            timer.cancel()
        if self._late:
            self.end()
            raise Late
        return said

    def listen(self, hear: Callable[[bytes], None]) -> None:
        """Pass on every message that comes, until the child ends."""
        with self._asking, contextlib.suppress(PipeClosed):
            while True:
                hear(self.pipe.receive())
        self.end()

    def end(self) -> None:
        """End it and all that it started, at once, and take its folder away. Does nothing the second time."""
        with self._ending:
            self._kill()
            self._process.wait()
            self._drain.join(_JOIN_SECONDS)
            self.pipe.close()
            _cleared(self.folder)
        if self._asking.acquire(blocking=False):  # whoever still waits for an answer comes by here too
            self.pipe.forget()
            self._asking.release()

    @property
    def _alarmed(self) -> bool:
        return hasattr(signal, "SIGALRM") and self._process.returncode == -signal.SIGALRM

    def _too_late(self) -> None:
        self._late = True
        self._kill()

    def _kill(self) -> None:
        """While it is not waited for, its group's number belongs to nobody else."""
        if self._process.returncode is not None:
            return
        with contextlib.suppress(OSError):
            if _GROUPS:
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def _hear(self, printed: IO[bytes]) -> None:
        with printed:
            while data := os.read(printed.fileno(), _CHUNK):
                self._printed += data
                del self._printed[:-_TAIL]


def _cleared(folder: Path) -> None:
    """Take a folder away; what a plug-in has started dies a moment later than told, and may still write there."""
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_TRY_SECONDS)
