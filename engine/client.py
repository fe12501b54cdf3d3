"""Talks to the engine's process from another one: starts it, listens, and brings it back when it dies.

Standard library and msgspec only, so that a window which imports this never loads torch. What was asked for
and has not come yet is kept here; after a crash the engine is started again and asked again, so nothing a
person waits for is lost. A request that takes the engine down twice is given up with a reason: no crash loop.

Events arrive on a thread of the client's own (`on_event`); hop to yours if you have a screen.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from multiprocessing import connection as lines
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from engine.lines import GONE, hang_up
from engine.places import Places, places
from engine.protocol import (
    PROTOCOL,
    Cancel,
    Draft,
    Embed,
    Embedded,
    Event,
    Failed,
    Hello,
    Judge,
    Judged,
    Metrics,
    Ready,
    Refine,
    Request,
    Status,
    Warm,
    Welcome,
    event,
)
from presets.errors import OnetakeError, UnreadableFile
from presets.messages import LARGEST_MESSAGE, encode
from presets.outbox import Outbox, Overfull
from presets.schema import Edit, Recipe

START_SECONDS = 30.0
HEARTBEAT_SECONDS = 2.0
HUNG_SECONDS = 15.0
IDLE_SECONDS = 60.0
_ANSWER_SECONDS = 5.0
_MOST_TRIES = 2

Job = Draft | Refine | Embed | Judge

_started: list[subprocess.Popen[bytes]] = []
"""Engines that this process started: kept, so that their end is noticed by the system and not by a warning."""


class NoEngine(OnetakeError):
    """The engine's process cannot be reached or started."""


