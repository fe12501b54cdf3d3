"""The engine's process: listens, admits clients, hands their requests to the worker, sends back events.

Threads: the main one renders (worker.py). One accepts; each client has one that reads and one that writes from
a bounded queue, so that a client that stops reading is dropped and can neither stop the worker nor fill the
memory. A handshake has two seconds, in a thread of its own, before the client is heard at all.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener, answer_challenge, deliver_challenge
from pathlib import Path
from typing import Any

import psutil

from engine.lines import GONE, hang_up
from engine.lock import Lock
from engine.places import Places
from engine.protocol import (
    PROTOCOL,
    Cancel,
    Event,
    Failed,
    Hello,
    Request,
    Status,
    Warm,
    Welcome,
    request,
)
from engine.scheduler import Order, Scheduler
from engine.worker import Worker
from presets.errors import UnreadableFile
from presets.files import write_atomically
from presets.messages import LARGEST_MESSAGE, encode

log = logging.getLogger("onetake.engine")

HANDSHAKE_SECONDS = 2.0
_MOST_CLIENTS = 32
_AUTOGROUP = Path("/proc/self/autogroup")
_GROUP_NICE = 10  # a tenth of what a program in front gets where both want all; all of it where none does
_MOST_EVENTS = 10_000  # a flood of 1,000 requests is answered by as many short events


@dataclass(eq=False)
class Client:
    """Someone who is connected."""

    connection: Connection
    folder: Path = Path()
    sounds: Path | None = None
    outbox: queue.Queue[bytes | None] = field(default_factory=lambda: queue.Queue(_MOST_EVENTS))


class Server:
    """Serves one user until nobody needs it or it is told to stop."""

    def __init__(self, places: Places, device: str = "auto", idle: float | None = None) -> None:
        """Nothing happens yet.

        Args:
            places: where address, key and lock lie.
            device: where to render.
            idle: seconds without clients after which to stop; None never stops.
        """
        self._places, self._idle = places, idle
        self._scheduler: Scheduler[Client] = Scheduler()
        self._worker = Worker(self._scheduler, self.tell, lambda client: client.folder, device, self._sounds_of)
        self._clients: set[Client] = set()
        self._lock = threading.Lock()
        self._idle_timer: threading.Timer | None = None

    def serve(self) -> bool:
        """Work until stopped; False when another engine of this user is already running."""
        lock = Lock(self._places.lock)
        if not lock.take():
            return False
        key, address = self._key(), self._places.socket
        with Listener(address) as listener, self._announced(address), stopped_by_signals(self._scheduler):
            threading.Thread(target=self._accept, args=(listener, key), daemon=True).start()
            self._wait_for_clients()
            log.info("listening, pid %d", os.getpid())
            self._worker.run()
        log.info("stopped")
        lock.release()
        return True

    def tell(self, client: Client, event: Event) -> None:
        """Send an event; a client whose queue is full is dropped."""
        try:
            client.outbox.put_nowait(encode(event))
        except queue.Full:
            log.warning("dropped a client that does not read")
            hang_up(client.connection)

    @staticmethod
    def _sounds_of(client: Client) -> Path | None:
        return client.sounds

    def _key(self) -> bytes:
        """A new key in a file that only this user reads."""
        key = secrets.token_bytes(32)
        with contextlib.suppress(FileNotFoundError):
            self._places.key.unlink()
        with os.fdopen(os.open(self._places.key, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(key)
        return key

    @contextlib.contextmanager
    def _announced(self, address: str) -> Iterator[None]:
        told = json.dumps({"pid": os.getpid(), "address": address, "protocol": PROTOCOL}).encode()
        write_atomically(self._places.address, told, overwrite=True)
        try:
            yield
        finally:
            self._places.address.unlink(missing_ok=True)

    def _accept(self, listener: Listener, key: bytes) -> None:
        while True:
            try:
                connection = listener.accept()
            except GONE:
                return
            with self._lock:
                full = len(self._clients) >= _MOST_CLIENTS
            if full:
                connection.close()
                continue
            client = Client(connection)
            with self._lock:
                self._clients.add(client)
            threading.Thread(target=self._attend, args=(client, key), daemon=True).start()

    def _attend(self, client: Client, key: bytes) -> None:
        """One client, from the handshake to the end."""
        try:
            self._admit(client, key)
            while True:
                self._handle(client, request(client.connection.recv_bytes(LARGEST_MESSAGE)))
        except AuthenticationError:
            log.warning("refused a client with a wrong key")
        except UnreadableFile as error:
            log.warning("dropped a client: %s", error)
        except GONE:
            log.info("a client left")
        finally:
            self._dismiss(client)

    def _admit(self, client: Client, key: bytes) -> None:
        """Key, then Hello, within two seconds, or the line is cut."""
        watchdog = threading.Timer(HANDSHAKE_SECONDS, hang_up, [client.connection])
        watchdog.start()
        try:
            deliver_challenge(client.connection, key)
            answer_challenge(client.connection, key)
            hello = request(client.connection.recv_bytes(LARGEST_MESSAGE))
        finally:
            watchdog.cancel()
        if not isinstance(hello, Hello):
            raise UnreadableFile("The first message is no Hello.")
        client.folder = Path(hello.folder)
        client.sounds = Path(hello.sounds) if hello.sounds else None
        threading.Thread(target=_write, args=(client,), daemon=True).start()
        self.tell(client, Welcome(protocol=PROTOCOL, onetake=installed_version("onetake"), pid=os.getpid()))
        if hello.protocol != PROTOCOL or not client.folder.is_absolute() or not client.folder.is_dir():
            raise UnreadableFile(f"Another protocol ({hello.protocol}), or no folder to write to.")
        with self._lock:
            if self._idle_timer is not None:
                self._idle_timer.cancel()

    def _handle(self, client: Client, message: Request) -> None:
        if isinstance(message, Status):
            self.tell(client, self._worker.metrics())
        elif isinstance(message, Cancel):
            waiting = self._scheduler.cancel(client, message.ticket)
            if waiting is not None:
                self.tell(client, Failed(ticket=message.ticket, kind="cancelled", sentence="No longer wanted."))
        elif isinstance(message, Hello):
            raise UnreadableFile("Hello is said once.")
        else:
            order = Order(client, message)
            replaced = self._scheduler.add(order)
            if replaced is order:
                self._refuse(client, order)
            elif replaced is not None and not isinstance(message, Warm):
                sentence = "A newer request took its place."
                self.tell(client, Failed(ticket=replaced.ticket, kind="replaced", sentence=sentence))

    def _refuse(self, client: Client, order: Order[Client]) -> None:
        sentence = "Too many sounds are waiting already. Wait for some, or cancel them."
        self.tell(client, Failed(ticket=order.ticket, kind="failed", sentence=sentence))

    def _dismiss(self, client: Client) -> None:
        self._scheduler.forget(client)
        hang_up(client.connection)
        client.connection.close()
        with contextlib.suppress(queue.Full):
            client.outbox.put_nowait(None)
        with self._lock:
            self._clients.discard(client)
            empty = not self._clients
        if empty:
            self._wait_for_clients()

    def _wait_for_clients(self) -> None:
        """Stop when nobody comes for a while."""
        if self._idle is None:
            return
        with self._lock:
            if self._idle_timer is not None:
                self._idle_timer.cancel()
            self._idle_timer = threading.Timer(self._idle, self._stop_if_alone)
            self._idle_timer.daemon = True
            self._idle_timer.start()

    def _stop_if_alone(self) -> None:
        with self._lock:
            alone = not self._clients
        if alone:
            self._scheduler.close()


@contextlib.contextmanager
def stopped_by_signals(scheduler: Scheduler[Any]) -> Iterator[None]:
    """Let SIGTERM and Ctrl-C end what the main thread takes from the scheduler; for the main thread.

    A thread waits for the byte that the interpreter writes at once when a signal comes. A handler of ours would
    run in the main thread only, when that next comes to Python: one that waits for orders does not, if the system
    gave the signal to another thread, or a moment before it began to wait.
    """
    heard, told = socket.socketpair()
    told.setblocking(False)
    wakeup = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    listening = threading.Thread(target=_close_when_told, args=(heard, set(before), scheduler), name="signals")
    listening.start()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakeup)
        told.close()
        listening.join()
        heard.close()


def _close_when_told(heard: socket.socket, numbers: set[signal.Signals], scheduler: Scheduler[Any]) -> None:
    while told := heard.recv(64):  # numbers of signals; nothing when the other end is closed
        if numbers.intersection(told):
            scheduler.close()


def lower_priority() -> None:
    """Leave the processor to the audio process and the workstation.

    Linux divides it among sessions first (man 7 sched, autogroup) and looks at niceness only within one: a nice
    engine in a session of its own took as much as the panel, which waited up to 110 ms for it.
    """
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 19)
    if sys.platform == "linux" and os.getsid(0) == os.getpid():
        with contextlib.suppress(OSError):  # a kernel without it
            _AUTOGROUP.write_text(str(_GROUP_NICE))


def _write(client: Client) -> None:
    with contextlib.suppress(*GONE):
        while (data := client.outbox.get()) is not None:
            client.connection.send_bytes(data)
