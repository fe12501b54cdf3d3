"""A child process that may die: listened to, watched, ended when it hangs, started again and told everything.

Both clients of this package are this and what they have to say: the audio process and the rack. Standard library
only. One thread hears the child and brings it back; one asks it how it is; one writes to it. Orders may come from
any thread, a window's too, and never wait: not for a child that does not read, not for one that is being started.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plugin_bridge.pipes import Pipe, PipeClosed
from presets.errors import OnetakeError, UnreadableFile
from presets.messages import Message, encode
from presets.outbox import Outbox, Overfull

_STARVED = 3.0  # times the heartbeat between two beats


@dataclass(frozen=True)
class Patience:
    """Seconds: between two questions how it is, of silence before it is ended, for its start, for its leaving.

    crashes: so many within so many seconds, and it is not started again.
    """

    heartbeat: float
    silent: float
    start: float
    leave: float
    crashes: tuple[int, float]


class Supervised(ABC):
    """A process of one's own. Subclasses set their fields, then call `_begin`.

    Attributes:
        restarts: how often it was started again.
    """

    def __init__(self, module: str, read: Callable[[bytes], Any], patience: Patience, log: Path | None) -> None:
        """Nothing happens yet.

        Args:
            module: what the process runs.
            read: makes an event of a message; raises UnreadableFile.
            patience: with it.
            log: a file that takes what the process and its libraries print; None throws it away.
        """
        self._module, self._read, self._patience, self._log = module, read, patience, log
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._deaths: list[float] = []
        self.restarts = 0

    @property
    def pid(self) -> int:
        """The process's."""
        return self._child.pid

    def close(self) -> None:
        """End the process; from any thread but the client's own."""
        with self._lock:
            self._closed.set()
            self._outbox.finish()
        try:
            self._child.wait(self._patience.leave)
        except subprocess.TimeoutExpired:
            self._end()
            self._child.wait()
        for thread in self._threads:
            thread.join()
        self._outbox.join()

    # ── what subclasses say ───────────────────────────────────────────────────────────────────────────────────

    @abstractmethod
    def _refused(self, reason: OSError) -> OnetakeError:
        """What is raised where the process cannot be started."""

    @abstractmethod
    def _question(self) -> Message:
        """What asks the process how it is; any answer will do."""

    @abstractmethod
    def _hear(self, news: Any) -> None:
        """Take note of an event and pass it on. On the listening thread."""

    @abstractmethod
    def _say_everything(self) -> None:
        """Tell a new process all that the old one knew. The lock is held."""

    @abstractmethod
    def _restarted(self) -> None:
        """The new process knows everything."""

    @abstractmethod
    def _given_up(self) -> None:
        """It died too often and is not started again."""

    @abstractmethod
    def _begun(self) -> None:
        """A process was started: say the first thing, and forget what is known of the old one."""

    def _is_unwell(self, now: float) -> bool:
        """Whether it has to be ended though it answers."""
        return False

    # ── the process ───────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, name: str) -> None:
        """Start the process and the threads. name: of the threads.

        Raises:
            OnetakeError: see `_refused`.
        """
        self._name = name
        self._use(self._started())
        self._threads = [
            threading.Thread(target=self._listen, name=f"{name}-events", daemon=True),
            threading.Thread(target=self._watch, name=f"{name}-heartbeat", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", self._module]
        try:
            with self._log.open("ab") if self._log else contextlib.nullcontext(subprocess.DEVNULL) as log:
                return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        except OSError as error:
            raise self._refused(error) from error

    def _use(self, child: subprocess.Popen[bytes]) -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        self._child, self._pipe = child, Pipe(child.stdout, child.stdin)
        self._outbox = Outbox(
            self._pipe.send,
            (PipeClosed,),
            f"{self._name}-orders",
            end=self._pipe.close,
            at_once=self._pipe.has_room,
        )
        self._heard = time.monotonic() + self._patience.start
        self._begun()

    def _send(self, message: Message) -> None:
        """Send, without waiting; where the line is dead the listener notices too, and says everything again.

        A process that has not read for so long that its orders fill their outbox is ended, and started again.
        """
        with self._lock:
            try:
                self._outbox.put(encode(message))
            except Overfull:
                self._end()

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                news = self._read(self._pipe.receive())
            except (PipeClosed, UnreadableFile):
                if not self._closed.is_set() and not self._recover():
                    break
                continue
            self._heard = max(self._heard, time.monotonic())
            self._hear(news)
        self._outbox.finish()
        self._outbox.join(self._patience.leave)  # what was said before it was closed is still heard
        self._pipe.forget()

    def _welcomed(self, fits: bool) -> None:
        """It has started, and from now on has to answer; one of another protocol is ended."""
        self._heard = time.monotonic()
        if not fits:
            self._end()

    def _watch(self) -> None:
        before = time.monotonic()
        while not self._closed.wait(self._patience.heartbeat):
            now = time.monotonic()
            # Where this very process was not let run, its answers may still lie in the pipe: nothing is known.
            starved = now - before > _STARVED * self._patience.heartbeat
            if not starved and (now - self._heard > self._patience.silent or self._is_unwell(now)):
                self._end()
            self._send(self._question())
            before = time.monotonic()

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            self._child.kill()

    def _recover(self) -> bool:
        """Start the process again and say everything again; False where it dies too often."""
        self._end()
        self._child.wait()
        self._outbox.drop()
        self._outbox.join()
        now, (most, within) = time.monotonic(), self._patience.crashes
        self._deaths = [*(t for t in self._deaths if now - t < within), now]
        if len(self._deaths) >= most:
            self._given_up()
            return False
        self._pipe.forget()
        child = self._started()
        with self._lock:
            self._use(child)
            if self._closed.is_set():  # meanwhile, and whoever closes has waited for the old one
                self._outbox.finish()
                self._end()
                child.wait()
                return False
            self.restarts += 1
            self._say_everything()
        self._restarted()
        return True