class EngineClient:
    """One client of the user's engine."""

    def __init__(
        self,
        folder: Path,
        on_event: Callable[[Event], None],
        device: str = "auto",
        start: bool = True,
        hung_after: float = HUNG_SECONDS,
        sounds: Path | None = None,
    ) -> None:
        """Connect, starting the engine if none runs.

        Args:
            folder: the session folder, where sounds are written; it exists.
            on_event: called with every event, on the client's own thread.
            device: where a newly started engine renders.
            start: whether to start an engine where none runs.
            hung_after: seconds of silence after which an engine is ended and started again.
            sounds: the folder whose sounds may be judged; None is `folder`.

        Raises:
            NoEngine: none runs and none could be started, or it speaks another protocol.
        """
        self._places, self._folder, self._device = places(), folder.resolve(), device
        self._sounds = self._folder if sounds is None else sounds.resolve()
        self._on_event, self._may_start, self._hung_after = on_event, start, hung_after
        self._pending: dict[str, Job] = {}
        self._sent: set[str] = set()
        self._tries: dict[str, int] = {}
        self._careful = False
        self._warm: dict[str, Warm] = {}
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._use(*self._connect())
        threading.Thread(target=self._listen, name="engine-events", daemon=True).start()
        threading.Thread(target=self._watch, name="engine-heartbeat", daemon=True).start()

    def draft(self, slot: str, recipe: Recipe) -> str:
        """Ask for a draft; returns its ticket. A newer one of the slot replaces it while it waits."""
        return self._ask(Draft(ticket=uuid.uuid4().hex, slot=slot, recipe=recipe))

    def refine(self, recipe: Recipe, edit: Edit | None = None, preview: bool = False) -> str:
        """Ask for a refined version; returns its ticket."""
        return self._ask(Refine(ticket=uuid.uuid4().hex, recipe=recipe, edit=edit, preview=preview))

    def embed(self, model: str, text: str) -> str:
        """Let the engine read a text; returns the ticket of its vector."""
        return self._ask(Embed(ticket=uuid.uuid4().hex, model=model, text=text))

    def judge(self, path: Path, text: str) -> str:
        """Ask how well the sound in a WAV fits words; returns the ticket of what the judge makes of it."""
        return self._ask(Judge(ticket=uuid.uuid4().hex, path=str(path), text=text))

    def cancel(self, ticket: str) -> None:
        """Give up what was asked for; it is answered by Failed, or by Ready if it was too late."""
        with self._lock:
            unsent = ticket in self._pending and ticket not in self._sent
        if unsent:  # the engine has not heard of it yet
            self._give_up([ticket], "No longer wanted.", "cancelled")
        else:
            self._send(Cancel(ticket=ticket))

    def warm(self, model: str) -> None:
        """Let the engine load a model; after a crash it does so again by itself."""
        with self._lock:
            self._warm[model] = Warm(model=model)
        self._send(Warm(model=model))

    def status(self) -> None:
        """Ask for Metrics."""
        self._send(Status())

    @property
    def waiting(self) -> int:
        """How many things that were asked for have not come yet."""
        with self._lock:
            return len(self._pending)

    @property
    def is_over(self) -> bool:
        """Whether nothing comes any more: it was closed, or its engine died and none could be started."""
        return self._closed.is_set()

    def close(self) -> None:
        """Leave; the engine stops by itself when nobody has come for a minute."""
        self._closed.set()
        self._outbox.drop()
        hang_up(self._connection)

    def _ask(self, job: Job) -> str:
        with self._lock:
            replaced = [one.ticket for one in self._pending.values() if self._takes_the_place_of(job, one)]
            self._pending[job.ticket] = job
            self._send_pending()
        self._give_up(replaced, "A newer request took its place.", "replaced")
        return job.ticket

    def _takes_the_place_of(self, job: Job, other: Job) -> bool:
        """Whether a draft is no longer wanted that the engine has not heard of; of the others it knows itself."""
        drafts = isinstance(job, Draft) and isinstance(other, Draft) and job.slot == other.slot
        return drafts and other.ticket not in self._sent

    def _send_pending(self) -> None:
        """Send what was not sent yet; after two crashes one by one, so that only the culprit is given up."""
        with self._lock:
            # One by one in the order in which the engine itself would serve them: a draft waits for no refinement.
            for ticket, job in sorted(self._pending.items(), key=lambda item: _later(item[1])):
                if self._careful and self._sent:
                    return
                if ticket not in self._sent:
                    self._sent.add(ticket)
                    self._send(job)

    def _send(self, message: Request) -> None:
        """Send, without waiting; where the line is dead the listener notices too, and asks again for all pending.

        An engine that has not read for so long that requests fill their outbox is ended, as one that is silent.
        """
        with self._lock:
            try:
                self._outbox.put(encode(message))
            except Overfull:
                _kill(self.pid)

    def _listen(self) -> None:
        while not self._closed.is_set():
            try:
                news = event(self._connection.recv_bytes(LARGEST_MESSAGE))
            except (*GONE, UnreadableFile):
                if not self._closed.is_set():
                    self._recover()
                continue
            self._heard = time.monotonic()
            if isinstance(news, Ready | Failed | Embedded | Judged):
                self._settle(news.ticket)
            self._on_event(news)
        self._hang_up()

    def _settle(self, ticket: str) -> None:
        with self._lock:
            self._pending.pop(ticket, None)
            self._tries.pop(ticket, None)
            self._sent.discard(ticket)
            if self._careful:
                self._careful = bool(self._pending)
                self._send_pending()

    def _recover(self) -> None:
        """The engine died: start it again, ask again for what is pending, give up what killed it each time."""
        self._hang_up()
        try:
            connection, pid = self._connect()
        except NoEngine as error:
            self._closed.set()
            self._give_up(list(self._pending), str(error))
            return
        with self._lock:
            self._use(connection, pid)
            for ticket in self._sent:
                self._tries[ticket] = self._tries.get(ticket, 0) + 1
            self._sent.clear()
            self._careful = any(tries >= _MOST_TRIES for tries in self._tries.values())
            deadly = [ticket for ticket, tries in self._tries.items() if tries > _MOST_TRIES]
        self._give_up(
            deadly, "The engine stopped each time it tried this. Ask for something else, and see its log."
        )
        for message in self._warm.values():
            self._send(message)
        self._send_pending()

    def _give_up(
        self, tickets: list[str], sentence: str, kind: Literal["failed", "replaced", "cancelled"] = "failed"
    ) -> None:
        for ticket in tickets:
            self._settle(ticket)
            self._on_event(Failed(ticket=ticket, kind=kind, sentence=sentence))

    def _watch(self) -> None:
        """The heartbeat: an engine that says nothing for a while is ended, and the listener brings it back."""
        while not self._closed.wait(HEARTBEAT_SECONDS):
            if time.monotonic() - self._heard > self._hung_after:
                self._heard = time.monotonic()
                _kill(self.pid)
            self._send(Status())

    def _use(self, connection: Connection, pid: int) -> None:
        self._connection, self.pid, self._heard = connection, pid, time.monotonic()
        self._outbox = Outbox(connection.send_bytes, GONE, "engine-requests")

    def _hang_up(self) -> None:
        """End the line and who writes to it; on the listening thread."""
        self._outbox.drop()
        hang_up(self._connection)
        self._outbox.join()
        self._connection.close()

    def _connect(self) -> tuple[Connection, int]:
        """A line to the engine and its pid.

        Raises:
            NoEngine: see `__init__`.
        """
        deadline = time.monotonic() + START_SECONDS
        child: subprocess.Popen[bytes] | None = None
        while True:
            line = _reach(self._places, self._folder, self._sounds)
            if line is not None:
                return line
            if not self._may_start:
                raise NoEngine("No engine is running. Start one with: onetake serve.")
            if child is None or child.poll() is not None:
                child = _start(self._places, self._device)
                _started[:] = [child, *(engine for engine in _started if engine.poll() is None)]
            if time.monotonic() > deadline or self._closed.is_set():
                raise NoEngine(f"The engine did not start within {START_SECONDS:.0f} s. See {self._places.log}.")
            time.sleep(0.02)


def logs() -> list[Path]:
    """What the user's engine has written of itself, newest first; prompts are not in it."""
    here = places()
    return [p for p in (here.log, *sorted(here.folder.glob("engine.log.*")), here.out) if p.exists()]


def _later(job: Job) -> int:
    """Which of the things that wait the engine itself would do later."""
    return 2 if isinstance(job, Refine) else 1 if isinstance(job, Judge) else 0


def _reach(here: Places, folder: Path, sounds: Path) -> tuple[Connection, int] | None:
    """A line to a running engine, None where there is none yet.

    Raises:
        NoEngine: it speaks another protocol.
    """
    try:
        told = json.loads(here.address.read_bytes())
        connection = lines.Client(told["address"])
        if not connection.poll(_ANSWER_SECONDS):  # one that hangs would keep us here for ever
            connection.close()
            return None
        lines.answer_challenge(connection, here.key.read_bytes())
        lines.deliver_challenge(connection, here.key.read_bytes())
        connection.send_bytes(encode(Hello(protocol=PROTOCOL, folder=str(folder), sounds=str(sounds))))
        welcome = event(connection.recv_bytes(LARGEST_MESSAGE))
    except (*GONE, KeyError, TypeError, UnreadableFile):
        return None
    if not isinstance(welcome, Welcome) or welcome.protocol != PROTOCOL:
        raise NoEngine("The running engine is of another Onetake. Stop it, then try again.")
    return connection, welcome.pid


def _start(here: Places, device: str) -> subprocess.Popen[bytes]:
    """Start the engine beside us; it outlives us, and stops when nobody needs it."""
    command = [sys.executable, "-P", "-m", "engine", "--device", device, "--idle", str(IDLE_SECONDS)]
    with here.out.open("ab") as out:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=sys.platform != "win32"
        )


def _kill(pid: int) -> None:
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)


__all__ = ["EngineClient", "Metrics", "NoEngine", "logs"]
